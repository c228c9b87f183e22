package testcall

import (
	"errors"
	"time"
)

// Doors bounds whom a test line answers: a number of the public network is rung by anybody. The zero Doors is ready. It is
// not safe for concurrent use.
type Doors struct {
	minute time.Time
	calls  map[string]int // of each source, since minute
	inside int
}

// The bounds of a test line: calls at one time, calls of one source a minute, and sources a minute.
const (
	mostInside   = 16
	mostOfOne    = 10
	mostOfOthers = 200
)

// The reasons why a test line does not answer.
var (
	ErrCrowded = errors.New("the test lines have as many calls as they take")
	ErrAgain   = errors.New("too many calls to the test lines from one source within a minute")
)

// Enter lets a call of a source (a number, or a trunk when it has none) in, or gives ErrCrowded or ErrAgain. Each Enter that
// gave nil is followed by one Leave.
func (d *Doors) Enter(source string, now time.Time) error {
	if now.Sub(d.minute) >= time.Minute {
		d.minute, d.calls = now, map[string]int{}
	}
	n, known := d.calls[source]
	switch {
	case d.inside >= mostInside, !known && len(d.calls) >= mostOfOthers:
		return ErrCrowded
	case n >= mostOfOne:
		return ErrAgain
	}
	d.calls[source]++
	d.inside++
	return nil
}

// Leave notes that a call that was let in is over.
func (d *Doors) Leave() { d.inside-- }
