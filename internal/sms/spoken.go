package sms

import (
	"slices"
	"strconv"
	"time"

	"wissel/prompts/grammar"
)

// Spoken writes days by the grammar of a language's voices, so that a language has both once it has one. Clip gives the
// words of a clip.
type Spoken struct {
	Grammar grammar.Grammar
	Clip    func(id string) string
}

// Date writes a day as it is said, with digits for the day where it is said as a number: "woensdag 3 juni".
func (s Spoken) Date(t time.Time) string {
	if s.Grammar.Empty() {
		return t.Format(time.DateOnly)
	}
	ids, day := s.Grammar.Date(t), s.Grammar.Number(t.Day())
	const digits = "\x00"
	for i := 0; i+len(day) <= len(ids); i++ {
		if slices.Equal(ids[i:i+len(day)], day) {
			ids = slices.Concat(ids[:i], []string{digits}, ids[i+len(day):])
			break
		}
	}
	return grammar.Text(ids, func(id string) string {
		if id == digits {
			return strconv.Itoa(t.Day())
		}
		return s.Clip(id)
	})
}

// DayPart writes the part of the day in which at lies, seen from now: "vanmiddag".
func (s Spoken) DayPart(at, now time.Time) string {
	if s.Grammar.Empty() {
		return at.Format(time.DateOnly)
	}
	return grammar.Text(s.Grammar.DayPart(at, now), s.Clip)
}
