package app

import (
	"maps"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"wissel"
	"wissel/carriers/health"
	"wissel/internal/message"
	"wissel/internal/metrics"
	"wissel/internal/privacy"
)

// countAll names every metric of the server, and says where each is read. Labels are trunk names and our own words.
func (a *App) countAll() {
	m, sip := a.metrics, a.server.Stats()
	for _, c := range []struct {
		name, help string
		count      *atomic.Uint64
	}{
		{"calls_total", "INVITEs that became a call.", &sip.Calls},
		{"sip_unknown_sources_total", "Requests of nobody we know, dropped without an answer.", &sip.UnknownSource},
		{"sip_parse_errors_total", "Messages that could not be read.", &sip.ParseErrors},
		{"sip_shed_total", "New requests refused because a shard was nearly full.", &sip.Shed},
		{"sip_inbox_full_total", "Messages lost because a shard was full.", &sip.InboxFull},
		{"sip_panics_total", "Faults of ours that ended one call each.", &sip.Panics},
		{"sip_pauses_total", "Times the process stood still and distrusted its own clock.", &sip.Pauses},
		{"sip_loops_total", "Calls that came back to us.", &sip.Loops},
		{"sip_strays_total", "Responses that belong to nothing.", &sip.Strays},
		{"sip_options_total", "OPTIONS answered.", &sip.Options},
	} {
		m.Counter(c.name, c.help, nil, c.count.Load)
	}
	m.Gauge("calls", "Calls now.", nil, func() float64 { return float64(a.server.Live()) })
	m.Gauge("ready", "1 when calls can be taken.", nil, func() float64 {
		if a.State() == "serving" {
			return 1
		}
		return 0
	})
	m.Gauges("calls_refused", "New calls that we refused before routing, by status, since start.", []string{"status"}, func() (all []metrics.Sample) {
		refused := sip.Refused()
		for _, status := range slices.Sorted(maps.Keys(refused)) {
			all = append(all, metrics.Sample{Labels: []string{strconv.Itoa(status)}, Value: float64(refused[status])})
		}
		return all
	})
	m.Counter("control_wrong_tokens_total", "Requests to the control API with a token that lets nobody in.", nil, a.api.WrongTokens)
	m.Counter("control_refused_roles_total", "Requests to the control API of those whose role does not hold what they asked.", nil, a.api.RefusedRoles)
	m.Counter("leads_lost_total", "Attempts and changed verdicts that came too fast to be counted in who leads a group.", nil, a.leads.lost.Load)
	m.Counter("endings_lost_total", "Ends and beginnings of calls that came too fast to be learnt from which statuses carriers take.", nil, a.endings.lost.Load)
	m.Gauge("groups_led_away", "Groups in which another than the first target of the plan leads, by wissel's own switch.", nil, func() float64 {
		n, s := 0, a.routing.Snapshot()
		for _, g := range s.Groups {
			if _, ok := s.Lead(g); ok {
				n++
			}
		}
		return float64(n)
	})
	m.Gauge("crisis_calls", "Calls of the crisis line now.", nil, func() float64 { return float64(a.crisis.calls.Load()) })
	m.Counter("crisis_refused_logins_total", "Logins on the crisis line that were refused.", nil, a.crisis.refused.Load)
	m.Counter("crisis_shut_total", "Calls to the crisis line from unknown numbers that found no place.", nil, a.crisis.shut.Load)
	a.countTexts()
	a.countPages()
	a.countSockets()
	a.countStore()
	a.countTrunks()
}

func (a *App) countSockets() {
	m := a.metrics
	sockets, voice := a.server.TransportStats, a.media.Stats
	for _, c := range []struct {
		name, help string
		read       func() uint64
	}{
		{"sip_messages_received_total", "SIP messages taken in.", func() uint64 { return sockets().Received }},
		{"sip_messages_sent_total", "SIP messages sent.", func() uint64 { return sockets().Sent }},
		{"sip_sources_dropped_total", "Datagrams and connections of sources that no trunk has, dropped unread.", func() uint64 { return sockets().Dropped }},
		{"sip_send_failures_total", "SIP messages that could not be sent.", func() uint64 { return sockets().Failures }},
		{"sip_connections_refused_total", "Connections refused because there were too many.", func() uint64 { return sockets().Refused }},
		{"sip_connections_late_total", "Connections closed because a first byte, a handshake or a whole message came too late.", func() uint64 { return sockets().Late }},
		{"media_packets_received_total", "RTP and RTCP packets taken in.", func() uint64 { return voice().Received }},
		{"media_packets_sent_total", "RTP and RTCP packets sent.", func() uint64 { return voice().Sent }},
		{"media_packets_dropped_total", "Packets of strangers, or that were no RTP, dropped.", func() uint64 { return voice().Dropped }},
	} {
		m.Counter(c.name, c.help, nil, c.read)
	}
	m.Gauge("media_sessions", "Legs with media of ours now.", nil, func() float64 { return float64(a.media.Stats().Sessions) })
	m.Gauge("media_ports_free", "RTP port pairs that could be opened now.", nil, func() float64 { return float64(a.media.Stats().Free) })
	m.Gauge("sip_connections", "TCP and TLS connections now.", nil, func() float64 { return float64(a.server.TransportStats().Connections) })
}

func (a *App) countStore() {
	m := a.metrics
	m.Gauge("store_ok", "1 when promises can be kept.", nil, func() float64 {
		if a.store.Status() == nil {
			return 1
		}
		return 0
	})
	m.Gauge("store_waiting", "Rows that wait to be written.", nil, func() float64 { return float64(a.store.Waiting()) })
	m.Gauge("callbacks_open", "Promised calls that were not made yet.", nil, func() float64 { open, _ := a.promises.count(); return float64(open) })
	m.Counter("callbacks_unlisted_total", "Wishes to be called back beyond those that have a place; they are on disk.", nil, func() uint64 { _, over := a.promises.count(); return uint64(over) })
	m.Gauge("recordings", "Files of what callers said.", nil, func() float64 { files, _ := a.voices.stock(); return float64(files) })
	m.Gauge("recordings_bytes", "Their bytes.", nil, func() float64 { _, bytes := a.voices.stock(); return float64(bytes) })
	m.Gauge("recordings_orphans", "Files of what callers said that no wish tells of, as last looked.", nil, func() float64 { return float64(a.voices.orphans.Load()) })
	m.Counter("recordings_orphans_removed_total", "Such files that were removed.", nil, a.voices.swept.Load)
	m.Gauge("messages_live", "Groups whose outage message callers hear now.", nil, a.messagesLive(message.Live))
	m.Gauge("messages_lapsed", "Groups whose outage message is past its end, so that callers hear the standing wording.", nil, a.messagesLive(message.Lapsed))
	m.Gauge("message_sounds", "Files of outage messages, old ones too.", nil, func() float64 { files, _ := a.messages.stock(); return float64(files) })
	m.Gauge("message_sounds_bytes", "Their bytes.", nil, func() float64 { _, bytes := a.messages.stock(); return float64(bytes) })
	m.Counter("message_sounds_removed_total", "Sounds of old messages that had to make room.", nil, a.messages.gone.Load)
	m.Gauges("privacy_deleted", "Rows and sounds that were deleted because they had been kept long enough, by kind, since start.", []string{"kind"}, func() (all []metrics.Sample) {
		a.keeper.mu.Lock()
		defer a.keeper.mu.Unlock()
		for _, one := range privacy.All {
			all = append(all, metrics.Sample{Labels: []string{string(one.Kind)}, Value: float64(a.keeper.deleted[one.Kind])})
		}
		return all
	})
	m.Gauge("privacy_objections", "Numbers that are never rung or sent a text.", nil, func() float64 {
		a.keeper.mu.Lock()
		defer a.keeper.mu.Unlock()
		return float64(len(a.keeper.objects))
	})
	m.Counter("audit_late_total", "Audit rows that were not on disk in time, or never.", nil, a.rows.failures)
	m.Counter("store_dropped_total", "Call records lost because the store was stuck for too long.", nil, a.store.Dropped)
}

func (a *App) countTrunks() {
	trunks := func(value func(*wissel.Trunk) float64) func() []metrics.Sample {
		return func() (all []metrics.Sample) {
			s := a.routing.Snapshot()
			for _, id := range slices.Sorted(maps.Keys(s.Trunks)) {
				all = append(all, metrics.Sample{Labels: []string{string(id)}, Value: value(s.Trunks[id])})
			}
			return all
		}
	}
	a.metrics.Gauges("trunk_state", "Health of a trunk: 0 unknown, 1 up, 2 suspect, 3 down.", []string{"trunk"}, trunks(func(t *wissel.Trunk) float64 {
		return float64(health.TrunkVerdict(t, a.routing.Snapshot().Health).State)
	}))
	a.metrics.Gauges("trunk_calls", "Calls on a trunk now.", []string{"trunk"}, trunks(func(t *wissel.Trunk) float64 {
		return float64(a.limits.Counts()[t.ID].Calls)
	}))
	a.metrics.Gauges("trunk_full", "Calls that a trunk's own limits refused, since start.", []string{"trunk"}, trunks(func(t *wissel.Trunk) float64 {
		c := a.limits.Counts()[t.ID]
		return float64(c.Full + c.Fast)
	}))
}

// messagesLive counts the groups whose message is in a state.
func (a *App) messagesLive(state message.State) func() float64 {
	return func() float64 {
		n, now := 0, time.Now()
		for _, on := range *a.messages.air.Load() {
			if message.StateOf(on.message, now) == state {
				n++
			}
		}
		return float64(n)
	}
}
