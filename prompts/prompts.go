// Package prompts holds what callers hear: the texts of all prompts in each language, their sound, and how each language
// says numbers and times. A language is a directory: texts.txt, grammar.txt (package grammar), tone.txt (package tone) and a clip
// for each text.
// The shipped ones are in the binary, their sound ready for the wire; an operator replaces a clip by putting
// <language>/<id>.wav into his directory, best by Import, and adds a language by putting its directory there. Everything is made ready when
// a Store is opened: later nothing is read, decoded or fetched, and nothing that is lost then is missed. A clip that is not
// there has a substitute, down to a tone: never silence. internal/app opens a Store and turns the prompts of a flow into
// clips with it; configs compiles flows against it.
package prompts

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/prompts/grammar"
	"wissel/prompts/tone"
)

//go:embed languages
var shipped embed.FS

// Generic is the prompt heard in place of one that is lost.
const Generic = "generic"

// pauseLength is the silence between the groups of a telephone number.
const pauseLength = 160 * time.Millisecond

// Store holds all clips. It is never changed once opened, so that every call may use it.
type Store struct {
	languages map[string]*language
	order     []string // their names, sorted: a substitute is looked for in this order
	tone      *audio.Clip
	pause     *audio.Clip
	dropped   []string // "nl/menu.text", put in by the operator
	problems  []wissel.Problem
}

// A language has texts, a grammar (the zero Grammar: digits one by one), words that its messages are judged by, and clips by
// id.
type language struct {
	texts   *Texts
	grammar grammar.Grammar
	tone    tone.Words
	clips   map[string]*audio.Clip
	own     map[string]origin // of the clips that the operator put in
}

func newLanguage() *language {
	return &language{texts: &Texts{}, clips: map[string]*audio.Clip{}, own: map[string]origin{}}
}

// Open makes the shipped languages ready, and over them what is in dir; an empty dir is none. Files that cannot be used
// are refused one by one, with their reasons in Problems. When dir itself cannot be read there is an error, and the Store
// with the shipped clips all the same: a caller must hear something.
func Open(dir string) (*Store, error) {
	if dir == "" {
		return shippedStore(), nil
	}
	s := *shippedStore()
	s.languages = map[string]*language{}
	for name, l := range shippedStore().languages {
		s.languages[name] = &language{texts: l.texts, grammar: l.grammar, tone: l.tone, clips: maps.Clone(l.clips), own: map[string]origin{}}
	}
	s.problems = slices.Clone(s.problems)
	err := s.drop(dir)
	s.order = slices.Sorted(maps.Keys(s.languages))
	return &s, err
}

// shippedStore is made once: a reload finds the same clips ready.
var shippedStore = sync.OnceValue(func() *Store {
	s, err := open(shipped)
	if err != nil {
		panic("prompts: the shipped languages cannot be read: " + err.Error())
	}
	return s
})

// Text gives a prompt's text in a language, and whether there is one.
func (s *Store) Text(lang, id string) (Text, bool) {
	l := s.languages[lang]
	if l == nil {
		return Text{}, false
	}
	return l.texts.Text(id)
}

// IDs are all prompts with a text in the language.
func (s *Store) IDs(lang string) []string {
	l := s.languages[lang]
	if l == nil {
		return nil
	}
	return l.texts.IDs()
}

// Grammar is how the language says values; the zero Grammar, digits one by one, for one that nobody has.
func (s *Store) Grammar(lang string) grammar.Grammar {
	l := s.languages[lang]
	if l == nil {
		return grammar.Grammar{}
	}
	return l.grammar
}

// Tone is what the language's messages are judged by; the zero Words for one that brings none.
func (s *Store) Tone(lang string) tone.Words {
	l := s.languages[lang]
	if l == nil {
		return tone.Words{}
	}
	return l.tone
}

// Languages are the languages there are directories for, sorted.
func (s *Store) Languages() []string { return slices.Clone(s.order) }

// Dropped names the clips that the operator put in ("nl/menu.text"), sorted.
func (s *Store) Dropped() []string { return slices.Clone(s.dropped) }

// Problems are the files that could not be used when the Store was opened.
func (s *Store) Problems() []wissel.Problem { return slices.Clone(s.problems) }

// Has reports whether the prompt belongs to the language: there is a text or a sound for it. One with a text and without a
// sound can still be played, by its substitute; one without either is a mistake in the flow (ivr.Catalogue).
func (s *Store) Has(lang, id string) bool {
	if _, ok := s.Text(lang, id); ok {
		return true
	}
	return s.clip(lang, id) != nil
}

// clip is the language's own sound of a prompt, nil when there is none.
func (s *Store) clip(lang, id string) *audio.Clip {
	if l := s.languages[lang]; l != nil {
		return l.clips[id]
	}
	return nil
}

// Duration is how long a prompt sounds; 0 when there is no sound for it (ivr.Catalogue).
func (s *Store) Duration(lang, id string) time.Duration {
	if c := s.clip(lang, id); c != nil {
		return c.Duration()
	}
	return 0
}

// Check reports every prompt that would be played by a substitute, in each of the languages, with what is heard instead.
// The generic prompt and all words that the language's grammar needs are always looked at. What Problems has to say comes
// with it.
func (s *Store) Check(languages []string, ids ...string) []wissel.Problem {
	ps := s.Problems()
	said := map[string]bool{}
	for _, p := range ps {
		said[p.Path] = true
	}
	for _, lang := range languages {
		all := slices.Concat(ids, s.Grammar(lang).Clips(), []string{Generic})
		slices.Sort(all)
		for _, id := range slices.Compact(all) {
			path := "prompts." + lang + "/" + id
			if s.clip(lang, id) == nil && id != grammar.Pause && !said[path] {
				ps = append(ps, wissel.Problem{Path: path, Msg: "there is no sound for it; " + s.instead(lang, id)})
			}
		}
	}
	return ps
}

// instead says what is heard in place of a lost clip, and what would be right.
func (s *Store) instead(lang, id string) string {
	return fmt.Sprintf("callers hear %s instead; put a WAV at %s/%s.wav", s.Clip(lang, id).Name, lang, id)
}

// Clip gives a prompt's sound: the operator's, else the shipped one, else that of another language, else the generic
// sentence, else a tone. It is never nil and never empty.
func (s *Store) Clip(lang, id string) *audio.Clip {
	if id == grammar.Pause {
		return s.pause
	}
	for _, want := range []string{id, Generic} {
		if c := s.clip(lang, want); c != nil {
			return c
		}
		for _, other := range s.order {
			if c := s.clip(other, want); c != nil {
				return c
			}
		}
	}
	return s.tone
}
