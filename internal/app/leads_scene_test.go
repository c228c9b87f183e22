package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/web"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// story is what was decided so far but for the verdicts: "switch, handback".
func story(n *simtest.Net) string {
	n.T.Helper()
	<-time.After(time.Second) // records are written in batches
	line, err := n.Operator().Timeline(n.T.Context(), time.Time{}, "support", 0)
	if err != nil {
		n.T.Fatal(err)
	}
	var kinds []string
	for _, m := range line.Moments {
		if m.Kind != string(wissel.DecidedVerdict) {
			kinds = append(kinds, m.Kind)
		}
	}
	return strings.Join(kinds, ", ")
}

// TestAnOutageFromEndToEnd: the platform dies, wissel switches once, the platform comes back, and its calls do, in stages.
func TestAnOutageFromEndToEnd(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		const probe = "probe: {every: 2s, fast: 500ms}"
		north := n.Trunk("north", sim.Answer(0).Tone(440), probe)
		south := n.Trunk("south", sim.Answer(0).Tone(550), probe)
		caller := n.Phone("caller")
		n.Settings("    handback: {calm: 30s, shares: [50%, 100%], samples: 3}")
		callers := 0
		calls := func(count int) {
			for range count {
				callers++
				from := fmt.Sprintf("+316%08d", callers)
				caller.Call(simtest.Number).With(func(d *sim.Dial) { d.From = from }).For(3 * time.Second)
			}
		}
		took := func(p *sim.Party) int { return len(p.Ledger().Calls) }
		group := func() web.Group { return n.Operator().Status(t.Context()).Groups[0] }

		calls(1)
		if took(north) != 1 || took(south) != 0 {
			t.Fatalf("north took %d, south %d", took(north), took(south))
		}
		<-time.After(2 * time.Second)
		if p := group().Proofs; len(p) != 2 || p[0].Target != "south" || !p[0].At.IsZero() || p[1].Target != "north" || p[1].Call == "" {
			t.Errorf("the stalest first: %+v", p)
		}
		north.Kill()
		<-time.After(20 * time.Second)
		calls(3)
		<-time.After(time.Minute)
		if got := story(n); got != "switch" || took(south) != 3 {
			t.Fatalf("decided %q, south took %d", got, took(south))
		}
		lead := group().Lead
		if lead == nil || lead.Target != "south" || lead.Home != "north" {
			t.Fatalf("the lead is %+v", lead)
		}
		why, err := n.Operator().Why(t.Context(), lead.Decision, "")
		if err != nil || why.Decision == nil || why.Decision.Why != "north is down, south is up" || len(why.Decision.Evidence) != 2 || len(why.Decision.Thresholds) == 0 || why.Decision.Version == "" {
			t.Errorf("why: %+v, %v", why.Decision, err)
		}

		if err := north.Revive(); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * time.Minute)
		if got := story(n); got != "switch, handback" || !group().Lead.Single {
			t.Fatalf("decided %q, the lead is %+v", got, group().Lead)
		}
		before := took(north)
		calls(1)
		if took(north) != before+1 || group().Lead.Share != 500 {
			t.Fatalf("north took %d, the lead is %+v", took(north)-before, group().Lead)
		}
		calls(20)
		if got := story(n); got != "switch, handback, handback, handback, handback" || group().Lead != nil {
			t.Fatalf("decided %q, the lead is %+v", got, group().Lead)
		}
		before = took(north)
		calls(3)
		if took(north) != before+3 {
			t.Errorf("north took %d of 3", took(north)-before)
		}
		for _, c := range n.CDRs() {
			if c.Outcome != wissel.Answered {
				t.Errorf("a call was %s: %+v", c.Outcome, c)
			}
		}
		last := n.CDRs()[callers-1]
		why, err = n.Operator().Why(t.Context(), string(last.Call), "")
		if err != nil || why.Call == nil || len(why.Call.Attempts) == 0 || len(why.Call.Reasons) == 0 || strings.Contains(why.Call.From, string(last.From)) {
			t.Errorf("why of a call: %+v, %v", why.Call, err)
		}
	})
}

// TestAnotherPlanAndBack: while the backup leads an operator chooses another plan, and the usual one again. The backup leads
// it still, though the platform is well, and the way back begins with its first stage.
func TestAnotherPlanAndBack(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		const probe = "probe: {every: 2s, fast: 500ms}"
		north := n.Trunk("north", sim.Answer(0).Tone(440), probe)
		south := n.Trunk("south", sim.Answer(0).Tone(550), probe)
		caller := n.Phone("caller")
		n.Other("stil", "flow:storing")
		n.Settings("    handback: {calm: 30s, shares: [50%, 100%], samples: 3}")
		n.Start()
		calls := func(count int) (inNorth, inSouth int) {
			before := [2]int{len(north.Ledger().Calls), len(south.Ledger().Calls)}
			for i := range count {
				caller.Call(simtest.Number).With(func(d *sim.Dial) { d.From = fmt.Sprintf("+316%08d", i) }).For(3 * time.Second)
			}
			return len(north.Ledger().Calls) - before[0], len(south.Ledger().Calls) - before[1]
		}
		group := func() web.Group { return n.Operator().Status(t.Context()).Groups[0] }
		choose := func(r web.SwitchRequest) []string {
			t.Helper()
			r.Group, r.Reason = "support", "ticket 4711"
			done, err := n.Operator().Switch(t.Context(), r, web.Actor{Who: "anna"})
			if err != nil {
				t.Fatal(err)
			}
			return done.Notes
		}

		<-time.After(5 * time.Second)
		north.Kill()
		<-time.After(20 * time.Second)
		calls(1)
		if l := group().Lead; l == nil || l.Target != "south" {
			t.Fatalf("the lead is %+v", l)
		}
		choose(web.SwitchRequest{Plan: "stil"})
		if l := group().Lead; l != nil {
			t.Errorf("plan stil is led: %+v", l)
		}
		if inNorth, inSouth := calls(1); inNorth+inSouth != 0 {
			t.Errorf("under plan stil north took %d, south %d", inNorth, inSouth)
		}
		if err := north.Revive(); err != nil {
			t.Fatal(err)
		}
		<-time.After(10 * time.Second) // it is up, and not yet for as long as the way back asks
		notes := strings.Join(choose(web.SwitchRequest{Auto: true}), "\n")
		if !strings.Contains(notes, "south leads plan normaal instead of north since") {
			t.Errorf("the operator is not told: %s", notes)
		}
		if inNorth, inSouth := calls(3); inNorth != 0 || inSouth != 3 {
			t.Errorf("back in plan normaal north took %d, south %d", inNorth, inSouth)
		}
		<-time.After(time.Minute)
		if l := group().Lead; l == nil || !l.Single {
			t.Fatalf("the way back has not begun with one call: %+v", l)
		}
		calls(20)
		if got := story(n); got != "switch, plan, plan, handback, handback, handback, handback" || group().Lead != nil {
			t.Errorf("decided %q, the lead is %+v", got, group().Lead)
		}
	})
}

// TestFlappingOnTheWire: the platform goes and comes each 4 s for two minutes. One real change is one switch.
func TestFlappingOnTheWire(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		const probe = "probe: {every: 2s, fast: 500ms}"
		north := n.Trunk("north", sim.Answer(0).Tone(440), probe)
		n.Trunk("south", sim.Answer(0).Tone(550), probe)
		caller := n.Phone("caller")
		n.Settings("    handback: {calm: 30s, shares: [50%, 100%], samples: 3}")
		n.Start()
		for range 15 {
			north.Kill()
			caller.Call(simtest.Number).For(time.Second)
			<-time.After(3 * time.Second)
			if err := north.Revive(); err != nil {
				t.Fatal(err)
			}
			caller.Call(simtest.Number).For(time.Second)
			<-time.After(3 * time.Second)
		}
		if got := story(n); got != "switch" {
			t.Errorf("decided %q", got)
		}
		for _, c := range n.CDRs() {
			if c.Outcome != wissel.Answered {
				t.Errorf("a call was %s: %+v", c.Outcome, c)
			}
		}
	})
}
