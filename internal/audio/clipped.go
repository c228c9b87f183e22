package audio

import "math"

// tolerated is how many places may look clipped: a loud breath or a click is no reason to refuse a voice.
const tolerated = 2

// clipped counts the places where a channel of data stays at its own highest or lowest value, for longer than a tone of
// 200 Hz would: there the voice went past what the recorder could hold, even if somebody turned the file down later. It
// also gives the first sample of the first of them.
func (f format) clipped(data []byte) (places, first int) {
	n := len(data) / f.frame()
	for c := range f.channels {
		at := func(i int) int { return f.sample(data[(i*f.channels+c)*f.bits/8:]) }
		high, low := 0, 0
		for i := range n {
			v := at(i)
			high, low = max(high, v), min(low, v)
		}
		top := max(high, -low)
		if top < 1<<10 { // -30 dBFS: a flat top there is a matter of few bits
			continue
		}
		longest := f.longest(top)
		for i, run := 0, 0; i < n; i++ {
			v := at(i)
			if i > 0 && run > 0 && v != at(i-1) || v < high && v > low {
				run = 0
			}
			if v == high && v > top/2 || v == low && v < -top/2 {
				run++
			}
			if run == longest+1 {
				if places++; places == 1 || i-longest < first {
					first = i - longest
				}
			}
		}
	}
	return places, first
}

// longest is how many samples in a row a sound that is not clipped may stay at its top: those of a 200 Hz tone that round to
// the same value, and two more.
func (f format) longest(top int) int {
	step := 1.0 / float64(top)
	switch {
	case f.tag == tagALaw || f.tag == tagMuLaw:
		step = 1.0 / 16 // of the value itself, at the coarse end of a segment
	case f.bits == 8:
		step *= 256
	}
	return 2 + int(2*math.Acos(1-math.Min(1, step))/(2*math.Pi*200/float64(f.rate)))
}
