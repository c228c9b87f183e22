package main

import (
	"math"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	ten := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for _, row := range []struct {
		name   string
		sorted []int
		q      float64
		want   int
	}{
		{"nothing has no quantile", nil, 0.5, 0},
		{"of one value, each is that", []int{7}, 0.99, 7},
		{"half of ten lies at or below the fifth", ten, 0.5, 5},
		{"0.99 of ten is the greatest", ten, 0.99, 10},
		{"0 is the least", ten, 0, 1},
		{"1 is the greatest", ten, 1, 10},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := quantile(row.sorted, row.q); got != row.want {
				t.Errorf("quantile(%v, %v) = %d, want %d", row.sorted, row.q, got, row.want)
			}
		})
	}
}

func TestMedian(t *testing.T) {
	for _, row := range []struct {
		name   string
		values []float64
		want   float64
	}{
		{"of three, the middle one in size", []float64{9, 1, 4}, 4},
		{"of four, between the middle ones", []float64{4, 1, 2, 100}, 3},
		{"of one, that one", []float64{2.5}, 2.5},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := median(row.values); got != row.want {
				t.Errorf("median(%v) = %v, want %v", row.values, got, row.want)
			}
		})
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("the median of nothing is %v, want no number", got)
	}
}

func TestHistogram(t *testing.T) {
	var h, other histogram
	for i := range 990 {
		h.add(time.Duration(i%10) * time.Millisecond)
	}
	for range 10 {
		other.add(5 * time.Second) // counts as the longest there is, and is still known as the most
	}
	h.merge(other)
	if h.total != 1000 || h.most != 5*time.Second {
		t.Errorf("%d durations, the longest %v; want 1000 and 5 s", h.total, h.most)
	}
	for q, want := range map[float64]time.Duration{0.495: 4 * time.Millisecond, 0.99: 9 * time.Millisecond, 0.995: histogramTop} {
		if got := h.quantile(q); got < want || got > want+histogramStep {
			t.Errorf("quantile %v is %v, want %v to within %v", q, got, want, histogramStep)
		}
	}
	if got := new(histogram).quantile(0.5); got != 0 {
		t.Errorf("the median of nothing is %v", got)
	}
}

func TestNumber(t *testing.T) {
	for _, row := range []struct {
		v    float64
		want string
	}{{1234.5, "1234"}, {12.34, "12.3"}, {1.678, "1.68"}, {0.0123, "0.0123"}, {0, "0.00"}, {math.NaN(), "-"}, {math.Inf(1), "-"}} {
		if got := number(row.v); got != row.want {
			t.Errorf("number(%v) = %q, want %q", row.v, got, row.want)
		}
	}
}
