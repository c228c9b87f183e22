package health

import (
	"context"
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

// Doubt says that a call sent something to a at since and has heard nothing: one burst of OPTIONS leaves now, after 80 and
// after 160 ms, once per address, and the witnesses are asked in the same moment; while one runs, further Doubts cost
// nothing. It is nothing when a has been heard since. An address that is not to be probed gets no burst.
func (b *Board) Doubt(a wissel.Address, since time.Time) {
	e := b.entry(a)
	if e == nil || b.lastHeard(e).After(since) {
		return
	}
	now := time.Now()
	e.mu.Lock()
	begin := e.burst.began.IsZero()
	if e.trunk.Probe.Off {
		begin = now.Sub(e.doubted) >= patience(e.trunk)
	} else if begin {
		e.burst = burst{began: now}
	}
	if begin {
		e.doubted = now
	}
	e.mu.Unlock()
	if begin {
		b.summon(e, now)
		b.nudge()
	}
}

// fire sends what is due of e's burst. e.mu is held.
func (b *Board) fire(ctx context.Context, p Prober, e *entry, now time.Time, sooner func(time.Time)) {
	for e.burst.sent < burstShots && !e.burst.began.IsZero() {
		at := e.burst.began.Add(time.Duration(e.burst.sent) * burstGap)
		if at.After(now) {
			sooner(at)
			return
		}
		if e.burst.sent == 0 {
			e.burst.began = now // a loop that comes late shortens nobody's time to answer
		}
		if !b.start(ctx, p, e, &flight{began: now, wait: e.burst.began.Add(patience(e.trunk)).Sub(now), inBurst: true}) {
			return // the next probe to come back looks again
		}
		e.burst.sent++
	}
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
	began := e.burst.began
	judge := e.burst.silent == burstShots && !b.lastHeard(e).After(began)
	unreachable := e.health.Layers[Transport].State == wissel.Suspect
	e.burst = burst{}
	e.mu.Unlock()
	if !judge {
		return
	}
	if unreachable {
		b.observe(e, Observation{Layer: Transport, Why: "and a burst of OPTIONS unanswered"}, began, true)
	}
	for range burstShots {
		b.observe(e, Observation{Layer: Probe}, began, true)
	}
}

// patience is how long a burst waits in all: from Doubt to Quiet.
func patience(t *wissel.Trunk) time.Duration {
	return max(t.Timers.Quiet-t.Timers.Doubt, 250*time.Millisecond)
}
