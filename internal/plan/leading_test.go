package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel"
)

// led lets the reserve lead plan normaal.
func led(change ...func(*wissel.Lead)) func(*wissel.Snapshot) {
	return func(s *wissel.Snapshot) {
		l := wissel.Lead{Plan: "normaal", Home: genesys, Target: reserve, Since: noon.Add(-time.Hour), Decision: "d1"}
		for _, c := range change {
			c(&l)
		}
		s.Leads = map[wissel.PlanOf]wissel.Lead{{Group: "support", Plan: l.Plan}: l}
	}
}

func share(n int) func(*wissel.Lead)     { return func(l *wissel.Lead) { l.Share = n } }
func single(l *wissel.Lead)              { l.Single = true }
func held(why string) func(*wissel.Lead) { return func(l *wissel.Lead) { l.Held = why } }

func asks(plan wissel.PlanID, fresh time.Duration) func(*wissel.Snapshot) {
	return func(s *wissel.Snapshot) {
		p := s.Groups["support"].Plans[plan]
		p.Fresh = fresh
		s.Groups["support"].Plans[plan] = p
	}
}

func proven(id wissel.TrunkID, ago time.Duration) func(*wissel.Snapshot) {
	return func(s *wissel.Snapshot) {
		if s.Proofs == nil {
			s.Proofs = map[wissel.TrunkID]wissel.Proof{}
		}
		s.Proofs[id] = wissel.Proof{At: noon.Add(-ago)}
	}
}

func ofShare(n int, t wissel.Target) func(*wissel.Snapshot) {
	return func(s *wissel.Snapshot) {
		pinned(t, time.Hour)(s)
		p := s.Pins["support"]
		p.Share = n
		s.Pins["support"] = p
	}
}

// callers gives one who is among a share of 500, and one who is not.
func callers(t *testing.T) (in, out wissel.Number) {
	t.Helper()
	for i := 0; in == "" || out == ""; i++ {
		n := wissel.Number(fmt.Sprintf("+316%08d", i))
		if wissel.InShare("support", n, 0, 500) {
			in = n
		} else {
			out = n
		}
	}
	return in, out
}

func TestRouteWithALead(t *testing.T) {
	in, out := callers(t)
	call := Request{To: "+31201234567", Trunk: "kpn", From: out}
	among, first := call, call
	among.From, first.First = in, true
	down2 := []func(*wissel.Snapshot){health(genesys1, down), health(genesys2, down)}
	with := func(more ...func(*wissel.Snapshot)) []func(*wissel.Snapshot) { return append(more, down2...) }
	week := 7 * 24 * time.Hour
	rows := []struct {
		name  string
		world []func(*wissel.Snapshot)
		r     Request
		want  string
		why   string
	}{
		{"who leads comes first, then the plan in its order", []func(*wissel.Snapshot){led()}, call, "reserve/0 genesys/0 genesys/1 flow:storing", "reserve leads instead of genesys since 2 Jan 11:00:00 (decision d1)"},
		{"who leads and is down is passed over", []func(*wissel.Snapshot){led(), health(reserve1, down)}, call, "genesys/0 genesys/1 flow:storing", "passed over"},
		{"a lead of another plan is void", []func(*wissel.Snapshot){led(), active("dubbel")}, call, "genesys/0 genesys/1 flow:storing", ""},
		{"a lead of another first target is void", []func(*wissel.Snapshot){led(func(l *wissel.Lead) { l.Home = reserve; l.Target = genesys })}, call, "genesys/0 genesys/1 reserve/0 flow:storing", ""},
		{"a share goes back", []func(*wissel.Snapshot){led(share(500))}, among, "genesys/0 genesys/1 reserve/0 flow:storing", "this caller is among the 50 % who go back to genesys"},
		{"the others do not", []func(*wissel.Snapshot){led(share(500))}, call, "reserve/0 genesys/0 genesys/1 flow:storing", "50 % of the callers go back to genesys, this one does not"},
		{"the one call of a way back", []func(*wissel.Snapshot){led(single)}, first, "genesys/0 genesys/1 reserve/0 flow:storing", "begins with one call, this one"},
		{"the others meanwhile", []func(*wissel.Snapshot){led(single)}, call, "reserve/0 genesys/0 genesys/1 flow:storing", "only if no other has"},
		{"the first is down", with(led()), call, "reserve/0 flow:storing", "passed over"},
		{"the first is down by its calls: one call finds out", []func(*wissel.Snapshot){led(), health(genesys1, retry), health(genesys2, down)}, call, "genesys/0? reserve/0 flow:storing", "one call may try"},
		{"but not while the group is held", []func(*wissel.Snapshot){led(held("sticky")), health(genesys1, retry), health(genesys2, down)}, call, "reserve/0 genesys/0? flow:storing", "sticky"},
		{"a pin beats a lead", []func(*wissel.Snapshot){led(), pinned(genesys, time.Hour)}, call, "genesys/0 genesys/1 reserve/0 flow:storing", "pinned to genesys"},
		{"a loop does not follow a lead", []func(*wissel.Snapshot){led()}, Request{To: "+31201234567", Loop: true}, "flow:storing", "a loop"},

		{"a pin on a share of the callers", []func(*wissel.Snapshot){ofShare(500, reserve)}, among, "reserve/0 genesys/0 genesys/1 flow:storing", "pinned to reserve for 50 % of the callers until"},
		{"the others go by the plan", []func(*wissel.Snapshot){ofShare(500, reserve)}, call, "genesys/0 genesys/1 reserve/0 flow:storing", "for 50 % of the callers: this caller is not among them"},
		{"a pin on a flow for a share", []func(*wissel.Snapshot){ofShare(500, drukte)}, among, "flow:drukte flow:storing", "pinned to flow:drukte"},

		{"no proof, and the plan asks for one: passed over", []func(*wissel.Snapshot){asks("normaal", week)}, call, "genesys/0 genesys/1 flow:storing", "reserve: no call over it is known that was answered and heard both ways, and the plan asks for a proof within 7 days; passed over"},
		{"a proof that is too old", []func(*wissel.Snapshot){asks("normaal", week), proven("reserve", 9*24*time.Hour)}, call, "genesys/0 genesys/1 flow:storing", "a call last proved it at 24 Dec 12:00:00, and the plan asks for a proof within 7 days"},
		{"a fresh proof", []func(*wissel.Snapshot){asks("normaal", week), proven("reserve", time.Hour)}, call, "genesys/0 genesys/1 reserve/0 flow:storing", ""},
		{"the plan asks for none", []func(*wissel.Snapshot){proven("reserve", 9*24*time.Hour)}, call, "genesys/0 genesys/1 reserve/0 flow:storing", ""},
		{"a pinned target is never asked for its proof", []func(*wissel.Snapshot){asks("normaal", week), pinned(reserve, time.Hour)}, call, "reserve/0 genesys/0 genesys/1 flow:storing", ""},
		{"who leads was fresh when it was switched to", []func(*wissel.Snapshot){asks("normaal", week), led()}, call, "reserve/0 genesys/0 genesys/1 flow:storing", ""},
		{"the first is down and all others are stale: the flow", with(asks("normaal", week)), call, "flow:storing", "passed over"},
		{"and one call a second tries the first, not the stale one", with(asks("normaal", week), health(reserve1, downLate)), Request{To: "+31201234567", Spare: true}, "genesys/0! flow:storing", "every address that may be tried is down, this one is the least bad"},

		{"it is us: that is said", []func(*wissel.Snapshot){func(s *wissel.Snapshot) { s.Ours = "the gateway does not answer" }}, call, "genesys/0 genesys/1 reserve/0 flow:storing", "it is us: the gateway does not answer"},
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
		})
	}
}

func TestTheSingleCallIsOfferedOnlyWhereItWouldBeUsed(t *testing.T) {
	for _, row := range []struct {
		name  string
		world []func(*wissel.Snapshot)
		want  bool
	}{
		{"a way back begins", []func(*wissel.Snapshot){led(single)}, true},
		{"no way back", []func(*wissel.Snapshot){led()}, false},
		{"a pin takes every call", []func(*wissel.Snapshot){led(single), pinned(reserve, time.Hour)}, false},
		{"the first of the plan is down again", []func(*wissel.Snapshot){led(single), health(genesys1, down), health(genesys2, down)}, false},
		{"one of its addresses is not", []func(*wissel.Snapshot){led(single), health(genesys1, down)}, true},
	} {
		if d := Route(world(row.world...), Request{To: "+31201234567", Now: noon}); d.Single != row.want {
			t.Errorf("%s: single is %v", row.name, d.Single)
		}
	}
}

// TestRouteOfAnyLead: what must hold whatever leads, and however far the way back is.
func TestRouteOfAnyLead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := rapid.SampledFrom([]wissel.Target{genesys, reserve, unnamed, nowhere, storing})
		l := wissel.Lead{
			Plan: rapid.SampledFrom([]wissel.PlanID{"normaal", "dubbel", "weg"}).Draw(t, "plan"), Home: target.Draw(t, "home"), Target: target.Draw(t, "leader"),
			Share: rapid.IntRange(0, 999).Draw(t, "share"), Single: rapid.Bool().Draw(t, "single"), Held: rapid.SampledFrom([]string{"", "sticky"}).Draw(t, "held"),
		}
		s := world(func(s *wissel.Snapshot) { s.Leads = map[wissel.PlanOf]wissel.Lead{{Group: "support", Plan: l.Plan}: l} })
		for _, a := range []wissel.Address{genesys1, genesys2, reserve1} {
			s.Health[a] = wissel.Verdict{State: wissel.State(rapid.IntRange(0, 3).Draw(t, "state")), Retry: rapid.Bool().Draw(t, "retry")}
		}
		if rapid.Bool().Draw(t, "asks") {
			asks("normaal", time.Hour)(s)
		}
		if rapid.Bool().Draw(t, "pinned") {
			ofShare(rapid.IntRange(0, 1000).Draw(t, "of"), target.Draw(t, "on"))(s)
		}
		r := Request{To: "+31201234567", From: wissel.Number(rapid.StringMatching(`(\+316[0-9]{8})?`).Draw(t, "caller")), Chance: rapid.Uint64().Draw(t, "chance"), First: rapid.Bool().Draw(t, "first"), Now: noon}
		d := Route(s, r)
		if d.Refuse != 0 || d.Steps[len(d.Steps)-1].Target != storing {
			t.Fatalf("the plan's flow is not last: %s", text(d))
		}
		seen := map[wissel.Address]bool{}
		for _, st := range d.Steps {
			if !st.Address.IsZero() && seen[st.Address] {
				t.Fatalf("%s comes twice: %s", st.Address, text(d))
			}
			seen[st.Address] = true
			if v := s.Health[st.Address]; !st.Address.IsZero() && v.State == wissel.Down && !st.Force && !(st.Retry && v.Retry) {
				t.Fatalf("%s is down: %s", st.Address, text(d))
			}
		}
		if again := Route(s, r); text(again) != text(d) {
			t.Fatalf("%s, and then %s", text(d), text(again))
		}
	})
}
