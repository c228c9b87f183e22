package hours_test

import (
	"strings"
	"testing"

	"wissel/internal/hours"
)

// The caret is written into the text with ^ where the fault is.
func TestRefused(t *testing.T) {
	for _, tt := range []struct{ open, msg string }{
		{"^", "a rule is missing here"},
		{"Mo-Fr 08:00-18:00;^", "a rule is missing here"},
		{"Mo-Fr 08:00-18:00;^; Sa off", "a rule is missing here"},
		{"^ma-vr 08:00-18:00", `"ma" is no weekday; Mo, Tu,`},
		{"^Mon 08:00-18:00", `"Mon" is no weekday`},
		{"Mo-^Vr 08:00-18:00", `"Vr" is no weekday`},
		{"Mo-^PH 08:00-18:00", `"PH" is no weekday`},
		{"Mo-Fr^", "the times are missing"},
		{"Mo-Fr^; Sa 09:00-13:00", "the times are missing"},
		{"Mo-Fr^08:00-18:00", "white space and then the times"},
		{"Mo-Fr ^8:00-18:00", "a time has two digits"},
		{"Mo-Fr 08:^5-18:00", "a time has two digits"},
		{"Mo-Fr ^0800-1800", "years are not read here"},
		{"Mo-Fr 08:00^", "a span has an end"},
		{"Mo-Fr 08:00^+", "a span has an end"},
		{"Mo-Fr 08:00-^", "something is missing here"},
		{"Mo-Fr 22:00-^26:00", "a clock goes to 24:00"},
		{"Mo-Fr 08:00-^24:30", "a clock goes to 24:00"},
		{"Mo-Fr ^24:00-02:00", "24:00 ends a day"},
		{"Mo-Fr ^08:60-18:00", "an hour has 60 minutes"},
		{"Mo-Fr 08:00-^08:00", "this ends as it begins"},
		{"Mo-Fr 08:00-12:00,^11:00-18:00", "before the one in front of it has ended"},
		{"Mo-Fr 22:00-02:00,^03:00-05:00", "before the one in front of it has ended"},
		{"Mo-Fr 08:00-12:00,^ 13:00-18:00", "no white space behind this comma"},
		{"Mo-Fr 08:00-12:00,^Sa 13:00-18:00", `"Sa": a time has two digits`},
		{"Mo-Fr 08:00-18:00 ^off", "does not go on so"},
		{"Mo-Fr 08:00-18:00 ^|| off", "does not go on so"},
		{`Mo-Fr 08:00-18:00 ^"by phone"`, "does not go on so"},
		{"Mo-Fr ^closed", "off is the word"},
		{"^closed", "off is the word"},
		{"^SH off", "school holidays are not known"},
		{"Mo-Fr ^sunrise-sunset", "only times of the clock"},
		{"^week 01-10 off", "weeks of the year are not read"},
		{"^easter off", "PH names the public holidays"},
		{"PH^ -1 day off", "days before and after a holiday"},
		{"Su^[1] 10:00-12:00", "the first or last of a weekday"},
		{"^2026 Dec 24 off", "years are not read here"},
		{"Jun^-Aug off", "a whole month is Jun 01-30"},
		{"Dec ^1 off", "a day of the month has two digits"},
		{"Feb ^30 off", "there is no such day"},
		{"Apr 01-^31 off", "there is no such day"},
		{"Dec ^00 off", "there is no such day"},
		{"Dec 24,^26 off", `is no month`},
		{"Dec 24-^Foo 26 off", `"Foo" is no month`},
		{"Mo ^Dec 24 off", "dates come before weekdays"},
		{"Dec 24^", "the times are missing"},
		{"Dec 24-26^: off", "white space and then the times"},
		{"24/7 ^off", "does not go on so"},
		{"Mo-Fr 08:00-18:00^é", "does not go on so"},
		{"^日 08:00-18:00", "is no weekday"},
		{"Mo-Fr 08:00^–18:00", "a span has an end"}, // an en dash
	} {
		front, back, _ := strings.Cut(tt.open, "^")
		h, ps := hours.New(hours.Settings{Open: front + back, Zone: amsterdam}, "hours")
		if h != nil || len(ps) != 1 {
			t.Errorf("%s: accepted, or %v", tt.open, ps)
			continue
		}
		if p := ps[0]; p.Path != "hours.open" || p.Offset != len([]rune(front)) || !strings.Contains(p.Msg, tt.msg) {
			t.Errorf("%s: %d characters in, %s", tt.open, p.Offset, p.Msg)
		}
	}
}

func TestRefusedExceptions(t *testing.T) {
	long := make([]hours.Exception, 401)
	for _, tt := range []struct {
		name string
		list []hours.Exception
		path string
		into int
		msg  string
	}{
		{"no date", []hours.Exception{{Date: "24-12-2026", Open: "off", Why: "x"}}, "hours.exceptions[0].date", 0, "is no date"},
		{"a date that is not there", []hours.Exception{{Date: "2026-02-29", Open: "off", Why: "x"}}, "hours.exceptions[0].date", 0, "is no date"},
		{"no reason", []hours.Exception{{Date: "2026-12-24", Open: "off", Why: " "}}, "hours.exceptions[0].why", 0, "must know why"},
		{"times", []hours.Exception{{Date: "2026-12-24", Open: "09:00-12:00,9", Why: "x"}}, "hours.exceptions[0].open", 12, "two digits"},
		{"days in the times", []hours.Exception{{Date: "2026-12-24", Open: "Mo 09:00-12:00", Why: "x"}}, "hours.exceptions[0].open", 0, "two digits"},
		{"more rules", []hours.Exception{{Date: "2026-12-24", Open: "09:00-12:00; off", Why: "x"}}, "hours.exceptions[0].open", 11, "does not go on"},
		{"an end before the beginning", []hours.Exception{{Date: "2026-12-24", To: "2026-12-23", Open: "off", Why: "x"}}, "hours.exceptions[0].to", 0, "does not come after"},
		{"years", []hours.Exception{{Date: "2026-12-24", To: "2028-12-23", Open: "off", Why: "x"}}, "hours.exceptions[0].to", 0, "more than 366 days"},
		{"a date twice", []hours.Exception{{Date: "2026-12-24", Open: "off", Why: "x"}, {Date: "2026-12-24", Open: "off", Why: "y"}},
			"hours.exceptions[1].date", 0, "in exception 1 already"},
		{"a date within others", []hours.Exception{{Date: "2026-12-24", Open: "off", Why: "x"}, {Date: "2026-12-20", To: "2026-12-28", Open: "off", Why: "y"}},
			"hours.exceptions[0].date", 0, "in exception 2 already"},
		{"too many", long, "hours.exceptions", 0, "401 exceptions"},
	} {
		h, ps := hours.New(hours.Settings{Open: "24/7", Zone: amsterdam, Exceptions: tt.list}, "hours")
		if h != nil || len(ps) != 1 || ps[0].Path != tt.path || ps[0].Offset != tt.into || !strings.Contains(ps[0].Msg, tt.msg) {
			t.Errorf("%s: %+v", tt.name, ps)
		}
	}
	_, ps := hours.New(hours.Settings{Open: "24/7", Zone: amsterdam, Holidays: map[string]hours.Observe{"Kerst": hours.Closed, "Koningsdag": "shut"}}, "hours")
	if len(ps) != 2 || ps[0].Path != "hours.holidays.Koningsdag" || ps[1].Path != "hours.holidays.Kerst" {
		t.Errorf("holidays: %+v", ps)
	}
}

func FuzzRules(f *testing.F) {
	for _, s := range []string{"Mo-Fr 08:00-18:00; Sa,PH off", "24/7", "Dec 24-Jan 02 Mo 22:00-02:00", "Jun 31 off", "off;", "PH -1 day", "Mo[1]"} {
		f.Add(s)
	}
	at := moment(f, "2026-03-29 01:59")
	f.Fuzz(func(t *testing.T, s string) {
		h, ps := hours.New(hours.Settings{Open: s, Zone: amsterdam}, "hours")
		if (h == nil) != (len(ps) == 1) {
			t.Fatalf("%q: %v", s, ps)
		}
		if h == nil {
			if n := len([]rune(s)); ps[0].Offset < 0 || ps[0].Offset > n {
				t.Fatalf("%q has %d characters, and a fault %d in", s, n, ps[0].Offset)
			}
			return
		}
		if a := h.At(at, none); !a.Until.IsZero() && (!a.Until.After(at) || h.At(a.Until, none).Open == a.Open) {
			t.Fatalf("%q: %+v", s, a)
		}
	})
}
