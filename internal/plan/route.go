package plan

import "wissel"

// Route decides where a call goes. A live pin comes first, then the active plan in its order without the addresses that are
// Down, then the plan's flow, always. It takes the same time however many numbers there are.
func Route(s *wissel.Snapshot, r Request) Decision {
	w := walk{s: s, r: r, d: Decision{Version: s.Version, Generation: s.Generation, Actor: "wissel", Reasons: make([]string, 0, 8)}}
	line, ok := s.Lines[r.To]
	if !ok {
		return w.refuse(404, string(r.To)+" is not a number of ours")
	}
	if line.Group == wissel.CrisisGroup {
		return w.crisis(line)
	}
	g := s.Groups[line.Group]
	if g == nil {
		return w.refuse(480, "number "+string(line.Number)+" is of group "+string(line.Group)+", which the settings do not have")
	}
	p := s.Plan(g)
	w.d.Line, w.d.Group, w.d.Plan = line, g, p.ID
	w.because(string(r.To) + " is of group " + string(g.ID) + ", whose plan is " + string(p.ID) + w.chosen(g))
	flow, hasFlow := p.Flow()
	switch {
	case r.Loop && !hasFlow:
		return w.refuse(482, "this caller is already in a call through us, and the plan has no flow: a loop")
	case r.Loop:
		w.because("this caller is already in a call through us: a loop, straight to the flow")
	default:
		w.targets(g, p)
	}
	if hasFlow {
		w.add(Step{Target: flow})
		w.because(flow.String() + ": last, and always there")
	}
	if len(w.d.Steps) == 0 {
		return w.refuse(480, "there is nowhere to go, and the plan has no flow")
	}
	return w.d
}

// crisisGroup is what calls to the crisis line belong to.
var crisisGroup = &wissel.Group{ID: wissel.CrisisGroup, Media: wissel.Anchored}

// crisis sends a caller to the crisis line, whatever the health, the pins and the plans are.
func (w *walk) crisis(line wissel.Line) Decision {
	w.d.Line, w.d.Group = line, crisisGroup
	w.because(string(line.Number) + " is of the crisis line, which answers by itself")
	w.add(Step{Target: wissel.Target{Flow: wissel.CrisisLine}})
	return w.d
}

// walk is one routing in the making.
type walk struct {
	s     *wissel.Snapshot
	r     Request
	d     Decision
	down  bool // an address was passed over because it is Down
	alive bool // one was not
	whole bool // a pin takes every caller
}

func (w *walk) because(reason string) { w.d.Reasons = append(w.d.Reasons, reason) }

func (w *walk) refuse(status int, reason string) Decision {
	w.d.Steps, w.d.Refuse = nil, status
	w.because(reason)
	return w.d
}

// chosen says who made the plan active.
func (w *walk) chosen(g *wissel.Group) string {
	c, ok := w.s.Active[g.ID]
	if !ok || w.d.Plan == g.Active {
		return ""
	}
	w.d.Actor = c.Who
	return ", made active instead of " + string(g.Active) + " by " + c.Who + ": " + c.Reason
}

// targets adds what comes before the flow: the pin, who leads, and the trunks of the plan in its order.
func (w *walk) targets(g *wissel.Group, p wissel.Plan) {
	if pin, ok := w.s.Pins[g.ID]; ok && w.pin(pin) {
		return // a flow answers every call: nothing after it would be reached but the plan's own flow
	}
	w.d.by = basis{w.s.Health, w.s.Trunks, w.s.Rules}
	if w.s.Ours != "" {
		w.because("it is us: " + w.s.Ours + "; nothing is switched by itself")
	}
	first, second := w.leading(g, p)
	for _, t := range [...]wissel.Target{first, second} {
		if t.Trunk != "" {
			w.trunk(t, false)
		}
	}
	for i, t := range p.Targets {
		switch {
		case t.Flow != "":
			w.leastOf(p) // what the settings put behind a flow is never reached
			return
		case t == first || t == second:
		case t.People != "":
			w.people(t)
		case i > 0 && !w.fresh(p, t):
			w.because(t.String() + ": " + w.staleness(p, t) + "; passed over")
		default:
			w.trunk(t, false)
		}
	}
	w.leastOf(p)
}

// leastOf is for when nothing of the plan may be tried because it is Down.
func (w *walk) leastOf(p wissel.Plan) {
	if w.down && !w.alive {
		w.least(p)
	}
}

// fresh reports whether a target may be used by itself: the plan asks for no proof, or it has one young enough. The first of a
// plan is the operator's own choice, and who leads was fresh when it was switched to: they are not asked.
func (w *walk) fresh(p wissel.Plan, t wissel.Target) bool {
	return w.s.Proofs[t.Trunk].Within(p.Fresh, w.r.Now)
}

func (w *walk) staleness(p wissel.Plan, t wissel.Target) string {
	asked := "the plan asks for a proof within " + wissel.Span(p.Fresh)
	if proof := w.s.Proofs[t.Trunk]; !proof.At.IsZero() {
		return "a call last proved it at " + wissel.Moment(proof.At) + ", and " + asked
	}
	return wissel.Unproven + ", and " + asked
}

// pin adds the pinned target, and reports whether it is a flow.
func (w *walk) pin(pin wissel.Pin) bool {
	what := "pinned to " + pin.Target.String()
	if pin.Share > 0 {
		what += " for " + wissel.Percent(pin.Share) + " of the callers"
	}
	switch {
	case !pin.Live(w.r.Now):
		w.because("the pin on " + pin.Target.String() + " ended at " + wissel.Moment(pin.Until))
		return false
	case pin.Share > 0 && !w.in(pin.Share):
		w.because(what + ": this caller is not among them")
		return false
	}
	w.whole, w.d.Actor = pin.Share == 0, pin.Who
	w.because(what + " until " + wissel.Moment(pin.Until) + " by " + pin.Who + ": " + pin.Reason)
	if pin.Target.Flow != "" {
		w.add(Step{Target: pin.Target})
		return true
	}
	if pin.Target.People != "" {
		w.people(pin.Target)
		return false
	}
	w.trunk(pin.Target, true)
	return false
}

// people adds people. Whether somebody is logged on is seen when the call comes to them.
func (w *walk) people(t wissel.Target) {
	if w.has(t) {
		w.because(t.String() + ": is on the list already")
		return
	}
	w.add(Step{Target: t})
	w.because(t.String() + ": those who are logged on are rung one at a time, who has waited longest first; key 1 connects")
}

// in reports whether the caller is among a share of the group's.
func (w *walk) in(share int) bool {
	return wissel.InShare(w.d.Group.ID, w.r.From, w.r.Chance, share)
}

// trunk adds the addresses of a trunk that are to be tried. Of a pinned one that is Down as a whole, all are.
func (w *walk) trunk(target wissel.Target, pinned bool) {
	t := w.s.Trunks[target.Trunk]
	switch {
	case w.has(target):
		w.because(target.String() + ": is on the list already")
		return
	case t == nil:
		w.because(target.String() + ": the settings have no such trunk, passed over")
		return
	case len(t.Addresses) == 0:
		w.because(target.String() + ": its names have not been resolved yet, passed over")
		return
	case t.ID == w.r.Trunk && t.Role == wissel.Carrier:
		w.because(target.String() + ": the call came from there, and goes back out over it")
	}
	force := pinned && w.allDown(t)
	for i, a := range t.Addresses {
		w.address(Step{Target: target, Address: a, Index: i, Force: force}, w.s.Health[a])
	}
}

// address adds one address, or says why not. Unknown is not Down, and Suspect keeps its place.
func (w *walk) address(st Step, v wissel.Verdict) {
	say := func(what, then string) {
		w.because(st.Target.String() + " " + st.Address.String() + ": " + what + detail(v) + then)
	}
	switch {
	case v.State != wissel.Down:
		say(v.State.String(), "")
	case st.Force:
		say("down", "; tried all the same, since it is pinned")
	case v.Retry:
		st.Retry = true
		say("down", "; one call may try whether it takes calls again")
	default:
		w.down = true
		say("down", "; passed over")
		return
	}
	w.alive = true
	w.add(st)
}

// allDown reports whether every address of a trunk is Down.
func (w *walk) allDown(t *wissel.Trunk) bool {
	for _, a := range t.Addresses {
		if w.s.Health[a].State != wissel.Down {
			return false
		}
	}
	return true
}

// least is for when every address of the plan is Down: the call that has the group's token tries the least bad, that is the
// one heard of last, then the one that went down last, then the first of the plan.
func (w *walk) least(p wissel.Plan) {
	w.d.Least = true
	if !w.r.Spare {
		w.because("every address that may be tried is down: one call a second tries the least bad, this one does not")
		return
	}
	var best Step
	var verdict wissel.Verdict
	for n, target := range p.Targets {
		if target.Flow != "" {
			break
		}
		t := w.s.Trunks[target.Trunk]
		if t == nil || n > 0 && !w.fresh(p, target) && w.s.Leads[wissel.PlanOf{Group: w.d.Group.ID, Plan: p.ID}].Target != target {
			continue
		}
		for i, a := range t.Addresses {
			if v := w.s.Health[a]; best.Address.IsZero() || better(v, verdict) {
				best, verdict = Step{Target: target, Address: a, Index: i, Force: true}, v
			}
		}
	}
	w.add(best)
	w.because(best.Target.String() + " " + best.Address.String() + ": every address that may be tried is down, this one is the least bad and this call tries it")
}

// better reports whether Down address a is less bad than b.
func better(a, b wissel.Verdict) bool {
	if !a.Seen.Equal(b.Seen) {
		return a.Seen.After(b.Seen)
	}
	return a.Since.After(b.Since)
}

func (w *walk) has(t wissel.Target) bool {
	for i := range w.d.Steps {
		if w.d.Steps[i].Target == t {
			return true
		}
	}
	return false
}

// add puts a step at the end. The plan's flow, when it was pinned, is there already.
func (w *walk) add(st Step) {
	if st.Target.Flow != "" && w.has(st.Target) {
		return
	}
	if w.d.Steps == nil {
		w.d.Steps = make([]Step, 0, 4)
	}
	w.d.Steps = append(w.d.Steps, st)
}

// detail is the evidence, in brackets.
func detail(v wissel.Verdict) string {
	if v.Evidence == "" {
		return ""
	}
	return " (" + v.Evidence + ")"
}
