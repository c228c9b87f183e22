package app

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel/internal/audio"
	"wissel/internal/web"
	"wissel/ivr"
	"wissel/prompts"
)

// heardLog tells of the lines of a log.
type heardLog struct {
	slog.Handler
	lines chan string
}

func (h heardLog) Enabled(context.Context, slog.Level) bool { return true }
func (h heardLog) Handle(_ context.Context, r slog.Record) error {
	select {
	case h.lines <- r.Message:
	default:
	}
	return nil
}
func (h heardLog) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h heardLog) WithGroup(string) slog.Handler      { return h }

// recording is a WAV of another sentence than the shipped one.
func recording(t *testing.T, of string) []byte {
	t.Helper()
	sounds, err := prompts.Open("")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := audio.WriteWAV(&b, audio.DecodeG722(sounds.Clip("nl", of).Bytes[audio.G722]), 16000); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const soundSettings = `
node: test
prompts: sounds
listen:
  sip:
    - {bind: "udp://127.6.7.1:5060"}
  media: {address: 127.6.7.1, ports: 20000-20099}
  control: unix://control.sock
store: store
trunks:
  platform: {role: platform, to: ["sip:127.6.7.3:5060"], probe: {off: true}}
groups:
  support:
    numbers: ["+31201234567"]
    plans:
      normaal: [platform, flow:storing]
    active: normaal
`

// A recording that is imported while a server runs is what the next sentence is said with; who hears the former hears it to
// its end, and a clip that is lost has the shipped one in its place (F36).
func TestARecordingGoesLiveByItself(t *testing.T) {
	dir := t.TempDir()
	sounds := filepath.Join(dir, "sounds")
	file := filepath.Join(dir, "wissel.yaml")
	if err := os.Mkdir(sounds, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(soundSettings), 0o600); err != nil {
		t.Fatal(err)
	}
	logged := heardLog{slog.DiscardHandler, make(chan string, 1000)}
	a := served(t, Options{File: file, Log: slog.New(logged)})
	play := []ivr.Prompt{{Lang: "nl", ID: "outage.message"}}
	plays := func() *audio.Clip { return a.settings.Load().sounds.Clips(play)[0] }
	live := func(what string) {
		t.Helper()
		for end := time.After(30 * time.Second); ; {
			select {
			case line := <-logged.lines:
				if line == "other prompts are in force" {
					return
				}
			case <-end:
				t.Fatal(what + ": not in force")
			}
		}
	}
	imports := func(sound []byte) {
		t.Helper()
		if _, err := prompts.Import(sounds, prompts.Order{Lang: "nl", ID: "outage.message", Voice: prompts.Recorded, By: "Anna", Sound: bytes.NewReader(sound)}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	shipped := plays()

	imports(recording(t, "goodbye"))
	live("the first recording")
	first := plays()
	if first == shipped {
		t.Fatal("the shipped clip is still played")
	}
	hears := bytes.Clone(first.Bytes[audio.ALaw])

	imports(recording(t, "menu.text"))
	live("the second recording")
	if second := plays(); second == first || second.Duration() == first.Duration() {
		t.Error("the first recording is still played")
	}
	if !bytes.Equal(first.Bytes[audio.ALaw], hears) {
		t.Error("who hears the first recording hears something else in it")
	}

	// The file is lost: what is in memory is played, and after a reload the shipped clip.
	if err := os.RemoveAll(filepath.Join(sounds, "nl")); err != nil {
		t.Fatal(err)
	}
	if plays().Duration() == 0 {
		t.Error("silence")
	}
	if _, err := a.Reload(t.Context(), web.Actor{Who: "anna", From: "test"}); err != nil {
		t.Fatal(err)
	}
	if got := plays(); got.Duration() != shipped.Duration() {
		t.Errorf("%v is played where the shipped clip lasts %v", got.Duration(), shipped.Duration())
	}
	// The whole folder is lost: the reload is refused, and what is in force stays.
	if err := os.RemoveAll(sounds); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Reload(t.Context(), web.Actor{Who: "anna", From: "test"}); err == nil || !strings.Contains(err.Error(), "stay as they are") {
		t.Errorf("the folder is gone: %v", err)
	}
	if plays().Duration() != shipped.Duration() {
		t.Error("the prompts went with the folder")
	}
}
