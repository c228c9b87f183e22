package prompts

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/audio"
)

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// voice is a shipped sentence at a rate, with silence around it: what a recorder gives.
func voice(t *testing.T, id string, rate int, around time.Duration) []byte {
	t.Helper()
	pcm := audio.Resample(audio.DecodeG722(store(t).Clip("nl", id).Bytes[audio.G722]), 16000, rate)
	for i := range pcm {
		pcm[i] /= 4
	}
	var b bytes.Buffer
	if err := audio.WriteWAV(&b, slices.Concat(audio.Quiet(around, rate), pcm, audio.Quiet(around, rate)), rate); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func order(t *testing.T, lang, id string, sound []byte) Order {
	t.Helper()
	text, _ := store(t).Text(lang, id)
	return Order{Lang: lang, ID: id, Text: text, Voice: Recorded, By: "Anna", Sound: bytes.NewReader(sound)}
}

func opened(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil || len(s.Problems()) != 0 {
		t.Fatal(err, s.Problems())
	}
	return s
}

func TestImport(t *testing.T) {
	dir := t.TempDir()
	done, err := Import(dir, order(t, "nl", "goodbye", voice(t, "goodbye", 44100, 400*time.Millisecond)), noon)
	if err != nil {
		t.Fatal(err)
	}
	if done.Path != "nl/goodbye.wav" || done.Kept != "" || done.Before < 380*time.Millisecond || done.After < 380*time.Millisecond || done.Gain < 6 {
		t.Errorf("%+v", done)
	}
	s := opened(t, dir)
	if ps := s.Doubts(); len(ps) != 0 {
		t.Error(ps)
	}
	own, shipped := s.Clip("nl", "goodbye"), store(t).Clip("nl", "goodbye")
	if d := own.Duration() - shipped.Duration(); d < -40*time.Millisecond || d > 40*time.Millisecond {
		t.Errorf("%v were imported, of %v", own.Duration(), shipped.Duration())
	}
	entries := s.Entries("nl", Recorded)
	at := slices.IndexFunc(entries, func(e Entry) bool { return e.ID == "goodbye" })
	if e := entries[at]; e.Voice != Recorded || e.Note == nil || e.Note.By != "Anna" || !e.Note.At.Equal(noon) || math.Abs(e.Loudness-audio.PromptLoudness) > 1 {
		t.Errorf("%+v", e)
	}
	if s.Voice("nl", "menu.text") != Placeholder || s.Voice("en", "goodbye") != Placeholder || s.Voice("nl", "no.such") != "" {
		t.Error("the voices of the others have changed")
	}
	// Once more: the former is kept, and nothing else is left behind.
	before, err := os.ReadFile(filepath.Join(dir, "nl", "goodbye.wav"))
	if err != nil {
		t.Fatal(err)
	}
	done, err = Import(dir, order(t, "nl", "goodbye", voice(t, "goodbye.silent", 16000, 0)), noon)
	if err != nil || done.Kept != "nl/.goodbye.before.wav" {
		t.Fatal(done, err)
	}
	if kept, err := os.ReadFile(filepath.Join(dir, done.Kept)); err != nil || !bytes.Equal(kept, before) {
		t.Error("the former clip was not kept", err)
	}
	if files, err := os.ReadDir(filepath.Join(dir, "nl")); err != nil || len(files) != 4 { // sound and note, before and now
		t.Error(files, err)
	}
	if s := opened(t, dir); s.Clip("nl", "goodbye").Duration() == own.Duration() || len(s.Doubts()) != 0 {
		t.Error("the next store has the former clip", s.Doubts())
	}
}

// A store that is open keeps what it has: a caller who hears the former clip hears it to its end (F36).
func TestAnOpenStoreKeepsItsClips(t *testing.T) {
	dir := t.TempDir()
	if _, err := Import(dir, order(t, "nl", "goodbye", voice(t, "goodbye", 16000, 0)), noon); err != nil {
		t.Fatal(err)
	}
	old := opened(t, dir)
	clip := old.Clip("nl", "goodbye")
	heard := bytes.Clone(clip.Bytes[audio.ALaw])
	if _, err := Import(dir, order(t, "nl", "goodbye", voice(t, "menu.text", 16000, 0)), noon); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "nl")); err != nil {
		t.Fatal(err)
	}
	if old.Clip("nl", "goodbye") != clip || !bytes.Equal(clip.Bytes[audio.ALaw], heard) {
		t.Error("the clip changed under its listener")
	}
	if opened(t, dir).Voice("nl", "goodbye") != Placeholder {
		t.Error("without its file the shipped clip is not back")
	}
}

// Whoever opens the directory while clips are imported finds one of them, whole.
func TestNobodyFindsHalfAClip(t *testing.T) {
	dir := t.TempDir()
	short, long := voice(t, "goodbye", 16000, 0), voice(t, "menu.text", 16000, 0)
	if _, err := Import(dir, order(t, "nl", "goodbye", short), noon); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		for i := range 6 {
			if _, err := Import(dir, order(t, "nl", "goodbye", [][]byte{long, short}[i%2]), noon); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			return
		default:
		}
		s, err := Open(dir)
		if err != nil || s.Voice("nl", "goodbye") != Recorded {
			t.Fatal(err, s.Problems())
		}
	}
}

func TestImportsThatAreRefused(t *testing.T) {
	clipped := wav(t, time.Second, 16000)
	for at := 44; at+1 < len(clipped); at += 2 {
		v := int(int16(uint16(clipped[at])|uint16(clipped[at+1])<<8)) * 12
		v = max(-32768, min(32767, v))
		clipped[at], clipped[at+1] = byte(v), byte(uint16(v)>>8)
	}
	good := wav(t, time.Second, 8000)
	for _, row := range []struct {
		name  string
		order func(o *Order)
		why   string
	}{
		{"clipped", func(o *Order) { o.Sound = bytes.NewReader(clipped) }, "is clipped in"},
		{"silence", func(o *Order) {
			o.Sound = bytes.NewReader(append(bytes.Clone(good[:44]), make([]byte, len(good)-44)...))
		}, "nothing but silence"},
		{"an empty file", func(o *Order) { o.Sound = bytes.NewReader(nil) }, "not a WAV file"},
		{"cut short", func(o *Order) { o.Sound = bytes.NewReader(good[:1000]) }, "cut short"},
		{"a header that says 4 GB", func(o *Order) { o.Sound = bytes.NewReader(patched(good, 40, math.MaxUint32)) }, "larger than"},
		{"0 Hz", func(o *Order) { o.Sound = bytes.NewReader(patched(good, 24, 0)) }, "0 samples a second"},
		{"MP3", func(o *Order) { o.Sound = strings.NewReader("ID3\x04 and so on") }, "MP3"},
		{"four minutes", func(o *Order) { o.Sound = bytes.NewReader(wav(t, 4*time.Minute, 8000)) }, "too long"},
		{"more than 32 MiB", func(o *Order) {
			o.Sound = io.MultiReader(bytes.NewReader(patched(good, 40, 40<<20)), bytes.NewReader(make([]byte, 40<<20)))
		}, "more than 32 MiB"},
		{"a path for a name", func(o *Order) { o.ID = "../../etc/passwd" }, "cannot name a prompt"},
		{"a path for a language", func(o *Order) { o.Lang = "../etc" }, "no language"},
		{"the shipped voice", func(o *Order) { o.Voice = Placeholder }, "recorded or rendered"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			o := order(t, "nl", "goodbye", good)
			row.order(&o)
			if _, err := Import(dir, o, noon); err == nil || !strings.Contains(err.Error(), row.why) {
				t.Errorf("%v, want one that says %q", err, row.why)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
				t.Errorf("%v was left behind, %v", left, err)
			}
		})
	}
}

func TestDoubts(t *testing.T) {
	says := func(ps []wissel.Problem, want string) bool {
		return slices.ContainsFunc(ps, func(p wissel.Problem) bool { return strings.Contains(p.String(), want) })
	}
	dir := t.TempDir()
	if _, err := Import(dir, order(t, "nl", "goodbye", voice(t, "goodbye", 16000, 0)), noon); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "nl/texts.txt", []byte("goodbye: Tot ziens, en dank u wel.\n"))
	if ps := opened(t, dir).Doubts(); len(ps) != 1 || !says(ps, "recorded for another text") {
		t.Error("another text:", ps)
	}
	put(t, dir, "nl/texts.txt", []byte("# none\n"))
	put(t, dir, "nl/goodbye.wav", voice(t, "goodbye", 8000, 0))
	if ps := opened(t, dir).Doubts(); !says(ps, "replaced since its import") || !says(ps, "callers hear it softer") {
		t.Error("another sound:", ps)
	}
	put(t, dir, "nl/goodbye.json", []byte("{"))
	if ps := opened(t, dir).Doubts(); !says(ps, "its note goodbye.json cannot be read") {
		t.Error("a broken note:", ps)
	}
	if err := os.Remove(filepath.Join(dir, "nl", "goodbye.json")); err != nil {
		t.Fatal(err)
	}
	if ps := opened(t, dir).Doubts(); !says(ps, "is not known") {
		t.Error("no note:", ps)
	}
	put(t, dir, "nl/menu.text.json", []byte("{}"))
	if s, err := Open(dir); err != nil || !says(s.Problems(), "a clip that is not there") {
		t.Error("a note alone:", err, s.Problems())
	}
}

func TestUnready(t *testing.T) {
	dir := t.TempDir()
	used := []Used{{Lang: "nl", IDs: []string{"goodbye"}}}
	ps := store(t).Unready(used)
	if len(ps) != 1 || !strings.Contains(ps[0].String(), "placeholder voice") {
		t.Fatal(ps)
	}
	// A language of the operator's own that has every clip from a person is ready.
	put(t, dir, "fy/texts.txt", []byte("goodbye: Oant sjen.\n"))
	for _, id := range append(store(t).Grammar("fy").Clips(), "goodbye", Generic) {
		if _, err := Import(dir, order(t, "fy", id, voice(t, "goodbye", 16000, 0)), noon); err != nil {
			t.Fatal(err)
		}
	}
	if ps := opened(t, dir).Unready([]Used{{Lang: "fy", IDs: []string{"goodbye"}}}); len(ps) != 0 {
		t.Error(ps)
	}
}

func TestNoteIsOfStableNames(t *testing.T) {
	data, err := json.Marshal(Note{Voice: Rendered, At: noon})
	if want := `{"voice":"rendered","by":"","at":"2026-12-01T12:00:00Z","from":"","text_sha256":"","sound_sha256":"","seconds":0,"loudness_lufs":0,"peak_dbtp":0}`; err != nil || string(data) != want {
		t.Errorf("%s, %v", data, err)
	}
}
