package hours_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel"
	"wissel/internal/hours"
)

var none wissel.Override

// zones whose clocks are changed by an hour, by half an hour, over midnight, and never.
var zones = []string{"Europe/Amsterdam", "Australia/Lord_Howe", "America/Havana", "America/St_Johns", "Asia/Kathmandu", "America/Santiago"}

var weekdays = []string{"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"}

// clockTime draws a time of the clock, in the hours around midnight and the changes more often than not.
func clockTime(t *rapid.T) int {
	if rapid.Bool().Draw(t, "early") {
		return rapid.IntRange(0, 4*4).Draw(t, "quarter") * 15
	}
	return rapid.IntRange(0, 24*60-1).Draw(t, "minute")
}

func times(t *rapid.T) string {
	if rapid.IntRange(0, 4).Draw(t, "off") == 0 {
		return "off"
	}
	edges := []int{clockTime(t), clockTime(t), clockTime(t), clockTime(t)}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	if len(edges)%2 != 0 {
		edges = edges[1:]
	}
	if len(edges) == 0 {
		return "00:00-24:00"
	}
	if rapid.Bool().Draw(t, "past midnight") { // the last runs to the first of the others, turned around
		edges = append(edges[1:], edges[0])
	}
	var spans []string
	for i := 0; i < len(edges); i += 2 {
		spans = append(spans, fmt.Sprintf("%02d:%02d-%02d:%02d", edges[i]/60, edges[i]%60, edges[i+1]/60, edges[i+1]%60))
	}
	return strings.Join(spans, ",")
}

func rules(t *rapid.T) string {
	var out []string
	for range rapid.IntRange(1, 4).Draw(t, "rules") {
		r := ""
		if rapid.IntRange(0, 3).Draw(t, "dated") == 0 {
			r = fmt.Sprintf("Mar %02d-Oct %02d ", rapid.IntRange(1, 31).Draw(t, "from"), rapid.IntRange(1, 31).Draw(t, "to"))
		}
		switch rapid.IntRange(0, 3).Draw(t, "days") {
		case 0:
			r += rapid.SampledFrom(weekdays).Draw(t, "first") + "-" + rapid.SampledFrom(weekdays).Draw(t, "last") + " "
		case 1:
			r += rapid.SampledFrom(weekdays).Draw(t, "day") + ",PH "
		}
		out = append(out, r+times(t))
	}
	return strings.Join(out, "; ")
}

func override(t *rapid.T, near time.Time) wissel.Override {
	if rapid.Bool().Draw(t, "no override") {
		return none
	}
	since := near.Add(time.Duration(rapid.IntRange(-3000, 3000).Draw(t, "since")) * time.Minute)
	return wissel.Override{ID: "x", Open: rapid.Bool().Draw(t, "open"), Since: since, Until: since.Add(time.Duration(rapid.IntRange(1, 4000).Draw(t, "length")) * time.Minute)}
}

// near draws a moment close to a change of the clock in 2026 (or 2010, when St John's changed it at one past midnight).
func near(t *rapid.T, z *time.Location) time.Time {
	at := time.Date(rapid.SampledFrom([]int{2010, 2026}).Draw(t, "year"), 1, 1, 0, 0, 0, 0, z)
	for range rapid.IntRange(1, 2).Draw(t, "change") {
		if _, end := at.ZoneBounds(); !end.IsZero() {
			at = end
		}
	}
	return at.Add(time.Duration(rapid.IntRange(-3000, 3000).Draw(t, "minutes")) * time.Minute)
}

// Between t and Until nothing changes, and at Until it does.
func TestConstantBetweenChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := zone(rapid.SampledFrom(zones).Draw(t, "zone"))
		h, ps := hours.New(hours.Settings{Open: rules(t), Zone: z}, "hours")
		if len(ps) > 0 {
			t.Fatal(ps)
		}
		at := near(t, z)
		o := override(t, at)
		a := h.At(at, o)
		if h.Open(at, o) != a.Open {
			t.Fatalf("Open at %v is %v, At says %v", at, !a.Open, a.Open)
		}
		if a.Until.IsZero() {
			return
		}
		if !a.Until.After(at) || h.At(a.Until, o).Open == a.Open {
			t.Fatalf("at %v: %+v, and no change then", at, a)
		}
		if a.Open && !h.Next(at, o).Equal(at) || !a.Open && !h.Next(at, o).Equal(a.Until) {
			t.Fatalf("at %v: %+v, next %v", at, a, h.Next(at, o))
		}
		for range 20 {
			u := at.Add(time.Duration(rapid.Int64Range(0, int64(a.Until.Sub(at)-1)).Draw(t, "later")))
			if b := h.At(u, o); b.Open != a.Open || !b.Until.Equal(a.Until) {
				t.Fatalf("at %v: %+v, at %v: %+v", at, a, u, b)
			}
		}
	})
}

// A promise never moves to an earlier end as time goes on, and its day is still to open when it is made.
func TestNextDayOnlyMovesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := zone(rapid.SampledFrom(zones).Draw(t, "zone"))
		h, ps := hours.New(hours.Settings{Open: rules(t), Zone: z}, "hours")
		if len(ps) > 0 {
			t.Fatal(ps)
		}
		at := near(t, z)
		end := h.EndOfNextDay(at, none)
		if end.IsZero() {
			return
		}
		if !end.After(at) || !h.At(end.Add(-time.Second), none).Open {
			t.Fatalf("at %v the next day ends %v, when the desk is not open", at, end)
		}
		later := at.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "later")) * time.Minute)
		if e := h.EndOfNextDay(later, none); !e.IsZero() && e.Before(end) && later.Before(end) {
			t.Fatalf("at %v %v, at %v %v", at, end, later, e)
		}
	})
}

// shown is what a clock on the wall shows: a day since 1970, and the minutes of it.
type shown struct{ day, minutes int }

// year is what a clock shows at each minute of 2026, and of some days before and after it.
func year(z *time.Location) (begin time.Time, walls []shown) {
	begin = time.Date(2025, 12, 30, 0, 0, 0, 0, z)
	for i := range 370 * 24 * 60 {
		at := begin.Add(time.Duration(i) * time.Minute)
		_, ahead := at.Zone()
		wall := int(at.Unix()) + ahead
		walls = append(walls, shown{wall / 86400, wall % 86400 / 60})
	}
	return begin, walls
}

// scan finds, minute by minute, when a desk is open that opens each day at one time of the clock and closes at another: from
// when the clock first shows the one, to when it no longer comes back to before the other.
func scan(walls []shown, from, to int) []bool {
	if to <= from {
		to += 24 * 60
	}
	day0 := walls[0].day - 1
	first, last := make([]int, 400), make([]int, 400) // by day, in minutes of the scan; 0: none
	for i, w := range walls {
		for _, start := range []int{w.day, w.day - 1} {
			now, d := (w.day-start)*24*60+w.minutes, start-day0
			if first[d] == 0 && now >= from {
				first[d] = i
			}
			if now < to {
				last[d] = i
			}
		}
	}
	open := make([]bool, len(walls))
	for d, i := range first {
		for ; i > 0 && i <= last[d]; i++ {
			open[i] = true
		}
	}
	return open
}

// Every change of a year that Until finds is one that looking at each minute finds, and the other way round.
func TestUntilFindsWhatAScanOfTheYearFinds(t *testing.T) {
	for _, name := range []string{"Europe/Amsterdam", "Australia/Lord_Howe", "America/Havana"} {
		z := zone(name)
		begin, walls := year(z)
		for _, tt := range []struct {
			open     string
			from, to int
		}{
			{"02:30-06:00", 150, 360}, {"22:00-02:30", 1320, 150}, {"02:15-02:45", 135, 165}, {"01:00-02:00", 60, 120}, {"02:00-03:00", 120, 180},
			{"00:00-00:30", 0, 30}, {"23:30-00:15", 1410, 15}, {"12:00-24:00", 720, 1440}, {"06:00-05:30", 360, 330},
		} {
			h := makeHours(t, hours.Settings{Open: tt.open, Zone: z, NoHolidays: true})
			want := scan(walls, tt.from, tt.to)
			changes := 0
			for at := time.Date(2026, 1, 1, 0, 0, 0, 0, z); at.Year() == 2026; changes++ {
				a := h.At(at, none)
				for m := int(at.Sub(begin).Minutes()); m < min(int(a.Until.Sub(begin).Minutes()), len(want)); m++ {
					if want[m] != a.Open {
						t.Fatalf("%s in %s: at %v open is %v until %v, but not at %v", tt.open, name, at, a.Open, a.Until, begin.Add(time.Duration(m)*time.Minute))
					}
				}
				at = a.Until
			}
			if changes < 2*364 {
				t.Errorf("%s in %s: %d changes in a year", tt.open, name, changes)
			}
		}
	}
}
