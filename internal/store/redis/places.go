package redis

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"

	"wissel/internal/sms"
)

// mostPlaces is up to which size a limit is counted by places: buckets of one, as many as it lets through. Each is free again one period
// after it was taken, so that no stretch of a period sees more, all may come at once, and all come again. What is larger has one bucket
// (bucket), of which half is there at once.
const mostPlaces = 64

// placed reports whether a charge is counted by places. All nodes decide alike.
func placed(c sms.Charge, nodes int) bool {
	return c.N == 1 && !c.Limit.AtOnce && share(c.Limit, nodes) <= mostPlaces
}

// share is how much of a limit one of so many nodes has: its part, and at least one.
func share(l sms.Limit, nodes int) int { return max(1, l.Most/nodes) }

// site is where charges are counted: over all nodes, or in this process.
type site struct {
	limiter *redis_rate.Limiter
	name    func(key string) string // as it stands there
	near    hints
}

// charged is what was taken of one bucket; without a key nothing was.
type charged struct {
	key   string
	limit redis_rate.Limit
	n     int
	of    string // the key of the charge, when it is one place of several
}

// charge makes one. A charged without a key is a refusal, and after is when there may be room.
func (s *site) charge(ctx context.Context, c sms.Charge, nodes int) (_ charged, after time.Duration, err error) {
	if placed(c, nodes) {
		return s.place(ctx, c, share(c.Limit, nodes))
	}
	limit := bucket(c.Limit, nodes)
	one := charged{key: s.name(c.Key), limit: limit, n: fit(c.N, limit)}
	got, err := s.limiter.AllowN(ctx, one.key, limit, one.n)
	switch {
	case err != nil:
		return charged{}, 0, err
	case got.Allowed == 0:
		return charged{}, got.RetryAfter, nil
	}
	return one, 0, nil
}

// place takes the first place that is free. They are taken round and round, so that the next is the one that has been taken longest: one
// question finds it, unless other nodes take of the same.
func (s *site) place(ctx context.Context, c sms.Charge, most int) (_ charged, after time.Duration, err error) {
	now := time.Now()
	was := s.near.of(c.Key)
	if now.Before(was.shut) {
		return charged{}, was.free.Sub(now), nil
	}
	one := charged{limit: redis_rate.Limit{Burst: 1, Rate: 1, Period: c.Limit.Per}, n: 1, of: c.Key}
	for i := range most {
		at := (was.next + i) % most
		key := s.name(c.Key + "#" + strconv.Itoa(at))
		got, err := s.limiter.AllowN(ctx, key, one.limit, 1)
		if err != nil {
			s.near.set(c.Key, hint{next: at}) // who asks next goes on from here
			return charged{}, 0, err
		}
		if got.Allowed > 0 {
			s.near.set(c.Key, hint{next: at + 1})
			one.key = key
			return one, 0, nil
		}
		if after == 0 || got.RetryAfter < after {
			after = got.RetryAfter
		}
	}
	s.near.set(c.Key, hint{next: was.next, shut: now.Add(min(after, shutFor)), free: now.Add(after)})
	return charged{}, after, nil
}

// back undoes a charge.
func (s *site) back(ctx context.Context, c charged) error {
	if c.of != "" {
		s.near.open(c.of)
	}
	got, err := s.limiter.AllowN(ctx, c.key, c.limit, -c.n)
	if err == nil && got.ResetAfter <= 0 { // it was the only one: redis_rate leaves such a bucket as it was
		err = s.limiter.Reset(ctx, c.key)
	}
	return err
}

// shutFor is how long it is remembered that all places of a limit were taken, so that a flood asks once for all of them and not each time.
const shutFor = time.Second

// mostHints bounds what is remembered of limits; it only saves questions, so that all of it may be forgotten.
const mostHints = 4096

// hints are where the next free place of a limit may be, and until when there is none.
type hints struct {
	mu  sync.Mutex
	all map[string]hint
}

type hint struct {
	next int
	shut time.Time // until when nobody is asked
	free time.Time // when there may be room
}

func (h *hints) of(key string) hint {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all[key]
}

func (h *hints) set(key string, one hint) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all == nil || len(h.all) >= mostHints {
		h.all = map[string]hint{}
	}
	h.all[key] = one
}

// open forgets that there is no free place.
func (h *hints) open(key string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if one, known := h.all[key]; known {
		h.all[key] = hint{next: one.next}
	}
}
