package sip

import "wissel"

// Proved is told when a call has gone through a trunk end to end: it was answered there and, where voice flows through us, both
// sides were heard. It is called when the far leg closes, on the goroutine that owns the call, and must not block.
type Proved func(id wissel.TrunkID, p wissel.Proof)

// heard notes whether voice has come in over a leg, before its media closes.
func (l *leg) heard() bool {
	l.spoke = l.spoke || l.media != nil && l.media.Stats().Received > 0
	return l.spoke
}

// proves tells that the call went through the trunk of a leg that closes. Calls of our own are judged by who placed them.
func (s *shard) proves(l *leg) {
	spoke := l.heard()
	c := l.call
	if s.srv.o.Proved == nil || l.server || l.own == nil || l.trunk == nil || c.outgoing != nil {
		return
	}
	caller := c.callerLeg()
	if c.settings.Media == wissel.Direct || spoke && caller != nil && caller.heard() {
		s.srv.o.Proved(l.trunk.ID, wissel.Proof{At: s.now, Call: c.id})
	}
}
