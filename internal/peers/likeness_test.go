package peers

import (
	"math"
	"testing"
	"time"

	"wissel/internal/audio"
)

// likeness says how much of a prompt is found in a recording, 0 to 1: the mean correlation of its pieces of 200 ms, each
// aligned for itself (a jitter buffer moves them a little) and weighted by its energy, so that the level does not count.
// The prompt is looked for in the last part of the recording, two lengths of it and two seconds.
func likeness(recording, prompt []int16) float64 {
	recording = recording[max(0, len(recording)-2*len(prompt)-16000):]
	const piece, slack = 1600, 400
	loud := 0 // the loudest piece finds the place
	for at := 0; at+piece <= len(prompt); at += piece {
		if energy(prompt[at:at+piece]) > energy(prompt[loud:loud+piece]) {
			loud = at
		}
	}
	place, best := 0, 0.0
	for at := 0; at+piece <= len(recording); at++ {
		// A twentieth of the samples first: most places are ruled out by them.
		if r := correlation(recording[at:at+piece/10], prompt[loud:loud+piece/10]); r < 0.5 {
			continue
		}
		if r := correlation(recording[at:at+piece], prompt[loud:loud+piece]); r > best {
			place, best = at, r
		}
	}
	sum, weight := 0.0, 0.0
	for at := 0; at+piece <= len(prompt); at += piece {
		w := math.Sqrt(energy(prompt[at : at+piece]))
		weight += w
		top := 0.0
		for lag := -slack; lag <= slack; lag++ {
			if from := place + at - loud + lag; from >= 0 && from+piece <= len(recording) {
				top = max(top, correlation(recording[from:from+piece], prompt[at:at+piece]))
			}
		}
		sum += w * top
	}
	return sum / max(weight, 1)
}

// The two below look at sounds that nobody writes any more, many millions of times: the race detector would take ten times as long.

//go:norace
func energy(pcm []int16) (sum float64) {
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return sum
}

// correlation is the normalised correlation of two sounds of one length, -1 to 1.
//
//go:norace
func correlation(a, b []int16) float64 {
	var ab, aa, bb int64
	b = b[:len(a)]
	for i, x := range a {
		y := int64(b[i])
		ab += int64(x) * y
		aa += int64(x) * int64(x)
		bb += y * y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return float64(ab) / math.Sqrt(float64(aa)*float64(bb))
}

func TestLikenessFindsAPromptAndNothingElse(t *testing.T) {
	prompt := pcm(t, "callback.done")
	recording := append(audio.Tone(time.Second, 8000, -20, 440), prompt...)
	for i := range recording {
		recording[i] /= 3 // another level
	}
	if r := likeness(append(recording, audio.Quiet(time.Second, 8000)...), prompt); r < 0.95 {
		t.Errorf("the prompt itself, behind a tone and quieter: %.2f", r)
	}
	if r := likeness(append(recording, audio.Quiet(time.Second, 8000)...), pcm(t, "text.done")); r > 0.8 {
		t.Errorf("another prompt: %.2f", r)
	}
}
