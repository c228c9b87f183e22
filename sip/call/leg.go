package call

import (
	"slices"
	"time"
)

// State of a leg, seen from us.
type State uint8

// The states. Calling: an INVITE without more than a 100. Early: a 18x. Confirmed: a 2xx. Cancelling: left before its
// final response. Ending: a BYE has passed. Over: nothing more can come.
const (
	Calling State = iota + 1
	Early
	Confirmed
	Cancelling
	Ending
	Over
)

// Role is what a leg is in its call.
type Role uint8

// The roles. The caller's leg is number 0; in a call that we begin ourselves (a test, a callback) nobody is there.
const (
	Caller Role = iota + 1
	Target
	Agent
	Customer
	Test
)

// Leg is one dialog as we see it, or the attempt at one.
type Leg struct {
	Number   int // never reused within the call
	Role     Role
	State    State
	Left     bool // we went on without it: what it still says gets its due and changes nothing
	Heard    bool // a 1xx to the INVITE last sent has come, so CANCEL is allowed (RFC 3261 §9.1)
	Rang     bool // a 18x has come
	Acked    bool // the caller's: the ACK of our 2xx has come
	Try      *Try // nil for the caller; never changed
	Sent     time.Time
	Tag      string   // of the far dialog whose 2xx came first
	Dialogs  []Dialog // the far dialogs that said something that counts
	SDP      []byte   // the description last received from it
	Session  Session  // what was settled on; the caller's before the answer: what he asked
	await    await    // what Described is waited for
	asking   asking   // our own request that is open on it
	want     Direction
	told     Direction
	asked    Direction
	noOffer  bool // its INVITE carried no offer (late offer, direct)
	authed   bool // a challenge has been met
	resized  bool // a 422 has been met
	mended   bool // the same for the re-INVITE that is open
	bareOut  bool // the re-INVITE that is open asked for an offer
	canceled bool // CANCEL has been sent
	offered  bool // media has taken the caller's offer
	closed   bool
	tried    bool   // what came of the attempt has been told
	joined   bool   // the caller talks to it
	byeDue   bool   // BYE waits for the ACK (RFC 3261 §15)
	byeWhy   string // its Reason
	heard    string // the Tag whose description media holds
	infos    int    // INFOs of this leg that wait for an answer
	attempt  int    // its place in Attempts, from 1
	due      [TimerEarly + 1]time.Duration
}

// Dialog is one far dialog of a leg: an INVITE can give several (RFC 3261 §13.2.2.4).
type Dialog struct {
	Tag      string
	Number   int // of the local To tag on the caller's leg, from 1; 0: none was given
	SDP      []byte
	Answered bool // its 2xx has come
	Acked    bool
	Ack      []byte // what went with the ACK: it goes again with each copy
}

// await says what is to happen once media has taken a description.
type await uint8

const (
	awaitNothing await = iota
	awaitHunt          // the caller's first offer, before the first INVITE leaves
	awaitAttend        // the caller's first offer, for a flow that has opened media
	awaitJoin          // the answer in the far 2xx
	awaitLate          // the caller's answer in his ACK
	awaitOffer         // an offer in the call
)

// asking says what request of ours is open on a leg.
type asking uint8

const (
	askNothing asking = iota
	askOffer
	askRefresh
)

// find gives the far dialog with that tag.
func (l *Leg) find(tag string) (Dialog, bool) {
	for _, d := range l.Dialogs {
		if d.Tag == tag {
			return d, true
		}
	}
	return Dialog{}, false
}

// maxDialogs bounds what a far end can make us remember of one INVITE.
const maxDialogs = 32

// keep notes a far dialog, new or changed. The old Call's list stays as it was.
func (l *Leg) keep(d Dialog) {
	l.Dialogs = slices.Clone(l.Dialogs)
	for i := range l.Dialogs {
		if l.Dialogs[i].Tag == d.Tag {
			l.Dialogs[i] = d
			return
		}
	}
	if len(l.Dialogs) < maxDialogs || d.Tag == l.Tag {
		l.Dialogs = append(l.Dialogs, d)
	}
}
