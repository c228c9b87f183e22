package plan

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"wissel"
)

// Consequence is where the calls of a group go, and where they would.
type Consequence struct {
	Group     *wissel.Group
	Now, Then Decision
}

// Moved reports whether calls would be tried elsewhere, or in another order.
func (c Consequence) Moved() bool {
	return c.Now.Refuse != c.Then.Refuse || !slices.EqualFunc(c.Now.Steps, c.Then.Steps, func(a, b Step) bool { return a.Target == b.Target && a.Address == b.Address })
}

// Assuming is s with other verdicts; evidence says whose idea they are. s itself is not changed.
func Assuming(s *wissel.Snapshot, states map[wissel.Address]wissel.State, evidence string, now time.Time) *wissel.Snapshot {
	all := make(map[wissel.Address]wissel.Verdict, len(s.Health)+len(states))
	maps.Copy(all, s.Health)
	for a, state := range states {
		v := all[a]
		v.State, v.Since, v.Evidence, v.Retry = state, now, evidence, false
		all[a] = v
	}
	return s.WithHealth(all)
}

// WhatIf routes a call of each group by both snapshots. The caller hides his number, so where a share of the callers goes another
// way, it stands for one of them. Groups without a number have no calls. It changes nothing.
func WhatIf(now, then *wissel.Snapshot, at time.Time) (all []Consequence) {
	for _, g := range now.Groups {
		if len(g.Lines) == 0 {
			continue
		}
		r := Request{To: g.Lines[0].Number, Now: at}
		all = append(all, Consequence{Group: g, Now: Route(now, r), Then: Route(then, r)})
	}
	slices.SortFunc(all, func(a, b Consequence) int { return cmp.Compare(a.Group.ID, b.Group.ID) })
	return all
}
