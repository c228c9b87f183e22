package app

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"wissel"
	"wissel/carriers/health"
	"wissel/internal/nearest"
	"wissel/internal/plan"
	"wissel/internal/web"
)

// WhatIf says where calls would go if trunks or addresses were in other states. It changes nothing.
func (a *App) WhatIf(_ context.Context, r web.WhatIfRequest, _ web.Actor) (web.WhatIf, error) {
	now, s := time.Now(), a.routing.Snapshot()
	states, err := assumptions(s, r.Assume)
	if err != nil {
		return web.WhatIf{}, err
	}
	then := plan.Assuming(s, states, "assumed", now)
	live := map[wissel.GroupID]int{}
	for _, c := range a.server.Calls() {
		if t := s.Trunks[c.Target.Trunk]; t != nil && health.TrunkVerdict(t, then.Health).State == wissel.Down {
			live[c.Group]++
		}
	}
	out := web.WhatIf{Groups: []web.GroupIf{}, Settings: s.Version}
	for _, c := range plan.WhatIf(s, then, now) {
		one := web.GroupIf{
			Group: c.Group.ID, Numbers: len(c.Group.Lines), Calls: live[c.Group.ID], Now: targetsOf(c.Now), Then: targetsOf(c.Then),
			Changes: c.Moved(), Nowhere: c.Then.Refuse, Reasons: c.Then.Reasons,
		}
		one.Least = !slices.ContainsFunc(c.Then.Steps, func(st plan.Step) bool { return st.Target.People != "" || st.Target.Trunk != "" && !c.Then.Least })
		out.Groups = append(out.Groups, one)
	}
	return out, nil
}

// assumptions reads "genesys" or "udp:192.0.2.1:5060" to a state, or says what there is instead.
func assumptions(s *wissel.Snapshot, written map[string]string) (map[wissel.Address]wissel.State, error) {
	known := map[string][]wissel.Address{}
	for id, t := range s.Trunks {
		known[string(id)] = t.Addresses
		for _, a := range t.Addresses {
			known[a.String()] = []wissel.Address{a}
		}
	}
	states := map[wissel.Address]wissel.State{}
	// Trunks before addresses, whatever their names: an address is the narrower word, and has the last one.
	names := slices.Collect(maps.Keys(written))
	slices.SortFunc(names, func(x, y string) int { return strings.Count(x, ":") - strings.Count(y, ":") })
	for _, name := range names {
		addresses, ok := known[name]
		switch {
		case !ok:
			return nil, web.Faultf(http.StatusNotFound, "what-if "+name, "there is no trunk or address %q%s", name, nearest.Suggest(name, slices.Sorted(maps.Keys(known))))
		case len(addresses) == 0:
			return nil, web.Faultf(http.StatusConflict, "what-if "+name, "it has no address, so no call goes there now")
		}
		state, ok := states4[written[name]]
		if !ok {
			return nil, web.Faultf(http.StatusBadRequest, "what-if "+name, "%q is no state%s", written[name], nearest.Suggest(written[name], slices.Sorted(maps.Keys(states4))))
		}
		for _, a := range addresses {
			states[a] = state
		}
	}
	if len(states) == 0 {
		return nil, web.Faultf(http.StatusBadRequest, "what-if", "say what would be otherwise, as in genesys=down")
	}
	return states, nil
}

// states4 are the words for the states of health.
var states4 = map[string]wissel.State{
	wissel.Unknown.String(): wissel.Unknown, wissel.Up.String(): wissel.Up, wissel.Suspect.String(): wissel.Suspect, wissel.Down.String(): wissel.Down,
}

// targetsOf are the targets of a decision in the order in which they are tried, each once.
func targetsOf(d plan.Decision) []string {
	all := []string{}
	for _, st := range d.Steps {
		if t := st.Target.String(); len(all) == 0 || all[len(all)-1] != t {
			all = append(all, t)
		}
	}
	return all
}
