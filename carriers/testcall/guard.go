package testcall

import (
	"fmt"
	"time"

	"wissel"
)

// Guard keeps test calls from costing more than was meant: so many a day over each trunk, by the calendar of the times that
// it is given. The zero Guard is ready. It is not safe for concurrent use.
type Guard struct {
	day  time.Time // its midnight
	made map[wissel.TrunkID]int
}

// Spent says that a trunk has had its test calls of the day.
type Spent struct {
	Trunk wissel.TrunkID
	Made  int
	Most  int
	Until time.Time // when the next may be made
}

func (s *Spent) Error() string {
	return fmt.Sprintf("%d test calls were made over %s today, and its test.per_day allows %d: the next may go at %s; raise trunks.%s.test.per_day to make more",
		s.Made, s.Trunk, s.Most, s.Until.Format("15:04 on 2 January"), s.Trunk)
}

// Count notes a test call that was made at a time, for one that is read back after a restart. One of another day than the
// newest counts for nothing.
func (g *Guard) Count(trunk wissel.TrunkID, at time.Time) {
	if day := midnight(at); day.Before(g.day) {
		return
	}
	g.turn(at)
	g.made[trunk]++
}

// Take counts a test call that is to be made now, or refuses it with a *Spent. most is the trunk's test.per_day.
func (g *Guard) Take(trunk wissel.TrunkID, most int, now time.Time) error {
	g.turn(now)
	if n := g.made[trunk]; n >= most {
		return &Spent{Trunk: trunk, Made: n, Most: most, Until: g.day.AddDate(0, 0, 1)}
	}
	g.made[trunk]++
	return nil
}

// Give takes back the Take of a call that never left: it has cost nothing.
func (g *Guard) Give(trunk wissel.TrunkID, now time.Time) {
	if g.turn(now); g.made[trunk] > 0 {
		g.made[trunk]--
	}
}

// Made is how many test calls were made over a trunk on the day of now.
func (g *Guard) Made(trunk wissel.TrunkID, now time.Time) int {
	g.turn(now)
	return g.made[trunk]
}

// turn begins a new day when there is one.
func (g *Guard) turn(now time.Time) {
	if day := midnight(now); g.made == nil || day.After(g.day) {
		g.day, g.made = day, map[wissel.TrunkID]int{}
	}
}

// midnight is when the day of t began.
func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}
