// Package prompts holds what callers hear: the texts of all prompts in each language, their sound, and the sound of
// digits. The shipped clips are in the binary, ready for the wire; an operator replaces one by putting <language>/<id>.wav
// into his directory. Everything is made ready when a Store is opened: later nothing is read, decoded or fetched, and
// nothing that is lost then is missed. A clip that is not there has a substitute, down to a tone: never silence.
// internal/app opens a Store and turns the prompts of a flow into clips with it; configs compiles flows against it.
package prompts

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/ivr"
)

//go:embed catalogue.txt audio
var shipped embed.FS

// Generic is the prompt heard in place of one that is lost.
const Generic = "generic"

// Store holds all clips. It is never changed once opened, so that every call may use it.
type Store struct {
	texts     *Catalogue
	languages []string                          // of texts and clips, the first is the last resort
	clips     map[string]map[string]*audio.Clip // by language, by id
	digits    [10]string                        // their ids
	tone      *audio.Clip
	dropped   []string // "nl/menu.text", put in by the operator
	problems  []wissel.Problem
}

// Open makes the shipped clips ready, and over them those in dir; an empty dir is none. Files that cannot be used are
// refused one by one, with their reasons in Problems. When dir itself cannot be read there is an error, and the Store with
// the shipped clips all the same: a caller must hear something.
func Open(dir string) (*Store, error) {
	if dir == "" {
		return shippedStore(), nil
	}
	s := *shippedStore()
	s.clips = map[string]map[string]*audio.Clip{}
	for lang, clips := range shippedStore().clips {
		s.clips[lang] = maps.Clone(clips)
	}
	s.problems = slices.Clone(s.problems)
	return &s, s.drop(dir)
}

// shippedStore is made once: a reload finds the same clips ready.
var shippedStore = sync.OnceValue(func() *Store {
	s, err := open(shipped)
	if err != nil {
		panic("prompts: the shipped catalogue cannot be read: " + err.Error())
	}
	return s
})

// open makes the clips of an archive with a catalogue ready.
func open(archive fs.FS) (*Store, error) {
	data, err := fs.ReadFile(archive, "catalogue.txt")
	if err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", err)
	}
	texts, err := Parse(string(data))
	if err != nil {
		return nil, err
	}
	s := &Store{texts: texts, languages: texts.Languages(), clips: map[string]map[string]*audio.Clip{}}
	for d := range s.digits {
		s.digits[d] = "digit." + string(rune('0'+d))
	}
	// Two soft beeps: "press a key", in every language.
	beep := audio.Tone(200*time.Millisecond, 16000, -19, 440)
	s.tone = audio.MakeClip("tone", slices.Concat(beep, audio.Quiet(150*time.Millisecond, 16000), beep), 16000)
	for _, lang := range s.languages {
		s.clips[lang] = map[string]*audio.Clip{}
		for _, id := range texts.ids {
			if _, ok := texts.Text(lang, id); !ok {
				continue
			}
			c, err := ready(archive, lang, id)
			switch {
			case err == nil:
				s.clips[lang][id] = c
			case !errors.Is(err, fs.ErrNotExist): // Check finds those that are not there at all
				s.refuse(lang+"/"+id, err)
			}
		}
	}
	return s, nil
}

// ready reads the two files of a shipped clip. Both are as they go out on the wire, so little is left to do.
func ready(archive fs.FS, lang, id string) (*audio.Clip, error) {
	at := "audio/" + lang + "/" + id
	wav, err := fs.ReadFile(archive, at+".wav")
	if err != nil {
		return nil, fmt.Errorf("read the shipped clip: %w", err)
	}
	wide, err := fs.ReadFile(archive, at+".g722")
	if err != nil {
		return nil, fmt.Errorf("read the shipped clip: %w", err)
	}
	pcm, rate, err := audio.ReadWAV(bytes.NewReader(wav))
	if err != nil {
		return nil, fmt.Errorf("read the shipped clip %s.wav: %w", at, err)
	}
	if rate != 8000 {
		return nil, fmt.Errorf("shipped clip %s.wav has %d samples a second, not 8000", at, rate)
	}
	size := min(len(pcm), len(wide)) / 8 * 8
	if size == 0 {
		return nil, fmt.Errorf("shipped clip %s: %w", at, audio.ErrEmpty)
	}
	c := &audio.Clip{Name: lang + "/" + id}
	narrow := make([]byte, size)
	if _, err := audio.EncodeALaw(narrow, pcm[:size]); err != nil {
		return nil, fmt.Errorf("shipped clip %s: %w", at, err)
	}
	c.Bytes[audio.ALaw], c.Bytes[audio.MuLaw], c.Bytes[audio.G722] = narrow, bytes.Clone(narrow), wide[:size]
	audio.Recode(c.Bytes[audio.MuLaw], audio.ALaw, audio.MuLaw)
	return c, nil
}

// Texts is the catalogue of texts.
func (s *Store) Texts() *Catalogue { return s.texts }

// Languages are the languages there are clips or texts in.
func (s *Store) Languages() []string { return slices.Clone(s.languages) }

// Dropped names the clips that the operator put in ("nl/menu.text"), sorted.
func (s *Store) Dropped() []string { return slices.Clone(s.dropped) }

// Problems are the files that could not be used when the Store was opened.
func (s *Store) Problems() []wissel.Problem { return slices.Clone(s.problems) }

// Has reports whether the prompt belongs to the language: there is a text or a sound for it. One with a text and without a
// sound can still be played, by its substitute; one without either is a mistake in the flow (ivr.Catalogue).
func (s *Store) Has(lang, id string) bool {
	if _, ok := s.texts.Text(lang, id); ok {
		return true
	}
	return s.clips[lang][id] != nil
}

// Duration is how long a prompt sounds; 0 when there is no sound for it (ivr.Catalogue).
func (s *Store) Duration(lang, id string) time.Duration {
	if c := s.clips[lang][id]; c != nil {
		return c.Duration()
	}
	return 0
}

// Check reports every prompt that would be played by a substitute, in each of the languages, with what is heard instead.
// Digits and the generic prompt are always looked at. What Problems has to say comes with it.
func (s *Store) Check(languages []string, ids ...string) []wissel.Problem {
	ps := s.Problems()
	said := map[string]bool{}
	for _, p := range ps {
		said[p.Path] = true
	}
	all := slices.Concat(ids, s.digits[:], []string{Generic})
	slices.Sort(all)
	for _, lang := range languages {
		for _, id := range slices.Compact(slices.Clone(all)) {
			path := "prompts." + lang + "/" + id
			if s.clips[lang][id] == nil && !said[path] {
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
	for _, want := range []string{id, Generic} {
		if c := s.clips[lang][want]; c != nil {
			return c
		}
		for _, other := range s.languages {
			if c := s.clips[other][want]; c != nil {
				return c
			}
		}
	}
	return s.tone
}

// Clips gives the sounds of what a flow plays, digits one by one. It is never empty.
func (s *Store) Clips(ps []ivr.Prompt) []*audio.Clip {
	clips := make([]*audio.Clip, 0, len(ps)+10)
	for _, p := range ps {
		if p.ID != "" {
			clips = append(clips, s.Clip(p.Lang, p.ID))
			continue
		}
		for _, d := range p.Digits {
			if d >= '0' && d <= '9' {
				clips = append(clips, s.Clip(p.Lang, s.digits[d-'0']))
			}
		}
	}
	if len(clips) == 0 {
		clips = append(clips, s.Clip("", Generic))
	}
	return clips
}
