package health

import (
	"context"
	"sync"
	"time"

	"wissel"
)

// The burst of DESIGN ("Silence"): three OPTIONS, this far apart.
const (
	burstShots = 3
	burstGap   = 80 * time.Millisecond
)

// burst is the three OPTIONS that answer a Doubt.
type burst struct {
	began  time.Time // zero: none runs
	sent   int
	back   int // how many have come back, answered or not
	silent int // how many of them found silence
}

// atOnce is how many probes may wait for their answers at one time; what is due beyond that is a little late.
const atOnce = 256

// Doubt says that a call sent something to a at since and has heard nothing: one burst of OPTIONS leaves now, after 80 and
// after 160 ms, once per address; while one runs, further Doubts cost nothing. It is nothing when a has been heard since,
// and when its trunk is not to be probed.
func (b *Board) Doubt(a wissel.Address, since time.Time) {
	e := b.entry(a)
	if e == nil || b.lastHeard(e).After(since) {
		return
	}
	e.mu.Lock()
	begin := e.burst.began.IsZero() && !e.trunk.Probe.Off
	if begin {
		e.burst = burst{began: time.Now()}
	}
	e.mu.Unlock()
	if begin {
		b.nudge()
	}
}

// Run probes until ctx is done, and returns last, after all that it started. It is called once.
func (b *Board) Run(ctx context.Context, p Prober) error {
	var running sync.WaitGroup
	defer running.Wait()
	slots := make(chan struct{}, atOnce)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-b.wake:
		case <-timer.C:
		}
		next := time.Hour
		for _, e := range *b.entries.Load() {
			next = min(next, b.serve(ctx, e, func(wait time.Duration, inBurst bool) bool {
				select {
				case slots <- struct{}{}:
				default:
					return false
				}
				running.Go(func() {
					b.ask(ctx, p, e, wait, inBurst)
					<-slots
					b.nudge()
				})
				return true
			}))
		}
		timer.Reset(next)
	}
}

// serve starts what is due for e, and tells how long nothing more is.
func (b *Board) serve(ctx context.Context, e *entry, start func(wait time.Duration, inBurst bool) bool) time.Duration {
	now := time.Now()
	next := time.Hour
	sooner := func(at time.Time) { next = max(0, min(next, at.Sub(now))) }
	e.mu.Lock()
	for e.burst.sent < burstShots && !e.burst.began.IsZero() {
		at := e.burst.began.Add(time.Duration(e.burst.sent) * burstGap)
		if at.After(now) {
			sooner(at)
			break
		}
		if !start(e.burst.began.Add(patience(e.trunk)).Sub(now), true) {
			break // the next probe to come back looks again
		}
		e.burst.sent++
	}
	if !e.probing && !e.trunk.Probe.Off {
		if !e.due.After(now) && start(timeout(e.trunk), false) {
			e.probing = true
			e.due = now.Add(b.jitter(b.every(e)))
		} else if e.due.After(now) {
			sooner(e.due)
		}
	}
	change := b.look(e, now)
	if at, ok := b.policy.changes(e.health, now); ok {
		sooner(at)
	}
	e.mu.Unlock()
	if change && ctx.Err() == nil {
		b.changed()
	}
	return next
}

// ask sends one probe and takes in what came of it.
func (b *Board) ask(ctx context.Context, p Prober, e *entry, wait time.Duration, inBurst bool) {
	began := time.Now()
	e.mu.Lock()
	trunk := e.trunk
	e.mu.Unlock()
	probe, cancel := context.WithTimeout(ctx, wait)
	o := p.Probe(probe, trunk, e.address)
	cancel()
	o.Layer = Probe
	if o.Status > 0 {
		b.Heard(e.address, time.Now())
	}
	silent := o.Status == 0 && !o.Unreachable && o.Unable == nil
	switch {
	case ctx.Err() != nil: // we are leaving: that nobody waited for the answer says nothing
	case inBurst && silent: // three together are judged by shot
	default:
		o.Alone = b.alone(e, silent, began)
		b.observe(e, o)
	}
	if inBurst {
		b.shot(e, silent && ctx.Err() == nil)
		return
	}
	e.mu.Lock()
	e.probing = false
	e.mu.Unlock()
}

// alone notes a probe that was lost or not, and reports whether it may be our own network (promise 4): others spoke to us
// until lately, and nothing came from any of them since the first of the present row of lost probes was sent. Who shares
// e's host, never answers OPTIONS, or is known to be down, is no witness.
func (b *Board) alone(e *entry, silent bool, began time.Time) bool {
	e.mu.Lock()
	if !silent {
		e.lost = time.Time{}
		e.mu.Unlock()
		return false
	}
	if e.lost.IsZero() {
		e.lost = began
	}
	since := e.lost
	e.mu.Unlock()
	witnesses := false
	for _, other := range *b.entries.Load() {
		if other.address.AddrPort.Addr() == e.address.AddrPort.Addr() {
			continue
		}
		if !b.lastHeard(other).Before(since) {
			return false
		}
		other.mu.Lock()
		witnesses = witnesses || other.health.Answered && other.health.State != wissel.Down
		other.mu.Unlock()
	}
	return witnesses
}

// shot counts a probe of a burst that has come back. When all have, and nothing at all arrived meanwhile, each counts as a
// silent OPTIONS, and once more against an address that an ICMP error had made Suspect.
func (b *Board) shot(e *entry, silent bool) {
	e.mu.Lock()
	e.burst.back++
	if silent {
		e.burst.silent++
	}
	if e.burst.back < burstShots {
		e.mu.Unlock()
		return
	}
	judge := e.burst.silent == burstShots && !b.lastHeard(e).After(e.burst.began)
	unreachable := e.health.Layers[Transport].State == wissel.Suspect
	e.burst = burst{}
	e.mu.Unlock()
	if !judge {
		return
	}
	if unreachable {
		b.observe(e, Observation{Layer: Transport, Why: "and a burst of OPTIONS unanswered"})
	}
	for range burstShots {
		b.observe(e, Observation{Layer: Probe})
	}
}

// every is how long after one scheduled probe the next is due: Every when all is well, Fast when it is not. A peer that has
// never answered, and shows no sign that it will, is not asked faster than a healthy one. e.mu is held.
func (b *Board) every(e *entry) time.Duration {
	if e.health.State == wissel.Up || !e.health.Answered && e.health.Layers[Probe].Bad > 10 {
		if d := e.trunk.Probe.Every; d > 0 {
			return d
		}
		return 2 * time.Second
	}
	return fast(e.trunk)
}

// jitter moves d by at most a tenth, so that probes of many addresses do not run in step.
func (b *Board) jitter(d time.Duration) time.Duration {
	return d + time.Duration((b.chance()-0.5)*0.2*float64(d))
}

func fast(t *wissel.Trunk) time.Duration {
	if t.Probe.Fast > 0 {
		return t.Probe.Fast
	}
	return 500 * time.Millisecond
}

func timeout(t *wissel.Trunk) time.Duration {
	if t.Probe.Timeout > 0 {
		return t.Probe.Timeout
	}
	return time.Second
}

// patience is how long a burst waits in all: from Doubt to Quiet.
func patience(t *wissel.Trunk) time.Duration {
	return max(t.Timers.Quiet-t.Timers.Doubt, 250*time.Millisecond)
}
