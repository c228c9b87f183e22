package call

import (
	"time"

	"wissel"
)

// An Effect is one thing to do now. The adapter carries the effects of a Step out in their order, and feeds what comes of
// them back as events, after the last. Effects are small comparable-by-value structs: tests compare them, logs print them.
type Effect interface{ effect() }

// BodyKind says what session description goes with a message.
type BodyKind uint8

// None; Own: the leg's media session writes it (anchored, or a flow); Raw: these bytes pass through (direct).
const (
	NoBody    BodyKind = iota
	OwnOffer           // a new offer
	OwnAnswer          // the answer to the offer last described; asked again, the same bytes
	OwnLast            // the description last sent on this leg, whatever it was, the same bytes
	Raw
)

// Body is the session description of a message.
type Body struct {
	Kind      BodyKind
	SDP       []byte    // for Raw
	Direction Direction // for OwnOffer: what the offer says of direction; Redirect writes it
}

type (
	// Invite sends the first INVITE of a new leg. The adapter takes the trunk's limit and, when anchored, the ports; it
	// feeds back Skipped, NoPorts or Failed when nothing was sent.
	Invite struct {
		Leg     int
		Try     Try
		Body    Body
		Session Session // what we ask; zero: no Session-Expires
	}
	// Again sends the last INVITE (Invite, or Offer, or Refresh) of a leg once more, mended: with credentials, or with the
	// larger Session-Expires that the 422 asked.
	Again struct {
		Leg    int
		Repair Repair
	}
	// Cancel stops the leg's retransmissions and sends CANCEL (only ever after a 1xx; RFC 3261 §9.1).
	Cancel struct {
		Leg    int
		Reason string
	}
	// Stop ends the retransmissions of the leg's INVITE and keeps it matchable.
	Stop struct{ Leg int }
	// Ack acknowledges the 2xx of far dialog Tag.
	Ack struct {
		Leg  int
		Tag  string
		Body Body
	}
	// Bye ends far dialog Tag of a leg (empty: the leg's own dialog).
	Bye struct {
		Leg    int
		Tag    string
		Reason string // Reason header value; empty: none
	}
	// Respond answers the caller's first INVITE. Tag numbers our local To tag on his leg, from 0 (DESIGN, "Media"); the
	// adapter makes the text of each from crypto/rand once.
	Respond struct {
		Leg        int
		Status     int
		Tag        int
		Body       Body
		Reason     string
		RetryAfter time.Duration
		Session    Session // with a 2xx what we settled on; with a 422 our MinSE
	}
	// Offer sends a re-INVITE (or an UPDATE when Method says so) with a session description.
	Offer struct {
		Leg     int
		Method  string
		Body    Body
		Session Session
	}
	// RespondOffer answers the leg's waiting re-INVITE or UPDATE.
	RespondOffer struct {
		Leg        int
		Status     int
		Body       Body
		RetryAfter time.Duration
		Session    Session
	}
	// AckOffer acknowledges the 2xx to our re-INVITE.
	AckOffer struct {
		Leg  int
		Body Body
	}
	// Refresh sends a session refresh on one leg: an UPDATE without a body when the peer allows UPDATE, else a re-INVITE
	// with the description last sent, unchanged.
	Refresh struct {
		Leg     int
		Session Session
	}
	// SendInfo passes an INFO on; RespondInfo answers one.
	SendInfo struct {
		Leg  int
		Type string
		Body []byte
	}
	// RespondInfo answers the leg's waiting INFO.
	RespondInfo struct {
		Leg    int
		Status int
	}
	// Describe hands a received session description to the leg's media session (opening it for the caller's leg): an
	// offer, or an answer to ours, which may come again with other bytes (another far dialog). Described, BodyRefused or
	// NoPorts comes back.
	Describe struct {
		Leg   int
		Offer bool
		SDP   []byte
	}
	// Connect relays the media of two legs to each other; Disconnect ends that.
	Connect struct{ A, B int }
	// Disconnect ends the relay of a leg.
	Disconnect struct{ Leg int }
	// Seek asks for the next of a list of people; Found or Nobody comes back. Rung are the telephones of those whom this call has sought.
	Seek struct {
		List string
		Rung []wissel.Number
	}
	// Let tells what became of a person who was found, once for each Found.
	Let struct {
		Person Person
		How    How
	}
	// Attend begins a flow on a leg: media is opened (from the ports kept for flows, if need be) and Attended or NoPorts
	// comes back. The flow's clock starts with Begin.
	Attend struct {
		Leg  int
		Flow wissel.FlowID
	}
	// Begin lets an attended flow speak: its answer has been sent.
	Begin struct{ Leg int }
	// Dismiss ends the leg's flow, because the caller is gone or goes on.
	Dismiss struct{ Leg int }
	// Wake sets a timer; Sleep stops it.
	Wake struct {
		Leg   int
		Which TimerKind
		At    time.Time
	}
	// Sleep stops a timer.
	Sleep struct {
		Leg   int
		Which TimerKind
	}
	// Doubt asks for one burst of probes to an address that has been silent since Since (once per address, not per call).
	Doubt struct {
		Leg     int
		Address wissel.Address
		Since   time.Time
	}
	// Report gives health what this call learnt of an address. Status 0 is silence; Unreachable is ICMP or RST.
	Report struct {
		Leg         int
		Address     wissel.Address
		Status      int
		Unreachable bool
		OnTheWay    bool // Unreachable: a router or our own host says so, not the peer
		Alive       bool // Status is not final, and the address was heard since the INVITE left
		Why         string
		RetryAfter  time.Duration // of a 503, capped at 60 s: until then the address is not to be tried
	}
	// Tried tells what came of an attempt, as soon as that is known and once per leg: Status of the first 18x, of the 2xx or
	// of the refusal, 0 when it was left without any; Well when it rang, was answered, or a person refused.
	Tried struct {
		Leg    int
		Status int
		Well   bool
	}
	// Joined says that the caller talks to the leg's target now; Parted, once for each Joined, that this has ended: Normal
	// when somebody hung up or the call was ended on purpose, not when the leg's peer failed or was gone.
	Joined struct{ Leg int }
	// Parted ends what Joined began.
	Parted struct {
		Leg    int
		Normal bool
	}
	// Close frees what the leg holds of its trunk's limit and of media. Once per leg, also when nothing was sent.
	Close struct{ Leg int }
	// Forget says that nothing more can come of the leg: its dialog may go. Once per leg, after Close.
	Forget struct{ Leg int }
	// Finish ends the call: all legs are over for the caller. The adapter completes the record and keeps it. Legs that
	// were left live on until their TimerGone.
	Finish struct{ Record Record }
)

func (Invite) effect()       {}
func (Again) effect()        {}
func (Cancel) effect()       {}
func (Stop) effect()         {}
func (Ack) effect()          {}
func (Bye) effect()          {}
func (Respond) effect()      {}
func (Offer) effect()        {}
func (RespondOffer) effect() {}
func (AckOffer) effect()     {}
func (Refresh) effect()      {}
func (SendInfo) effect()     {}
func (RespondInfo) effect()  {}
func (Describe) effect()     {}
func (Connect) effect()      {}
func (Disconnect) effect()   {}
func (Seek) effect()         {}
func (Let) effect()          {}
func (Attend) effect()       {}
func (Begin) effect()        {}
func (Dismiss) effect()      {}
func (Wake) effect()         {}
func (Sleep) effect()        {}
func (Doubt) effect()        {}
func (Report) effect()       {}
func (Tried) effect()        {}
func (Joined) effect()       {}
func (Parted) effect()       {}
func (Close) effect()        {}
func (Forget) effect()       {}
func (Finish) effect()       {}

// Record is what Step knows of a call that has ended; the adapter adds numbers, group and decision to make the CDR.
type Record struct {
	Began, Rung, Answered, Ended time.Time
	Status                       int
	Outcome                      wissel.Outcome
	Blame                        wissel.Blame
	EndedBy                      string
	Target                       wissel.Target
	Attempts                     []wissel.Attempt
}
