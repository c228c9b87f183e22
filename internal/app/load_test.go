package app

import (
	"testing"
	"time"
	_ "time/tzdata" // the tests know every zone on every machine

	"wissel/internal/hours"
	"wissel/internal/web"
)

func TestCallsAgainstTheHours(t *testing.T) {
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	h, problems := hours.New(hours.Settings{Open: "Mo-Fr 08:00-18:30", Zone: amsterdam}, "hours")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	// Four weeks with the night in which the clock is put back, Sunday 25 October.
	until := time.Date(2026, 11, 9, 0, 0, 0, 0, amsterdam)
	l := web.Load{Since: until.AddDate(0, 0, -28), Until: until, Cells: cells()}
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, 10, day, hour, minute, 0, 0, amsterdam).UTC()
	}
	first := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC) // 02:30, which comes again an hour later
	count(&l, h, map[time.Time]int{
		at(26, 8, 0): 5, at(26, 7, 50): 2, at(26, 18, 20): 1, at(26, 18, 30): 3, at(25, 12, 0): 7, first: 1, first.Add(time.Hour): 1,
	}, func(c *web.LoadCell) *int { return &c.Calls }, &l.Calls, &l.CallsClosed)
	open(&l, h)
	if l.Calls != 20 || l.CallsClosed != 14 {
		t.Errorf("%d calls, %d while it was closed", l.Calls, l.CallsClosed)
	}
	for _, want := range []web.LoadCell{
		{Weekday: "Mo", Hour: 7, Calls: 2, Open: 0}, {Weekday: "Mo", Hour: 8, Calls: 5, Open: 100}, {Weekday: "Mo", Hour: 18, Calls: 4, Open: 50},
		{Weekday: "Su", Hour: 12, Calls: 7, Open: 0}, {Weekday: "Su", Hour: 2, Calls: 2, Open: 0}, {Weekday: "Fr", Hour: 17, Open: 100}, {Weekday: "Sa", Hour: 17, Open: 0},
	} {
		found := false
		for _, c := range l.Cells {
			if c.Weekday == want.Weekday && c.Hour == want.Hour {
				if found = true; c != want {
					t.Errorf("%+v, want %+v", c, want)
				}
			}
		}
		if !found {
			t.Errorf("no cell for %s %d", want.Weekday, want.Hour)
		}
	}
}
