package app

import (
	"context"
	"maps"
	"net/http"
	"os"
	"slices"
	"time"

	"wissel"
	"wissel/carriers/health"
	"wissel/internal/number"
	"wissel/internal/plan"
	"wissel/internal/web"
)

// Status says how the server is, for people and programs.
func (a *App) Status(context.Context) web.Status {
	s := a.routing.Snapshot()
	set := a.settings.Load()
	status := web.Status{
		Node: s.Node, Version: a.options.Version, State: a.State(), Since: a.began, PID: os.Getpid(),
		Settings: web.Settings{File: a.options.File, Version: s.Version, LoadedAt: set.at, Rejected: set.rejected},
		Store:    a.storeStatus(),
		Calls:    web.Calls{Now: a.server.Live(), Total: a.server.Stats().Calls.Load()},
		Groups:   []web.Group{},
		Alarms:   append(a.alarms.texts(), a.testAlarms()...),
	}
	status.Alarms = append(status.Alarms, a.eyes.alarms(time.Now())...)
	if fault := a.store.AuditFault(); fault != "" {
		status.Alarms = append(status.Alarms, fault)
	}
	verdicts := a.board.Verdicts()
	now := time.Now()
	for _, id := range slices.Sorted(maps.Keys(s.Groups)) {
		status.Groups = append(status.Groups, groupStatus(s, s.Groups[id], verdicts, now))
	}
	return status
}

func (a *App) storeStatus() web.Store {
	st := web.Store{Dir: a.options.storeDir(), OK: true, Aside: a.store.Aside(), Waiting: a.store.Waiting(), Dropped: a.store.Dropped()}
	if err := a.store.Status(); err != nil {
		st.OK, st.Fault = false, err.Error()
	}
	return st
}

// maxNumbers of a group that status lists; the rest are in the settings.
const maxNumbers = 10

func groupStatus(s *wissel.Snapshot, g *wissel.Group, verdicts map[wissel.Address]wissel.Verdict, now time.Time) web.Group {
	p := s.Plan(g)
	_, chosen := s.Active[g.ID]
	out := web.Group{ID: g.ID, Plan: p.ID, Chosen: chosen, Numbers: []string{}, Targets: []web.Target{}}
	for _, l := range g.Lines[:min(len(g.Lines), maxNumbers)] {
		out.Numbers = append(out.Numbers, string(l.Number))
	}
	targets := p.Targets
	if pin := s.Pins[g.ID]; pin.Live(now) {
		out.Pin = &web.Pin{Target: pin.Target.String(), Reason: pin.Reason, Who: pin.Who, Since: pin.Since, Until: pin.Until}
		if !slices.Contains(targets, pin.Target) {
			targets = append([]wissel.Target{pin.Target}, targets...)
		}
	}
	for _, t := range targets {
		out.Targets = append(out.Targets, targetStatus(s, t, verdicts))
	}
	return out
}

func targetStatus(s *wissel.Snapshot, t wissel.Target, verdicts map[wissel.Address]wissel.Verdict) web.Target {
	trunk := s.Trunks[t.Trunk]
	switch {
	case t.Flow != "":
		return web.Target{Target: t.String(), State: "ready"}
	case trunk == nil || len(trunk.Addresses) == 0:
		return web.Target{Target: t.String(), State: wissel.Unknown.String(), Evidence: "its name has not been resolved yet"}
	}
	v := health.TrunkVerdict(trunk, verdicts)
	return web.Target{Target: t.String(), State: v.State.String(), Since: v.Since, Evidence: v.Evidence, Proven: v.Proven}
}

// Carriers lists the trunks with the health of each address.
func (a *App) Carriers() []web.Carrier {
	s := a.routing.Snapshot()
	verdicts, counts := a.board.Verdicts(), a.limits.Counts()
	all := []web.Carrier{}
	for _, id := range slices.Sorted(maps.Keys(s.Trunks)) {
		t := s.Trunks[id]
		c := web.Carrier{
			Trunk: id, Role: t.Role, State: health.TrunkVerdict(t, verdicts).State.String(),
			Calls: counts[id].Calls, Limit: t.Limits.Calls, Addresses: []web.Address{},
		}
		for _, addr := range t.Addresses {
			v := verdicts[addr]
			c.Addresses = append(c.Addresses, web.Address{
				Address: addr.String(), State: v.State.String(), Since: v.Since, Evidence: v.Evidence, Seen: v.Seen, Proven: v.Proven,
			})
		}
		c.Notes = slices.Concat(a.addressNotes(id), a.pageNotes(id), a.testNotes(id))
		all = append(all, c)
	}
	return all
}

// addressNotes say why a trunk has no address, or goes by an old one.
func (a *App) addressNotes(id wissel.TrunkID) (notes []string) {
	if len(a.settings.Load().file.Trunks[id].To) == 0 {
		notes = append(notes, "it only brings calls in")
	}
	for _, u := range a.names.Unable() {
		if u.Trunk == id {
			notes = append(notes, "DNS: "+u.Err.Error())
		}
	}
	return notes
}

// Calls lists the live calls; callers are people, so their numbers are shortened.
func (a *App) Calls() []web.Call {
	all := []web.Call{}
	for _, c := range a.server.Calls() {
		one := web.Call{ID: c.ID, Group: c.Group, From: c.From.Masked(), To: string(c.To), State: c.State, Since: c.Began}
		if c.From == "" {
			one.From = "withheld"
		}
		if c.Target != (wissel.Target{}) {
			one.Target = c.Target.String()
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(x, y web.Call) int { return x.Since.Compare(y.Since) })
	return all
}

// Why says what would happen to a call to a number now.
func (a *App) Why(_ context.Context, to, from string) (web.Why, error) {
	s := a.routing.Snapshot()
	country := a.settings.Load().file.Country
	e164, err := number.Parse(to, country)
	if err != nil {
		return web.Why{}, web.Faultf(http.StatusBadRequest, "why "+to, "%v", err)
	}
	var caller wissel.Number
	if from != "" {
		if caller, err = number.Parse(from, country); err != nil {
			return web.Why{}, web.Faultf(http.StatusBadRequest, "why "+to+" --from "+from, "%v", err)
		}
	}
	d := plan.Route(s, plan.Request{To: e164, From: caller, Now: time.Now()})
	why := web.Why{
		Number: string(e164), Plan: d.Plan, Refused: d.Refuse, Reasons: d.Reasons, Settings: d.Version, Generation: d.Generation,
		Steps: []web.WhyStep{},
	}
	if d.Group != nil {
		why.Group = d.Group.ID
	}
	for _, step := range d.Steps {
		w := web.WhyStep{Target: step.Target.String(), State: "ready"}
		if !step.Address.IsZero() {
			w.Address, w.State = step.Address.String(), s.Health[step.Address].State.String()
		}
		why.Steps = append(why.Steps, w)
	}
	return why, nil
}
