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

// heard tells health that an answered target is heard.
func (s *shard) heard(l *leg) {
	if !l.joined.IsZero() {
		s.srv.o.Health.Observe(l.address, health.Observation{Layer: health.Media, Status: 200, At: s.now})
	}
}

// speaking is how lately a caller must have been heard to be a witness against a target that is not.
const speaking = 3 * time.Second

// unheard tells health that an answered target is not heard, though its caller is. When neither is, that is a silent call or
// our own network (promise 4): it is no evidence, and is looked at again.
func (s *shard) unheard(l *leg) {
	caller := l.call.callerLeg()
	if l.joined.IsZero() || caller == nil || caller.media == nil {
		return
	}
	if s.now.Sub(caller.media.Stats().LastReceived) > speaking {
		l.media.Expect()
		return
	}
	o := health.Observation{Layer: health.Media, Why: "answered and sent no RTP, though its caller did", At: s.now}
	if l.media.Stats().Received > 0 { // a quiet colleague behind gear that sends nothing for silence is no outage
		o.Why, o.Alone = "its RTP stopped in mid-call, though its caller's did not", true
	}
	s.srv.o.Health.Observe(l.address, o)
}
