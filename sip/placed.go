package sip

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"wissel"
	"wissel/carriers/health"
	"wissel/internal/audio"
	"wissel/internal/plan"
	"wissel/sip/call"
)

// Outgoing is a call that we place ourselves: a test call, a flow that somebody wants to hear, or one side of a callback.
type Outgoing struct {
	Call    wissel.CallID // its name, from who asks: he waits for it under that
	Trunk   wissel.TrunkID
	Then    []wissel.TrunkID // tried after Trunk, in this order
	At      wissel.Address   // of the trunk's addresses, the only one to try; zero: each in turn
	To      wissel.Number    // dialled, whatever number the trunk has of its own
	Show    wissel.Number    // caller id; empty: hidden
	Flow    wissel.FlowID    // attends who answers (Attendant)
	Longest time.Duration    // after the answer; 0: none
	Private bool             // To is somebody's telephone: what it meets there is nothing about the trunk, and health is told nothing
	Actor   string           // who wants it: "wissel", or an operator
	Back    *Back            // it is one side of a callback; nil: it is none
	// Tell is told what comes of it, in order, StepOver last. It is called on the call's goroutine and must not block.
	Tell func(Step)
}

// Step is how a call of ours gets on.
type Step struct {
	Kind    StepKind
	Address wissel.Address // of the attempt
	CDR     wissel.CDR     // StepOver: its record, as it is kept
}

// StepKind says how far a call of ours is.
type StepKind uint8

// The steps: an INVITE left for an address; a 18x came from there; it answered; the call is over.
const (
	StepDialled StepKind = iota + 1
	StepRings
	StepAnswered
	StepOver
)

// The errors of Place.
var (
	ErrNotTaking = errors.New("no new calls are begun now: the server is starting or draining")
	ErrTooMany   = errors.New("too many calls of our own at one time")
	ErrNoAddress = errors.New("there is no such trunk or address of it, or its name has not been resolved")
)

// mostPlaced bounds the calls of our own at one time.
const mostPlaced = 8

// Place begins a call of our own, to each address of the trunk in turn until one answers, also to those that are Down: to
// find out is what a test call is for. It takes the trunk's limit as any call does. When the server ends meanwhile, StepOver
// is never told. Errors: ErrNotTaking, ErrTooMany, ErrNoAddress.
func (s *Server) Place(o Outgoing) error {
	if !s.taking() {
		return fmt.Errorf("call %s over %s: %w", o.To.Masked(), o.Trunk, ErrNotTaking)
	}
	if err := s.admitPlaced(&o); err != nil {
		return err
	}
	sh := s.shards[s.turn.Add(1)%uint64(len(s.shards))]
	sh.post(func() { sh.outgoing(o) })
	return nil
}

// admitPlaced takes the place of a call of ours, or says why it cannot be placed.
func (s *Server) admitPlaced(o *Outgoing) error {
	snap, somewhere := s.o.Snapshot(), false
	for _, id := range o.trunks() {
		t := snap.Trunks[id]
		somewhere = somewhere || t != nil && len(t.Addresses) > 0 && (o.At.IsZero() || slices.Contains(t.Addresses, o.At))
	}
	if !somewhere {
		return fmt.Errorf("call %s over %s: %w", o.To.Masked(), o.Trunk, ErrNoAddress)
	}
	count, most := &s.placed, int64(mostPlaced)
	if o.Back != nil {
		count, most = &s.backs, mostBacks
	}
	if count.Add(1) > most {
		count.Add(-1)
		return fmt.Errorf("call %s over %s: %w", o.To.Masked(), o.Trunk, ErrTooMany)
	}
	return nil
}

// trunks are those that it is tried over, in their order.
func (o *Outgoing) trunks() []wissel.TrunkID {
	return append([]wissel.TrunkID{o.Trunk}, o.Then...)
}

// outgoing begins a call of ours on its shard.
func (s *shard) outgoing(o Outgoing) *live {
	snap := s.srv.o.Snapshot()
	target := wissel.Target{Trunk: o.Trunk}
	c := &live{
		id: o.Call, shard: s, caller: Caller{Number: o.Show, Withheld: o.Show == ""}, rung: o.To, began: s.now, hops: 70, outgoing: &o, back: o.Back, target: target,
		decision: plan.Decision{
			ID: string(o.Call), Version: snap.Version, Generation: snap.Generation, Reasons: []string{"a test call of our own over " + string(o.Trunk)},
			Actor: o.Actor,
		},
		settings: call.Settings{
			Media: wissel.Anchored, SessionTimer: s.srv.o.Settings.SessionTimer, MinSE: s.srv.o.Settings.MinSE, MaxCall: o.Longest,
		},
	}
	role := call.Test
	if o.Back != nil {
		role = c.backs()
	}
	var steps []plan.Step
	for _, id := range o.trunks() {
		t := snap.Trunks[id]
		if t == nil {
			continue
		}
		for i, a := range t.Addresses {
			if o.At.IsZero() || o.At == a {
				steps = append(steps, plan.Step{Target: wissel.Target{Trunk: id}, Address: a, Index: i, Force: o.Back == nil})
			}
		}
	}
	s.calls[c.id] = c
	s.srv.live.Add(1)
	var seed [8]byte
	s.chance.fill(seed[:])
	c.state = call.New(c.id, binary.LittleEndian.Uint64(seed[:]))
	tries := c.tries(snap, steps)
	if o.Back != nil {
		personal(tries)
	}
	s.feed(c, call.Event{Kind: call.Placed, Settings: &c.settings, Route: tries, Role: role, Flow: o.Flow})
	return c
}

// tell tells who placed the call how it gets on.
func (c *live) tell(k StepKind, l *leg) {
	if c.outgoing == nil {
		return
	}
	c.outgoing.Tell(Step{Kind: k, Address: l.address})
}

// ends tells who placed the call that it is over.
func (c *live) ends(cdr wissel.CDR) {
	if c.outgoing == nil {
		return
	}
	if c.back != nil {
		c.shard.srv.backs.Add(-1)
	} else {
		c.shard.srv.placed.Add(-1)
	}
	c.outgoing.Tell(Step{Kind: StepOver, CDR: cdr})
}

// reportTest tells health of a test call that came to nothing. That one was answered is no verdict yet: who placed it
// gives that (health.Test), once he knows what was heard. No other call is told: what callers meet is what their own calls do.
func (s *shard) reportTest(e call.Report) {
	switch {
	case e.Status/100 == 2:
		return
	case e.Status == 404, e.Status == 484, e.Status == 604, e.Status == 486, e.Status == 600:
		return // it is the test number that is unknown or busy; the trunk brought us there and back
	}
	s.srv.o.Health.Observe(e.Address, health.Observation{Layer: health.Test, Status: e.Status, Why: e.Why, At: s.now})
}

// test reports whether a call is one of our tests: placed by us, or to a test line.
func (c *live) test() bool {
	return c.outgoing != nil && c.back == nil || c.decision.Group != nil && c.decision.Group.Test
}

// tones is a pair of test tones that began on a leg.
func (s *shard) tones(l *leg, p audio.Pair) {
	f := l.call.flow
	if f == nil || f.leg != l {
		return
	}
	if x, ok := f.attending.(ToneAttending); ok {
		s.protect(l.call, func() { x.Tones(p) })
	}
}

// Press implements Host.
func (f *flow) Press(keys []wissel.Digit) {
	if !f.over && f.leg.media != nil {
		f.leg.plays++
		f.leg.playing = true
		f.leg.media.Press(keys)
	}
}

// Listen implements Host.
func (f *flow) Listen(on bool) {
	if !f.over && f.leg.media != nil {
		f.leg.media.Listen(on)
	}
}
