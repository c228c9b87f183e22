package crisis

import (
	"fmt"
	"slices"
	"time"

	"wissel"
)

// How many wrong tries there may be within span, and what they cost (FAULTS A21).
const (
	span       = 10 * time.Minute
	mostPerson = 10 // of one person's PIN
	mostNumber = 10 // of one calling number
	mostKnown  = 30 // of one that the settings have under phones
	mostAll    = 50 // of all numbers that they have not

	freeze     = 10 * time.Minute // the first lock; each within calm of the one before is twice as long
	mostFreeze = 80 * time.Minute
	calm       = 24 * time.Hour

	firstWait = time.Second // until an answer is heard; each wrong try of the number doubles it
	mostWait  = 8 * time.Second

	mostNumbers = 1000 // that are remembered
)

// Tries are the wrong tries of one person, one number, or all.
type Tries struct {
	At    []time.Time `json:",omitempty"` // within span, oldest first
	Until time.Time   `json:",omitzero"`  // it is locked until then
	Locks int         `json:",omitempty"` // in a row
}

// locked reports whether they are locked at now. An end that is further away than any lock lasts is of a clock that was wrong.
func (t Tries) locked(now time.Time) bool {
	return now.Before(t.Until) && t.Until.Sub(now) <= mostFreeze
}

// recent counts those within span.
func (t Tries) recent(now time.Time) (n int) {
	for _, at := range t.At {
		if now.Sub(at).Abs() < span {
			n++
		}
	}
	return n
}

// wrong gives the tries after one more, and whether that locks.
func (t Tries) wrong(most int, now time.Time) (Tries, bool) {
	t.At = slices.DeleteFunc(slices.Clone(t.At), func(at time.Time) bool { return now.Sub(at).Abs() >= span })
	if t.At = append(t.At, now); len(t.At) < most {
		return t, false
	}
	if now.Sub(t.Until) >= calm {
		t.Locks = 0
	}
	long := min(freeze<<min(t.Locks, 8), mostFreeze)
	return Tries{Until: now.Add(long), Locks: t.Locks + 1}, true
}

// with gives the tries with those of another time beside them: what is locked by either stays locked.
func (t Tries) with(o Tries) Tries {
	if o.Until.After(t.Until) {
		t.Until, t.Locks = o.Until, o.Locks
	}
	t.At = slices.Concat(t.At, o.At)
	slices.SortFunc(t.At, time.Time.Compare)
	return t
}

// Tally counts wrong tries.
type Tally struct {
	People  map[string]Tries
	Numbers map[wissel.Number]Tries // those who hide theirs are one
	All     Tries                   // of numbers that are not known
}

// NewTally makes one without tries. It also serves those who come in by another way with a code alone (Locked, Wrong).
func NewTally() Tally { return newTally() }

// Locked reports whether a try from a number counts for nothing; known: it is the telephone of one who may come in.
func (t *Tally) Locked(from wissel.Number, known bool, now time.Time) bool {
	return t.locked(from, known, "", now)
}

// Wrong counts a try with a code that is nobody's, and says what it locks.
func (t *Tally) Wrong(from wissel.Number, known bool, now time.Time) []string {
	return t.wrong(from, known, "", now)
}

func newTally() Tally {
	return Tally{People: map[string]Tries{}, Numbers: map[wissel.Number]Tries{}}
}

// locked reports whether a try counts for nothing. Those who call from a known number do not pay for strangers: else
// anybody could shut the line for them.
func (t *Tally) locked(from wissel.Number, known bool, person string, now time.Time) bool {
	return t.People[person].locked(now) || t.Numbers[from].locked(now) || !known && t.All.locked(now)
}

// wait is how long an answer takes; it depends on nothing that a caller does not know himself.
func (t *Tally) wait(from wissel.Number, known bool, now time.Time) time.Duration {
	n := t.Numbers[from].recent(now)
	if t.Numbers[from].locked(now) || !known && t.All.locked(now) {
		return mostWait
	}
	return min(firstWait<<min(n, 8), mostWait)
}

// wrong counts a try, and says what it locks.
func (t *Tally) wrong(from wissel.Number, known bool, person string, now time.Time) (locked []string) {
	most := mostNumber
	if known {
		most = mostKnown
	}
	t.room(from, now)
	var shut bool
	if t.Numbers[from], shut = t.Numbers[from].wrong(most, now); shut {
		locked = append(locked, fmt.Sprintf("%d wrong tries from %s: it is locked until %s", most, called(from), wissel.Clock(t.Numbers[from].Until)))
	}
	if person != "" {
		if t.People[person], shut = t.People[person].wrong(mostPerson, now); shut {
			locked = append(locked, fmt.Sprintf("somebody knows the PIN of %s and had %d wrong codes: it is locked until %s; give %s another PIN, or say `wissel crisis unlock %s`",
				person, mostPerson, wissel.Clock(t.People[person].Until), person, person))
		}
	}
	if !known {
		if t.All, shut = t.All.wrong(mostAll, now); shut {
			locked = append(locked, fmt.Sprintf("%d wrong tries from numbers that are not known: all such numbers are locked until %s", mostAll, wissel.Clock(t.All.Until)))
		}
	}
	return locked
}

// room makes room for a number: first those go of which nothing counts any more, then any that is not locked.
func (t *Tally) room(from wissel.Number, now time.Time) {
	if _, there := t.Numbers[from]; there || len(t.Numbers) < mostNumbers {
		return
	}
	for n, tries := range t.Numbers {
		if tries.recent(now) == 0 && now.Sub(tries.Until) >= calm {
			delete(t.Numbers, n)
		}
	}
	for n, tries := range t.Numbers {
		if len(t.Numbers) < mostNumbers {
			return
		}
		if !tries.locked(now) {
			delete(t.Numbers, n)
		}
	}
	for n := range t.Numbers {
		if len(t.Numbers) < mostNumbers {
			return
		}
		delete(t.Numbers, n)
	}
}
