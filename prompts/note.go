package prompts

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// Voice says whose voice a clip is.
type Voice string

// The voices.
const (
	Recorded    Voice = "recorded"    // a person's
	Rendered    Voice = "rendered"    // that of a text-to-speech program, which the operator chose
	Placeholder Voice = "placeholder" // espeak-ng's, as shipped: understood, and not what callers should hear for long
)

// Note is where a clip of the operator's comes from. It lies beside the sound, as <id>.json.
type Note struct {
	Voice    Voice     `json:"voice"`
	By       string    `json:"by"` // who spoke, or brought it in; the program that rendered it
	At       time.Time `json:"at"`
	From     string    `json:"from"`         // form of the file that it was made from
	Text     string    `json:"text_sha256"`  // of the text that it was recorded for
	Sound    string    `json:"sound_sha256"` // of the file beside it
	Seconds  float64   `json:"seconds"`
	Loudness float64   `json:"loudness_lufs"`
	Peak     float64   `json:"peak_dbtp"`
}

const (
	noteEnd  = ".json"
	maxNote  = 16 << 10 // bytes
	maxBy    = 120      // bytes of a name
	soundEnd = ".wav"
)

// origin is what is known of a clip that the operator put in.
type origin struct {
	note *Note  // nil: it was put there without import
	sum  string // of the file, as it was read
	bad  error  // why its note cannot be read
}

// voice is whose voice it is: without a note somebody put it there who knows, and it is taken for a person's.
func (o origin) voice() Voice {
	if o.note == nil {
		return Recorded
	}
	return o.note.Voice
}

// readNote reads the note of a clip. There need not be one.
func readNote(root *os.Root, name string) (*Note, error) {
	f, err := regular(root, name, maxNote)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // a clip without a note is what anybody can put there
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read from
	var n Note
	if err := json.NewDecoder(io.LimitReader(f, maxNote)).Decode(&n); err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if n.Voice != Recorded && n.Voice != Rendered && n.Voice != Placeholder {
		return nil, fmt.Errorf("voice %q is none of recorded, rendered and placeholder", n.Voice)
	}
	return &n, nil
}

// sum is the SHA-256 in hex digits.
func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// sumOf is the sum of a text with the voice that says it.
func sumOf(t Text) string { return sum([]byte(t.Voice + "|" + t.Text)) }
