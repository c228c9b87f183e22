package audio

import (
	"math"
	"sync"
)

// crossings is how many zero crossings of the sinc lie on each side of the filter's middle: the more, the steeper.
const crossings = 16

// Resample is pcm (mono, from samples a second) at another rate, through a windowed sinc low-pass at 0.92 of the lower
// half rate. Equal rates give a copy. Rates must be positive.
func Resample(pcm []int16, from, to int) []int16 {
	if from == to {
		return append([]int16(nil), pcm...)
	}
	g := gcd(from, to)
	up, down := to/g, from/g
	made, ok := tables.Load([2]int{from, to})
	if !ok {
		if made = kernels(from, to, up); up <= 640 { // those of the usual rates are small, and kept
			tables.Store([2]int{from, to}, made)
		}
	}
	table, half := made.(kernelTable).taps, made.(kernelTable).half
	n := (len(pcm)*up + down - 1) / down
	out := make([]int16, n)
	for j := range out {
		at := j * down
		center, phase := at/up, at%up
		taps, first := table[phase], center-half+1
		if first < 0 { // before the beginning there is silence
			taps, first = taps[min(-first, len(taps)):], 0
		}
		piece := pcm[min(first, len(pcm)):min(first+len(taps), len(pcm))]
		sum := 0.0
		for k, v := range piece {
			sum += taps[k] * float64(v)
		}
		out[j] = clamp(sum)
	}
	return out
}

// tables holds the kernels of the few pairs of rates that a process meets.
var tables sync.Map // of [2]int to kernelTable

type kernelTable struct {
	taps [][]float64
	half int
}

// kernels is the filter for each of the up positions an output sample can have between two input samples. Tap k of a
// kernel weighs the input sample half-1 places before the position, plus k.
func kernels(from, to, up int) kernelTable {
	cut := 0.92 * math.Min(1, float64(to)/float64(from)) // of the input's half rate
	half := int(math.Ceil(crossings / cut))
	table := make([][]float64, up)
	for p := range table {
		taps := make([]float64, 2*half)
		frac, sum := float64(p)/float64(up), 0.0
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
	return kernelTable{table, half}
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// window is Blackman's, 1 in the middle and 0 from -1 and 1 outwards.
func window(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return 0.42 + 0.5*math.Cos(math.Pi*x) + 0.08*math.Cos(2*math.Pi*x)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func clamp(v float64) int16 {
	return int16(math.Round(math.Max(math.MinInt16, math.Min(math.MaxInt16, v))))
}
