package health

import (
	"time"

	"wissel"
)

// Tried takes in what came of one attempt of a call, for the trunk's answer rate and its delay. It allocates nothing.
func (b *Board) Tried(t wissel.Tried) {
	if e := b.entry(t.Address); e != nil && !t.Test {
		e.legs.tried.Add(1)
	}
}

// Joined says that a call over a was answered and stands. It allocates nothing.
func (b *Board) Joined(a wissel.Address) {
	if e := b.entry(a); e != nil {
		e.legs.up.Add(1)
	}
}

// Parted says that a call over a that was Joined has ended, after so long; normal: a person hung up, with no failing Reason
// and no lost leg (RFC 3326). It allocates nothing.
func (b *Board) Parted(a wissel.Address, talked time.Duration, normal bool) {
	if e := b.entry(a); e != nil {
		e.legs.up.Add(-1)
	}
}
