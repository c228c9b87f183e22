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

// Observation is what one probe or one real call taught us about one address.
type Observation struct {
	Layer       Layer
	Status      int           // SIP status that arrived, 100-699; 0 is silence. A timeout of ours is never written as 408
	Unreachable bool          // Status 0: the network or the host said so (ICMP, RST, refused). It counts for Transport
	Unable      error         // we could not ask (own DNS, certificate, socket): no evidence, so no change
	Alone       bool          // Status 0: nothing came from anyone else either, so perhaps it is us: Suspect at most
	Why         string        // for people: "connection refused"; empty: made from the rest
	At          time.Time     // zero: now
	Took        time.Duration // from asking to the answer; 0 when there was none
}

// Policy holds the thresholds.
type Policy struct {
	Fall    int           // bad observations of one layer in a row until it is Down; 3. Of Transport 2; one silent call is enough
	Rise    int           // good ones in a row until it is Up again; 3
	Dwell   time.Duration // a layer that went Down stays so at least this long; doubled by each flap; 5 s
	Longest time.Duration // the longest that Dwell grows to; 5 min
	Calm    time.Duration // so long without a fall, and flaps are forgotten; 10 min
	Stale   time.Duration // a Suspect layer of which nothing was heard for so long no longer counts; 60 s
}

// DefaultPolicy gives the figures of DESIGN ("Health and the switch").
func DefaultPolicy() Policy {
	return Policy{Fall: 3, Rise: 3, Dwell: 5 * time.Second, Longest: 5 * time.Minute, Calm: 10 * time.Minute, Stale: time.Minute}
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
	return ps
}

// LayerHealth is the state of one layer.
type LayerHealth struct {
	State  wissel.State
	Bad    int       // bad observations in a row
	Good   int       // good ones in a row
	Flaps  int       // falls to Down that have not been forgotten
	Trial  bool      // Suspect after Down: the next bad one makes it Down again
	Since  time.Time // when State began
	First  time.Time // when the present streak of bad ones began
	Last   time.Time // the last observation
	Fell   time.Time // the last fall to Down
	Until  time.Time // the end of the dwell
	Status int       // of the last bad observation; 0: silence
	Why    string    // what the last bad observation said of itself
}

// Health is all that is known of one address. The zero Health is Unknown. It is a plain value.
type Health struct {
	Layers   [layers]LayerHealth
	State    wissel.State
	Since    time.Time
	Answered bool      // it has answered OPTIONS at least once
	Proven   time.Time // when a real call was last answered over it
	Claimed  time.Time // when the one call of its Retry was last given out
}

// Next returns the health of an address after one more observation.
func (p Policy) Next(h Health, o Observation, now time.Time) Health {
	if o.Unable != nil || o.Layer >= layers {
		return h // no evidence, so no change
	}
	if o.Unreachable && o.Status == 0 {
		o.Layer = Transport
	}
	g := grade(o)
	most := wissel.Down
	if o.Alone && o.Status == 0 || o.Layer == Outside || o.Layer == Quality || o.Layer == Probe && o.Status == 0 && !h.Answered {
		most = wissel.Suspect // perhaps it is us, a status page, or a peer that answers no OPTIONS at all
	}
	h.Layers[o.Layer] = p.layer(h.Layers[o.Layer], o, g, most, now)
	if o.Status > 0 && o.Layer != Transport && o.Layer != Outside {
		arrived := Observation{Layer: Transport, Status: o.Status}
		h.Layers[Transport] = p.layer(h.Layers[Transport], arrived, good, most, now) // something came through
	}
	if o.Layer == Test && g == good { // a whole call that worked is evidence of every kind of call
		h.Layers[Calls] = p.layer(h.Layers[Calls], o, good, most, now)
		h.Layers[Media] = p.layer(h.Layers[Media], o, good, most, now)
	}
	if o.Layer == Probe && o.Status >= 200 {
		h.Answered = true
	}
	if o.Layer == Calls && o.Status/100 == 2 {
		h.Proven = now
	}
	return p.judge(h, now)
}

// At is h at a later time without a new observation: a Suspect layer may have become stale.
func (p Policy) At(h Health, now time.Time) Health { return p.judge(h, now) }

// grades of an observation.
type mark uint8

const (
	neutral mark = iota // it says nothing about this layer
	good
	bad
	fatal // enough by itself
)

// grade says what an observation means for its own layer.
func grade(o Observation) mark {
	switch o.Layer {
	case Calls:
		return gradeCall(o.Status)
	case Probe:
		switch {
		case o.Status == 0, o.Status == 503: // 503 is "I take no calls"
			return bad
		case o.Status < 200:
			return neutral
		}
		return good // any other final response, 404, 405, 408, 481, 501 too: it lives, and it may not know OPTIONS
	case Test, Outside:
		if o.Status/100 == 2 {
			return good
		}
		return bad
	case Transport, Media, Ends, Quality, layers:
	}
	if o.Status == 0 {
		return bad
	}
	return good
}

// gradeCall says what the answer to a real INVITE means. Its silence has been checked by a burst of probes before it is
// reported, so it is enough by itself.
func gradeCall(status int) mark {
	switch {
	case status == 0:
		return fatal
	case status == 501, status == 505, status == 513, status == 580: // it did not like this very request
		return neutral
	case status/100 == 5:
		return bad
	case status >= 180 && status < 300, status == 486, status == 600, status == 603: // it rings, or a person spoke
		return good
	}
	return neutral // 100, 3xx, 408 and other 4xx: alive, but no word on whether calls get through
}

// layer moves one layer by one observation; most is the worst that it may make of it.
func (p Policy) layer(l LayerHealth, o Observation, g mark, most wissel.State, now time.Time) LayerHealth {
	if g == neutral {
		return l
	}
	l.Last = now
	if g == good {
		l.Bad = 0
		l.Good++
		return p.rise(l, o.Layer, now)
	}
	l.Good = 0
	l.Bad++
	if l.Bad == 1 {
		l.First = now
	}
	l.Status, l.Why = o.Status, o.Why
	fall := p.Fall
	if o.Layer == Transport {
		fall = 2
	}
	switch enough := g == fatal || l.Trial || l.Bad >= fall; {
	case l.State == wissel.Down:
		if tried(o.Layer) {
			l.Until = now.Add(p.dwell(l.Flaps - 1)) // the one call that tried it found it as it was
		}
	case enough && most == wissel.Down:
		if now.Sub(l.Fell) > p.Calm {
			l.Flaps = 0
		}
		l.State, l.Since, l.Fell, l.Trial = wissel.Down, now, now, false
		l.Until = now.Add(p.dwell(l.Flaps))
		l.Flaps++
	case l.State != wissel.Suspect:
		l.State, l.Since = wissel.Suspect, now
	}
	return l
}

// rise moves a layer up after a good observation.
func (p Policy) rise(l LayerHealth, of Layer, now time.Time) LayerHealth {
	switch l.State {
	case wissel.Unknown:
		l.State, l.Since = wissel.Up, now
	case wissel.Suspect:
		if l.Good >= p.Rise {
			l.State, l.Since, l.Trial = wissel.Up, now, false
		}
	case wissel.Down:
		switch {
		case now.Before(l.Until):
		case tried(of): // its one call went well: the others may follow, on trial
			l.State, l.Since, l.Trial, l.Good = wissel.Suspect, now, true, 1
		case l.Good >= p.Rise:
			l.State, l.Since = wissel.Up, now
		}
	case wissel.Up:
	}
	return l
}

// tried reports whether only real calls can show that the layer is well again.
func tried(l Layer) bool { return l == Calls || l == Media }

// dwell is how long a layer stays Down after so many earlier flaps.
func (p Policy) dwell(flaps int) time.Duration {
	d := p.Dwell << min(flaps, 20)
	if d > p.Longest || d < p.Dwell {
		return p.Longest
	}
	return d
}

// judge makes the worst layer that counts the state of the address.
func (p Policy) judge(h Health, now time.Time) Health {
	worst := wissel.Unknown
	for i := range h.Layers {
		if l := &h.Layers[i]; l.State > worst && !p.stale(l, now) {
			worst = l.State
		}
	}
	if worst != h.State {
		h.State, h.Since = worst, now
	}
	return h
}

// stale reports whether a layer no longer counts. One that is Down counts until its own kind of evidence says otherwise.
func (p Policy) stale(l *LayerHealth, now time.Time) bool {
	return l.State == wissel.Suspect && now.Sub(l.Last) >= p.Stale
}
