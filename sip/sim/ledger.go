package sim

import (
	"slices"
	"time"
)

// Record is what one party knows of one call. Zero times: it never came to that.
type Record struct {
	CallID    string
	Outgoing  bool   // this party placed it
	From, To  string // the users of the From header and of the Request-URI
	Invite    *Message
	Placed    time.Time // the INVITE left or came
	Rang      time.Time // the first 18x
	Answered  time.Time // the 2xx
	Ended     time.Time // BYE, a refusal, or nothing came in time
	Status    int       // the final one; 0: none came in time
	Codes     []int     // every status sent or received for the INVITE, without repeats
	Rings     int       // 18x, each tag and status once
	EndedBy   string    // "us" or "them": who sent BYE or CANCEL
	Reason    string    // the Reason header of that BYE or CANCEL, or of the refusal
	Offers    int       // re-INVITEs and UPDATEs with a description that came in the call
	Refreshes int       // requests that refreshed the session (RFC 4028)
	Refused   int       // final statuses of 300 and above to our re-INVITEs
	Held      bool      // the other side last said that it sends or takes nothing
	Digits    string    // keys received, by RFC 4733 or INFO
	Sounds    []Sound
	Received  int           // RTP packets
	Sent      int           // RTP packets
	Sources   int           // SSRCs received
	Gap       time.Duration // the longest time without RTP once there was some, until the end of the call
	Alive     bool          // its dialog or its INVITE has not ended on this side
}

// Setup is the time from the INVITE to the first 18x or 2xx; 0 when neither came.
func (r Record) Setup() time.Duration {
	switch {
	case !r.Rang.IsZero():
		return r.Rang.Sub(r.Placed)
	case !r.Answered.IsZero():
		return r.Answered.Sub(r.Placed)
	}
	return 0
}

// Tones lists the tones heard, in order, without speech and silence.
func (r Record) Tones() (hz []int) {
	for _, s := range r.Sounds {
		if s.Hz > 0 && (len(hz) == 0 || hz[len(hz)-1] != s.Hz) {
			hz = append(hz, s.Hz)
		}
	}
	return hz
}

// Sound is what was heard from Since to Until: a tone of Options.Tones, or, with Hz 0, something else (speech).
type Sound struct {
	Hz           int
	Since, Until time.Time
}

// Ledger is what a party counted, as a copy.
type Ledger struct {
	Name        string
	Calls       []Record // in the order in which they began
	Options     int      // OPTIONS that came, repeats left out
	ByesIn      int      // BYEs that came, repeats left out
	ByesOut     int
	Strays      int      // responses that match nothing of ours, and requests in no dialog of ours
	Complaints  []string // rules that the other side broke
	SIPIn       int      // SIP datagrams
	SIPOut      int
	Unreachable int // reads that returned an error: ICMP, where the socket tells it
}

// Placed counts the calls placed; Taken those that came.
func (l Ledger) Placed() int { return l.count(func(r Record) bool { return r.Outgoing }) }

// Taken counts the calls that came.
func (l Ledger) Taken() int { return l.count(func(r Record) bool { return !r.Outgoing }) }

// Answered counts calls with a 2xx.
func (l Ledger) Answered() int { return l.count(func(r Record) bool { return !r.Answered.IsZero() }) }

// Alive counts legs that nobody has ended: after all is over, orphans.
func (l Ledger) Alive() int { return l.count(func(r Record) bool { return r.Alive }) }

// Rings counts the calls for which a 18x went out or came.
func (l Ledger) Rings() int { return l.count(func(r Record) bool { return !r.Rang.IsZero() }) }

func (l Ledger) count(is func(Record) bool) (n int) {
	for _, r := range l.Calls {
		if is(r) {
			n++
		}
	}
	return n
}

func (r *Record) copy() Record {
	c := *r
	c.Sounds, c.Codes = slices.Clone(r.Sounds), slices.Clone(r.Codes)
	return c
}

// code notes a status of the INVITE's, once.
func (r *Record) code(status int) {
	if !slices.Contains(r.Codes, status) {
		r.Codes = append(r.Codes, status)
	}
}

// listener sorts the frames that come into sounds. A sound needs three frames in a row; speech may pause for half a second.
type listener struct {
	tones []int
	last  int // what the last frames were: -1 silence
	run   int
	since time.Time
	frame []int // the packet at hand, decoded
}

const (
	nothing   = -1
	threshold = 0.8 // share of the energy that makes a tone
)

func (l *listener) hear(r *Record, law Codec, payload []byte, now time.Time) {
	what := l.classify(law, payload)
	if what != l.last || l.run == 0 {
		l.last, l.run, l.since = what, 0, now
	}
	l.run++
	if l.run < 3 || what == nothing {
		return
	}
	if n := len(r.Sounds); n > 0 && r.Sounds[n-1].Hz == what && now.Sub(r.Sounds[n-1].Until) < 500*time.Millisecond {
		r.Sounds[n-1].Until = now
		return
	}
	r.Sounds = append(r.Sounds, Sound{Hz: what, Since: l.since, Until: now})
}

func (l *listener) classify(law Codec, payload []byte) int {
	l.frame = l.frame[:0]
	energy := 0
	for _, b := range payload {
		v := law.decode(b)
		l.frame = append(l.frame, v)
		energy += v * v
	}
	if len(payload) == 0 || energy/len(payload) < 100*100 {
		return nothing
	}
	for _, hz := range l.tones {
		if goertzel(l.frame, hz) > threshold {
			return hz
		}
	}
	return 0
}
