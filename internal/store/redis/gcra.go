package redis

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	goredis "github.com/redis/go-redis/v9"

	"wissel/internal/sms"
)

// buckets is what redis_rate needs of Redis, in this process: the two scripts that it runs are known by their hashes, and
// done here (a generic cell rate algorithm: a bucket is the time at which it will be full again). It is bounded: full buckets
// are swept away, and where there are too many that are not, newcomers share the few of the rest.
type buckets struct {
	now func() float64 // seconds, never going back

	mu   sync.Mutex
	full map[string]float64 // when a bucket is full again
	most int
	over uint64 // how often a newcomer had to share

	allowN, allowAtMost string // hashes of the scripts
}

const (
	mostBuckets = 200_000 // about 30 MB
	shared      = 1_024   // buckets of those for whom there is no room, more than mostBuckets
	glance      = 3       // buckets looked at with each check: full ones go
)

func newBuckets(most int) *buckets {
	begun := time.Now()
	b := &buckets{now: func() float64 { return time.Since(begun).Seconds() }, full: map[string]float64{}, most: most}
	b.allowN, b.allowAtMost = scripts()
	return b
}

// scripts asks redis_rate for the hashes of its scripts, by looking at what it sends.
func scripts() (allowN, allowAtMost string) {
	var look looker
	l := redis_rate.NewLimiter(&look)
	one := redis_rate.PerSecond(1)
	_, _ = l.AllowN(context.Background(), "", one, 1) // it fails, and has sent the hash by then
	allowN = look.sha
	_, _ = l.AllowAtMost(context.Background(), "", one, 1)
	return allowN, look.sha
}

// looker sees which script is asked for.
type looker struct {
	buckets
	sha string
}

var errLooked = errors.New("looked at")

func (l *looker) EvalSha(ctx context.Context, sha string, _ []string, _ ...any) *goredis.Cmd {
	l.sha = sha
	return failed(ctx, errLooked)
}

func failed(ctx context.Context, err error) *goredis.Cmd {
	cmd := goredis.NewCmd(ctx)
	cmd.SetErr(err)
	return cmd
}

// EvalSha does a script of redis_rate's. keys is the bucket; args are burst, rate, period in seconds and cost, as it gives them.
func (b *buckets) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *goredis.Cmd {
	atMost := sha == b.allowAtMost
	if !atMost && sha != b.allowN || len(keys) != 1 || len(args) != 4 {
		return failed(ctx, fmt.Errorf("a script that is not known here: %s with %d keys and %d values", sha, len(keys), len(args)))
	}
	burst, ok1 := args[0].(int)
	rate, ok2 := args[1].(int)
	period, ok3 := args[2].(float64)
	cost, ok4 := args[3].(int)
	if !ok1 || !ok2 || !ok3 || !ok4 || rate < 1 {
		return failed(ctx, fmt.Errorf("a limit that is none: burst %v, rate %v, period %v, cost %v", args[0], args[1], args[2], args[3]))
	}
	r := b.take(keys[0], ask{burst: float64(burst), each: period / float64(rate), cost: float64(cost), atMost: atMost})
	cmd := goredis.NewCmd(ctx)
	cmd.SetVal([]any{int64(r.allowed), int64(r.remaining), seconds(r.retry), seconds(r.reset)})
	return cmd
}

func seconds(f float64) string { return strconv.FormatFloat(f, 'g', 14, 64) }

// ask is one question about a bucket. each is the seconds in which one comes back to it.
type ask struct {
	burst, each, cost float64
	atMost            bool // less than cost is welcome too
}

// told is the answer: how many are allowed, how many more would be now, in how many seconds it makes sense to ask again (-1: at
// once), and in how many the bucket is full.
type told struct{ allowed, remaining, retry, reset float64 }

// rounding is more than sums of times are off by, in seconds: without it a full bucket may refuse its last.
const rounding = 1e-7

// gcra decides about a bucket that is full at a time, as the scripts of redis_rate do. set is when it is full afterwards.
func (a ask) gcra(full, now float64) (r told, set float64) {
	full = max(full, now)
	next := full + a.each*a.cost
	if a.atMost {
		next = full + a.each
	}
	left := (now - (next - a.each*a.burst)) / a.each
	if whole := math.Round(left); math.Abs(left-whole)*a.each < rounding {
		left = whole
	}
	switch {
	case left < 0:
		return told{retry: -left * a.each, reset: full - now}, full
	case a.atMost:
		room := left + 1
		r = told{allowed: min(a.cost, room), remaining: max(0, room-a.cost), retry: -1}
		next = full + a.each*r.allowed
	default:
		r = told{allowed: a.cost, remaining: left, retry: -1}
	}
	r.reset = next - now
	if r.reset <= 0 { // it gave back more than was taken: the script leaves the bucket as it was
		return r, full
	}
	return r, next
}

func (b *buckets) take(key string, a ask) told {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	full, there := b.full[key]
	b.sweep(now)
	if !there && len(b.full) >= b.most {
		key = b.share(key)
		full = b.full[key]
	}
	r, set := a.gcra(full, now)
	if set > now {
		b.full[key] = set
	}
	return r
}

// sweep looks at a few buckets, whichever come, and at all when there is no room.
func (b *buckets) sweep(now float64) {
	n := glance
	if len(b.full) >= b.most {
		n = glance * 100
	}
	for key, full := range b.full {
		if full <= now {
			delete(b.full, key)
		}
		if n--; n == 0 {
			return
		}
	}
}

// share gives the bucket of one for whom there is no room: one of a fixed number, which others have too.
func (b *buckets) share(key string) string {
	b.over++
	h := uint32(2166136261) // FNV-1a
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * 16777619
	}
	return "shared:" + strconv.Itoa(int(h%shared))
}

// size is how many buckets are not full, and how often a newcomer had to share one.
func (b *buckets) size() (n int, over uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.full), b.over
}

// Del makes buckets full.
func (b *buckets) Del(ctx context.Context, keys ...string) *goredis.IntCmd {
	b.mu.Lock()
	defer b.mu.Unlock()
	cmd := goredis.NewIntCmd(ctx)
	for _, k := range keys {
		if _, there := b.full[k]; there {
			delete(b.full, k)
			cmd.SetVal(cmd.Val() + 1)
		}
	}
	return cmd
}

// The rest of what redis_rate may ask of Redis: it never has to, for the scripts are known here.

func (b *buckets) Eval(ctx context.Context, _ string, _ []string, _ ...any) *goredis.Cmd {
	return failed(ctx, errUnknown)
}

func (b *buckets) EvalRO(ctx context.Context, _ string, _ []string, _ ...any) *goredis.Cmd {
	return failed(ctx, errUnknown)
}

func (b *buckets) EvalShaRO(ctx context.Context, _ string, _ []string, _ ...any) *goredis.Cmd {
	return failed(ctx, errUnknown)
}

func (b *buckets) ScriptExists(ctx context.Context, hashes ...string) *goredis.BoolSliceCmd {
	cmd := goredis.NewBoolSliceCmd(ctx)
	known := make([]bool, len(hashes))
	for i, h := range hashes {
		known[i] = h == b.allowN || h == b.allowAtMost
	}
	cmd.SetVal(known)
	return cmd
}

func (b *buckets) ScriptLoad(ctx context.Context, _ string) *goredis.StringCmd {
	cmd := goredis.NewStringCmd(ctx)
	cmd.SetErr(errUnknown)
	return cmd
}

var errUnknown = errors.New("only the scripts of redis_rate are known here")

// bucket is a limit as redis_rate has it, so that no window of its period sees more than the limit: what is there at once and
// what comes back within a period are that many together. nodes is how many share it: each has its part, and at least one.
func bucket(l sms.Limit, nodes int) redis_rate.Limit {
	most := max(1, l.Most/nodes)
	if l.AtOnce {
		return redis_rate.Limit{Burst: most, Rate: most, Period: l.Per}
	}
	burst := most/2 + 1
	return redis_rate.Limit{Burst: burst, Rate: most + 1 - burst, Period: l.Per}
}

// fit gives how many of a cost a bucket can ever hold: one that is larger would wait for good.
func fit(n int, l redis_rate.Limit) int { return int(math.Min(float64(n), float64(l.Burst))) }
