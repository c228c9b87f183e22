package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"sync/atomic"
	"time"

	"wissel"
	"wissel/carriers/health"
	"wissel/internal/lead"
)

// What may wait for the goroutine that decides who leads. More is lost and counted: an attempt is one of many, and a lost
// change of a verdict costs its record alone, since each look is at the verdicts in force.
const (
	maxTried   = 4096
	maxChanges = 1024
)

// lookEvery is how often time alone is looked at: stages, waits, holds.
const lookEvery = time.Second

// leads decides who leads each group. One goroutine (Run) owns what is remembered; the others send to it.
type leads struct {
	policy    lead.Policy
	routing   *routing
	keep      func(g wissel.GroupID, at time.Time, body []byte)
	decided   func(wissel.Decision) wissel.Decision // keeps and tells of a decision, and gives it with its id
	calm      func(wissel.GroupID)                  // what was told of a group that could not be switched holds no longer
	tick      func(now time.Time)                   // what else is done each second
	disturbed func(began time.Time) bool            // we stood still since began: a failure says nothing of its target
	log       *slog.Logger

	claims  lead.Claims
	tried   chan wissel.Tried
	changes chan health.Transition
	wake    chan struct{}
	asks    chan ask
	lost    atomic.Uint64

	books map[wissel.GroupID]lead.Book // Run's own
}

// ask is an operator's wish to go back, and where the answer goes.
type ask struct {
	group         wissel.GroupID
	all           bool
	actor, reason string
	answer        chan answer
}

type answer struct {
	before, after string
	decisions     []wissel.Decision
	err           error
}

func newLeads(r *routing, log *slog.Logger) *leads {
	return &leads{
		policy: lead.DefaultPolicy(), routing: r, log: log, disturbed: func(time.Time) bool { return false }, books: map[wissel.GroupID]lead.Book{},
		tried: make(chan wissel.Tried, maxTried), changes: make(chan health.Transition, maxChanges), wake: make(chan struct{}, 1), asks: make(chan ask),
	}
}

// Tried is told what came of an attempt of a call.
func (l *leads) Tried(t wissel.Tried) {
	switch {
	case t.Test: // the evidence that a way back is judged by is that of callers
		return
	case !t.Well && l.disturbed(t.At.Add(-t.Delay)):
		return
	}
	select {
	case l.tried <- t:
	default:
		l.lost.Add(1)
	}
}

// Changed is told that a verdict changed (health.Board.Watch).
func (l *leads) Changed(t health.Transition) {
	select {
	case l.changes <- t:
	default:
		l.lost.Add(1)
	}
}

// Nudge has every group looked at: the settings or an operator's choice have changed.
func (l *leads) Nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Single takes the one call with which a way back begins.
func (l *leads) Single(g wissel.GroupID, stage, now time.Time) bool {
	return l.claims.Take(g, stage, now)
}

// restore takes over what was remembered before a restart. What the settings no longer have is void at the first look. It is
// called before Run.
func (l *leads) restore(kept map[wissel.GroupID][]byte) {
	s := l.routing.Snapshot()
	for g, body := range kept {
		group := s.Groups[g]
		if group == nil {
			continue
		}
		book, err := readBook(body, s.Plan(group).ID)
		if err != nil {
			l.log.Warn("what was remembered of who leads a group cannot be read; its plan holds", "group", g, "error", err)
			continue
		}
		l.books[g] = book
		l.publish(g, book)
	}
}

// readBook reads what was kept of a group. A row of before there were books is one state: of the plan that its lead names, else
// of the one in force.
func readBook(body []byte, inForce wissel.PlanID) (lead.Book, error) {
	var row struct {
		Plans lead.Book
		lead.State
	}
	if err := json.Unmarshal(body, &row); err != nil {
		return nil, err
	}
	if row.State != (lead.State{}) {
		row.Plans = lead.Book{cmp.Or(row.Lead.Plan, inForce): row.State}
	}
	for plan, st := range row.Plans {
		st.Said, st.Ready = "", false // what still holds is said again: alarms are not kept
		row.Plans[plan] = st
	}
	return row.Plans, nil
}

// Run decides until ctx ends.
func (l *leads) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case t := <-l.tried:
			l.next(t.Group, lead.Event{Kind: lead.Tried, Target: wissel.Target{Trunk: t.Trunk}, Well: t.Well}, time.Now())
		case t := <-l.changes:
			l.record(t)
			l.lookAll(time.Now())
		case <-l.wake:
			l.lookAll(time.Now())
		case now := <-tick.C:
			l.lookAll(now)
			l.tick(now)
		case a := <-l.asks:
			a.answer <- l.handback(a, time.Now())
		case <-ctx.Done():
			return nil
		}
	}
}

// record makes a change of a verdict a decision.
func (l *leads) record(t health.Transition) {
	d := wissel.Decision{
		Kind: wissel.DecidedVerdict, Object: string(t.Trunk) + " " + t.Address.String(), At: t.At, Before: t.Before.String(), After: t.After.String(),
		Evidence: t.Evidence, Thresholds: t.Thresholds, Actor: "wissel",
	}
	if len(t.Evidence) > 0 {
		d.Why = t.Evidence[0]
	}
	if t.Trunk == "" {
		d.Kind, d.Object, d.Before, d.After, d.Why = wissel.DecidedOurs, l.routing.Snapshot().Node, "it is us", "it is not us", "our own network answers again"
		if t.Ours {
			d.Before, d.After, d.Why = d.After, d.Before, "all trunks fail and so does our own network: nothing is switched by itself"
		}
	}
	l.decided(d)
}

// lookAll looks at every group, and forgets those that the settings no longer have.
func (l *leads) lookAll(now time.Time) {
	s := l.routing.Snapshot()
	for g := range s.Groups {
		l.next(g, lead.Event{}, now)
	}
	for g := range l.books {
		if s.Groups[g] == nil {
			delete(l.books, g)
			l.calm(g)
			l.publish(g, nil)
		}
	}
}

// next feeds one group.
func (l *leads) next(g wissel.GroupID, e lead.Event, now time.Time) {
	s := l.routing.Snapshot()
	group := s.Groups[g]
	if group == nil {
		return
	}
	resting := func(id wissel.PlanID) (lead.View, bool) {
		p, ok := group.Plans[id]
		return viewOf(s, group, p), ok
	}
	book, out := l.policy.Turn(l.books[g], viewOf(s, group, s.Plan(group)), resting, e, now)
	l.settle(g, s.Plan(group).ID, book, out, now)
}

// settle puts a book in force, with the decisions that led to it; plan is the one in force.
func (l *leads) settle(g wissel.GroupID, plan wissel.PlanID, book lead.Book, out []wissel.Decision, now time.Time) []wissel.Decision {
	if l.books[g].Said() && !book.Said() {
		l.calm(g)
	}
	for i := range out {
		out[i] = l.decided(out[i])
		if st := book[plan]; out[i].Kind == wissel.DecidedSwitch && st.Lead.Plan != "" {
			st.Lead.Decision = out[i].ID
			book = book.With(plan, st)
		}
	}
	l.books[g] = book
	if len(out) == 0 {
		return nil // what is counted in a stage is counted again after a restart
	}
	l.publish(g, book)
	body, err := json.Marshal(struct{ Plans lead.Book }{book})
	if err != nil { // plain fields always can
		l.log.Error("who leads a group could not be encoded", "group", g, "error", err)
		return out
	}
	l.keep(g, now, body)
	return out
}

// publish gives routing the Leads of a group's plans, also of those that rest: an operator who makes one of them active has its
// Lead in force with it, at once.
func (l *leads) publish(g wissel.GroupID, book lead.Book) {
	next := maps.Clone(l.routing.Snapshot().Leads) // nobody else changes them
	maps.DeleteFunc(next, func(of wissel.PlanOf, _ wissel.Lead) bool { return of.Group == g })
	for plan, st := range book {
		if one, ok := st.Published(); ok {
			if next == nil {
				next = map[wissel.PlanOf]wissel.Lead{}
			}
			next[wissel.PlanOf{Group: g, Plan: plan}] = one
		}
	}
	if !maps.Equal(next, l.routing.Snapshot().Leads) {
		l.routing.update(func(s *wissel.Snapshot) { s.Leads = next })
	}
}

func (l *leads) handback(a ask, now time.Time) (done answer) {
	s := l.routing.Snapshot()
	group := s.Groups[a.group]
	if group == nil {
		return answer{err: fmt.Errorf("the settings have no group %q any more", a.group)}
	}
	plan := s.Plan(group)
	st, out, err := l.policy.Handback(l.books[a.group][plan.ID], viewOf(s, group, plan), a.all, a.actor, a.reason, now)
	if err != nil {
		return answer{err: err}
	}
	done.decisions = l.settle(a.group, plan.ID, l.books[a.group].With(plan.ID, st), out, now)
	for _, d := range done.decisions {
		done.before, done.after = d.Before, d.After
	}
	return done
}

// Handback asks for the way back of a group, for an operator.
func (l *leads) Handback(ctx context.Context, a ask) (answer, error) {
	a.answer = make(chan answer, 1)
	select {
	case l.asks <- a:
		return <-a.answer, nil
	case <-ctx.Done():
		return answer{}, fmt.Errorf("ask for the way back of %s: %w", a.group, ctx.Err())
	}
}

// viewOf is what is known of a group and one of its plans, as package lead wants it.
func viewOf(s *wissel.Snapshot, g *wissel.Group, p wissel.Plan) lead.View {
	v := lead.View{Group: g.ID, Plan: p, Handback: g.Handback, Ours: s.Ours}
	for _, t := range v.Plan.Targets {
		if t.Trunk == "" { // nothing behind people comes before them: whether they take a call is seen when it is there
			break
		}
		c := lead.Candidate{Target: t, Absent: true, Proof: s.Proofs[t.Trunk]}
		if trunk := s.Trunks[t.Trunk]; trunk != nil && len(trunk.Addresses) > 0 {
			c.Absent, c.Verdict = false, health.TrunkVerdict(trunk, s.Health)
		}
		v.Candidates = append(v.Candidates, c)
	}
	return v
}
