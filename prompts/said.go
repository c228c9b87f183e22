package prompts

import (
	"slices"
	"strconv"
	"strings"

	"wissel/internal/audio"
	"wissel/ivr"
	"wissel/prompts/grammar"
)

// Clips gives the sounds of what a flow plays, values as the language's grammar says them. It is never empty.
func (s *Store) Clips(ps []ivr.Prompt) []*audio.Clip {
	clips := make([]*audio.Clip, 0, len(ps)+10)
	for _, p := range ps {
		for _, id := range s.ids(p) {
			clips = append(clips, s.Clip(p.Lang, id))
		}
	}
	if len(clips) == 0 {
		clips = append(clips, s.Clip("", Generic))
	}
	return clips
}

// Say gives in words what Clips gives in sound.
func (s *Store) Say(ps ...ivr.Prompt) string {
	parts := make([]string, len(ps))
	for i, p := range ps {
		parts[i] = grammar.Text(s.ids(p), func(id string) string {
			t, _ := s.Text(p.Lang, id)
			return t.Text
		})
	}
	return strings.Join(parts, " ")
}

// ids are the prompts that say p. A value with a word that the language has no sound for is said digit by digit: half of
// it in another language would not be understood.
func (s *Store) ids(p ivr.Prompt) []string {
	if p.ID != "" {
		return []string{p.ID}
	}
	ids := value(s.Grammar(p.Lang), p)
	if slices.ContainsFunc(ids, func(id string) bool { return id != grammar.Pause && s.clip(p.Lang, id) == nil }) {
		return value(grammar.Grammar{}, p)
	}
	return ids
}

func value(g grammar.Grammar, p ivr.Prompt) []string {
	switch p.As {
	case ivr.AsPhone:
		return g.Phone(p.Digits)
	case ivr.AsNumber:
		if n, err := strconv.Atoi(p.Digits); err == nil {
			return g.Number(n)
		}
	case ivr.AsTime:
		return g.Time(p.At)
	case ivr.AsClock:
		return g.Clock(p.At)
	case ivr.AsDate:
		return g.Date(p.At)
	case ivr.AsFullDate:
		return g.FullDate(p.At)
	case ivr.AsDayPart:
		return g.DayPart(p.At, p.Now)
	case ivr.AsDuration:
		return g.Duration(p.For)
	case ivr.Singly:
	}
	return grammar.Digits(p.Digits)
}
