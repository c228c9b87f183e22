package testcall

import (
	"strconv"
	"time"

	"wissel"
)

// How the answering end behaves.
const (
	answerFor = 500 * time.Millisecond // each time that it answers tones
	stranger  = 6 * time.Second        // who has not sent our tones by then is no test
	keysGap   = 800 * time.Millisecond // so long after the last key the keys are complete
	lineMost  = 15 * time.Second       // the longest that a test line stays with anybody
	mostKeys  = 16                     // that are said back, and the most that it takes
	mostTones = 12                     // how often it answers tones
)

// Responder is the script of a test line of ours: it answers tones with tones and says digits back, and lets everybody go
// after 15 s, a stranger sooner. It is a value: Step gives the next one.
type Responder struct {
	begun, known, leaving, done bool
	tones, said                 int
	keys                        string
}

// Step returns the script after ev, and what to do now. Every event is legal at any time.
func (r Responder) Step(ev Event, _ time.Time) (Responder, []Effect) {
	if r.done {
		return r, nil
	}
	switch ev.Kind {
	case Begin:
		if r.begun {
			return r, nil
		}
		r.begun = true
		return r, []Effect{Listen{}, Wake{Late, stranger}, Wake{Enough, lineMost}}
	case Heard:
		if ev.Tones != Out || r.leaving || r.tones == mostTones {
			return r, nil
		}
		r.known = true
		r.tones++
		return r, []Effect{BackTones}
	case Digit:
		return r.digit(ev.Digit)
	case Played:
		if r.leaving {
			return r.end("no test tones came: a stranger")
		}
	case Woken:
		return r.woken(ev.Which)
	case Gone:
		r.done = true
	}
	return r, nil
}

func (r Responder) digit(d wissel.Digit) (Responder, []Effect) {
	if r.leaving || r.said+len(r.keys) >= mostKeys {
		return r, nil
	}
	r.keys += string(rune(d))
	if len(r.keys) == Challenge {
		return r.say()
	}
	return r, []Effect{Wake{Gap, keysGap}}
}

// say says the keys back that have come.
func (r Responder) say() (Responder, []Effect) {
	keys := r.keys
	r.keys, r.said = "", r.said+len(keys)
	return r, []Effect{Named{keys}, Press{keys}}
}

func (r Responder) woken(which Clock) (Responder, []Effect) {
	switch {
	case which == Gap && r.keys != "" && !r.leaving:
		return r.say()
	case which == Late && !r.known && !r.leaving: // he hears a tone, so that he knows that something was there
		r.leaving = true
		return r, []Effect{BackTones}
	case which == Enough:
		return r.end(lineMost.String() + " are over")
	}
	return r, nil
}

func (r Responder) end(why string) (Responder, []Effect) {
	r.done = true
	return r, []Effect{End{why}}
}

func itoa(n int) []byte { return strconv.AppendInt(nil, int64(n), 10) }
