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

// A true peak lies between the samples too: a tone of a quarter of the rate whose samples all miss its top (EBU Tech 3341,
// cases 15 to 18).
func TestPeak(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		pcm := make([]int16, rate)
		for i := range pcm {
			pcm[i] = clamp(32767 * math.Sin(math.Pi/4+float64(i)*math.Pi/2))
		}
		fadeBoth(pcm)
		if p := Peak(pcm, rate); math.Abs(p) > 0.2 {
			t.Errorf("%d Hz: %0.2f dBTP, want 0", rate, p)
		}
		for i := range pcm {
			pcm[i] = clamp(1.4 * float64(pcm[i]))
		}
		if p := Peak(pcm, rate); math.Abs(p-2.9) > 0.2 {
			t.Errorf("%d Hz: over full scale it is %0.2f dBTP, want 2.9", rate, p)
		}
	}
	if p := Peak(Quiet(time.Second, 8000), 8000); !math.IsInf(p, -1) {
		t.Errorf("silence has a peak of %0.2f dBTP", p)
	}
}

// fadeBoth takes the sharp beginning and end away, whose own overshoot is none of the tone's.
func fadeBoth(pcm []int16) {
	n := len(pcm) / 10
	for i := range n {
		pcm[i] = int16(int(pcm[i]) * i / n)
		pcm[len(pcm)-1-i] = int16(int(pcm[len(pcm)-1-i]) * i / n)
	}
}

func TestResample(t *testing.T) {
	for _, row := range []struct{ from, to int }{{22050, 8000}, {44100, 16000}, {48000, 8000}, {8000, 16000}, {11025, 8000}, {192000, 16000}, {44101, 16000}} {
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
	if l := Level(Resample(Tone(time.Second, 48000, -6, 6000), 48000, 8000)); l > -80 {
		t.Errorf("what 8000 samples cannot hold folds back at %0.1f dBFS", l)
	}
}
