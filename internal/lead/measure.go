package lead

import (
	"math"
	"strconv"
)

// Rate is the part that went well, 0 to 1; 0 of nothing.
func (t Tally) Rate() float64 {
	if t.Calls == 0 {
		return 0
	}
	return float64(t.Well) / float64(t.Calls)
}

// String is "178 of 180 calls went well (98.9 %)", or "no calls yet".
func (t Tally) String() string {
	if t.Calls == 0 {
		return "no calls yet"
	}
	return strconv.Itoa(t.Well) + " of " + strconv.Itoa(t.Calls) + " calls went well (" + strconv.FormatFloat(100*t.Rate(), 'f', 1, 64) + " %)"
}

// Worse is how often chance alone would show a as poor as it is, or poorer, if a and b were equally good: the lower tail of
// the hypergeometric distribution (Fisher's exact test, one-sided). It holds for few calls, where the usual comparison of
// two proportions by their normal approximation does not. 1 when either side has no calls.
func Worse(a, b Tally) float64 {
	if a.Calls == 0 || b.Calls == 0 {
		return 1
	}
	all, well := a.Calls+b.Calls, a.Well+b.Well
	total := choose(all, a.Calls)
	p := 0.0
	for k := max(0, a.Calls-(all-well)); k <= a.Well; k++ {
		p += math.Exp(choose(well, k) + choose(all-well, a.Calls-k) - total)
	}
	return min(p, 1)
}

// choose is the logarithm of the binomial coefficient.
func choose(n, k int) float64 {
	lg := func(x int) float64 {
		v, _ := math.Lgamma(float64(x) + 1)
		return v
	}
	return lg(n) - lg(k) - lg(n-k)
}
