package draaiboek

import (
	"slices"
	"strings"
	"time"
)

// ask opens a question, and asks the first on duty.
func (m *machine) ask(q Question, deadline, escalate time.Duration) {
	m.Asked++
	name := ""
	if q.Step >= 0 {
		name = m.Scenario.Steps[q.Step].Name + "/"
	}
	q.ID = attempt(name+string(q.For), m.Asked)
	if q.Duty == "" {
		q.Duty = m.Scenario.Duty
	}
	q.Since, q.Deadline, q.Next, q.Escalate = m.Now, m.Now.Add(deadline), m.Now, escalate
	m.Open = append(m.Open, q)
	m.escalate(&m.Open[len(m.Open)-1])
}

// escalate asks those whose turn it is. Who was asked stays asked.
func (m *machine) escalate(q *Question) {
	for !q.Next.IsZero() && !q.Next.After(m.Now) && q.Next.Before(q.Deadline) {
		q.Next = q.Next.Add(max(q.Escalate, time.Second))
		for _, p := range m.on[q.Duty] {
			if person(p) == person(q.Except) && q.Except != "" || slices.ContainsFunc(q.Asked, func(a Asked) bool { return a.Person == p }) {
				continue
			}
			a := Asked{Person: p, At: m.Now}
			a.Code = m.code(q.ID, p)
			q.Asked = append(q.Asked, a)
			m.do(Effect{Kind: AskOne, Key: m.key(q.ID, p), Step: m.nameOf(q.Step), Question: q.ID, Person: p, Code: a.Code})
			break
		}
	}
	if !q.Next.Before(q.Deadline) {
		q.Next = time.Time{}
	}
}

func (m *machine) nameOf(i int) string {
	if i < 0 || i >= len(m.Steps) {
		return ""
	}
	return m.Scenario.Steps[i].Name
}

// close ends questions without an answer of anybody's.
func (m *machine) close(which func(Question) bool, answer string) {
	for i := 0; i < len(m.Open); {
		if which(m.Open[i]) {
			m.shutOne(i, answer, "")
		} else {
			i++
		}
	}
}

// shutOne moves a question to the closed ones, where late answers to it are known.
func (m *machine) shutOne(i int, answer, by string) Question {
	q := m.Open[i]
	q.Answer, q.By, q.Closed, q.Next = answer, by, m.Now, time.Time{}
	m.Open = slices.Delete(m.Open, i, i+1)
	if m.Closed = append(m.Closed, q); len(m.Closed) > mostClosed {
		m.Closed = slices.Clone(m.Closed[1:])
	}
	return q
}

func (m *machine) tell(person string, n Notice) {
	if person == "" {
		return
	}
	m.Told++
	m.do(Effect{Kind: TellOne, Key: m.key("", attempt("told", m.Told)), Step: n.Step, Person: person, Notice: &n})
}

// answered takes an answer: by who was proven to be who he is, or by a code, which is the only proof that a text can have.
func (m *machine) answered(ev Event) {
	i, by := -1, ev.By
	if ev.Via == ByText {
		for k, q := range m.Open {
			if p, ok := q.to(ev.Code); ok {
				i, by = k, p
			}
		}
		if i < 0 {
			m.lateText(ev)
			return
		}
	} else if by == "" {
		return
	} else if i = m.meant(ev.Question, ev.Step); i < 0 {
		if q, ok := m.shut(ev.Question, ev.Step); ok {
			m.late(by, q)
		} else {
			m.tell(by, Notice{Kind: NoneOpen, Step: ev.Step})
		}
		return
	}
	q := m.Open[i]
	switch answer, why := q.read(ev.Choice); {
	case ev.Via == ByText && q.deaf():
		m.tell(by, Notice{Kind: NoTexts, Step: m.nameOf(q.Step)})
	case (q.For == ToAgree || q.For == ToBegin) && m.same(by, q):
		m.tell(by, Notice{Kind: Another, Step: m.nameOf(q.Step)})
	case why != "":
		m.tell(by, Notice{Kind: NotOne, Step: m.nameOf(q.Step), Choice: short(ev.Choice), Why: why})
	default:
		m.settle(i, answer, person(by))
		if !m.State.Over() && m.State != Proposed {
			m.attended()
		}
	}
}

// same reports whether it is a person who had his say already.
func (m *machine) same(by string, q Question) bool {
	return q.For == ToAgree && person(by) == person(m.By) || slices.Contains(m.Agreed, person(by))
}

// lateText is a text whose code fits no open question: of one that is closed its sender is told; any other counts as a wrong one.
func (m *machine) lateText(ev Event) {
	for _, q := range slices.Backward(m.Closed) {
		if p, ok := q.to(ev.Code); ok {
			m.late(p, q)
			return
		}
	}
	for k := range m.Open {
		q := &m.Open[k]
		if q.Wrong++; q.Wrong != mostWrong {
			continue
		}
		m.alarm("%d texts with a wrong code came for %s: somebody guesses. Texts no longer count for it; answer with `wissel draaiboek confirm`, or over the crisis line", mostWrong, q.ID)
		for _, a := range q.Asked {
			m.tell(a.Person, Notice{Kind: NoTexts, Step: m.nameOf(q.Step)})
		}
	}
}

// late tells somebody what became of a question that he answers too late.
func (m *machine) late(by string, q Question) {
	n := Notice{Kind: TookFirst, Step: m.nameOf(q.Step), By: q.By, Choice: q.Answer, When: q.Closed}
	switch {
	case q.For == ToAttend:
		return
	case q.By == "" && q.Closed.Before(q.Deadline): // it was stopped, or skipped
		n = Notice{Kind: NoneOpen, Step: n.Step}
	case q.By == "":
		n.Kind = TooLate
	case q.By == person(by):
		n.Kind = Stands
	}
	m.tell(by, n)
}

// due takes the default of each question whose deadline has passed, and asks more people. It reports whether one was closed.
func (m *machine) due() bool {
	for i := range m.Open {
		if !m.Now.Before(m.Open[i].Deadline) {
			m.settle(i, m.Open[i].Default, "")
			return true
		}
		m.escalate(&m.Open[i])
	}
	return false
}

// settle closes a question with its answer, and does what follows.
func (m *machine) settle(i int, answer, by string) {
	q := m.shutOne(i, answer, by)
	evidence := by + " said " + answer
	if by == "" {
		evidence = "nobody answered, so " + answer
	}
	switch q.For {
	case ToAnswer:
		m.answer(q, answer, evidence)
	case ToBegin, ToAgree:
		m.began(answer, by, evidence)
	case ToMend:
		m.mend(q.Step, Else(answer), evidence)
	case ToAttend:
		m.nobody(answer)
	case ToUndo:
		switch answer {
		case Again:
			m.undoAgain()
		case Skip:
			m.undoSkip(evidence)
		default:
			m.over(Left, evidence+": the rest stays as it is")
		}
	}
}

func (m *machine) began(answer, by, evidence string) {
	if answer != Begin {
		m.over(Refused, evidence)
		return
	}
	m.Agreed = append(m.Agreed, by)
	m.Agree--
	if m.By == "" || strings.HasPrefix(m.By, "trigger") {
		m.By = by
	}
	m.agree(false)
}

// answer takes that of an ask step.
func (m *machine) answer(q Question, answer, evidence string) {
	st := &m.Steps[q.Step]
	step := m.Scenario.Steps[q.Step]
	if st.Phase != Asking {
		return
	}
	if q.Form == "" || answer != None {
		m.Answers[step.Name] = answer
	}
	m.finish(st, Done, evidence)
	for _, c := range step.Ask.Choices {
		if c.Name == answer && c.Then != On {
			m.goOn(q.Step, c.Then, evidence)
		}
	}
}

// mend goes on behind a step that failed.
func (m *machine) mend(i int, then Else, evidence string) {
	st := &m.Steps[i]
	if st.Phase != Trouble {
		return
	}
	if then == Else(Again) {
		m.again(st)
		return
	}
	if then != Stop { // who goes on after a stop tries it again
		m.finish(st, Failed, st.Evidence+"; "+evidence)
	}
	m.goOn(i, then, evidence)
}

// again tries a step anew, under another key: the first try is known to have failed, or a person took it upon himself.
func (m *machine) again(st *StepState) {
	*st = StepState{Phase: ToDo, Attempt: st.Attempt, Changed: st.Changed, Before: st.Before, First: st.First, Evidence: st.Evidence}
}

// goOn does what follows a step that is over.
func (m *machine) goOn(i int, then Else, why string) {
	switch then {
	case End:
		for k := i + 1; k < m.end(i); k++ {
			m.finish(&m.Steps[k], LeftOut, "ended by "+m.nameOf(i))
		}
	case Stop:
		m.halt(Stopped, m.nameOf(i)+": "+why)
	case Back:
		m.halt(Undoing, m.nameOf(i)+": "+why)
	default:
	}
}

// nobody is what becomes of a run whose question whether somebody is there got no answer.
func (m *machine) nobody(answer string) {
	if answer == Here {
		return
	}
	if m.Scenario.Attend.Then == Keep {
		m.alarm("nobody attended the run for %v: it is over, and all stays as it is", m.Now.Sub(m.Attended).Round(time.Minute))
		m.over(Left, "nobody attended it")
		return
	}
	m.alarm("nobody attended the run for %v: it is undone", m.Now.Sub(m.Attended).Round(time.Minute))
	m.halt(Undoing, "nobody attended it")
}
