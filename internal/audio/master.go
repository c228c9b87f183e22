package audio

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// The loudness that prompts are brought to, and the true peak that they stay under.
const (
	PromptLoudness = -19.0 // LUFS, ±1
	PromptPeak     = -3.0  // dBTP
	PromptRate     = 16000 // samples a second: what the widest codec carries
)

// Of a recording that can be made a prompt.
const (
	quietest  = -60.0                 // dBFS: what is softer is silence
	mostGain  = 36.0                  // dB: what needs more is mostly the noise of its room
	rumble    = 80.0                  // Hz: no voice lies lower, and a telephone carries none of it
	fade      = 4 * time.Millisecond  // at both ends, so that joined clips do not click
	leastClip = 50 * time.Millisecond // of sound
)

// The reasons why a recording cannot be made a prompt. Errors of Master wrap one of these.
var (
	ErrSilent  = errors.New("holds nothing but silence")
	ErrClipped = errors.New("the voice went past what the recorder could hold, and that cannot be mended; record it again, 6 dB softer")
	ErrQuiet   = fmt.Errorf("is so soft that it takes more than %.0f dB to be heard, and its noise would be heard with it; record it again, louder or closer", mostGain)
	ErrUneven  = errors.New("cannot be brought to the loudness of a prompt without distortion; record it again, more evenly and without knocks")
)

// A Mastered recording is ready to be a prompt.
type Mastered struct {
	PCM           []int16       // mono, PromptRate samples a second
	Before, After time.Duration // of silence that were cut off
	Gain          float64       // dB
	Limited       float64       // dB taken from the highest peak
	Loudness      float64       // LUFS, mean of what wideband and narrowband calls hear
	Peak          float64       // dBTP, the higher of the two
}

// Duration of what is left.
func (m Mastered) Duration() time.Duration {
	return time.Duration(len(m.PCM)) * time.Second / PromptRate
}

// Master makes a recording a prompt: cut of the silence around it and of rumble, faded at its ends, and brought to
// PromptLoudness with a true peak under PromptPeak, measured by BS.1770-4 as Spoken does. It costs time and memory in
// proportion to r.
func Master(r Recording) (m Mastered, err error) {
	if r.Clipped > tolerated {
		at := time.Duration(r.FirstClipped) * time.Second / time.Duration(r.Rate)
		return m, fmt.Errorf("is clipped in %d places, the first at %.2f s: %w", r.Clipped, at.Seconds(), ErrClipped)
	}
	if len(r.PCM) == 0 || Level(r.PCM) < quietest {
		return m, ErrSilent
	}
	x := resample(r.PCM, r.Rate, PromptRate)
	cut := highPass(rumble)
	for i, v := range x {
		x[i] = cut.step(v / 32768)
	}
	from, to := voiced(x, PromptRate)
	m.Before, m.After = length(from), length(len(x)-to)
	if x = x[from:to]; length(len(x)) < leastClip {
		return m, ErrSilent
	}
	fadeEnds(x)
	if err := m.level(x); err != nil {
		return m, err
	}
	return m, nil
}

// level finds the gain in steps: the limiter takes a little away each time.
func (m *Mastered) level(x []float64) error {
	y := make([]float64, len(x))
	for range 12 {
		copy(y, x)
		amplify(y, m.Gain)
		m.Limited = limit(y, PromptRate, PromptPeak-0.3)
		narrow := resample(y, PromptRate, 8000)
		m.Peak = max(truePeak(y, PromptRate), truePeak(narrow, 8000))
		if over := m.Peak - (PromptPeak - 0.1); over > 0 { // what is left between the samples
			amplify(y, -over)
			amplify(narrow, -over)
			m.Peak -= over
		}
		m.PCM = samples(y, 32768)
		m.Loudness = (spoken(y, PromptRate) + spoken(narrow, 8000)) / 2
		off := PromptLoudness - m.Loudness
		if math.Abs(off) < 0.2 {
			break
		}
		m.Gain += off
		if m.Gain > mostGain {
			return ErrQuiet
		}
	}
	if math.Abs(PromptLoudness-m.Loudness) > 1 {
		return fmt.Errorf("reaches %.1f LUFS with peaks of %.1f dBTP: it %w", m.Loudness, m.Peak, ErrUneven)
	}
	return nil
}

// Heard is the loudness (LUFS) and the true peak (dBTP) of a clip, as wideband and narrowband calls hear it: the mean of the
// two loudnesses, and the higher of the peaks.
func Heard(c *Clip) (loudness, top float64) {
	narrow := make([]int16, len(c.Bytes[ALaw]))
	must(DecodeALaw(narrow, c.Bytes[ALaw]))
	wide := DecodeG722(c.Bytes[G722])
	return (Spoken(narrow, 8000) + Spoken(wide, PromptRate)) / 2, max(Peak(narrow, 8000), Peak(wide, PromptRate))
}

func length(samples int) time.Duration { return time.Duration(samples) * time.Second / PromptRate }

func fadeEnds(x []float64) {
	n := min(len(x)/2, int(fade*PromptRate/time.Second))
	for i := range n {
		by := float64(i) / float64(n)
		x[i] *= by
		x[len(x)-1-i] *= by
	}
}

// highPass is a second-order Butterworth filter for PromptRate.
func highPass(freq float64) *filter {
	f := biquad(freq, math.Sqrt2/2, math.Inf(-1), PromptRate)
	top := (1 - f.a1 + f.a2) / 4 // the highest frequency passes as it is
	f.b0, f.b1, f.b2 = top, -2*top, top
	return f
}
