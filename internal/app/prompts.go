package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/prompts"
)

// Sounds are the prompts that a server with these settings would play.
type Sounds struct {
	Store *prompts.Store
	Dir   string         // the operator's own; empty: the settings name none
	Used  []prompts.Used // by the flows that callers can come to, by language
	file  *configs.File  // nil: there are only prompts
}

// ReadSounds reads a settings file and its prompts as a server would. Its error is a *SettingsError when the settings cannot
// be used.
func ReadSounds(path string) (*Sounds, error) {
	set, err := loadFile(path, facts{})
	if err != nil {
		return nil, err
	}
	return set.prompts(), nil
}

// SoundsIn is ReadSounds without settings: the shipped prompts and those of a directory, none of them in use.
func SoundsIn(dir string) (*Sounds, error) {
	store, err := prompts.Open(dir)
	if err != nil {
		return nil, err
	}
	return &Sounds{Store: store, Dir: dir}, nil
}

func (set *inUse) prompts() *Sounds {
	return &Sounds{Store: set.sounds, Dir: set.file.Prompts, Used: used(set.file), file: set.file}
}

// used are the prompts of the flows that callers can come to.
func used(file *configs.File) []prompts.Used {
	byLang := map[string]map[string]bool{}
	for _, p := range flowsHeard(file) {
		for _, lang := range p.Languages() {
			if byLang[lang] == nil {
				byLang[lang] = map[string]bool{}
			}
			for _, id := range p.Prompts() {
				byLang[lang][id] = true
			}
		}
	}
	all := make([]prompts.Used, 0, len(byLang))
	for _, lang := range slices.Sorted(maps.Keys(byLang)) {
		all = append(all, prompts.Used{Lang: lang, IDs: slices.Sorted(maps.Keys(byLang[lang]))})
	}
	return all
}

// Check gives what callers would miss, and what a person should look at. production: nobody hears a placeholder.
func (s *Sounds) Check(production bool) (faults, doubts []wissel.Problem) {
	faults = s.Store.Problems()
	if s.file != nil {
		faults = inaudible(s.file, s.Store)
	}
	if production {
		faults = append(faults, s.Store.Unready(s.Used)...)
	}
	return faults, s.Store.Doubts()
}

// fit is the error of settings whose callers would miss a prompt, or hear a placeholder.
func (s *Sounds) fit() error {
	faults, _ := s.Check(true)
	if len(faults) == 0 {
		return nil
	}
	return errors.New("the prompts are not fit for production\n" + strings.Join(inWords(faults), "\n"))
}

// Rendering is which prompts a program is to speak.
type Rendering struct {
	Langs []string
	With  string // the command: its words, of which {text}, {out} and {lang} stand for those. Without {text} it is given the text on its standard input
	All   bool   // those that were rendered before too; what a person recorded is never replaced
}

// What a program may take to speak one prompt.
const (
	renderTime   = time.Minute
	renderOutput = 4 << 10 // bytes of what it says, for the error
)

// Rendered is one prompt that a program was asked to speak.
type Rendered struct {
	prompts.Imported
	Err error
}

// Render lets a program speak prompts, and imports what it made. It tells of each; its error says how many failed.
func (s *Sounds) Render(ctx context.Context, r Rendering, tell func(name string, done Rendered)) error {
	words := strings.Fields(r.With)
	if !strings.Contains(r.With, "{out}") {
		return errors.New("the command does not say where its WAV goes; put {out} for the file, as in: espeak-ng -v {lang} -w {out} -- {text}")
	}
	if s.Dir == "" {
		return ErrNoPrompts
	}
	if _, err := exec.LookPath(words[0]); err != nil {
		return fmt.Errorf("the program that is to speak cannot be started: %w", err)
	}
	dir, err := os.MkdirTemp("", "wissel-render-")
	if err != nil {
		return fmt.Errorf("make room for the sound: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // in the system's own folder for that
	made, failed := 0, 0
	for _, lang := range r.Langs {
		for _, id := range s.toRender(lang, r.All) {
			text, _ := s.Store.Text(lang, id)
			done, err := s.render(ctx, words, filepath.Join(dir, "out.wav"), prompts.Order{Lang: lang, ID: id, Text: text, Voice: prompts.Rendered, By: filepath.Base(words[0])})
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if made++; err != nil {
				failed++
			}
			tell(lang+"/"+id, Rendered{done, err})
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d prompts could not be rendered", failed, made)
	}
	return nil
}

// ErrNoPrompts says that there is nowhere to put a clip.
var ErrNoPrompts = errors.New("the settings name no folder for your own prompts; write `prompts: /var/lib/wissel/prompts` into them and make that folder")

// toRender are the prompts of a language with a text that no person recorded and, but with all, no program rendered for this
// text.
func (s *Sounds) toRender(lang string, all bool) (ids []string) {
	for _, id := range s.Store.IDs(lang) {
		text, ok := s.Store.Text(lang, id)
		switch v := s.Store.Voice(lang, id); {
		case !ok || v == prompts.Recorded:
		case v == prompts.Rendered && !all && s.Store.IsFor(lang, id, text):
		default:
			ids = append(ids, id)
		}
	}
	return ids
}

func (s *Sounds) render(ctx context.Context, words []string, out string, o prompts.Order) (prompts.Imported, error) {
	spoken := strings.Trim(o.Text.Text, "+")
	args := make([]string, len(words))
	for i, w := range words {
		args[i] = strings.NewReplacer("{text}", spoken, "{out}", out, "{lang}", o.Text.Voice).Replace(w)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, renderTime, fmt.Errorf("it took more than %v", renderTime))
	defer cancel()
	command := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // the operator's own command, and no shell
	command.WaitDelay = time.Second
	command.Stdin = strings.NewReader(spoken + "\n")
	said := &tail{}
	command.Stdout, command.Stderr = said, said
	if err := errors.Join(command.Run(), context.Cause(ctx)); err != nil {
		return prompts.Imported{}, fmt.Errorf("%s: %w %s", args[0], err, strings.TrimSpace(string(said.last)))
	}
	f, err := os.Open(out)
	if err != nil {
		return prompts.Imported{}, fmt.Errorf("%s made no file: %w", args[0], err)
	}
	defer func() {
		_ = f.Close()      // only read from
		_ = os.Remove(out) // the next one must make its own
	}()
	o.Sound = io.Reader(f)
	return prompts.Import(s.Dir, o, time.Now())
}

// tail keeps the end of what is written to it.
type tail struct{ last []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.last = append(t.last, p...)
	t.last = bytes.Clone(t.last[max(0, len(t.last)-renderOutput):])
	return len(p), nil
}
