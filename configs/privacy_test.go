package configs

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel/internal/privacy"
)

func TestWhatIsKeptOfPeople(t *testing.T) {
	const day = 24 * time.Hour
	dir := t.TempDir()
	hex := strings.Repeat("0123456789abcdef", 4)
	put(t, filepath.Join(dir, "voice.key"), hex+"\n")
	put(t, filepath.Join(dir, "old.key"), strings.Repeat("fedcba9876543210", 4)+"\n")
	put(t, filepath.Join(dir, "short.key"), "0123456789abcdef")
	read := func(written string) (*File, error) {
		return Parse(filepath.Join(dir, "wissel.yaml"), []byte(bare+written+"\n"), quiet())
	}
	f, err := read("")
	if err != nil || f.Privacy.Keep[privacy.Calls] != 90*day || f.Privacy.Keep[privacy.Audit] != 730*day || len(f.Privacy.Voice) != 0 {
		t.Fatalf("left out: %+v, %v", f, err)
	}
	f, err = read(`privacy: {keep: {calls: 7d, voices: 36h}, voice_keys: ["file:voice.key", "file:old.key"]}`)
	if err != nil || f.Privacy.Keep[privacy.Calls] != 7*day || f.Privacy.Keep[privacy.Voices] != 36*time.Hour || f.Privacy.Keep[privacy.Callbacks] != 30*day || len(f.Privacy.Voice) != 2 {
		t.Fatalf("written: %+v, %v", f, err)
	}
	for name, c := range map[string]struct{ written, fault string }{
		"for ever":              {"privacy:\n  keep: {calls: 9999d}", "privacy.keep.calls: 9999d is outside 1d to 730d"},
		"a voice for longer":    {"privacy:\n  keep: {voices: 90d}", "privacy.keep.voices: a voice is kept no longer than its callback: 90d is more than 30d"},
		"a kind that is none":   {"privacy:\n  keep: {call: 9d}", `privacy.keep.call: there is no such key here; did you mean "calls"?`},
		"no unit":               {"privacy:\n  keep: {calls: 90}", `privacy.keep.calls: "90" is no length of time with its unit`},
		"a key that is written": {"privacy:\n  voice_keys: [" + hex + "]", "privacy.voice_keys[0]: a secret is not written here"},
		"half a key":            {"privacy:\n  voice_keys: [file:short.key]", "privacy.voice_keys[0]: a key has 64 hexadecimal digits"},
		"one key twice":         {"privacy:\n  voice_keys: [file:voice.key, file:voice.key]", "privacy.voice_keys[1]: this is the key of voice_keys[0] once more"},
		"a key that is gone":    {"privacy:\n  voice_keys: [file:none.key]", "privacy.voice_keys[0]: "},
	} {
		_, err := read(c.written)
		if err == nil || !strings.Contains(err.Error(), c.fault) || !strings.Contains(err.Error(), "^") || !strings.Contains(err.Error(), "wissel.yaml:") || strings.Contains(err.Error(), hex[:20]) && name != "a key that is written" {
			t.Errorf("%s: %v, want %s with its line and caret", name, err, c.fault)
		}
	}
}

// Where a flow of a plan records callers there is to be a key; elsewhere nothing is said of it.
func TestWithoutAKeyItIsSaid(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "voice.key"), strings.Repeat("0123456789abcdef", 4)+"\n")
	for extra, want := range map[string]bool{"": true, `privacy: {voice_keys: "file:voice.key"}`: false} {
		f, err := Parse(filepath.Join(dir, "wissel.yaml"), []byte(bare+extra+"\n"), quiet())
		if err != nil || (f.Unsealed() != "") != want || want && !strings.Contains(f.Unsealed(), "openssl rand -hex 32") {
			t.Errorf("%q: %q, %v", extra, f.Unsealed(), err)
		}
	}
}
