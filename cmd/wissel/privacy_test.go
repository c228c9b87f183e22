package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"wissel/internal/audio"
	"wissel/internal/sealed"
)

func TestAboutAPersonThereIsAReason(t *testing.T) {
	for line, want := range map[string]string{
		"privacy":                                "privacy needs what to do",
		"privacy shwo":                           `did you mean "show"?`,
		"privacy show":                           "telephone number",
		"privacy show +31612345678":              "privacy show needs --reason",
		"privacy erase +31612345678":             "needs --reason",
		"privacy object +31612345678":            "needs --reason",
		"privacy export +31612345678 --reason x": "needs --out FILE.zip",
		"recordings decrypt x.wav":               "needs --out FILE.wav",
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), append([]string{"wissel"}, strings.Fields(line)...), &out, &errs); code != exitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("wissel %s: exit %d, %s; want %s", line, code, errs.String(), want)
		}
	}
}

// A file that a crash left, and that no server gives, is made audible by who may read the keys.
func TestAVoiceIsDecryptedWithoutAServer(t *testing.T) {
	dir := t.TempDir()
	const digits = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	key, err := sealed.ParseKey(digits)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := sealed.Ring{key}.Writer(&b)
	if err == nil {
		err = errors.Join(audio.WriteWAV(w, audio.Tone(4e9, 16000, -20, 400), 16000), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	file, out := filepath.Join(dir, "x.wav.part"), filepath.Join(dir, "out.wav")
	settings := filepath.Join(dir, "wissel.yaml")
	for name, data := range map[string][]byte{
		file: b.Bytes()[:b.Len()/2], filepath.Join(dir, "voice.key"): []byte(digits + "\n"),
		settings: []byte("listen: {sip: [{bind: \"udp://192.0.2.1:5060\"}], media: {address: 192.0.2.1, ports: 20000-29999}}\ntrunks: {kpn: {role: carrier, to: sip:sbc.example}}\n" +
			"groups: {support: {numbers: [0201234567], plans: {storing: [flow:storing]}}}\nprivacy: {voice_keys: \"file:voice.key\"}\n"),
	} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var said, errs bytes.Buffer
	if code := run(t.Context(), []string{"wissel", "recordings", "decrypt", file, "--settings", settings, "--out", out}, &said, &errs); code != exitWell || !strings.Contains(errs.String(), "cut off") {
		t.Fatalf("exit %d, %s%s", code, said.String(), errs.String())
	}
	wav, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if pcm, rate, err := audio.ReadWAV(bytes.NewReader(wav)); err != nil || rate != 16000 || len(pcm) < rate || audio.Level(pcm) < -30 {
		t.Errorf("%d samples of %d Hz, %v", len(pcm), rate, err)
	}
	if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if code := run(t.Context(), []string{"wissel", "recordings", "decrypt", settings, "--settings", file, "--out", out + "2"}, &said, &errs); code == exitWell {
		t.Error("settings that are none were read")
	}
}

// Every command about a person, from a real server: what is said, and what lies in the store then.
func TestPrivacyOfAServer(t *testing.T) {
	s := serving(t)
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		code int
		word string
	}{
		{[]string{"privacy", "status"}, exitWell, "calls"},
		{[]string{"privacy", "status", "-o", "json"}, exitWell, `"keep": "90d"`},
		{[]string{"privacy", "show", "06-12345678", "--reason", "letter"}, exitWell, "nothing is kept of this number"},
		{[]string{"privacy", "show", "letter", "--reason", "letter"}, exitFailed, "that is no telephone number"},
		{[]string{"privacy", "object", "+31612345678", "--reason", "he of 0612345678 wrote"}, exitWell, "objects: he is never rung or sent a text"},
		{[]string{"privacy", "object", "0612345678", "--reason", "again"}, exitWell, "as before"},
		{[]string{"privacy", "show", "+31612345678", "--reason", "letter"}, exitWell, "he objects"},
		{[]string{"privacy", "export", "+31612345678", "--reason", "letter", "--out", filepath.Join(dir, "he.zip")}, exitWell, "bytes"},
		{[]string{"privacy", "export", "+31612345678", "--reason", "letter", "--out", filepath.Join(dir, "he.zip")}, exitFailed, "file exists"},
		{[]string{"privacy", "erase", "+31612345678", "--reason", "letter"}, exitWell, "erased: 0 rows, 0 recordings"},
		{[]string{"privacy", "object", "+31612345678", "--lift", "--reason", "he called"}, exitWell, "does not object"},
		{[]string{"audit"}, exitWell, "privacy-object-lift"},
		{[]string{"audit", "verify"}, exitWell, "whole"},
	} {
		code, stdout, stderr := s.wissel(c.args...)
		if code != c.code || !strings.Contains(stdout+stderr, c.word) {
			t.Errorf("wissel %s: exit %d, want %d and %q\n%s%s", strings.Join(c.args, " "), code, c.code, c.word, stdout, stderr)
		}
		if c.args[0] == "audit" && strings.Contains(stdout, "12345678") {
			t.Errorf("the audit log shows the number:\n%s", stdout)
		}
	}
	s.send(syscall.SIGTERM)
	s.ends()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(s.file), "store", "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err == nil && bytes.Contains(data, []byte("12345678")) {
			t.Errorf("%s holds the number", filepath.Base(f))
		}
	}
}
