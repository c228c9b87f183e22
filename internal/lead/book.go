package lead

import (
	"maps"
	"slices"
	"time"

	"wissel"
)

// Book is what is remembered of a group: a State for each of its plans of which there is anything to remember. One plan is in
// force; the States of the others rest until an operator chooses theirs again. It holds no plan that the settings do not have.
// A Book is never changed: With gives another.
type Book map[wissel.PlanID]State

// With is b with the State of a plan. The zero State takes no room.
func (b Book) With(plan wissel.PlanID, s State) Book {
	if b[plan] == s {
		return b
	}
	next := maps.Clone(b)
	if next == nil {
		next = Book{}
	}
	if next[plan] = s; s == (State{}) {
		delete(next, plan)
	}
	return next
}

// Said reports whether it was said that the group could not be switched, and still holds.
func (b Book) Said() bool {
	for _, s := range b {
		if s.Said != "" {
			return true
		}
	}
	return false
}

// Turn is Next for a group: an event for the plan in force, v's, and what resting means for the others. resting gives the View of
// a plan that is not in force; false: the settings no longer have it.
func (p Policy) Turn(b Book, v View, resting func(wissel.PlanID) (View, bool), e Event, now time.Time) (Book, []wissel.Decision) {
	var all []wissel.Decision
	for _, plan := range slices.Sorted(maps.Keys(b)) {
		if plan == v.Plan.ID {
			continue
		}
		other, known := resting(plan)
		if !known {
			other = View{Group: v.Group, Plan: wissel.Plan{ID: plan}}
		}
		s, out := p.rest(b[plan], other, now)
		if !known {
			s = State{}
		}
		b, all = b.With(plan, s), append(all, out...)
	}
	s, out := p.Next(b[v.Plan.ID], v, e, now)
	return b.With(v.Plan.ID, s), append(all, out...)
}

// rest is the state of a plan that is not in force. Who led it leads it again when it is chosen again, and a way back that had
// begun begins again then: what it had shown says nothing of a later hour.
func (p Policy) rest(s State, v View, now time.Time) (State, []wissel.Decision) {
	w := work{p: p, s: s, v: v, now: now}
	w.s.Said, w.s.Ready = "", false
	switch {
	case !w.s.away():
	case !w.valid():
		w.void()
	case w.s.Stage > 0:
		before := w.stageWords()
		w.stage(0, 0, false)
		w.s.Lead.Held = w.held()
		w.decide(wissel.Decision{
			Kind: wissel.DecidedHandback, Object: w.s.Lead.Home.String(), Before: "plan " + string(v.Plan.ID) + ": " + before,
			After: w.s.Lead.Target.String() + " leads it when it is chosen again, and the way back begins with its first stage",
			Why:   "another plan is active",
		})
	}
	return w.s, w.out
}
