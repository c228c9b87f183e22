// Package health judges whether an address takes calls. Policy.Next is pure: observations in, health out, no clock and no
// I/O. Board is the one loop around it: it sends OPTIONS through a Prober that package sip provides, takes in what calls
// learn, and publishes verdicts when they change. It knows no SIP messages and opens no socket.
package health

import (
	"time"

	"wissel"
)

// Layer is a kind of evidence. Each has its own streak, and recovers by its own kind alone, or by a deep test call.
type Layer uint8

// The layers. Transport: ICMP, RST, refused connections, and whether anything arrives at all; Probe: our OPTIONS; Calls:
// what real calls met; Media: RTP of answered calls; Ends: answered calls that end in a mass; Quality: answer rate, delay
// and length of calls against the trunk's own baseline (Suspect at most); Test: deep test calls; Outside: the platform's
// own status page (Suspect at most).
const (
	Transport Layer = iota
	Probe
	Calls
	Media
	Ends
	Quality
	Test
	Outside
	layers // how many there are
)

// String is the layer's name for people and metrics.
func (l Layer) String() string {
	if l >= layers {
		return "none"
	}
	return [layers]string{"transport", "probe", "calls", "media", "ends", "quality", "test", "outside"}[l]
}

// Mark says what an observation means for its layer.
type Mark uint8

// The marks. Fatal is bad enough by itself.
const (
	Neutral Mark = iota // it says nothing about this layer
	Good
	Bad
	Fatal
)

// Observation is what one probe or one real call taught us about one address.
type Observation struct {
	Layer       Layer
	Status      int           // SIP status that arrived, 100-699; 0 is silence. A timeout of ours is never written as 408
	Mark        Mark          // what the trunk's settings make of Status (Probe.Accept); Neutral: the rule of the layer holds
	OnTheWay    bool          // Unreachable: a router or our own host said so, not the peer, so perhaps it is us
	Unreachable bool          // Status 0: the network or the host said so (ICMP, RST, refused, handshake). It counts for Transport
	Unable      error         // we could not ask (own DNS, certificate, socket): no evidence, so no change
	Alive       bool          // of Calls, no final status: it was heard since, so this call alone was kept waiting. It is bad, not fatal
	Alone       bool          // Status 0: nothing came from anyone else either, so perhaps it is us: Suspect at most
	Why         string        // for people: "connection refused"; empty: made from the rest
	At          time.Time     // zero: now
	Rest        time.Duration // of a Probe with status 503: how long it asks to be left alone (Retry-After); 0: it does not say
	Took        time.Duration // from asking to the answer; 0 when there was none
}

// Policy holds the thresholds.
type Policy struct {
	Fall    int           // bad observations of one layer in a row until it is Down; 3. Of Transport and Ends 2; one silent call is enough
	Rise    int           // good ones in a row until it is Up again; 3
	Dwell   time.Duration // an address that went Down stays so at least this long; doubled by each flap; 5 s
	Longest time.Duration // the longest that Dwell grows to; 5 min
	Calm    time.Duration // each such time since it was last Down takes one flap away; 10 min
	Stale   time.Duration // a Suspect layer of which nothing was heard for so long no longer counts; 60 s
	Slowest time.Duration // the longest that the time between probes grows to while a peer refuses them and takes calls; 30 s
}

// DefaultPolicy gives the figures of DESIGN ("Health and the switch").
func DefaultPolicy() Policy {
	return Policy{
		Fall: 3, Rise: 3, Dwell: 5 * time.Second, Longest: 5 * time.Minute, Calm: 10 * time.Minute, Stale: time.Minute,
		Slowest: 30 * time.Second,
	}
}

// Check reports what is wrong with a Policy.
func (p Policy) Check(at string) (ps []wissel.Problem) {
	bad := func(key, msg string) { ps = append(ps, wissel.Problem{Path: at + "." + key, Msg: msg}) }
	if p.Fall < 2 || p.Fall > 100 {
		bad("fall", "must be 2 to 100: one lost probe must not make an address down")
	}
	if p.Rise < 1 || p.Rise > 100 {
		bad("rise", "must be 1 to 100")
	}
	if p.Dwell < 0 || p.Dwell > time.Hour {
		bad("dwell", p.Dwell.String()+" is outside 0s to 1h")
	}
	if p.Longest < p.Dwell {
		bad("longest", p.Longest.String()+" is less than dwell")
	}
	if p.Calm <= 0 {
		bad("calm", "must be more than 0s")
	}
	if p.Stale <= 0 {
		bad("stale", "must be more than 0s")
	}
	if p.Slowest <= 0 {
		bad("slowest", "must be more than 0s")
	}
	return ps
}

// LayerHealth is the state of one layer.
type LayerHealth struct {
	State  wissel.State
	Bad    int       // bad observations in a row
	Alone  int       // how many of them came while everybody was silent: they do not make Down
	Good   int       // good ones in a row
	Kept   int       // of Calls: keptCost for each call kept waiting (Alive), less one for each good word since
	Trial  bool      // it was Down, and not well Rise times since: the next bad one makes it Down again
	Since  time.Time // when State began
	First  time.Time // when the present streak of bad ones began
	Last   time.Time // the last observation
	Until  time.Time // the end of the dwell
	Rest   time.Time // of Probe: until when it asked to be left alone; zero: it did not
	Status int       // of the last bad observation; 0: silence
	Why    string    // what the last bad observation said of itself
}

// Health is all that is known of one address. The zero Health is Unknown. It is a plain value.
type Health struct {
	Layers   [layers]LayerHealth
	State    wissel.State
	Since    time.Time
	Flaps    int       // falls to Down that have not been forgotten, of whatever layer: the hold-down is the address's
	Rose     time.Time // when it last left Down
	Answered bool      // it has answered OPTIONS at least once
	Proven   time.Time // when a real call was last answered over it
	Taken    time.Time // when it last took a call of ours: it rang, was answered, or a person refused; a test call that passed too
	Claimed  time.Time // when the one call of its Retry was last given out
	Refusals int       // OPTIONS in a row that were refused or lost
	Refused  time.Time // when the first of them was
}
