package app

import (
	"testing"
	"time"
)

func TestWhenACertificateIsToldOf(t *testing.T) {
	const day = 24 * time.Hour
	for _, row := range []struct {
		name string
		left time.Duration
		at   int
		text string
	}{
		{"a year left", 365 * day, -1, ""},
		{"31 days left", 31 * day, -1, ""},
		{"a second more than 30 days", 30*day + time.Second, -1, ""},
		{"30 days left", 30 * day, 30, "expires in 30 days, on 1 Jul 2026"},
		{"15 days left", 15 * day, 30, "expires in 15 days, on 16 Jun 2026"},
		{"14 days left", 14 * day, 14, "expires in 14 days, on 15 Jun 2026"},
		{"4 days left", 4 * day, 14, "expires in 4 days, on 5 Jun 2026"},
		{"3 days left", 3 * day, 3, "expires in 3 days, on 4 Jun 2026"},
		{"2 days left", 2 * day, 3, "expires in 2 days, on 3 Jun 2026"},
		{"1 day left", day, 1, "expires in 1 days, on 2 Jun 2026"},
		{"5 hours left", 5 * time.Hour, 1, "expires in 5 hours, on 1 Jun 2026 17:00"},
		{"just ended", 0, 0, "expired on 1 Jun 2026"},
		{"ended last week", -7 * day, 0, "expired on 25 May 2026"},
	} {
		now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.Local)
		if at := reached(row.left); at != row.at {
			t.Errorf("%s: threshold %d, want %d", row.name, at, row.at)
		}
		if text := ending(now.Add(row.left), now); text != row.text {
			t.Errorf("%s: %q, want %q", row.name, text, row.text)
		}
	}
}

func TestACertificateIsToldOfOncePerThresholdAndDaily(t *testing.T) {
	until := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
	var state warned
	var days []int
	for now := until.AddDate(0, 0, -32); now.Before(until.AddDate(0, 0, 2)); now = now.Add(time.Hour) {
		var tell bool
		if state, tell = state.due(until, now); tell {
			days = append(days, int(until.Sub(now).Hours()/24))
		}
	}
	if len(days) != 32 || days[0] != 30 || days[16] != 14 || days[31] != -1 {
		t.Errorf("told with so many days left: %v", days)
	}
	if _, tell := state.due(until.AddDate(1, 0, 0), until); tell {
		t.Error("the new certificate was told of too")
	}
}
