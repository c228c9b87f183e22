// Package unanswered learns whether a carrier takes the status that ends a call which heard a flow unanswered for the end of
// it, or tries the same call again. It decides only: it reads no clock, and keeps nothing on disk. internal/app feeds it
// what package sip tells of calls.
package unanswered

import (
	"slices"
	"time"

	"wissel"
)

const (
	// Quiet is how long a call must not have come again for its status to be proven. A carrier goes to its next route when our
	// status comes, within a second; this leaves room for switches in between, each of which may try its own routes first.
	Quiet = 10 * time.Second
	// Redial is the least time in which a person can have rung again, who must hear that it is over, press, and be put
	// through once more. The same caller within it was sent by his carrier; after it he may have rung himself, and shows nothing.
	Redial = 2 * time.Second
	// Most is how many ended calls are watched at once; of more, the oldest are let go without a verdict.
	Most = 4096
)

// Call is one INVITE of a carrier's.
type Call struct {
	ID     wissel.CallID // ours; empty when it became no call
	Trunk  wissel.TrunkID
	From   wissel.Number // as shown, trusted or not; empty: hidden, or many people ring from it
	To     wissel.Number
	CallID string // Call-ID and From tag of the INVITE
	Tag    string
	At     time.Time // when it came, or ended
}

// Watch is what is known of trunks, and the calls that ended a moment ago. It is no more than a value that Step methods
// change: one goroutine owns it.
type Watch struct {
	waiting []ended // oldest first
	known   map[wissel.TrunkID]wissel.Ending
}

type ended struct {
	Call
	status int
	doubt  bool // somebody rang again, by himself or not: it shows nothing
}

// NewWatch goes on from what was known; nil: nothing was.
func NewWatch(known map[wissel.TrunkID]wissel.Ending) *Watch {
	w := &Watch{known: map[wissel.TrunkID]wissel.Ending{}}
	for id, e := range known {
		w.known[id] = e
	}
	return w
}

// Ended takes in that a call ended with a status of ours.
func (w *Watch) Ended(c Call, status int) {
	if len(w.waiting) >= Most {
		w.waiting = slices.Delete(w.waiting, 0, 1)
	}
	w.waiting = append(w.waiting, ended{Call: c, status: status})
}

// Again is a call that came again: of which trunk, and what is known of it now.
type Again struct {
	Trunk  wissel.TrunkID
	Ending wissel.Ending
}

// Began takes in that a call came, over whichever trunk: a carrier may have more than one way to us. It gives what that shows.
func (w *Watch) Began(c Call) (Again, bool) {
	for i := len(w.waiting) - 1; i >= 0; i-- {
		e := &w.waiting[i]
		after := c.At.Sub(e.At)
		if after > Quiet || e.doubt || !e.same(c) {
			continue
		}
		e.doubt = true
		if !e.sent(c) && after > Redial {
			return Again{}, false
		}
		now := wissel.Ending{Status: e.status}
		if was := w.known[e.Trunk]; was.Status == e.status {
			now.Call, now.At = was.Call, was.At
		}
		now.Again, now.Within = c.At, max(after, 0)
		w.known[e.Trunk] = now
		return Again{e.Trunk, now}, true
	}
	return Again{}, false
}

// same reports whether c may be the call e once more.
func (e *ended) same(c Call) bool {
	return c.To == e.To && (c.From != "" && c.From == e.From || e.sent(c))
}

// sent reports whether only the carrier can have made c of e: a telephone that rings again takes another Call-ID and tag.
func (e *ended) sent(c Call) bool {
	return c.CallID == e.CallID || c.Tag != "" && c.Tag == e.Tag
}

// Settle gives what the calls have shown that ended Quiet ago and did not come again: for each trunk, what is known of it now.
// A hidden caller shows nothing, since he would not have been known again.
func (w *Watch) Settle(now time.Time) map[wissel.TrunkID]wissel.Ending {
	news := map[wissel.TrunkID]wissel.Ending{}
	n := 0
	for _, e := range w.waiting {
		if now.Sub(e.At) <= Quiet {
			break
		}
		n++
		if e.doubt || e.From == "" {
			continue
		}
		known := w.known[e.Trunk]
		if known.Status != e.status {
			known = wissel.Ending{Status: e.status}
		}
		known.Call, known.At, known.Calm = e.ID, e.At, min(known.Calm+1, wissel.EndingCalm)
		w.known[e.Trunk], news[e.Trunk] = known, known
	}
	w.waiting = slices.Delete(w.waiting, 0, n)
	return news
}

// Lost lets go of all that are watched: some of what happened was not told, so that nothing is shown by what did not.
func (w *Watch) Lost() { w.waiting = nil }

// Only forgets trunks that there are no more, and what was learnt of another status than a trunk has now. It gives the trunks
// that it forgot.
func (w *Watch) Only(statuses map[wissel.TrunkID]int) (gone []wissel.TrunkID) {
	for id, e := range w.known {
		if statuses[id] != e.Status {
			delete(w.known, id)
			gone = append(gone, id)
		}
	}
	w.waiting = slices.DeleteFunc(w.waiting, func(e ended) bool { return statuses[e.Trunk] != e.status })
	slices.Sort(gone)
	return gone
}

// Of is what is known of a trunk.
func (w *Watch) Of(id wissel.TrunkID) (wissel.Ending, bool) {
	e, ok := w.known[id]
	return e, ok
}
