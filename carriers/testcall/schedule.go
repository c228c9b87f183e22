package testcall

import (
	"maps"
	"slices"
	"time"

	"wissel"
)

// spread is by how much of itself each interval is moved, either way: tests of several trunks and nodes drift apart.
const spread = 0.1

// Schedule says whose test is due. One runs at a time, and none is due while the one before it over the same trunk runs.
// The zero Schedule is ready. It is not safe for concurrent use.
type Schedule struct {
	due map[wissel.TrunkID]turn
}

type turn struct {
	every   time.Duration
	at      time.Time
	running bool
}

// Set takes the trunks' settings. A trunk that is new, or has another interval, gets its first turn within one interval
// from now; chance gives a number from 0 to 1.
func (s *Schedule) Set(tests map[wissel.TrunkID]wissel.Test, now time.Time, chance func() float64) {
	next := make(map[wissel.TrunkID]turn, len(tests))
	for _, id := range slices.Sorted(maps.Keys(tests)) {
		t := tests[id]
		if t.Number == "" || t.Every <= 0 {
			continue
		}
		d, known := s.due[id]
		if !known || d.every != t.Every {
			d = turn{every: t.Every, at: now.Add(time.Duration(chance() * float64(t.Every))), running: d.running}
		}
		next[id] = d
	}
	s.due = next
}

// Next is the trunk whose test is due, or, when none is, how long until the next one; 0: there is none at all.
func (s *Schedule) Next(now time.Time) (trunk wissel.TrunkID, wait time.Duration) {
	for _, id := range slices.Sorted(maps.Keys(s.due)) {
		d := s.due[id]
		switch left := d.at.Sub(now); {
		case d.running:
		case left <= 0:
			return id, 0
		case wait == 0 || left < wait:
			wait = left
		}
	}
	return "", wait
}

// Began notes that a test of a trunk runs, on schedule or on demand; Ended that it is over: the next is an interval later.
func (s *Schedule) Began(trunk wissel.TrunkID) {
	if d, ok := s.due[trunk]; ok {
		d.running = true
		s.due[trunk] = d
	}
}

// Ended notes that a test of a trunk is over, or could not be made.
func (s *Schedule) Ended(trunk wissel.TrunkID, now time.Time, chance float64) {
	if d, ok := s.due[trunk]; ok {
		d.running = false
		d.at = now.Add(time.Duration(float64(d.every) * (1 - spread + 2*spread*chance)))
		s.due[trunk] = d
	}
}
