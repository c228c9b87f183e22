package audio

import "math"

// Loudness is the integrated loudness of pcm (mono, rate samples a second) in LUFS, by ITU-R BS.1770-4: K-weighted,
// blocks of 400 ms that overlap by 75 %, gated at -70 LUFS and 10 LU below the mean of what passes that. A sound
// shorter than one block counts as one. Silence is -Inf.
func Loudness(pcm []int16, rate int) float64 {
	y := weigh(pcm, rate)
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

// weigh is pcm through the two filters of BS.1770-4 annex 1, -1 to 1. The coefficients there are for 48 kHz; these are
// the same analogue filters for any rate.
func weigh(pcm []int16, rate int) []float64 {
	shelf := biquad(1681.974450955533, 0.7071752369554196, 3.999843853973347, rate)
	high := biquad(38.13547087602444, 0.5003270373238773, math.Inf(-1), rate)
	y := make([]float64, len(pcm))
	for i, v := range pcm {
		y[i] = high.step(shelf.step(float64(v) / 32768))
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

// Peak is the true peak of pcm in dBTP (BS.1770-4 annex 2): the highest value of the sound between the samples too,
// found by looking at four times the rate. Silence is -Inf.
func Peak(pcm []int16, rate int) float64 {
	top := 0.0
	for _, v := range Resample(pcm, rate, 4*rate) {
		top = math.Max(top, math.Abs(float64(v)))
	}
	for _, v := range pcm {
		top = math.Max(top, math.Abs(float64(v)))
	}
	return 20 * math.Log10(top/32768)
}

// The loudness that prompts are brought to, and the true peak that they stay under.
const (
	PromptLoudness = -19.0 // LUFS
	PromptPeak     = -3.0  // dBTP
)

// Normalize is pcm brought to PromptLoudness, or as near as PromptPeak allows. Peaks are softened where they must be, at
// most 12 dB, so that a clear voice with a click in it does not come out quiet. Silence stays as it is.
func Normalize(pcm []int16, rate int) []int16 {
	out := append([]int16(nil), pcm...)
	loud := Loudness(out, rate)
	if math.IsInf(loud, -1) {
		return out
	}
	gain := PromptLoudness - loud
	if over := Peak(out, rate) + gain - PromptPeak; over > 12 {
		gain -= over - 12
	}
	scale(out, gain)
	limit(out, rate, math.Pow(10, (PromptPeak-0.2)/20)*32768)
	if over := Peak(out, rate) - PromptPeak; over > 0 { // what the limiter missed between the samples
		scale(out, -over-0.05)
	}
	return out
}

func scale(pcm []int16, db float64) {
	g := math.Pow(10, db/20)
	for i, v := range pcm {
		pcm[i] = clamp(float64(v) * g)
	}
}

// limit turns the volume down around each sample above top: 5 ms ahead of it, and 50 ms to come back.
func limit(pcm []int16, rate int, top float64) {
	want := make([]float64, len(pcm))
	for i, v := range pcm {
		want[i] = math.Min(1, top/math.Max(1, math.Abs(float64(v))))
	}
	ahead, back := 1/(0.005*float64(rate)), 1/(0.05*float64(rate))
	for i := len(want) - 2; i >= 0; i-- {
		want[i] = math.Min(want[i], want[i+1]+ahead)
	}
	for i := 1; i < len(want); i++ {
		want[i] = math.Min(want[i], want[i-1]+back)
	}
	for i, v := range pcm {
		pcm[i] = clamp(float64(v) * want[i])
	}
}
