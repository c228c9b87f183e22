package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel/internal/audio"
	"wissel/prompts"
)

// spokenFile writes a shipped sentence as a WAV file.
func spokenFile(t *testing.T, id string) string {
	t.Helper()
	sounds, err := prompts.Open("")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := audio.WriteWAV(&b, audio.DecodeG722(sounds.Clip("nl", id).Bytes[audio.G722]), 16000); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), id+".wav")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A message from the command line: put live with its warnings first, seen in status, live after a kill -9, moved, heard, ended.
func TestAMessageFromTheCommandLine(t *testing.T) {
	s := serving(t)
	file := spokenFile(t, "goodbye")
	message := func(want int, args ...string) string {
		t.Helper()
		code, out, err := s.wissel(append([]string{"message"}, args...)...)
		if code != want {
			t.Fatalf("message %v gave %d: %s%s", args, code, out, err)
		}
		return out + err
	}
	has := func(text string, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in:\n%s", want, text)
			}
		}
	}
	has(message(exitFailed, "show", "support"), "never had a message")
	has(message(exitUsage, "live", "support", "--reason", "x"), "needs a sound")
	has(message(exitUsage, "live", "support", "--nl", file), "needs --reason")
	has(message(exitUsage, "live", "support", "--nl", file, "--sound", "nl="+file, "--reason", "x"), "each language once")
	has(message(exitFailed, "live", "support", "--nl", file, "--reason", "x", "--until", "2020-01-01T10:00"), "is past")
	if earlier := time.Now().UTC().Add(-time.Hour); earlier.Day() == time.Now().UTC().Day() { // else that time is still to come today
		has(message(exitUsage, "live", "support", "--nl", file, "--reason", "x", "--until", earlier.Format("15:04")), "is past today")
	}
	has(message(exitFailed, "live", "support", "--nl", s.file, "--reason", "x"), "cannot be used")
	has(message(exitFailed, "live", "support", "--nl", file, "--keep", "en", "--reason", "x"), "no message in en that callers hear")
	has(message(exitFailed, "live", "support", "--sound", "xx="+file, "--reason", "x"), "no language that callers hear")
	has(message(exitWell, "live", "support", "--nl", file, "--text-nl", "Er is een incident.", "--reason", "x", "--check"), "a word of ours", "no sound in language en", "nothing was changed")
	has(message(exitWell, "list"), "no message was ever live")

	out := message(exitWell, "live", "support", "--nl", file, "--en", file, "--text-nl", "Er is een incident.", "--until", "3h", "--next", "90m", "--reason", "ticket 4711")
	has(out, "was: none", "next update is 1h30m away", "a word of ours", "live for", "ticket 4711")
	if strings.Index(out, "a word of ours") > strings.Index(out, "was: none") {
		t.Errorf("the warnings come after it went live:\n%s", out)
	}
	if code, out, err := s.wissel("hours", "support", "--close-until", "2h", "--reason", "fire drill"); code != exitWell {
		t.Fatal(out, err)
	}
	if err := s.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = s.process.Wait() // it says that it was killed
	s.start()
	_, out, _ = s.wissel("status")
	has(out, "message live for", "heard in en 3s, nl 3s", "ticket 4711", "desk closed from", "fire drill")
	has(message(exitWell, "show", "support"), "Er is een incident.")
	has(message(exitWell, "extend", "support", "--until", "5h", "--reason", "it takes longer"), "live for", "a word of ours")
	if kept := message(exitWell, "live", "support", "--nl", file, "--keep", "en", "--reason", "the Dutch one was wrong"); strings.Contains(kept, "no sound in language en") {
		t.Errorf("English goes on, and is said to have no sound:\n%s", kept)
	}
	_, out, _ = s.wissel("status")
	has(out, "heard in en 3s, nl 3s", "the Dutch one was wrong")
	has(message(exitFailed, "live", "support", "--nl", file, "--keep", "nl", "--reason", "x"), "another recording for it")
	wav := filepath.Join(t.TempDir(), "heard.wav")
	message(exitWell, "export", "support", "--lang", "nl", "--out", wav)
	if f, err := os.Open(wav); err != nil {
		t.Error(err)
	} else if pcm, rate, err := audio.ReadWAV(f); err != nil || rate != 16000 || len(pcm) < 2*rate || f.Close() != nil {
		t.Errorf("%d samples of %d Hz, %v", len(pcm), rate, err)
	}
	has(message(exitWell, "end", "support", "--reason", "over"), "ended at")
	has(message(exitFailed, "end", "support", "--reason", "again"), "no message of this group is live")
	has(message(exitWell, "list", "support"), "ended", "ticket 4711")
	_, out, _ = s.wissel("status")
	if strings.Contains(out, "message live") {
		t.Errorf("ended, and status says:\n%s", out)
	}
	_, out, _ = s.wissel("audit")
	has(out, "message-live", "message-extend", "message-end")
}

func TestAFlowIsWalkedWithAMessage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "wissel.yaml")
	if err := os.WriteFile(file, []byte(served), 0o600); err != nil {
		t.Fatal(err)
	}
	walk := func(args ...string) string {
		t.Helper()
		var out, err strings.Builder
		if code := run(t.Context(), append([]string{"wissel", "flow", "test", "storing", "--settings", file}, args...), &out, &err); code != exitWell {
			t.Fatal(out.String(), err.String())
		}
		return out.String()
	}
	if out := walk("--message", "7s"); !strings.Contains(out, "[the live message, 7s]") || strings.Contains(out, "nog niet hoe lang") {
		t.Errorf("no message in the place of the standing wording:\n%s", out)
	}
	if out := walk("--message", "3s", "--crowd"); !strings.Contains(out, "zeer druk. We werken eraan tot het is opgelost. [the live message, 3s]") {
		t.Errorf("no message behind the brief wording:\n%s", out)
	}
	if out := walk("--message", "14s", "--crowd"); strings.Contains(out, "the live message") {
		t.Errorf("too long for a crowd:\n%s", out)
	}
}

// What callers were told is shown by the clock of their desk, and that clock is named where it is not this machine's.
func TestTimesThatCallersWereTold(t *testing.T) {
	here := time.Local
	t.Cleanup(func() { time.Local = here })
	time.Local = time.UTC
	now := time.Date(2026, 11, 30, 23, 30, 0, 0, time.UTC)
	desk := time.FixedZone("", 3600)
	for at, want := range map[time.Time]string{
		time.Date(2026, 12, 1, 2, 0, 0, 0, desk):       "02:00:00 +01:00", // the desk has that day already
		time.Date(2026, 12, 2, 2, 0, 0, 0, desk):       "2 Dec 02:00:00 +01:00",
		time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC): "16:00:00",
	} {
		if got := whenTold(at, now); got != want {
			t.Errorf("%v is shown as %q, want %q", at, got, want)
		}
	}
}
