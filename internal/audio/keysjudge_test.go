package audio

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// soxKeys lets sox press keys (ITU-T Q.23): tone and pause in ms, low and high in dBFS, off in percent of the frequencies.
func soxKeys(t *testing.T, keys string, tone, pause int, low, high, off float64) []int16 {
	t.Helper()
	dir := t.TempDir()
	var parts []string
	for i, k := range keys {
		at := strings.IndexRune("123A456B789C*0#D", k)
		f := func(hz float64) string { return fmt.Sprintf("%.2f", hz*(1+off/100)) }
		one := func(name, hz string, level float64) string {
			path := filepath.Join(dir, fmt.Sprintf("%s%d.wav", name, i))
			judge(t, "sox", "-R", "-r", "8000", "-n", "-b", "16", "-c", "1", path, "synth", fmt.Sprint(float64(tone)/1000), "sine", hz, "gain", fmt.Sprint(level))
			return path
		}
		both := filepath.Join(dir, fmt.Sprintf("key%d.wav", i))
		judge(t, "sox", "-D", "-m", "-v", "1", one("low", f(keyRows[at/4]), low), "-v", "1", one("high", f(keyCols[at%4]), high), both, "pad", "0", fmt.Sprint(float64(pause)/1000))
		parts = append(parts, both)
	}
	whole := filepath.Join(dir, "keys.wav")
	judge(t, "sox", slices.Concat([]string{"-D"}, parts, []string{whole, "pad", "0.1", "0.1"})...)
	return readBack(t, whole).PCM
}

// What sox presses is heard, and what ITU-T Q.24 (table A.1) wants to be no key is none, wherever it falls in our blocks.
func TestKeysThatSoxPresses(t *testing.T) {
	const all, phone = "1234567890*#ABCD", "1234567890*#"
	for _, row := range []struct {
		name           string
		keys           string
		tone, pause    int
		low, high, off float64
		want           string
	}{
		{"each key, 70 ms", all, 70, 70, -10, -10, 0, all},
		{"each key, 40 ms of tone and of pause, the least", all, 40, 40, -10, -10, 0, all},
		{"the same key with 65 ms of pause", "5555", 50, 65, -10, -10, 0, "5555"},
		{"20 ms is no key", all, 20, 60, -10, -10, 0, ""},
		{"as loud as can be", "159D", 50, 50, -6.1, -6.1, 0, "159D"},
		{"quiet: -28 dBFS each", "159D", 50, 50, -28, -28, 0, "159D"},
		{"far below: -55 dBFS each", "159D", 50, 50, -55, -55, 0, ""},
		{"the high tone 5 dB louder", "159D", 50, 50, -15, -10, 0, "159D"},
		{"the low tone 7 dB louder", "159D", 50, 50, -10, -17, 0, "159D"},
		{"the high tone 9 dB louder", "159D", 50, 50, -19, -10, 0, ""},
		{"frequencies 1.5 % too high", phone, 60, 60, -10, -10, 1.5, phone},
		{"frequencies 1.5 % too low", phone, 60, 60, -10, -10, -1.5, phone},
		{"frequencies 3.5 % too high", all, 60, 60, -10, -10, 3.5, ""},
		{"frequencies 3.5 % too low", all, 60, 60, -10, -10, -3.5, ""},
	} {
		pcm := soxKeys(t, row.keys, row.tone, row.pause, row.low, row.high, row.off)
		for shift := 0; shift < keyBlock; shift += 17 {
			if got := heard(pcm[shift:]); got != row.want {
				t.Errorf("%s, %d samples on: heard %q, want %q", row.name, shift, got, row.want)
				break
			}
		}
	}
}

// Keys in the noise of sox, 15 dB below them, are heard; its noise alone is none.
func TestKeysInTheNoiseOfSox(t *testing.T) {
	dir := t.TempDir()
	noise := filepath.Join(dir, "noise.wav")
	judge(t, "sox", "-R", "-r", "8000", "-n", "-b", "16", "-c", "1", noise, "synth", "60", "pinknoise", "gain", "-n", "-25")
	hum := readBack(t, noise).PCM
	if got := heard(slices.Clone(hum)); got != "" {
		t.Errorf("a minute of noise is %q", got)
	}
	pcm := soxKeys(t, "1234567890*#", 60, 60, -10, -10, 0)
	for i := range pcm {
		pcm[i] = clamp(float64(pcm[i]) + float64(hum[i]))
	}
	if got := heard(pcm); got != "1234567890*#" {
		t.Errorf("in noise: %q", got)
	}
}

// No voice of ours is taken for a key, at any level of a line: what a caller hears comes back to us as its echo.
func TestSpeechIsNoKey(t *testing.T) {
	files, err := filepath.Glob("../../prompts/languages/*/*.wav")
	if err != nil || len(files) < 300 {
		t.Fatalf("%d shipped clips, %v", len(files), err)
	}
	var sum time.Duration
	for _, f := range files {
		pcm := readBack(t, f).PCM
		for _, gain := range []float64{2, 1, 0.5, 0.25, 0.1} {
			level := make([]int16, len(pcm))
			for i, v := range pcm {
				level[i] = clamp(float64(v) * gain)
			}
			law := make([]byte, len(level))
			must(EncodeALaw(law, level))
			must(DecodeALaw(level, law))
			if got := heard(level); got != "" {
				t.Errorf("%s, times %.2f: %q", strings.TrimPrefix(f, "../../prompts/languages/"), gain, got)
			}
			sum += time.Duration(len(level)) * time.Second / 8000
		}
	}
	t.Logf("ROW IVR %d minutes of our own prompts at five levels, from +6 to -20 dB: 0 keys heard in them", int(sum.Minutes()))
}
