package testcall

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel"
)

func TestSchedule(t *testing.T) {
	hourly := wissel.Test{Number: "+31881112233", Every: time.Hour}
	tests := map[wissel.TrunkID]wissel.Test{"a": hourly, "b": hourly, "demand": {Number: "+31881112233"}, "none": {Every: time.Hour}}
	chances := []float64{0.5, 0.25}
	chance := func() float64 { c := chances[0]; chances = chances[1:]; return c }
	var s Schedule
	s.Set(tests, noon, chance)
	next := func(at time.Duration, want wissel.TrunkID, wait time.Duration) {
		t.Helper()
		if id, w := s.Next(noon.Add(at)); id != want || w != wait {
			t.Errorf("at %v: %q in %v, want %q in %v", at, id, w, want, wait)
		}
	}
	next(0, "", 15*time.Minute)
	next(15*time.Minute, "b", 0)
	s.Began("b")
	next(16*time.Minute, "", 14*time.Minute)
	next(2*time.Hour, "a", 0)
	s.Ended("b", noon.Add(16*time.Minute), 1) // a little later than an hour
	next(16*time.Minute, "", 14*time.Minute)
	s.Began("a")
	next(time.Hour, "", 22*time.Minute)
	s.Ended("a", noon.Add(31*time.Minute), 0.5)
	s.Set(tests, noon.Add(40*time.Minute), nil) // a reload that changes nothing here moves nothing
	next(40*time.Minute, "", 42*time.Minute)
	s.Set(nil, noon, nil)
	next(40*time.Minute, "", 0)
	s.Began("a") // it is gone
	s.Ended("a", noon, 0)
	next(9*time.Hour, "", 0)
}

// No trunk is tested more often than its interval less a tenth, and none is forgotten.
func TestScheduleKeepsItsIntervals(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tests := map[wissel.TrunkID]wissel.Test{}
		for _, id := range []wissel.TrunkID{"a", "b", "c"} {
			tests[id] = wissel.Test{Number: "+31881112233", Every: time.Duration(rapid.IntRange(1, 100).Draw(rt, "every")) * time.Minute}
		}
		chance := func() float64 { return rapid.Float64Range(0, 1).Draw(rt, "chance") }
		var s Schedule
		s.Set(tests, noon, chance)
		now, last := noon, map[wissel.TrunkID]time.Time{}
		for range 60 {
			id, wait := s.Next(now)
			if id == "" {
				now = now.Add(wait)
				continue
			}
			if at, ok := last[id]; ok && now.Sub(at) < tests[id].Every*9/10 {
				rt.Fatalf("%s again after %v of %v", id, now.Sub(at), tests[id].Every)
			}
			s.Began(id)
			last[id] = now
			s.Ended(id, now, chance())
		}
		for id, test := range tests {
			at := last[id]
			if at.IsZero() {
				at = noon
			}
			if now.Sub(at) > test.Every*11/10+time.Second {
				rt.Fatalf("%s was not tested for %v of %v", id, now.Sub(at), test.Every)
			}
		}
	})
}

func TestGuard(t *testing.T) {
	var g Guard
	morning := time.Date(2026, 3, 2, 0, 30, 0, 0, time.UTC)
	g.Count("kpn", morning.Add(-time.Hour)) // yesterday's, read back
	g.Count("kpn", morning)
	g.Count("kpn", morning.Add(-2*time.Hour)) // older than the newest: of another day
	if n := g.Made("kpn", morning); n != 1 {
		t.Errorf("%d were made today", n)
	}
	if err := g.Take("kpn", 2, morning.Add(time.Hour)); err != nil {
		t.Error(err)
	}
	err := g.Take("kpn", 2, morning.Add(2*time.Hour))
	var spent *Spent
	if !errors.As(err, &spent) || spent.Made != 2 || !strings.Contains(err.Error(), "the next may go at 00:00 on 3 March") || !strings.Contains(err.Error(), "trunks.kpn.test.per_day") {
		t.Errorf("the third: %v", err)
	}
	if err := g.Take("other", 2, morning); err != nil {
		t.Errorf("each trunk for itself: %v", err)
	}
	g.Give("kpn", morning)
	if err := g.Take("kpn", 2, morning); err != nil {
		t.Errorf("one that never left costs nothing: %v", err)
	}
	if err := g.Take("kpn", 2, morning.Add(24*time.Hour)); err != nil {
		t.Errorf("tomorrow: %v", err)
	}
	g.Give("new", morning)
}

// However tests are asked for, no day sees more than it may.
func TestGuardHolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var g Guard
		most := rapid.IntRange(1, 5).Draw(rt, "most")
		now, made := noon, map[string]int{}
		for range rapid.IntRange(1, 100).Draw(rt, "asked") {
			now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(rt, "later")) * time.Minute)
			if g.Take("kpn", most, now) == nil {
				made[now.Format(time.DateOnly)]++
			}
		}
		for day, n := range made {
			if n > most {
				rt.Fatalf("%d on %s", n, day)
			}
		}
	})
}
