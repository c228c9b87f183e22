package call

import (
	"time"

	"wissel"
)

// Kind says what happened to a leg.
type Kind uint8

// The events. Each is legal in every state of every leg; one that means nothing there changes nothing.
const (
	// From the caller's leg.
	Incoming  Kind = iota + 1 // his INVITE was admitted and routed: Route, Settings, Body (his offer, nil: a late one), Session. Always leg 0
	Cancelled                 // CANCEL for his INVITE; its 200 has been sent by the transaction layer
	Acked                     // ACK of our 2xx; Body is the answer when we offered in the 2xx
	NoAck                     // 64*T1 after our 2xx without its ACK (RFC 3261 §13.3.1.4)

	// From ourselves: a call that nobody called us for.
	Placed // a call of our own begins: Route (trunks only), Settings, Role, Flow (attends who answers). Always leg 0, which it has not

	// From a leg that we invited.
	Provisional // 1xx: Status, Tag (far dialog, empty for 100), Body
	Answered    // 2xx: Tag, Body, Session. Every copy is reported; the first of each Tag decides
	Refused     // 300-699: Status, Reason, RetryAfter, Repair
	Failed      // it could not be sent, or its address refuses (ICMP, RST): Reason. On a leg that Attend named: there is no such flow
	Silent      // its address was judged silent by another call: same as the quiet timer here
	Skipped     // the Invite was not sent: Skip says why
	NoPorts     // Invite, Attend or the first Describe of the caller's leg found no media ports; nothing was sent

	// From either leg of a call that is up.
	Hangup      // BYE (its 200 has been sent): Reason
	Offered     // re-INVITE or UPDATE: Method, Body (nil: none), Session. It waits for our RespondOffer
	OfferAnswer // final response to our Offer or Refresh: Method, Status, Body, Session, RetryAfter, Repair; a timeout is Status 0. Once: the adapter repeats the ACK
	OfferAcked  // ACK to our 2xx to a re-INVITE: Body when we offered in the 2xx
	Described   // media took the SDP of the last Describe: each Describe is followed by this, BodyRefused or NoPorts
	BodyRefused // media could not accept the SDP last described, or not write one (then nothing was sent): Status (488, 400)
	Info        // an INFO that is no digit of a flow: Type, Body. It waits for our RespondInfo
	InfoAnswer  // final response to our SendInfo: Status
	MediaLost   // anchored: no RTP where some is due, for as long as the settings say
	Lost        // this leg's peer is gone: 481 or 408 in dialog, connection or address dead; Reason

	// From a flow, on the leg that it attends.
	Attended // the flow is there, its media is open: Status 0 when it answers, else what ends the call of one who hears it unanswered
	FlowOver // the flow has ended; Reason; whom it attends is to be released
	FlowDial // the flow hands the caller on: Route, tried in order
	Pressed  // on the leg of one of the people: he takes the call

	// From who knows the people, after a Seek, on leg 0.
	Found  // Person is next: Route, the ways to him. A Let comes of each
	Nobody // nobody is left: Reason

	// From us.
	Timer // Timer rang: Which; for Doubt and Quiet with Heard and Opening
	End   // operator, drain or a broken invariant ends the call: Status before an answer, Reason
)

// Event is one thing that happened to one leg. Only the fields named at its Kind are set.
type Event struct {
	Kind       Kind
	Leg        int
	Status     int    // SIP status code
	Tag        string // remote tag of the far dialog
	Reason     string // Reason header value (RFC 3326) as received, or our own words for an error
	Method     string // "INVITE" or "UPDATE" for Offered and OfferAnswer
	Type       string // Content-Type of an Info
	Body       []byte // SDP (or the Info's body) as received; nil: none
	RetryAfter time.Duration
	Repair     Repair
	Skip       Skip
	Session    Session
	Which      TimerKind
	OnTheWay   bool      // of a Failed: a router or our own host says so, not the peer
	Heard      time.Time // when anything last arrived from the leg's address, for any call or probe
	Opening    bool      // the connection is still opening, or the address never answered OPTIONS: use Patience
	Route      []Try
	Settings   *Settings
	Role       Role // of the legs of a Placed call
	Flow       wissel.FlowID
	Person     Person
}

// Repair says what of a refusal the adapter can mend on the same leg.
type Repair uint8

// Auth: a challenge for which we hold credentials of that realm. MinSE: a 422 whose Min-SE we can meet.
const (
	NoRepair Repair = iota
	Auth
	MinSE
)

// Skip says why an attempt was passed over at no cost.
type Skip uint8

// Why an attempt is passed over.
const (
	NotSkipped Skip = iota
	SkipDown        // its address is Down
	SkipFull        // the trunk's own limit of calls or of calls a second
	SkipUnable      // we could not even try: no socket, no address
)

// Session is what a message says of session timers (RFC 4028). Zero: nothing. In a request of the peer's that names no
// refresher, Ours is false. In a message of ours Ours false names the peer in a response, and nobody in a request.
type Session struct {
	Expires time.Duration
	MinSE   time.Duration
	Ours    bool // we are the refresher on this leg
	Capable bool // the peer lists "timer" as supported
}

// Try is one attempt of a hunt: one address of a trunk, a flow, or people who are still to be found. The list is flat: the addresses of one target follow
// each other and share Target.
type Try struct {
	Target  wissel.Target
	Role    wissel.Role    // of the trunk, for the blame; empty for a flow
	Address wissel.Address // zero for a flow
	Index   int            // of the address in the trunk's Addresses
	Force   bool           // pinned or least bad: tried even when Down
	Timers  wissel.Timers
	Move    map[int]bool // wissel.Trunk.Move
	Person  Person       // who is rung over the trunk; zero: nobody in particular
}

// Settings of a call, fixed when it begins. A Settings is never changed: calls share it.
type Settings struct {
	Media        wissel.Media
	SessionTimer time.Duration // what we ask for, per leg; 1800 s
	MinSE        time.Duration // 90 s
	MaxCall      time.Duration // the longest call; 0: none
}

// TimerKind names a timer of a leg. One of each kind runs per leg; setting it again moves it.
type TimerKind uint8

// The timers.
const (
	TimerDoubt    TimerKind = iota + 1 // wissel.Timers.Doubt after the INVITE left
	TimerQuiet                         // Quiet, then Patience
	TimerProgress                      // Progress; Patience while not even a 100 has come
	TimerRing                          // Ring
	TimerGone                          // 32 s after a leg was left or ended: nothing more can come
	TimerRefresh                       // our session refresh is due
	TimerExpire                        // the session expires (RFC 4028 §10)
	TimerGlare                         // the wait after a 491 (RFC 3261 §14.1)
	TimerLong                          // MaxCall
	TimerEarly                         // the 183 of a flow that is heard unanswered goes out once more
)
