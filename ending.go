package wissel

import (
	"fmt"
	"time"
)

// Ending is what calls have shown of the status that ends, over one carrier's trunk, those who heard a flow unanswered
// (Trunk.Unanswered): a carrier that tries such a call again lets its caller hear everything twice. It is kept over restarts.
type Ending struct {
	Status int           // 400 to 699
	Call   CallID        // the last call that ended with it for good; empty: none is known
	At     time.Time     // when that was
	Again  time.Time     // when a call last came again after it; zero: none did
	Within time.Duration // how soon that one came again
	Calm   int           // how many have ended with it for good since; counted up to EndingCalm
}

// EndingCalm is how many calls in a row must end for good until a status that a call came again after is proven all the same.
const EndingCalm = 20

// Proven reports whether the carrier is known to take the status for the end.
func (e Ending) Proven() bool {
	return !e.At.IsZero() && (e.Again.IsZero() || e.Calm >= EndingCalm)
}

// Newest is when the last call was that showed something.
func (e Ending) Newest() time.Time {
	if e.Again.After(e.At) {
		return e.Again
	}
	return e.At
}

// String says it for people, behind the name of the trunk.
func (e Ending) String() string {
	switch {
	case e.Proven():
		return fmt.Sprintf("ends an unanswered call for good with %d: last shown at %s", e.Status, Moment(e.At))
	case !e.Again.IsZero():
		return fmt.Sprintf("tries a call again after our %d (%v after one, at %s): set another status under unanswered, of 400 to 499 or 600 to 699", e.Status,
			e.Within.Round(10*time.Millisecond), Moment(e.Again))
	}
	return fmt.Sprintf("is not known to take %d for the end of an unanswered call: none has ended with it yet", e.Status)
}
