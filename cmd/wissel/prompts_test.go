package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel/configs"
	"wissel/internal/audio"
	"wissel/prompts"
)

// TestPrompts walks an operator's way from the shipped voice to his own.
func TestPrompts(t *testing.T) {
	dir := t.TempDir()
	own := filepath.Join(dir, "own")
	settings, sound := filepath.Join(dir, "wissel.yaml"), filepath.Join(dir, "take 1.wav")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wissel := func(want int, args ...string) string {
		t.Helper()
		var stdout, stderr strings.Builder
		args = append([]string{"wissel"}, args...)
		if code := run(t.Context(), args, &stdout, &stderr); code != want {
			t.Errorf("%s: exit %d, want %d\n%s%s", strings.Join(args, " "), code, want, stdout.String(), stderr.String())
		}
		return stdout.String() + stderr.String()
	}
	says := func(text string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("it does not say %q:\n%s", w, text)
			}
		}
	}
	store, err := prompts.Open("")
	if err != nil {
		t.Fatal(err)
	}
	pcm := audio.DecodeG722(store.Clip("nl", "goodbye").Bytes[audio.G722])
	for i := range pcm {
		pcm[i] /= 3
	}
	var b bytes.Buffer
	if err := audio.WriteWAV(&b, append(audio.Quiet(time.Second, 16000), pcm...), 16000); err != nil {
		t.Fatal(err)
	}
	write(sound, b.String())
	demo := string(configs.Demo())
	write(settings, demo)
	prompt := func(want int, args ...string) string {
		t.Helper()
		return wissel(want, append([]string{"prompts", args[0], "--settings", settings}, args[1:]...)...)
	}

	says(prompt(exitFailed, "import", sound, "--as", "goodbye", "--lang", "nl"), "the settings name no folder")
	write(settings, "prompts: own\n"+demo)
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	says(prompt(exitWell, "check"), "no faults")
	says(prompt(exitFailed, "check", "--production"), "placeholder voice", "and", "more")
	says(wissel(exitSettings, "check", "--production", settings), "placeholder voice")
	says(wissel(exitWell, "check", settings), "no faults")

	says(prompt(exitUsage, "import", sound, "--as", "goodby", "--lang", "nl"), `did you mean "goodbye"?`)
	says(prompt(exitUsage, "import", sound, "--as", "goodbye", "--lang", "nk"), "there is no such language")
	says(prompt(exitUsage, "import", sound, "--as", "goodbye", "--lang", "fr"), "there is no such language; there are: en, nl\n")
	says(prompt(exitUsage, "import", sound), "--as and --lang")
	says(prompt(exitFailed, "import", settings, "--as", "goodbye", "--lang", "nl"), "not a WAV file")
	says(prompt(exitFailed, "import", filepath.Join(dir, "none.wav"), "--as", "goodbye", "--lang", "nl"), "open the recording")
	says(prompt(exitWell, "import", sound, "--as", "goodbye", "--lang", "nl", "--by", "Anna"),
		"nl/goodbye is recorded by Anna", "trimmed 1.0 s", "now -19.", "dBTP", "it should say: Dank u voor het bellen")
	says(prompt(exitWell, "check"), "no faults in the prompts; warnings: 0")

	says(prompt(exitWell, "list", "--lang", "nl", "--voice", "recorded"), "goodbye", "Anna", "LUFS", "Dank u")
	var all []prompts.Entry
	if err := json.Unmarshal([]byte(prompt(exitWell, "list", "--lang", "nl", "--voice", "recorded", "-o", "json")), &all); err != nil || len(all) != 1 || all[0].Note.By != "Anna" {
		t.Errorf("%v %+v", err, all)
	}
	write(filepath.Join(own, "nl", "texts.txt"), "goodbye: Tot ziens.\n")
	says(prompt(exitWell, "check"), "recorded for another text", `the text is now "Tot ziens."`, "warnings: 1")

	says(prompt(exitUsage, "render", "--only", "some"), "missing or all")
	says(wissel(exitUsage, "prompts", "lst"), `did you mean "list"?`)
}
