package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// quantile gives the value below which the share q (0 to 1) of sorted values lies, by nearest rank; zero without values.
func quantile[T any](sorted []T, q float64) (v T) {
	if len(sorted) == 0 {
		return v
	}
	rank := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[min(max(rank, 0), len(sorted)-1)]
}

// median gives the middle of values in any order, the mean of the two middle ones when their count is even.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// ratio is a divided by b; not a number where b is nothing.
func ratio(a, b time.Duration) float64 {
	if b <= 0 {
		return math.NaN()
	}
	return float64(a) / float64(b)
}

// histogram counts durations in steps of 10 µs up to two seconds; longer ones count as two seconds. Its zero value is
// ready. One goroutine fills it.
type histogram struct {
	counts []uint32
	total  int
	most   time.Duration
}

const (
	histogramStep = 10 * time.Microsecond
	histogramTop  = 2 * time.Second
)

func (h *histogram) add(d time.Duration) {
	if h.counts == nil {
		h.counts = make([]uint32, histogramTop/histogramStep+1)
	}
	h.counts[min(max(d, 0), histogramTop)/histogramStep]++
	h.total++
	h.most = max(h.most, d)
}

// quantile is the upper edge of the step in which the share q of the durations ends.
func (h *histogram) quantile(q float64) time.Duration {
	left := int(math.Ceil(q * float64(h.total)))
	for i, n := range h.counts {
		if left -= int(n); left <= 0 {
			return time.Duration(i+1) * histogramStep
		}
	}
	return 0
}

// ms writes a duration as milliseconds: "0.35".
func ms(d time.Duration) string {
	return number(float64(d) / float64(time.Millisecond))
}

// number writes a figure with three digits that mean something; a dash for no figure.
func number(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "-"
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 0.1 || a == 0:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.4f", v)
	}
}

// merge adds the counts of another histogram.
func (h *histogram) merge(o histogram) {
	if h.counts == nil {
		h.counts = make([]uint32, histogramTop/histogramStep+1)
	}
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.total += o.total
	h.most = max(h.most, o.most)
}
