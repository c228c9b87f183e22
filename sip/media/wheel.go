package media

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// ring is how many milliseconds a wheel looks ahead; more than the longest frame.
const ring = 128

// stall is how late a wheel may be before it gives up the beat and starts anew, instead of sending a burst.
const stall = 60 * time.Millisecond

// wheel sends the frames of many sessions, each at its own millisecond. It sleeps until the next one is due, to an
// absolute deadline, and does not tick when nothing plays.
type wheel struct {
	wake chan struct{} // something is due earlier than the wheel sleeps for
	late histogram

	mu    sync.Mutex
	base  time.Time     // millisecond 0
	moved time.Duration // how far base has been moved since the start
	slots [ring][]*Session
	count int
	done  int64 // the last millisecond handled
	until int64 // the millisecond it sleeps for; forever when nothing plays
	pace  pace
}

const forever = math.MaxInt64

// A first frame waits up to spread milliseconds for a millisecond that is not crowded, so that many who begin at once
// do not stay in step.
const (
	spread = 10
	crowd  = 8
)

func newWheel() *wheel {
	return &wheel{wake: make(chan struct{}, 1), base: time.Now(), late: newHistogram(), until: forever}
}

// add puts a session on the wheel for the next millisecond, or one soon after.
func (w *wheel) add(s *Session) {
	w.mu.Lock()
	now := int64(time.Since(w.base) / time.Millisecond)
	if w.count == 0 {
		w.done = now // nothing was due while it stood still
	}
	due := now + 1
	for last := now + spread; due < last && len(w.slots[due%ring]) > crowd+w.count/spread; {
		due++
	}
	earlier := w.put(s, due) < w.until
	w.mu.Unlock()
	if earlier {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// put files a session under a millisecond and returns which. The lock is held.
func (w *wheel) put(s *Session, due int64) int64 {
	due = min(max(due, w.done+1), w.done+ring-1)
	w.slots[due%ring] = append(w.slots[due%ring], s)
	w.count++
	return due
}

// next is the first millisecond at which something is due, and the time of it; forever when nothing plays.
func (w *wheel) next() (due int64, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until = forever
	for due := w.done + 1; w.count > 0 && due < w.done+ring; due++ {
		if len(w.slots[due%ring]) > 0 {
			w.until = due
			return due, w.base.Add(time.Duration(due) * time.Millisecond)
		}
	}
	return forever, time.Time{}
}

// run turns the wheel until ctx ends.
func (w *wheel) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var buf [maxFrame]byte
	var batch []*Session
	for ctx.Err() == nil {
		due, at := w.next()
		var rung <-chan time.Time
		if due != forever {
			wait := time.Until(at)
			if wait <= 0 {
				batch = w.turn(due, at, batch, &buf)
				continue
			}
			timer.Reset(wait)
			rung = timer.C
		}
		select {
		case <-rung:
		case <-w.wake:
		case <-ctx.Done():
		}
	}
}

// turn sends what is due at a millisecond and files each session under its next. A wheel that is too late moves its
// whole beat: callers hear a pause, and not a burst that their jitter buffers throw away.
func (w *wheel) turn(due int64, at time.Time, batch []*Session, buf *[maxFrame]byte) []*Session {
	w.mu.Lock()
	slot := w.slots[due%ring]
	batch = append(batch[:0], slot...)
	clear(slot)
	w.slots[due%ring] = slot[:0]
	w.count -= len(batch)
	w.done = due
	began := time.Now()
	behind := began.Sub(at)
	w.pace.add(began, len(batch), behind > tardy)
	if behind > stall {
		w.base, w.moved = w.base.Add(behind), w.moved+behind
	}
	beat := w.moved
	w.mu.Unlock()
	for i, s := range batch {
		now := time.Now()
		w.late.add(now.Sub(at))
		if again := guarded(s, buf, now, beat); again > 0 {
			w.mu.Lock()
			w.put(s, due+again)
			w.mu.Unlock()
		}
		batch[i] = nil
	}
	return batch
}

// guarded ticks one session; what goes wrong there ends its playing, and no other's.
func guarded(s *Session, buf *[maxFrame]byte, now time.Time, beat time.Duration) (again int64) {
	defer s.rescue()
	return s.tick(buf, now, beat)
}

// histogram counts how late frames were sent, in steps of a quarter of a millisecond.
type histogram struct{ steps *[lateSteps]atomic.Uint64 }

const (
	lateStep  = 250 * time.Microsecond
	lateSteps = 1024 // the last one holds all that is later
)

func newHistogram() histogram { return histogram{new([lateSteps]atomic.Uint64)} }

func (h histogram) add(d time.Duration) {
	h.steps[min(max(0, int(d/lateStep)), lateSteps-1)].Add(1)
}

// Lateness says how late frames of clips were sent, of all since the start: half, 99 and 99.9 % of them were no later.
type Lateness struct {
	Frames        uint64
	P50, P99, Top time.Duration // Top is p99.9
}

func lateness(wheels []*wheel) (l Lateness) {
	var sum [lateSteps]uint64
	for _, w := range wheels {
		for i := range sum {
			n := w.late.steps[i].Load()
			sum[i] += n
			l.Frames += n
		}
	}
	at := func(per1000 uint64) time.Duration {
		seen := uint64(0)
		for i, n := range sum {
			if seen += n; seen*1000 >= l.Frames*per1000 {
				return time.Duration(i+1) * lateStep
			}
		}
		return 0
	}
	if l.Frames > 0 {
		l.P50, l.P99, l.Top = at(500), at(990), at(999)
	}
	return l
}
