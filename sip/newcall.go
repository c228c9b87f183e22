package sip

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"

	sipgo "github.com/emiago/sipgo/sip"

	"wissel"
	"wissel/internal/plan"
	"wissel/sip/call"
	"wissel/sip/transaction"
	"wissel/sip/transport"
)

// outside handles a request that begins something: a call, or a question how we do.
func (s *shard) outside(h *head, req *sipgo.Request, trunk *wissel.Trunk, p transport.Packet, id transaction.ID) {
	if r := admit(req, admission{Transport: p.Path.Peer.Transport, Known: true, Loop: s.ownInvite(h)}); r != nil {
		s.rejectWith(h, p, id, r)
		return
	}
	switch text(h.method) {
	case "INVITE":
		s.newCall(h, req, trunk, p, id)
	case "OPTIONS":
		s.options(h, p, id)
	default:
		s.reply(h, p, id, 405, "Allow: "+allow)
	}
}

// rejectWith answers a request in its transaction with why it is not admitted.
func (s *shard) rejectWith(h *head, p transport.Packet, id transaction.ID, r *rejection) {
	s.srv.stats.refused(r.Status)
	s.srv.log.Debug("a request is not admitted", "status", r.Status, "why", r.Reason, "source", p.Path.Peer.String())
	e := echoOf(h, p.Path)
	s.table.Respond(id, r.Status, e.response(r.Status, s.chance.token(), false, message{extra: r.lines()}), s.now)
	s.flush()
}

// ownInvite reports whether an INVITE is one of ours that was sent back as it is: its From tag is ours.
func (s *shard) ownInvite(h *head) bool {
	return s.dialogs[dialogKey{text(h.callID), text(h.fromTag())}] != nil
}

// limitReached is why a call was refused of which its carrier had more up than was agreed.
const limitReached = "the trunk's limit is reached"

// newCall begins a call, or refuses it: as a whole or for one trunk's limit with 503, for one number with 404.
func (s *shard) newCall(h *head, req *sipgo.Request, trunk *wissel.Trunk, p transport.Packet, id transaction.ID) {
	path := p.Path
	e := echoOf(h, path)
	snap := s.srv.o.Snapshot()
	country := countryOf(snap)
	rung, _ := dialled(req, country)
	caller := callerOf(req, trunk, country)
	from := caller.Number
	if from == "" && req.From() != nil {
		from = numberOf(&req.From().Address, country) // for what comes again alone, where nothing hangs on its being true
	}
	s.begins(h, trunk, from, rung)
	refuse := func(status int, d plan.Decision, why string, headers ...string) {
		s.srv.stats.refused(status)
		s.table.Respond(id, status, e.response(status, s.chance.token(), false, message{extra: lines(headers)}), s.now)
		s.flush()
		s.recordRefused(trunk, caller, rung, d, status, why)
	}
	crisis := snap.Lines[rung].Group == wissel.CrisisGroup
	if !s.srv.taking() && !(crisis && s.srv.ready.Load()) { // the crisis line says itself that the server stops, or is full
		refuse(503, plan.Decision{Version: snap.Version, Generation: snap.Generation, Actor: "wissel"}, "no new calls are taken now", retryAfter)
		return
	}
	s.table.Respond(id, 100, e.response(100, "", false, message{}), s.now)
	s.flush()
	ask := plan.Request{To: rung, From: caller.Number, Trunk: trunk.ID, Now: s.now, Chance: maphash.Bytes(s.srv.seed, h.callID)}
	line, ours := snap.Lines[rung]
	g := snap.Groups[line.Group]
	tests := g != nil && g.Test // our own calls are to come back in here
	if ours && !tests && !crisis {
		ask.Loop = s.looped(h, line.Group, from, trunk)
	}
	d := s.route(snap, ask)
	if d.Refuse != 0 {
		refuse(d.Refuse, d, "nowhere to go")
		return
	}
	if ask.Loop {
		s.srv.stats.Loops.Add(1)
		if s.srv.loops.tells(trunk.ID, s.now) {
			s.srv.alarm("a caller came back to us and goes to the flow: a target sends calls back", "group", string(line.Group), "trunk", string(trunk.ID))
		}
	}
	if why := s.admitted(trunk, crisis); why != "" {
		refuse(503, d, why, retrySoon)
		return
	}
	c := &live{
		id: s.chance.callID(), shard: s, trunk: trunk, caller: caller, loopFrom: from, rung: rung, decision: d, began: s.now, hops: hopsOf(h),
		crisis: crisis, settings: call.Settings{Media: d.Group.Media, SessionTimer: s.srv.o.Settings.SessionTimer, MinSE: s.srv.o.Settings.MinSE, MaxCall: s.srv.o.Settings.MaxCall},
	}
	if s.srv.o.Media == nil {
		c.settings.Media = wissel.Direct
	}
	c.decision.ID = string(c.id)
	if tests {
		c.named = wissel.CallID(clip(string(h.get(fieldWisselCall))))
	}
	l := &leg{
		call: c, server: true, trunk: trunk, address: path.Peer, path: path, callID: string(h.callID), invite: id, seq: h.cseq,
		echo: e, taken: true, update: h.lists(fieldAllow, "UPDATE"),
	}
	c.put(l)
	s.hold(l, path.Conn)
	l.own = s.newServerDialog(l, h)
	l.dialogs = []*dialog{l.own}
	s.owners[id] = owner{leg: l, kind: ownInvite}
	s.calls[c.id] = c
	s.srv.live.Add(1)
	s.srv.stats.Calls.Add(1)
	var seed [8]byte
	s.chance.fill(seed[:])
	c.state = call.New(c.id, binary.LittleEndian.Uint64(seed[:]))
	s.feed(c, call.Event{
		Kind: call.Incoming, Leg: l.n, Body: sdpOf(h), Session: sessionOf(h), Settings: &c.settings, Route: c.tries(snap, d.Steps),
	})
}

// mostCrisis is how many calls of the crisis line there may be. They have places of their own, beside the limits of trunks and
// of this server: on the worst night those are full.
const mostCrisis = 5

// admitted takes a place for a call, on its trunk or on the crisis line, or says why there is none.
func (s *shard) admitted(trunk *wissel.Trunk, crisis bool) string {
	if !crisis {
		if !s.srv.o.Limits.Take(trunk.ID) {
			return limitReached
		}
		return ""
	}
	if s.srv.crisis.Add(1) > mostCrisis {
		s.srv.crisis.Add(-1)
		return "as many call the crisis line as may"
	}
	s.srv.o.Limits.Count(trunk.ID)
	return ""
}

// hopsOf is the Max-Forwards for the far legs: one less than came (RFC 3261 §16.6), 70 when there was none.
func hopsOf(h *head) int {
	if n, ok := h.number(fieldMaxForwards); ok {
		return min(n, 70) - 1
	}
	return 70
}

// route asks the plan. When every address is Down, one call a second of each group may try the least bad one; the way back
// to the first target of a plan begins with a single call, which is claimed here.
func (s *shard) route(snap *wissel.Snapshot, ask plan.Request) plan.Decision {
	d := plan.Route(snap, ask)
	g := d.Line.Group
	switch {
	case ask.Loop:
	case d.Least && s.srv.tokens.Take(g, s.now):
		ask.Spare = true
		d = plan.Route(snap, ask)
	case d.Single && s.srv.o.Single != nil && s.srv.o.Single(g, snap.Leads[wissel.PlanOf{Group: g, Plan: d.Plan}].Stage, s.now):
		ask.First = true
		d = plan.Route(snap, ask)
	}
	return d
}

// tries makes the attempts of a route.
func (c *live) tries(snap *wissel.Snapshot, steps []plan.Step) []call.Try {
	all := make([]call.Try, len(steps))
	for i, st := range steps {
		all[i] = call.Try{Target: st.Target, Address: st.Address, Index: st.Index, Force: st.Force}
		if t := snap.Trunks[st.Target.Trunk]; t != nil {
			all[i].Role, all[i].Timers, all[i].Move = t.Role, t.Timers, t.Move
		}
		if st.Retry {
			if c.retry == nil {
				c.retry = map[wissel.Address]bool{}
			}
			c.retry[st.Address] = true
		}
	}
	return all
}

// looped reports whether this call is one of ours that came back: its caller is out on a carrier trunk for the same
// group, or a platform shows our own name of a live call (FAULTS A24).
func (s *shard) looped(h *head, g wissel.GroupID, from wissel.Number, trunk *wissel.Trunk) bool {
	if trunk.Role == wissel.Platform {
		if id := h.get(fieldWisselCall); id != nil && s.srv.named.has(wissel.CallID(id)) {
			return true
		}
	}
	return s.srv.loops.again(loopKey{g, from}, s.now)
}

// leaves notes that the call goes out over a carrier trunk: as its caller, and as the number shown there instead.
func (c *live) leaves(s *shard, trunk *wissel.Trunk, present wissel.Number) {
	g := c.decision.Line.Group
	if len(c.looped) == 0 || c.loopFrom == "" { // for hidden callers each attempt counts
		c.enter(s, loopKey{g, c.loopFrom})
	}
	if !trunk.Forward {
		c.enter(s, loopKey{g, cmp.Or(present, c.rung)})
	}
}

func (c *live) enter(s *shard, k loopKey) {
	if k.from == "" || !slices.Contains(c.looped, k) {
		s.srv.loops.enter(k, s.now)
		c.looped = append(c.looped, k)
	}
}
