package peers

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
)

// look is how often the verdicts are asked for while something is wrong.
const look = 20 * time.Millisecond

// patience is the patience of a caller: who waits longer for an answer is counted.
const patience = 2 * time.Second

// mark is a verdict on a trunk from a moment on.
type mark struct {
	at       time.Time
	state    string
	evidence string // as it was when the state was first seen
}

// watch follows the verdict on one trunk.
type watch struct {
	trunk wissel.TrunkID
	end   chan struct{}
	done  chan struct{}
	marks []mark // read after done
	said  []string
}

// watch begins to follow a trunk, until it is stopped or the test ends.
func (s *server) watch(trunk wissel.TrunkID) *watch {
	w := &watch{trunk: trunk, end: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		tick := time.NewTicker(look)
		defer tick.Stop()
		for {
			select {
			case <-w.end:
				return
			case <-s.t.Context().Done():
				return
			case <-tick.C:
				w.note(s)
			}
		}
	}()
	return w
}

// note takes in what is shown now. A server that does not answer shows nothing.
func (w *watch) note(s *server) {
	all, err := s.client.Carriers(s.t.Context())
	if err != nil {
		return
	}
	for _, c := range all {
		if c.Trunk != w.trunk {
			continue
		}
		texts := slices.Clone(c.Notes)
		for _, a := range c.Addresses {
			texts = append(texts, a.Evidence)
		}
		said := strings.Join(texts, "; ")
		if !slices.Contains(w.said, said) {
			w.said = append(w.said, said)
		}
		if len(w.marks) == 0 || w.marks[len(w.marks)-1].state != c.State {
			w.marks = append(w.marks, mark{time.Now(), c.State, said})
		}
	}
}

// stop ends the watch, and waits for it.
func (w *watch) stop() {
	close(w.end)
	<-w.done
}

// after gives when a trunk was first seen in one of some states after a moment, and what was shown then; -1: never.
func (w *watch) after(at time.Time, states ...string) (time.Duration, string) {
	for _, m := range w.marks {
		if m.at.After(at) && slices.Contains(states, m.state) {
			return m.at.Sub(at), m.evidence
		}
	}
	return -1, ""
}

// falls counts how often it became Down.
func (w *watch) falls() (n int) {
	for _, m := range w.marks {
		if m.state == "down" {
			n++
		}
	}
	return n
}

// finding is what one fault did to callers and to the verdict: a row of the table.
type finding struct {
	Calls    int
	Suspect  time.Duration // from the fault until the verdict was not Up; -1: never
	Down     time.Duration // until it was Down; -1: never
	Tried    int           // calls that were sent to it meanwhile: until it was Down, or as long as the fault went on
	Waited   int           // callers who waited longer than 2 s for an answer
	Rang     int           // those of them for whom the primary was ringing as the fault came: they wait up to `ring`, by design
	P99      time.Duration // of the time from the call to its answer, as the carrier saw it
	GaveUp   int           // callers who gave up by themselves meanwhile
	Times    int           // how many times longer than usual it lasted: FULL=1; 0: once
	Lost     int           // callers who got no answer, or whose call did not end as they ended it
	Switches int           // how often another target was made to lead
	Stages   int           // of ways back to the primary
	Aborts   int           // of ways back
	Falls    int           // how often it was seen to become Down
	Shown    string        // the evidence
	said     []string      // all evidence that was seen
	carrier  *process      // who placed the calls
}

// strike places calls for so long altogether, lets the fault befall the platform after the calls of the first 2 s, waits
// until the callers have all hung up and wissel has ended in order, and gives what came of it. fault may take its time;
// over is called when the last caller has rung off.
func (w *world) strike(scenario string, rate int, long time.Duration, fault, over func(), more ...string) finding {
	w.t.Helper()
	carrier := w.places(scenario, rate, long, more...)
	eventually(w.t, 20*time.Second, "the first calls have come", func() bool {
		status, err := w.client.Status(w.t.Context())
		return err == nil && status.Calls.Total >= uint64(2*rate)
	})
	watch := w.watch("platform")
	struck := time.Now()
	fault()
	carrier.wait(long + 2*time.Minute)
	ended := time.Now()
	watch.stop()
	over()
	w.idle(time.Minute)
	w.well()
	return w.find(carrier, watch, struck, ended)
}

// find makes the finding of what a carrier, a watch and the records say.
func (w *world) find(carrier *process, watch *watch, struck, ended time.Time) (f finding) {
	w.t.Helper()
	var shown string
	f.Suspect, shown = watch.after(struck, "suspect", "down", "unknown")
	f.Down, f.Shown = watch.after(struck, "down")
	until := struck.Add(f.Down)
	if f.Down < 0 {
		until, f.Shown = ended, shown
	}
	f.said, f.carrier = watch.said, carrier
	for _, m := range watch.marks {
		w.t.Logf("%s after %s: %s", m.state, m.at.Sub(struck).Round(time.Millisecond), m.evidence)
	}
	f.Falls = watch.falls()
	cdrs, _ := w.records()
	f.Calls = statistic(w.t, carrier, "TotalCallCreated")
	f.Lost = f.Calls - statistic(w.t, carrier, "SuccessfulCall(C)")
	took := setups(w.t, carrier)
	f.P99 = took[len(took)*99/100]
	for _, t := range took {
		if t > patience {
			f.Waited++
		}
	}
	tellSlowest(w.t, cdrs)
	first := until
	for _, c := range cdrs {
		for _, a := range c.Attempts {
			if a.Target.Trunk == watch.trunk && a.Rang && a.Began.Before(until) && strings.HasPrefix(a.Why, "rang for") {
				f.Rang++
			}
			if a.Target.Trunk == watch.trunk && a.Leg != 0 && a.Began.After(struck) && a.Began.Before(until) {
				f.Tried++
				if a.Began.Before(first) {
					first = a.Began
				}
			}
		}
	}
	if f.Down >= 0 {
		w.t.Logf("the first call tried it %s after the fault, and it was seen to be Down %s after that", since(first.Sub(struck)), since(until.Sub(first)))
	}
	for _, d := range w.decisions() {
		switch d.Kind {
		case wissel.DecidedSwitch:
			f.Switches++
		case wissel.DecidedHandback:
			f.Stages++
		case wissel.DecidedAbort:
			f.Aborts++
		case wissel.DecidedVerdict, wissel.DecidedStay, wissel.DecidedPin, wissel.DecidedPlan, wissel.DecidedHours, wissel.DecidedMessage, wissel.DecidedProposal, wissel.DecidedTest,
			wissel.DecidedOurs:
		}
	}
	return f
}

// tellSlowest logs what the attempts of the one call in fifty that was answered last were.
func tellSlowest(t *testing.T, cdrs []wissel.CDR) {
	took := func(c wissel.CDR) time.Duration { return c.Answered.Sub(c.Began) }
	slow := slices.DeleteFunc(slices.Clone(cdrs), func(c wissel.CDR) bool { return c.Answered.IsZero() || took(c) < patience })
	slices.SortFunc(slow, func(a, b wissel.CDR) int { return cmp.Compare(took(b), took(a)) })
	for _, c := range slow[:min(len(slow), len(cdrs)/50)] {
		said := fmt.Sprintf("answered after %s:", since(took(c)))
		for _, a := range c.Attempts {
			said += fmt.Sprintf(" at %s %s: %d %q, rang %v;", since(a.Began.Sub(c.Began)), a.Target, a.Status, a.Why, a.Rang)
		}
		t.Log(said)
	}
}

// shows makes the first evidence with a word in it the one that stands in the table, and reports whether there was any.
func (f *finding) shows(word string) bool {
	i := slices.IndexFunc(f.said, func(s string) bool { return strings.Contains(s, word) })
	if word == "" || i < 0 {
		return word == ""
	}
	f.Shown = f.said[i]
	return true
}

// String is what a ROW says of it.
func (f finding) String() string {
	text := fmt.Sprintf("Suspect after %s, Down after %s, %d calls tried it meanwhile, %d of %d callers waited longer than 2 s, p99 %s, %d lost, %d switches; shown: %q",
		since(f.Suspect), since(f.Down), f.Tried, f.Waited, f.Calls, since(f.P99), f.Lost, f.Switches, f.Shown)
	if f.Rang > 0 {
		text += fmt.Sprintf("; it was ringing for %d of those who waited", f.Rang)
	}
	if f.Stages > 0 {
		text += fmt.Sprintf("; %d stages of a way back, %d broken off", f.Stages, f.Aborts)
	}
	if f.GaveUp > 0 {
		text += fmt.Sprintf("; %d gave up by themselves", f.GaveUp)
	}
	return text
}

// since writes a time for people; a negative one is never.
func since(d time.Duration) string {
	switch {
	case d < 0:
		return "never"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}
