// Package lead decides which target of a group's plan new calls try first: when wissel switches by itself, when it stays,
// and how it goes back. It is pure: what is known comes in as a View and an Event, the time is given, and what was decided
// comes out as records. internal/app feeds it and publishes State.Published in the snapshot; internal/plan reads that.
//
// A flow never leads: it is last in every plan, and the way back from it to a trunk is nothing to be careful about.
package lead

import (
	"time"

	"wissel"
)

// Policy holds the figures that are not the group's own.
type Policy struct {
	Hold    time.Duration // least time between two switches that no target's fall to Down asks for; doubled by each. Those have health's own hold-down; 5 s
	Longest time.Duration // the longest that Hold grows to; 5 min
	Forget  time.Duration // so long without a switch, and those before are forgotten; 10 min
	Noise   float64       // a way back is broken off when chance alone would show Home so poor less often than this; 0.05
	Sure    float64       // so with a leader's newest calls against those before, which are compared again and again; 0.001
}

// DefaultPolicy has the hold-down of package health.
func DefaultPolicy() Policy {
	return Policy{Hold: 5 * time.Second, Longest: 5 * time.Minute, Forget: 10 * time.Minute, Noise: 0.05, Sure: 0.001}
}

// Candidate is one trunk of a plan, with what speaks for and against it.
type Candidate struct {
	Target  wissel.Target
	Verdict wissel.Verdict // of its best address
	Absent  bool           // it has no address: no call can go there
	Proof   wissel.Proof   // when a call last went through; zero: never
}

// View is what is known of a group at one moment.
type View struct {
	Group      wissel.GroupID
	Plan       wissel.Plan // the active one
	Handback   wissel.Handback
	Candidates []Candidate // the trunks of Plan before its flow, in its order
	Ours       string      // "it is us": why nothing is to be switched; empty: it is not
}

// Kind says what happened.
type Kind uint8

// Look: time went by, or a verdict changed. Tried: an attempt of a real call came to something.
const (
	Look Kind = iota
	Tried
)

// Event is what happened. Target and Well are of Tried.
type Event struct {
	Kind   Kind
	Target wissel.Target
	Well   bool
}

// Tally counts attempts, and those that went well.
type Tally struct{ Well, Calls int }

func (t *Tally) add(well bool) {
	t.Calls++
	if well {
		t.Well++
	}
}

// State is all that is remembered of one plan of a group (Book). The zero State is the plan's own order. It is a plain value that encodes to
// JSON and back; a restart goes on from it.
type State struct {
	Lead     wissel.Lead   // zero: the plan's own order. Share is 1000 on the last stage of a way back, when Home leads on trial
	Stage    int           // of the way back: 0 none, 1 the single call, 2 and on the shares of Handback
	Wait     time.Duration // how long Home must be well before a way back; 0: Handback.Calm
	Aborted  time.Time     // the last way back that was broken off
	Returned time.Time     // the last that was completed
	Switched time.Time     // the last switch
	Switches int           // those that the hold-down remembers
	Home     Tally         // of Home since the stage began
	Away     Tally         // of Lead.Target since then; on the last stage, of the stage before
	Recent   Tally         // of Lead.Target: its newest calls, until there are enough to be judged
	Usual    Tally         // of Lead.Target: those before
	Said     string        // the cause of the last stay, so that it is recorded once
	Ready    bool          // that Home is well again and the way back is held was recorded
}

// away reports whether another than the first of the plan leads, or led until a trial that is still going on.
func (s State) away() bool { return s.Lead.Plan != "" }

// trial reports whether Home leads again and is still being watched.
func (s State) trial() bool { return s.away() && s.Lead.Share >= 1000 }

// Published is the Lead that routing is to follow, and whether there is one.
func (s State) Published() (wissel.Lead, bool) { return s.Lead, s.away() && !s.trial() }

// Leader is who leads by s under v's plan: a target, or the zero Target when the plan has no trunk.
func (s State) Leader(v View) wissel.Target {
	if l, ok := s.Published(); ok {
		return l.Target
	}
	if len(v.Candidates) == 0 {
		return wissel.Target{}
	}
	return v.Candidates[0].Target
}

// Next is the state of the plan in force after an event, and what was decided, in order. The records carry no id, node and settings version yet:
// the caller gives them, and Lead.Decision the id of a DecidedSwitch.
func (p Policy) Next(s State, v View, e Event, now time.Time) (State, []wissel.Decision) {
	w := work{p: p, s: s, v: v, now: now}
	if w.s.away() && !w.valid() {
		w.void()
	}
	if len(v.Candidates) == 0 {
		return w.s, w.out
	}
	if e.Kind == Tried {
		w.count(e)
	}
	w.look(e)
	return w.s, w.out
}

// work is one Next in the making.
type work struct {
	p   Policy
	s   State
	v   View
	now time.Time
	out []wissel.Decision
}

// valid reports whether the plan in force still has what the Lead names.
func (w *work) valid() bool {
	l := w.s.Lead
	return l.Plan == w.v.Plan.ID && len(w.v.Candidates) > 0 && w.v.Candidates[0].Target == l.Home && w.find(l.Target) != nil
}

// void forgets a Lead that belongs to settings of before.
func (w *work) void() {
	w.decide(wissel.Decision{
		Kind: wissel.DecidedHandback, Object: w.s.Lead.Home.String(), Before: w.s.Lead.Target.String() + " led plan " + string(w.s.Lead.Plan),
		After: "plan " + string(w.v.Plan.ID) + " in its own order",
		Why:   "the settings no longer have the plan, or the targets that were switched between",
	})
	w.home()
}

// home makes the plan's own order hold again.
func (w *work) home() {
	w.s.Lead, w.s.Stage, w.s.Said, w.s.Ready = wissel.Lead{}, 0, "", false
	w.s.Home, w.s.Away, w.s.Recent, w.s.Usual = Tally{}, Tally{}, Tally{}, Tally{}
}

func (w *work) find(t wissel.Target) *Candidate {
	for i := range w.v.Candidates {
		if w.v.Candidates[i].Target == t {
			return &w.v.Candidates[i]
		}
	}
	return nil
}

// count notes what an attempt came to, for those whom it is evidence of.
func (w *work) count(e Event) {
	switch {
	case !w.s.away():
	case e.Target == w.s.Lead.Home && w.s.Stage > 0:
		w.s.Home.add(e.Well)
	case e.Target == w.s.Lead.Target && !w.s.trial():
		w.s.Away.add(e.Well)
		w.s.Recent.add(e.Well)
	}
}

// look decides, after whatever happened.
func (w *work) look(e Event) {
	leader := w.find(w.s.Leader(w.v))
	down := leader.Verdict.State == wissel.Down
	if w.v.Ours != "" {
		if down {
			w.stay("ours", leader, "it is us: "+w.v.Ours+"; nothing is switched by itself")
		}
		return
	}
	if down && w.s.trial() {
		w.abort(leader.Target.String() + " went down: " + leader.Verdict.Evidence)
		leader = w.find(w.s.Lead.Target)
		down = leader.Verdict.State == wissel.Down
	}
	switch {
	case down:
		w.leave(leader)
	case w.s.away() && !w.s.trial() && w.worse(leader):
		w.improve(leader)
	default:
		w.s.Said = ""
	}
	if w.s.away() {
		w.wayBack(e)
	}
}

// decide puts a record on the list, with what all have in common.
func (w *work) decide(d wissel.Decision) {
	d.At, d.Group = w.now, w.v.Group
	if d.Actor == "" {
		d.Actor = "wissel"
	}
	w.out = append(w.out, d)
}

// stay records once that nothing was switched, and why not. cause names the reason without figures that change.
func (w *work) stay(cause string, leader *Candidate, why string) {
	cause = leader.Target.String() + ": " + cause
	if w.s.Said == cause {
		return
	}
	w.s.Said = cause
	w.stayed(leader, why)
}

// stayed records that all stays as it is; about is whom the reason is about.
func (w *work) stayed(about *Candidate, why string) {
	as := w.s.Leader(w.v).String() + " leads"
	w.decide(wissel.Decision{
		Kind: wissel.DecidedStay, Object: about.Target.String(), Before: as, After: as,
		Evidence: w.evidence(), Thresholds: w.thresholds(), Why: why,
	})
}
