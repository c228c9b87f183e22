package audio

import (
	"math"
	"slices"
	"time"
)

// What Trim leaves: together 20 ms between two clips, so that joined words follow each other as in speech.
const (
	trimMargin = 10 * time.Millisecond
	trimWindow = 5 * time.Millisecond
	trimFloor  = -60.0 // dBFS: below it there is nothing
	trimBelow  = 45.0  // dB below the loudest window: nothing of speech lies lower
	trimNoise  = 8.0   // dB above the room's own noise
	trimLeast  = 20.0  // dB below the loudest window at the least: a sound without a pause is not cut into
)

// voiced is where in x the first sound begins and the last ends, with a margin: x[from:to]. What counts as silence goes by
// the noise of the room that it was recorded in. Both are 0 when there is no sound at all.
func voiced(x []float64, rate int) (from, to int) {
	size := max(1, int(trimWindow*time.Duration(rate)/time.Second))
	var levels []float64 // dBFS
	for at := 0; at < len(x); at += size {
		sum, piece := 0.0, x[at:min(at+size, len(x))]
		for _, v := range piece {
			sum += v * v
		}
		levels = append(levels, 10*math.Log10(sum/float64(len(piece))))
	}
	if len(levels) == 0 {
		return 0, 0
	}
	sorted := slices.Sorted(slices.Values(levels))
	loudest, noise := sorted[len(sorted)-1], sorted[len(sorted)/10]
	silence := max(trimFloor, min(max(loudest-trimBelow, noise+trimNoise), loudest-trimLeast))
	loud := func(l float64) bool { return l > silence }
	first := slices.IndexFunc(levels, loud)
	if first < 0 {
		return 0, 0
	}
	last := len(levels) - 1
	for !loud(levels[last]) {
		last--
	}
	margin := int(trimMargin * time.Duration(rate) / time.Second)
	return max(0, first*size-margin), min(len(x), (last+1)*size+margin)
}
