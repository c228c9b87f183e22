package sip

import (
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
