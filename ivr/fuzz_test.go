package ivr

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"wissel"
)

// invariants are what holds after every Step.
func invariants(t testing.TB, before, s State, effects []Effect) {
	t.Helper()
	commits, ends := 0, 0
	for _, e := range effects {
		switch e := e.(type) {
		case Play:
			if len(e.Prompts) == 0 {
				t.Fatal("a play of nothing")
			}
		case Commit:
			commits++
			if e.Wish.Number == "" && !e.Wish.ByHand || e.Token == 0 || e.Wish.ByHand && e.Sound == 0 {
				t.Fatalf("a wish without a number or a voice: %+v", e)
			}
		case Dial, End:
			ends++
		case StopPlay, Wake, Record, StopRecord:
		}
	}
	switch {
	case commits > 1 || ends > 1:
		t.Fatalf("%d commits and %d ends in one step", commits, ends)
	case ends == 1 && !s.Over():
		t.Fatal("let go, and still there")
	case before.Over() && len(effects) > 0:
		t.Fatal("something happens to one who is gone")
	case !s.Over() && !s.Playing && s.Waiting == 0 && s.Phase != Fresh && s.Phase != Away:
		t.Fatalf("silence for ever: nothing plays and nothing is awaited in %s, phase %d", s.Step, s.Phase)
	case s.Phase == Done && before.Phase != Done && len(s.Wished) == 0:
		t.Fatal("done was said, and nothing is on disk")
	case len(s.Queue) > maxKeys || len(s.Keyed) > maxKeys || len(s.Choices) > maxChoices || len(s.Wished) > maxWishes || len(s.Stack) > maxDepth:
		t.Fatalf("more is kept than there may be: %+v", s)
	case len(effects) > 200:
		t.Fatalf("%d effects of one event", len(effects))
	}
}

// event makes an event of two bytes: mostly ones that mean something now.
func event(s State, kind, arg byte) Event {
	switch kind % 11 {
	case 0, 1, 2, 3:
		return Event{Kind: Digit, Digit: wissel.Digit("0123456789*#ABCD"[arg%16])}
	case 4, 5:
		return Event{Kind: Played}
	case 6:
		return Event{Kind: Timeout, Token: s.Waiting}
	case 7:
		return Event{Kind: Committed, Token: s.Commit, OK: arg%2 == 0}
	case 10:
		return Event{Kind: Recorded, Token: s.Sound, Length: time.Duration(arg) * 100 * time.Millisecond, OK: arg%5 != 0}
	case 8:
		return Event{Kind: EventKind(arg % 9), Token: int(arg >> 4), Digit: wissel.Digit(arg), OK: arg%3 == 0}
	default:
		if arg == 255 {
			return Event{Kind: Hangup}
		}
		return Event{Kind: Begin}
	}
}

// A state that is encoded and decoded after every Step leads to the same effects as one that is not.
func TestStateEncodesAfterEveryStep(t *testing.T) {
	flows := []*Program{compiled(t), speaks(t, mobile).p, listens(t).p}
	rapid.Check(t, func(rt *rapid.T) {
		p := rapid.SampledFrom(flows).Draw(rt, "flow")
		from := rapid.SampledFrom([]wissel.Number{mobile, fixed, german, hidden, ours}).Draw(rt, "from")
		s := NewState(Caller{Call: "c1", From: from, Rung: ours, Group: "support"})
		now := noon
		for i, n := 0, rapid.IntRange(1, 60).Draw(rt, "events"); i < n; i++ {
			ev := Event{Kind: Begin}
			if i > 0 {
				ev = event(s, rapid.Byte().Draw(rt, "kind"), rapid.Byte().Draw(rt, "arg"))
			}
			data, err := s.MarshalBinary()
			if err != nil {
				rt.Fatal(err)
			}
			var copied State
			if err := copied.UnmarshalBinary(data); err != nil {
				rt.Fatal(err)
			}
			now = now.Add(time.Second)
			a, effectsA := p.Step(s, ev, now)
			b, effectsB := p.Step(copied, ev, now)
			if diff := cmp.Diff(a, b) + cmp.Diff(effectsA, effectsB); diff != "" {
				rt.Fatal(diff)
			}
			s = a
		}
	})
}

func TestStateOfAnotherVersion(t *testing.T) {
	var s State
	if s.UnmarshalBinary([]byte(`{"V":99}`)) == nil || s.UnmarshalBinary([]byte("junk")) == nil {
		t.Error("a state that is none was read")
	}
}

// Step does not change the state it was given, even where slices are shared.
func FuzzStep(f *testing.F) {
	f.Add("+31612345678", []byte{0, 1, 4, 0, 0, 1, 0, 1, 7, 0})
	f.Add("", []byte{0, 1, 4, 0, 4, 0, 0, 2, 0, 0, 0, 6, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 4, 0, 0, 1, 6, 0, 6, 0})
	f.Fuzz(func(t *testing.T, from string, data []byte) {
		p := compiled(t)
		if len(data)%2 == 1 {
			p = speaks(t, mobile).p
		}
		s, effects := p.Step(NewState(Caller{From: wissel.Number(from)}), Event{Kind: Begin}, noon)
		invariants(t, State{}, s, effects)
		for ; len(data) > 1; data = data[2:] {
			before, _ := s.MarshalBinary()
			next, effects := p.Step(s, event(s, data[0], data[1]), noon)
			if after, _ := s.MarshalBinary(); string(before) != string(after) {
				t.Fatal("Step changed the state it was given")
			}
			invariants(t, s, next, effects)
			s = next
		}
	})
}

// Whatever a flow's file says, Compile tells what is wrong with it or gives a program that never hangs, panics or falls
// silent. Durations and counts are set right so that more flows pass.
func FuzzCompile(f *testing.F) {
	good, err := json.Marshal(outage())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, []byte{0, 1, 4, 0, 6, 0})
	if good, err = json.Marshal(branches()); err != nil {
		f.Fatal(err)
	}
	f.Add(good, []byte{4, 0, 4, 0, 4, 0, 0, 1, 4, 0})
	if good, err = json.Marshal(spoken()); err != nil {
		f.Fatal(err)
	}
	f.Add(good, []byte{4, 0, 6, 0, 4, 0, 6, 0, 4, 0, 10, 51, 4, 0, 6, 0, 7, 0})
	f.Add([]byte(`{"Flow":"a","Start":"b","Languages":[{"ID":"nl","Key":"1"}],"Steps":{"b":{"End":{}}}}`), []byte{4, 0})
	f.Add([]byte(`{"Flow":"a","Start":"b","Languages":[{"ID":"nl","Key":"1"}],"Steps":{"b":{"Goto":"c"},"c":{"Dial":{"Target":"x"}}}}`), []byte{4, 0})
	f.Fuzz(func(t *testing.T, source, events []byte) {
		var src Source
		if json.Unmarshal(source, &src) != nil {
			return
		}
		p, ps := Compile(src, everything{})
		if (p == nil) == (len(ps) == 0) {
			t.Fatal("neither a program nor a problem, or both")
		}
		if again, ps2 := Compile(src, everything{}); !reflect.DeepEqual(ps, ps2) || (p == nil) != (again == nil) {
			t.Fatal("compiled twice, two answers")
		}
		if p == nil {
			return
		}
		p = p.With(plan{})
		s, effects := p.Step(NewState(Caller{From: mobile}), Event{Kind: Begin}, noon)
		invariants(t, State{}, s, effects)
		for ; len(events) > 1 && !s.Over(); events = events[2:] {
			before := s
			s, effects = p.Step(s, event(s, events[0], events[1]), noon)
			invariants(t, before, s, effects)
		}
		for range 20 * maxSilent { // from here on he does nothing, and is let go
			if s.Over() {
				return
			}
			before := s
			ev := Event{Kind: Timeout, Token: s.Waiting}
			if s.Phase == Speaking && len(events) > 0 {
				ev = Event{Kind: Recorded, Token: s.Sound, Length: time.Minute, OK: true}
			}
			if s.Playing && s.Phase != Saving {
				ev = Event{Kind: Played}
			}
			s, effects = p.Step(s, ev, noon)
			invariants(t, before, s, effects)
		}
		t.Fatal("a caller who does nothing is never let go")
	})
}
