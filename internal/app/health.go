package app

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"wissel"
	"wissel/carriers/health"
	"wissel/carriers/selfcheck"
	"wissel/internal/metrics"
	"wissel/internal/web"
)

// openHealth gives the health board what it needs of us: who hears its alarms, and how our own network is checked. In tests
// and the demo, whose sockets are in memory, the network of this host means nothing.
func (a *App) openHealth() {
	a.board.Alarm(func(key, text string) {
		if text == "" {
			a.alarms.clear(key)
			a.log.Info("an alarm is over", "alarm", key)
			return
		}
		a.alarms.hold(key, text)
		a.log.Warn(text)
	})
	if a.options.ListenPacket == nil {
		checker := selfcheck.New()
		a.board.Self(func(ctx context.Context) health.Network { return checker.Ask(ctx, a.settings.Load().file.Self) })
	}
	a.countHealth()
}

// runHealth probes until ctx is done. What hangs at the end is told, and is no reason to end otherwise.
func (a *App) runHealth(ctx context.Context) error {
	if err := a.board.Run(ctx, a.server); err != nil {
		a.log.Error("health checks end", "error", err)
	}
	return nil
}

func (a *App) countHealth() {
	m, counts := a.metrics, a.board.Counts
	for _, c := range []struct {
		name, help string
		read       func() uint64
	}{
		{"health_given_up_total", "OPTIONS that did not come back and were given up.", func() uint64 { return counts().GivenUp }},
		{"health_pauses_total", "Times the process stood still, so that what probes met was no evidence.", func() uint64 { return counts().Pauses }},
		{"health_self_checks_total", "Checks of our own network, made when everybody was silent.", func() uint64 { return counts().Checks }},
		{"health_mass_hangups_total", "Times that many calls of one trunk ended at once, not by people.", func() uint64 { return counts().Masses }},
		{"health_changes_lost_total", "Changes of verdicts that came too fast to be told.", func() uint64 { return counts().Lost }},
	} {
		m.Counter(c.name, c.help, nil, c.read)
	}
	m.Gauge("health_hung", "OPTIONS that were given up and have not come back.", nil, func() float64 { return float64(counts().Hung) })
	m.Gauge("ours", "1 while all that fails is taken for our own fault.", nil, func() float64 {
		if a.board.Ours() != "" {
			return 1
		}
		return 0
	})
	m.Gauges("trunk_layer_state", "Health of a trunk's best address by kind of evidence: 0 unknown, 1 up, 2 suspect, 3 down.", []string{"trunk", "layer"}, func() (all []metrics.Sample) {
		s := a.routing.Snapshot()
		for _, id := range slices.Sorted(maps.Keys(s.Trunks)) {
			for _, l := range a.bestAddress(s.Trunks[id]).Layers {
				all = append(all, metrics.Sample{Labels: []string{string(id), l.Layer.String()}, Value: float64(l.State)})
			}
		}
		return all
	})
}

// bestAddress is the account of the address that a trunk is judged by; it has no layers when there is none.
func (a *App) bestAddress(t *wissel.Trunk) (best health.Account) {
	for _, at := range t.Addresses {
		if one, ok := a.board.Account(at); ok && (best.Layers == nil || one.State.Better(best.State)) {
			best = one
		}
	}
	return best
}

// Carrier gives one trunk, each address with all that its health rests on.
func (a *App) Carrier(trunk wissel.TrunkID) (web.CarrierHealth, error) {
	t := a.routing.Snapshot().Trunks[trunk]
	i := slices.IndexFunc(a.Carriers(), func(c web.Carrier) bool { return c.Trunk == trunk })
	if t == nil || i < 0 {
		return web.CarrierHealth{}, web.Faultf(http.StatusNotFound, "carriers "+string(trunk), "the settings have no trunk of that name; `wissel carriers` lists them")
	}
	out := web.CarrierHealth{Carrier: a.Carriers()[i], Ours: a.board.Ours(), Health: []web.AddressHealth{}}
	for _, at := range t.Addresses {
		c, ok := a.board.Account(at)
		if !ok {
			continue
		}
		one := web.AddressHealth{
			Address: at.String(), State: c.State.String(), Since: c.Since, Evidence: c.Evidence, Change: c.Change, Flaps: c.Flaps,
			Hold: c.Hold.String(), Seen: c.Seen, Proven: c.Proven, Layers: []web.LayerHealth{},
		}
		if c.Probed > 0 {
			one.Probed = c.Probed.String()
		}
		for _, l := range c.Layers {
			one.Layers = append(one.Layers, web.LayerHealth{
				Layer: l.Layer.String(), State: l.State.String(), Since: l.Since, Bad: l.Bad, Good: l.Good, Evidence: l.Evidence,
				Stale: l.Stale, Change: l.Change,
			})
		}
		out.Health = append(out.Health, one)
	}
	return out, nil
}
