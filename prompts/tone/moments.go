package tone

import (
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Lengths of time say how long from now; "binnen ongeveer een half uur" has one word between.
const mostBetween = 2

var clockForm = regexp.MustCompile(`^([01]?[0-9]|2[0-4])[.:]([0-5][0-9])$`)

// moments gives the moments that words speak of: lengths of time from now ("binnen een half uur"), and times of the day
// ("om 14.30 uur"), each on the date that is said, else where it is nearest to now.
func (w Words) moments(ts []string, now time.Time) (all []time.Time) {
	day, dated := w.date(ts, now)
	if w.any(ts, later) {
		day, dated = now.AddDate(0, 0, 1), true
	}
	clocks := false
	for i := 0; i < len(ts); i++ {
		if d, used := w.length(ts[i:]); used > 0 {
			all = append(all, now.Add(d))
			i += used - 1
			continue
		}
		hour, minute, used := w.clock(ts[i:])
		if used == 0 {
			continue
		}
		i += used - 1
		clocks = true
		at := time.Date(now.Year(), now.Month(), now.Day(), hour, minute, 0, 0, now.Location())
		if dated {
			at = time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, now.Location())
		} else if off := at.Sub(now); off > 12*time.Hour {
			at = at.AddDate(0, 0, -1)
		} else if off <= -12*time.Hour {
			at = at.AddDate(0, 0, 1)
		}
		all = append(all, at)
	}
	if dated && !clocks {
		all = append(all, time.Date(day.Year(), day.Month(), day.Day(), 23, 59, 0, 0, now.Location()))
	}
	return all
}

// length reads "within two hours", and gives how many words it takes; 0: it is none.
func (w Words) length(ts []string) (d time.Duration, used int) {
	if !w.any(ts[:1], within) {
		return 0, 0
	}
	for at := 1; at <= 1+mostBetween && at < len(ts); at++ {
		if m, n := w.value(unit, ts[at:]); n > 0 { // "half uur", "kwartier"
			return time.Duration(m) * time.Minute, at + n
		}
		many, n := w.number(ts[at:])
		if n == 0 || at+n >= len(ts) {
			continue
		}
		if m, more := w.value(unit, ts[at+n:]); more > 0 {
			return time.Duration(many*m) * time.Minute, at + n + more
		}
	}
	return 0, 0
}

// value gives the longest phrase of a list that the words begin with, and how many words it has.
func (w Words) value(list string, ts []string) (value, used int) {
	for i, p := range w.lists[list] {
		if len(p) > used && begins(ts, p) {
			value, used = w.values[list][i], len(p)
		}
	}
	return value, used
}

func (w Words) number(ts []string) (value, used int) {
	if n, err := strconv.Atoi(ts[0]); err == nil && n >= 0 && n < 100_000 {
		return n, 1
	}
	return w.value(numbers, ts)
}

// clock reads "14.30 uur", "2 uur 's middags", "3 pm".
func (w Words) clock(ts []string) (hour, minute, used int) {
	if m := clockForm.FindStringSubmatch(ts[0]); m != nil {
		hour, _ = strconv.Atoi(m[1])
		minute, _ = strconv.Atoi(m[2])
		used = 1
	} else if n, words := w.number(ts); words > 0 && n <= 24 {
		hour, used = n, words
		if !w.follows(ts[used:], oclock, before, after) {
			return 0, 0, 0
		}
	} else {
		return 0, 0, 0
	}
	if n := w.starts(ts[used:], oclock); n > 0 {
		used += n
	}
	switch n, m := w.starts(ts[used:], before), w.starts(ts[used:], after); {
	case n > 0:
		hour, used = hour%12, used+n
	case m > 0 && hour <= 12:
		hour, used = hour%12+12, used+m
	}
	return hour, minute, used
}

// starts is how many words of a list's phrase the words begin with.
func (w Words) starts(ts []string, list string) int {
	_, used := w.value(list, ts)
	return used
}

func (w Words) follows(ts []string, lists ...string) bool {
	return slices.ContainsFunc(lists, func(list string) bool { return w.starts(ts, list) > 0 })
}

// date finds a day and a month, "3 juni", in the year where it is nearest to now.
func (w Words) date(ts []string, now time.Time) (day time.Time, ok bool) {
	for i := range len(ts) - 1 {
		for m, name := range w.lists[months] {
			d, err := strconv.Atoi(ts[i])
			if !begins(ts[i+1:], name) || err != nil || d < 1 || d > 31 {
				continue
			}
			day = time.Date(now.Year(), time.Month(m+1), d, 0, 0, 0, 0, now.Location())
			if off := day.Sub(now); off > 183*24*time.Hour {
				day = day.AddDate(-1, 0, 0)
			} else if off < -183*24*time.Hour {
				day = day.AddDate(1, 0, 0)
			}
			return day, true
		}
	}
	return time.Time{}, false
}
