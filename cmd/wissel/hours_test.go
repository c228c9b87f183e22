package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/hours"
	"wissel/internal/web"
)

func TestHoursInWords(t *testing.T) {
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	h := web.Hours{Group: "support", Zone: "Europe/Amsterdam", At: time.Date(2026, 11, 3, 10, 0, 0, 0, amsterdam).UTC(), Open: true, By: wissel.ByRule, Why: "Mo-Fr 08:00-18:00",
		Until: time.Date(2026, 11, 3, 18, 0, 0, 0, amsterdam).UTC()}
	over := &web.Override{Open: true, Who: "anna", Reason: "outage", Since: h.At.Add(time.Hour), Until: h.At.Add(2 * time.Hour)}
	for _, c := range []struct {
		by       wissel.OpeningRule
		why      string
		open     bool
		until    time.Time
		override *web.Override
		want     string
	}{
		{wissel.ByRule, "Mo-Fr 08:00-18:00", true, h.Until, nil,
			"support is open at Tue 3 Nov 2026 10:00 (Europe/Amsterdam)\nbecause: the rule Mo-Fr 08:00-18:00\nuntil:   Tue 3 Nov 2026 18:00, when it closes\n"},
		{wissel.ByRule, hours.NoRule, false, h.Until, nil, "because: no rule names this day\n"},
		{wissel.ByHoliday, "Koningsdag", false, h.Until, nil, "because: it is a public holiday: Koningsdag\nuntil:   Tue 3 Nov 2026 18:00, when it opens\n"},
		{wissel.ByException, "kerstavond", false, time.Time{}, nil, "because: an exception for this date: kerstavond\nuntil:   no change within a year\n"},
		{wissel.ByNothing, "", true, time.Time{}, nil, "because: the settings have no hours for this group, so it is always open\n"},
		{wissel.ByOverride, "outage", true, h.Until, over, "because: an override: outage (anna)\n"},
		{wissel.ByRule, "Mo-Fr 08:00-18:00", true, h.Until, over, "override: open from Tue 3 Nov 2026 11:00 until Tue 3 Nov 2026 12:00, by anna: outage\n"},
	} {
		h.By, h.Why, h.Open, h.Until, h.Override = c.by, c.why, c.open, c.until, c.override
		var b bytes.Buffer
		if tellHours(&b, h); !strings.Contains(b.String(), c.want) {
			t.Errorf("%s: %q has not %q", c.by, b.String(), c.want)
		}
	}
}
