package prompts

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"wissel"
	"wissel/internal/audio"
	"wissel/prompts/grammar"
)

// Entry is one prompt in one language, with all that is known of it.
type Entry struct {
	ID       string  `json:"id"`
	Lang     string  `json:"language"`
	Voice    Voice   `json:"voice,omitempty"` // empty: there is no sound
	Seconds  float64 `json:"seconds"`
	Loudness float64 `json:"loudness_lufs"` // as wideband and narrowband calls hear it, in the mean; 0 without a sound
	Peak     float64 `json:"peak_dbtp"`
	Text     string  `json:"text"`
	Note     *Note   `json:"note,omitempty"` // of the operator's own, when it was imported
}

// Entries are the prompts of a language in a voice, all with an empty one: those with a text in the order of its file, then
// those without. It measures every clip, so it is for people and not for calls.
func (s *Store) Entries(lang string, only Voice) []Entry {
	l := s.languages[lang]
	if l == nil {
		return nil
	}
	all := make([]Entry, 0, len(l.clips))
	for _, id := range l.ids() {
		if only != "" && l.voice(id) != only {
			continue
		}
		t, _ := l.texts.Text(id)
		e := Entry{ID: id, Lang: lang, Text: t.Text}
		if c := l.clips[id]; c != nil {
			e.Seconds = c.Duration().Seconds()
			e.Loudness, e.Peak = audio.Heard(c)
			e.Voice, e.Note = l.voice(id), l.own[id].note
		}
		all = append(all, e)
	}
	return all
}

// ids are all prompts with a text or a sound.
func (l *language) ids() []string {
	ids, rest := l.texts.IDs(), []string{}
	for id := range l.clips {
		if _, ok := l.texts.texts[id]; !ok {
			rest = append(rest, id)
		}
	}
	slices.Sort(rest)
	return append(ids, rest...)
}

// voice is whose voice a clip of the language is, empty when there is none.
func (l *language) voice(id string) Voice {
	if o, ok := l.own[id]; ok {
		return o.voice()
	}
	if l.clips[id] != nil {
		return Placeholder
	}
	return ""
}

// Voice is whose voice the prompt is heard in; empty when it has no sound of its own.
func (s *Store) Voice(lang, id string) Voice {
	if l := s.languages[lang]; l != nil {
		return l.voice(id)
	}
	return ""
}

// IsFor reports whether an imported clip was made for the text.
func (s *Store) IsFor(lang, id string, text Text) bool {
	l := s.languages[lang]
	return l != nil && l.own[id].note != nil && l.own[id].note.Text == sumOf(text)
}

// Changed are the clips of the operator's own ("nl/menu.text") that are other ones than in from, or in one of the two only.
func (s *Store) Changed(from *Store) (names []string) {
	for _, name := range append(s.Dropped(), from.dropped...) {
		if s.ownSum(name) != from.ownSum(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (s *Store) ownSum(name string) string {
	lang, id, _ := strings.Cut(name, "/")
	if l := s.languages[lang]; l != nil {
		return l.own[id].sum
	}
	return ""
}

// Used are the prompts that flows play in a language.
type Used struct {
	Lang string
	IDs  []string
}

// Unready says, for each language, which of the used prompts callers would hear in the placeholder voice.
func (s *Store) Unready(used []Used) (ps []wissel.Problem) {
	for _, u := range used {
		var ids []string
		for _, id := range s.needed(u) {
			if id != grammar.Pause && s.Voice(u.Lang, id) == Placeholder {
				ids = append(ids, id)
			}
		}
		if len(ids) == 0 {
			continue
		}
		ps = append(ps, wissel.Problem{Path: "prompts." + u.Lang, Msg: fmt.Sprintf(
			"%d of the prompts that callers hear are in the placeholder voice: %s; `wissel prompts import` takes a recording, `wissel prompts render` lets a program speak",
			len(ids), Few(ids))})
	}
	return ps
}

// needed are the prompts of u, the words of the language's grammar, and the generic sentence.
func (s *Store) needed(u Used) []string {
	all := slices.Concat(u.IDs, s.Grammar(u.Lang).Clips(), []string{Generic})
	slices.Sort(all)
	return slices.Compact(all)
}

// Few names some and counts the rest.
func Few(ids []string) string {
	const most = 6
	if len(ids) <= most {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:most], ", "), len(ids)-most)
}

// Doubts are the clips of the operator's own that a person should look at: recorded for another text, changed since their
// import, of unknown origin, or not as loud as a prompt. Callers hear them all the same.
func (s *Store) Doubts() (ps []wissel.Problem) {
	for _, name := range s.dropped {
		lang, id, _ := strings.Cut(name, "/")
		doubt := func(format string, args ...any) {
			ps = append(ps, wissel.Problem{Path: "prompts." + name, Msg: fmt.Sprintf(format, args...)})
		}
		l := s.languages[lang]
		o := l.own[id]
		text, hasText := l.texts.Text(id)
		switch {
		case o.bad != nil:
			doubt("its note %s%s %v; import it again", id, noteEnd, o.bad)
		case o.note == nil:
			doubt("who recorded it, and for which text, is not known: it was put there without `wissel prompts import`")
		case o.note.Sound != o.sum:
			doubt("it was replaced since its import on %s, so whose voice it is and for which text are not known; import it again", wissel.Moment(o.note.At))
		case hasText && o.note.Text != sumOf(text):
			doubt("it was %s for another text, on %s by %s; the text is now %q", o.note.Voice, wissel.Moment(o.note.At), o.note.By, text.Text)
		}
		if loud, top := audio.Heard(l.clips[id]); math.Abs(loud-audio.PromptLoudness) > 1.2 { // 1, and what the codecs add
			doubt("it is at %.1f LUFS where prompts are at %.0f: callers hear it %s than the others; `wissel prompts import` puts that right", loud, audio.PromptLoudness, louder(loud))
		} else if top > audio.PromptPeak+1 {
			doubt("its peaks reach %.1f dBTP where prompts stay under %.0f; `wissel prompts import` puts that right", top, audio.PromptPeak)
		}
	}
	return ps
}

func louder(loud float64) string {
	if loud > audio.PromptLoudness {
		return "louder"
	}
	return "softer"
}
