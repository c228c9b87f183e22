package sip

import (
	"time"

	"wissel"
	"wissel/carriers/unanswered"
)

// Unanswered learns whether carriers take the status for the end that ends a call which heard a flow unanswered. It is called
// on the goroutine that owns the call, and must not block.
type Unanswered interface {
	Ended(c unanswered.Call, status int)
	// Began is told of the calls that come while Watches says that they are of use.
	Watches(now time.Time) bool
	Began(c unanswered.Call)
}

// begins tells of an INVITE that asks for a call. from is its caller as far as can be told, trusted or not.
func (s *shard) begins(h *head, trunk *wissel.Trunk, from, rung wissel.Number) {
	if u := s.srv.o.Unanswered; u != nil && u.Watches(s.now) {
		u.Began(unanswered.Call{Trunk: trunk.ID, From: from, To: rung, CallID: string(h.callID), Tag: string(h.fromTag()), At: s.now})
	}
}

// endsUnanswered tells that a flow that was heard unanswered lets its caller go. It is told before the status goes out, so that
// a call which comes again is told of later.
func (f *flow) endsUnanswered() {
	c, l := f.leg.call, f.leg
	u := c.shard.srv.o.Unanswered
	if u == nil || !f.unpaid || l.trunk == nil || c.test() {
		return
	}
	u.Ended(unanswered.Call{
		ID: c.id, Trunk: l.trunk.ID, From: c.loopFrom, To: c.rung, CallID: l.callID, Tag: l.own.remoteTag, At: time.Now(),
	}, f.status)
}
