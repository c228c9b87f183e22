package prompts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"wissel"
	"wissel/internal/audio"
)

// What an operator's directory may hold (FAULTS, A28): enough for any outage, and never more than about 100 MB in memory.
const (
	maxFile  = 32 << 20        // bytes of one file
	maxClip  = 3 * time.Minute // of one clip
	minClip  = 50 * time.Millisecond
	maxTotal = 60 * time.Minute // of all clips
	maxFiles = 2000             // in one language
	silent   = -60.0            // dBFS
)

var languageForm = regexp.MustCompile(`^[a-z]{2}$`)

// drop puts the operator's clips over those there are.
func (s *Store) drop(dir string) error {
	root, err := os.OpenRoot(dir) // nothing below it leads out of it, by name or by link
	if err != nil {
		return fmt.Errorf("open the directory of prompts: %w", err)
	}
	defer root.Close() //nolint:errcheck // only read from
	langs, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return fmt.Errorf("list the directory of prompts: %w", err)
	}
	left := maxTotal
	for _, l := range langs {
		if info, err := root.Stat(l.Name()); err != nil || !info.IsDir() || !languageForm.MatchString(l.Name()) {
			if !strings.HasPrefix(l.Name(), ".") {
				s.refuse(l.Name(), errors.New("is no language; prompts lie in nl/, en/ and the like"))
			}
			continue
		}
		left = s.dropLanguage(root, l.Name(), left)
	}
	slices.Sort(s.dropped)
	return nil
}

// dropLanguage takes the clips of one language, and returns how much sound may still be taken.
func (s *Store) dropLanguage(root *os.Root, lang string, left time.Duration) time.Duration {
	files, err := fs.ReadDir(root.FS(), lang)
	if err != nil {
		s.refuse(lang, err)
		return left
	}
	if len(files) > maxFiles {
		s.refuse(lang, fmt.Errorf("%d files are more than %d; the rest is left", len(files), maxFiles))
		files = files[:maxFiles]
	}
	for _, f := range files {
		name := lang + "/" + f.Name()
		id, isWAV := strings.CutSuffix(f.Name(), ".wav")
		switch {
		case strings.HasPrefix(f.Name(), "."):
			continue
		case !isWAV || !idForm.MatchString(id) || len(id) > 64:
			s.refuse(name, errors.New("is not named as a prompt; write the prompt's id and .wav, as menu.text.wav"))
			continue
		}
		c, err := dropped(root, name, strings.TrimSuffix(name, ".wav"))
		if err == nil && c.Duration() > left {
			err = fmt.Errorf("with it there would be more than %v of sound in all", maxTotal)
		}
		if err != nil {
			s.refuse(name, err)
			continue
		}
		left -= c.Duration()
		if s.clips[lang] == nil {
			s.clips[lang] = map[string]*audio.Clip{}
			s.languages = append(s.languages, lang)
		}
		s.clips[lang][id] = c
		s.dropped = append(s.dropped, lang+"/"+id)
	}
	return left
}

// refuse notes why a file is not used; the clip it should replace stays.
func (s *Store) refuse(name string, err error) {
	s.problems = append(s.problems, wissel.Problem{Path: "prompts." + name, Msg: err.Error()})
}

// dropped reads one file of the operator's: a regular one, of a size, rate and length that a prompt can have.
func dropped(root *os.Root, name, clip string) (*audio.Clip, error) {
	// Not blocking: a named pipe would wait for its writer for ever.
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read from
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot be read: %w", err)
	case !info.Mode().IsRegular():
		return nil, errors.New("is no regular file")
	case info.Size() == 0:
		return nil, audio.ErrEmpty
	case info.Size() > maxFile:
		return nil, fmt.Errorf("holds %d bytes; a prompt has at most %d MiB", info.Size(), maxFile>>20)
	}
	return MakeClip(clip, io.LimitReader(f, maxFile))
}

// MakeClip reads a WAV file and makes it ready, or says why it cannot be a prompt: its form, its rate, its length.
func MakeClip(name string, r io.Reader) (*audio.Clip, error) {
	var magic [3]byte
	n, _ := io.ReadFull(r, magic[:])
	if string(magic[:n]) == "ID3" {
		return nil, fmt.Errorf("begins with an ID3 tag, so it is MP3: %w", audio.ErrNotWAV)
	}
	pcm, rate, err := audio.ReadWAV(io.MultiReader(bytes.NewReader(magic[:n]), r))
	if err != nil {
		return nil, fmt.Errorf("is no sound that can be used: %w", err)
	}
	switch d := time.Duration(len(pcm)) * time.Second / time.Duration(rate); {
	case audio.Level(pcm) < silent:
		return nil, errors.New("holds nothing but silence")
	case d < minClip:
		return nil, fmt.Errorf("lasts %v; a prompt lasts at least %v", d, minClip)
	case d > maxClip:
		return nil, fmt.Errorf("lasts %v; a prompt lasts at most %v", d.Round(time.Second), maxClip)
	}
	return audio.MakeClip(name, pcm, rate), nil
}
