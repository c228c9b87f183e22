package health

import (
	"time"

	"wissel"
)

const (
	maxSummoned = 3               // witnesses that are asked at once when one address is in doubt
	together    = 5 * time.Second // who fell silent so long before another is no witness of his silence
)

// judged reports whether the silence of e's OPTIONS could make it Down. e.mu is held.
func (b *Board) judged(e *entry) bool {
	return e.health.Answered && e.health.State != wissel.Down && !spared(&e.health)
}

// witness reports whether o can tell e's silence from our own, which began at row: it is on another host, answers OPTIONS, is
// not known to be down, and had not fallen silent long before by itself. Its lock is taken, so e.mu is not held.
func witness(e, o *entry, row time.Time) bool {
	if o.address.AddrPort.Addr() == e.address.AddrPort.Addr() {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	l := &o.health.Layers[Probe]
	return o.health.Answered && o.health.State != wissel.Down && (l.Bad == 0 || !l.First.Before(row.Add(-together)))
}

// summon asks a few witnesses now, so that when e's time is over it is known whether anybody can be heard. Without them a
// healthy trunk that is asked each 2 s would seem silent for half of each second.
func (b *Board) summon(e *entry, now time.Time) {
	summoned := 0
	for _, o := range *b.entries.Load() {
		if summoned == maxSummoned {
			break
		}
		if !witness(e, o, now) {
			continue
		}
		o.mu.Lock()
		if !o.trunk.Probe.Off && !o.probing() && o.due.After(now) {
			o.due = now
		}
		o.mu.Unlock()
		summoned++
	}
	if summoned > 0 {
		b.nudge()
	}
}

// silence is how long one address has said nothing: since an OPTIONS left, or since the Doubt of a burst or a call.
type silence struct {
	since time.Time
	now   time.Time
	burst bool // all of it was sent in the first moments: one such silence is enough to make Down
}

// speaks reports whether o has shown during s that our network carries messages: it answered an OPTIONS of that time, or
// something came from it in the second half. What comes sooner may have been on its way when the network died; and for a
// burst, what was sent later may have been sent when it lived again.
func (b *Board) speaks(o *entry, s silence) bool {
	trip, since := time.Duration(o.trip.Load()), b.since(s.since)
	if s.burst {
		return trip != 0 && trip >= since-burstGap && trip <= since+(burstShots-1)*burstGap
	}
	return trip != 0 && trip >= since || !b.lastHeard(o).Before(s.since.Add(s.now.Sub(s.since)/2))
}

// alone reports whether the silence of e may be our own network's (promise 4): nothing came from anyone on another host
// either, and either our own check failed, or there are witnesses who used to speak and the check has not shown that our
// network is well. What was sent before the network was last found so says nothing. It takes locks: e.mu is not held.
func (b *Board) alone(e *entry, s silence) bool {
	if time.Duration(b.dark.Load()) > b.since(s.since) {
		return true
	}
	e.mu.Lock()
	row := s.since
	if l := &e.health.Layers[Probe]; l.Bad > 0 && l.First.Before(row) {
		row = l.First.Add(-timeout(e.trunk)) // the present row of lost OPTIONS began before
	}
	e.mu.Unlock()
	witnesses := false
	for _, o := range *b.entries.Load() {
		if o.address.AddrPort.Addr() == e.address.AddrPort.Addr() {
			continue
		}
		if b.speaks(o, s) {
			return false
		}
		witnesses = witnesses || witness(e, o, row)
	}
	switch n := b.network(row); {
	case n.Failed:
		b.accuse(n)
	case n.Well || !witnesses:
		return false
	}
	b.dark.Store(int64(b.since(s.now)))
	return true
}

// lone reports whether the bad observation o of e may be our own network's. since is when what it is about began; zero: it
// is a call's, which has been silent since its Doubt; burst: it is that of a whole burst.
func (b *Board) lone(e *entry, o Observation, since, now time.Time, burst bool) bool {
	switch {
	case o.Status != 0 || o.Unable != nil:
		return false
	case b.Ours() != "":
		b.network(now) // it is checked again and again until it is over
		return true
	case o.Alone:
		return true
	case o.Unreachable && o.OnTheWay:
		return b.strayed(e, now)
	case o.Unreachable, o.Alive, o.Layer != Probe && o.Layer != Calls:
		return false
	}
	s := silence{since: since, now: now, burst: burst || o.Layer == Calls}
	e.mu.Lock()
	judged := o.Layer == Calls || b.judged(e)
	if since.IsZero() {
		s.since = now.Add(-patience(e.trunk))
		if e.doubted.Before(s.since) && now.Sub(e.doubted) < 2*max(e.trunk.Timers.Patience, patience(e.trunk)) {
			s.since = e.doubted // when the witnesses were asked
		}
	}
	e.mu.Unlock()
	return judged && b.alone(e, s)
}

// strayed reports whether an error on the way to e may be our own network's, as when the router is gone: then every host is
// unreachable at once. Such an error comes at once and again and again, so the witnesses are asked at the first, and the
// errors are judged once there was time for an answer.
func (b *Board) strayed(e *entry, now time.Time) bool {
	e.mu.Lock()
	began, down := e.astray, e.health.State == wissel.Down
	first := began.IsZero() || now.Sub(began) > together
	if first {
		e.astray = now
	}
	wait := patience(e.trunk)
	e.mu.Unlock()
	switch {
	case down:
		return false
	case first:
		b.summon(e, now)
		return true
	case now.Sub(began) < wait:
		return true
	case !b.alone(e, silence{since: began, now: now}):
		return false
	}
	e.mu.Lock()
	e.astray = now
	e.mu.Unlock()
	b.summon(e, now)
	return true
}
