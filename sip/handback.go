package sip

import (
	"hash/maphash"
	"slices"
	"time"

	"wissel/internal/plan"
	"wissel/sip/call"
)

// HeldAttending is an Attending that may have its caller tried elsewhere and go on if nobody takes him (Host.Hunt). Meanwhile
// it has no host. Whatever comes, it hears of one of these, or of Hangup when the caller is gone.
type HeldAttending interface {
	Attending
	// Took: somebody has taken him. It hears nothing more.
	Took()
	// Resume: nobody could, and h is its host from here on. Begin follows once he can hear something.
	Resume(h Host)
}

// Hunt implements Host: the caller is tried as a new call to the number he rang would be.
func (f *flow) Hunt() {
	f.Post(func() {
		held, ok := f.attending.(HeldAttending)
		if !ok {
			panic("sip: a flow hunts that cannot go on afterwards") // ours, and only when it is written wrongly
		}
		if !f.leg.call.shard.huntFor(f) {
			held.Resume(f)
			held.Begin()
		}
	})
}

// huntFor begins the hunt, and reports whether there is one.
func (s *shard) huntFor(f *flow) bool {
	c := f.leg.call
	if c.trunk == nil { // we placed the call: it is to hear this flow, and nothing else
		return false
	}
	snap := s.srv.o.Snapshot()
	now := time.Now()
	d := s.route(snap, plan.Request{To: c.rung, From: c.caller.Number, Trunk: c.trunk.ID, Now: now, Chance: maphash.String(s.srv.seed, f.leg.callID)})
	if d.Refuse != 0 || d.Steps[0].Target.Flow != "" {
		return false
	}
	c.decision.Reasons = append(append(slices.Clip(c.decision.Reasons), "in the flow he asked for a colleague at "+now.UTC().Format(time.TimeOnly)+" UTC"), d.Reasons...)
	c.held, c.heldFlow = f.attending, f.name
	s.feed(c, call.Event{Kind: call.FlowDial, Leg: f.leg.n, Route: c.tries(snap, d.Steps)})
	s.settle()   // at once: whether he is handed on decides what his flow hears
	if !f.over { // he may not be handed on now
		c.held = nil
	}
	return f.over
}

// took tells a flow that waits for its caller that somebody has him.
func (c *live) took() {
	if held, ok := c.held.(HeldAttending); ok {
		c.held = nil
		c.hush()
		held.Took()
	}
}

// hush ends what the caller heard while he was tried elsewhere.
func (c *live) hush() {
	if l := c.callerLeg(); l != nil && l.media != nil {
		l.media.Stop()
	}
}

// leave tells a flow that waits for its caller that he is gone.
func (c *live) leave() {
	if held := c.held; held != nil {
		c.held = nil
		held.Hangup()
	}
}
