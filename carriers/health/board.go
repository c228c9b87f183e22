package health

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"wissel"
)

// Prober asks an address how it does: one OPTIONS, sent once and never retransmitted. It returns when the answer is there
// or ctx is done, which is silence; it never returns an error but as Observation.Unable.
type Prober interface {
	Probe(ctx context.Context, t *wissel.Trunk, a wissel.Address) Observation
}

// Board keeps the health of every address. All methods are safe for concurrent use.
type Board struct {
	policy  Policy
	publish func(map[wissel.Address]wissel.Verdict)
	base    time.Time      // heard is counted from here
	chance  func() float64 // 0 to 1, for the jitter of probes
	entries atomic.Pointer[map[wissel.Address]*entry]
	wake    chan struct{}
	watch   func(Transition)                  // nil: nobody asks
	check   func(ctx context.Context) Network // of our own network; nil: none
	ours    atomic.Pointer[string]            // why it is us; nil: it is not

	mu     sync.Mutex   // guards all below
	dirty  bool         // a verdict has changed since the last publish began
	busy   bool         // somebody is publishing, and will look at dirty again
	told   []Transition // for watch, when they have been published
	untold uint64       // how many were lost because told was full
}

// entry is one address.
type entry struct {
	address wissel.Address
	heard   atomic.Int64 // ns since base, at least 1; 0: never
	legs    struct{ tried, up atomic.Int64 }

	mu      sync.Mutex // guards all below
	trunk   *wissel.Trunk
	health  Health
	shown   shown     // as last published
	due     time.Time // of the next scheduled probe
	probing bool      // a scheduled probe is in flight
	lost    time.Time // when the first of the present row of lost probes was sent; zero: the last one was answered
	burst   burst
}

// shown is the part of a verdict whose change is published.
type shown struct {
	state           wissel.State
	retry, answered bool
}

// NewBoard makes a Board. publish is called after each change of a verdict with a map that is never written again, in
// order and never twice at the same time: on the goroutine that brought the change, or, when another is publishing at that
// moment, on that one right after. It may not block. It may be nil.
func NewBoard(p Policy, publish func(map[wissel.Address]wissel.Verdict)) *Board {
	b := &Board{policy: p, publish: publish, base: time.Now(), chance: rand.Float64, wake: make(chan struct{}, 1)}
	b.entries.Store(&map[wissel.Address]*entry{})
	return b
}

// Set gives the Board the trunks to watch. What was learnt of an address that stays is kept. An address that two trunks
// share is probed as the first of them by name.
func (b *Board) Set(trunks map[wissel.TrunkID]*wissel.Trunk) {
	old := *b.entries.Load()
	next := make(map[wissel.Address]*entry, len(old))
	now := time.Now()
	for _, id := range slices.Sorted(maps.Keys(trunks)) {
		t := trunks[id]
		for _, a := range t.Addresses {
			if _, shared := next[a]; shared {
				continue
			}
			e := old[a]
			if e == nil {
				e = &entry{address: a, due: now.Add(time.Duration(b.chance() * float64(fast(t))))}
			}
			e.mu.Lock()
			e.trunk = t
			e.mu.Unlock()
			next[a] = e
		}
	}
	b.entries.Store(&next)
	b.changed()
	b.nudge()
}

// Observe takes in what a call or a probe learnt. Addresses that no trunk has are ignored. It is cheap, and publishes only
// when a verdict changes.
func (b *Board) Observe(a wissel.Address, o Observation) {
	if e := b.entry(a); e != nil {
		b.observe(e, o)
	}
}

func (b *Board) observe(e *entry, o Observation) {
	now := o.At
	if now.IsZero() {
		now = time.Now()
	}
	e.mu.Lock()
	before := e.health.State
	e.health = b.policy.Next(e.health, o, now)
	if after := e.health.State; after != before {
		b.hurry(e, now)
	}
	change := b.look(e, now)
	e.mu.Unlock()
	if change {
		b.changed()
		b.nudge()
	}
}

// hurry brings the next scheduled probe forward when the address has become doubtful. e.mu is held.
func (b *Board) hurry(e *entry, now time.Time) {
	if soon := now.Add(b.jitter(fast(e.trunk))); e.health.State != wissel.Up && e.due.After(soon) {
		e.due = soon
	}
}

// look notes what is shown of e, and reports whether it has changed. e.mu is held.
func (b *Board) look(e *entry, now time.Time) bool {
	e.health = b.policy.At(e.health, now)
	s := shown{e.health.State, b.policy.retry(e.health, now), e.health.Answered}
	change := s != e.shown
	if s.state != e.shown.state {
		b.tell(b.transition(e, e.shown.state, now))
	}
	e.shown = s
	return change
}

// Heard says that something, anything, arrived from a. It takes no lock and allocates nothing.
func (b *Board) Heard(a wissel.Address, at time.Time) {
	if e := b.entry(a); e != nil {
		n := max(1, int64(at.Sub(b.base)))
		for old := e.heard.Load(); old < n && !e.heard.CompareAndSwap(old, n); old = e.heard.Load() {
		}
	}
}

// LastHeard is the last Heard of a; zero: never.
func (b *Board) LastHeard(a wissel.Address) time.Time {
	if e := b.entry(a); e != nil {
		return b.lastHeard(e)
	}
	return time.Time{}
}

func (b *Board) lastHeard(e *entry) time.Time {
	if n := e.heard.Load(); n != 0 {
		return b.base.Add(time.Duration(n))
	}
	return time.Time{}
}

// Claim gives out the one call that an address with Verdict.Retry is offered: the first to ask gets true and tries it,
// the others pass it over as Down.
func (b *Board) Claim(a wissel.Address) bool {
	e := b.entry(a)
	if e == nil {
		return false
	}
	now := time.Now()
	e.mu.Lock()
	ok := b.policy.retry(e.health, now)
	if ok {
		e.health.Claimed = now
		b.look(e, now)
	}
	e.mu.Unlock()
	if ok {
		b.changed()
		b.nudge()
	}
	return ok
}

// Verdicts gives the verdict on each address now, with Seen.
func (b *Board) Verdicts() map[wissel.Address]wissel.Verdict {
	entries := *b.entries.Load()
	m := make(map[wissel.Address]wissel.Verdict, len(entries))
	now := time.Now()
	for a, e := range entries {
		e.mu.Lock()
		v := b.policy.Verdict(e.health, now)
		e.mu.Unlock()
		v.Seen = b.lastHeard(e)
		m[a] = v
	}
	return m
}

// changed publishes, and then tells Watch's f what had changed by then. No lock is held while either runs; who finds
// somebody publishing leaves it to him.
func (b *Board) changed() {
	b.mu.Lock()
	b.dirty = true
	if b.busy {
		b.mu.Unlock()
		return
	}
	b.busy = true
	for b.dirty {
		told := b.told
		b.dirty, b.told = false, nil
		b.mu.Unlock()
		if b.publish != nil {
			b.publish(b.Verdicts())
		}
		for _, t := range told {
			b.watch(t)
		}
		b.mu.Lock()
	}
	b.busy = false
	b.mu.Unlock()
}

func (b *Board) entry(a wissel.Address) *entry { return (*b.entries.Load())[a] }

// nudge lets the loop look again at what is due.
func (b *Board) nudge() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}
