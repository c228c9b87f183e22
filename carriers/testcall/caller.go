package testcall

import (
	"strings"
	"time"

	"wissel"
)

// How long each step of a test call may take, once it was answered.
const (
	holdFor   = time.Second            // a call that must only be answered
	toneFor   = 600 * time.Millisecond // each time that our tones sound
	toneRest  = 400 * time.Millisecond
	tonesLate = 8 * time.Second // until tones come back
	keysLate  = 8 * time.Second // until the digits do, from when they begin to be sent
)

// phase is how far a script is.
type phase uint8

const (
	notBegun phase = iota
	holding        // answered; nothing more is asked
	toning         // tones are sent, others awaited
	keying         // digits are sent and awaited
	over
)

// Caller is the script of our end of a test call, from its answer on. It is a value: Step gives the next one.
type Caller struct {
	Expect wissel.Expect
	Keys   string // the digits of its challenge

	phase phase
	began time.Time
	Heard Hearing
}

// Hearing is what a test call showed of the sound.
type Hearing struct {
	Answered bool
	Passed   bool
	Why      string        // it failed: what was missing, as the end of a sentence: "no tone came back within 8 s"
	Tones    time.Duration // from the answer until tones came back; 0: they did not
	Came     string        // the digits that came back
}

// Step returns the script after ev, and what to do now. Every event is legal in every phase.
func (c Caller) Step(ev Event, now time.Time) (Caller, []Effect) {
	if c.phase == over {
		return c, nil
	}
	switch ev.Kind {
	case Begin:
		if c.phase == notBegun {
			return c.begin(now)
		}
	case Heard:
		if c.phase == toning {
			return c.tones(now)
		}
	case Digit:
		if c.phase == keying {
			return c.digit(ev.Digit)
		}
	case Played:
		if c.phase == toning {
			return c, []Effect{OutTones}
		}
	case Woken:
		if c.phase == holding && ev.Which == Enough {
			return c.pass()
		}
		if ev.Which == Late {
			return c.late()
		}
	case Gone:
		if c.phase == holding { // it was answered, and that was all
			return c.pass()
		}
		if c.phase == notBegun {
			return c.fail("it ended before any sound could flow")
		}
		return c.fail("it was hung up after " + seconds(now.Sub(c.began)) + ", before " + c.missing() + " came back")
	}
	return c, nil
}

func (c Caller) begin(now time.Time) (Caller, []Effect) {
	c.began, c.Heard.Answered = now, true
	if c.Expect == wissel.ExpectAnswer {
		c.phase = holding
		return c, []Effect{Wake{Enough, holdFor}}
	}
	c.phase = toning
	return c, []Effect{Listen{}, Wake{Late, tonesLate}, OutTones}
}

// tones: a pair came, ours by an echo or the answer to it. Either has gone both ways.
func (c Caller) tones(now time.Time) (Caller, []Effect) {
	c.Heard.Tones = max(now.Sub(c.began), time.Millisecond)
	note := Note{"tones came back " + seconds(c.Heard.Tones) + " after the answer"}
	if c.Expect != wissel.ExpectDigits {
		c, out := c.pass()
		return c, append([]Effect{note}, out...)
	}
	c.phase = keying
	return c, []Effect{note, Wake{Late, keysLate}, Press{c.Keys}}
}

func (c Caller) digit(d wissel.Digit) (Caller, []Effect) {
	c.Heard.Came += string(rune(d))
	if len(c.Heard.Came) < len(c.Keys) {
		return c, nil
	}
	if c.Heard.Came != c.Keys {
		return c.fail("other digits came back: " + c.Heard.Came + " for " + c.Keys)
	}
	c, out := c.pass()
	return c, append([]Effect{Note{"digits " + spaced(c.Keys) + " came back"}}, out...)
}

func (c Caller) late() (Caller, []Effect) {
	switch {
	case c.phase == toning:
		return c.fail("no tone came back within " + tonesLate.String())
	case c.phase == keying && c.Heard.Came == "":
		return c.fail("none of the digits " + spaced(c.Keys) + " came back")
	case c.phase == keying:
		return c.fail("of the digits " + spaced(c.Keys) + " only " + spaced(c.Heard.Came) + " came back")
	}
	return c, nil
}

// missing is what is waited for.
func (c Caller) missing() string {
	if c.phase == keying {
		return "its digits"
	}
	return "a tone"
}

func (c Caller) pass() (Caller, []Effect) {
	c.phase, c.Heard.Passed = over, true
	return c, []Effect{End{"the test passed"}}
}

func (c Caller) fail(why string) (Caller, []Effect) {
	c.phase, c.Heard.Why = over, why
	return c, []Effect{End{"the test failed"}}
}

// spaced is digits as they are read out: "4 7 1".
func spaced(keys string) string { return strings.Join(strings.Split(keys, ""), " ") }
