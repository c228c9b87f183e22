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
	"wissel/internal/message"
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
		Alarms:   slices.Concat(a.alarms.texts(), a.testAlarms(), a.certificateAlarms(time.Now()), a.nameAlarms(), a.limitAlarms()),
	}
	status.Alarms = slices.Concat(status.Alarms, a.eyes.alarms(time.Now()), a.rows.alarms(time.Now()))
	if fault := a.store.AuditFault(); fault != "" {
		status.Alarms = append(status.Alarms, fault)
	}
	verdicts := a.board.Verdicts()
	now := time.Now()
	for _, id := range slices.Sorted(maps.Keys(s.Groups)) {
		g := groupStatus(s, s.Groups[id], verdicts, now)
		g.Endings = a.endingsOf(s, s.Groups[id])
		a.peopleStatus(g.Targets, now)
		if m := a.messages.of(id); message.StateOf(m, now) != message.Ended {
			one := a.webMessage(m, now)
			g.Message = &one
		}
		status.Groups = append(status.Groups, g)
	}
	if page := set.file.StatusPage; page.Name != "" {
		one := a.pageStatus(page)
		status.Page = &one
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
		out.Pin = &web.Pin{Target: pin.Target.String(), Reason: pin.Reason, Who: pin.Who, Since: pin.Since, Until: pin.Until, Share: pin.Share}
		if !slices.Contains(targets, pin.Target) {
			targets = append([]wissel.Target{pin.Target}, targets...)
		}
	}
	for _, t := range targets {
		out.Targets = append(out.Targets, targetStatus(s, t, verdicts))
	}
	out.Lead, out.Proofs = leadStatus(s, g), proofStatus(s, g, now)
	if h, err := hoursAt(s, g.ID, now); err == nil {
		out.Override = h.Override
	}
	return out
}

// leadStatus is the switch that wissel made by itself, as long as its plan is the active one.
func leadStatus(s *wissel.Snapshot, g *wissel.Group) *web.Lead {
	l, ok := s.Lead(g)
	if !ok {
		return nil
	}
	return &web.Lead{
		Target: l.Target.String(), Home: l.Home.String(), Since: l.Since, Decision: l.Decision, Share: l.Share, Single: l.Single, Stage: l.Stage, Held: l.Held,
	}
}

// proofStatus says of each trunk of each plan when a call last went through it, the stalest first. The first of
// a plan is the operator's own choice, and never too old for it.
func proofStatus(s *wissel.Snapshot, g *wissel.Group, now time.Time) []web.Proof {
	all := map[wissel.TrunkID]*web.Proof{}
	for _, id := range slices.Sorted(maps.Keys(g.Plans)) {
		for i, t := range g.Plans[id].Targets {
			if t.Trunk == "" {
				continue
			}
			proof := s.Proofs[t.Trunk]
			one := all[t.Trunk]
			if one == nil {
				one = &web.Proof{Target: t.String(), At: proof.At, Test: proof.Test, Call: proof.Call}
				all[t.Trunk] = one
			}
			one.Plans = append(one.Plans, id)
			if i > 0 && !proof.Within(g.Plans[id].Fresh, now) {
				one.Stale = append(one.Stale, id)
			}
		}
	}
	list := []web.Proof{}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		list = append(list, *all[id])
	}
	slices.SortStableFunc(list, func(x, y web.Proof) int { return x.At.Compare(y.At) })
	return list
}

func targetStatus(s *wissel.Snapshot, t wissel.Target, verdicts map[wissel.Address]wissel.Verdict) web.Target {
	trunk := s.Trunks[t.Trunk]
	switch {
	case t.Trunk == "":
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
		if p, ok := s.Proofs[id]; ok {
			c.Proof = &web.Proof{Target: string(id), At: p.At, Test: p.Test, Call: p.Call}
		}
		if e := a.endingOf(t); t.Role == wissel.Carrier && !(e.At.IsZero() && e.Again.IsZero()) {
			c.Ending = &e
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
func (a *App) Calls() []web.Call { return a.calls(wissel.Number.Masked) }

// CallNumbers lists the live calls with the callers' whole numbers, after an audit row that says who looked and why. What
// cannot be audited is not shown.
func (a *App) CallNumbers(ctx context.Context, r web.ReadRequest, by web.Actor) ([]web.Call, error) {
	if err := giveReason("calls --numbers", r.Reason, "these are people's numbers, and who looks is in the audit log"); err != nil {
		return nil, err
	}
	if err := a.audit(ctx, by, "read-numbers", "calls", r.Reason, "", ""); err != nil {
		return nil, web.Faultf(http.StatusServiceUnavailable, "calls --numbers", "the audit row could not be written, so no number is shown: %v", err)
	}
	return a.calls(func(n wissel.Number) string { return string(n) }), nil
}

// dialled is the number that was rung; of a call of our own it is shortened, since it may be a person's.
func (a *App) dialled(n wissel.Number, over wissel.TrunkID) string {
	if _, ours := a.routing.Snapshot().Lines[n]; over == "" && !ours {
		return shortened(n)
	}
	return string(n)
}

func (a *App) calls(from func(wissel.Number) string) []web.Call {
	all := []web.Call{}
	for _, c := range a.server.Calls() {
		one := web.Call{ID: c.ID, Group: c.Group, From: from(c.From), To: a.dialled(c.To, c.Trunk), State: c.State, Since: c.Began}
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
