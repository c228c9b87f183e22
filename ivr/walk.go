package ivr

import (
	"fmt"
	"strings"
	"time"

	"wissel"
)

// Walk is one caller in a flow, in a time of its own that stands still between events: for rehearsals and for tests. Fill in
// the fields, Begin, and then Press or Advance until he is Over.
type Walk struct {
	Program *Program
	State   State
	Began   time.Time // the moment that he rang
	Sound   func(Prompt) time.Duration
	Facts   func(now time.Time) Facts
	Speaks  time.Duration // when he is asked to
	Stored  func(wissel.Wish) bool
	Records func() bool                      // what he says can be recorded; nil: it can
	Stuck   bool                             // the store does not answer
	Takes   func() bool                      // a colleague takes him; nil: one does
	Say     func(...Prompt) string           // the text of prompts, for Lines; nil: no Lines
	Tell    func(at time.Duration, e Effect) // of each effect; may be nil

	Lines   []Line
	At      time.Duration // since Began
	taken   bool
	pending []due
}

// Line is one thing that he heard or did.
type Line struct {
	At      time.Duration
	What    string   // a sentence in his language, or [what happened]
	Prompts []Prompt // of a sentence
}

// String is "  9.3  Voor nieuws per sms, toets 1."
func (l Line) String() string { return fmt.Sprintf("%6.1f  %s", l.At.Seconds(), l.What) }

// due is something that will happen by itself.
type due struct {
	at time.Duration
	ev Event
}

// toneFor is how long the tone before a recording takes.
const toneFor = 400 * time.Millisecond

// Begin lets him in.
func (w *Walk) Begin() { w.step(Event{Kind: Begin}) }

// Over reports whether the flow is done with him.
func (w *Walk) Over() bool { return w.State.Over() || w.taken }

// Awaited reports whether he has heard all there is, and the flow waits for a key of his.
func (w *Walk) Awaited() bool {
	return !w.State.Playing && w.State.Waiting != 0 && w.State.Phase != Speaking && w.State.Phase != Saving
}

// Press is a key that he presses now.
func (w *Walk) Press(d wissel.Digit) {
	w.note("[key %c]", d)
	w.step(Event{Kind: Digit, Digit: d})
}

// Hangup lets him hang up now.
func (w *Walk) Hangup() {
	w.note("[hangs up]")
	w.step(Event{Kind: Hangup})
	w.pending = nil
}

// thinks is how long he takes to press a key once he is awaited.
const thinks = 500 * time.Millisecond

// barges is how long he hears what he interrupts.
const barges = time.Second

// Follow lets him press keys, each half a second after he has heard all there is: "1", "#"; "~1" is pressed one second into
// what is said then; "-" is no key at all, "!" hangs up. After the last he does nothing. It reports false when he is not let
// go within limit.
func (w *Walk) Follow(keys []string, limit time.Duration) bool {
	w.Begin()
	for !w.Over() && w.At < limit {
		if len(keys) > 0 && keys[0][0] == '~' && w.State.Playing {
			w.Pass(w.At + barges)
			w.Press(wissel.Digit(keys[0][1]))
			keys = keys[1:]
			continue
		}
		if !w.Awaited() || len(keys) == 0 {
			if !w.Advance() {
				return false
			}
			continue
		}
		next := keys[0]
		keys = keys[1:]
		switch next {
		case "-":
			w.note("[no key]")
			w.Advance()
			continue
		case "!":
			w.Pass(w.At + thinks)
			w.Hangup()
			continue
		}
		w.Pass(w.At + thinks)
		w.Press(wissel.Digit(next[0]))
	}
	return w.Over()
}

func (w *Walk) note(format string, args ...any) {
	if w.Say != nil {
		w.Lines = append(w.Lines, Line{At: w.At, What: fmt.Sprintf(format, args...)})
	}
}

// Next is when something happens by itself; false when nothing will.
func (w *Walk) Next() (time.Duration, bool) {
	i := w.first()
	if i < 0 {
		return 0, false
	}
	return w.pending[i].at, true
}

// Pass lets time pass until at, which is no later than Next.
func (w *Walk) Pass(at time.Duration) { w.At = max(w.At, at) }

// Advance lets time pass until something happens by itself, and that happen. It reports false when nothing will.
func (w *Walk) Advance() bool {
	i := w.first()
	if i < 0 {
		return false
	}
	d := w.pending[i]
	w.pending = append(w.pending[:i:i], w.pending[i+1:]...)
	w.Pass(d.at)
	w.step(d.ev)
	return true
}

func (w *Walk) first() int {
	first := -1
	for i, d := range w.pending {
		if first < 0 || d.at < w.pending[first].at {
			first = i
		}
	}
	return first
}

// drop takes back what would have happened by itself.
func (w *Walk) drop(not func(Event) bool) {
	kept := w.pending[:0:0]
	for _, d := range w.pending {
		if !not(d.ev) {
			kept = append(kept, d)
		}
	}
	w.pending = kept
}

func (w *Walk) in(d time.Duration, ev Event) { w.pending = append(w.pending, due{w.At + d, ev}) }

func (w *Walk) step(ev Event) {
	now := w.Began.Add(w.At)
	if w.Facts != nil {
		ev.Facts = w.Facts(now)
	}
	var effects []Effect
	w.State, effects = w.Program.Step(w.State, ev, now)
	for _, e := range effects {
		if w.Tell != nil {
			w.Tell(w.At, e)
		}
		w.do(e)
	}
}

func (w *Walk) do(e Effect) {
	is := func(k EventKind, token int) func(Event) bool {
		return func(ev Event) bool { return ev.Kind == k && (token == 0 || ev.Token == token) }
	}
	switch e := e.(type) {
	case Play:
		if w.Say != nil {
			w.Lines = append(w.Lines, Line{At: w.At, What: w.heard(e.Prompts), Prompts: e.Prompts})
		}
		w.drop(is(Played, 0))
		sounds := time.Duration(0)
		for _, p := range e.Prompts {
			sounds += w.Sound(p)
		}
		w.in(sounds, Event{Kind: Played, Token: e.Token})
	case StopPlay:
		w.drop(is(Played, 0))
	case Wake:
		w.drop(is(Timeout, e.Token))
		if e.After > 0 {
			w.in(e.After, Event{Kind: Timeout, Token: e.Token})
		}
	case Commit:
		ok := w.Stored == nil || w.Stored(e.Wish)
		if w.Stuck {
			w.note("[nothing comes from the store]")
			return
		}
		w.note("[%s]", written(e.Wish, ok))
		w.in(20*time.Millisecond, Event{Kind: Committed, Token: e.Token, OK: ok})
	case Record:
		if w.Records != nil && !w.Records() {
			w.note("[he cannot be recorded]")
			w.in(0, Event{Kind: Recorded, Token: e.Token})
			return
		}
		w.note("[tone; he speaks for %v]", min(w.Speaks, e.Max))
		said := min(w.Speaks, e.Max)
		takes := toneFor + said
		if said < e.Max {
			takes += e.Silence
		}
		w.in(takes, Event{Kind: Recorded, Token: e.Token, Length: said, OK: true})
	case StopRecord: // he had said it all
		w.drop(is(Recorded, e.Token))
		w.in(0, Event{Kind: Recorded, Token: e.Token, Length: w.Speaks, OK: true})
	case Dial:
		w.note("[goes on to %s]", e.Target)
		w.pending = nil
	case Transfer:
		if w.pending = nil; w.Takes == nil || w.Takes() {
			w.note("[a colleague takes his call]")
			w.taken = true
			return
		}
		w.note("[no colleague can take his call]")
		w.in(2*time.Second, Event{Kind: Returned})
	case End:
		w.note("[let go: %s]", e.Reason)
		w.pending = nil
	}
}

// heard is the text of what plays, with his own words as [what he said].
func (w *Walk) heard(ps []Prompt) string {
	var all []string
	from := 0
	for i, p := range ps {
		if p.Sound != 0 {
			if from < i {
				all = append(all, w.Say(ps[from:i]...))
			}
			all, from = append(all, "[what he said]"), i+1
		}
	}
	if from < len(ps) {
		all = append(all, w.Say(ps[from:]...))
	}
	return strings.Join(all, " ")
}

func written(wish wissel.Wish, ok bool) string {
	what := string(wish.Kind)
	if wish.ByHand {
		what += " by hand"
	}
	if wish.Number != "" {
		what += " for " + string(wish.Number)
	}
	if !ok {
		return what + " could not be written"
	}
	return what + " is on disk"
}
