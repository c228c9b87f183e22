package sip

import (
	"time"

	"wissel"
)

// Proved is told when a call has gone through a trunk end to end: it was answered there and, where voice flows through us, both
// sides were heard; then At is when the trunk was last heard. It is called when the far leg closes, on the goroutine that owns the
// call, and must not block.
type Proved func(id wissel.TrunkID, p wissel.Proof)

// heard notes when voice last came in over a leg, before its media closes; zero: never.
func (l *leg) heard() time.Time {
	if l.media != nil {
		if st := l.media.Stats(); st.Received > 0 {
			l.spoke = st.LastReceived
		}
	}
	return l.spoke
}

// proves tells that the call went through the trunk of a leg that closes. Calls of our own are judged by who placed them.
func (s *shard) proves(l *leg) {
	at := l.heard()
	c := l.call
	if s.srv.o.Proved == nil || l.server || l.own == nil || l.trunk == nil || c.outgoing != nil && c.back == nil {
		return
	}
	if c.back != nil {
		if c.both && !at.IsZero() {
			s.srv.o.Proved(l.trunk.ID, wissel.Proof{At: at, Call: c.id})
		}
		return
	}
	caller := c.callerLeg()
	switch {
	case c.settings.Media == wissel.Direct:
		at = s.now
	case at.IsZero() || caller == nil || caller.heard().IsZero():
		return
	}
	s.srv.o.Proved(l.trunk.ID, wissel.Proof{At: at, Call: c.id})
}
