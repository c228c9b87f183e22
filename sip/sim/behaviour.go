package sim

import (
	"slices"
	"time"
)

// Behaviour is how a party takes calls, as data. The zero Behaviour answers OPTIONS and refuses every call with 480.
// Make one with the functions below, and add to it with its methods.
type Behaviour struct {
	Silent  bool    // it drops whatever comes, SIP and RTP, and sends nothing
	Deaf    bool    // it takes no INVITE in: a copy of one gets no answer either
	Options int     // its status for OPTIONS; 0: 200; Never: no answer
	Replies []Reply // to an INVITE, each at its time; none: 480
	Answers         // what it does once it has answered
	// Late: a CANCEL gets its 200, and so does the INVITE, this long after it, as if they had crossed. 0: 487.
	Late time.Duration
	// RetryAfter is put into refusals, in seconds. 0: none.
	RetryAfter int
	// Challenge asks for credentials first; nil: it trusts everybody.
	Challenge *Challenge
	// Keys are pressed once it has answered.
	Keys []Keys
}

// Never as Behaviour.Options leaves OPTIONS without an answer.
const Never = -1

// Reply is one response to an INVITE.
type Reply struct {
	After  time.Duration // since the INVITE came
	Status int
	Tag    int  // which To tag: each number is a far dialog of its own
	SDP    bool // with a description: early media
	// Headers are added: Reason, Session-Expires, Contact of a 302, …
	Headers []Header
}

// Answers is what a party does with a call that it has answered. Times count from its 200; 0: never.
type Answers struct {
	Hz     int           // the tone it plays; 0: silence, as RTP
	NoRTP  bool          // it sends no RTP at all
	Echo   bool          // it sends back what it hears, instead of sound of its own
	NoKeys bool          // with Echo: but no keys
	Hangup time.Duration // BYE
	Reason string        // the Reason header of that BYE (RFC 3326)
	Hold   time.Duration // a re-INVITE with sendonly
	Resume time.Duration // a re-INVITE with sendrecv
	Drop   time.Duration // the whole party turns silent
	Tells  []Tell        // requests in the call that say something
	Quiet  time.Duration // no RTP any more
}

// Tell is a request of a method (INFO, UPDATE, BYE) with a header, some time after the 200.
type Tell struct {
	After  time.Duration
	Method string
	Header Header
}

// Answer takes each call after a time; when that is over 200 ms, 100 comes first (RFC 3261 §17.2.1).
func Answer(after time.Duration) Behaviour {
	return Behaviour{Replies: []Reply{{After: after, Status: 200}}}
}

// Mute drops everything: the peer that is switched off behind a firewall.
func Mute() Behaviour { return Behaviour{Silent: true} }

// NoCalls answers OPTIONS, and says nothing to an INVITE.
func NoCalls() Behaviour { return Behaviour{Deaf: true} }

// Refuse answers each INVITE with a status at once.
func Refuse(status int) Behaviour { return Behaviour{Replies: []Reply{{Status: status}}} }

// Ring sends 180, and nothing more.
func Ring() Behaviour { return Behaviour{Replies: []Reply{{Status: 180}}} }

// RingThenAnswer sends 180 after ring, and 200 after answer, both counted from the INVITE.
func RingThenAnswer(ring, answer time.Duration) Behaviour {
	return Behaviour{Replies: []Reply{{After: ring, Status: 180}, {After: answer, Status: 200}}}
}

// RingThenRefuse sends 180 after ring, and a refusal after another time, both counted from the INVITE.
func RingThenRefuse(ring, refuse time.Duration, status int) Behaviour {
	return Behaviour{Replies: []Reply{{After: ring, Status: 180}, {After: refuse, Status: status}}}
}

// EarlyMedia sends 183 with a description after early, plays its tone from then on, and answers after answer.
func EarlyMedia(early, answer time.Duration) Behaviour {
	return Behaviour{Replies: []Reply{{After: early, Status: 183, SDP: true}, {After: answer, Status: 200, SDP: true}}}
}

// Trying says 100, and nothing more.
func Trying() Behaviour { return Behaviour{Replies: []Reply{{Status: 100}}} }

// Forked rings with two far dialogs, one after another, and the second answers.
func Forked(first, second, answer time.Duration) Behaviour {
	return Behaviour{Replies: []Reply{
		{After: first, Status: 180}, {After: second, Status: 183, Tag: 1, SDP: true}, {After: answer, Status: 200, Tag: 1, SDP: true},
	}}
}

// LateAnswer rings, and when it is cancelled it answers all the same, late after the CANCEL.
func LateAnswer(late time.Duration) Behaviour {
	b := Ring()
	b.Late = late
	return b
}

// Tone sets the tone that is played to the caller, in Hz.
func (b Behaviour) Tone(hz int) Behaviour { b.Hz = hz; return b }

// HangupAfter ends each call that long after its 200.
func (b Behaviour) HangupAfter(d time.Duration) Behaviour { b.Hangup = d; return b }

// HoldAfter holds each call from hold to resume after its 200; resume 0: for good.
func (b Behaviour) HoldAfter(hold, resume time.Duration) Behaviour {
	b.Hold, b.Resume = hold, resume
	return b
}

// DropAfter turns the party silent that long after its first 200: the platform that dies in mid-call.
func (b Behaviour) DropAfter(d time.Duration) Behaviour { b.Drop = d; return b }

// QuietAfter sends no RTP any more that long after each 200: the voice that is lost on its way.
func (b Behaviour) QuietAfter(d time.Duration) Behaviour { b.Quiet = d; return b }

// Telling sends a request with a header some time after each 200.
func (b Behaviour) Telling(after time.Duration, method, name, value string) Behaviour {
	b.Tells = append(slices.Clone(b.Tells), Tell{after, method, Header{Name: name, Value: value}})
	return b
}

// WithOptions sets the status for OPTIONS; Never: no answer.
func (b Behaviour) WithOptions(status int) Behaviour { b.Options = status; return b }

// WithRetryAfter puts Retry-After into refusals.
func (b Behaviour) WithRetryAfter(seconds int) Behaviour { b.RetryAfter = seconds; return b }

// Challenging asks for credentials before it takes a call.
func (b Behaviour) Challenging(c Challenge) Behaviour { b.Challenge = &c; return b }

// Pressing presses keys some time after the answer, as RFC 4733 events.
func (b Behaviour) Pressing(after time.Duration, digits string) Behaviour {
	b.Keys = append(slices.Clone(b.Keys), Keys{After: after, Digits: digits})
	return b
}

// Echoing sends back what it hears, keys too.
func (b Behaviour) Echoing() Behaviour { b.Echo = true; return b }

// WithoutKeys loses the keys of what it echoes.
func (b Behaviour) WithoutKeys() Behaviour { b.NoKeys = true; return b }

// WithoutRTP answers and sends no sound at all.
func (b Behaviour) WithoutRTP() Behaviour { b.NoRTP = true; return b }
