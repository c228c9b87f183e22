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

// Board keeps the health of every address. All methods are safe for concurrent use; Watch, Self and Alarm are called first.
type Board struct {
	policy  Policy
	publish func(map[wissel.Address]wissel.Verdict)
	watch   func(Transition)                  // nil: nobody asks
	check   func(ctx context.Context) Network // of our own network; nil: none
	alarm   func(key, text string)            // nil: nobody asks
	chance  func() float64                    // 0 to 1, for the jitter of probes
	pulse   pulse
	entries atomic.Pointer[map[wissel.Address]*entry]
	ours    atomic.Pointer[string] // why it is us; nil: it is not
	wake    chan struct{}
	dark    atomic.Int64 // when everybody was last found silent at once, ns since base; 0: never

	flying   atomic.Int64  // probes and checks that have not come back
	called   atomic.Int64  // when an attempt was last told, ns since base
	hung     atomic.Int64  // probes that were given up and have not come back
	givenUp  atomic.Uint64 // probes that were given up, ever
	checks   atomic.Uint64
	masses   atomic.Uint64
	saidHung int64 // the loop's: hung when its alarm was last raised
	saidMute bool  // the loop's: it has said that no trunk can be asked

	setting sync.Mutex // one Set at a time; guards trunks
	trunks  map[wissel.TrunkID]*traffic

	mu     sync.Mutex   // guards all below
	dirty  bool         // a verdict has changed since the last publish began
	busy   bool         // somebody is publishing, and will look at dirty again
	told   []Transition // for watch, when they have been published
	untold uint64       // how many were lost because told was full
	self   self
}

// entry is one address.
type entry struct {
	address wissel.Address
	heard   atomic.Int64 // ns since base, at least 1; 0: never
	trip    atomic.Int64 // when the last OPTIONS that it answered was sent, ns since base; 0: never
	legs    atomic.Int64 // answered calls that stand; changed with its traffic's mu held, so that a mass is judged by one count
	cut     atomic.Int64 // when the last of them ended abnormally, ns since base; 0: never

	mu      sync.Mutex // guards all below
	trunk   *wissel.Trunk
	traffic *traffic // of its trunk
	health  Health
	shown   shown     // as last published
	due     time.Time // of the next scheduled probe
	flights []*flight // probes that are not over
	hung    int       // those that were given up and have not come back
	burst   burst
	astray  time.Time // since when the witnesses are asked about errors on the way to it
	doubted time.Time // when a burst last began, or would have if it were to be probed
	asked   bool      // a probe has come back
	mute    time.Time // since when each probe that came back could not be sent; zero: the last one could
	cause   string    // why not
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
	b := &Board{
		policy: p, publish: publish, pulse: pulse{base: time.Now()}, chance: rand.Float64, wake: make(chan struct{}, 1),
		trunks: map[wissel.TrunkID]*traffic{},
	}
	b.entries.Store(&map[wissel.Address]*entry{})
	return b
}

// Set gives the Board the trunks to watch. What was learnt of an address or a trunk that stays is kept. An address that two
// trunks share is probed as the first of them by name.
func (b *Board) Set(trunks map[wissel.TrunkID]*wissel.Trunk) {
	b.setting.Lock()
	old, learnt := *b.entries.Load(), b.trunks
	next := make(map[wissel.Address]*entry, len(old))
	b.trunks = make(map[wissel.TrunkID]*traffic, len(trunks))
	now := time.Now()
	for _, id := range slices.Sorted(maps.Keys(trunks)) {
		t, c := trunks[id], learnt[id]
		if c == nil {
			c = &traffic{}
		}
		b.trunks[id] = c
		var mine []*entry
		for _, a := range t.Addresses {
			if _, shared := next[a]; shared {
				continue
			}
			e := old[a]
			if e == nil {
				e = &entry{address: a, due: now.Add(time.Duration(b.chance() * float64(fast(t))))}
			}
			e.mu.Lock()
			e.trunk, e.traffic = t, c
			e.mu.Unlock()
			next[a] = e
			mine = append(mine, e)
		}
		c.entries.Store(&mine)
	}
	b.entries.Store(&next)
	b.setting.Unlock()
	b.changed()
	b.nudge()
}

// Observe takes in what a call or a probe learnt. Addresses that no trunk has are ignored. It is cheap, and publishes only
// when a verdict changes.
func (b *Board) Observe(a wissel.Address, o Observation) {
	if e := b.entry(a); e != nil {
		b.observe(e, o, time.Time{}, false)
	}
}

// observe is Observe; since is when what a silence is about began, zero: not known; burst: it was a whole burst.
func (b *Board) observe(e *entry, o Observation, since time.Time, burst bool) {
	now := o.At
	if now.IsZero() {
		now = time.Now()
	}
	if o.Layer == Calls && o.Status == 0 && !o.Unreachable && b.pulse.stood(now, now) {
		return // it was we who stood still
	}
	o.Alone = b.lone(e, o, since, now, burst)
	e.mu.Lock()
	e.health = b.policy.Next(e.health, o, now)
	b.hurry(e, now)
	change := b.show(e, now)
	e.mu.Unlock()
	if change {
		b.changed()
		b.nudge()
	}
}

// hurry brings the next scheduled probe forward when the address has become doubtful. It goes by the longest that jitter
// may make of the pace, so that observations do not move a probe that is due in time. A peer that asked to be left alone gets
// none before that is over. e.mu is held.
func (b *Board) hurry(e *entry, now time.Time) {
	if rest := e.health.Layers[Probe].Rest; rest.After(now) {
		if e.due.Before(rest) {
			e.due = rest
		}
		return
	}
	pace := b.pace(e)
	if last := now.Add(pace + time.Duration(e.trunk.Probe.Jitter*float64(pace))); e.due.After(last) {
		e.due = now.Add(b.jitter(e.trunk, pace))
	}
}

// show notes what is shown of e, and reports whether it has changed. e.mu is held.
func (b *Board) show(e *entry, now time.Time) bool {
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
		n := max(1, int64(at.Sub(b.pulse.base)))
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
		return b.pulse.base.Add(time.Duration(n))
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
		b.show(e, now)
	}
	e.mu.Unlock()
	if ok {
		b.changed()
		b.nudge()
	}
	return ok
}

// Account gives the account of a; false: no trunk has it.
func (b *Board) Account(a wissel.Address) (Account, bool) {
	e := b.entry(a)
	if e == nil {
		return Account{}, false
	}
	now := time.Now()
	e.mu.Lock()
	h, trunk, pace := e.health, e.trunk, b.pace(e)
	e.mu.Unlock()
	c := b.policy.Account(h, now)
	c.Trunk, c.Address, c.Seen = trunk.ID, a, b.lastHeard(e)
	if !trunk.Probe.Off {
		c.Probed = pace
	}
	return c, true
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
