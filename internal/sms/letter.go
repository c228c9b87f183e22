package sms

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"wissel"
)

// Purpose is what a text of ours is for.
type Purpose string

// The purposes.
const (
	Confirmation Purpose = "confirmation" // that his wish was noted
	News         Purpose = "news"         // the outage message changed
	Back         Purpose = "back"         // the outage is over
	Missed       Purpose = "missed"       // he was not reached when he was called back
	Solved       Purpose = "solved"       // whether his question was answered
	Reply        Purpose = "reply"        // an answer to a text of his
	Trial        Purpose = "test"         // an operator's, to see whether texts arrive
)

// Purposes are all there are.
var Purposes = []Purpose{Confirmation, News, Back, Missed, Solved, Reply, Trial}

// Prompt reports whether a text is an answer to what he did a moment ago: it goes at any hour, and before others.
func (p Purpose) Prompt() bool { return p == Confirmation || p == Reply || p == Trial }

// passing reports whether the newest of such texts makes the others needless.
func (p Purpose) passing() bool { return p == News || p == Back }

// Letter is a text that is owed: a row of the outbox, on disk before anything is offered to a provider. It is never changed.
type Letter struct {
	wissel.Row
	Key      string // KeyOf: one of each cause
	Purpose  Purpose
	Cause    string // id of what brought it about: a wish, a state of a message, a callback
	Group    wissel.GroupID
	To       wissel.Number
	Hidden   bool // he hides the number from others
	Language string
	From     string
	Body     string
	At       time.Time // when it was written
	Asked    time.Time // when he asked for it; zero: he did not
	Until    time.Time // when it has lost its sense
	Provider string    // of a Trial: the one to be tried; empty: as the group has it
}

// KeyOf makes the key of a text: the same for the same cause, purpose and person, however often it is written.
func KeyOf(p Purpose, g wissel.GroupID, to wissel.Number, cause string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q", p, g, to, cause))
	return string(p[:1]) + "-" + hex.EncodeToString(sum[:16])
}

// RefOf is what SMPP carries of a key, in two bytes: its receipts give that back (user_message_reference, §5.3.2.17), also when
// we never heard the id. The last four bits are the part, from 0.
func RefOf(key string, part int) uint16 {
	sum := sha256.Sum256([]byte(key))
	return binary.BigEndian.Uint16(sum[:])&0xfff0 | 0x8000 | uint16(part)&0xf // never 0
}

// Stage is where a text is, in words for people.
type Stage string

// The stages. All but the first two are final.
const (
	Waiting       Stage = "waiting"
	Sent          Stage = "sent" // a provider has it
	Arrived       Stage = "delivered"
	NotDelivered  Stage = "undelivered" // the network gave up on it
	TimedOut      Stage = "expired"     // a provider had it, and its time passed there
	Unconfirmed   Stage = "unconfirmed" // a provider had it, and never told what became of it
	Nobody        Stage = "refused"     // nobody takes it
	TooLate       Stage = "late"        // its time passed before a provider was known to have it
	Dropped       Stage = "dropped"     // it was no longer wanted: Why
	receiptsAfter       = time.Hour     // how long after its time a receipt is waited for
)

// Stages are all there are.
var Stages = []Stage{Waiting, Sent, Arrived, NotDelivered, TimedOut, Unconfirmed, Nobody, TooLate, Dropped}

// Final reports whether nothing more is to come.
func (s Stage) Final() bool { return s != Waiting && s != Sent }

// Entry is a text with what became of it.
type Entry struct {
	Letter
	Stage   Stage
	Since   time.Time // when it came into Stage
	Why     string    // for people
	Changes int       // how often Stage changed: of two states of a row the higher counts
	Tried   []Attempt
}

// Ask is what limits are asked before the first offer of a text.
type Ask struct {
	Letter   Letter
	Provider string // that it would go to
	Parts    int
	Cost     Money // in the currency of the tariffs
	Priced   bool  // there is a tariff for the number
}

// Allowance is what limits answer.
type Allowance struct {
	OK    bool
	Again time.Time // of a refusal: from when on it may be asked again; zero: never
	Why   string    // of a refusal, for people
}

// Received is a text that came to us.
type Received struct {
	Provider string
	ID       string        // the provider's, or empty
	From     wissel.Number // E.164; empty: it came from no telephone
	To       string        // our number, as the provider wrote it
	Body     string
	At       time.Time
}

// Quiet is the hours in which only prompt texts go, by the clock of a zone; the zero Quiet is none.
type Quiet struct {
	From, To int // minutes since midnight; From may be after To
	Zone     *time.Location
}

// Until is when the quiet hours that t lies in are over; zero: it lies in none.
func (q Quiet) Until(t time.Time) time.Time {
	if q.From == q.To || q.Zone == nil {
		return time.Time{}
	}
	t = t.In(q.Zone)
	at := t.Hour()*60 + t.Minute()
	day := t.Day()
	switch {
	case q.From < q.To && (at < q.From || at >= q.To), q.From > q.To && at < q.From && at >= q.To:
		return time.Time{}
	case q.From > q.To && at >= q.From:
		day++
	}
	end := time.Date(t.Year(), t.Month(), day, q.To/60, q.To%60, 0, 0, q.Zone)
	if !end.After(t) { // the clock is set forward over the end
		end = end.Add(time.Hour)
	}
	return end
}

// receipted is the stage of a text by the states of all its parts; false: not all are known, and none has failed.
func (a Attempt) receipted() (Stage, bool) {
	if a.Outcome.Verdict != Accepted {
		return "", false
	}
	all := len(a.States) >= len(a.Outcome.IDs)
	for _, s := range a.States {
		switch s {
		case Undelivered:
			return NotDelivered, true
		case Expired:
			return TimedOut, true
		case Underway:
			all = false
		case Delivered:
		}
	}
	return Arrived, all && len(a.Outcome.IDs) > 0
}

// clone gives an attempt that shares nothing with a.
func (a Attempt) clone() Attempt {
	a.Outcome.IDs, a.States = slices.Clone(a.Outcome.IDs), slices.Clone(a.States)
	return a
}
