package draaiboek

import (
	"slices"
	"strings"
	"time"
)

// advance brings the run on as far as can be without anything from outside, one turn at a time. It reports whether to take another.
func (m *machine) advance() bool {
	if m.State.Over() {
		return false
	}
	if m.due() {
		return true
	}
	if m.watched() && !m.Now.Before(m.Attended.Add(m.Scenario.Attend.Every)) {
		q := Question{For: ToAttend, Step: -1, Choices: []string{Here}}
		m.ask(q, m.Scenario.Attend.Answer, m.Scenario.Attend.Answer/3)
		return true
	}
	switch m.State {
	case Waiting:
		return m.needs()
	case Running:
		return m.run()
	case Stopping:
		return m.stopping()
	case Undoing:
		return m.undo()
	default:
		return false
	}
}

// needs looks for what the run needs, and begins once all of it is so.
func (m *machine) needs() bool {
	ready := true
	var lacks []string
	for i := range m.Needs {
		n := &m.Needs[i]
		o := m.Scenario.Needs[i]
		if n.OK && (o.For == 0 || !m.Now.Before(n.Held.Add(o.For))) {
			continue
		}
		ready = false
		lacks = append(lacks, n.Evidence)
		if !n.LookAt.After(m.Now) {
			n.LookAt = m.Now.Add(pace(o, lookSeldom))
			m.do(Effect{Kind: Look, Key: m.key("", attempt("need", i+1)), Observation: &o})
		}
	}
	switch {
	case ready:
		m.State, m.Why = Running, ""
		return true
	case !m.Now.Before(m.Since.Add(m.Scenario.Patience)):
		m.over(Refused, "what it needs was not so: "+strings.Join(lacks, "; "))
		return true
	}
	m.Why = strings.Join(lacks, "; ")
	return false
}

// pace is how often an observation is made.
func pace(o Observation, usual time.Duration) time.Duration {
	if o.Test != "" || o.Heard != nil {
		return lookDear
	}
	return usual
}

// run brings the step that is under way on.
func (m *machine) run() bool {
	step, st, ok := m.current()
	if !ok {
		m.over(Finished, "the last step is done")
		return true
	}
	switch st.Phase {
	case ToDo:
		m.begin(step, st)
		return true
	case Judging:
		return m.judging(step, st)
	case Doing:
		return m.doing(step, st)
	case Watching:
		return m.watching(step, st)
	case Asking, Trouble:
		return false // its question has a deadline
	case LeftOut, Skipped:
		if step.Ends > 0 { // and all that it would have run
			for k := m.At + 1; k < step.Ends; k++ {
				m.finish(&m.Steps[k], st.Phase, st.Evidence)
			}
		}
		fallthrough
	default:
		m.At++
		return true
	}
}

func (m *machine) begin(step Step, st *StepState) {
	st.Began, st.Since, st.LookAt, st.Held = m.Now, m.Now, m.Now, time.Time{}
	if step.If != "" && st.Attempt == 0 {
		st.Phase = Judging
		return
	}
	m.act(step, st)
}

// judging waits for the world's word on the step's condition. What cannot be judged does not hold.
func (m *machine) judging(step Step, st *StepState) bool {
	if !m.Now.Before(m.stepDeadline(st)) {
		m.alarm("%s: nobody could say whether %q holds; the step is left out", step.Name, step.If)
		m.finish(st, LeftOut, "its condition could not be judged")
		return true
	}
	m.look(step, st, "if", Observation{That: step.If}, lookOften)
	return false
}

// look asks the world, when it is time to.
func (m *machine) look(step Step, st *StepState, purpose string, o Observation, usual time.Duration) {
	if st.LookAt.After(m.Now) {
		return
	}
	st.LookAt = m.Now.Add(pace(o, usual))
	m.do(Effect{Kind: Look, Key: m.key(step.Name, attempt(purpose, st.Attempt)), Step: step.Name, Observation: &o})
}

// act begins what the step is for.
func (m *machine) act(step Step, st *StepState) {
	st.Attempt++
	st.Since, st.LookAt, st.Held, st.Recalled = m.Now, m.Now, time.Time{}, false
	switch {
	case step.Note != nil, step.Run != "":
		m.finish(st, Done, "")
	case step.Ask != nil:
		st.Phase = Asking
		q := Question{For: ToAnswer, Step: m.At, Form: step.Ask.Form, Default: step.Ask.Default, Duty: step.Ask.Duty}
		for _, c := range step.Ask.Choices {
			q.Choices = append(q.Choices, c.Name)
		}
		m.ask(q, step.Ask.Deadline, step.Ask.Escalate)
	case step.Until != nil:
		st.Phase = Watching
	default:
		st.Phase, st.Changed, st.LookAt = Doing, true, time.Time{}
		action := step.Action
		m.do(Effect{Kind: Do, Key: m.doKey(step, st), Step: step.Name, Action: &action})
	}
}

func (m *machine) doKey(step Step, st *StepState) string {
	return m.key(step.Name, attempt("do", st.Attempt))
}

// stepDeadline is when a phase has lasted too long; zero: never, its question has a deadline.
func (m *machine) stepDeadline(st *StepState) time.Time {
	step := m.Scenario.Steps[m.At]
	switch st.Phase {
	case Judging:
		return st.Since.Add(judgeMost)
	case Doing:
		if st.Recalled {
			return st.Since.Add(step.Max + grace)
		}
		return st.Since.Add(step.Max)
	case Watching:
		switch {
		case step.Expect != nil:
			return st.Since.Add(step.Expect.Within)
		case step.Until != nil && step.Until.Wait > 0:
			return st.Since.Add(step.Until.Wait)
		case step.Until != nil:
			return st.Since.Add(step.Until.Deadline)
		}
	default:
	}
	return time.Time{}
}

// doing waits for an effect to come to its end. When its time is over the world is asked first: what was done is not called failed.
func (m *machine) doing(step Step, st *StepState) bool {
	late := !m.Now.Before(m.stepDeadline(st))
	switch {
	case late && st.Recalled:
		m.trouble(step, st, "took longer than "+step.Max.String()+", and whether it was done is not known")
		return true
	case late:
		st.Recalled, st.LookAt = true, m.Now
	}
	if !st.LookAt.IsZero() && !st.LookAt.After(m.Now) {
		st.LookAt = m.Now.Add(recallGap)
		m.do(Effect{Kind: Recall, Key: m.doKey(step, st), Step: step.Name})
	}
	return false
}

// watching waits for what is expected of a step, or for what an until waits for.
func (m *machine) watching(step Step, st *StepState) bool {
	late := !m.Now.Before(m.stepDeadline(st))
	if u := step.Until; u != nil && u.Wait > 0 {
		st.LookAt = time.Time{}
		if late {
			m.finish(st, Done, "")
		}
		return late
	}
	o, usual := Observation{}, lookOften
	if step.Expect != nil {
		o = step.Expect.Observation
	} else {
		o, usual = step.Until.Observation, lookSeldom
	}
	switch {
	case !st.Held.IsZero() && !m.Now.Before(st.Held.Add(o.For)):
		m.finish(st, Done, "")
		return true
	case late:
		why := "it did not come within " + step.untilDeadline().String()
		if step.Expect != nil {
			why = "it is done, and what it should show was not seen within " + step.Expect.Within.String()
		}
		if st.Evidence != "" {
			why += ": " + st.Evidence
		}
		m.trouble(step, st, why)
		return true
	}
	m.look(step, st, "look", o, usual)
	return false
}

func (s Step) untilDeadline() time.Duration {
	if s.Until == nil {
		return 0
	}
	return s.Until.Deadline
}

// trouble is a step that went wrong: those on duty are asked, or what the scenario says follows.
func (m *machine) trouble(step Step, st *StepState, why string) {
	m.finish(st, Trouble, why)
	st.LookAt = time.Time{}
	if m.State != Running { // it is being stopped: nobody is asked how to go on
		return
	}
	if step.Else != Asks {
		m.mend(m.At, step.Else, "so: "+string(step.Else))
		return
	}
	choices := []string{Again, string(On), string(Stop), string(Back)}
	m.ask(Question{For: ToMend, Step: m.At, Choices: choices, Default: string(step.Silent), Why: why}, 10*time.Minute, 2*time.Minute)
}

// did takes the end of an effect.
func (m *machine) did(ev Event) {
	e, ok := m.drop(ev.Key)
	if !ok {
		return
	}
	i, known := m.index(e.Step)
	if !known {
		return
	}
	st := &m.Steps[i]
	switch e.Kind {
	case Do:
		m.done(i, st, e, ev)
	case Undoes:
		m.tookBack(i, st, e, ev)
	default:
	}
}

// done is the end of a step's own effect, which may come late: whatever the run did meanwhile, what was changed is known to be.
func (m *machine) done(i int, st *StepState, e Effect, ev Event) {
	mine := e.Key == m.doKey(m.Scenario.Steps[i], st)
	if n := attemptOf(e.Key); ev.Result == Yes && (st.First == 0 || n < st.First) {
		st.Before, st.First, st.Changed = ev.Before, n, st.Undo != undoDone
	}
	st.Changed = st.Changed && (st.First > 0 || slices.ContainsFunc(m.Pending, func(p Effect) bool { return p.Kind == Do && p.Step == e.Step }))
	if !mine || st.Phase != Doing || i != m.At {
		return
	}
	if ev.Said != "" {
		st.Evidence = said(ev.Said)
	}
	switch {
	case ev.Result != Yes:
		m.trouble(m.Scenario.Steps[i], st, "it failed: "+said(ev.Said))
	case m.Scenario.Steps[i].Expect != nil && m.State == Running:
		st.Phase, st.Since, st.LookAt, st.Held = Watching, m.Now, m.Now, time.Time{}
	default:
		m.finish(st, Done, "")
	}
}

// recalled takes the world's word on whether an effect was done.
func (m *machine) recalled(ev Event) {
	k := m.pending(ev.Key)
	if k < 0 {
		return
	}
	e := m.Pending[k]
	waited := e.Kind == AskOne || e.Kind == TellOne
	switch {
	case ev.Result == Yes:
		m.did(ev)
	case ev.Result == Unknown && !waited:
		return // it is asked again, until its time is over
	case ev.Result == Unknown: // word to a person is not sent twice; the next one is asked anyway
		m.drop(ev.Key)
	case m.stillWanted(e):
		m.out = append(m.out, e)
	default:
		m.did(Event{Kind: Did, Key: ev.Key, Result: No, Said: "it was not done"})
	}
}

// stillWanted reports whether an effect that was not done is to be done after all. What would be done for a run that is being stopped is not.
func (m *machine) stillWanted(e Effect) bool {
	i, known := m.index(e.Step)
	switch e.Kind {
	case Do:
		return known && m.State == Running && m.At == i && m.Steps[i].Phase == Doing && !m.Steps[i].Recalled
	case Undoes:
		return known && m.State == Undoing && m.Steps[i].Undo == undoDoing
	case AskOne:
		return slices.ContainsFunc(m.Open, func(q Question) bool { return q.ID == e.Question })
	default:
		return true
	}
}

// looked takes the answer to a Look. Of one that is not asked any more nothing is made.
func (m *machine) looked(ev Event) {
	if m.State == Waiting {
		for i := range m.Needs {
			if n := &m.Needs[i]; ev.Key == m.key("", attempt("need", i+1)) {
				n.Evidence = said(ev.Said)
				if ev.Result != Yes {
					n.OK, n.Held = false, time.Time{}
				} else if !n.OK {
					n.OK, n.Held = true, m.Now
				}
			}
		}
		return
	}
	step, st, ok := m.current()
	if !ok || m.State != Running {
		return
	}
	switch {
	case st.Phase == Judging && ev.Key == m.key(step.Name, attempt("if", st.Attempt)):
		switch ev.Result {
		case Yes:
			m.act(step, st)
		case No:
			m.finish(st, LeftOut, said(ev.Said))
		case Unknown: // it is asked again, for a while
		}
	case st.Phase == Watching && ev.Key == m.key(step.Name, attempt("look", st.Attempt)):
		if ev.Said != "" {
			st.Evidence = said(ev.Said)
		}
		if ev.Result != Yes {
			st.Held = time.Time{}
		} else if st.Held.IsZero() {
			st.Held = m.Now
		}
	}
}

// stopping waits until it is known what became of what was under way.
func (m *machine) stopping() bool {
	if step, st, ok := m.current(); ok && st.Phase == Doing {
		if !m.doing(step, st) {
			return false
		}
	}
	for i := range m.Steps {
		if m.Steps[i].Undo == undoDoing && m.undoLate(i) {
			return false
		}
	}
	if m.State != Stopping { // what was being taken back could not be
		return true
	}
	m.State, m.After = m.After, ""
	for i := range m.Steps {
		if st := &m.Steps[i]; m.State == Undoing && st.Undo == undoFailed {
			st.Undo = "" // tried again
		}
	}
	return true
}

// restarted asks the world about all that is not known to be done, before any of it is repeated, and looks anew.
func (m *machine) restarted() {
	for _, e := range m.Pending {
		m.out = append(m.out, Effect{Kind: Recall, Key: e.Key, Step: e.Step})
	}
	for i := range m.Needs {
		m.Needs[i].LookAt = m.Now
	}
	if _, st, ok := m.current(); ok && (st.Phase == Judging || st.Phase == Watching || st.Phase == Doing) && m.State != Waiting {
		st.LookAt = m.Now
		if st.Phase == Doing {
			st.LookAt = m.Now.Add(recallGap)
		}
	}
	for i := range m.Steps {
		if m.Steps[i].Undo == undoDoing {
			m.Steps[i].LookAt = m.Now.Add(recallGap)
		}
	}
}
