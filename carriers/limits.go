package carriers

import (
	"maps"
	"sync"
	"time"

	"wissel"
)

// Limits counts the calls of each trunk against its limits: calls at one time, and new calls in any one second. It is safe
// for many goroutines, never blocks on anything but its own lock, and lives as long as the process: a reload changes the
// limits and keeps the counts. Package sip takes before it sends an INVITE and gives back when the leg closes.
type Limits struct {
	mu     sync.Mutex
	trunks map[wissel.TrunkID]*count
}

// Count is what a trunk has in use.
type Count struct {
	Limits wissel.Limits
	Calls  int    // now
	Taken  uint64 // since the start
	Full   uint64 // refused because Limits.Calls was reached
	Fast   uint64 // refused because Limits.CPS was reached
}

// count is a Count with the start times of the last CPS calls, as a ring: a new call may begin when the oldest of them is
// a second old. That is exact in every window of a second, where a token bucket lets twice the limit through after a pause.
type count struct {
	Count
	listed bool // in the settings now
	starts []time.Time
	next   int
}

// NewLimits gives Limits without any trunk.
func NewLimits() *Limits { return &Limits{trunks: map[wissel.TrunkID]*count{}} }

// Take counts a new call on a trunk, or reports false, having counted a refusal, when the trunk is full. Each Take that
// gave true is followed by one Give. A trunk that is not in the settings (it was removed a moment ago) has no limit.
func (l *Limits) Take(trunk wissel.TrunkID) bool {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.trunks[trunk]
	if c == nil {
		c = &count{}
		l.trunks[trunk] = c
	}
	if c.Limits.Calls > 0 && c.Calls >= c.Limits.Calls {
		c.Full++
		return false
	}
	if n := len(c.starts); n > 0 {
		if oldest := c.starts[c.next]; !oldest.IsZero() && now.Sub(oldest) < time.Second {
			c.Fast++
			return false
		}
		c.starts[c.next] = now
		c.next = (c.next + 1) % n
	}
	c.Calls++
	c.Taken++
	return true
}

// Count counts a call that is up whatever the limits are: one of the crisis line. It is followed by one Give, as Take is.
func (l *Limits) Count(trunk wissel.TrunkID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.trunks[trunk]
	if c == nil {
		c = &count{}
		l.trunks[trunk] = c
	}
	c.Calls++
	c.Taken++
}

// Give returns what Take took, when the call has left the trunk.
func (l *Limits) Give(trunk wissel.TrunkID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.trunks[trunk]
	if c == nil || c.Calls == 0 {
		return // given twice; a count below nothing would let more through than the limit
	}
	c.Calls--
	if c.Calls == 0 && !c.listed {
		delete(l.trunks, trunk)
	}
}

// Set puts limits in force, keeping the counts of calls that are up. A limit below what is in use refuses new calls until
// enough have ended.
func (l *Limits) Set(limits map[wissel.TrunkID]wissel.Limits) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, c := range l.trunks {
		if _, ok := limits[id]; ok {
			continue
		}
		c.listed, c.Limits, c.starts, c.next = false, wissel.Limits{}, nil, 0
		if c.Calls == 0 {
			delete(l.trunks, id)
		}
	}
	for id, want := range limits {
		c := l.trunks[id]
		if c == nil {
			c = &count{}
			l.trunks[id] = c
		}
		c.listed = true
		if want.CPS != c.Limits.CPS {
			c.resize(want.CPS)
		}
		c.Limits = want
	}
}

// resize makes room for the starts of n calls, keeping the newest that fit. The oldest stands at next.
func (c *count) resize(n int) {
	old := append(append([]time.Time{}, c.starts[c.next:]...), c.starts[:c.next]...)
	c.starts, c.next = make([]time.Time, max(n, 0)), 0
	if len(old) > n {
		old = old[len(old)-max(n, 0):]
	}
	copy(c.starts[len(c.starts)-len(old):], old)
}

// Counts gives what is in use, per trunk.
func (l *Limits) Counts() map[wissel.TrunkID]Count {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make(map[wissel.TrunkID]Count, len(l.trunks))
	for id, c := range maps.All(l.trunks) {
		out[id] = c.Count
	}
	return out
}
