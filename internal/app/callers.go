package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"wissel"
	"wissel/ivr"
)

const (
	remembered = 24 * time.Hour
	mostKnown  = 50_000 // numbers
	often      = 3      // calls within an hour, with those that go on; a number with more is a switchboard or a care home, and nobody's own
	mostTimes  = 20     // calls kept of one number
)

// callers remembers, in memory, who came to a flow within a day, and what for.
type callers struct {
	mu    sync.Mutex
	known map[wissel.Number]*caller
}

type caller struct {
	calls          []time.Time // when they ended, oldest first
	here           int         // calls that go on
	text, callback time.Time   // when he last asked for it
}

func newCallers() *callers { return &callers{known: map[wissel.Number]*caller{}} }

// before is what a caller did before now, and when the last of his calls ended. Nothing of a number with more than 3 calls.
func (c *callers) before(n wissel.Number, now time.Time) (f ivr.RepeatFacts, last time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.known[n]
	if n == "" || k == nil || k.often(now) {
		return f, last
	}
	for _, at := range k.calls {
		if now.Sub(at) < remembered {
			f.Calls++
			last = at
		}
	}
	f.Text, f.Callback = now.Sub(k.text) < remembered, now.Sub(k.callback) < remembered
	return f, last
}

// often reports whether a number has more calls within an hour than one person makes.
func (c *callers) often(n wissel.Number, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.known[n]
	return k != nil && k.often(now)
}

func (k *caller) often(now time.Time) bool {
	hour := k.here
	for _, at := range k.calls {
		if now.Sub(at) < time.Hour {
			hour++
		}
	}
	return hour > often
}

// came notes a call that begins; called or left follows.
func (c *callers) came(n wissel.Number) { c.note(n, func(k *caller) { k.here++ }) }

// left notes that a call which came is over, and tells nothing of it.
func (c *callers) left(n wissel.Number) { c.note(n, func(k *caller) { k.here = max(0, k.here-1) }) }

// called notes a call that ended.
func (c *callers) called(n wissel.Number, at time.Time) {
	c.note(n, func(k *caller) {
		if k.calls = append(k.calls, at); len(k.calls) > mostTimes {
			k.calls = k.calls[1:]
		}
	})
}

// wished notes a wish that is on disk.
func (c *callers) wished(n wissel.Number, kind wissel.WishKind, at time.Time) {
	c.note(n, func(k *caller) {
		if kind != wissel.WishCallback {
			k.text = at
		}
		if kind != wissel.WishText {
			k.callback = at
		}
	})
}

func (c *callers) note(n wissel.Number, do func(*caller)) {
	if n == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.known[n]
	if k == nil {
		if len(c.known) >= mostKnown {
			for other, k := range c.known { // any one who is not here: the order of a map is chance
				if k.here == 0 {
					delete(c.known, other)
					break
				}
			}
		}
		k = &caller{}
		c.known[n] = k
	}
	do(k)
}

// rows are the records that a start learns from.
type rows interface {
	CDRs(ctx context.Context, since time.Time, limit int) ([]wissel.CDR, error)
	Wishes(ctx context.Context, since time.Time) ([]wissel.Wish, error)
}

// learn reads the last day's calls and wishes. Until it is done callers are taken for new ones.
func (c *callers) learn(ctx context.Context, from rows) error {
	since := time.Now().Add(-remembered)
	cdrs, err := from.CDRs(ctx, since, mostKnown)
	if err != nil {
		return fmt.Errorf("read the calls of the last day: %w", err)
	}
	for _, r := range cdrs {
		if r.Target.Flow != "" && !r.Test && r.Group != wissel.CrisisGroup {
			c.called(r.From, r.Ended)
		}
	}
	wishes, err := from.Wishes(ctx, since)
	if err != nil {
		return fmt.Errorf("read the wishes of the last day: %w", err)
	}
	for _, w := range wishes {
		if !w.Hidden {
			c.wished(w.Number, w.Kind, w.At)
		}
	}
	return nil
}
