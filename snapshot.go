package wissel

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Snapshot is all that routing reads: one immutable value behind an atomic pointer (promise 1). A change makes a new
// Snapshot that shares what did not change; nobody writes to one that has been published.
type Snapshot struct {
	Version    string // of the settings: the first 12 hex digits of their SHA-256
	Generation uint64 // of the last Change applied; grows by Apply alone
	Node       string // this node's name
	Country    string // whose national numbers callers dial and show: "NL"
	Shared     Shared // numbers that many people ring from
	Lines      map[Number]Line
	Groups     map[GroupID]*Group
	Trunks     map[TrunkID]*Trunk
	Health     map[Address]Verdict
	Pins       map[GroupID]Pin
	Overrides  map[GroupID]Override // of the desks' hours, by an operator
	Active     map[GroupID]Choice   // plans made active by an operator; absent: the settings' own
	Leads      map[PlanOf]Lead      // switches that wissel made by itself; absent: the plan's own order. Those of plans that are not active rest
	Proofs     map[TrunkID]Proof    // when a call last went through; absent: never
	Ours       string               // why all that fails is taken for our own fault ("it is us"): nothing switches by itself. Empty: it is not
	Rules      string               // the figures that the verdicts of Health were made by, in one sentence for people
}

// Choice is a plan that an operator made active for a group.
type Choice struct {
	Plan   PlanID
	Who    string
	Reason string
	At     time.Time
}

// Pin is an operator's override for a group: a target tried first whatever its health, until its end. A pin beats a probe.
type Pin struct {
	ID         string // UUIDv7
	Group      GroupID
	Target     Target
	Reason     string
	Who        string
	Since      time.Time
	Until      time.Time
	Node       string
	Generation uint64
	Share      int // of every 1000 callers, how many it is for (InShare); 0: all
}

// Live reports whether the pin holds at now.
func (p Pin) Live(now time.Time) bool { return p.ID != "" && now.Before(p.Until) }

// Change is an operator's (or another node's) change of the routing or the hours of one group. Exactly one of Pin, Plan, Auto
// and Hours is set.
type Change struct {
	ID         string // UUIDv7
	Group      GroupID
	Pin        *Pin      // --to
	Plan       PlanID    // --plan: this plan becomes active
	Auto       bool      // --auto: no pin any more, and the settings' own plan
	Hours      *Override `json:",omitempty"` // the desk is open, or closed, until an end; without an end: its hours hold again
	Reason     string
	Who        string
	At         time.Time
	Node       string
	Generation uint64
}

// ErrStale is returned by Apply for a Change older than what the snapshot already holds.
var ErrStale = errors.New("a newer change is already in force")

// Apply gives the snapshot after c. It refuses a group, plan or trunk that does not exist, and (ErrStale) a generation
// that is not above the snapshot's own. s itself is not changed.
func (s *Snapshot) Apply(c Change) (*Snapshot, error) {
	if c.Generation <= s.Generation {
		return nil, fmt.Errorf("change %s of group %s has generation %d, the routing has %d: %w", c.ID, c.Group, c.Generation, s.Generation, ErrStale)
	}
	g, ok := s.Groups[c.Group]
	if !ok {
		return nil, fmt.Errorf("there is no group %q in the settings", c.Group)
	}
	next := *s
	next.Generation = c.Generation
	next.Pins, next.Active = maps.Clone(s.Pins), maps.Clone(s.Active)
	if next.Pins == nil {
		next.Pins = map[GroupID]Pin{}
	}
	if next.Active == nil {
		next.Active = map[GroupID]Choice{}
	}
	switch {
	case c.Hours != nil:
		if next.Overrides = maps.Clone(s.Overrides); next.Overrides == nil {
			next.Overrides = map[GroupID]Override{}
		}
		if delete(next.Overrides, c.Group); !c.Hours.Until.IsZero() {
			next.Overrides[c.Group] = *c.Hours
		}
	case c.Auto:
		delete(next.Pins, c.Group)
		delete(next.Active, c.Group)
	case c.Pin != nil:
		if !s.Has(g, c.Pin.Target) {
			return nil, fmt.Errorf("group %s cannot be pinned to %s: the settings no longer have it", c.Group, c.Pin.Target)
		}
		next.Pins[c.Group] = *c.Pin
	default:
		if _, ok := g.Plans[c.Plan]; !ok {
			return nil, fmt.Errorf("group %s has no plan %q", c.Group, c.Plan)
		}
		next.Active[c.Group] = Choice{Plan: c.Plan, Who: c.Who, Reason: c.Reason, At: c.At}
	}
	return &next, nil
}

// Plan is the plan in force for g: the operator's choice, else the settings' own.
func (s *Snapshot) Plan(g *Group) Plan {
	if p, ok := g.Plans[s.Active[g.ID].Plan]; ok {
		return p
	}
	return g.Plans[g.Active]
}

// Opening says whether the desk of a group is open at t. A group without hours is always open, but for an override.
func (s *Snapshot) Opening(id GroupID, t time.Time) Opening {
	o := s.Overrides[id]
	switch g := s.Groups[id]; {
	case g != nil && g.Hours != nil:
		return g.Hours.At(t, o)
	case o.Live(t) && !o.Open:
		return Opening{Until: o.Until, By: ByOverride, Why: o.Reason}
	}
	return Opening{Open: true, By: ByNothing}
}

// Open is Opening(id, t).Open, without looking for the next change.
func (s *Snapshot) Open(id GroupID, t time.Time) bool {
	o := s.Overrides[id]
	if g := s.Groups[id]; g != nil && g.Hours != nil {
		return g.Hours.Open(t, o)
	}
	return !o.Live(t) || o.Open
}

// Lead is who leads g by wissel's own switch under the plan in force, and whether anybody does.
func (s *Snapshot) Lead(g *Group) (Lead, bool) {
	l, ok := s.Leads[PlanOf{g.ID, s.Plan(g).ID}]
	return l, ok
}

// Has reports whether calls of g can go to t: a trunk of the settings, or a flow or people that one of the group's plans has.
func (s *Snapshot) Has(g *Group, t Target) bool {
	if t.Trunk != "" {
		return s.Trunks[t.Trunk] != nil
	}
	for _, p := range g.Plans {
		if slices.Contains(p.Targets, t) {
			return true
		}
	}
	return false
}

// WithHealth gives a snapshot with another map of verdicts. The map is kept, not copied.
func (s *Snapshot) WithHealth(h map[Address]Verdict) *Snapshot {
	next := *s
	next.Health = h
	return &next
}
