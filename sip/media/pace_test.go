package media

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	start := time.Date(2026, 6, 3, 14, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		name         string
		frames, late int // in the first second
		after        time.Duration
		behind       bool
	}{
		{"all in time", 10000, 0, 0, false},
		{"a few late", 10000, 999, 0, false},
		{"a tenth late", 10000, 1000, 0, true},
		{"a tenth late, in the second before", 10000, 1000, 1900 * time.Millisecond, true},
		{"a tenth late, two seconds ago", 10000, 1000, 2 * time.Second, false},
		{"forty-nine callers after a pause", 2499, 2499, 0, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := &Engine{wheels: []*wheel{newWheel()}}
			p := &e.wheels[0].pace
			p.add(start, row.frames-row.late, false)
			p.add(start, row.late, true)
			p.turn(start.Add(row.after))
			if got := p.now.behind() || p.past.behind(); got != row.behind {
				t.Errorf("behind: %v", got)
			}
		})
	}
}
