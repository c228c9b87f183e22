package callbacks

import (
	"strings"
	"testing"
	"time"
)

func ready(agents int) (Settings, View) {
	set := DefaultSettings()
	set.Trunk, set.Queue, set.Agents, set.Rate = "genesys", "+31201239000", agents, 50
	return set, View{Up: true, Agents: agents, Share: 1000, Lines: plainLines{}}
}

// wave lets go as many as there is room for, with none of them settled, and gives how many that were.
func wave(r Release, set Settings, v View, flying int, now time.Time) (Release, int) {
	n := 0
	for {
		if ok, _, _ := r.Room(set, v, flying+n, now); !ok {
			return r, n
		}
		r = r.Goes(set, v, now)
		n++
	}
}

func TestWavesFollowTheAgents(t *testing.T) {
	set, v := ready(10)
	var r Release
	now := noon
	for i, row := range []struct{ go_, taken int }{{1, 1}, {2, 2}, {4, 4}, {8, 4}, {8, 3}, {4, 3}, {8, 8}, {10, 0}} {
		var n int
		if r, n = wave(r, set, v, 0, now); n != row.go_ {
			t.Fatalf("wave %d: %d went, want %d (%+v)", i, n, row.go_, r)
		}
		for k := range n {
			r = r.Agent(true, k < row.taken, now)
		}
		now = now.Add(2 * time.Second)
	}
	ok, again, why := r.Room(set, v, 0, now)
	if ok || !strings.Contains(why, "rests") || again.Sub(now) > 30*time.Second || again.Sub(now) < 25*time.Second {
		t.Errorf("after a wave that nobody took: %v at %v, %s", ok, again, why)
	}
	now = again
	for _, rest := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
		var n int
		if r, n = wave(r, set, v, 0, now); n == 0 {
			t.Fatal("none went after the rest")
		}
		for range n {
			r = r.Agent(true, false, now)
		}
		if r.Rest.Sub(now) != rest {
			t.Errorf("rests for %v, want %v", r.Rest.Sub(now), rest)
		}
		now = r.Rest
	}
	if r.Width > 1 {
		t.Errorf("still %d wide", r.Width)
	}
}

func TestWhatHoldsARelease(t *testing.T) {
	for _, row := range []struct {
		name   string
		flying int
		change func(*Settings, *View, *Release)
		why    string
		again  time.Duration // from noon; 0: once something happens
	}{
		{"no desk", 0, func(s *Settings, _ *View, _ *Release) { s.Trunk = "" }, "no desk is set", 0},
		{"paused", 0, func(_ *Settings, _ *View, r *Release) { r.Paused, r.Who, r.Why = true, "anna", "ticket 1" }, "paused by anna: ticket 1", 0},
		{"an operator's to let go", 0, func(s *Settings, _ *View, _ *Release) { s.Release = ReleaseOperator }, "an operator", 0},
		{"the desk is closed", 0, func(_ *Settings, v *View, _ *Release) { v.Desk = Desk{Hours: closedTill{noon.Add(time.Hour)}} }, "closed", time.Hour},
		{"it cannot be rung", 0, func(_ *Settings, v *View, _ *Release) { v.Up = false }, "cannot be rung", 0},
		{"its way back has not begun", 0, func(_ *Settings, v *View, _ *Release) { v.Share = 0 }, "", 0},
		{"nobody is logged on", 0, func(_ *Settings, v *View, _ *Release) { v.Agents = 0 }, "nobody", 0},
		{"all agents are busy", 10, func(*Settings, *View, *Release) {}, "10 are in flight", 0},
		{"a tenth of the way back is one", 1, func(_ *Settings, v *View, _ *Release) { v.Share = 100 }, "1 are in flight", 0},
		{"so many in a second", 0, func(s *Settings, _ *View, r *Release) {
			s.Rate, r.Began = 1, []time.Time{noon.Add(-300 * time.Millisecond)}
		}, "second", 700 * time.Millisecond},
		{"the day's are used up", 0, func(s *Settings, _ *View, r *Release) { r.Day, r.Today = "2026-06-03", s.PerDay }, "day", 12 * time.Hour},
	} {
		t.Run(row.name, func(t *testing.T) {
			set, v := ready(10)
			var r Release
			row.change(&set, &v, &r)
			ok, again, why := r.Room(set, v, row.flying, noon)
			if want := noon.Add(row.again); ok || !strings.Contains(why, row.why) || row.again == 0 != again.IsZero() || row.again > 0 && !again.Equal(want) {
				t.Errorf("%v, again %v, %q", ok, again, why)
			}
		})
	}
	set, v := ready(10)
	set.Release = ReleaseOperator
	r := Release{Left: 2}
	for range 2 {
		r = r.Goes(set, v, noon).Agent(true, true, noon)
	}
	if ok, _, _ := r.Room(set, v, 0, noon.Add(time.Minute)); ok || r.Left != 0 {
		t.Errorf("a third went of two that were let go: %+v", r)
	}
}
