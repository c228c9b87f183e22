package crisis

import (
	"slices"
	"time"

	"wissel"
)

// View is what there is to tell, as of one moment.
type View struct {
	Groups    []Group // sorted, without test lines
	Proposals []Proposal
	Draining  bool // the server is being stopped
	Unwell    bool // nothing can be written
}

// Group is one support line, as far as the crisis line tells of it.
type Group struct {
	ID       wissel.GroupID
	Said     string // its first number as people say it: "0201234567"
	Plans    []Plan // sorted
	Plan     wissel.PlanID
	Since    time.Time // when an operator chose the plan, or a pin or a switch of wissel's own began; zero: not known
	Chosen   bool      // by an operator
	Pin      *Pin
	Away     bool // wissel has switched to another target by itself
	FourEyes bool
	First    Place // who is tried first now
	Down     bool  // and it is down
	Calls    int   // now
	Wishes   int   // of the last day; -1: not known now
	Message  *Message
}

// Place is what kind of target callers are sent to first.
type Place uint8

// The places.
const (
	Nowhere  Place = iota
	Platform       // the contact platform
	Carrier        // a number elsewhere, over a carrier
	Flow           // our own announcement
	People         // colleagues, at their telephones
)

// Plan is a plan of a group.
type Plan struct {
	ID    wissel.PlanID
	First Place
}

// Pin is an operator's override.
type Pin struct {
	To    Place
	Until time.Time
	Share bool // it is for a part of the callers only
}

// Proposal is what another proposed and this caller may approve. Only what can be said in words is among them.
type Proposal struct {
	ID    string
	Group wissel.GroupID
	Plan  wissel.PlanID // empty with Auto
	Auto  bool
}

// Message is the outage message of a group that nobody has ended.
type Message struct {
	ID     string
	Name   string   // of its sound, for a Prompt; empty: it has none
	Langs  []string // in which it is spoken, sorted
	Since  time.Time
	Until  time.Time // zero: none was said
	Lapsed bool      // that is past, so that callers hear the standing wording
}

// heard reports whether callers hear it.
func (x *Message) heard() bool { return x != nil && !x.Lapsed }

// group gives a group of the view.
func (v View) group(id wissel.GroupID) (Group, bool) {
	i := slices.IndexFunc(v.Groups, func(g Group) bool { return g.ID == id })
	if i < 0 {
		return Group{}, false
	}
	return v.Groups[i], true
}

// plan gives a plan of the group and its place in the list, from 1.
func (g Group) plan(id wissel.PlanID) (Plan, int) {
	i := slices.IndexFunc(g.Plans, func(p Plan) bool { return p.ID == id })
	if i < 0 {
		return Plan{}, 0
	}
	return g.Plans[i], i + 1
}
