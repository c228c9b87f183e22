package audio

import (
	"math"
	"sync"
)

const (
	crossings = 32   // zero crossings of the sinc on each side of the filter's middle: the more, the steeper
	cutoff    = 0.91 // of the lower half rate; what lies above that half rate is 80 dB down
	steepness = 9.0  // beta of the window
	exact     = 640  // positions between two input samples that each have a kernel; with more, kernels are mixed
	mixed     = 512
)

// Resample is pcm (mono, from samples a second) at another rate, through a windowed sinc low-pass at 0.91 of the lower
// half rate. Equal rates give a copy. Rates must be positive.
func Resample(pcm []int16, from, to int) []int16 {
	if from == to {
		return append([]int16(nil), pcm...)
	}
	return samples(resample(pcm, from, to), 1)
}

// resample is Resample without rounding, and in the scale of what it is given.
func resample[T int16 | float64](pcm []T, from, to int) []float64 {
	if from == to {
		out := make([]float64, len(pcm))
		for i, v := range pcm {
			out[i] = float64(v)
		}
		return out
	}
	t := kernelsOf(from, to)
	out := make([]float64, (len(pcm)*t.up+t.down-1)/t.down)
	for j := range out {
		out[j] = sampleAt(pcm, t, j)
	}
	return out
}

// sampleAt is sample j of pcm at the other rate.
func sampleAt[T int16 | float64](pcm []T, t kernelTable, j int) float64 {
	at := j * t.down
	first := at/t.up - t.half + 1
	if t.up <= exact {
		return weighed(pcm, t.taps[at%t.up], first)
	}
	place, part := math.Modf(float64(at%t.up) * mixed / float64(t.up))
	k := int(place)
	return (1-part)*weighed(pcm, t.taps[k], first) + part*weighed(pcm, t.taps[k+1], first)
}

// weighed is the sum of pcm from first on, each sample by its tap. Before the beginning and after the end there is silence. Nobody
// writes either meanwhile: those who hand them in are watched by the race detector, which this loop would keep busy for minutes.
//
//go:norace
func weighed[T int16 | float64](pcm []T, taps []float64, first int) (sum float64) {
	if first < 0 {
		taps, first = taps[min(-first, len(taps)):], 0
	}
	for k, v := range pcm[min(first, len(pcm)):min(first+len(taps), len(pcm))] {
		sum += taps[k] * float64(v)
	}
	return sum
}

// tables holds the kernels of the few pairs of rates that a process meets.
var tables sync.Map // of [2]int to kernelTable

type kernelTable struct {
	up, down int // the two rates, in lowest terms
	taps     [][]float64
	half     int
}

func kernelsOf(from, to int) kernelTable {
	if t, ok := tables.Load([2]int{from, to}); ok {
		return t.(kernelTable)
	}
	t := kernels(from, to)
	if t.up <= exact { // those of the usual rates are few, and kept
		tables.Store([2]int{from, to}, t)
	}
	return t
}

// kernels is the filter for each of the up positions an output sample can have between two input samples, or for some of
// them and the next input sample. Tap k of a kernel weighs the input sample half-1 places before the position, plus k.
func kernels(from, to int) kernelTable {
	g := gcd(from, to)
	up := to / g
	cut := cutoff * math.Min(1, float64(to)/float64(from)) // of the input's half rate
	half := int(math.Ceil(crossings / cut))
	places, n := up, up
	if up > exact {
		places, n = mixed, mixed+1
	}
	table := make([][]float64, n)
	for p := range table {
		taps := make([]float64, 2*half)
		frac, sum := float64(p)/float64(places), 0.0
		for k := range taps {
			x := float64(k-half+1) - frac
			taps[k] = cut * sinc(cut*x) * window(x/float64(half))
			sum += taps[k]
		}
		for k := range taps {
			taps[k] /= sum // no ripple at 0 Hz between the positions
		}
		table[p] = taps
	}
	return kernelTable{up, from / g, table, half}
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// inMiddle is what the window is divided by.
var inMiddle = bessel(steepness)

// window is Kaiser's, 1 in the middle and 0 outside -1 to 1.
func window(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel(steepness*math.Sqrt(1-x*x)) / inMiddle
}

// bessel is the modified Bessel function of the first kind and order 0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= x / (2 * k) * x / (2 * k)
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// samples is x times scale as 16-bit samples.
func samples(x []float64, scale float64) []int16 {
	out := make([]int16, len(x))
	for i, v := range x {
		out[i] = clamp(v * scale)
	}
	return out
}

func clamp(v float64) int16 {
	return int16(math.Round(math.Max(math.MinInt16, math.Min(math.MaxInt16, v))))
}
