package draaiboek

import (
	"time"
)

// undo takes back what was changed, the last first, one at a time.
func (m *machine) undo() bool {
	for i := len(m.Steps) - 1; i >= 0; i-- {
		st := &m.Steps[i]
		switch st.Undo {
		case undoDoing:
			return m.takingBack(i)
		case undoDone, undoSkipped:
			continue
		case undoFailed:
			return false
		}
		if st.Changed && m.Scenario.Steps[i].undoes() {
			m.takeBack(i)
			return true
		}
	}
	m.over(Undone, m.Why)
	return true
}

func (m *machine) undoKey(i int) string {
	return m.key(m.Scenario.Steps[i].Name, attempt("undo", m.Steps[i].Undos))
}

// takeBack begins to undo one step.
func (m *machine) takeBack(i int) {
	step, st := m.Scenario.Steps[i], &m.Steps[i]
	st.Undos++
	st.Undo, st.Since, st.LookAt, st.Recalled = undoDoing, m.Now, time.Time{}, false
	e := Effect{Kind: Undoes, Key: m.undoKey(i), Step: step.Name, Action: &step.Action, Restore: true, Before: st.Before}
	for n := 1; n <= st.Attempt; n++ {
		e.Of = append(e.Of, m.key(step.Name, attempt("do", n)))
	}
	if step.Undo != nil {
		action := step.Undo.Action
		e.Action, e.Restore, e.Before = &action, false, ""
	}
	m.do(e)
}

func (m *machine) undoDeadline(i int) time.Time {
	d := m.Steps[i].Since.Add(m.Scenario.Steps[i].Max)
	if m.Steps[i].Recalled {
		d = d.Add(grace)
	}
	return d
}

// undoLate waits for an undoing that is under way. It reports whether it still is.
func (m *machine) undoLate(i int) bool {
	st := &m.Steps[i]
	late := !m.Now.Before(m.undoDeadline(i))
	if late && st.Recalled {
		m.stuck(i, "whether it was taken back is not known")
		return false
	}
	if late {
		st.Recalled, st.LookAt = true, m.Now
	}
	if !st.LookAt.IsZero() && !st.LookAt.After(m.Now) {
		st.LookAt = m.Now.Add(recallGap)
		m.do(Effect{Kind: Recall, Key: m.undoKey(i), Step: m.nameOf(i)})
	}
	return true
}

func (m *machine) takingBack(i int) bool { return !m.undoLate(i) }

// tookBack is the end of an undoing.
func (m *machine) tookBack(i int, st *StepState, e Effect, ev Event) {
	if e.Key != m.undoKey(i) || st.Undo != undoDoing && st.Undo != undoFailed {
		return
	}
	if ev.Result != Yes {
		if st.Undo == undoDoing {
			m.stuck(i, said(ev.Said))
		}
		return
	}
	st.Undo, st.Changed = undoDone, false
	if m.State == Stuck { // it came after all
		m.close(func(q Question) bool { return q.For == ToUndo }, Again)
		m.State = Undoing
	}
}

// stuck is an undoing that failed: it stops there, says so, and can be tried again, skipped or left.
func (m *machine) stuck(i int, why string) {
	st := &m.Steps[i]
	st.Undo = undoFailed
	name := m.nameOf(i)
	m.alarm("%s could not be taken back (%s): `wissel draaiboek undo` tries again, `skip` goes on without it", name, why)
	if m.State == Stopping && m.After == Stopped {
		return // whoever takes it back tries this one first
	}
	m.State, m.After, m.Why = Stuck, "", name+" could not be taken back: "+why
	fallback := Again
	if st.Undos > 2 {
		fallback = Leave
	}
	m.ask(Question{For: ToUndo, Step: i, Choices: []string{Again, Skip, Leave}, Default: fallback, Why: why}, 10*time.Minute, 2*time.Minute)
}

// undoAgain tries what failed once more.
func (m *machine) undoAgain() {
	if m.State != Stuck {
		return
	}
	m.close(func(q Question) bool { return q.For == ToUndo }, Again)
	m.State, m.Why = Undoing, "what could not be taken back is tried again"
	for i := range m.Steps {
		if m.Steps[i].Undo == undoFailed {
			m.Steps[i].Undo = ""
		}
	}
}

// undoSkip goes on without it: it stays as it is.
func (m *machine) undoSkip(why string) {
	if m.State != Stuck {
		return
	}
	m.close(func(q Question) bool { return q.For == ToUndo }, Skip)
	m.State, m.Why = Undoing, "without what could not be taken back, "+why
	for i := range m.Steps {
		if m.Steps[i].Undo == undoFailed {
			m.Steps[i].Undo = undoSkipped
			m.Steps[i].Evidence += "; not taken back, " + why
		}
	}
}
