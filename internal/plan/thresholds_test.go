package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wissel"
)

// figured gives the trunks the figures of the settings' own defaults, and the verdicts the moments since when they hold.
func figured(s *wissel.Snapshot) {
	s.Rules = "health: fall 3"
	for id, t := range s.Trunks {
		c := *t
		c.Probe = wissel.Probe{Every: 2 * time.Second, Fast: 500 * time.Millisecond, Timeout: time.Second}
		c.Timers = wissel.Timers{Quiet: 500 * time.Millisecond, Patience: 2 * time.Second, Progress: 4 * time.Second, Ring: 45 * time.Second}
		s.Trunks[id] = &c
	}
}

func slower(s *wissel.Snapshot) {
	s.Trunks["reserve"].Probe.Off = true
	s.Trunks["reserve"].Timers.Ring = 90 * time.Second
}

func since(v wissel.Verdict, ago time.Duration) wissel.Verdict {
	v.Since = noon.Add(-ago)
	return v
}

func TestThresholds(t *testing.T) {
	const usual = "quiet 500ms, patience 2s, progress 4s, ring 45s; OPTIONS every 2s, fast 500ms, timeout 1s"
	call := Request{To: "+31201234567", Trunk: "kpn"}
	loop := call
	loop.Loop = true
	fell := []func(*wissel.Snapshot){health(genesys1, since(down, 90*time.Second)), health(genesys2, since(down, 90*time.Second)), health(reserve1, since(up, time.Hour))}
	for _, row := range []struct {
		name  string
		world []func(*wissel.Snapshot)
		r     Request
		want  []string
	}{
		{"nothing is known: no moment is made up", nil, call, []string{"health: fall 3", "genesys: unknown", "reserve: unknown", "genesys, reserve: " + usual}},
		{"who is passed over comes after who is tried", fell, call, []string{"health: fall 3", "reserve: up since 2 Jan 11:00:00", "genesys: down since 2 Jan 11:58:30", "reserve, genesys: " + usual}},
		{"addresses that differ have a verdict each", append(fell, health(genesys2, since(suspect, time.Minute))), call, []string{
			"health: fall 3", "genesys: down since 2 Jan 11:58:30 (udp:192.0.2.1:5060), suspect since 2 Jan 11:59:00 (udp:192.0.2.2:5060)",
			"reserve: up since 2 Jan 11:00:00", "genesys, reserve: " + usual,
		}},
		{"figures that differ have a line each", []func(*wissel.Snapshot){slower}, call, []string{
			"health: fall 3", "genesys: unknown", "reserve: unknown", "genesys: " + usual,
			"reserve: quiet 500ms, patience 2s, progress 4s, ring 1m30s; no OPTIONS",
		}},
		{"what the plan asks", []func(*wissel.Snapshot){asks("normaal", 7*24*time.Hour)}, call, []string{
			"health: fall 3", "genesys: unknown", "reserve: unknown", "genesys, reserve: " + usual, "plan normaal: fresh 7 days",
		}},
		{"a pinned trunk outside the plan", []func(*wissel.Snapshot){pinned(reserve, time.Hour), active("storing")}, call, []string{"health: fall 3", "reserve: unknown", "reserve: " + usual}},
		{"a trunk that there is not, and one without an address", []func(*wissel.Snapshot){active("vreemd")}, call, nil},
		{"a loop weighs nothing", nil, loop, nil},
		{"a flow by pin weighs nothing", []func(*wissel.Snapshot){pinned(storing, time.Hour)}, call, nil},
		{"nor does a flow by plan", []func(*wissel.Snapshot){active("storing")}, call, nil},
		{"a number that is not ours", nil, Request{To: "+31209999999"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.r.Now = noon
			d := Route(world(append([]func(*wissel.Snapshot){figured}, row.world...)...), row.r)
			if diff := cmp.Diff(row.want, d.Thresholds()); diff != "" {
				t.Error(diff)
			}
		})
	}
	if d := (&Decision{Version: "abc"}); d.Thresholds() != nil {
		t.Error("a call that was refused before it was routed has thresholds")
	}
}

// TestThresholdsAreThoseOfThen: the record is written when the call ends, and tells of when it was routed.
func TestThresholdsAreThoseOfThen(t *testing.T) {
	s := world(figured, health(reserve1, since(up, time.Hour)))
	d := Route(s, Request{To: "+31201234567", Now: noon})
	before := strings.Join(d.Thresholds(), "\n")
	next := s.WithHealth(map[wissel.Address]wissel.Verdict{reserve1: since(down, 0)})
	again := Route(next, Request{To: "+31201234567", Now: noon})
	if now := strings.Join(d.Thresholds(), "\n"); now != before || now == strings.Join(again.Thresholds(), "\n") {
		t.Errorf("it tells of another moment:\n%s", now)
	}
}

func TestWhoseChoiceWasFollowed(t *testing.T) {
	in, out := callers(t)
	for _, row := range []struct {
		name   string
		world  []func(*wissel.Snapshot)
		caller wissel.Number
		want   string
		reason string // is among the reasons
	}{
		{"nobody's but the settings'", nil, in, "wissel", ""},
		{"by its own switch", []func(*wissel.Snapshot){led()}, in, "wissel", "decision d1"},
		{"an operator's plan", []func(*wissel.Snapshot){active("storing")}, in, "anna", "by anna: ticket 4711"},
		{"the plan that the settings have too", []func(*wissel.Snapshot){active("normaal")}, in, "wissel", ""},
		{"a pin's", []func(*wissel.Snapshot){pinned(reserve, time.Hour)}, in, "jan", "by jan: it hangs up on callers"},
		{"a pin on a flow", []func(*wissel.Snapshot){pinned(storing, time.Hour)}, in, "jan", "by jan: it hangs up on callers"},
		{"a pin beats a plan", []func(*wissel.Snapshot){pinned(reserve, time.Hour), active("storing")}, in, "jan", "by anna: ticket 4711"},
		{"a pin that has ended is nobody's", []func(*wissel.Snapshot){pinned(reserve, 0)}, in, "wissel", ""},
		{"among the share", []func(*wissel.Snapshot){ofShare(500, reserve)}, in, "jan", "for 50 % of the callers"},
		{"not among the share", []func(*wissel.Snapshot){ofShare(500, reserve)}, out, "wissel", "this caller is not among them"},
		{"not among the share, under a plan", []func(*wissel.Snapshot){ofShare(500, reserve), active("storing")}, out, "anna", ""},
	} {
		d := Route(world(row.world...), Request{To: "+31201234567", From: row.caller, Now: noon})
		if why := strings.Join(d.Reasons, "\n"); d.Actor != row.want || !strings.Contains(why, row.reason) {
			t.Errorf("%s: %q, want %q because %q:\n%s", row.name, d.Actor, row.want, row.reason, why)
		}
	}
	if d := Route(world(), Request{To: "+31209999999"}); d.Actor != "wissel" {
		t.Errorf("a refusal is %q's", d.Actor)
	}
}

func BenchmarkThresholds(b *testing.B) {
	d := Route(world(figured), Request{To: "+31201234567", Now: noon})
	b.ReportAllocs()
	for b.Loop() {
		if d.Thresholds() == nil {
			b.Fatal("none")
		}
	}
}
