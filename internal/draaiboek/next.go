package draaiboek

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// How often the world is looked at, and how long it has to say what became of something.
const (
	lookOften  = 2 * time.Second  // for what a step is expected to show, and conditions
	lookSeldom = 10 * time.Second // for what is waited for
	lookDear   = 30 * time.Second // test calls, which ring
	judgeMost  = 30 * time.Second // a condition that cannot be judged so long does not hold
	grace      = 30 * time.Second // behind a step's time, to find out whether it was done
	recallGap  = 10 * time.Second
)

// Next gives the run after an event, and what to do now, in this order. It is the same for the same run and event, wherever and whenever
// it is called; every event is legal in every state. r is not changed. What is over stays over.
func Next(r Run, ev Event) (Run, []Effect) {
	m := &machine{Run: r.clone(), on: ev.On}
	if m.Run.ID == "" && ev.Kind != Started {
		return r, nil
	}
	if ev.At.After(m.Now) {
		m.Now = ev.At // a clock that is set back lets nothing happen twice: until it has caught up no time passes
	}
	over := m.State.Over()
	m.take(ev)
	turns := 8*len(m.Steps) + 100 // each brings a step on, forwards or backwards, or closes a question
	for turns > 0 && m.advance() {
		turns--
	}
	if m.State.Over() && !over && m.ID != "" {
		m.Ended = m.Now
		m.closeAll()
		m.do(Effect{Kind: Over, Key: m.key("", "over")})
	}
	if at := m.wake(); turns == 0 {
		m.do(Effect{Kind: Wake, At: m.Now})
	} else if !at.IsZero() {
		m.do(Effect{Kind: Wake, At: at})
	}
	return m.Run, m.out
}

// Itself is who acts when no person does: it halts a drill at the first sign of harm, and that is nobody's attending.
const Itself = "wissel"

// machine is one Next.
type machine struct {
	Run
	on  map[string][]string
	out []Effect
}

// key names an effect: the same one of the same run always has the same.
func (m *machine) key(step, purpose string) string {
	if step == "" {
		return m.ID + "/" + purpose
	}
	return m.ID + "/" + step + "/" + purpose
}

// do gives an effect, and remembers what may be done once only until it is known to be.
func (m *machine) do(e Effect) {
	e.Drill = m.Drill && (e.Kind == Do || e.Kind == Undoes || e.Kind == Look)
	m.out = append(m.out, e)
	if !e.Kind.once() {
		return
	}
	m.Pending = append(m.Pending, e)
	if len(m.Pending) > mostPending { // word to people that nobody confirmed having sent: the oldest is given up
		if i := slices.IndexFunc(m.Pending, func(p Effect) bool { return p.Kind == TellOne || p.Kind == AskOne }); i >= 0 {
			m.Pending = slices.Delete(m.Pending, i, i+1)
		}
	}
}

func (m *machine) take(ev Event) {
	if ev.Kind == Started {
		m.start(ev)
		return
	}
	if ev.By != "" && ev.By != Itself && ev.Via != ByText && !m.State.Over() {
		m.attended()
	}
	switch ev.Kind {
	case Did:
		m.did(ev)
	case Recalled:
		m.recalled(ev)
	case Looked:
		m.looked(ev)
	case Answered:
		m.answered(ev)
	case Skipping, Halted, Continued, Reverted:
		if !m.State.Over() && ev.By != "" {
			m.told(ev)
		}
	case Restarted:
		m.restarted()
	case Ticked, Started:
	}
}

func (m *machine) start(ev Event) {
	if m.ID != "" || ev.Scenario == nil || ev.Run == "" {
		return
	}
	m.Run = Run{
		ID: ev.Run, Scenario: ev.Scenario.copied(), Version: ev.Scenario.Version(), Seed: slices.Clone(ev.Seed), Drill: ev.Drill, By: ev.By, Reason: said(ev.Reason),
		Began: ev.At, Now: ev.At, Attended: ev.At, Steps: make([]StepState, len(ev.Scenario.Steps)), Answers: map[string]string{}, State: Proposed,
	}
	if m.Scenario.Second && !ev.Glass {
		m.Agree++
	}
	if ev.Proposed {
		m.Agree++
	}
	m.agree(ev.Proposed)
}

// agree asks for the next one who has to agree, or lets the run begin.
func (m *machine) agree(proposed bool) {
	if m.Agree == 0 {
		m.State, m.Attended, m.Since = Waiting, m.Now, m.Now
		m.Needs = make([]need, len(m.Scenario.Needs))
		for i := range m.Needs {
			m.Needs[i].LookAt = m.Now
		}
		return
	}
	q := Question{For: ToAgree, Step: -1, Choices: []string{Begin, Refuse}, Default: Refuse, Except: m.By}
	if proposed {
		q.For, q.Except = ToBegin, ""
	}
	m.ask(q, 15*time.Minute, 2*time.Minute)
}

func said(s string) string {
	if r := []rune(s); len(r) > mostSaid {
		return string(r[:mostSaid]) + "…"
	}
	return s
}

func (m *machine) attended() {
	m.Attended = m.Now
	m.close(func(q Question) bool { return q.For == ToAttend }, "")
}

func (m *machine) alarm(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(m.Alarms, text) && len(m.Alarms) < mostAlarms {
		m.Alarms = append(m.Alarms, text)
	}
}

// told carries out what somebody says to the run as a whole.
func (m *machine) told(ev Event) {
	why := "by " + ev.By
	if ev.Reason != "" {
		why += ": " + said(ev.Reason)
	}
	switch ev.Kind {
	case Halted:
		switch m.State {
		case Proposed, Waiting:
			m.over(Refused, "stopped "+why)
		case Running, Undoing, Stopping:
			m.halt(Stopped, "stopped "+why)
		case Stuck:
			m.close(func(q Question) bool { return q.For == ToUndo }, "")
			m.over(Stopped, "stopped "+why)
		default:
		}
	case Reverted:
		switch m.State {
		case Proposed, Waiting:
			m.over(Refused, "stopped "+why)
		case Stuck:
			m.undoAgain()
		default:
			m.halt(Undoing, "undone "+why)
		}
	case Continued:
		if m.State == Stopped && !m.undoing() {
			m.State, m.Why = Running, "went on "+why
			if _, st, ok := m.current(); ok && st.Phase == Trouble {
				m.again(st)
			}
		}
	case Skipping:
		m.skip(ev.Step, why)
	default:
	}
}

// undoing reports whether anything was taken back already: then it does not go forwards any more.
func (m *machine) undoing() bool {
	return slices.ContainsFunc(m.Steps, func(st StepState) bool { return st.Undo != "" })
}

// halt lets what is under way come to its end, and is Stopped or Undoing then.
func (m *machine) halt(after State, why string) {
	m.close(func(q Question) bool { return q.For != ToAttend }, "")
	if _, st, ok := m.current(); ok && (st.Phase == Asking || st.Phase == Judging || st.Phase == Watching) && m.State == Running {
		switch {
		case st.Phase == Watching && st.Changed:
			m.finish(st, Failed, "what it shows was not waited for")
		default:
			*st = StepState{Attempt: st.Attempt} // it begins anew
		}
	}
	m.State, m.After, m.Why = Stopping, after, why
}

// over puts the run into a state in which nothing goes on.
func (m *machine) over(s State, why string) { m.State, m.After, m.Why = s, "", why }

// closeAll closes the questions of a run that is over.
func (m *machine) closeAll() { m.close(func(Question) bool { return true }, "") }

// skip does without a step, without what the run needs, or without taking a step back.
func (m *machine) skip(name, why string) {
	switch m.State {
	case Waiting:
		m.Why, m.State = "what it needs was not waited for, "+why, Running
		return
	case Stuck:
		m.undoSkip(why)
		return
	case Running, Stopped:
	default:
		return
	}
	i := m.At
	if name != "" {
		found := false
		if i, found = m.index(name); !found || i < m.At {
			return
		}
	}
	if i >= len(m.Steps) {
		return
	}
	last := i
	if ends := m.Scenario.Steps[i].Ends; ends > 0 {
		last = ends - 1 // with all that it would run
	}
	for k := i; k <= last; k++ {
		m.finish(&m.Steps[k], Skipped, "skipped "+why)
	}
	m.close(func(q Question) bool { return q.Step >= i && q.Step <= last }, Skip)
}

func (m *machine) finish(st *StepState, p Phase, evidence string) {
	st.Phase, st.Ended, st.Since = p, m.Now, m.Now
	if evidence != "" {
		st.Evidence = evidence
	}
}

// wake is when something is to happen without anybody doing anything; zero: never, the run is over.
func (m *machine) wake() (at time.Time) {
	if m.State.Over() || m.ID == "" {
		return at
	}
	sooner := func(t time.Time) {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	for _, q := range m.Open {
		sooner(q.Deadline)
		sooner(q.Next)
	}
	switch m.State {
	case Waiting:
		sooner(m.Since.Add(m.Scenario.Patience))
		for _, n := range m.Needs {
			sooner(n.LookAt)
		}
	case Running, Stopping:
		if _, st, ok := m.current(); ok {
			sooner(m.stepDeadline(st))
			if st.Phase == Judging || st.Phase == Doing || st.Phase == Watching {
				sooner(st.LookAt)
			}
		}
	default:
	}
	for i := range m.Steps {
		if st := &m.Steps[i]; st.Undo == undoDoing {
			sooner(st.LookAt)
			sooner(m.undoDeadline(i))
		}
	}
	if m.watched() {
		sooner(m.Attended.Add(m.Scenario.Attend.Every))
	}
	return at
}

// watched reports whether somebody has to attend, and nobody is being asked whether he does.
func (m *machine) watched() bool {
	return (m.State == Running || m.State == Stopped) && !slices.ContainsFunc(m.Open, func(q Question) bool { return q.For == ToAttend })
}

// pending finds an effect that is not known to be done.
func (m *machine) pending(key string) int {
	return slices.IndexFunc(m.Pending, func(e Effect) bool { return e.Key == key })
}

// drop forgets it.
func (m *machine) drop(key string) (e Effect, ok bool) {
	i := m.pending(key)
	if i < 0 {
		return e, false
	}
	e = m.Pending[i]
	m.Pending = slices.Delete(m.Pending, i, i+1)
	return e, true
}

func attempt(purpose string, n int) string { return purpose + "." + strconv.Itoa(n) }

// attemptOf is the number of the attempt that a key ends with.
func attemptOf(key string) int {
	n, _ := strconv.Atoi(key[strings.LastIndexByte(key, '.')+1:]) // ours are well formed
	return n
}
