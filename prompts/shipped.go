package prompts

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"wissel/internal/audio"
	"wissel/prompts/grammar"
	"wissel/prompts/tone"
)

// The files of a language beside its clips.
const (
	textsFile   = "texts.txt"
	grammarFile = "grammar.txt"
	toneFile    = "tone.txt"
)

// open makes the languages of an archive ready.
func open(archive fs.FS) (*Store, error) {
	dirs, err := fs.ReadDir(archive, "languages")
	if err != nil {
		return nil, fmt.Errorf("list the shipped languages: %w", err)
	}
	s := &Store{languages: map[string]*language{}}
	// Two soft beeps: "press a key", in every language.
	beep := audio.Tone(200*time.Millisecond, 16000, -19, 440)
	s.tone = audio.MakeClip("tone", slices.Concat(beep, audio.Quiet(150*time.Millisecond, 16000), beep), 16000)
	s.pause = audio.MakeClip(grammar.Pause, audio.Quiet(pauseLength, 16000), 16000)
	for _, d := range dirs {
		l := newLanguage()
		if err := l.words(archive, d.Name()); err != nil {
			return nil, fmt.Errorf("language %s: %w", d.Name(), err)
		}
		for _, id := range l.texts.ids {
			c, err := ready(archive, d.Name(), id)
			switch {
			case err == nil:
				l.clips[id] = c
			case !errors.Is(err, fs.ErrNotExist): // Check finds those that are not there at all
				s.refuse(d.Name()+"/"+id, err)
			}
		}
		s.languages[d.Name()], s.order = l, append(s.order, d.Name())
	}
	return s, nil
}

// words reads the texts, the grammar and the tone of a shipped language.
func (l *language) words(archive fs.FS, name string) error {
	data, err := fs.ReadFile(archive, "languages/"+name+"/"+textsFile)
	if err != nil {
		return fmt.Errorf("read its texts: %w", err)
	}
	if l.texts, err = ParseTexts(name, string(data)); err != nil {
		return err
	}
	for _, file := range []string{grammarFile, toneFile} {
		data, err := fs.ReadFile(archive, "languages/"+name+"/"+file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = l.rules(file, data)
		}
		if err != nil {
			return fmt.Errorf("read its %s: %w", file, err)
		}
	}
	return nil
}

// rules takes a language's grammar.txt or tone.txt.
func (l *language) rules(file string, data []byte) error {
	if file == grammarFile {
		g, err := grammar.Parse(data)
		if err == nil {
			l.grammar = g
		}
		return err
	}
	w, err := tone.Parse(data)
	if err == nil {
		l.tone = w
	}
	return err
}

// ready reads the two files of a shipped clip. Both are as they go out on the wire, so little is left to do.
func ready(archive fs.FS, lang, id string) (*audio.Clip, error) {
	at := "languages/" + lang + "/" + id
	wav, err := fs.ReadFile(archive, at+".wav")
	if err != nil {
		return nil, fmt.Errorf("read the shipped clip: %w", err)
	}
	wide, err := fs.ReadFile(archive, at+".g722")
	if err != nil {
		return nil, fmt.Errorf("read the shipped clip: %w", err)
	}
	narrow, rate, err := audio.ReadALaw(bytes.NewReader(wav))
	if err != nil {
		return nil, fmt.Errorf("read the shipped clip %s.wav: %w", at, err)
	}
	if rate != 8000 {
		return nil, fmt.Errorf("shipped clip %s.wav has %d samples a second, not 8000", at, rate)
	}
	size := min(len(narrow), len(wide)) / 8 * 8
	if size == 0 {
		return nil, fmt.Errorf("shipped clip %s: %w", at, audio.ErrEmpty)
	}
	c := &audio.Clip{Name: lang + "/" + id}
	c.Bytes[audio.ALaw], c.Bytes[audio.MuLaw], c.Bytes[audio.G722] = narrow[:size], bytes.Clone(narrow[:size]), wide[:size]
	audio.Recode(c.Bytes[audio.MuLaw], audio.ALaw, audio.MuLaw)
	return c, nil
}
