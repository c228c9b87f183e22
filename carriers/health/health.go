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

// The layers. Transport: ICMP, RST, refused connections; Probe: our OPTIONS; Calls: what real calls met; Media: RTP of
// answered calls; Test: deep test calls; Outside: the platform's own status page (Suspect at most).
const (
	Transport Layer = iota
	Probe
	Calls
	Media
	Test
	Outside
	layers // how many there are
)

// Observation is what one probe or one real call taught us about one address.
type Observation struct {
	Layer       Layer
	Status      int           // SIP status that arrived, 100-699; 0 is silence. A timeout of ours is never written as 408
	Unreachable bool          // Status 0: the network or the host said so (ICMP, RST, refused), at once
	Unable      error         // we could not ask (own DNS, certificate, socket): no evidence, so no change
	Why         string        // one line for people; empty: made from the rest
	At          time.Time     // zero: now
	Took        time.Duration // from asking to the answer; 0 when there was none
}

// Policy holds the thresholds.
type Policy struct {
	Fall    int           // bad observations of one layer in a row until it is Down; 3
	Rise    int           // good ones in a row until it is Up again; 3
	Dwell   time.Duration // a layer that went Down stays so at least this long; doubled by each flap; 5 s
	Longest time.Duration // the longest that Dwell grows to; 5 min
	Calm    time.Duration // so long without a fall, and flaps are forgotten; 10 min
	Stale   time.Duration // a layer that is not Down and was not heard of for so long no longer counts; 60 s
}

// DefaultPolicy gives the figures of DESIGN ("Health and the switch").
func DefaultPolicy() Policy {
	return Policy{Fall: 3, Rise: 3, Dwell: 5 * time.Second, Longest: 5 * time.Minute, Calm: 10 * time.Minute, Stale: time.Minute}
}

// State of one layer.
type LayerHealth struct {
	State wissel.State
	Bad   int       // bad observations in a row
	Good  int       // good ones in a row
	Flaps int       // falls to Down that have not been forgotten
	Since time.Time // when State began
	First time.Time // when the streak of bad ones began
	Last  time.Time // the last observation
	Why   string    // the evidence for State, one line for people
}

// Health is all that is known of one address. The zero Health is Unknown. It is a plain value.
type Health struct {
	Layers   [layers]LayerHealth
	State    wissel.State
	Since    time.Time
	Answered bool      // it has answered OPTIONS at least once
	Proven   time.Time // when a real call was last answered over it
	Claimed  time.Time // when the one call of its last Retry was given out
}

// Next returns the health of an address after one more observation.
func (p Policy) Next(h Health, o Observation, now time.Time) Health {
	return h
}

// Verdict is h as routing and people need it, at now. Seen is left to the Board.
func (p Policy) Verdict(h Health, now time.Time) wissel.Verdict {
	return wissel.Verdict{State: h.State, Since: h.Since, Answered: h.Answered, Proven: h.Proven}
}
