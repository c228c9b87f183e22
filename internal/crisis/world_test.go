package crisis

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/ivr"
)

// world carries out what a line decides: prompts take a second each, and questions are answered at once.
type world struct {
	t      testing.TB
	line   *Line
	s      State
	now    time.Time
	heard  []string
	plays  []int // where each Play begins in heard
	until  time.Time
	wakes  map[int]time.Time
	view   View
	judge  func(Login) In
	deeds  []Effect
	result Outcome
	late   []Event // what comes after all else
	hold   bool    // answers are kept in late
	voice  time.Duration
	ended  string
	steps  int
}

// every is all that was said in any walk.
var every = map[string]bool{}

func zone(t testing.TB) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func begun(t testing.TB) *world {
	t.Helper()
	w := &world{
		t: t, now: night, wakes: map[int]time.Time{}, s: NewState("nl"), result: Carried, voice: 10 * time.Second,
		line: &Line{Languages: []string{"nl", "en"}, Zone: zone(t), Has: func(_, id string) bool { return id == "group.support" || id == "plan.storing" || id == StaffText }},
		view: View{Groups: []Group{
			{ID: "sales", Said: "0207654321", Plan: "usual", Plans: []Plan{{ID: "usual", First: Platform}}, Wishes: -1},
			{ID: "support", Said: "0201234567", Plan: "normaal", Plans: []Plan{{ID: "normaal", First: Platform}, {ID: "storing", First: Flow}}, First: Platform, Calls: 12, Wishes: 3},
		}},
	}
	w.judge = func(l Login) In {
		switch {
		case l.Staff && l.Code == "4711":
			return In{Who: Staff}
		case !l.Staff && l.PIN == annasPIN && l.Code == "55555555":
			return In{Who: "anna", Switch: true, Approve: true, Messages: true, Left: 7}
		}
		return In{}
	}
	w.take(Event{Kind: Begin})
	return w
}

// take gives the line an event, and carries out what it says.
func (w *world) take(ev Event) {
	w.t.Helper()
	before := w.s
	if w.steps++; w.steps > 20_000 {
		w.t.Fatalf("it never ends: %+v", w.s)
	}
	s, effects := w.line.Step(w.s, ev, w.now)
	if before.Over() && len(effects) > 0 {
		w.t.Fatalf("something happens to one who is gone: %v", effects)
	}
	w.s = s
	if len(s.Keyed) > maxKeys {
		w.t.Fatal("more keys are kept than there may be")
	}
	for _, e := range effects {
		w.do(e)
	}
	if w.s.Over() {
		return
	}
	if w.until.IsZero() && len(w.wakes) == 0 {
		w.t.Fatalf("silence for ever in phase %d after %+v", w.s.Phase, ev)
	}
}

func (w *world) do(e Effect) {
	switch e := e.(type) {
	case Play:
		if len(e.Prompts) == 0 {
			w.t.Fatalf("a play of nothing in phase %d", w.s.Phase)
		}
		w.plays = append(w.plays, len(w.heard))
		for _, p := range e.Prompts {
			w.heard = append(w.heard, said(p))
			if p.ID != "" && !slices.Contains(Prompts(), p.ID) && !w.line.Has(p.Lang, p.ID) && p.ID != Live {
				w.t.Fatalf("%s is not among the prompts", p.ID)
			}
			every[p.ID] = true
		}
		w.until = w.now.Add(time.Duration(len(e.Prompts)) * time.Second)
	case StopPlay:
		w.until = time.Time{}
	case Wake:
		if delete(w.wakes, e.Token); e.After > 0 {
			w.wakes[e.Token] = w.now.Add(e.After)
		}
	case Ask:
		w.ask(e)
	case Record:
		w.wakes[-1] = w.now.Add(w.voice)
	case StopRecord:
		w.wakes[-1] = w.now
	case End:
		w.ended = e.Reason
	default:
		w.t.Fatalf("an effect that nobody carries out: %T", e)
	}
}

func (w *world) ask(e Ask) {
	ev := Event{Token: e.Token}
	switch what := e.What.(type) {
	case Login:
		ev.Kind, ev.In = Judged, w.judge(what)
	case Look:
		ev.Kind, ev.View = Seen, w.view
	default:
		w.deeds = append(w.deeds, what)
		ev.Kind, ev.Outcome = Done, w.result
	}
	w.late = append(w.late, ev)
}

// next lets the first thing happen that is due.
func (w *world) next() {
	if len(w.late) > 0 && !w.hold {
		ev := w.late[0]
		w.late = w.late[1:]
		w.take(ev)
		return
	}
	at, token := w.until, 0
	for k, due := range w.wakes {
		if at.IsZero() || due.Before(at) || due.Equal(at) && token > k {
			at, token = due, k
		}
	}
	w.now = at
	switch {
	case token == -1:
		delete(w.wakes, -1)
		w.take(Event{Kind: Recorded, Length: w.voice})
	case token != 0:
		delete(w.wakes, token)
		w.take(Event{Kind: Timeout, Token: token})
	default:
		w.until = time.Time{}
		w.take(Event{Kind: Played})
	}
}

// press presses keys one after another, with no patience for what is said; a comma waits until all has been said.
func (w *world) press(keys string) {
	w.t.Helper()
	for _, k := range keys {
		w.settle()
		if k != ',' {
			w.take(Event{Kind: Digit, Digit: wissel.Digit(k)})
			continue
		}
		for i := 0; i < 50 && !w.until.IsZero() && !w.s.Over(); i++ {
			w.next()
		}
	}
	w.settle()
}

// settle lets all happen that is due now.
func (w *world) settle() {
	w.t.Helper()
	for !w.s.Over() {
		due, recording := w.wakes[-1]
		if recording = recording && !due.After(w.now); !recording && (len(w.late) == 0 || w.hold) {
			return
		}
		w.next()
	}
}

// last is all that the last n Plays said.
func (w *world) last(n int) string {
	return strings.Join(w.heard[w.plays[max(0, len(w.plays)-n)]:], " ")
}

func said(p ivr.Prompt) string {
	switch {
	case p.ID == Live && p.Lang == "en":
		return "(" + p.Digits + " en)"
	case p.ID == Live:
		return "(" + p.Digits + ")"
	case p.ID != "":
		return strings.TrimPrefix(p.ID, "crisis.")
	case p.Sound != 0:
		return "(himself)"
	case p.As == ivr.AsPhone, p.As == ivr.AsNumber:
		return p.Digits
	case p.As == ivr.AsDate:
		return p.At.Format("02-01")
	}
	return p.At.Format("15:04")
}
