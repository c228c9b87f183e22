package lead

import (
	"fmt"
	"strings"
	"time"

	"wissel"
)

// leave switches away from a leader that is Down, to the best of those that are better; without one it stays.
func (w *work) leave(leader *Candidate) {
	best, against := w.best(leader, wissel.Down)
	if best == nil {
		w.stay("down; "+against.causes(), leader, leader.Target.String()+" is down and nothing of the plan is better: "+against.words())
		return
	}
	w.lead(best, leader.Target.String()+" is down, "+best.Target.String()+" is "+best.Verdict.State.String())
}

// improve switches away from a leader that is away from home and does worse, to one that is Up. Home is left to the way
// back, which goes in stages. It is held down as the falls of verdicts are.
func (w *work) improve(leader *Candidate) {
	best, against := w.best(leader, wissel.Suspect)
	what := leader.Target.String() + " leads and does worse (" + w.ailment(leader) + ")"
	switch until := w.s.Switched.Add(w.hold()); {
	case best == nil:
		w.stay("worse; "+against.causes(), leader, what+", and nothing of the plan is better: "+against.words())
	case w.now.Before(until):
		w.stay("held", leader, fmt.Sprintf("%s; %d switches in a row hold the next one back until %s", what, w.s.Switches, wissel.Moment(until)))
	default:
		w.lead(best, what+", "+best.Target.String()+" is "+best.Verdict.State.String())
	}
}

// worse reports whether a leader away from home is no longer what it was chosen for.
func (w *work) worse(leader *Candidate) bool {
	return leader.Verdict.State == wissel.Suspect || w.falls()
}

// falls reports whether the leader's newest calls do worse than those before did. Enough of either are needed.
func (w *work) falls() bool {
	n := w.samples()
	if w.s.Recent.Calls < n {
		return false
	}
	if w.s.Usual.Calls >= n && Worse(w.s.Recent, w.s.Usual) < w.p.Sure {
		return true
	}
	w.s.Usual.Well += w.s.Recent.Well
	w.s.Usual.Calls += w.s.Recent.Calls
	w.s.Recent = Tally{}
	if w.s.Usual.Calls > 10*n { // what was long ago weighs less
		w.s.Usual.Well, w.s.Usual.Calls = w.s.Usual.Well/2, w.s.Usual.Calls/2
	}
	return false
}

func (w *work) ailment(leader *Candidate) string {
	if leader.Verdict.State == wissel.Suspect {
		return "suspect: " + leader.Verdict.Evidence
	}
	return w.s.Recent.String() + " of late, " + w.s.Usual.String() + " before"
}

// lead makes a target the leader, Home too.
func (w *work) lead(best *Candidate, why string) {
	home, before := w.v.Candidates[0].Target, w.s.Leader(w.v)
	d := wissel.Decision{
		Kind: wissel.DecidedSwitch, Object: best.Target.String(), Before: before.String() + " leads", After: best.Target.String() + " leads",
		Evidence: w.evidence(), Thresholds: w.thresholds(), Why: why,
	}
	if !w.s.away() {
		w.s.Wait = w.nextWait()
	}
	w.home()
	if best.Target == home {
		w.s.Returned = w.now
	} else {
		w.s.Lead = wissel.Lead{Plan: w.v.Plan.ID, Home: home, Target: best.Target, Since: w.now, Stage: w.now, Held: w.held()}
	}
	if w.now.Sub(w.s.Switched) > w.p.Forget {
		w.s.Switches = 0
	}
	w.s.Switches++
	w.s.Switched = w.now
	w.decide(d)
}

// hold is how long after the last switch the next one waits.
func (w *work) hold() time.Duration {
	if w.s.Switches == 0 || w.now.Sub(w.s.Switched) > w.p.Forget {
		return 0
	}
	return min(w.p.Hold<<min(w.s.Switches-1, 20), w.p.Longest)
}

// nextWait is how long Home must be well after the switch that is made now: longer when it fell soon after it had come back,
// shorter the longer it led since.
func (w *work) nextWait() time.Duration {
	wait := max(w.s.Wait, w.v.Handback.Calm)
	if w.s.Returned.IsZero() {
		return wait
	}
	led := w.now.Sub(w.s.Returned)
	if led < w.longest() {
		return min(2*wait, w.longest())
	}
	for ; led >= w.longest() && wait > w.v.Handback.Calm; led -= w.longest() {
		wait /= 2
	}
	return max(wait, w.v.Handback.Calm)
}

// objection is why a candidate was not chosen: a word that stays the same, and a sentence.
type objection struct{ cause, words string }

type objections []objection

func (o objections) causes() string {
	all := make([]string, len(o))
	for i := range o {
		all[i] = o[i].cause
	}
	return strings.Join(all, ", ")
}

func (o objections) words() string {
	if len(o) == 0 {
		return "it has no other trunk"
	}
	all := make([]string, len(o))
	for i := range o {
		all[i] = o[i].words
	}
	return strings.Join(all, "; ")
}

// best is the first of the plan of those that are better by evidence than a leader that is so bad: Up before Unknown before
// Suspect, never Down, and proven of late where the plan asks for that. nil: there is none, with what speaks against each.
func (w *work) best(leader *Candidate, bad wissel.State) (best *Candidate, against objections) {
	for i := range w.v.Candidates {
		c := &w.v.Candidates[i]
		if c == leader {
			continue
		}
		if o := w.against(c, i == 0, bad); o.cause != "" {
			against = append(against, objection{c.Target.String() + " " + o.cause, c.Target.String() + o.words})
		} else if best == nil || c.Verdict.State.Better(best.Verdict.State) {
			best = c
		}
	}
	return best, against
}

// against says what speaks against a candidate; an empty cause: nothing.
func (w *work) against(c *Candidate, home bool, bad wissel.State) objection {
	switch {
	case c.Absent:
		return objection{"absent", "'s names have not been resolved"}
	case c.Verdict.State == wissel.Down:
		return objection{"down", " is no better: down since " + wissel.Moment(c.Verdict.Since) + " (" + c.Verdict.Evidence + ")"}
	case bad == wissel.Suspect && c.Verdict.State != wissel.Up:
		return objection{c.Verdict.State.String(), " is no better: " + c.Verdict.State.String()}
	case bad == wissel.Suspect && home:
		return objection{"home", " goes back in stages, once it has been up for " + w.wait().String()}
	case !home && !c.Proof.Within(w.v.Plan.Fresh, w.now):
		return objection{"stale", "'s " + staleness(w.v.Plan, c.Proof, w.now)}
	}
	return objection{}
}

// staleness says how old a proof is, and what the plan asks: "last proof is 9 days old, the plan asks 7 days".
func staleness(p wissel.Plan, proof wissel.Proof, now time.Time) string {
	if proof.At.IsZero() {
		return "way was never proven by a call, the plan asks for one within " + wissel.Span(p.Fresh)
	}
	return "last proof is " + wissel.Span(now.Sub(proof.At)) + " old, the plan asks " + wissel.Span(p.Fresh)
}
