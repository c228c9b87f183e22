package prompts

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/ivr"
)

func wav(t *testing.T, d time.Duration, rate int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := audio.WriteWAV(&b, audio.Tone(d, rate, -12, 440), rate); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// patched is a WAV file with another 32-bit value at an offset of its header.
func patched(data []byte, at int, v uint32) []byte {
	data = bytes.Clone(data)
	binary.LittleEndian.PutUint32(data[at:], v)
	return data
}

func put(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOperatorReplacesAPrompt(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "nl/menu.text.wav", wav(t, 700*time.Millisecond, 44100))
	put(t, dir, "en/own.words.wav", wav(t, 300*time.Millisecond, 8000))
	put(t, dir, "de/menu.text.wav", wav(t, 500*time.Millisecond, 16000))
	s, err := Open(dir)
	if err != nil || len(s.Problems()) != 0 {
		t.Fatal(err, s.Problems())
	}
	if got := s.Clip("nl", "menu.text").Duration(); got != 700*time.Millisecond {
		t.Errorf("the replaced prompt lasts %v", got)
	}
	if !s.Has("en", "own.words") || s.Has("nl", "own.words") {
		t.Error("a prompt of the operator's own belongs to the language it lies in")
	}
	if !s.Has("de", "menu.text") || s.Clip("de", "menu.text").Duration() != 500*time.Millisecond {
		t.Error("a language of the operator's own is not there")
	}
	if got := strings.Join(s.Dropped(), " "); got != "de/menu.text en/own.words nl/menu.text" {
		t.Error(got)
	}
	shipped := store(t)
	if s.Clip("en", "menu.text").Duration() != shipped.Clip("en", "menu.text").Duration() {
		t.Error("a prompt that was not replaced has changed")
	}
}

// FAULTS, A28: each file is refused with its reason, and the shipped prompt stays.
func TestFilesThatAreRefused(t *testing.T) {
	good := wav(t, time.Second, 8000)
	for _, row := range []struct {
		name string
		data []byte
		why  string
	}{
		{"a file that holds nothing", nil, "holds no sound"},
		{"a header that says 2 GB", patched(good, 40, 2<<30), "larger than"},
		{"a header that says more than there is", patched(good, 40, 1<<20), "cut short"},
		{"384 kHz", patched(good, 24, 384000), "384000 samples a second"},
		{"4 kHz", patched(good, 24, 4000), "4000 samples a second"},
		{"no channels", patched(good, 20, 1), "0 channels"},
		{"MP3 with an ID3 tag", append([]byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7f"), make([]byte, 4096)...), "ID3"},
		{"text", []byte("these are words, and no sound at all"), "not a WAV file"},
		{"one byte", []byte("R"), "not a WAV file"},
		{"a header and no sound", good[:44], "cut short"},
		{"a format chunk of 4 GB", patched(good, 16, 1<<32-1), "a format chunk"},
		{"an endless run of other chunks", append(bytes.Clone(good[:12]), bytes.Repeat([]byte("junk\x00\x00\x08\x00"), 4)...), "cut short"},
		{"too short to be heard", wav(t, 20*time.Millisecond, 8000), "at least 50ms"},
		{"longer than anybody listens", wav(t, 181*time.Second, 8000), "at most 3m0s"},
		{"nothing but silence", append(bytes.Clone(good[:44]), make([]byte, len(good)-44)...), "silence"},
		{"more than 32 MiB", append(bytes.Clone(good), make([]byte, maxFile)...), "at most 32 MiB"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, "nl/menu.text.wav", row.data)
			s, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			if ps := s.Problems(); len(ps) != 1 || ps[0].Path != "prompts.nl/menu.text.wav" || !strings.Contains(ps[0].Msg, row.why) {
				t.Errorf("got %v, want one that says %q", ps, row.why)
			}
			if s.Clip("nl", "menu.text").Duration() != store(t).Clip("nl", "menu.text").Duration() {
				t.Error("the shipped prompt has not stayed")
			}
		})
	}
}

// FAULTS, A28: no name and no link leads out of the directory, and nothing that is no file is waited for.
func TestPathsStayInTheDirectory(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	put(t, outside, "secret.wav", wav(t, time.Second, 8000))
	put(t, dir, "nl/readme.txt", []byte("hello"))
	put(t, dir, "nl/Menu.Text.wav", wav(t, time.Second, 8000))
	put(t, dir, "loose.wav", wav(t, time.Second, 8000))
	if err := os.Symlink(filepath.Join(outside, "secret.wav"), filepath.Join(dir, "nl", "menu.text.wav")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../../../../../etc/passwd", filepath.Join(dir, "nl", "goodbye.wav")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "en")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "nl", "menu.repeat.wav"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "nl", "menu.callback.wav"), 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Dropped()) != 0 {
		t.Errorf("taken: %v", s.Dropped())
	}
	refused := map[string]bool{}
	for _, p := range s.Problems() {
		refused[strings.TrimPrefix(p.Path, "prompts.")] = true
	}
	for _, name := range []string{"en", "loose.wav", "nl/Menu.Text.wav", "nl/goodbye.wav", "nl/menu.callback.wav", "nl/menu.repeat.wav", "nl/menu.text.wav", "nl/readme.txt"} {
		if !refused[name] {
			t.Errorf("%s is not refused", name)
		}
	}
}

func TestDirectoryThatIsNotThere(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "nowhere"))
	if err == nil || s == nil || s.Clip("nl", "menu.text") == s.tone {
		t.Errorf("want an error and the shipped prompts all the same, got %v", err)
	}
}

func FuzzMakeClip(f *testing.F) {
	f.Add([]byte("RIFF"))
	var b bytes.Buffer
	if err := audio.WriteWAV(&b, audio.Tone(100*time.Millisecond, 8000, -12, 440), 8000); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := MakeClip("fuzz", bytes.NewReader(data))
		if (c == nil) == (err == nil) {
			t.Fatal("neither a clip nor a reason, or both")
		}
		if c != nil && c.Duration() < minClip {
			t.Errorf("a clip of %v", c.Duration())
		}
	})
}

func TestOperatorBringsWordsAndRules(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "nl/texts.txt", []byte("own.words: Eigen woorden.\ngoodbye: Houdoe.\n"))
	put(t, dir, "nl/grammar.txt", []byte("[number n]\n10..99: digit.{n}\n"))
	put(t, dir, "en/grammar.txt", []byte("[number n]\n0..9: digit.{n}\nany: {numbers n}\n"))
	put(t, dir, "en/texts.txt", []byte("Own Words: x\n"))
	put(t, dir, "fy/texts.txt", []byte("goodbye: Oant sjen.\n"))
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range [][3]string{{"nl", "own.words", "Eigen woorden."}, {"nl", "goodbye", "Houdoe."}, {"nl", "digit.1", "één"}, {"fy", "goodbye", "Oant sjen."}, {"en", "goodbye", "Thank you for calling. Goodbye."}} {
		if text, _ := s.Text(row[0], row[1]); text.Text != row[2] {
			t.Errorf("%s/%s is %q, want %q", row[0], row[1], text.Text, row[2])
		}
	}
	if got := s.Clip("fy", "goodbye").Name; got != "en/goodbye" || !s.Has("fy", "goodbye") {
		t.Errorf("a text without sound is heard as %s", got)
	}
	said := wissel.Problems(s.Problems()).Error()
	for _, want := range []string{
		"prompts.en/grammar.txt: is not used: line 3 of the grammar: there is no rule [numbers]",
		`prompts.en/texts.txt: are not used: line 1 of the texts: "Own Words: x" is no prompt`,
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%s\nlacks %s", said, want)
		}
	}
	if got := s.Say(ivr.Prompt{Lang: "en", As: ivr.AsNumber, Digits: "21"}); got != "twenty-one" {
		t.Errorf("with a faulty grammar of his, 21 is %q", got)
	}
	// His Dutch grammar asks for clips that nobody has: the whole value is said in digits, and Check says why.
	if got := s.Say(ivr.Prompt{Lang: "nl", As: ivr.AsNumber, Digits: "21"}); got != "twee één" {
		t.Errorf("without a clip for it, 21 is %q", got)
	}
	if checked := s.Check([]string{"nl"}); !strings.Contains(wissel.Problems(checked).Error(), "prompts.nl/digit.21: there is no sound for it") {
		t.Error(checked)
	}
}
