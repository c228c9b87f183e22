package health

import (
	"context"
	"strings"
	"time"

	"wissel"
)

// The times of the check of our own network.
const (
	checkTime  = 5 * time.Second  // a check's own timeout
	checkAgain = 5 * time.Second  // between the beginnings of two
	checkFresh = 12 * time.Second // what a check found holds for so long after it began
	oursFades  = 30 * time.Second // "it is us" is over when nobody was silent for so long
)

// Network is what a check of our own network found. Neither Well nor Failed: it could not be told.
type Network struct {
	Checked  []string // what was asked: "gateway 192.0.2.1"; empty: nothing is configured to be asked
	Well     bool     // something beyond our own host answered: who is silent is silent himself
	Failed   bool     // what was asked did not answer: it is us
	Evidence []string // a sentence for each of Checked
}

// self is what the Board knows of our own network. Guarded by Board.mu.
type self struct {
	wanted  bool // all are silent, and nothing fresh is known
	asking  bool
	began   time.Time // when the last check that is over began
	found   Network
	since   time.Time // when "it is us" began; zero: it is not
	renewed time.Time // when it was last found so
}

// Self gives the Board a check of our own network. It is run when all who used to answer are silent in one window, on a
// goroutine of its own, one at a time, each 5 s, and has 5 s. It is set before Run. Without one, and when it cannot tell,
// such a silence makes Suspect at most.
func (b *Board) Self(check func(ctx context.Context) Network) { b.check = check }

// Ours is why all that fails is taken for our own fault; empty: it is not. It is current when publish runs.
func (b *Board) Ours() string {
	if s := b.ours.Load(); s != nil {
		return *s
	}
	return ""
}

// network is what is known of our own network since the given moment; when nothing is, it will be asked.
func (b *Board) network(since time.Time) Network {
	if b.check == nil {
		return Network{}
	}
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &b.self
	if !s.asking && !s.wanted && now.Sub(s.began) >= checkAgain {
		s.wanted = true
		b.nudge()
	}
	if s.began.IsZero() || s.began.Before(since) || now.Sub(s.began) > checkFresh {
		return Network{}
	}
	return s.found
}

// examine starts the check when it is wanted, ends "it is us" when it is over, and tells how long nothing more is to be
// done. It is the loop's.
func (b *Board) examine(ctx context.Context) time.Duration {
	now := time.Now()
	b.mu.Lock()
	ask := b.self.wanted && !b.self.asking
	if ask {
		b.self.wanted, b.self.asking = false, true
		b.flying.Add(1)
		go b.inspect(ctx, now) // leave waits for it
	}
	since, renewed := b.self.since, b.self.renewed
	b.mu.Unlock()
	if since.IsZero() {
		return time.Hour
	}
	for _, e := range *b.entries.Load() {
		if b.lastHeard(e).After(since) {
			b.acquit(now, e.address.String()+" is heard again")
			return time.Hour
		}
	}
	if now.Sub(renewed) >= oursFades {
		b.acquit(now, "nothing has been silent for "+oursFades.String())
		return time.Hour
	}
	return renewed.Add(oursFades).Sub(now)
}

// inspect runs the check and takes in what it found.
func (b *Board) inspect(ctx context.Context, began time.Time) {
	limited, cancel := context.WithTimeout(ctx, checkTime)
	n := b.check(limited)
	cancel()
	now := time.Now()
	stood := b.pulse.stood(began, now)
	b.mu.Lock()
	b.self.asking, b.self.began, b.self.found = false, began, n
	if stood || ctx.Err() != nil { // it says nothing
		b.self.found = Network{}
	}
	n = b.self.found
	ours := !b.self.since.IsZero()
	b.mu.Unlock()
	b.checks.Add(1)
	switch {
	case n.Failed:
		b.accuse(n)
	case ours && n.Well:
		b.acquit(now, "our own network answers: "+strings.Join(n.Evidence, ", "))
	}
	b.flying.Add(-1)
	b.nudge()
}

// accuse takes all that fails for our own fault, when all does: everyone who used to answer has failed and not answered
// since.
func (b *Board) accuse(n Network) {
	failing := 0
	for _, e := range *b.entries.Load() {
		e.mu.Lock()
		l := &e.health.Layers
		used := e.health.Answered && e.health.State != wissel.Down
		fails := l[Probe].Bad > 0 || l[Transport].Bad > 0 || l[Calls].Bad > 0
		e.mu.Unlock()
		if used && !fails {
			return
		}
		if fails {
			failing++
		}
	}
	if failing == 0 {
		return
	}
	now := time.Now()
	text := "every trunk is silent, and " + strings.Join(n.Evidence, ", ")
	b.mu.Lock()
	b.self.renewed = now
	began := b.self.since.IsZero()
	if began {
		b.self.since = now
		b.ours.Store(&text)
	}
	b.mu.Unlock()
	if began {
		b.tell(Transition{At: now, Evidence: append([]string{"every trunk is silent"}, n.Evidence...), Ours: true, Thresholds: []string{
			"everyone silent in one window, and our own network too, is our own fault: nothing is switched by itself"}})
		b.changed()
		b.raise(AlarmOurs, "it is us: "+text+"; nothing is switched by itself. Look at this host's cable, interface, addresses and default route")
	}
}

// acquit ends "it is us".
func (b *Board) acquit(now time.Time, why string) {
	b.mu.Lock()
	over := !b.self.since.IsZero()
	b.self.since = time.Time{}
	b.ours.Store(nil)
	b.mu.Unlock()
	if over {
		b.tell(Transition{At: now, Evidence: []string{why}})
		b.changed()
		b.raise(AlarmOurs, "")
	}
}
