package sip

import (
	"time"

	"wissel"
	"wissel/carriers/health"
	"wissel/sip/call"
)

// doTried tells the observer what came of an attempt.
func (s *shard) doTried(l *leg, e call.Tried) {
	if s.srv.o.Observer == nil || l.trunk == nil || l.personal { // what one of the people does is not his carrier's doing
		return
	}
	s.srv.o.Observer.Tried(wissel.Tried{
		Call: l.call.id, Group: l.call.decision.Line.Group, Trunk: l.trunk.ID, Address: l.address,
		Status: e.Status, Well: e.Well, Delay: s.now.Sub(l.left), Test: l.call.outgoing != nil, At: s.now,
	})
}

// doJoined tells health that an answered call stands over the leg's address. A test call is nobody's talk.
func (s *shard) doJoined(l *leg) {
	if l.call.outgoing != nil {
		return
	}
	l.joined = s.now
	s.reached(l)
	l.call.took()
	s.srv.o.Health.Joined(l.address)
	if l.media != nil {
		l.media.Expect()
	}
}

// parted tells it that this has ended, if it has not been told.
func (s *shard) parted(l *leg, normal bool) {
	if l.joined.IsZero() {
		return
	}
	s.srv.o.Health.Parted(l.address, s.now.Sub(l.joined), normal)
	l.joined = time.Time{}
}

// talks reports whether a leg is in a talk: its caller's, or, of a callback, that of the two who were joined.
func (l *leg) talks() bool { return !l.joined.IsZero() || l.partner() != nil }

// partner is the other side of a callback while the two are joined; nil: they are not.
func (l *leg) partner() *leg {
	if f := l.call.flow; f != nil && f.leg == l && f.joined != nil {
		return f.joined.leg
	}
	return nil
}

// witness is whom a talk is heard by: the caller, or the other side of a callback.
func (l *leg) witness() *leg {
	if p := l.partner(); p != nil {
		return p
	}
	return l.call.callerLeg()
}

// heard tells health that an answered target is heard.
func (s *shard) heard(l *leg) {
	if l.talks() {
		s.srv.o.Health.Observe(l.address, health.Observation{Layer: health.Media, Status: 200, At: s.now})
	}
}

// speaking is how lately a caller must have been heard to be a witness against a target that is not.
const speaking = 3 * time.Second

// outlived is how much longer than the target he must have been heard: two who fall silent in one moment do so by our own network.
const outlived = time.Second

// unheard tells health that an answered target is not heard, though its caller is; of a callback, that one side is not and the other is. When neither is, that is a silent call or
// our own network (promise 4): it is no evidence, and is looked at again.
func (s *shard) unheard(l *leg) {
	caller := l.witness()
	if !l.talks() || caller == nil || caller.media == nil {
		return
	}
	his, theirs := caller.media.Stats().LastReceived, l.media.Stats()
	if s.now.Sub(his) > speaking || theirs.Received > 0 && his.Sub(theirs.LastReceived) < outlived {
		l.media.Expect()
		return
	}
	o := health.Observation{Layer: health.Media, Why: "answered and sent no RTP, though its caller did", At: s.now}
	if theirs.Received > 0 { // a quiet colleague behind gear that sends nothing for silence is no outage
		o.Why, o.Alone = "its RTP stopped in mid-call, though its caller's did not", true
	}
	s.srv.o.Health.Observe(l.address, o)
}
