package health

import (
	"context"
	"time"

	"wissel"
)

// Prober asks an address how it does: one OPTIONS, sent once and never retransmitted. It returns when the answer is there
// or ctx is done, which is silence; it never returns an error but as Observation.Unable.
type Prober interface {
	Probe(ctx context.Context, t *wissel.Trunk, a wissel.Address) Observation
}

// Board keeps the health of every address. All methods are safe for concurrent use.
type Board struct {
}

// NewBoard makes a Board. publish is called after each change of a verdict with a map that is never written again, in
// order and never twice at the same time, on the goroutine that brought the change; it may not block. It may be nil.
func NewBoard(p Policy, publish func(map[wissel.Address]wissel.Verdict)) *Board { return &Board{} }

// Observe takes in what a call or a probe learnt. Addresses that no trunk has are ignored. It is cheap, and publishes only
// when a verdict changes.
func (b *Board) Observe(a wissel.Address, o Observation) {}

// Doubt says that a call sent something to a at since and has heard nothing: one burst of OPTIONS leaves now, after 80 and
// after 160 ms, once per address; while one runs, further Doubts cost nothing.
func (b *Board) Doubt(a wissel.Address, since time.Time) {}

// Heard says that something, anything, arrived from a. It takes no lock and allocates nothing.
func (b *Board) Heard(a wissel.Address, at time.Time) {}

// LastHeard is the last Heard of a; zero: never.
func (b *Board) LastHeard(a wissel.Address) time.Time { return time.Time{} }

// Claim gives out the one call that an address with Verdict.Retry is offered: the first to ask gets true and tries it,
// the others pass it over as Down.
func (b *Board) Claim(a wissel.Address) bool { return false }

// Set gives the Board the trunks to watch. What was learnt of an address that stays is kept.
func (b *Board) Set(trunks map[wissel.TrunkID]*wissel.Trunk) {}

// Verdicts gives the verdict on each address now, with Seen.
func (b *Board) Verdicts() map[wissel.Address]wissel.Verdict { return nil }

// Run probes until ctx is done, and returns last, after all that it started. It is called once.
func (b *Board) Run(ctx context.Context, p Prober) error { <-ctx.Done(); return nil }

// TrunkVerdict is the verdict on a trunk: that of its best address (Up, then Suspect, then Unknown, then Down).
func TrunkVerdict(t *wissel.Trunk, m map[wissel.Address]wissel.Verdict) wissel.Verdict {
	return wissel.Verdict{}
}
