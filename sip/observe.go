package sip

import (
	"time"

	"wissel"
	"wissel/sip/call"
)

// doTried tells the observer what came of an attempt.
func (s *shard) doTried(l *leg, e call.Tried) {
	if s.srv.o.Observer == nil || l.trunk == nil {
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
	s.srv.o.Health.Joined(l.address)
}

// parted tells it that this has ended, if it has not been told.
func (s *shard) parted(l *leg, normal bool) {
	if l.joined.IsZero() {
		return
	}
	s.srv.o.Health.Parted(l.address, s.now.Sub(l.joined), normal)
	l.joined = time.Time{}
}
