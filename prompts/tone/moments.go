package tone

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
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
		c := w.clock(ts, i)
		if c.used == 0 {
			continue
		}
		i += c.used - 1
		clocks = true
		if dated {
			all = append(all, c.on(day))
		} else {
			all = append(all, c.near(now))
		}
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

// spoken is a time of the day as it is said. One of twelve hours may be before noon or after it.
type spoken struct {
	hour, minute int
	twelve       bool
	used         int // words; 0: it is none
}

// on is the time on a day: one of twelve hours is taken for the one by day.
func (c spoken) on(day time.Time) time.Time {
	if c.twelve && c.hour < 7 {
		c.hour += 12
	}
	return time.Date(day.Year(), day.Month(), day.Day(), c.hour, c.minute, 0, 0, day.Location())
}

// near is the time where it is nearest to now.
func (c spoken) near(now time.Time) time.Time {
	at := time.Date(now.Year(), now.Month(), now.Day(), c.hour, c.minute, 0, 0, now.Location())
	turn := 24 * time.Hour
	if c.twelve {
		turn = 12 * time.Hour
	}
	for at.Sub(now) > turn/2 {
		at = c.turned(at, -1)
	}
	for at.Sub(now) <= -turn/2 {
		at = c.turned(at, 1)
	}
	return at
}

// turned is the same time of day one turn of the clock on, or back.
func (c spoken) turned(at time.Time, by int) time.Time {
	hours := 24 * by
	if c.twelve {
		hours = 12 * by
	}
	return time.Date(at.Year(), at.Month(), at.Day(), at.Hour()+hours, at.Minute(), 0, 0, at.Location())
}

// clock reads "14.30 uur", "2 uur 's middags", "3 pm", "half drie", "kwart voor drie", "vijf over half drie", "half past two",
// "at two thirty", "veertien uur dertig", from word i on.
func (w Words) clock(ts []string, i int) spoken {
	c := w.digital(ts[i:])
	for _, read := range []func() spoken{func() spoken { return w.parted(ts[i:]) }, func() spoken { return w.halved(ts[i:]) }, func() spoken { return w.paired(ts, i) }, func() spoken { return w.houred(ts[i:]) }} {
		if c.used == 0 {
			c = read()
		}
	}
	if c.used == 0 {
		return c
	}
	rest := ts[i+c.used:]
	if n := w.starts(rest, oclock); n > 0 {
		c.used += n
		rest = rest[n:]
		if m, words := w.minutes(rest); words > 0 && c.minute == 0 && m >= 10 { // "veertien uur dertig"
			c.minute = m
			c.used += words
			rest = rest[words:]
		}
	}
	switch n, m := w.starts(rest, before), w.starts(rest, after); {
	case n > 0:
		c.hour, c.used, c.twelve = c.hour%12, c.used+n, false
	case m > 0 && c.hour <= 12:
		c.hour, c.used, c.twelve = c.hour%12+12, c.used+m, false
	}
	return c
}

// digital reads "14.30".
func (w Words) digital(ts []string) (c spoken) {
	if m := clockForm.FindStringSubmatch(ts[0]); m != nil {
		c.hour, _ = strconv.Atoi(m[1])
		c.minute, _ = strconv.Atoi(m[2])
		c.used = 1
	}
	return c
}

// houred reads "drie uur", "3 pm": a number alone is none.
func (w Words) houred(ts []string) (c spoken) {
	n, words := w.number(ts)
	if words == 0 || n > 24 || !w.follows(ts[words:], oclock, before, after) {
		return c
	}
	return spoken{hour: n, twelve: n > 0 && n <= 12 && !strings.HasPrefix(ts[0], "0"), used: words}
}

// halved reads "half drie", an hour before what it names, and "half two", an hour that it names.
func (w Words) halved(ts []string) (c spoken) {
	for list, less := range map[string]int{halfTo: 1, halfPast: 0} {
		if n := w.starts(ts, list); n > 0 {
			if h, words := w.hour(ts[n:], true); words > 0 {
				return spoken{hour: (h + 12 - less) % 12, minute: 30, twelve: true, used: n + words}
			}
		}
	}
	return c
}

// parted reads what is so many minutes before an hour or after it, or before half an hour: "kwart voor drie", "ten past two".
func (w Words) parted(ts []string) (c spoken) {
	m, words := w.value(parts, ts)
	if words == 0 {
		m, words = w.number(ts)
	}
	if words == 0 || m < 1 || m > 30 || m%5 != 0 {
		return c
	}
	sign, joint := 1, w.starts(ts[words:], pastHour)
	if joint == 0 {
		sign, joint = -1, w.starts(ts[words:], toHour)
	}
	if joint == 0 {
		return c
	}
	rest := ts[words+joint:]
	if len(rest) == 0 {
		return c
	}
	base := w.halved(rest)
	if base.used == 0 {
		h, n := w.hour(rest, false)
		if n == 0 {
			return c
		}
		base = spoken{hour: h % 12, twelve: true, used: n}
	}
	total := (base.hour*60 + base.minute + sign*m + 720) % 720
	return spoken{hour: total / 60, minute: total % 60, twelve: true, used: words + joint + base.used}
}

// paired reads "at two thirty": two numbers are a time only behind such a word.
func (w Words) paired(ts []string, i int) (c spoken) {
	if i == 0 || !w.any(ts[i-1:i], atHour) {
		return c
	}
	h, n := w.hour(ts[i:], false)
	if n == 0 {
		return c
	}
	m, words := w.minutes(ts[i+n:])
	if words == 0 || m < 10 {
		return c
	}
	return spoken{hour: h, minute: m, twelve: true, used: n + words}
}

// hour reads an hour of twelve, in words or digits, that is no article and counts nothing: "two hours" is no time of the day.
func (w Words) hour(ts []string, article bool) (h, used int) {
	if len(ts) == 0 || !article && w.any(ts[:1], articles) {
		return 0, 0
	}
	h, used = w.number(ts)
	if used == 0 || h < 1 || h > 12 {
		return 0, 0
	}
	if rest := ts[used:]; len(rest) > 0 && w.starts(rest, unit) > 0 && w.starts(rest, oclock) == 0 {
		return 0, 0
	}
	return h, used
}

// minutes reads a number of minutes past the hour, which counts nothing either.
func (w Words) minutes(ts []string) (m, used int) {
	if len(ts) == 0 {
		return 0, 0
	}
	if m, used = w.number(ts); used == 0 || m > 59 || len(ts) > used && w.starts(ts[used:], unit) > 0 {
		return 0, 0
	}
	return m, used
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
