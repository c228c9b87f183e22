package health

import "fmt"

// The alarms of a Board.
const (
	AlarmOurs = "it is us" // everything is silent, and so is our own network
	AlarmHung = "health checks hang"
)

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
