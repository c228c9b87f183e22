package sip

import (
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/internal/plan"
	"wissel/sip/call"
)

// A flow is the IVR program that attends a caller, as its call sees it. It is the Host of that program: all methods but
// Post are called on the shard's goroutine.
type flow struct {
	leg       *leg
	name      wissel.FlowID
	attending Attending
	timers    map[int]*timer
	keys      int
	unpaid    bool // it is heard unanswered, and then status ends the call
	status    int
	until     time.Time // when it ends at the latest, if it is unpaid
	over      bool
	joined    *flow  // whose caller this one's hears (Join); nil: nobody's
	sent      uint64 // packets to him, as of the last Heard
}

// mostKeys is how many keys one flow takes; what comes after is somebody leaning on his telephone (FAULTS A21).
const mostKeys = 1000

// doAttend opens the media of a flow, from the pairs kept for flows if need be, and prepares it.
func (s *shard) doAttend(c *live, e call.Attend) {
	l := c.leg(e.Leg)
	if l == nil {
		return
	}
	if s.srv.o.Attendant == nil {
		s.feed(c, call.Event{Kind: call.Failed, Leg: e.Leg, Reason: "there are no flows"})
		return
	}
	if err := s.open(l, true); err != nil {
		s.srv.log.Warn("no media for a flow", "call", c.id, "flow", string(e.Flow), "error", err)
		s.feed(c, call.Event{Kind: call.NoPorts, Leg: e.Leg})
		return
	}
	f := &flow{leg: l, timers: map[int]*timer{}}
	who := AttendedCall{
		Call: c.id, Leg: l.n, Group: c.decision.Line.Group, Flow: e.Flow, From: c.caller.Number, Withheld: c.caller.Withheld, Rung: c.rung,
	}
	if c.test() {
		who.Trunk, who.Claimed, who.Named = c.came(), c.loopFrom, c.named
	}
	a, err := s.attending(c, e.Flow, who, f)
	if err != nil {
		s.srv.log.Error("a flow cannot attend", "call", c.id, "flow", string(e.Flow), "error", err)
		s.feed(c, call.Event{Kind: call.Failed, Leg: e.Leg, Reason: err.Error()})
		return
	}
	f.attending, f.name = a, e.Flow
	c.flow = f
	if c.outgoing == nil && !l.personal {
		c.target = wissel.Target{Flow: e.Flow}
	}
	l.media.Digits(true)
	status := earlyStatus(l, a)
	f.status, f.unpaid = status, status != 0 && c.state.AnsweredAt.IsZero() && !c.state.Late
	s.feed(c, call.Event{Kind: call.Attended, Leg: e.Leg, Status: status})
}

// attending is the flow that waits for its caller, if there is one of this name, else a new one.
func (s *shard) attending(c *live, name wissel.FlowID, who AttendedCall, f *flow) (Attending, error) {
	if held, ok := c.held.(HeldAttending); ok && c.heldFlow == name {
		c.held = nil
		held.Resume(f)
		return held, nil
	}
	if !f.leg.personal { // while people are rung a flow that waits for its caller goes on waiting
		c.leave()
	}
	return s.srv.o.Attendant.Attend(who, f)
}

// earlyStatus is the status that ends the call of one who hears the flow unanswered; 0: it answers him.
func earlyStatus(l *leg, a Attending) int {
	if early, ok := a.(EarlyAttending); !ok || !early.Early() || !l.server {
		return 0
	}
	if l.trunk != nil && l.trunk.Unanswered != 0 {
		return l.trunk.Unanswered
	}
	return 480
}

// earlyStay is how long a flow may be heard unanswered: carriers give such a call up not long after, and one that is given up has no code
// of ours. earlyToken is of the timer that ends it; those of flows are positive.
const (
	earlyStay  = 30 * time.Second
	earlyToken = -1
	longEnough = "heard unanswered for as long as carriers allow"
)

// begin lets the flow speak. One that is heard unanswered is ended in time, however long its sound has become.
func (f *flow) begin() {
	if f.unpaid {
		t := &timer{ring: func() { f.End(longEnough) }}
		f.timers[earlyToken] = t
		f.until = time.Now().Add(earlyStay)
		f.leg.call.shard.timers.set(t, f.until)
	}
	f.attending.Begin()
}

// dismiss ends the call's flow: the caller is gone or goes on.
func (s *shard) dismiss(c *live) {
	f := c.flow
	if f == nil {
		return
	}
	c.flow = nil
	f.stop(s)
	goesOn := c.held == f.attending // if nobody takes the caller
	if f.leg.media != nil {
		f.leg.playing = false
		if !goesOn { // else he hears it until somebody else is heard
			f.leg.media.Stop()
		}
		f.leg.media.Digits(false)
		f.leg.media.Listen(false)
	}
	if !goesOn {
		f.attending.Hangup()
	}
	if f.leg.media != nil {
		_ = f.leg.media.Sound() // what nobody asked for is forgotten
	}
}

func (f *flow) stop(s *shard) {
	f.part()
	f.over = true
	for _, t := range f.timers {
		s.timers.stop(t)
	}
}

// played: the clips of one Play are out. What a Play says that was stopped, or has been followed by another, was already on
// its way, and is of no use.
func (s *shard) played(l *leg, play uint32) {
	f := l.call.flow
	if f == nil || f.leg != l || !l.playing || play != l.plays {
		return
	}
	l.playing = false
	s.protect(l.call, f.attending.Played)
}

// digit is a key that the caller pressed: RFC 4733, in sound, or by INFO.
func (s *shard) digit(l *leg, d wissel.Digit) {
	f := l.call.flow
	if f == nil || f.leg != l || !d.Valid() {
		return
	}
	if f.keys++; f.keys > mostKeys {
		return
	}
	if !l.personal {
		l.call.digits++
	}
	s.protect(l.call, func() { f.attending.Digit(d) })
}

// recorded: what the caller said is there.
func (s *shard) recorded(l *leg, number uint32) {
	f := l.call.flow
	if f == nil || f.leg != l || f.over || number != l.records {
		return
	}
	if a, ok := f.attending.(RecordAttending); ok {
		s.protect(l.call, a.Recorded)
	}
}

// Record implements Host.
func (f *flow) Record(max, quiet time.Duration) {
	if !f.over && f.leg.media != nil {
		f.leg.records++
		f.leg.media.Record(max, quiet)
	}
}

// StopRecord implements Host.
func (f *flow) StopRecord() {
	if !f.over && f.leg.media != nil {
		f.leg.media.StopRecord()
	}
}

// Sound implements Host.
func (f *flow) Sound() audio.Sound {
	if f.leg.media == nil {
		return audio.Sound{}
	}
	return f.leg.media.Sound()
}

// Play implements Host.
func (f *flow) Play(clips []*audio.Clip) {
	if f.broken(clips) {
		f.End(longEnough)
		return
	}
	if !f.over && f.leg.media != nil {
		f.leg.plays++
		f.leg.playing = true
		f.leg.media.Play(clips)
	}
}

// broken reports whether most of these clips would be cut off by the end of a flow that is heard unanswered: better to end before
// them than within "goodb". One of which most is heard may be the message itself.
func (f *flow) broken(clips []*audio.Clip) bool {
	if !f.unpaid || f.over {
		return false
	}
	var whole time.Duration
	for _, c := range clips {
		whole += c.Duration()
	}
	return time.Until(f.until) < whole/2
}

// Stop implements Host.
func (f *flow) Stop() {
	if !f.over && f.leg.media != nil {
		f.leg.playing = false
		f.leg.media.Stop()
	}
}

// Wake implements Host.
func (f *flow) Wake(token int, d time.Duration) {
	if f.over {
		return
	}
	s := f.leg.call.shard
	t := f.timers[token]
	if d <= 0 {
		if t != nil {
			s.timers.stop(t)
		}
		return
	}
	if t == nil {
		t = &timer{ring: func() {
			if !f.over {
				s.protect(f.leg.call, func() { f.attending.Wake(token) })
			}
		}}
		f.timers[token] = t
	}
	s.timers.set(t, time.Now().Add(d))
}

// Post implements Host.
func (f *flow) Post(do func()) {
	c := f.leg.call
	c.shard.post(func() {
		if !f.over {
			c.shard.protect(c, do)
		}
	})
}

// End implements Host.
func (f *flow) End(reason string) {
	if f.over {
		return
	}
	f.endsUnanswered()
	c := f.leg.call
	c.shard.feed(c, call.Event{Kind: call.FlowOver, Leg: f.leg.n, Reason: reason})
}

// Dial implements Host: the target is tried by every address it has, and the flow of the plan follows.
func (f *flow) Dial(t wissel.Target) {
	if f.over {
		return
	}
	c := f.leg.call
	snap := c.shard.srv.o.Snapshot()
	var steps []plan.Step
	if trunk := snap.Trunks[t.Trunk]; trunk != nil {
		for i, a := range trunk.Addresses {
			steps = append(steps, plan.Step{Target: t, Address: a, Index: i})
		}
	} else {
		steps = append(steps, plan.Step{Target: t})
	}
	c.shard.feed(c, call.Event{Kind: call.FlowDial, Leg: f.leg.n, Route: c.tries(snap, steps)})
}
