package sip

import (
	"errors"
	"net/netip"
	"time"

	"wissel"
	"wissel/internal/audio"
)

// What package sip needs of its siblings, declared here and joined by internal/app. Nothing in this file blocks: every
// method is called on the shard goroutine that owns the call.

// ErrNoPorts is returned by Media.Open when every port pair that may be used is taken or resting.
var ErrNoPorts = errors.New("no media ports left")

// Media opens the media of legs (sip/media).
type Media interface {
	// Open takes a port pair for a leg. events is called from media's goroutines and must not block. A flow may use the
	// pairs kept for flows (kept). Errors: ErrNoPorts, or a socket's.
	Open(at MediaAt, kept bool, events func(MediaEvent)) (MediaSession, error)
}

// MediaAt names the leg that media is opened for; Peer chooses between IPv4 and IPv6.
type MediaAt struct {
	Call wissel.CallID
	Leg  int
	Peer netip.Addr
	Last bool // it may take the last pairs, which other flows leave: a call of the crisis line
}

// MediaSession is the media of one leg: one port pair, one SSRC towards the peer for its whole life.
type MediaSession interface {
	// Offer writes a description of ours as an offer; when like is not nil, the codecs in use there come first. Answer
	// takes the peer's offer and writes the answer; Accept takes the peer's answer to our offer. Their errors are
	// *wissel/sip.BodyError where the peer is to be told 400 or 488.
	Offer(like MediaSession) ([]byte, error)
	Answer(offer []byte) ([]byte, error)
	Accept(answer []byte) error
	// Describe takes the peer's offer now and answers it later: Answer(nil).
	Describe(offer []byte) error
	// Local is the description last sent, nil before the first.
	Local() []byte
	// Connect relays between two sessions; Disconnect ends it. What plays goes on until Stop.
	Connect(other MediaSession)
	Disconnect()
	// Play plays clips one after another, instead of what plays now; MediaPlayed, with the number of the Play, follows
	// once they have all been sent.
	Play(clips []*audio.Clip)
	Stop()
	// Press presses keys, instead of what plays now: as telephone-events, or as sound. It is counted as a Play.
	Press(keys []wissel.Digit)
	// Listen turns the listening for test tones on or off: MediaTones tells of each.
	Listen(on bool)
	// Record begins to record what the peer says, until he has been silent for quiet or spoken for max, or StopRecord;
	// MediaRecorded follows, with the number of the Record. Sound gives what was recorded, once, and ends it.
	Record(max, quiet time.Duration)
	StopRecord()
	Sound() audio.Sound
	// Digits turns the reporting of keys as events on (a flow listens) or off (they are relayed).
	Digits(on bool)
	// Expect begins to wait for the peer's voice, because the call is answered: MediaHeard tells of its first packet,
	// MediaSilent when it and all RTCP stay out for too long while neither side is on hold; then MediaHeard again.
	Expect()
	// Stats is what came and went.
	Stats() MediaStats
	// Close sends nothing more and lets the ports rest.
	Close()
}

// MediaStats counts packets of one leg.
type MediaStats struct {
	Received, Sent, Dropped uint64
	LastReceived            time.Time
}

// BodyError is a session description that cannot be used; Status is what the peer is told (400 or 488).
type BodyError struct {
	Status int
	Why    string
}

func (e *BodyError) Error() string { return e.Why }

// MediaEvent is something that media saw on a leg.
type MediaEvent struct {
	Leg   int
	Kind  MediaEventKind
	Digit wissel.Digit
	Play  uint32 // of MediaPlayed: which Play or Press of the session it was, from 1; of MediaRecorded: which Record
	Pair  audio.Pair
}

// MediaEventKind says what media saw.
type MediaEventKind uint8

// MediaDigit: a key, once per press. MediaPlayed: the clips of a Play are out. MediaLost: a fault of ours ended the leg's media.
// MediaTones: a pair of test tones has begun. MediaHeard, MediaSilent: the peer's voice came, or did not (Expect).
// MediaRecorded: a recording has ended.
const (
	MediaDigit MediaEventKind = iota + 1
	MediaPlayed
	MediaLost
	MediaTones
	MediaHeard
	MediaSilent
	MediaRecorded
)

// Attendant answers callers with flows (ivr, prompts, store).
type Attendant interface {
	// Attend prepares a flow for a caller; nothing is heard before Begin. It fails when there is no such flow.
	Attend(c AttendedCall, h Host) (Attending, error)
}

// AttendedCall is what a flow knows of its caller, or of a call that we placed ourselves.
type AttendedCall struct {
	Call     wissel.CallID
	Leg      int
	Group    wissel.GroupID // empty: we placed the call
	Flow     wissel.FlowID
	From     wissel.Number // empty when withheld or unknown
	Withheld bool
	Rung     wissel.Number

	// Of a call to a test line only. Nothing may hang on these but a test's own outcome.
	Trunk   wissel.TrunkID // it came over
	Claimed wissel.Number  // the number that it came with, whether or not that trunk is believed, and hidden or not
	Named   wissel.CallID  // the name of a call of ours that it brought (X-Wissel-Call); empty: none
}

// Attending is a running flow. Its methods are called in order, on the call's own goroutine, and return at once.
type Attending interface {
	Begin()
	Digit(d wissel.Digit)
	Played()
	Wake(token int)
	Hangup()
}

// EarlyAttending is an Attending that may be heard unanswered: by a 183 with our description, so that the caller pays nothing.
// It plays, and expects no key.
type EarlyAttending interface {
	Attending
	Early() bool
}

// ToneAttending is an Attending that is also told of the test tones that it listens for (Host.Listen).
type ToneAttending interface {
	Attending
	Tones(p audio.Pair)
}

// HoldingAttending is an Attending that holds something of others for its call. LetGo is called in place of Hangup when the
// call's own code failed: it gives back what is held, and runs nothing else.
type HoldingAttending interface {
	Attending
	LetGo()
}

// RecordAttending is an Attending that records (Host.Record).
type RecordAttending interface {
	Attending
	// Recorded: the recording has ended; Host.Sound has it.
	Recorded()
}

// Host is what a flow can do to its caller. Its methods are called on the call's goroutine, but for Post.
type Host interface {
	Play(clips []*audio.Clip)
	Stop()
	// Press presses keys towards the caller, instead of what plays; Played follows. Listen turns the listening for test
	// tones on or off.
	Press(keys []wissel.Digit)
	Listen(on bool)
	// Record records the caller until he has been silent for quiet or spoken for max, or StopRecord; Recorded follows. Sound
	// gives what was recorded, once; also when the caller has just gone.
	Record(max, quiet time.Duration)
	StopRecord()
	Sound() audio.Sound
	// Wake calls Attending.Wake(token) after d; a later Wake with the same token moves it, d 0 stops it.
	Wake(token int, d time.Duration)
	// Post runs f on the call's goroutine; for what a store or another goroutine has to say. After the call's end f is
	// dropped. It may be called from anywhere and never blocks.
	Post(f func())
	// End lets the caller go; Dial hands him on.
	End(reason string)
	Dial(t wissel.Target)
	// Place begins a call of ours for the sake of this one, on the same goroutine, so that the two may be joined; its steps are told as
	// Server.Place's are. Errors: ErrTooMany, ErrNoAddress.
	Place(o Outgoing) error
	// Join lets the two hear each other and nothing of ours; keys go across. The other was placed by this one, or this by it. It ends with
	// either's call: the one who stays has his keys told again.
	Join(other Host)
	// Heard is when voice last came in from him; zero: never, or he is joined to another and, on hold, was sent nothing since it was last asked.
	Heard() time.Time
	// Hunt tries the caller as a new call to the number he rang; the Attending is a HeldAttending. It returns before that, and what
	// plays goes on until somebody else is heard.
	Hunt()
	// Take lets the caller through to him who hears wissel.Whisper, which is over then; without it its End leaves the caller to somebody else.
	Take()
}

// Ledger takes the record of each ended call; it must not block, and may drop when it is full, counting that.
type Ledger interface {
	CDR(wissel.CDR)
}

// Observer is told what came of each attempt at a target, once, as soon as it is known and while the call goes on. It is
// called on the goroutine that owns the call, of many calls at one time, and must not block.
type Observer interface {
	Tried(wissel.Tried)
}

// Single takes the one call with which the way back of a group begins, of the stage that began at stage, and reports whether
// it was still there to take (lead.Claims). It is called for new calls while such a way back waits, and must not block.
type Single func(g wissel.GroupID, stage, now time.Time) bool
