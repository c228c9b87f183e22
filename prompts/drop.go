package prompts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
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
	maxFile  = 32 << 20        // bytes of one sound
	maxWords = 1 << 20         // bytes of texts, or of a grammar
	maxID    = 64              // bytes of a prompt's name
	maxClip  = 3 * time.Minute // of one clip
	minClip  = 50 * time.Millisecond
	maxTotal = 60 * time.Minute // of all clips
	maxFiles = 4000             // in one language
	silent   = -60.0            // dBFS
)

var languageForm = regexp.MustCompile(`^[a-z]{2}$`)

// drop puts the operator's files over those there are.
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

// dropLanguage takes the files of one language, and returns how much sound may still be taken.
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
	l := s.languages[lang]
	if l == nil {
		l = newLanguage()
	}
	for _, f := range files {
		name := lang + "/" + f.Name()
		id, isWAV := strings.CutSuffix(f.Name(), ".wav")
		switch {
		case strings.HasPrefix(f.Name(), ".") || s.isNote(root, name):
			continue
		case f.Name() == textsFile || f.Name() == grammarFile || f.Name() == toneFile:
			if err := l.dropWords(root, lang, f.Name()); err != nil {
				s.refuse(name, err)
				continue
			}
			s.languages[lang] = l
			continue
		case !isWAV || !idForm.MatchString(id) || len(id) > maxID:
			s.refuse(name, errors.New("is not named as a prompt; write the prompt's id and .wav, as menu.text.wav"))
			continue
		}
		c, sum, err := dropped(root, name, strings.TrimSuffix(name, ".wav"))
		if err == nil && c.Duration() > left {
			err = fmt.Errorf("with it there would be more than %v of sound in all", maxTotal)
		}
		if err != nil {
			s.refuse(name, err)
			continue
		}
		left -= c.Duration()
		l.clips[id], s.languages[lang] = c, l
		o := origin{sum: sum}
		o.note, o.bad = readNote(root, lang+"/"+id+noteEnd)
		l.own[id] = o
		s.dropped = append(s.dropped, lang+"/"+id)
	}
	return left
}

// isNote reports whether a file is the note of a clip. One without its clip is told of.
func (s *Store) isNote(root *os.Root, name string) bool {
	of, ok := strings.CutSuffix(name, noteEnd)
	if !ok {
		return false
	}
	if _, err := root.Lstat(of + soundEnd); err != nil {
		s.refuse(name, fmt.Errorf("is the note of a clip that is not there: %s%s", of, soundEnd))
	}
	return true
}

// dropWords takes the operator's texts, over those there are, or his grammar or tone, instead of what there is.
func (l *language) dropWords(root *os.Root, lang, file string) error {
	f, err := regular(root, lang+"/"+file, maxWords)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read from
	data, err := io.ReadAll(io.LimitReader(f, maxWords))
	if err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	if file != textsFile {
		if err := l.rules(file, data); err != nil {
			return fmt.Errorf("is not used: %w", err)
		}
		return nil
	}
	own, err := ParseTexts(lang, string(data))
	if err != nil {
		return fmt.Errorf("are not used: %w", err)
	}
	l.texts = own.over(l.texts)
	return nil
}

// refuse notes why a file is not used; the clip it should replace stays.
func (s *Store) refuse(name string, err error) {
	s.problems = append(s.problems, wissel.Problem{Path: "prompts." + name, Msg: err.Error()})
}

// dropped reads one sound of the operator's: of a size, rate and length that a prompt can have. sum is that of its file.
func dropped(root *os.Root, name, clip string) (c *audio.Clip, sum string, err error) {
	f, err := regular(root, name, maxFile)
	if err != nil {
		return nil, "", err
	}
	defer f.Close() //nolint:errcheck // only read from
	all, hash := io.LimitReader(f, maxFile), sha256.New()
	if c, err = MakeClip(clip, io.TeeReader(all, hash)); err != nil {
		return nil, "", err
	}
	if _, err := io.Copy(hash, all); err != nil { // what stands behind the sound
		return nil, "", fmt.Errorf("cannot be read: %w", err)
	}
	return c, hex.EncodeToString(hash.Sum(nil)), nil
}

// regular opens a file of the operator's that is a regular one, not empty and at most size bytes.
func regular(root *os.Root, name string, size int64) (*os.File, error) {
	// Not blocking: a named pipe would wait for its writer for ever.
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		err = fmt.Errorf("cannot be read: %w", err)
	case !info.Mode().IsRegular():
		err = errors.New("is no regular file")
	case info.Size() == 0:
		err = audio.ErrEmpty
	case info.Size() > size:
		err = fmt.Errorf("holds %d bytes; it may have at most %d MiB", info.Size(), size>>20)
	}
	if err != nil {
		f.Close() //nolint:errcheck // nothing was written
		return nil, err
	}
	return f, nil
}

// MakeClip reads a WAV file and makes it ready, or says why it cannot be a prompt: its form, its rate, its length.
func MakeClip(name string, r io.Reader) (*audio.Clip, error) {
	r, err := untagged(r)
	if err != nil {
		return nil, err
	}
	pcm, rate, err := audio.ReadWAV(r)
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

// untagged refuses what begins as MP3 does.
func untagged(r io.Reader) (io.Reader, error) {
	var magic [3]byte
	n, _ := io.ReadFull(r, magic[:]) // the end, and what is broken, shows again below
	if string(magic[:n]) == "ID3" {
		return nil, fmt.Errorf("begins with an ID3 tag, so it is MP3: %w", audio.ErrNotWAV)
	}
	return io.MultiReader(bytes.NewReader(magic[:n]), r), nil
}
