package audio

import (
	"math"
	"time"

	"wissel"
)

// Tone is a sum of sines of the given frequencies (Hz), mono, rate samples a second, each of the given level below full
// scale (dBFS, negative). The first and last 2 ms fade, so that it does not click.
func Tone(d time.Duration, rate int, level float64, freqs ...float64) []int16 {
	out := make([]int16, int(d*time.Duration(rate)/time.Second))
	peak := math.MaxInt16 * math.Pow(10, level/20)
	fade := max(1, rate/500)
	for i := range out {
		v := 0.0
		for _, f := range freqs {
			v += math.Sin(2 * math.Pi * f * float64(i) / float64(rate))
		}
		edge := min(i+1, len(out)-i, fade)
		out[i] = clamp(peak * v * float64(edge) / float64(fade))
	}
	return out
}

// Quiet is silence of the given length.
func Quiet(d time.Duration, rate int) []int16 {
	return make([]int16, int(d*time.Duration(rate)/time.Second))
}

// The frequencies of the keys (ITU-T Q.23), rows and columns, and the keys by row and column.
var (
	keyRows = [4]float64{697, 770, 852, 941}
	keyCols = [4]float64{1209, 1336, 1477, 1633}
	keys    = [4][4]wissel.Digit{{'1', '2', '3', 'A'}, {'4', '5', '6', 'B'}, {'7', '8', '9', 'C'}, {'*', '0', '#', 'D'}}
)

// KeyTone is the sound of a telephone's key (ITU-T Q.23), each of its two tones at level dBFS. A digit that is no key
// gives silence.
func KeyTone(digit wissel.Digit, d time.Duration, rate int, level float64) []int16 {
	for r := range keys {
		for c := range keys[r] {
			if keys[r][c] == digit {
				return Tone(d, rate, level, keyRows[r], keyCols[c])
			}
		}
	}
	return Quiet(d, rate)
}

// Goertzel is the share of pcm's energy that lies at freq: near 1 for a pure tone of that frequency, near 0 for another
// sound. Its width is about rate/len(pcm) Hz. Silence gives 0. It allocates nothing.
func Goertzel(pcm []int16, rate int, freq float64) float64 {
	k := 2 * math.Cos(2*math.Pi*freq/float64(rate))
	var s1, s2, total float64
	for _, v := range pcm {
		x := float64(v)
		s1, s2 = x+k*s1-s2, s1
		total += x * x
	}
	if total == 0 {
		return 0
	}
	return (s1*s1 + s2*s2 - k*s1*s2) * 2 / (total * float64(len(pcm)))
}

// Level is the loudness of pcm as root mean square, in dB below a full-scale sine; -Inf for silence.
func Level(pcm []int16) float64 {
	total := 0.0
	for _, v := range pcm {
		total += float64(v) * float64(v)
	}
	if total == 0 {
		return math.Inf(-1)
	}
	return 10*math.Log10(total/float64(len(pcm))/(math.MaxInt16*math.MaxInt16)) + 3.01
}
