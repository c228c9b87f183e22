package plan

import (
	"testing"

	"wissel"
)

func TestWhatIf(t *testing.T) {
	lines := func(s *wissel.Snapshot) {
		s.Groups["support"].Lines = []wissel.Line{{Number: "+31201234567", Group: "support"}}
		s.Groups["empty"] = &wissel.Group{ID: "empty"}
	}
	for _, row := range []struct {
		name   string
		world  []func(*wissel.Snapshot)
		assume map[wissel.Address]wissel.State
		want   string
		moved  bool
	}{
		{"nothing is assumed", nil, nil, "genesys/0 genesys/1 reserve/0 flow:storing", false},
		{"what is so already", []func(*wissel.Snapshot){health(genesys1, down)}, map[wissel.Address]wissel.State{genesys1: wissel.Down}, "genesys/1 reserve/0 flow:storing", false},
		{"the first is down", nil, map[wissel.Address]wissel.State{genesys1: wissel.Down, genesys2: wissel.Down}, "reserve/0 flow:storing", true},
		{"one address of it is", nil, map[wissel.Address]wissel.State{genesys1: wissel.Down}, "genesys/1 reserve/0 flow:storing", true},
		{"all are down: the flow", nil, map[wissel.Address]wissel.State{genesys1: wissel.Down, genesys2: wissel.Down, reserve1: wissel.Down}, "flow:storing", true},
		{"all are down, and there is no flow", []func(*wissel.Snapshot){active("zonder")}, map[wissel.Address]wissel.State{genesys1: wissel.Down, genesys2: wissel.Down, reserve1: wissel.Down}, "480", true},
		{"what is down were up", []func(*wissel.Snapshot){health(genesys1, retry), health(genesys2, down)}, map[wissel.Address]wissel.State{genesys1: wissel.Up, genesys2: wissel.Up}, "genesys/0 genesys/1 reserve/0 flow:storing", true},
		{"doubt moves nothing", nil, map[wissel.Address]wissel.State{genesys1: wissel.Suspect, genesys2: wissel.Unknown}, "genesys/0 genesys/1 reserve/0 flow:storing", false},
	} {
		s := world(append(row.world, lines)...)
		before := text(Route(s, Request{To: "+31201234567", Now: noon}))
		all := WhatIf(s, Assuming(s, row.assume, "assumed", noon), noon)
		if len(all) != 1 || text(all[0].Now) != before || text(all[0].Then) != row.want || all[0].Moved() != row.moved {
			t.Errorf("%s: %+v", row.name, all)
		}
		if after := text(Route(s, Request{To: "+31201234567", Now: noon})); after != before {
			t.Errorf("%s: the question changed the answer from %s to %s", row.name, before, after)
		}
	}
}
