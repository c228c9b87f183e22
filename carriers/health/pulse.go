package health

import (
	"sync/atomic"
	"time"
)

// The process may stand still: SIGSTOP, a virtual machine that is moved, a long collection of garbage (FAULTS F30). Then
// timeouts ring although the answers wait in the sockets. While probes are on their way, or calls are placed, the loop wakes each
// beat; when it wakes more than pause late, what they met is no evidence, nor is what follows within settle: old messages are read first.
const (
	beat   = 50 * time.Millisecond
	pause  = 150 * time.Millisecond
	settle = 300 * time.Millisecond
)

// pulse notices that the process stood still. Times are ns since base, by the monotonic clock.
type pulse struct {
	base   time.Time
	due    atomic.Int64  // when the loop means to wake; 0: it does not run
	stop   atomic.Int64  // when the last pause was over, as far as noticed; 0: there was none
	pauses atomic.Uint64 // how many there were
}

// arm says when the loop will wake.
func (c *pulse) arm(at time.Time) { c.due.Store(max(1, int64(at.Sub(c.base)))) }

// look is called when the loop wakes, and when it has done what was due. It reports whether the process has stood still.
func (c *pulse) look(now time.Time) bool {
	n, late := int64(now.Sub(c.base)), c.late(now)
	if late {
		c.stop.Store(n)
		c.pauses.Add(1)
	}
	if c.due.Load() != 0 {
		c.due.Store(n)
	}
	return late
}

// late reports whether the loop should have woken long ago.
func (c *pulse) late(now time.Time) bool {
	due := c.due.Load()
	return due != 0 && int64(now.Sub(c.base))-due > int64(pause)
}

// stood reports whether the process stood still between began and now, or so shortly before that what was said to it
// meanwhile may not have been read.
func (c *pulse) stood(began, now time.Time) bool {
	n, stop := int64(now.Sub(c.base)), c.stop.Load()
	return c.late(now) || stop != 0 && (stop > int64(began.Sub(c.base)) || n-stop < int64(settle))
}

// look gives what was on its way over a pause as much time again before it is taken to hang.
func (b *Board) look(now time.Time) {
	if !b.pulse.look(now) {
		return
	}
	for _, e := range *b.entries.Load() {
		e.mu.Lock()
		for _, f := range e.flights {
			f.limit = now.Add(f.wait + overdue)
		}
		e.mu.Unlock()
	}
}
