// Package testcall decides what test calls do: the script of who calls and of who answers, which trunk's test is due when,
// how many a day may be made, and what an outcome means in words. It does no I/O, reads no clock and starts no goroutine:
// internal/app feeds it what happens on a call and carries out its effects.
package testcall

import (
	"time"

	"wissel"
)

// Tones is one of the two pairs of tones that show that sound goes both ways.
type Tones uint8

// Out is sent by who calls, Back by who answers. An echo brings Out back, which proves as much.
const (
	Out Tones = iota + 1
	Back
)

// Kind says what happened on a call.
type Kind uint8

// The events of a call that is answered.
const (
	Begin  Kind = iota + 1 // sound flows from now on
	Heard                  // a pair of tones began: Tones
	Digit                  // a key came: Digit
	Played                 // what was to be played or pressed is out
	Woken                  // Wake rang: Which
	Gone                   // the call is over, whoever ended it
)

// Event is one thing that happened. Only the fields named at its Kind are set.
type Event struct {
	Kind  Kind
	Tones Tones
	Digit wissel.Digit
	Which Clock
}

// Clock names one of the timers of a script; setting it again moves it.
type Clock int

// The timers: when the present step has taken too long, when no more keys come, when the call has lasted long enough.
const (
	Late Clock = iota + 1
	Gap
	Enough
)

// An Effect is one thing to do now, in order.
type Effect interface{ effect() }

type (
	// Listen asks to be told of tones.
	Listen struct{}
	// Play plays tones and then silence; Played follows.
	Play struct {
		Tones Tones
		For   time.Duration
		Rest  time.Duration
	}
	// Press presses keys; Played follows.
	Press struct{ Keys string }
	// Wake sets a timer.
	Wake struct {
		Which Clock
		After time.Duration
	}
	// Note is a sentence for who looks on.
	Note struct{ Text string }
	// Named says by which keys a call that came in says which it is.
	Named struct{ Keys string }
	// End ends the call.
	End struct{ Why string }
)

func (Listen) effect() {}
func (Play) effect()   {}
func (Press) effect()  {}
func (Wake) effect()   {}
func (Note) effect()   {}
func (Named) effect()  {}
func (End) effect()    {}

// All that the scripts ever play, for who makes the sound ready beforehand.
var (
	OutTones  = Play{Out, toneFor, toneRest}
	BackTones = Play{Back, answerFor, 0}
)

// Challenge is how many digits a test call sends: by them it is known when it comes back in.
const Challenge = 6

// seconds is a duration as people read it: "0.8 s".
func seconds(d time.Duration) string {
	tenths := (d + 50*time.Millisecond) / (100 * time.Millisecond)
	return string(append(append(itoa(int(tenths/10)), '.'), byte('0'+tenths%10))) + " s"
}
