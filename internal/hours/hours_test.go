package hours_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests know every zone on every machine

	"wissel"
	"wissel/internal/hours"
)

var amsterdam = zone("Europe/Amsterdam")

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

// make makes hours, in Amsterdam when no zone is given.
func makeHours(t testing.TB, s hours.Settings) *hours.Hours {
	t.Helper()
	if s.Zone == nil {
		s.Zone = amsterdam
	}
	h, ps := hours.New(s, "hours")
	if len(ps) > 0 {
		t.Fatalf("%q: %v", s.Open, ps)
	}
	return h
}

func open(t testing.TB, rules string) *hours.Hours {
	return makeHours(t, hours.Settings{Open: rules})
}

// moment reads "2026-03-29 02:30", in Amsterdam, or with an offset, "2026-10-25 02:30+02:00".
func moment(t testing.TB, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	for _, layout := range []string{"2006-01-02 15:04Z07:00", "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(layout, text, amsterdam); err == nil {
			return at
		}
	}
	t.Fatalf("%q is no time", text)
	return time.Time{}
}

func TestAt(t *testing.T) {
	const office = "Mo-Fr 08:00-18:00; Sa 09:00-13:00"
	for _, tt := range []struct {
		name, open, at string
		want           bool
		until          string
		by             wissel.OpeningRule
		why            string
	}{
		{"in the middle of a day", office, "2026-11-03 10:00", true, "2026-11-03 18:00", wissel.ByRule, "Mo-Fr 08:00-18:00"},
		{"the first minute", office, "2026-11-03 08:00", true, "2026-11-03 18:00", wissel.ByRule, "Mo-Fr 08:00-18:00"},
		{"the end is not in it", office, "2026-11-03 18:00", false, "2026-11-04 08:00", wissel.ByRule, "Mo-Fr 08:00-18:00"},
		{"a day that no rule names", office, "2026-11-08 10:00", false, "2026-11-09 08:00", wissel.ByRule, "no rule names this day"},
		{"a later rule takes the whole day", "Mo-Fr 08:00-18:00; We 10:00-12:00", "2026-11-04 09:00", false, "2026-11-04 10:00", wissel.ByRule, "We 10:00-12:00"},
		{"a lunch", "Mo-Fr 09:00-12:00,13:00-17:00", "2026-11-03 12:30", false, "2026-11-03 13:00", wissel.ByRule, "Mo-Fr 09:00-12:00,13:00-17:00"},
		{"spans that touch are one", "Mo-Fr 09:00-12:00,12:00-17:00", "2026-11-03 10:00", true, "2026-11-03 17:00", wissel.ByRule, "Mo-Fr 09:00-12:00,12:00-17:00"},
		{"past midnight", "Fr 22:00-02:00", "2026-11-07 01:59", true, "2026-11-07 02:00", wissel.ByRule, "Fr 22:00-02:00"},
		{"a night runs to its end into a day that is off", "Fr 22:00-02:00; Sa off", "2026-11-07 01:00", true, "2026-11-07 02:00", wissel.ByRule, "Fr 22:00-02:00"},
		{"and into one with hours of its own", "Fr 22:00-02:00; Sa 10:00-12:00", "2026-11-07 01:00", true, "2026-11-07 02:00", wissel.ByRule, "Fr 22:00-02:00"},
		{"nights that follow each other", "00:00-24:00", "2026-11-07 01:00", true, "2026-12-25 00:00", wissel.ByRule, "00:00-24:00"},
		{"always", "24/7", "2026-12-25 01:00", true, "", wissel.ByRule, "24/7"},
		{"never", "off", "2026-11-03 10:00", false, "", wissel.ByRule, "off"},
		{"weekdays around Sunday", "Sa-Mo 10:00-12:00", "2026-11-09 11:00", true, "2026-11-09 12:00", wissel.ByRule, "Sa-Mo 10:00-12:00"},

		{"a holiday", office, "2026-04-27 10:00", false, "2026-04-28 08:00", wissel.ByHoliday, "Koningsdag"},
		{"Koningsdag on a Sunday is the day before", office, "2025-04-26 10:00", false, "2025-04-28 08:00", wissel.ByHoliday, "Koningsdag"},
		{"and the Sunday is none", "Mo-Su 10:00-16:00", "2025-04-27 11:00", true, "2025-04-27 16:00", wissel.ByRule, "Mo-Su 10:00-16:00"},
		{"Good Friday is none", office, "2026-04-03 10:00", true, "2026-04-03 18:00", wissel.ByRule, "Mo-Fr 08:00-18:00"},
		{"the fifth of May is none", office, "2026-05-05 10:00", true, "2026-05-05 18:00", wissel.ByRule, "Mo-Fr 08:00-18:00"},
		{"Easter Sunday closes a desk that works on Sundays", "Mo-Su 10:00-16:00", "2026-04-05 11:00", false, "2026-04-07 10:00", wissel.ByHoliday, "Eerste Paasdag"},
		{"a rule says what a holiday does", "Mo-Fr 08:00-18:00; PH 10:00-14:00", "2026-04-27 11:00", true, "2026-04-27 14:00", wissel.ByHoliday, "Koningsdag: PH 10:00-14:00"},
		{"a holiday beside a weekday", "Mo-Fr 08:00-18:00; Sa,PH 10:00-14:00", "2026-04-27 15:00", false, "2026-04-28 08:00", wissel.ByHoliday, "Koningsdag: Sa,PH 10:00-14:00"},
		{"the order counts for holidays too", "PH off; Mo-Fr 08:00-18:00", "2026-04-27 15:00", true, "2026-04-27 18:00", wissel.ByRule, "Mo-Fr 08:00-18:00"},
		{"the night before a holiday runs to its end", "Mo-Su 22:00-02:00", "2026-04-27 01:00", true, "2026-04-27 02:00", wissel.ByRule, "Mo-Su 22:00-02:00"},

		{"a date", "Mo-Fr 08:00-18:00; Dec 24 09:00-15:00", "2026-12-24 16:00", false, "2026-12-28 08:00", wissel.ByRule, "Dec 24 09:00-15:00"},
		{"a date that is a holiday is meant", "Mo-Fr 08:00-18:00; Dec 26 10:00-12:00", "2026-12-26 11:00", true, "2026-12-26 12:00", wissel.ByRule, "Dec 26 10:00-12:00"},
		{"days of a month", "10:00-12:00; Jul 20-31 off", "2026-07-31 11:00", false, "2026-08-01 10:00", wissel.ByRule, "Jul 20-31 off"},
		{"over the turn of the year", "Mo-Fr 08:00-18:00; Dec 24-Jan 02 off", "2026-12-24 09:00", false, "2027-01-04 08:00", wissel.ByRule, "Dec 24-Jan 02 off"},
		{"the second half of that", "Mo-Fr 08:00-18:00; Dec 24-Jan 02 off", "2027-01-02 09:00", false, "2027-01-04 08:00", wissel.ByRule, "Dec 24-Jan 02 off"},
		{"weekdays in a season", "Mo-Fr 08:00-18:00; Jul 01-Aug 31 Sa-Su 10:00-12:00", "2026-08-30 11:00", true, "2026-08-30 12:00", wissel.ByRule, "Jul 01-Aug 31 Sa-Su 10:00-12:00"},
		{"and the others are as ever", "Mo-Fr 08:00-18:00; Jul 01-Aug 31 Sa-Su 10:00-12:00", "2026-08-28 11:00", true, "2026-08-28 18:00", wissel.ByRule, "Mo-Fr 08:00-18:00"},
		{"two dates", "off; Dec 24,Dec 31 10:00-12:00", "2026-12-24 12:00", false, "2026-12-31 10:00", wissel.ByRule, "Dec 24,Dec 31 10:00-12:00"},
		{"once a year", "off; Dec 24 10:00-12:00", "2026-12-24 12:00", false, "2027-12-24 10:00", wissel.ByRule, "Dec 24 10:00-12:00"},
		{"a leap day that is years away", "Feb 29 10:00-12:00", "2026-12-24 12:00", false, "", wissel.ByRule, "no rule names this day"},
		{"a leap day that is near", "Feb 29 10:00-12:00", "2027-12-24 12:00", false, "2028-02-29 10:00", wissel.ByRule, "no rule names this day"},
		{"2038, after 32 bits have run out", office, "2038-01-19 10:00", true, "2038-01-19 18:00", wissel.ByRule, "Mo-Fr 08:00-18:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := open(t, tt.open).At(moment(t, tt.at), wissel.Override{})
			if got.Open != tt.want || !got.Until.Equal(moment(t, tt.until)) || got.By != tt.by || got.Why != tt.why {
				t.Errorf("%s at %s: %+v", tt.open, tt.at, got)
			}
		})
	}
}

// The clock goes from 02:00 to 03:00 on 29 March 2026, and from 03:00 back to 02:00 on 25 October.
func TestTheClockIsChanged(t *testing.T) {
	for _, tt := range []struct{ name, open, date, from, to string }{
		{"a beginning that is skipped is the change", "02:30-06:00", "2026-03-29", "2026-03-29 03:00+02:00", "2026-03-29 06:00+02:00"},
		{"an end that is skipped is the change", "01:00-02:30", "2026-03-29", "2026-03-29 01:00+01:00", "2026-03-29 03:00+02:00"},
		{"a span that is skipped whole is not there", "02:15-02:45,05:00-06:00", "2026-03-29", "2026-03-29 05:00+02:00", "2026-03-29 06:00+02:00"},
		{"one that begins with what is skipped", "02:00-04:00", "2026-03-29", "2026-03-29 03:00+02:00", "2026-03-29 04:00+02:00"},
		{"one that ends with what is skipped", "01:00-03:00", "2026-03-29", "2026-03-29 01:00+01:00", "2026-03-29 03:00+02:00"},
		{"an end that is skipped, from the day before", "off; Sa 22:00-02:30", "2026-03-28", "2026-03-28 22:00+01:00", "2026-03-29 03:00+02:00"},
		{"a beginning that comes twice is the first", "02:30-06:00", "2026-10-25", "2026-10-25 02:30+02:00", "2026-10-25 06:00+01:00"},
		{"an end that comes twice is the last", "01:00-02:30", "2026-10-25", "2026-10-25 01:00+02:00", "2026-10-25 02:30+01:00"},
		{"a span that comes twice has no hole", "02:15-02:45", "2026-10-25", "2026-10-25 02:15+02:00", "2026-10-25 02:45+01:00"},
		{"an end where the second time begins is the first", "01:00-02:00", "2026-10-25", "2026-10-25 01:00+02:00", "2026-10-25 02:00+02:00"},
		{"an end with what comes twice is the last", "01:00-03:00", "2026-10-25", "2026-10-25 01:00+02:00", "2026-10-25 03:00+01:00"},
		{"a night of 23 hours", "06:00-05:00", "2026-03-28", "2026-03-28 06:00+01:00", "2026-03-29 05:00+02:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := open(t, tt.open)
			midnight := moment(t, tt.date+" 00:00")
			if tt.open == "06:00-05:00" {
				midnight = midnight.Add(5 * time.Hour) // what runs over from the day before has ended
			}
			from, to := moment(t, tt.from), moment(t, tt.to)
			if got := h.Next(midnight, wissel.Override{}); !got.Equal(from) {
				t.Errorf("opens at %v, want %v", got, from)
			}
			if got := h.At(from, wissel.Override{}); !got.Open || !got.Until.Equal(to) {
				t.Errorf("then %+v, want open until %v", got, to)
			}
		})
	}
}

func TestExceptions(t *testing.T) {
	h := makeHours(t, hours.Settings{Open: "Mo-Fr 08:00-18:00", Exceptions: []hours.Exception{
		{Date: "2026-12-24", Open: "09:00-15:00", Why: "kerstavond"},
		{Date: "2026-12-28", To: "2026-12-30", Open: "off", Why: "the office is moved"},
		{Date: "2026-11-08", Open: "10:00-12:00,22:00-01:00", Why: "test of the new platform"},
		{Date: "2026-04-27", Open: "08:00-18:00", Why: "we work"},
	}})
	for _, tt := range []struct {
		at    string
		want  bool
		until string
		by    wissel.OpeningRule
		why   string
	}{
		{"2026-12-24 16:00", false, "2026-12-31 08:00", wissel.ByException, "kerstavond"},
		{"2026-12-29 16:00", false, "2026-12-31 08:00", wissel.ByException, "the office is moved"},
		{"2026-11-09 00:30", true, "2026-11-09 01:00", wissel.ByException, "test of the new platform"},
		{"2026-11-09 01:00", false, "2026-11-09 08:00", wissel.ByRule, "Mo-Fr 08:00-18:00"},
		{"2026-04-27 08:00", true, "2026-04-27 18:00", wissel.ByException, "we work"},
		{"2026-12-27 16:00", false, "2026-12-31 08:00", wissel.ByRule, "no rule names this day"},
	} {
		got := h.At(moment(t, tt.at), wissel.Override{})
		if got.Open != tt.want || !got.Until.Equal(moment(t, tt.until)) || got.By != tt.by || got.Why != tt.why {
			t.Errorf("%s: %+v", tt.at, got)
		}
	}
}

func TestHolidaysAsWritten(t *testing.T) {
	h := makeHours(t, hours.Settings{Open: "Mo-Fr 08:00-18:00", Holidays: map[string]hours.Observe{
		"Koningsdag": hours.Open, "Goede Vrijdag": hours.Closed, "Bevrijdingsdag": hours.Lustrum,
	}})
	none := makeHours(t, hours.Settings{Open: "Mo-Fr 08:00-18:00", NoHolidays: true, Holidays: map[string]hours.Observe{"Goede Vrijdag": hours.Closed}})
	for _, tt := range []struct {
		at             string
		want, wantNone bool
	}{
		{"2026-04-27 10:00", true, true}, {"2026-04-03 10:00", false, false}, {"2026-05-05 10:00", true, true},
		{"2025-05-05 10:00", false, true}, {"2030-05-05 10:00", false, false}, {"2026-12-25 10:00", false, true},
	} {
		at := moment(t, tt.at)
		if at.Weekday() == time.Sunday {
			tt.want, tt.wantNone = false, false
		}
		if got := h.At(at, wissel.Override{}).Open; got != tt.want {
			t.Errorf("%s: open %v", tt.at, got)
		}
		if got := none.At(at, wissel.Override{}).Open; got != tt.wantNone {
			t.Errorf("%s: open %v without usual holidays", tt.at, got)
		}
	}
}

// The dates of 2026 as the government publishes them.
func TestHolidaysOf2026(t *testing.T) {
	all := map[string]hours.Observe{}
	for _, h := range hours.Holidays() {
		all[h.Name] = hours.Closed
	}
	h := makeHours(t, hours.Settings{Open: "10:00-12:00", Holidays: all})
	want := map[string]string{
		"2026-01-01": "Nieuwjaarsdag", "2026-04-03": "Goede Vrijdag", "2026-04-05": "Eerste Paasdag", "2026-04-06": "Tweede Paasdag",
		"2026-04-27": "Koningsdag", "2026-05-05": "Bevrijdingsdag", "2026-05-14": "Hemelvaartsdag", "2026-05-24": "Eerste Pinksterdag",
		"2026-05-25": "Tweede Pinksterdag", "2026-12-25": "Eerste Kerstdag", "2026-12-26": "Tweede Kerstdag",
	}
	if len(all) != len(want) {
		t.Errorf("%d holidays, want %d", len(all), len(want))
	}
	for at := moment(t, "2026-01-01 11:00"); at.Year() == 2026; at = at.AddDate(0, 0, 1) {
		got := h.At(at, wissel.Override{})
		if name := want[at.Format(time.DateOnly)]; got.Open == (name != "") || name != "" && got.Why != name {
			t.Errorf("%s: %+v, want %q", at.Format(time.DateOnly), got, name)
		}
	}
}

func TestOverride(t *testing.T) {
	h := open(t, "Mo-Fr 08:00-18:00")
	over := func(isOpen bool, since, until string) wissel.Override {
		return wissel.Override{ID: "x", Open: isOpen, Reason: "outage", Since: moment(t, since), Until: moment(t, until)}
	}
	for _, tt := range []struct {
		name  string
		over  wissel.Override
		at    string
		want  bool
		until string
		by    wissel.OpeningRule
	}{
		{"open tonight", over(true, "2026-11-03 17:00", "2026-11-03 22:00"), "2026-11-03 19:00", true, "2026-11-03 22:00", wissel.ByOverride},
		{"open by the hours, then by the override", over(true, "2026-11-03 17:00", "2026-11-03 22:00"), "2026-11-03 16:00", true, "2026-11-03 22:00", wissel.ByRule},
		{"it is over", over(true, "2026-11-03 17:00", "2026-11-03 22:00"), "2026-11-03 22:00", false, "2026-11-04 08:00", wissel.ByRule},
		{"open all night, into the morning", over(true, "2026-11-03 17:00", "2026-11-04 09:00"), "2026-11-03 23:00", true, "2026-11-04 18:00", wissel.ByOverride},
		{"closed for an hour", over(false, "2026-11-03 10:00", "2026-11-03 11:00"), "2026-11-03 10:30", false, "2026-11-03 11:00", wissel.ByOverride},
		{"before that", over(false, "2026-11-03 10:00", "2026-11-03 11:00"), "2026-11-03 09:30", true, "2026-11-03 10:00", wissel.ByRule},
		{"closed for days", over(false, "2026-11-03 10:00", "2026-11-20 11:00"), "2026-11-04 09:30", false, "2026-11-20 11:00", wissel.ByOverride},
	} {
		got := h.At(moment(t, tt.at), tt.over)
		if got.Open != tt.want || !got.Until.Equal(moment(t, tt.until)) || got.By != tt.by {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

func TestNextAndEndOfNextDay(t *testing.T) {
	var none wissel.Override
	for _, tt := range []struct {
		name, open, at, next, end string
		over                      wissel.Override
	}{
		{"in the morning, before the desk opens", "Mo-Fr 09:00-17:00", "2026-11-03 07:00", "2026-11-03 09:00", "2026-11-03 17:00", none},
		{"while it is open", "Mo-Fr 09:00-17:00", "2026-11-03 10:00", "2026-11-03 10:00", "2026-11-04 17:00", none},
		{"at lunch", "Mo-Fr 09:00-12:00,13:00-17:00", "2026-11-03 12:30", "2026-11-03 13:00", "2026-11-04 17:00", none},
		{"on Friday night", "Mo-Fr 09:00-17:00", "2026-11-06 20:00", "2026-11-09 09:00", "2026-11-09 17:00", none},
		{"before a holiday", "Mo-Fr 09:00-17:00", "2026-04-24 10:00", "2026-04-24 10:00", "2026-04-28 17:00", none},
		{"in a night that began yesterday", "Fr,Sa 22:00-02:00", "2026-11-07 01:00", "2026-11-07 01:00", "2026-11-08 02:00", none},
		{"never", "off", "2026-11-07 01:00", "", "", none},
		{"an open night is no working day", "Mo-Fr 09:00-17:00", "2026-11-03 20:00", "2026-11-03 20:00", "2026-11-04 17:00",
			wissel.Override{ID: "x", Open: true, Since: moment(t, "2026-11-03 18:00"), Until: moment(t, "2026-11-03 23:00")}},
		{"a closed day is none", "Mo-Fr 09:00-17:00", "2026-11-03 20:00", "2026-11-05 09:00", "2026-11-05 17:00",
			wissel.Override{ID: "x", Since: moment(t, "2026-11-03 18:00"), Until: moment(t, "2026-11-05 00:00")}},
		{"a day that closes early", "Mo-Fr 09:00-17:00", "2026-11-03 20:00", "2026-11-04 09:00", "2026-11-04 15:00",
			wissel.Override{ID: "x", Since: moment(t, "2026-11-04 15:00"), Until: moment(t, "2026-11-05 00:00")}},
	} {
		h, at := open(t, tt.open), moment(t, tt.at)
		if got := h.Next(at, tt.over); !got.Equal(moment(t, tt.next)) {
			t.Errorf("%s: next %v, want %s", tt.name, got, tt.next)
		}
		if got := h.EndOfNextDay(at, tt.over); !got.Equal(moment(t, tt.end)) {
			t.Errorf("%s: end of the next day %v, want %s", tt.name, got, tt.end)
		}
	}
}

// A desk that never opens is the most work: 400 days are looked through.
func BenchmarkNeverOpen(b *testing.B) {
	h := open(b, "Mo-Fr 08:00-18:00; off")
	at := moment(b, "2026-11-03 10:00")
	for b.Loop() {
		h.At(at, wissel.Override{})
	}
}

func BenchmarkOffice(b *testing.B) {
	h := open(b, "Mo-Fr 08:00-18:00; Sa 09:00-13:00")
	at := moment(b, "2026-11-03 10:00")
	for b.Loop() {
		h.At(at, wissel.Override{})
	}
}

// As many rules as there is room for, each of which asks for the holidays.
func BenchmarkLongest(b *testing.B) {
	h := open(b, strings.Repeat("PH off;", 130)+"Dec 24 off")
	at := moment(b, "2026-11-03 10:00")
	for b.Loop() {
		h.At(at, wissel.Override{})
	}
}
