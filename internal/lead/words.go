package lead

import (
	"fmt"

	"wissel"
)

// evidence is one sentence for each candidate, in the plan's order.
func (w *work) evidence() []string {
	all := make([]string, len(w.v.Candidates))
	for i := range w.v.Candidates {
		c := &w.v.Candidates[i]
		all[i] = c.Target.String() + " is " + c.Verdict.State.String()
		if c.Verdict.Evidence != "" {
			all[i] += ": " + c.Verdict.Evidence
		}
		if c.Proof.At.IsZero() {
			all[i] += "; " + wissel.Unproven
		} else {
			all[i] += "; a call last proved it " + wissel.Span(w.now.Sub(c.Proof.At)) + " ago"
		}
	}
	return all
}

// thresholds are the rules that the evidence was held against.
func (w *work) thresholds() []string {
	h := w.v.Handback
	all := []string{"a leader that is down is left, for one that is up before unknown before suspect, never down"}
	if w.v.Plan.Fresh > 0 {
		all = append(all, "plan "+string(w.v.Plan.ID)+" asks for a proof of the last "+wissel.Span(w.v.Plan.Fresh))
	}
	if w.s.away() {
		all = append(all,
			"one that stands in for "+w.s.Lead.Home.String()+" is also left when it is suspect or its newest calls do worse, for one that is up",
			fmt.Sprintf("a way back begins when %s has been up for %s", w.s.Lead.Home, w.wait()),
			fmt.Sprintf("a stage is judged by %d calls of either side, and broken off when chance explains the difference in less than %.2g %% of all cases", h.Samples, 100*w.p.Noise))
	}
	return all
}
