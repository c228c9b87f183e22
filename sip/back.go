package sip

import (
	"maps"
	"time"

	"wissel"
	"wissel/sip/call"
)

// Back says that a call of ours is one side of a callback. It is a call like any other for limits and records; health learns from it what
// other calls would teach. An address that is Down is not tried.
type Back struct {
	Callback string // its id, for records
	Group    wissel.GroupID
	Desk     bool                             // it rings who does the calling back, else who was promised it
	Show     map[wissel.TrunkID]wissel.Number // caller id; hidden over a trunk that is not in it
	Headers  []Header                         // for platforms alone
}

// Header is one line of a message of ours.
type Header struct{ Name, Value string }

// mostBacks bounds the calls of callbacks at one time: two for each of as many agents as the settings of all may have.
const mostBacks = 2000

// backs fills in what is a callback's own of a call that begins, and gives the role of its legs.
func (c *live) backs() call.Role {
	b := c.back
	who, role := "the customer's side", call.Customer
	if b.Desk {
		who, role = "the agent's side", call.Agent
	}
	c.decision.Line.Group = b.Group
	c.decision.Reasons = []string{who + " of callback " + b.Callback + " over " + string(c.outgoing.Trunk)}
	for _, id := range c.outgoing.Then {
		c.decision.Reasons = append(c.decision.Reasons, "and over "+string(id)+" when that is not to be had")
	}
	return role
}

// personal lets what only the one who is rung can mean end the hunt: another carrier would ring him again, or get the same answer. A
// trunk that says otherwise is heeded (Trunk.Move).
func personal(tries []call.Try) {
	for i := range tries {
		move := map[int]bool{408: false, 410: false, 480: false, 484: false, 487: false, 604: false, 607: false, 608: false}
		maps.Copy(move, tries[i].Move)
		tries[i].Move = move
	}
}

// backLeaves notes that a side of a callback goes out: a telephone that sends it back to us is a loop.
func (c *live) backLeaves(s *shard, trunk *wissel.Trunk) {
	if trunk.Role == wissel.Platform {
		s.srv.named.add(c.id)
		return
	}
	if n := c.back.Show[trunk.ID]; n != "" {
		c.enter(s, loopKey{c.back.Group, n})
	}
}

// Place implements Host.
func (f *flow) Place(o Outgoing) error {
	c := f.leg.call
	if err := c.shard.srv.admitPlaced(&o); err != nil {
		return err
	}
	c.shard.outgoing(o).with = f.leg
	return nil
}

// Join implements Host.
func (f *flow) Join(other Host) {
	o, ok := other.(*flow)
	if !ok || o == f || o.leg.call.shard != f.leg.call.shard {
		panic("sip: two calls are joined that do not belong together") // ours, and only when it is written wrongly
	}
	if f.over || o.over || f.leg.media == nil || o.leg.media == nil {
		return // one of them is gone, and who waits is told so
	}
	for _, one := range [...]*flow{f, o} {
		one.Stop()
		one.leg.media.Digits(false)
	}
	f.joined, o.joined = o, f
	f.leg.media.Connect(o.leg.media)
	for _, one := range [...]*flow{f, o} { // from now on each is to be heard (observe.go)
		one.leg.media.Expect()
	}
}

// part ends what Join began: one of the two is going.
func (f *flow) part() {
	o := f.joined
	if o == nil {
		return
	}
	f.joined, o.joined = nil, nil
	both := !f.leg.heard().IsZero() && !o.leg.heard().IsZero()
	f.leg.call.both, o.leg.call.both = both, both
	if f.leg.media != nil {
		f.leg.media.Disconnect()
	}
	if o.leg.media != nil {
		o.leg.media.Digits(true)
	}
}

// Heard implements Host.
func (f *flow) Heard() time.Time {
	if f.over || f.leg.media == nil {
		return time.Time{}
	}
	st := f.leg.media.Stats()
	held := f.joined != nil && st.Sent == f.sent
	if f.sent = st.Sent; held {
		return time.Time{}
	}
	return st.LastReceived
}
