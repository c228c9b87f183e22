// Package grammar says values: numbers, telephone numbers, times, dates, parts of the day and durations, each as the ids
// of the clips that say it, one after another. How a language says them is data (Parse), so a language is added without
// code. It does no I/O, reads no clock and holds no sound: package prompts turns the ids into clips.
//
// Every value is said, and none panics. What a grammar has no words for is said digit by digit, and so is everything by
// the zero Grammar, which is that of a language without one.
package grammar

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Pause is the id of a short silence between the groups of a telephone number. It is the same in every language.
const Pause = "pause"

// Largest is the largest number that is said in words; a larger one is said digit by digit.
const Largest = 999_999

// maxDigits is how much of a string of digits is said at most: twice the longest telephone number (E.164 has 15, behind 00).
const maxDigits = 40

// Grammar is how one language says values. It is never changed once parsed; the zero Grammar says everything in digits.
type Grammar struct {
	rules    map[string]*rule
	patterns []pattern
	clips    []string
}

// Empty reports whether the grammar has no rules, so that everything is said digit by digit.
func (g Grammar) Empty() bool { return len(g.rules) == 0 && len(g.patterns) == 0 }

// Clips are the ids of all clips that the grammar can ask for, sorted; digit.0 to digit.9 are always among them.
func (g Grammar) Clips() []string {
	all := slices.Clone(g.clips)
	for d := range 10 {
		all = append(all, "digit."+strconv.Itoa(d))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Digits says each digit of s by itself; what is no digit is left out.
func Digits(s string) []string {
	ids := make([]string, 0, min(len(s), maxDigits))
	for i := 0; i < len(s) && len(ids) < maxDigits; i++ {
		if s[i] >= '0' && s[i] <= '9' {
			ids = append(ids, "digit."+s[i:i+1])
		}
	}
	return ids
}

// Number says a count: "eenentwintig". Below 0 and above Largest the digits are said, without a sign.
func (g Grammar) Number(n int) []string {
	if n >= 0 && n <= Largest {
		if ids, ok := g.say("number", n); ok {
			return ids
		}
	}
	return Digits(strconv.Itoa(n))
}

// Time says the time of t's own zone as people do: "half drie 's middags".
func (g Grammar) Time(t time.Time) []string { return g.timeBy("time", t) }

// Clock says the time of t's own zone as a clock shows it: "veertien uur dertig".
func (g Grammar) Clock(t time.Time) []string { return g.timeBy("clock", t) }

func (g Grammar) timeBy(name string, t time.Time) []string {
	if ids, ok := g.say(name, t.Hour(), t.Minute()); ok {
		return ids
	}
	return Digits(t.Format("1504"))
}

// Date says the day of t's own zone without its year: "woensdag drie juni".
func (g Grammar) Date(t time.Time) []string {
	if ids, ok := g.say("date", weekday(t), t.Day(), int(t.Month())); ok {
		return ids
	}
	return Digits(t.Format("0201"))
}

// FullDate says the day of t's own zone with its year: "woensdag drie juni tweeduizend zesentwintig".
func (g Grammar) FullDate(t time.Time) []string {
	if ids, ok := g.say("full-date", weekday(t), t.Day(), int(t.Month()), t.Year()); ok {
		return ids
	}
	return Digits(t.Format("02012006"))
}

// nightEnds is the hour until which a night belongs to the day before it: at 14:00, 3:00 is "vannacht".
const nightEnds = 6

// DayPart says the part of the day in which at lies, seen from now: "vanmiddag", "morgenochtend", "woensdagavond". Both
// are taken in at's own zone.
func (g Grammar) DayPart(at, now time.Time) []string {
	now = now.In(at.Location())
	day, hour := midnight(at), at.Hour()
	if hour < nightEnds {
		day = day.AddDate(0, 0, -1)
		now = now.Add(-nightEnds * time.Hour)
	}
	days := int(min(max(day.Sub(midnight(now)).Hours()/24, -Largest), Largest))
	if ids, ok := g.say("day-part", days, weekday(day), day.Day(), int(day.Month()), hour); ok {
		return ids
	}
	return Digits(at.Format("020115"))
}

// midnight is t's date as a time that can be subtracted from another, whatever its zone's clock does.
func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

func weekday(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 } // ISO 8601: Monday is 1

// Duration says a length of time in hours and minutes, rounded to a whole minute: "twee uur en dertig minuten". One below
// zero is none.
func (g Grammar) Duration(d time.Duration) []string {
	minutes := int(max(d, 0).Round(time.Minute) / time.Minute)
	if ids, ok := g.say("duration", minutes/60, minutes%60); ok {
		return ids
	}
	return Digits(strconv.Itoa(minutes))
}

// Phone says a telephone number, written as people key it ("0612345678", "004930123456"), in the groups of the first
// pattern that fits it.
func (g Grammar) Phone(digits string) []string {
	for _, p := range g.patterns {
		if groups, ok := p.groups(digits); ok {
			return g.grouped(groups)
		}
	}
	return Digits(digits)
}

func (g Grammar) grouped(groups []string) []string {
	var ids []string
	for _, group := range groups {
		switch {
		case group == Pause:
			ids = append(ids, Pause)
		case len(group) == 1 || group[0] == '0': // "05" is no number that anybody says
			ids = append(ids, Digits(group)...)
		default:
			n, err := strconv.Atoi(group)
			if err != nil { // a group holds at most maxGroup digits
				return Digits(strings.Join(groups, ""))
			}
			ids = append(ids, g.Number(n)...)
		}
	}
	return ids
}

// Text writes clips as words. text gives a clip's own; a plus at an end of it means that it is written onto its neighbour
// there: "drie", "+honderd+" and "één" are "driehonderdéén". A clip without a text is written as its id.
func Text(ids []string, text func(id string) string) string {
	var b strings.Builder
	onto := true
	for _, id := range ids {
		word := text(id)
		switch {
		case id == Pause:
			word = "+,"
		case word == "":
			word = id
		}
		word, before := strings.CutPrefix(word, "+")
		word, after := strings.CutSuffix(word, "+")
		if !onto && !before {
			b.WriteByte(' ')
		}
		b.WriteString(word)
		onto = after
	}
	return b.String()
}
