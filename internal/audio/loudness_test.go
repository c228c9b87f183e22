package audio

import (
	"math"
	"testing"
	"time"
)

// EBU Tech 3341: a 1 kHz sine at -23 dBFS in both channels is -23 LUFS, so in one it is 3 dB less.
func TestLoudness(t *testing.T) {
	for _, rate := range []int{8000, 16000, 44100, 48000} {
		tone := Tone(5*time.Second, rate, -23, 1000)
		if l := Loudness(tone, rate); math.Abs(l+26) > 0.3 {
			t.Errorf("%d Hz: %0.2f LUFS, want -26", rate, l)
		}
		if l := Loudness(append(tone, Quiet(10*time.Second, rate)...), rate); math.Abs(l+26) > 0.5 {
			t.Errorf("%d Hz: the pause after it counts: %0.2f LUFS", rate, l)
		}
		if l := Loudness(tone[:rate/5], rate); math.Abs(l+26) > 0.5 {
			t.Errorf("%d Hz: a short sound is %0.2f LUFS", rate, l)
		}
	}
	if l := Loudness(Quiet(time.Second, 8000), 8000); !math.IsInf(l, -1) {
		t.Errorf("silence is %0.2f LUFS", l)
	}
}

func TestNormalize(t *testing.T) {
	click := func(pcm []int16) []int16 { pcm[len(pcm)/2] = 32767; return pcm }
	for _, row := range []struct {
		name string
		pcm  []int16
	}{
		{"too quiet", Tone(2*time.Second, 16000, -40, 400)},
		{"too loud", Tone(2*time.Second, 16000, -1, 400)},
		{"quiet with a click", click(Tone(2*time.Second, 16000, -22, 400))},
	} {
		out := Normalize(row.pcm, 16000)
		if l := Loudness(out, 16000); math.Abs(l-PromptLoudness) > 1 {
			t.Errorf("%s: %0.2f LUFS", row.name, l)
		}
		if p := Peak(out, 16000); p > PromptPeak {
			t.Errorf("%s: its peak is %0.2f dBTP", row.name, p)
		}
	}
	for _, v := range Normalize(Quiet(time.Second, 8000), 8000) {
		if v != 0 {
			t.Fatal("silence was made loud")
		}
	}
}

func TestResample(t *testing.T) {
	for _, row := range []struct{ from, to int }{{22050, 8000}, {44100, 16000}, {48000, 8000}, {8000, 16000}, {11025, 8000}} {
		in := Tone(time.Second, row.from, -6, 1000)
		out := Resample(in, row.from, row.to)
		if d := len(out) - row.to; d < -1 || d > 1 {
			t.Errorf("%d to %d: a second became %d samples", row.from, row.to, len(out))
		}
		if g := Goertzel(out[:row.to*9/10], row.to, 1000); g < 0.99 {
			t.Errorf("%d to %d: %0.3f of the energy is where it was", row.from, row.to, g)
		}
		if l := Level(out); math.Abs(l-Level(in)) > 0.2 {
			t.Errorf("%d to %d: level %0.2f became %0.2f", row.from, row.to, Level(in), l)
		}
	}
	if l := Level(Resample(Tone(time.Second, 48000, -6, 6000), 48000, 8000)); l > -50 {
		t.Errorf("what 8000 samples cannot hold folds back at %0.1f dBFS", l)
	}
}
