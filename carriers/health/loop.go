package health

import (
	"context"
	"fmt"
	"slices"
	"time"

	"wissel"
)

// The bounds of what Run has on its way at one time.
const (
	atOnce   = 256             // probes that may wait for their answers; what is due beyond that is a little late
	maxHung  = 64              // probes that were given up and have not come back: then no new ones are sent
	hungEach = 3               // of them to one address: then it is not asked
	overdue  = 1 * time.Second // a Prober that is so late to come back hangs
	leaving  = 1 * time.Second // how long Run waits for what it started, when it ends
)

// flight is one OPTIONS that has not come back. Its fields are guarded by its entry's lock.
type flight struct {
	began   time.Time
	wait    time.Duration // its own timeout
	inBurst bool
	called  bool      // it is half over, and the witnesses have been asked
	limit   time.Time // when it is given up
	back    bool      // it came back, and what it brought is being taken in
	over    bool      // that is done, or it was given up: what it still brings does not count
}

// Run probes until ctx is done, and returns last, after all that it started. A Prober that hangs cannot be waited for: after
// 1 s it is left behind, and the error says how many were. Run is called once.
func (b *Board) Run(ctx context.Context, p Prober) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return b.leave()
		case <-b.wake:
		case <-timer.C:
		}
		b.look(time.Now())
		next := b.examine(ctx)
		for _, e := range *b.entries.Load() {
			next = min(next, b.serve(ctx, p, e))
		}
		b.sayHung()
		next = min(next, b.sayMute(time.Now()))
		now := time.Now()
		if called := time.Duration(b.called.Load()); b.flying.Load() > 0 || called != 0 && b.since(now)-called < callsLately {
			next = min(next, beat)
		}
		b.look(now)
		b.pulse.arm(now.Add(next))
		timer.Reset(next)
	}
}

// leave waits for what is still on its way.
func (b *Board) leave() error {
	late := time.NewTimer(leaving)
	defer late.Stop()
	for b.flying.Load()+b.hung.Load() > 0 {
		select {
		case <-b.wake:
		case <-late.C:
			return fmt.Errorf("%d health checks did not come back, and are left behind", b.flying.Load()+b.hung.Load())
		}
	}
	return nil
}

// serve starts what is due for e, gives up what hangs, and tells how long nothing more is to be done.
func (b *Board) serve(ctx context.Context, p Prober, e *entry) time.Duration {
	now := time.Now()
	next := time.Hour
	sooner := func(at time.Time) { next = max(0, min(next, at.Sub(now))) }
	e.mu.Lock()
	lost, doubtful := b.giveUp(e, now, sooner)
	b.fire(ctx, p, e, now, sooner)
	if !e.probing() && !e.trunk.Probe.Off {
		if !e.due.After(now) && b.start(ctx, p, e, &flight{began: now, wait: timeout(e.trunk)}) {
			e.due = now.Add(b.jitter(e.trunk, b.pace(e)))
		} else if e.due.After(now) {
			sooner(e.due)
		}
	}
	change := b.show(e, now)
	if at, ok := b.policy.changes(e.health, now); ok {
		sooner(at)
	}
	e.mu.Unlock()
	for range lost {
		b.shot(e, false)
	}
	if doubtful {
		b.summon(e, now)
	}
	if change && ctx.Err() == nil {
		b.changed()
	}
	return next
}

// giveUp lets go of the probes of e that hang, and reports how many of them belong to its burst, and whether a probe that
// could make it Down is half over without an answer. e.mu is held.
func (b *Board) giveUp(e *entry, now time.Time, sooner func(time.Time)) (lost int, doubtful bool) {
	for _, f := range e.flights {
		half := f.began.Add(f.wait / 2)
		switch {
		case f.back:
			continue
		case !now.Before(f.limit) && !b.pulse.late(now):
			f.over = true
			e.hung++
			b.hung.Add(1)
			b.flying.Add(-1)
			b.givenUp.Add(1)
			if f.inBurst {
				lost++
			}
			continue
		case f.called || f.inBurst:
		case half.After(now):
			sooner(half)
		default:
			f.called = true
			doubtful = doubtful || b.judged(e)
		}
		sooner(f.limit)
	}
	e.forget()
	return lost, doubtful
}

// start sends a probe of e on its way; false: too many are. e.mu is held.
func (b *Board) start(ctx context.Context, p Prober, e *entry, f *flight) bool {
	if b.flying.Load() >= atOnce || b.hung.Load() >= maxHung || e.hung >= hungEach {
		return false
	}
	f.limit = f.began.Add(f.wait + overdue)
	e.flights = append(e.flights, f)
	b.flying.Add(1)
	go b.ask(ctx, p, e, f) // leave waits for it
	return true
}

// ask sends one probe and takes in what came of it.
func (b *Board) ask(ctx context.Context, p Prober, e *entry, f *flight) {
	e.mu.Lock()
	trunk := e.trunk
	e.mu.Unlock()
	probe, cancel := context.WithTimeout(ctx, f.wait)
	o := p.Probe(probe, trunk, e.address)
	cancel()
	if b.landed(e, f) {
		b.taken(ctx, e, f, trunk, o)
		b.done(e, f)
	}
	b.nudge()
}

// landed notes that a probe has come back; false: it had been given up. Until done the next scheduled one waits: when it is
// due hangs on what this one tells.
func (b *Board) landed(e *entry, f *flight) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if f.over {
		e.hung--
		b.hung.Add(-1)
		return false
	}
	f.back = true
	return true
}

// done lets go of a probe of which all was taken in.
func (b *Board) done(e *entry, f *flight) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f.over = true
	e.forget()
	b.flying.Add(-1)
}

// taken takes in what came of a probe.
func (b *Board) taken(ctx context.Context, e *entry, f *flight, trunk *wissel.Trunk, o Observation) {
	now := time.Now()
	o.Layer = Probe
	if o.Status > 0 {
		b.Heard(e.address, now)
		e.trip.Store(int64(b.since(f.began)))
		o.Mark = accepts(trunk.Probe.Accept, o.Status)
	}
	if ctx.Err() == nil {
		e.note(o.Unable, now)
	}
	silent := o.Status == 0 && !o.Unreachable && o.Unable == nil
	switch {
	case ctx.Err() != nil: // we are leaving: that nobody waited for the answer says nothing
		silent = false
	case silent && b.pulse.stood(f.began, now): // nor when we stood still ourselves
		silent = false
	case f.inBurst && silent: // three together are judged by shot
	default:
		b.observe(e, o, f.began, false)
	}
	if f.inBurst {
		b.shot(e, silent)
	}
}

// accepts says what a trunk's own list of statuses makes of one.
func accepts(list []int, status int) Mark {
	switch {
	case len(list) == 0, status < 200:
		return Neutral // the rule of the layer holds
	case status/100 == 2, slices.Contains(list, status):
		return Good
	}
	return Bad
}

// probing reports whether a scheduled probe is on its way. e.mu is held.
func (e *entry) probing() bool {
	return slices.ContainsFunc(e.flights, func(f *flight) bool { return !f.inBurst })
}

// forget lets go of the flights that are over. e.mu is held.
func (e *entry) forget() {
	e.flights = slices.DeleteFunc(e.flights, func(f *flight) bool { return f.over })
}

// pace is how long after one scheduled probe of e the next is due. e.mu is held.
func (b *Board) pace(e *entry) time.Duration {
	every := e.trunk.Probe.Every
	if every <= 0 {
		every = 2 * time.Second
	}
	return b.policy.Pace(e.health, every, fast(e.trunk))
}

// jitter moves d by at most the trunk's part of it, so that probes of many addresses do not run in step.
func (b *Board) jitter(t *wissel.Trunk, d time.Duration) time.Duration {
	return d + time.Duration((b.chance()-0.5)*2*t.Probe.Jitter*float64(d))
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
