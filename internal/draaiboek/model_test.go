package draaiboek

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// world is what effects are carried out on: routes of groups, and what people were told.
type world struct {
	t      *rapid.T
	values map[string]string // group and kind to what is in force
	done   map[string]int    // times that each key was carried out
	before map[string]string // of each key that was done
	void   map[string]bool   // keys that were taken back before they were done
	hand   []Effect          // given, and not begun: lost in a crash
}

// carry carries one effect out, and gives the event that tells of it.
func (w *world) carry(e Effect, fails bool) (Event, bool) {
	ev := Event{Kind: Did, Key: e.Key, Result: Yes}
	if w.done[e.Key] > 0 {
		w.t.Fatalf("%s is carried out twice", e.Key)
	}
	if fails || w.void[e.Key] {
		ev.Result, ev.Said = No, "refused"
		return ev, true
	}
	switch e.Kind {
	case Do:
		w.done[e.Key]++
		w.before[e.Key] = w.change(*e.Action, e.Key)
		ev.Before = w.before[e.Key]
	case Undoes:
		w.done[e.Key]++
		for _, key := range e.Of {
			w.void[key] = w.done[key] == 0
		}
		if !e.Restore {
			w.change(*e.Action, e.Key)
			break
		}
		for _, key := range slices.Backward(e.Of) { // back to how it was before the oldest that was done
			if w.done[key] > 0 {
				w.restore(w.before[key])
			}
		}
	case AskOne, TellOne:
		w.done[e.Key]++
	default:
		return ev, false
	}
	return ev, true
}

// change puts an action into force, and says how it was.
func (w *world) change(a Action, key string) string {
	was := map[string]string{}
	for _, g := range a.Groups() {
		for _, kind := range a.kinds() {
			was[g+"/"+kind] = w.values[g+"/"+kind]
			w.values[g+"/"+kind] = key
		}
	}
	body, err := json.Marshal(was)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(body)
}

func (w *world) restore(before string) {
	was := map[string]string{}
	if err := json.Unmarshal([]byte(before), &was); err != nil {
		w.t.Fatal(err)
	}
	maps.Copy(w.values, was)
}

// recall says whether a key was done: what is still in hand is not known.
func (w *world) recall(key string) Event {
	ev := Event{Kind: Recalled, Key: key, Result: No}
	switch {
	case slices.ContainsFunc(w.hand, func(e Effect) bool { return e.Key == key && e.Kind.once() }):
		ev.Result = Unknown
	case w.done[key] > 0:
		ev.Result, ev.Before = Yes, w.before[key]
	}
	return ev
}

// anyStep draws a step.
func anyStep(t *rapid.T, i int) Step {
	name := fmt.Sprintf("s%d", i)
	group := []string{rapid.SampledFrom([]string{"support", "sales"}).Draw(t, "group")}
	var s Step
	switch rapid.SampledFrom([]string{KindSwitch, KindSwitch, KindMsg, KindCalls, KindText, KindAsk, KindUntil, KindNote, "wait"}).Draw(t, "kind") {
	case KindSwitch:
		s = Step{Action: Action{Switch: &Switch{Groups: group, Plan: "normaal"}}}
	case KindMsg:
		s = Step{Action: Action{Message: &Saying{Groups: group, Say: "down"}}}
	case KindCalls:
		s = Step{Action: Action{Callbacks: &Callbacks{Groups: group, Do: "pause"}}}
	case KindText:
		s = Step{Action: Action{Text: &Texting{Groups: group, Say: "down"}}}
	case KindAsk:
		ways := rapid.SampledFrom([]Else{On, On, On, End, Stop, Back})
		s = asking(name, ways.Draw(t, "yes"), ways.Draw(t, "no"))
	case KindUntil:
		s = untilUp(name)
	case KindNote:
		s = Step{Note: both("a note")}
	case "wait":
		s = Step{Until: &Until{Wait: time.Minute}}
	}
	s.Name = name
	s.Else = rapid.SampledFrom([]Else{Asks, Asks, On, Stop, Back, End}).Draw(t, "else")
	s.Silent = rapid.SampledFrom([]Else{Stop, On, Back}).Draw(t, "unanswered")
	if rapid.IntRange(0, 3).Draw(t, "if") == 0 {
		s.If = "health.genesys == 'down'"
	}
	if s.acts() && rapid.IntRange(0, 2).Draw(t, "expect") == 0 {
		s.Expect = &Expect{Observation: Observation{That: "health.genesys == 'up'", For: 4 * time.Second}}
	}
	return s
}

func anyScenario(t *rapid.T) Scenario {
	s := plain()
	for i := range rapid.IntRange(1, 8).Draw(t, "steps") {
		s.Steps = append(s.Steps, anyStep(t, i))
	}
	s.Second = rapid.IntRange(0, 4).Draw(t, "second") == 0
	if rapid.IntRange(0, 3).Draw(t, "needs") == 0 {
		s.Needs = []Observation{{That: "network", Why: both("no network")}}
	}
	s.Attend.Then = rapid.SampledFrom([]Else{Back, Keep}).Draw(t, "then")
	return whole(t, s)
}

// model is one run in a world in which anything happens.
type model struct {
	*world
	r    Run
	log  []Event
	wake time.Time
}

func (m *model) send(ev Event) {
	if ev.At.IsZero() {
		ev.At = m.r.Now
	}
	ev.On = on
	m.log = append(m.log, ev)
	was, before := m.r, ""
	watched := len(m.log)%8 == 0
	if watched {
		before = encoded(m.t, m.r)
	}
	next, effects := Next(m.r, ev)
	if watched && encoded(m.t, was) != before {
		m.t.Fatalf("%s changed the run that it was given", ev.Kind)
	}
	if was.State.Over() && next.State != was.State {
		m.t.Fatalf("%s is over and becomes %s", was.State, next.State)
	}
	m.r, m.wake = next, time.Time{}
	for _, e := range effects {
		if e.Kind == Wake {
			m.wake = e.At
		} else {
			m.hand = append(m.hand, e)
		}
	}
	if !m.r.State.Over() && m.wake.IsZero() {
		m.t.Fatalf("nothing wakes a run that is %s", m.r.State)
	}
	if len(m.r.Open) > 3 || len(m.r.Closed) > mostClosed || len(m.r.Pending) > mostPending+8 {
		m.t.Fatalf("more is kept than there may be: %d open, %d closed, %d pending", len(m.r.Open), len(m.r.Closed), len(m.r.Pending))
	}
}

func encoded(t interface{ Fatal(...any) }, r Run) string {
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// crash drops all that the process had in hand, and begins again from the log.
func (m *model) crash() {
	again := Fold(m.log)
	if d := cmp.Diff(encoded(m.t, m.r), encoded(m.t, again)); d != "" {
		m.t.Fatalf("the log folds to another run: %s", d)
	}
	m.hand = nil
	m.r = again
	m.send(Event{Kind: Restarted})
}

// work carries out the first thing in hand, as the draw wants it.
func (m *model) work(how int) {
	if len(m.hand) == 0 {
		return
	}
	e := m.hand[0]
	m.hand = m.hand[1:]
	switch e.Kind {
	case Recall:
		ev := m.recall(e.Key)
		if how == 3 {
			ev.Result = Unknown
		}
		m.send(ev)
	case Look:
		m.send(Event{Kind: Looked, Key: e.Key, Result: []Result{Yes, Yes, Yes, No, Unknown}[how], Said: "seen"})
	case Over:
	default:
		ev, ok := m.carry(e, how == 3)
		if how == 4 { // done, and the process dies before it can tell
			m.crash()
		} else if ok {
			m.send(ev)
		}
	}
}

func (m *model) answer(t *rapid.T) {
	if len(m.r.Open) == 0 {
		m.send(Event{Kind: Answered, By: "carl", Via: "cli", Choice: "yes"})
		return
	}
	q := rapid.SampledFrom(m.r.Open).Draw(t, "question")
	choice := "yes"
	if len(q.Choices) > 0 {
		choice = rapid.SampledFrom(q.Choices).Draw(t, "choice")
	}
	ev := Event{Kind: Answered, Question: q.ID, By: rapid.SampledFrom([]string{"anna", "bob"}).Draw(t, "by"), Via: "cli", Choice: choice}
	if len(q.Asked) > 0 && rapid.Bool().Draw(t, "by text") {
		ev = Event{Kind: Answered, Via: ByText, Code: q.Asked[0].Code, Choice: choice}
	}
	m.send(ev)
}

func (m *model) something(t *rapid.T) {
	person := func(k EventKind) { m.send(Event{Kind: k, By: "bob", Via: "cli"}) }
	switch rapid.SampledFrom([]string{"work", "work", "work", "work", "work", "wake", "wake", "pass", "answer", "answer", "crash", "person"}).Draw(t, "what") {
	case "work":
		m.work(rapid.IntRange(0, 4).Draw(t, "how"))
	case "wake":
		if !m.wake.IsZero() {
			m.send(Event{Kind: Ticked, At: m.wake})
		}
	case "pass":
		m.send(Event{Kind: Ticked, At: m.r.Now.Add(time.Duration(rapid.Int64Range(-int64(time.Minute), int64(3*time.Hour)).Draw(t, "d")))})
	case "answer":
		m.answer(t)
	case "crash":
		m.crash()
	case "person":
		switch rapid.IntRange(0, 9).Draw(t, "says") {
		case 0:
			person(Halted)
		case 1:
			person(Reverted)
		case 2, 3:
			person(Continued)
		case 4, 5, 6:
			person(Skipping)
		case 7:
			m.send(Event{Kind: Answered, Via: ByText, Code: "000000", Choice: "yes"})
		default:
			m.send(Event{Kind: Did, Key: "r1/none/do.1", Result: Yes})
		}
	}
}

// Any order of events, a crash at any point: each effect once, never stuck, and what is undone is as it was.
func TestAnyOrderOfEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyScenario(t)
		m := &model{world: &world{t: t, values: map[string]string{}, done: map[string]int{}, before: map[string]string{}, void: map[string]bool{}}}
		m.send(Event{Kind: Started, At: noon, Run: "r1", Scenario: &s, Seed: []byte("chance"), By: "anna", Reason: "x", Glass: rapid.Bool().Draw(t, "glass"), Proposed: rapid.IntRange(0, 5).Draw(t, "proposed") == 0})
		for range rapid.IntRange(0, 80).Draw(t, "events") {
			m.something(t)
		}
		ends := m.toTheEnd(t)
		if !m.r.State.Over() {
			t.Fatalf("after %d more events it is still %s: %s", ends, m.r.State, m.r.Why)
		}
		m.judge(t)
	})
}

// toTheEnd lets everything go well and nobody do anything.
func (m *model) toTheEnd(t *rapid.T) (n int) {
	for ; n < 6000 && !m.r.State.Over(); n++ {
		if len(m.hand) > 0 {
			m.work(0)
			continue
		}
		if m.wake.Before(m.r.Now) && m.wake != m.r.Now {
			t.Fatalf("it is to be woken at %v, which is past %v", m.wake, m.r.Now)
		}
		m.send(Event{Kind: Ticked, At: m.wake})
	}
	return n
}

// judge holds what became of the world against what the run says.
func (m *model) judge(t *rapid.T) {
	for len(m.hand) > 0 {
		m.work(0)
	}
	if m.r.State != Undone {
		return
	}
	skipped := slices.ContainsFunc(m.r.Steps, func(st StepState) bool { return st.Undo == undoSkipped })
	for k, v := range m.values {
		if v != "" && !skipped && !strings.HasSuffix(k, "/"+KindText) {
			t.Fatalf("all is undone, and %s is still as %s left it", k, v)
		}
	}
}
