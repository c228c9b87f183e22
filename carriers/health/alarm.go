package health

import (
	"fmt"
	"time"

	"wissel"
)

// The alarms of a Board.
const (
	AlarmOurs = "it is us" // everything is silent, and so is our own network
	AlarmHung = "health checks hang"
	AlarmMute = "no trunk can be asked"
)

// muteFor is how long no address could be asked before AlarmMute is raised.
const muteFor = 3 * time.Second

// Alarm has f called when an alarm is raised, renewed, or (with an empty text) over; text says what is so and what to do.
// It is called without a lock and may not block. It is set before Run.
func (b *Board) Alarm(f func(key, text string)) { b.alarm = f }

func (b *Board) raise(key, text string) {
	if b.alarm != nil {
		b.alarm(key, text)
	}
}

// sayHung raises an alarm when the number of probes that hang has changed. It is the loop's.
func (b *Board) sayHung() {
	n := b.hung.Load()
	if n == b.saidHung {
		return
	}
	b.saidHung = n
	if n == 0 {
		b.raise(AlarmHung, "")
		return
	}
	text := fmt.Sprintf("%d health checks did not come back in time and were given up; their addresses are asked anew", n)
	if n >= maxHung {
		text = fmt.Sprintf("%d health checks hang: no new ones are sent, and calls alone tell how trunks are", n)
	}
	b.raise(AlarmHung, text+"; when it stays so, restart wissel: calls survive it")
}

// note keeps whether e could be asked: unable is why not, nil when it could.
func (e *entry) note(unable error, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked = true
	switch {
	case unable == nil:
		e.mute, e.cause = time.Time{}, ""
	case e.mute.IsZero():
		e.mute, e.cause = now, unable.Error()
	}
}

// sayMute raises an alarm when for muteFor not one probe could be sent (a firewall of our own, no route, no socket): that is
// no evidence, so nothing changes by itself, and nobody would know. It tells how long until it may have to be raised, and is
// the loop's.
func (b *Board) sayMute(now time.Time) (next time.Duration) {
	since, cause := b.muted()
	mute := cause != "" && now.Sub(since) >= muteFor
	switch {
	case mute && !b.saidMute:
		b.raise(AlarmMute, "no trunk can be asked: "+cause+" (since "+wissel.Clock(since)+"); calls are routed by what was known before."+
			" Look at this host's firewall, routes and limits")
	case !mute && b.saidMute:
		b.raise(AlarmMute, "")
	}
	b.saidMute = mute
	if cause == "" || mute {
		return time.Hour
	}
	return since.Add(muteFor).Sub(now)
}

// muted gives since when no address at all can be asked, and why the last that could cannot; an empty cause: one can, or none
// has been asked.
func (b *Board) muted() (since time.Time, cause string) {
	for _, e := range *b.entries.Load() {
		e.mu.Lock()
		counts, mute, why := e.asked && !e.trunk.Probe.Off, e.mute, e.cause
		e.mu.Unlock()
		switch {
		case !counts:
		case mute.IsZero():
			return time.Time{}, ""
		case cause == "" || mute.After(since):
			since, cause = mute, why
		}
	}
	return since, cause
}

// Counts are what a Board counts since it was made.
type Counts struct {
	Hung    int64  // probes that were given up and have not come back, now
	GivenUp uint64 // probes that were given up
	Pauses  uint64 // times the process stood still
	Checks  uint64 // checks of our own network
	Lost    uint64 // changes of verdicts that Watch's f was too slow for
	Masses  uint64 // mass hang-ups
}

// Counts gives them.
func (b *Board) Counts() Counts {
	b.mu.Lock()
	lost := b.untold
	b.mu.Unlock()
	return Counts{
		Hung: b.hung.Load(), GivenUp: b.givenUp.Load(), Pauses: b.pulse.pauses.Load(), Checks: b.checks.Load(), Lost: lost,
		Masses: b.masses.Load(),
	}
}
