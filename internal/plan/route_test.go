package plan

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.Local)

func address(n int) wissel.Address {
	return wissel.Address{Transport: wissel.UDP, AddrPort: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}), 5060)}
}

var (
	genesys1, genesys2, reserve1 = address(1), address(2), address(3)

	genesys  = wissel.Target{Trunk: "genesys"}
	reserve  = wissel.Target{Trunk: "reserve"}
	storing  = wissel.Target{Flow: "storing"}
	drukte   = wissel.Target{Flow: "drukte"}
	unnamed  = wissel.Target{Trunk: "unnamed"}
	nowhere  = wissel.Target{Trunk: "nowhere"}
	down     = wissel.Verdict{State: wissel.Down, Evidence: "3 OPTIONS without an answer"}
	downLate = wissel.Verdict{State: wissel.Down, Seen: noon.Add(-time.Minute)}
	suspect  = wissel.Verdict{State: wissel.Suspect}
	up       = wissel.Verdict{State: wissel.Up}
	retry    = wissel.Verdict{State: wissel.Down, Retry: true}
)

// world is a snapshot with one group, "support", of plan normaal: genesys (two addresses), reserve (one), flow:storing.
func world(change ...func(*wissel.Snapshot)) *wissel.Snapshot {
	plan := func(id wissel.PlanID, ts ...wissel.Target) wissel.Plan { return wissel.Plan{ID: id, Targets: ts} }
	s := &wissel.Snapshot{
		Version: "abc", Generation: 7,
		Lines: map[wissel.Number]wissel.Line{"+31201234567": {Number: "+31201234567", Group: "support"}},
		Groups: map[wissel.GroupID]*wissel.Group{"support": {ID: "support", Active: "normaal", Plans: map[wissel.PlanID]wissel.Plan{
			"normaal":   plan("normaal", genesys, reserve, storing),
			"storing":   plan("storing", storing),
			"zonder":    plan("zonder", genesys, reserve),
			"dubbel":    plan("dubbel", genesys, genesys, storing),
			"achter":    plan("achter", genesys, storing, reserve),
			"vreemd":    plan("vreemd", unnamed, nowhere, storing),
			"leeg":      plan("leeg"),
			"terugweg":  plan("terugweg", reserve, storing),
			"onbereikt": plan("onbereikt", nowhere),
		}}},
		Trunks: map[wissel.TrunkID]*wissel.Trunk{
			"genesys": {ID: "genesys", Role: wissel.Platform, Addresses: []wissel.Address{genesys1, genesys2}},
			"reserve": {ID: "reserve", Role: wissel.Carrier, Addresses: []wissel.Address{reserve1}},
			"nowhere": {ID: "nowhere", Role: wissel.Carrier},
		},
		Health: map[wissel.Address]wissel.Verdict{},
		Pins:   map[wissel.GroupID]wissel.Pin{},
		Active: map[wissel.GroupID]wissel.Choice{},
	}
	for _, c := range change {
		c(s)
	}
	return s
}

func health(a wissel.Address, v wissel.Verdict) func(*wissel.Snapshot) {
	return func(s *wissel.Snapshot) { s.Health[a] = v }
}

func active(p wissel.PlanID) func(*wissel.Snapshot) {
	return func(s *wissel.Snapshot) {
		s.Active["support"] = wissel.Choice{Plan: p, Who: "anna", Reason: "ticket 4711"}
	}
}

func pinned(t wissel.Target, left time.Duration) func(*wissel.Snapshot) {
	return func(s *wissel.Snapshot) {
		s.Pins["support"] = wissel.Pin{ID: "1", Group: "support", Target: t, Reason: "it hangs up on callers", Who: "jan", Until: noon.Add(left)}
	}
}

// text writes steps as a person would: "genesys/0 reserve/0! flow:storing"; ! is forced, ? is a retry.
func text(d Decision) string {
	var parts []string
	for _, s := range d.Steps {
		p := s.Target.String()
		if s.Target.Trunk != "" {
			p += fmt.Sprint("/", s.Index)
		}
		if s.Force {
			p += "!"
		}
		if s.Retry {
			p += "?"
		}
		parts = append(parts, p)
	}
	if d.Refuse != 0 {
		parts = append(parts, fmt.Sprint(d.Refuse))
	}
	return strings.Join(parts, " ")
}

func TestRoute(t *testing.T) {
	allDown := []func(*wissel.Snapshot){health(genesys1, down), health(genesys2, downLate), health(reserve1, down)}
	call := Request{To: "+31201234567", Trunk: "kpn"}
	loop, spare := call, call
	loop.Loop, spare.Spare = true, true
	rows := []struct {
		name  string
		world []func(*wissel.Snapshot)
		r     Request
		want  string
		why   string // a part of the reasons
	}{
		{"a number that is not ours is refused", nil, Request{To: "+31209999999"}, "404", "not a number of ours"},
		{"no number at all is refused", nil, Request{}, "404", "not a number of ours"},
		{"unknown is not down", nil, call, "genesys/0 genesys/1 reserve/0 flow:storing", "unknown"},
		{"all is well", []func(*wissel.Snapshot){health(genesys1, up), health(genesys2, up), health(reserve1, up)}, call, "genesys/0 genesys/1 reserve/0 flow:storing", "whose plan is normaal"},
		{"suspect keeps its place", []func(*wissel.Snapshot){health(genesys1, suspect), health(genesys2, up)}, call, "genesys/0 genesys/1 reserve/0 flow:storing", "suspect"},
		{"an address that is down is passed over", []func(*wissel.Snapshot){health(genesys1, down)}, call, "genesys/1 reserve/0 flow:storing", "down (3 OPTIONS without an answer); passed over"},
		{"a trunk that is down is passed over", []func(*wissel.Snapshot){health(genesys1, down), health(genesys2, down)}, call, "reserve/0 flow:storing", "passed over"},
		{"one that is down by its calls is offered a call", []func(*wissel.Snapshot){health(genesys1, retry), health(genesys2, down)}, call, "genesys/0? reserve/0 flow:storing", "one call may try"},
		{"all down goes to the flow", allDown, call, "flow:storing", "this one does not"},
		{"all down with the token tries the one heard of last", allDown, spare, "genesys/1! flow:storing", "least bad"},
		{"the token means nothing while something is up", []func(*wissel.Snapshot){health(genesys1, down), health(genesys2, down)}, spare, "reserve/0 flow:storing", ""},
		{"all down and no flow is refused", append(allDown, active("zonder")), call, "480", "nowhere to go"},
		{"all down and no flow, but the token", append(allDown, active("zonder")), spare, "genesys/1!", "least bad"},
		{"a plan of the operator's", []func(*wissel.Snapshot){active("storing")}, call, "flow:storing", "whose plan is storing, made active instead of normaal by anna: ticket 4711"},
		{"a plan that names a trunk twice tries it once", []func(*wissel.Snapshot){active("dubbel")}, call, "genesys/0 genesys/1 flow:storing", "on the list already"},
		{"what is behind the flow is never reached", []func(*wissel.Snapshot){active("achter")}, call, "genesys/0 genesys/1 flow:storing", ""},
		{"trunks that are not there or not resolved", []func(*wissel.Snapshot){active("vreemd")}, call, "flow:storing", "have not been resolved"},
		{"the same without a flow is refused", []func(*wissel.Snapshot){active("onbereikt")}, spare, "480", "nowhere to go"},
		{"an empty plan is refused", []func(*wissel.Snapshot){active("leeg")}, call, "480", "nowhere to go"},
		{"a call may go back out over the carrier that brought it", []func(*wissel.Snapshot){active("terugweg")}, Request{To: "+31201234567", Trunk: "reserve"}, "reserve/0 flow:storing", "goes back out over it"},
		{"a loop goes straight to the flow", nil, loop, "flow:storing", "a loop"},
		{"a loop without a flow is refused", []func(*wissel.Snapshot){active("zonder")}, loop, "482", "a loop"},

		{"a pin comes first, the rest of the plan after it", []func(*wissel.Snapshot){pinned(reserve, time.Hour)}, call, "reserve/0 genesys/0 genesys/1 flow:storing", "pinned to reserve until 2 Jan 13:00:00 by jan: it hangs up on callers"},
		{"a pin on a trunk that is down is tried all the same", []func(*wissel.Snapshot){pinned(reserve, time.Hour), health(reserve1, down)}, call, "reserve/0! genesys/0 genesys/1 flow:storing", "since it is pinned"},
		{"a pin on a trunk of which one address is down", []func(*wissel.Snapshot){pinned(genesys, time.Hour), health(genesys1, down)}, call, "genesys/1 reserve/0 flow:storing", "passed over"},
		{"a pin when all is down", append(allDown, pinned(reserve, time.Hour)), call, "reserve/0! flow:storing", "since it is pinned"},
		{"a pin on the plan's own flow", []func(*wissel.Snapshot){pinned(storing, time.Hour)}, call, "flow:storing", "pinned to flow:storing"},
		{"a pin on another flow", []func(*wissel.Snapshot){pinned(drukte, time.Hour)}, call, "flow:drukte flow:storing", "pinned to flow:drukte"},
		{"a pin on a trunk outside the plan", []func(*wissel.Snapshot){pinned(reserve, time.Hour), active("storing")}, call, "reserve/0 flow:storing", "pinned"},
		{"a pin that has ended", []func(*wissel.Snapshot){pinned(reserve, 0)}, call, "genesys/0 genesys/1 reserve/0 flow:storing", "ended at 2 Jan 12:00:00"},
		{"a pin does not make a loop", []func(*wissel.Snapshot){pinned(reserve, time.Hour)}, loop, "flow:storing", "a loop"},
		{"a group that the settings lost", []func(*wissel.Snapshot){func(s *wissel.Snapshot) { clear(s.Groups) }}, call, "480", "which the settings do not have"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			row.r.Now = noon
			d := Route(world(row.world...), row.r)
			if got := text(d); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
			if why := strings.Join(d.Reasons, "\n"); !strings.Contains(why, row.why) {
				t.Errorf("the reasons do not say %q:\n%s", row.why, why)
			}
			if d.Version != "abc" || d.Generation != 7 {
				t.Errorf("version %q, generation %d", d.Version, d.Generation)
			}
		})
	}
}

func TestLeastIsSaidOnlyWhenEverythingIsDown(t *testing.T) {
	call := Request{To: "+31201234567", Now: noon}
	for want, change := range map[bool][]func(*wissel.Snapshot){
		true:  {health(genesys1, down), health(genesys2, down), health(reserve1, down)},
		false: {health(genesys1, down), health(genesys2, down), health(reserve1, retry)},
	} {
		if d := Route(world(change...), call); d.Least != want {
			t.Errorf("least is %v in %s", d.Least, text(d))
		}
	}
}

// TestRouteOfAnySnapshot: what must hold whatever the health, the pins and the plan.
func TestRouteOfAnySnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		verdict := rapid.Custom(func(t *rapid.T) wissel.Verdict {
			return wissel.Verdict{State: wissel.State(rapid.IntRange(0, 3).Draw(t, "state")), Retry: rapid.Bool().Draw(t, "retry")}
		})
		s := world()
		for _, a := range []wissel.Address{genesys1, genesys2, reserve1} {
			s.Health[a] = verdict.Draw(t, "verdict")
		}
		target := rapid.SampledFrom([]wissel.Target{genesys, reserve, storing, drukte, unnamed, nowhere})
		s.Groups["support"].Plans["any"] = wissel.Plan{ID: "any", Targets: rapid.SliceOfN(target, 0, 6).Draw(t, "plan")}
		s.Active["support"] = wissel.Choice{Plan: "any", Who: "anna"}
		if rapid.Bool().Draw(t, "pin") {
			pinned(target.Draw(t, "pinned"), time.Duration(rapid.IntRange(-1, 1).Draw(t, "left"))*time.Hour)(s)
		}
		d := Route(s, Request{To: "+31201234567", Trunk: "reserve", Loop: rapid.Bool().Draw(t, "loop"), Spare: rapid.Bool().Draw(t, "spare"), Now: noon})
		if (d.Refuse == 0) != (len(d.Steps) > 0) {
			t.Fatalf("refuse %d with %d steps", d.Refuse, len(d.Steps))
		}
		seen := map[Step]bool{}
		for i, st := range d.Steps {
			bare := Step{Target: st.Target, Address: st.Address}
			if seen[bare] {
				t.Fatalf("step %d comes twice: %s", i, text(d))
			}
			seen[bare] = true
			v := s.Health[st.Address]
			if st.Target.Trunk != "" && v.State == wissel.Down && !st.Force && !(st.Retry && v.Retry) {
				t.Fatalf("step %d is down and neither forced nor a retry", i)
			}
			if st.Target.Trunk != "" && s.Trunks[st.Target.Trunk].Addresses[st.Index] != st.Address {
				t.Fatalf("step %d has the wrong index", i)
			}
			if st.Target.Trunk == "" && (!st.Address.IsZero() || st.Force || st.Retry) {
				t.Fatalf("step %d is a flow: %+v", i, st)
			}
		}
		if flow, ok := s.Plan(d.Group).Flow(); ok && (d.Refuse != 0 || d.Steps[len(d.Steps)-1].Target != flow) {
			t.Fatalf("the plan's flow is not last: %s", text(d))
		}
		if len(d.Reasons) == 0 {
			t.Fatal("no reasons")
		}
	})
}

func TestTokensAreOneASecondForEachGroup(t *testing.T) {
	tokens := NewTokens(time.Second)
	got := map[wissel.GroupID]int{}
	for ms := range 3000 {
		for _, g := range []wissel.GroupID{"a", "b"} {
			if tokens.Take(g, noon.Add(time.Duration(ms)*time.Millisecond)) {
				got[g]++
			}
		}
	}
	if got["a"] != 3 || got["b"] != 3 {
		t.Errorf("%v in three seconds", got)
	}
	if !tokens.Take("a", noon.Add(time.Hour)) || tokens.Take("a", noon.Add(time.Hour)) {
		t.Error("a group keeps one token, and no more")
	}
}

// BenchmarkRoute shows that a look-up takes the same time among a hundred numbers and among 100,000.
func BenchmarkRoute(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := world(health(genesys1, up), health(genesys2, up), health(reserve1, up))
			numbers := make([]wissel.Number, n)
			for i := range numbers {
				numbers[i] = wissel.Number(fmt.Sprintf("+3185%07d", i))
				s.Lines[numbers[i]] = wissel.Line{Number: numbers[i], Group: "support"}
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				if d := Route(s, Request{To: numbers[i*7919%n], Now: noon}); d.Refuse != 0 {
					b.Fatal(d.Reasons)
				}
			}
		})
	}
}

// The crisis line answers when nothing else does, and whatever anybody chose.
func TestTheCrisisLineGoesPastEverything(t *testing.T) {
	s := world(func(s *wissel.Snapshot) {
		s.Lines["+31201239990"] = wissel.Line{Number: "+31201239990", Group: wissel.CrisisGroup}
		s.Ours = "all is down"
		for _, a := range []wissel.Address{genesys1, genesys2, reserve1} {
			s.Health[a] = down
		}
		s.Pins[wissel.CrisisGroup] = wissel.Pin{ID: "x", Group: wissel.CrisisGroup, Target: reserve, Until: noon.Add(time.Hour)}
	})
	d := Route(s, Request{To: "+31201239990", From: "+31612345678", Trunk: "kpn", Now: noon, Loop: true})
	if len(d.Steps) != 1 || d.Steps[0].Target != (wissel.Target{Flow: wissel.CrisisLine}) || d.Refuse != 0 || d.Group == nil || d.Group.ID != wissel.CrisisGroup || d.Group.Media != wissel.Anchored {
		t.Errorf("%+v", d)
	}
}
