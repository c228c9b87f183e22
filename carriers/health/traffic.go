package health

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"wissel"
)

const (
	shortCall   = 10 * time.Second // an answered call that ends before is short: people hang up on silence
	ringSlots   = 256              // seconds for which an attempt that rings may still be answered, at most
	qualityEach = time.Second      // between two bad words of one trunk's quality
	backlog     = 2 * time.Second  // in which the calls that waited over a pause are worked off
	callsLately = 10 * time.Second // after an attempt the loop looks each beat whether the process stands still
)

// traffic is what a trunk's calls show together. An address that two trunks share counts for the first of them by name.
type traffic struct {
	entries atomic.Pointer[[]*entry] // its addresses

	mu       sync.Mutex // guards all below; no other lock is taken under it
	mass     Mass
	answered Rate // wrong: not answered
	short    Rate // wrong: answered, and over within shortCall
	delay    Delay
	ringing  ringing
	stop     int64         // pulse.stop when ringing was last emptied for a pause
	said     time.Duration // when its quality was last told to be worse
	heal     int           // how many good words are still to be told
}

// Tried takes in what came of one attempt of a call, for the answer rate and the delay of its trunk. Test calls do not
// count. It allocates nothing while all is as usual.
func (b *Board) Tried(t wissel.Tried) {
	e := b.entry(t.Address)
	if e == nil || t.Test {
		return
	}
	at := time.Now()
	now := b.since(at)
	b.called.Store(int64(now))
	if b.disturbed(at.Add(-t.Delay), at) {
		return
	}
	c, wait := b.traffic(e)
	c.mu.Lock()
	c.expire(now, wait, b.pulse.stop.Load())
	switch person := t.Status == 486 || t.Status == 600 || t.Status == 603; {
	case t.Well && !person: // whether it is answered is told by Joined, or by time
		c.ringing.push(now)
		c.delay.Add(t.Delay, now)
	case t.Well:
		c.delay.Add(t.Delay, now)
		c.answered.Add(true, now)
	default:
		c.answered.Add(true, now)
	}
	word, told := c.word(now, b.policy.Rise)
	c.mu.Unlock()
	if told {
		b.quality(c, word)
	}
}

// Joined says that a call over a was answered and stands. It allocates nothing while all is as usual.
func (b *Board) Joined(a wissel.Address) {
	e := b.entry(a)
	if e == nil {
		return
	}
	at := time.Now()
	now := b.since(at)
	c, wait := b.traffic(e)
	c.mu.Lock()
	e.legs.Add(1)
	if !b.disturbed(at, at) { // else its 200 may wait to be read
		c.expire(now, wait, b.pulse.stop.Load())
	}
	if c.ringing.pop() { // one of those that ring: which does not matter for how many are answered
		c.answered.Add(false, now)
	}
	word, told := c.word(now, b.policy.Rise)
	c.mu.Unlock()
	if told {
		b.quality(c, word)
	}
}

// Parted says that a call over a that was Joined has ended, after so long; normal: a person hung up, with no failing Reason
// and no lost leg (RFC 3326). It allocates nothing while all is as usual.
func (b *Board) Parted(a wissel.Address, talked time.Duration, normal bool) {
	e := b.entry(a)
	if e == nil {
		return
	}
	at := time.Now()
	now := b.since(at)
	c, _ := b.traffic(e)
	normal = normal || b.disturbed(at, at) // its peer may have ended it because we had fallen silent
	if !normal {
		e.cut.Store(int64(now))
	}
	c.mu.Lock()
	if e.legs.Add(-1) < 0 { // it was Joined before its address was new to us
		e.legs.Add(1) // and not 0: its trunk may have become another since, and somebody Joined there
	}
	up := int64(0)
	for _, o := range *c.entries.Load() {
		up += o.legs.Load()
	}
	mass := c.mass.End(int(up), normal, now)
	if short := talked < shortCall; !short || !b.disturbed(at.Add(-talked), at) {
		c.short.Add(short, now)
	}
	word, told := c.word(now, b.policy.Rise)
	c.mu.Unlock()
	if told {
		b.quality(c, word)
	}
	switch {
	case mass:
		b.cutOff(c, now, at)
	case normal && e.endsMatter():
		b.observe(e, Observation{Layer: Ends, Status: 200}, at, false)
	}
}

// endsMatter reports whether an ordinary end is news.
func (e *entry) endsMatter() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.health.Layers[Ends].State != wissel.Up
}

// cutOff takes in a mass hang-up: each address that lost a call in it is in doubt, and asked at once.
func (b *Board) cutOff(c *traffic, now time.Duration, at time.Time) {
	b.masses.Add(1)
	for _, e := range *c.entries.Load() {
		if cut := e.cut.Load(); cut == 0 || now-time.Duration(cut) >= massWindow {
			continue
		}
		b.observe(e, Observation{Layer: Ends, Why: fmt.Sprintf("%d or more and %d %% of its calls within %v", massLegs, massPercent, massWindow)}, at, false)
		b.Doubt(e.address, time.Now())
	}
}

// quality tells each address of a trunk how its calls go.
func (b *Board) quality(c *traffic, word Observation) {
	for _, e := range *c.entries.Load() {
		b.observe(e, word, time.Time{}, false)
	}
}

// traffic gives the calls of e's trunk, and how long a call over it may ring.
func (b *Board) traffic(e *entry) (*traffic, time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	wait := e.trunk.Timers.Ring
	if wait <= 0 {
		wait = 45 * time.Second
	}
	return e.traffic, wait + 5*time.Second
}

// word is what is to be said of the quality now, if anything. c.mu is held.
func (c *traffic) word(now time.Duration, rise int) (Observation, bool) {
	var why string
	if q, usual, n, worse := c.answered.Worse(); worse {
		why = fmt.Sprintf("answers %.0f %% of its last %d calls, usually %.0f %%", 100*(1-q), n, 100*(1-usual))
	} else if q, usual, n, worse := c.short.Worse(); worse {
		why = fmt.Sprintf("%.0f %% of its last %d calls ended within %v, usually %.0f %%", 100*q, n, shortCall, 100*usual)
	} else if took, usual, n, worse := c.delay.Worse(); worse {
		why = fmt.Sprintf("half of its last %d calls rang after %v or more, usually %v", n, took.Round(10*time.Millisecond), usual.Round(10*time.Millisecond))
	}
	switch {
	case why != "":
		c.heal = rise
		if c.said != 0 && now-c.said < qualityEach {
			return Observation{}, false
		}
		c.said = now
		return Observation{Layer: Quality, Why: why}, true
	case c.heal > 0:
		c.heal--
		return Observation{Layer: Quality, Status: 200}, true
	}
	return Observation{}, false
}

// disturbed reports whether the process stood still between began and now, or so shortly before that the calls which had
// waited were still worked off: how long they took, how they ended and how many people gave up is then our own doing.
func (b *Board) disturbed(began, now time.Time) bool { return b.pulse.stood(began.Add(-backlog), now) }

// Disturbed reports whether this process stood still since began, or so shortly before that calls which had waited were still
// worked off: that one of them failed says nothing of its target.
func (b *Board) Disturbed(began time.Time) bool { return b.disturbed(began, time.Now()) }

// expire counts the attempts that have rung for longer than wait as not answered. Those that rang when the process stood
// still, until stop, are forgotten: who answered meanwhile, or gave up, is not known. c.mu is held.
func (c *traffic) expire(now, wait time.Duration, stop int64) {
	if c.stop != stop {
		c.stop, c.ringing = stop, ringing{}
	}
	for range c.ringing.over(now, wait) {
		c.answered.Add(true, now)
	}
}

// ringing counts attempts that ring, by the second in which they began to.
type ringing struct {
	began  [ringSlots]int32
	oldest int64 // the first second that may hold any
	newest int64
}

func (r *ringing) push(now time.Duration) {
	s := int64(now / time.Second)
	r.newest = max(r.newest, s)
	r.began[r.newest%ringSlots]++
}

// pop takes the oldest out; false: none rings.
func (r *ringing) pop() bool {
	for ; r.oldest < r.newest && r.began[r.oldest%ringSlots] == 0; r.oldest++ {
	}
	if r.began[r.oldest%ringSlots] == 0 {
		return false
	}
	r.began[r.oldest%ringSlots]--
	return true
}

// over takes out those that have rung for longer than wait, and gives how many they are.
func (r *ringing) over(now, wait time.Duration) (n int) {
	s := int64(now / time.Second)
	first := s - min(int64(wait/time.Second), ringSlots-1)
	for ; r.oldest < first; r.oldest++ {
		if r.oldest > r.newest { // all before now are empty
			r.oldest = first
			break
		}
		n += int(r.began[r.oldest%ringSlots])
		r.began[r.oldest%ringSlots] = 0
	}
	r.newest = max(r.newest, r.oldest)
	return n
}

func (b *Board) since(at time.Time) time.Duration { return max(1, at.Sub(b.pulse.base)) }
