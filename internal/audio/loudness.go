package audio

import (
	"math"
	"slices"
)

// Loudness is the integrated loudness of pcm (mono, rate samples a second) in LUFS, by ITU-R BS.1770-4: K-weighted,
// blocks of 400 ms that overlap by 75 %, gated at -70 LUFS and 10 LU below the mean of what passes that. A sound
// shorter than one block counts as one. Silence is -Inf.
func Loudness(pcm []int16, rate int) float64 { return loudness(floats(pcm), rate) }

// Spoken is the Loudness of a clip: one shorter than 3 s is measured as if it were said again and again, as a word in a
// sentence is heard among others.
func Spoken(pcm []int16, rate int) float64 { return spoken(floats(pcm), rate) }

func spoken(x []float64, rate int) float64 {
	if n := len(x); n > 0 && n < 3*rate {
		x = slices.Repeat(x, 1+3*rate/n)
	}
	return loudness(x, rate)
}

func loudness(x []float64, rate int) float64 {
	y := weigh(x, rate)
	size, hop := rate*2/5, rate/10
	if len(y) < size {
		size = len(y)
	}
	var blocks []float64 // mean squares
	for at := 0; size > 0 && at+size <= len(y); at += hop {
		sum := 0.0
		for _, v := range y[at : at+size] {
			sum += v * v
		}
		blocks = append(blocks, sum/float64(size))
	}
	gate := fromLUFS(-70)
	if m := meanOver(blocks, gate); m > 0 {
		gate = math.Max(gate, m/10)
	}
	return -0.691 + 10*math.Log10(meanOver(blocks, gate))
}

func fromLUFS(l float64) float64 { return math.Pow(10, (l+0.691)/10) }

// meanOver is the mean of the blocks over the gate, 0 when there are none.
func meanOver(blocks []float64, gate float64) float64 {
	sum, n := 0.0, 0
	for _, b := range blocks {
		if b > gate {
			sum, n = sum+b, n+1
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// floats is pcm from -1 to 1.
func floats(pcm []int16) []float64 {
	x := make([]float64, len(pcm))
	for i, v := range pcm {
		x[i] = float64(v) / 32768
	}
	return x
}

// weigh is x through the two filters of BS.1770-4 annex 1. The coefficients there are for 48 kHz; these are
// the same analogue filters for any rate.
func weigh(x []float64, rate int) []float64 {
	shelf := biquad(1681.974450955533, 0.7071752369554196, 3.999843853973347, rate)
	high := biquad(38.13547087602444, 0.5003270373238773, math.Inf(-1), rate)
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = high.step(shelf.step(v))
	}
	return y
}

type filter struct{ b0, b1, b2, a1, a2, z1, z2 float64 }

func (f *filter) step(x float64) float64 {
	y := f.b0*x + f.z1
	f.z1 = f.b1*x - f.a1*y + f.z2
	f.z2 = f.b2*x - f.a2*y
	return y
}

// biquad is the high shelf of gain dB (or, with -Inf, the high pass) at freq Hz and quality q.
func biquad(freq, q, gain float64, rate int) *filter {
	k := math.Tan(math.Pi * math.Min(freq/float64(rate), 0.49))
	a0 := 1 + k/q + k*k
	f := &filter{a1: 2 * (k*k - 1) / a0, a2: (1 - k/q + k*k) / a0}
	if math.IsInf(gain, -1) {
		f.b0, f.b1, f.b2 = 1, -2, 1
		return f
	}
	vh := math.Pow(10, gain/20)
	vb := math.Pow(vh, 0.4996667741545416)
	f.b0 = (vh + vb*k/q + k*k) / a0
	f.b1 = 2 * (k*k - vh) / a0
	f.b2 = (vh - vb*k/q + k*k) / a0
	return f
}
