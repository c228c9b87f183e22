package redis

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/go-redis/redis_rate/v10"
	goredis "github.com/redis/go-redis/v9"
)

// world is a real Redis, asked through redis_rate, and the time and the bucket that it decides by.
type world struct {
	t *testing.T
	c *goredis.Client
}

// now is the time of the server as its scripts see it.
func (w world) now() float64 {
	w.t.Helper()
	at, err := w.c.Time(context.Background()).Result()
	if err != nil {
		w.t.Fatal(err)
	}
	return float64(at.Unix()-1483228800) + float64(at.Nanosecond()/1000)/1e6 // 1 January 2017, as the scripts count
}

// full is when a bucket is full: the value of its key, 0 when there is none.
func (w world) full(key string) float64 {
	w.t.Helper()
	text, err := w.c.Get(context.Background(), "rate:"+key).Result()
	if errors.Is(err, goredis.Nil) {
		return 0
	}
	if err != nil {
		w.t.Fatal(err)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// The decision of this process is that of redis_rate's scripts in a real Redis: for each question, from the very state that Redis
// was in, what Redis answers lies between our answers at the times just before and just after.
func TestTheSameAsARealRedis(t *testing.T) {
	w := world{t, serve(t).client()}
	defer func() { _ = w.c.Close() }() // there is nothing in it
	real, rng := redis_rate.NewLimiter(w.c), rand.New(rand.NewPCG(1, 2))
	keys := []string{"a", "b", "c", "d", "e"}
	limits := []redis_rate.Limit{
		strict(1, 50*time.Millisecond), strict(3, 100*time.Millisecond), strict(50, 200*time.Millisecond), strict(12, time.Hour), strict(1_000_000, time.Minute),
		{Rate: 7, Burst: 1, Period: 30 * time.Millisecond}, {Rate: 1000, Burst: 3, Period: time.Second},
	}
	refused, partly, given := 0, 0, 0
	const asks = 6000
	for i := range asks {
		at := rng.IntN(len(keys))
		key, l := keys[at], limits[(at+i/1500)%len(limits)]
		n := 1 + rng.IntN(l.Burst+1)
		if rng.IntN(4) > 0 {
			n = 1
		}
		atMost := rng.IntN(5) == 0
		switch rng.IntN(20) {
		case 0:
			if !atMost {
				n = -n
			}
		case 1:
			if err := real.Reset(context.Background(), key); err != nil {
				t.Fatal(err)
			}
		}
		do := real.AllowN
		if atMost {
			do = real.AllowAtMost
		}
		was, before := w.full(key), w.now()
		got, err := do(context.Background(), key, l, n)
		if err != nil {
			t.Fatal(err)
		}
		after := w.now()
		is := w.full(key)
		q := ask{burst: float64(l.Burst), each: l.Period.Seconds() / float64(l.Rate), cost: float64(n), atMost: atMost}
		early, set1 := q.gcra(was, before)
		late, set2 := q.gcra(was, after)
		if !between(got, early, late, q.each) {
			t.Fatalf("ask %d: %+v of %v: a real Redis says %+v, here %+v to %+v", i, q, l, *got, early, late)
		}
		if is != 0 && (is < min(set1, set2)-1e-5 || is > max(set1, set2)+1e-5) && is != was {
			t.Fatalf("ask %d: %+v: a real bucket is full at %v, here at %v to %v", i, q, is, set1, set2)
		}
		switch {
		case got.Allowed == 0:
			refused++
		case got.Allowed < n:
			partly++
		case n < 0:
			given++
		}
	}
	t.Logf("%d asks: %d refused, %d allowed in part, %d given back; all the same", asks, refused, partly, given)
	if refused < 100 || partly < 20 || given < 50 {
		t.Errorf("too few of a kind: %d refused, %d in part, %d given back", refused, partly, given)
	}
}

// between reports whether an answer is one of ours within the time that the question was under way. The scripts count in seconds
// since 2017, of which the last digits are rounded: a whole number of theirs may be just below one, and cut off.
func between(got *redis_rate.Result, early, late told, each float64) bool {
	in := func(x, a, b, off float64) bool { return x >= min(a, b)-off && x <= max(a, b)+off }
	digits := 2e-7 / each
	cut := func(x int, a, b float64) bool {
		return in(float64(x), math.Trunc(a), math.Trunc(b), 0) || in(float64(x), math.Trunc(a-digits), math.Trunc(b+digits), 0)
	}
	if got.Allowed == 0 && got.RetryAfter >= 0 && got.RetryAfter < time.Microsecond && early.retry == -1 {
		return true // likewise: the last one of a full bucket is refused
	}
	if !cut(got.Allowed, early.allowed, late.allowed) || !cut(got.Remaining, early.remaining, late.remaining) {
		return false
	}
	if (early.retry == -1) != (late.retry == -1) {
		return true // the time came in between
	}
	retry := got.RetryAfter.Seconds()
	if got.RetryAfter == -1 {
		retry = -1
	}
	const off = 5e-6 // the server counts in microseconds
	return in(retry, early.retry, late.retry, off) && in(got.ResetAfter.Seconds(), early.reset, late.reset, off)
}

// A limiter over this process answers as one over a real Redis, to all that redis_rate may ask.
func TestBothThroughTheSameLibrary(t *testing.T) {
	c := serve(t).client()
	defer func() { _ = c.Close() }() // there is nothing in it
	here, there := redis_rate.NewLimiter(newBuckets(mostBuckets)), redis_rate.NewLimiter(c)
	hour := redis_rate.Limit{Rate: 9, Burst: 9, Period: time.Hour} // nothing comes back while the test runs
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 2000 {
		key, n := strconv.Itoa(rng.IntN(40)), 1+rng.IntN(6)
		ask := func(l *redis_rate.Limiter) *redis_rate.Result {
			do := l.AllowN
			if i%3 == 0 {
				do = l.AllowAtMost
			}
			r, err := do(context.Background(), key, hour, n)
			if err != nil {
				t.Fatal(err)
			}
			if i%7 == 0 && n == 6 {
				if err := l.Reset(context.Background(), key); err != nil {
					t.Fatal(err)
				}
			}
			return r
		}
		x, y := ask(here), ask(there)
		if x.Allowed != y.Allowed || x.Remaining-y.Remaining > 1 || y.Remaining-x.Remaining > 1 || (x.RetryAfter-y.RetryAfter).Abs() > time.Second || (x.ResetAfter-y.ResetAfter).Abs() > time.Second {
			t.Fatalf("ask %d of %s for %d: here %+v, in Redis %+v", i, key, n, *x, *y)
		}
	}
}
