package app

import (
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/configs"
)

func plans(ids map[wissel.PlanID]string) map[wissel.PlanID]wissel.Plan {
	all := map[wissel.PlanID]wissel.Plan{}
	for id, list := range ids {
		p := wissel.Plan{ID: id}
		for _, word := range strings.Fields(list) {
			if flow, ok := strings.CutPrefix(word, "flow:"); ok {
				p.Targets = append(p.Targets, wissel.Target{Flow: wissel.FlowID(flow)})
			} else {
				p.Targets = append(p.Targets, wissel.Target{Trunk: wissel.TrunkID(word)})
			}
		}
		all[id] = p
	}
	return all
}

func trunks(ids ...wissel.TrunkID) map[wissel.TrunkID]*wissel.Trunk {
	all := map[wissel.TrunkID]*wissel.Trunk{}
	for _, id := range ids {
		all[id] = &wissel.Trunk{ID: id}
	}
	return all
}

func group(list map[wissel.PlanID]string) map[wissel.GroupID]*wissel.Group {
	return map[wissel.GroupID]*wissel.Group{"support": {ID: "support", Plans: plans(list), Active: "normaal"}}
}

// routed is a routing of one group with a normal plan and a quiet one.
func routed() *routing {
	r := newRouting("node1")
	r.setSettings(&wissel.Snapshot{Version: "v1", Country: "NL", Groups: group(map[wissel.PlanID]string{"normaal": "genesys reserve flow:storing", "stil": "flow:nacht"}), Trunks: trunks("genesys", "reserve")})
	return r
}

func change(generation uint64, set func(c *wissel.Change)) wissel.Change {
	c := wissel.Change{ID: "c", Group: "support", Generation: generation}
	set(&c)
	return c
}

func to(target wissel.Target) func(*wissel.Change) {
	return func(c *wissel.Change) {
		c.Pin = &wissel.Pin{ID: "p", Group: "support", Target: target, Until: time.Now().Add(time.Hour)}
	}
}

func planned(id wissel.PlanID) func(*wissel.Change) { return func(c *wissel.Change) { c.Plan = id } }
func auto(c *wissel.Change)                         { c.Auto = true }

func TestRestoredChanges(t *testing.T) {
	reserve, nacht := wissel.Target{Trunk: "reserve"}, wissel.Target{Flow: "nacht"}
	for _, row := range []struct {
		name       string
		kept       []wissel.Change
		pin        wissel.Target
		plan       wissel.PlanID
		generation uint64
	}{
		{"none", nil, wissel.Target{}, "normaal", 0},
		{"a pin", []wissel.Change{change(1, to(reserve))}, reserve, "normaal", 1},
		{"a pin on a flow", []wissel.Change{change(1, to(nacht))}, nacht, "normaal", 1},
		{"a plan, and a pin over it", []wissel.Change{change(1, planned("stil")), change(2, to(reserve))}, reserve, "stil", 2},
		{"both, and back", []wissel.Change{change(1, planned("stil")), change(2, to(reserve)), change(3, auto)}, wissel.Target{}, "normaal", 3},
		{"the later of two pins", []wissel.Change{change(1, to(nacht)), change(2, to(reserve))}, reserve, "normaal", 2},
		{"an older one that comes later changes nothing", []wissel.Change{change(5, to(reserve)), change(4, auto)}, reserve, "normaal", 5},
		{"one twice", []wissel.Change{change(1, to(reserve)), change(1, to(reserve))}, reserve, "normaal", 1},
		{"a trunk that is gone is left out, and its generation counts", []wissel.Change{change(1, to(reserve)), change(7, to(wissel.Target{Trunk: "gone"}))}, reserve, "normaal", 7},
		{"a flow that no plan has is left out", []wissel.Change{change(2, to(wissel.Target{Flow: "gone"}))}, wissel.Target{}, "normaal", 2},
		{"a plan that is gone is left out", []wissel.Change{change(2, planned("gone"))}, wissel.Target{}, "normaal", 2},
	} {
		r := routed()
		r.restore(row.kept, slog.New(slog.DiscardHandler))
		s := r.Snapshot()
		if got := s.Pins["support"].Target; got != row.pin {
			t.Errorf("%s: pinned to %q, want %q", row.name, got, row.pin)
		}
		if got := s.Plan(s.Groups["support"]).ID; got != row.plan || s.Generation != row.generation {
			t.Errorf("%s: plan %s, generation %d; want %s, %d", row.name, got, s.Generation, row.plan, row.generation)
		}
	}
}

func TestNewSettingsKeepWhatTheyStillHave(t *testing.T) {
	whole := map[wissel.PlanID]string{"normaal": "genesys reserve flow:storing", "stil": "flow:nacht"}
	for _, row := range []struct {
		name    string
		changes []wissel.Change
		plans   map[wissel.PlanID]string
		trunks  []wissel.TrunkID
		dropped string
	}{
		{"all that was named is still there", []wissel.Change{change(1, to(wissel.Target{Trunk: "reserve"})), change(2, planned("stil"))}, whole, []wissel.TrunkID{"genesys", "reserve"}, ""},
		{"the pinned trunk goes", []wissel.Change{change(1, to(wissel.Target{Trunk: "reserve"}))}, map[wissel.PlanID]string{"normaal": "genesys flow:storing"}, []wissel.TrunkID{"genesys"}, "pin of group support to reserve"},
		{"the pinned flow goes", []wissel.Change{change(1, to(wissel.Target{Flow: "nacht"}))}, map[wissel.PlanID]string{"normaal": "genesys flow:storing"}, []wissel.TrunkID{"genesys"}, "pin of group support to flow:nacht"},
		{"the chosen plan goes", []wissel.Change{change(1, planned("stil"))}, map[wissel.PlanID]string{"normaal": "genesys flow:storing"}, []wissel.TrunkID{"genesys"}, `plan "stil" of group support`},
	} {
		r := routed()
		r.restore(row.changes, slog.New(slog.DiscardHandler))
		r.setHealth(map[wissel.Address]wissel.Verdict{{}: {State: wissel.Up}}, "")
		before := r.Snapshot()
		dropped := strings.Join(r.setSettings(&wissel.Snapshot{Version: "v2", Country: "NL", Groups: group(row.plans), Trunks: trunks(row.trunks...)}), "; ")
		if row.dropped == "" && dropped != "" || !strings.Contains(dropped, row.dropped) {
			t.Errorf("%s: dropped %q, want %q", row.name, dropped, row.dropped)
		}
		now := r.Snapshot()
		if now.Generation != before.Generation || len(now.Health) != 1 {
			t.Errorf("%s: generation %d, health %v: a reload keeps both", row.name, now.Generation, now.Health)
		}
		if len(before.Pins)+len(before.Active) != len(row.changes) {
			t.Errorf("%s: the snapshot that calls were using was changed", row.name)
		}
	}
}

func TestAnOverrideOfHoursGoesWithItsGroup(t *testing.T) {
	r := routed()
	over := change(1, func(c *wissel.Change) {
		c.Hours = &wissel.Override{ID: "o", Group: "support", Reason: "outage", Until: time.Now().Add(time.Hour)}
	})
	r.restore([]wissel.Change{over}, slog.New(slog.DiscardHandler))
	before := r.Snapshot()
	if dropped := r.setSettings(&wissel.Snapshot{Version: "v2", Country: "NL", Groups: before.Groups, Trunks: before.Trunks}); len(dropped) > 0 || r.Snapshot().Opening("support", time.Now()).Open {
		t.Errorf("a reload that keeps the group dropped %q, or the override", dropped)
	}
	dropped := r.setSettings(&wissel.Snapshot{Version: "v3", Country: "NL", Trunks: before.Trunks})
	if len(dropped) != 1 || !strings.Contains(dropped[0], "override of the hours of group support is gone") || len(r.Snapshot().Overrides) != 0 {
		t.Errorf("dropped %q", dropped)
	}
	if len(before.Overrides) != 1 {
		t.Error("the snapshot that calls were using was changed")
	}
}

func TestChangesOutrankThoseThatCouldNotBeRead(t *testing.T) {
	r := routed()
	r.outrank(time.Now())
	c, _, _, err := r.change(func(s *wissel.Snapshot) (wissel.Change, error) {
		return change(s.Generation+1, planned("stil")), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// The next start reads what is on disk in the order of generations: the old ones first.
	again := routed()
	again.restore([]wissel.Change{change(41, auto), change(42, to(wissel.Target{Trunk: "reserve"})), c}, slog.New(slog.DiscardHandler))
	if s := again.Snapshot(); s.Active["support"] != (wissel.Choice{Plan: "stil"}) {
		t.Fatalf("%+v", s.Active)
	}
}

// Whatever settings say of the routing is in force after a load, and after a reload that takes it out.
func TestAllThatSettingsSayOfTheRoutingIsInForce(t *testing.T) {
	r := newRouting("test")
	for _, more := range []string{"", "shared: [\"+31201110000\", \"+3188555*\"]\ncountry: BE\n", ""} {
		file, err := configs.Parse("wissel.yaml", append([]byte(more), configs.Demo()...), configs.Options{Hostname: func() (string, error) { return "test", nil }})
		if err != nil {
			t.Fatal(err)
		}
		set := file.Snapshot(trunks("genesys"))
		r.setSettings(set)
		now, want := reflect.ValueOf(r.Snapshot()).Elem(), reflect.ValueOf(set).Elem()
		for i := range want.NumField() {
			name := want.Type().Field(i).Name
			said := !want.Field(i).IsZero() || name == "Shared"
			if said && name != "Node" && !reflect.DeepEqual(now.Field(i).Interface(), want.Field(i).Interface()) {
				t.Errorf("with %q: %s is %v, the settings say %v", more, name, now.Field(i), want.Field(i))
			}
		}
	}
}
