package lead

import (
	"fmt"
	"time"

	"wissel"
)

// wayBack begins, judges and breaks off the way back to the first target of the plan.
func (w *work) wayBack(e Event) {
	home := w.find(w.s.Lead.Home)
	state := home.Verdict.State
	w.s.Ready = w.s.Ready && state == wissel.Up
	switch {
	case w.s.Stage == 0 && state == wissel.Up && w.calm(home) && w.s.Lead.Held != "":
		if !w.s.Ready {
			w.s.Ready = true
			w.stayed(home, home.Target.String()+" is well again; "+w.s.Lead.Held)
		}
	case w.s.Stage == 0 && state == wissel.Up && w.calm(home):
		w.begin("wissel", home.Target.String()+" has been up for "+wissel.Span(w.now.Sub(home.Verdict.Since)))
	case w.s.Stage == 0:
	case state == wissel.Down, state == wissel.Suspect && !w.s.trial():
		w.abort(home.Target.String() + " is " + state.String() + ": " + home.Verdict.Evidence)
	case w.s.Stage == 1:
		if e.Kind == Tried && e.Target == home.Target {
			w.single(e.Well)
		}
	default:
		w.judge()
	}
}

// calm reports whether Home has been well for long enough, and the last abort is long enough ago.
func (w *work) calm(home *Candidate) bool {
	wait := w.wait()
	return w.now.Sub(home.Verdict.Since) >= wait && w.now.Sub(w.s.Aborted) >= wait
}

func (w *work) wait() time.Duration    { return max(w.s.Wait, w.v.Handback.Calm) }
func (w *work) longest() time.Duration { return max(w.v.Handback.Longest, w.v.Handback.Calm) }
func (w *work) samples() int           { return max(w.v.Handback.Samples, 1) }

// held is why a way back does not begin by itself.
func (w *work) held() string {
	if w.v.Handback.Mode == wissel.HandbackSticky {
		return "sticky: waiting for `wissel handback " + string(w.v.Group) + "`"
	}
	return ""
}

// begin lets one call try Home first.
func (w *work) begin(actor, why string) {
	w.s.Lead.Held = ""
	w.stage(1, 0, true)
	w.decide(wissel.Decision{
		Kind: wissel.DecidedHandback, Object: w.s.Lead.Home.String(), Before: w.s.Lead.Target.String() + " leads", After: "one call tries " + w.s.Lead.Home.String() + " first",
		Evidence: w.evidence(), Thresholds: w.thresholds(), Actor: actor, Why: why,
	})
}

// stage puts a stage in force, with nothing counted yet.
func (w *work) stage(n, share int, single bool) {
	w.s.Stage, w.s.Lead.Share, w.s.Lead.Single, w.s.Lead.Stage = n, share, single, w.now
	w.s.Home = Tally{}
	if share < 1000 { // on the last stage the other side has no calls: it is measured by the stage before
		w.s.Away = Tally{}
	}
}

// single judges the one call of the first stage.
func (w *work) single(well bool) {
	if !well {
		w.abort("the one call that tried " + w.s.Lead.Home.String() + " did not get through")
		return
	}
	w.advance([]string{"the one call got through"})
}

// judge compares both sides once either has enough calls. The last stage ends by time too: Home leads, and all is as it was.
func (w *work) judge() {
	n := w.samples()
	switch {
	case w.s.trial() && w.now.Sub(w.s.Lead.Stage) >= w.longest():
		w.advance([]string{w.s.Lead.Home.String() + " has led for " + wissel.Span(w.longest()) + " without a fall"})
	case w.s.Home.Calls < n || w.s.Away.Calls < n: // it waits
	case w.s.Home.Rate() < w.s.Away.Rate() && Worse(w.s.Home, w.s.Away) < w.p.Noise:
		w.abort(w.s.Lead.Home.String() + " does worse than " + w.s.Lead.Target.String() + " by more than chance explains")
	default:
		w.advance(w.figures())
	}
}

// advance goes to the next stage; after the last, the plan's own order holds.
func (w *work) advance(evidence []string) {
	l, before := w.s.Lead, w.stageWords()
	next := 1000
	if i := w.s.Stage - 1; i < len(w.v.Handback.Shares) {
		next = w.v.Handback.Shares[i]
	}
	d := wissel.Decision{
		Kind: wissel.DecidedHandback, Object: l.Home.String(), Before: before, Evidence: append(evidence, w.evidence()...), Thresholds: w.thresholds(),
		Why: "the stage went well",
	}
	if w.s.trial() {
		d.After = l.Home.String() + " leads again, as the plan says"
		w.home()
		w.s.Returned = w.now
	} else {
		w.stage(w.s.Stage+1, min(next, 1000), false)
		d.After = w.stageWords()
	}
	w.decide(d)
}

// abort breaks the way back off; the next one waits twice as long.
func (w *work) abort(why string) {
	d := wissel.Decision{
		Kind: wissel.DecidedAbort, Object: w.s.Lead.Home.String(), Before: w.stageWords(), After: w.s.Lead.Target.String() + " leads",
		Thresholds: w.thresholds(), Evidence: append(w.figures(), w.evidence()...),
	}
	w.s.Wait = min(2*w.wait(), w.longest())
	w.s.Aborted = w.now
	w.stage(0, 0, false)
	w.s.Lead.Held = w.held()
	d.Why = why + "; the next way back begins after " + w.s.Wait.String() + " of calm at the earliest"
	w.decide(d)
}

// figures are both sides' calls of the stage, and what chance says of them.
func (w *work) figures() []string {
	home, away := w.s.Lead.Home.String(), w.s.Lead.Target.String()
	all := []string{home + ": " + w.s.Home.String(), away + ": " + w.s.Away.String()}
	if w.s.Home.Calls > 0 && w.s.Away.Calls > 0 {
		all = append(all, fmt.Sprintf("if %s were as good as %s, chance would show it so poor in %.2g %% of all cases (Fisher's exact test, one-sided)",
			home, away, 100*Worse(w.s.Home, w.s.Away)))
	}
	return all
}

// stageWords says where the way back is.
func (w *work) stageWords() string {
	l := w.s.Lead
	switch {
	case w.s.trial():
		return "every call tries " + l.Home.String() + " first, on trial"
	case l.Single:
		return "one call tries " + l.Home.String() + " first"
	case l.Share > 0:
		return wissel.Percent(l.Share) + " of the callers try " + l.Home.String() + " first"
	}
	return l.Target.String() + " leads"
}

// Handback is an operator's: it begins the way back now, or, when all is true, completes it. The error says, for people, why
// that cannot be.
func (p Policy) Handback(s State, v View, all bool, actor, reason string, now time.Time) (State, []wissel.Decision, error) {
	w := work{p: p, s: s, v: v, now: now}
	if !s.away() || !w.valid() {
		return s, nil, fmt.Errorf("nothing was switched by itself: plan %s is tried in its own order", v.Plan.ID)
	}
	home := w.find(s.Lead.Home)
	if home.Verdict.State == wissel.Down && !home.Verdict.Retry {
		return s, nil, fmt.Errorf("%s is down (%s): calls would pass it over, and it would be left again at once; wait until it is well, or pin it with `wissel switch %s --to %s`",
			home.Target, home.Verdict.Evidence, v.Group, home.Target)
	}
	switch {
	case all:
		d := wissel.Decision{
			Kind: wissel.DecidedHandback, Object: home.Target.String(), Before: w.stageWords(), After: home.Target.String() + " leads again, as the plan says",
			Evidence: w.evidence(), Actor: actor, Why: reason,
		}
		w.home()
		w.s.Returned = now
		w.decide(d)
	case s.Stage > 0:
		return s, nil, fmt.Errorf("the way back has begun: %s; --now completes it", w.stageWords())
	default:
		w.begin(actor, reason)
	}
	return w.s, w.out, nil
}
