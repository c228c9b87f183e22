package redis

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"pgregory.net/rapid"

	"wissel/internal/sms"
	"wissel/internal/virtual"
)

// strict is a limit of one node.
func strict(most int, per time.Duration) redis_rate.Limit {
	return bucket(sms.Limit{Most: most, Per: per}, 1)
}

// Whatever is asked and whenever: no window of a limit's period sees more than the limit, and who keeps asking gets it.
func TestNoWindowSeesMoreThanTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 60).Draw(t, "most")
		per := time.Duration(rapid.IntRange(1, 3600).Draw(t, "per")) * time.Second
		l := strict(most, per)
		each := per.Seconds() / float64(l.Rate)
		type taken struct {
			at float64
			n  int
		}
		var all []taken
		full, now := 0.0, 0.0
		for range rapid.IntRange(1, 200).Draw(t, "asks") {
			now += rapid.SampledFrom([]float64{0, 0, each / 3, each, each * 1.5, per.Seconds() / 2, per.Seconds()}).Draw(t, "wait")
			n := rapid.IntRange(1, l.Burst).Draw(t, "cost")
			var r told
			if r, full = (ask{burst: float64(l.Burst), each: each, cost: float64(n)}).gcra(full, now); r.allowed > 0 {
				all = append(all, taken{now, n})
			}
		}
		for i := range all {
			sum := 0
			for _, x := range all[i:] {
				if x.at < all[i].at+per.Seconds()*(1-1e-9) {
					sum += x.n
				}
			}
			if sum > most {
				t.Fatalf("%d within %v, at most %d may be: %v", sum, per, most, all)
			}
		}
	})
}

// One who asks all the time gets the whole of a small limit in each period, all of it at once; of a large one half at once, the whole in the
// first period and half of it in each that follows. No stretch of a period sees more than the limit.
func TestALimitIsReached(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		for _, c := range []struct{ most, once, first, then int }{{1, 1, 1, 1}, {2, 2, 2, 2}, {3, 3, 3, 3}, {12, 12, 12, 12}, {50, 50, 50, 50}, {64, 64, 64, 64}, {1000, 501, 1000, 499}} {
			l := New(DefaultSettings(), slog.New(slog.DiscardHandler))
			charges := []sms.Charge{{Key: "k", Limit: sms.Limit{Most: c.most, Per: time.Hour}, N: 1}}
			var at []time.Time
			once := 0
			for i := range 3 * 3600 {
				for {
					if refused, _ := l.Take(context.Background(), charges); refused >= 0 {
						break
					}
					at = append(at, time.Now())
				}
				if i == 0 {
					once = len(at)
				}
				<-time.After(time.Second)
			}
			hours := [3]int{}
			for i, x := range at {
				hours[min(int(x.Sub(at[0])/time.Hour), 2)]++
				if i >= c.most && x.Sub(at[i-c.most]) < time.Hour {
					t.Fatalf("%d an hour: %d within %v", c.most, c.most+1, x.Sub(at[i-c.most]))
				}
			}
			if once != c.once || hours[0] < c.first-1 || hours[0] > c.first || hours[1] < c.then-1 || hours[2] < c.then-2 {
				t.Errorf("of %d an hour %d came at once, want %d; %v in the first hours, want %d and %d", c.most, once, c.once, hours, c.first, c.then)
			}
		}
	})
}

// Whatever is asked, given back and awaited: no stretch of a period sees more than a small limit, and who is refused is told when there is room.
func TestPlacesHoldWheneverTheyAreAsked(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		chance := rand.New(rand.NewPCG(26, 50))
		for round := range 40 {
			l, most := New(DefaultSettings(), slog.New(slog.DiscardHandler)), 1+chance.IntN(mostPlaces)
			one := sms.Charge{Key: "k", Limit: sms.Limit{Most: most, Per: time.Hour}, N: 1}
			shut := sms.Charge{Key: "shut", Limit: sms.Limit{Most: 1, Per: 10_000 * time.Hour}, N: 1} // behind it: what it refuses is given back
			l.Take(context.Background(), []sms.Charge{shut})
			var at []time.Time
			for range 300 {
				<-time.After(time.Duration(chance.Int64N(int64(2 * time.Hour / time.Duration(most)))))
				if chance.IntN(3) == 0 {
					l.Take(context.Background(), []sms.Charge{one, shut})
				}
				refused, after := l.Take(context.Background(), []sms.Charge{one})
				if refused >= 0 {
					if free := at[len(at)-most].Add(time.Hour); (time.Until(free) - after).Abs() > time.Second {
						t.Fatalf("round %d: of %d one is refused for %v, there is room in %v", round, most, after, time.Until(free))
					}
					continue
				}
				if at = append(at, time.Now()); len(at) > most && at[len(at)-1].Sub(at[len(at)-1-most]) < time.Hour-time.Microsecond {
					t.Fatalf("round %d: %d within %v", round, most+1, at[len(at)-1].Sub(at[len(at)-1-most]))
				}
			}
		}
	})
}

// Numbers without end ask for texts: memory is bounded, nobody is let through for it, and those who came before keep their limit.
func TestBucketsAreBounded(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		b := newBuckets(1000)
		l := redis_rate.NewLimiter(b)
		once := strict(1, 10*time.Minute)
		ask := func(key string) int {
			r, err := l.Allow(context.Background(), key, once)
			if err != nil {
				t.Fatal(err)
			}
			return r.Allowed
		}
		allowed := 0
		for i := range 20_000 {
			allowed += ask(fmt.Sprint(i))
		}
		n, over := b.size()
		if n > 1000+shared || allowed != n || over != 19_000 {
			t.Errorf("%d buckets are held, %d were allowed, %d had to share", n, allowed, over)
		}
		if ask("5") != 0 {
			t.Error("one who had his is allowed again")
		}
		<-time.After(10*time.Minute + time.Second)
		for i := range 400 {
			if ask(fmt.Sprint("new", i)) != 1 {
				t.Fatal("full buckets are not swept away: a newcomer has no room")
			}
		}
		for range 3000 {
			ask("new1")
		}
		if n, _ = b.size(); n > 700 {
			t.Errorf("%d buckets are held, those of 400 are not full", n)
		}
	})
}

// What was taken and is given back is there again, and no more than that.
func TestGivingBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		burst := float64(rapid.IntRange(1, 20).Draw(t, "burst"))
		full, now := 100+rapid.Float64Range(-50, 50).Draw(t, "full"), 100.0
		n := float64(rapid.IntRange(1, int(burst)).Draw(t, "n"))
		r, after := (ask{burst: burst, each: 1, cost: n}).gcra(full, now)
		if r.allowed == 0 {
			return
		}
		_, back := (ask{burst: burst, each: 1, cost: -n}).gcra(after, now)
		if math.Abs(back-max(full, now)) > 1e-9 && after-n > now+1e-9 {
			t.Fatalf("was full at %v, is at %v", full, back)
		}
	})
}

func BenchmarkACheckInProcess(b *testing.B) {
	l := redis_rate.NewLimiter(newBuckets(mostBuckets))
	limit := strict(1_000_000, time.Second)
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Allow(ctx, "number:+31612345678", limit); err != nil {
			b.Fatal(err)
		}
	}
}
