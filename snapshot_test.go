package wissel_test

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"wissel"
)

func TestApply(t *testing.T) {
	flow, trunk := wissel.Target{Flow: "storing"}, wissel.Target{Trunk: "genesys"}
	s := &wissel.Snapshot{
		Generation: 5,
		Groups: map[wissel.GroupID]*wissel.Group{"support": {ID: "support", Active: "normaal", Plans: map[wissel.PlanID]wissel.Plan{
			"normaal": {ID: "normaal", Targets: []wissel.Target{trunk, flow}}, "storing": {ID: "storing", Targets: []wissel.Target{flow}},
		}}},
		Trunks: map[wissel.TrunkID]*wissel.Trunk{"genesys": {ID: "genesys"}},
		Pins:   map[wissel.GroupID]wissel.Pin{"support": {ID: "old", Target: flow}},
		Active: map[wissel.GroupID]wissel.Choice{"support": {Plan: "storing"}},
	}
	pin := func(target wissel.Target) *wissel.Pin { return &wissel.Pin{ID: "new", Target: target} }
	for _, row := range []struct {
		name   string
		change wissel.Change
		stale  bool
		err    string
		pin    wissel.Target
		plan   wissel.PlanID
	}{
		{"a pin, the plan stays", wissel.Change{Generation: 6, Group: "support", Pin: pin(trunk)}, false, "", trunk, "storing"},
		{"a pin on a flow of a plan", wissel.Change{Generation: 6, Group: "support", Pin: pin(flow)}, false, "", flow, "storing"},
		{"a plan, the pin stays", wissel.Change{Generation: 9, Group: "support", Plan: "normaal"}, false, "", flow, "normaal"},
		{"auto takes both back", wissel.Change{Generation: 6, Group: "support", Auto: true}, false, "", wissel.Target{}, "normaal"},
		{"an older generation", wissel.Change{Generation: 4, Group: "support", Auto: true}, true, "has generation 4, the routing has 5", flow, "storing"},
		{"the same generation", wissel.Change{Generation: 5, Group: "support", Auto: true}, true, "has generation 5", flow, "storing"},
		{"no such group", wissel.Change{Generation: 6, Group: "sales", Auto: true}, false, `no group "sales"`, flow, "storing"},
		{"no such plan", wissel.Change{Generation: 6, Group: "support", Plan: "x"}, false, `no plan "x"`, flow, "storing"},
		{"no such trunk", wissel.Change{Generation: 6, Group: "support", Pin: pin(wissel.Target{Trunk: "x"})}, false, "cannot be pinned to x", flow, "storing"},
		{"a flow of no plan", wissel.Change{Generation: 6, Group: "support", Pin: pin(wissel.Target{Flow: "x"})}, false, "cannot be pinned to flow:x", flow, "storing"},
	} {
		pins, active := maps.Clone(s.Pins), maps.Clone(s.Active)
		next, err := s.Apply(row.change)
		if !maps.Equal(s.Pins, pins) || !maps.Equal(s.Active, active) || s.Generation != 5 {
			t.Fatalf("%s: the snapshot that calls use was changed", row.name)
		}
		if row.err != "" {
			if err == nil || !strings.Contains(err.Error(), row.err) || errors.Is(err, wissel.ErrStale) != row.stale {
				t.Errorf("%s: %v; want %q, stale %v", row.name, err, row.err, row.stale)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		if got := next.Plan(next.Groups["support"]).ID; next.Pins["support"].Target != row.pin || got != row.plan || next.Generation != row.change.Generation {
			t.Errorf("%s: pin %q, plan %s, generation %d", row.name, next.Pins["support"].Target, got, next.Generation)
		}
	}
}

func TestAPinEndsByItself(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for name, row := range map[string]struct {
		pin  wissel.Pin
		live bool
	}{
		"none at all":      {wissel.Pin{}, false},
		"before its end":   {wissel.Pin{ID: "p", Until: now.Add(time.Second)}, true},
		"at its end":       {wissel.Pin{ID: "p", Until: now}, false},
		"long after it":    {wissel.Pin{ID: "p", Until: now.Add(-time.Hour)}, false},
		"without any end":  {wissel.Pin{ID: "p"}, false},
		"without any name": {wissel.Pin{Until: now.Add(time.Hour)}, false},
	} {
		if row.pin.Live(now) != row.live {
			t.Errorf("%s: live %v", name, !row.live)
		}
	}
}

func TestOverridesOfHours(t *testing.T) {
	now := time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)
	s := &wissel.Snapshot{Groups: map[wissel.GroupID]*wissel.Group{"support": {ID: "support"}}}
	if got := s.Opening("support", now); !got.Open || got.By != wissel.ByNothing || !s.Open("support", now) {
		t.Errorf("without hours: %+v", got)
	}
	set := func(s *wissel.Snapshot, generation uint64, o wissel.Override) *wissel.Snapshot {
		t.Helper()
		next, err := s.Apply(wissel.Change{Group: "support", Generation: generation, Hours: &o})
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	closed := set(s, 1, wissel.Override{ID: "a", Reason: "fire drill", Since: now, Until: now.Add(time.Hour)})
	if got := closed.Opening("support", now); got.Open || closed.Open("support", now) || got.By != wissel.ByOverride || got.Why != "fire drill" || !got.Until.Equal(now.Add(time.Hour)) {
		t.Errorf("closed: %+v", got)
	}
	if got := closed.Opening("support", now.Add(time.Hour)); !got.Open || !closed.Open("support", now.Add(time.Hour)) || got.By != wissel.ByNothing {
		t.Errorf("at its end: %+v", got)
	}
	auto, err := closed.Apply(wissel.Change{Group: "support", Generation: 2, Auto: true})
	if err != nil || auto.Opening("support", now).Open {
		t.Errorf("a change of the routing took the override back: %v", err)
	}
	back := set(closed, 3, wissel.Override{ID: "b"})
	if len(back.Overrides) != 0 || len(closed.Overrides) != 1 || len(s.Overrides) != 0 {
		t.Errorf("taken back: %v; before %v, %v", back.Overrides, closed.Overrides, s.Overrides)
	}
	if _, err := closed.Apply(wissel.Change{Group: "support", Generation: 1, Hours: &wissel.Override{}}); !errors.Is(err, wissel.ErrStale) {
		t.Errorf("an older one: %v", err)
	}
}
