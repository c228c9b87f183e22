package sip

import (
	"time"

	"wissel"
	"wissel/sip/call"
)

// People know who of a list is rung for a caller. Their methods are called on the goroutine that owns the call, of many calls at one time,
// and must not block.
type People interface {
	// Next takes who is rung next: until Let nobody else rings him. Without anybody it says why, for people.
	Next(w Wanted) (c Colleague, why string)
	// Let tells what became of one who was taken.
	Let(p call.Person, how call.How)
}

// Wanted is for whom one of the people is to be rung.
type Wanted struct {
	List  string
	Group wissel.GroupID
	Line  wissel.Number   // that the caller rang
	Rung  []wissel.Number // telephones that were sought for him already
}

// Colleague is one of the people, and how he is rung.
type Colleague struct {
	Name  string
	Phone wissel.Number
	Ring  time.Duration                    // his telephone rings for so long; 0: as the trunk has it
	Over  []wissel.TrunkID                 // carriers, in their order
	Show  map[wissel.TrunkID]wissel.Number // caller id; hidden over a trunk that is not in it
}

// doSeek finds who is rung next.
func (s *shard) doSeek(c *live, e call.Seek) {
	found, why := Colleague{}, "nobody is known"
	if s.srv.o.People != nil {
		found, why = s.srv.o.People.Next(Wanted{List: e.List, Group: c.decision.Line.Group, Line: c.rung, Rung: e.Rung})
	}
	if why != "" {
		s.feed(c, call.Event{Kind: call.Nobody, Reason: why})
		return
	}
	c.sought = call.Person{List: e.List, Name: found.Name, Phone: found.Phone}
	s.feed(c, call.Event{Kind: call.Found, Person: c.sought, Route: c.ways(found)})
}

// ways are the tries that lead to somebody.
func (c *live) ways(to Colleague) (all []call.Try) {
	snap := c.shard.srv.o.Snapshot()
	for _, id := range to.Over {
		t := snap.Trunks[id]
		if t == nil {
			continue
		}
		who := c.sought
		who.Show = to.Show[id]
		for i, a := range t.Addresses {
			one := call.Try{Target: wissel.Target{Trunk: id}, Role: t.Role, Address: a, Index: i, Timers: t.Timers, Move: t.Move, Person: who}
			if to.Ring > 0 {
				one.Timers.Ring = to.Ring
			}
			all = append(all, one)
		}
	}
	return all
}

// let tells what became of who was found.
func (s *shard) let(c *live, e call.Let) {
	c.sought = call.Person{}
	if s.srv.o.People != nil {
		s.srv.o.People.Let(e.Person, e.How)
	}
}

// rings is the call of a leg that rings one of the people: to his telephone, as the group, and with nothing of the caller's, since the
// public network and a private telephone keep what they are told.
func (f *farLeg) rings(p call.Person) {
	f.Placed, f.Rung = true, p.Phone
	f.Back = &Back{Show: map[wissel.TrunkID]wissel.Number{f.Trunk.ID: p.Show}}
}

// Take implements Host.
func (f *flow) Take() {
	if !f.over {
		c := f.leg.call
		c.shard.feed(c, call.Event{Kind: call.Pressed, Leg: f.leg.n})
	}
}
