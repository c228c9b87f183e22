package health

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestTheBoundHolds compares e^-(n·D) with the exact chance of a binomial tail.
func TestTheBoundHolds(t *testing.T) {
	for _, p := range []float64{0.01, 0.1, 0.18, 0.5, 0.9} {
		for bad := range recentCalls + 1 {
			q := float64(bad) / recentCalls
			if q <= p {
				continue
			}
			exact := 0.0
			for k := bad; k <= recentCalls; k++ {
				exact += math.Exp(lchoose(recentCalls, k) + float64(k)*math.Log(p) + float64(recentCalls-k)*math.Log1p(-p))
			}
			if bound := math.Exp(-recentCalls * divergence(q, p)); exact > bound*1.000001 {
				t.Errorf("%d bad of %d when %v are usual: chance %g, bound %g", bad, recentCalls, p, exact, bound)
			}
		}
	}
}

func lchoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// TestSteadyTrafficRaisesNoAlarm plays 1,500 calls of one trunk, at any rate and of any quality that stays as it is.
func TestSteadyTrafficRaisesNoAlarm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float64Range(0, 1).Draw(t, "wrong")
		each := time.Duration(rapid.Int64Range(int64(50*time.Millisecond), int64(3*time.Minute)).Draw(t, "each"))
		median := rapid.Float64Range(20, 5000).Draw(t, "median")
		sigma := rapid.Float64Range(0, 1.5).Draw(t, "spread")
		chance := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		var r Rate
		var d Delay
		at := time.Duration(0)
		for i := range 1_500 {
			at += time.Duration(chance.ExpFloat64() * float64(each))
			r.Add(chance.Float64() < p, at)
			d.Add(time.Duration(median*math.Exp(sigma*chance.NormFloat64())*float64(time.Millisecond)), at)
			if q, usual, n, worse := r.Worse(); worse {
				t.Fatalf("call %d: %.2f of %d go wrong, usually %.2f", i, q, n, usual)
			}
			if took, usual, n, worse := d.Worse(); worse {
				t.Fatalf("call %d: half of %d take %v, usually %v", i, n, took, usual)
			}
		}
	})
}

// until plays calls that go wrong with chance p until r is as wanted, and gives how many it took; most when it never is.
func (r *Rate) until(chance *rand.Rand, p float64, at *time.Duration, each time.Duration, worse bool, most int) int {
	for i := range most {
		*at += each
		r.Add(chance.Float64() < p, *at)
		if _, _, _, is := r.Worse(); is == worse {
			return i + 1
		}
	}
	return most
}

func TestACleanChangeForTheWorseIsSeenSoon(t *testing.T) {
	rows := []struct {
		name       string
		usual, now float64 // chance to go wrong
		calls      int     // within which it is seen, at the latest
	}{
		{"answers 82 % usually, and 31 % now", 0.18, 0.69, 90},
		{"answers 99 % usually, and half now", 0.01, 0.5, 40},
		{"answers 82 % usually, and none now", 0.18, 1, 40},
		{"answers 60 % usually, and none now", 0.4, 1, 60},
	}
	for _, row := range rows {
		for seed := range uint64(20) {
			chance := rand.New(rand.NewPCG(seed, 1))
			var r Rate
			var at time.Duration
			if n := r.until(chance, row.usual, &at, 20*time.Second, true, 2000); n != 2000 {
				t.Fatalf("%s: alarm after %d usual calls", row.name, n)
			}
			if n := r.until(chance, row.now, &at, 20*time.Second, true, 1000); n > row.calls {
				t.Errorf("%s: seen after %d calls", row.name, n)
			}
			if n := r.until(chance, row.usual, &at, 20*time.Second, false, 1000); n > recentCalls {
				t.Errorf("%s: over after %d usual calls", row.name, n)
			}
		}
	}
}

func TestTooFewCallsSayNothing(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 1))
	var at time.Duration
	var fresh Rate
	if n := fresh.until(chance, 0.01, &at, time.Second, true, 100); n != 100 {
		t.Errorf("alarm after %d calls", n)
	}
	if n := fresh.until(chance, 1, &at, time.Second, true, 150); n != 150 {
		t.Errorf("with a past of less than %d calls, alarm after %d", pastLeast, n)
	}
	var slow Rate
	slow.until(chance, 0.01, &at, time.Minute, true, 1000)
	if n := slow.until(chance, 1, &at, 10*time.Minute, true, 100); n != 100 {
		t.Errorf("six calls an hour, and alarm after %d", n)
	}
}

// TestASlowNightEachNightIsNoNews: answers 85 % by day and 50 % by night. The first nights may be news.
func TestASlowNightEachNightIsNoNews(t *testing.T) {
	chance := rand.New(rand.NewPCG(7, 7))
	var r Rate
	alarms := 0
	for day := range 21 {
		for hour := range 24 {
			p := 0.15
			if hour >= 22 || hour < 6 {
				p = 0.5
			}
			for call := range 120 {
				at := time.Duration(day*24+hour)*time.Hour + time.Duration(call)*30*time.Second
				r.Add(chance.Float64() < p, at)
				if _, _, _, worse := r.Worse(); worse && day >= 3 {
					alarms++
				}
			}
		}
	}
	if alarms != 0 {
		t.Errorf("%d calls of nights that were as all nights raised an alarm", alarms)
	}
}

func TestWhatStaysWorseForADayIsTheNewUsual(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 3))
	var r Rate
	var at time.Duration
	r.until(chance, 0.1, &at, time.Minute, true, 3000)
	began := at
	r.until(chance, 0.9, &at, time.Minute, true, 1000)
	r.until(chance, 0.9, &at, time.Minute, false, 3000)
	if worse := at - began; worse < getsUsedTo || worse > getsUsedTo+2*time.Hour {
		t.Errorf("it was worse for %v", worse)
	}
	if n := r.until(chance, 0.9, &at, time.Minute, true, 2000); n != 2000 {
		t.Errorf("alarm again after %d calls", n)
	}
}

func TestSlowerThanUsual(t *testing.T) {
	rows := []struct {
		name       string
		usual, now time.Duration
		worse      bool
	}{
		{"4 s, usually 600 ms", 600 * time.Millisecond, 4 * time.Second, true},
		{"a second, usually 900 ms", 900 * time.Millisecond, time.Second, false},
		{"200 ms, usually 20: few people notice", 20 * time.Millisecond, 200 * time.Millisecond, false},
		{"a second, usually 20 ms", 20 * time.Millisecond, time.Second, true},
		{"faster than usual", 2 * time.Second, 100 * time.Millisecond, false},
		{"longer than can be counted", time.Second, time.Hour, true},
	}
	for _, row := range rows {
		chance := rand.New(rand.NewPCG(5, 5))
		var d Delay
		var at time.Duration
		play := func(n int, median time.Duration) {
			for range n {
				at += 10 * time.Second
				d.Add(time.Duration(float64(median)*math.Exp(0.3*chance.NormFloat64())), at)
			}
		}
		play(1000, row.usual)
		play(60, row.now)
		took, usual, n, worse := d.Worse()
		if worse != row.worse {
			t.Errorf("%s: worse is %v (%v of %d, usually %v)", row.name, worse, took, n, usual)
		}
		if near := row.usual; usual < near*3/4 || usual > near*4/3 {
			t.Errorf("%s: usually %v", row.name, usual)
		}
		play(60, row.usual)
		if _, _, _, worse := d.Worse(); worse {
			t.Errorf("%s: still worse", row.name)
		}
	}
}
