package prompts

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"
	"time"

	"wissel/internal/audio"
)

// Order is a recording that is to become a prompt.
type Order struct {
	Lang, ID string
	Text     Text  // what is said in it
	Voice    Voice // Recorded or Rendered
	By       string
	Sound    io.Reader // a WAV file
}

// Imported is what was made of it.
type Imported struct {
	Note          Note
	Path          string        // below the operator's directory: "nl/menu.text.wav"
	Kept          string        // what was there before, below that directory; empty: nothing
	Before, After time.Duration // of silence that were cut off
	Gain          float64       // dB
	Limited       float64       // dB taken from the highest peak
	Stereo        bool          // two channels were mixed
}

// Import makes a recording a prompt (audio.Master) and puts it into the operator's directory, with its note. Whoever opens the
// directory at any moment finds the former clip whole, or the new one. The former stays beside it, as .<id>.before.wav.
// The error says in words why the recording cannot be used; nothing is changed then.
func Import(dir string, o Order, now time.Time) (Imported, error) {
	switch {
	case !languageForm.MatchString(o.Lang):
		return Imported{}, fmt.Errorf("%q is no language; two small letters such as nl or en would be right", o.Lang)
	case !idForm.MatchString(o.ID) || len(o.ID) > maxID:
		return Imported{}, fmt.Errorf("%q cannot name a prompt; menu.text would be right: a-z, 0-9, points and dashes", o.ID)
	case o.Voice != Recorded && o.Voice != Rendered:
		return Imported{}, fmt.Errorf("voice %q: recorded or rendered", o.Voice)
	case len(o.By) > maxBy:
		return Imported{}, fmt.Errorf("a name of %d bytes is more than %d", len(o.By), maxBy)
	}
	rec, err := Read(o.Sound)
	if err != nil {
		return Imported{}, err
	}
	m, wav, err := Ready(rec)
	if err != nil {
		return Imported{}, err
	}
	done := Imported{
		Note: Note{
			Voice: o.Voice, By: o.By, At: now.UTC().Truncate(time.Second), From: rec.Form, Text: sumOf(o.Text), Sound: sum(wav),
			Seconds: m.Duration().Seconds(), Loudness: tenth(m.Loudness), Peak: tenth(m.Peak),
		},
		Path: o.Lang + "/" + o.ID + soundEnd, Before: m.Before, After: m.After, Gain: m.Gain, Limited: m.Limited, Stereo: rec.Stereo,
	}
	note, err := json.MarshalIndent(done.Note, "", "  ")
	if err != nil {
		return Imported{}, fmt.Errorf("write the note: %w", err)
	}
	done.Kept, err = keep(dir, o, wav, append(note, '\n'))
	return done, err
}

// Read reads a WAV file that is to be heard, of at most maxFile bytes and maxClip. The error says why it cannot be used.
func Read(from io.Reader) (audio.Recording, error) {
	r := &io.LimitedReader{R: from, N: maxFile + 1}
	sound, err := untagged(r)
	var rec audio.Recording
	if err == nil {
		rec, err = audio.ReadRecording(sound, maxClip)
	}
	if err != nil && r.N == 0 {
		err = fmt.Errorf("it holds more than %d MiB", maxFile>>20)
	}
	if err != nil {
		return audio.Recording{}, fmt.Errorf("the recording cannot be used: %w", err)
	}
	return rec, nil
}

// Ready makes a recording fit to be heard (audio.Master), and gives it as a WAV file too. The error says why it cannot be used.
func Ready(rec audio.Recording) (m audio.Mastered, wav []byte, err error) {
	if m, err = audio.Master(rec); err != nil {
		return m, nil, fmt.Errorf("the recording cannot be used: it %w", err)
	}
	var b bytes.Buffer
	if err := audio.WriteWAV(&b, m.PCM, audio.PromptRate); err != nil {
		return m, nil, err
	}
	return m, b.Bytes(), nil
}

// MaxFile is how many bytes the file of a recording may have, and MaxClip how long it may last.
const (
	MaxFile = maxFile
	MaxClip = maxClip
)

func tenth(v float64) float64 { return math.Round(v*10) / 10 }

// keep puts the two files in place, and names what was there before.
func keep(dir string, o Order, sound, note []byte) (kept string, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", fmt.Errorf("open the directory of prompts: %w", err)
	}
	defer root.Close() //nolint:errcheck // what was written in it is synced
	if err := root.Mkdir(o.Lang, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make the directory of the language: %w", err)
	}
	name, before := o.Lang+"/"+o.ID, o.Lang+"/."+o.ID+".before"
	if err := former(root, name, before); err == nil {
		kept = before + soundEnd
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("keep the former clip: %w", err)
	}
	// The sound first: a note of another sound is seen for what it is (Doubts).
	if err := replace(root, name+soundEnd, sound); err != nil {
		return "", err
	}
	if err := replace(root, name+noteEnd, note); err != nil {
		return "", err
	}
	return kept, syncDir(root, o.Lang)
}

// former gives the clip that is there, and its note, a second name.
func former(root *os.Root, name, before string) error {
	for _, end := range []string{noteEnd, soundEnd} {
		if err := root.Remove(before + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		err := root.Link(name+end, before+end)
		if err != nil && (end == soundEnd || !errors.Is(err, fs.ErrNotExist)) {
			return err
		}
	}
	return nil
}

// replace puts a file in the place of another in one step, once its bytes are on the disk.
func replace(root *os.Root, name string, data []byte) (err error) {
	var salt [6]byte
	_, _ = rand.Read(salt[:]) // it never fails
	at := strings.LastIndexByte(name, '/') + 1
	temporary := name[:at] + "." + name[at:] + "." + hex.EncodeToString(salt[:]) + ".new"
	f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("write the clip: %w", err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = root.Rename(temporary, name)
	}
	if err != nil {
		return fmt.Errorf("write the clip: %w", errors.Join(err, root.Remove(temporary)))
	}
	return nil
}

func syncDir(root *os.Root, name string) error {
	d, err := root.Open(name)
	if err != nil {
		return fmt.Errorf("sync the directory of the language: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync the directory of the language: %w", err)
	}
	return nil
}
