package audio

import "math"

// oversampled is how many times its rate a sound is looked at to find what lies between its samples (BS.1770-4 annex 2).
const oversampled = 4

// Peak is the true peak of pcm in dBTP (BS.1770-4 annex 2): the highest value of the sound between the samples too,
// found by looking at four times the rate. It can lie above 0. Silence is -Inf.
func Peak(pcm []int16, rate int) float64 { return truePeak(floats(pcm), rate) }

func truePeak(x []float64, rate int) float64 {
	top := 0.0
	for _, v := range tops(x, rate) {
		top = math.Max(top, v)
	}
	return decibels(top)
}

// tops is how high the sound reaches around each sample, half way to both of its neighbours.
func tops(x []float64, rate int) []float64 {
	t := kernelsOf(rate, oversampled*rate)
	out := make([]float64, len(x))
	half := 0.0 // how high it is half way from the sample before
	for i, v := range x {
		top := math.Max(math.Abs(v), half)
		for k := 1 - oversampled/2; k <= oversampled/2; k++ {
			if at := oversampled*i + k; at >= 0 && k != 0 {
				half = math.Abs(sampleAt(x, t, at))
				top = math.Max(top, half)
			}
		}
		out[i] = top
	}
	return out
}

// limit turns the volume of x down around each place that reaches above top dBTP: 5 ms ahead of it, and 50 ms to come
// back. It returns how much it took away where it took most, in dB.
func limit(x []float64, rate int, top float64) float64 {
	ceiling, least := ratio(top), 1.0
	want := tops(x, rate)
	for i, v := range want {
		want[i] = 1
		if v > ceiling {
			want[i] = ceiling / v
			least = math.Min(least, want[i])
		}
	}
	ahead, back := 1/(0.005*float64(rate)), 1/(0.05*float64(rate))
	for i := len(want) - 2; i >= 0; i-- {
		want[i] = math.Min(want[i], want[i+1]+ahead)
	}
	for i := 1; i < len(want); i++ {
		want[i] = math.Min(want[i], want[i-1]+back)
	}
	for i := range x {
		x[i] *= want[i]
	}
	return -decibels(least)
}

func decibels(ratio float64) float64 { return 20 * math.Log10(ratio) }
func ratio(db float64) float64       { return math.Pow(10, db/20) }

func amplify(x []float64, db float64) {
	by := ratio(db)
	for i := range x {
		x[i] *= by
	}
}
