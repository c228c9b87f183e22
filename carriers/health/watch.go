package health

import (
	"strconv"
	"time"

	"wissel"
)

// Transition is a verdict that changed. With an empty Trunk it is about ourselves: "it is us" began (Ours) or is over.
type Transition struct {
	Trunk      wissel.TrunkID
	Address    wissel.Address
	Before     wissel.State
	After      wissel.State
	At         time.Time
	Evidence   []string // sentences, the weightiest first
	Thresholds []string // what the evidence was held against
	Ours       bool     // it came while all that fails was taken for our own fault
}

// maxTransitions bounds how many wait for Watch's f; the oldest give way. They wait only while f or publish runs.
const maxTransitions = 1024

// Watch has f called after each change of a verdict, when it has been published: in the order of the changes, never twice at
// the same time, and without a lock, on a goroutine that takes calls. It may not block. It is set before Run and Observe.
func (b *Board) Watch(f func(Transition)) { b.watch = f }

// tell puts a change in line for Watch's f. It may be called with an entry's lock held.
func (b *Board) tell(t Transition) {
	if b.watch == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.told) >= maxTransitions {
		b.told = append(b.told[:0], b.told[1:]...)
		b.untold++
	}
	b.told = append(b.told, t)
}

// transition describes the change of e's verdict from before. e.mu is held.
func (b *Board) transition(e *entry, before wissel.State, now time.Time) Transition {
	t := Transition{
		Trunk: e.trunk.ID, Address: e.address, Before: before, After: e.health.State, At: now, Thresholds: b.policy.thresholds(),
		Ours: b.Ours() != "",
	}
	for _, of := range b.policy.made(e.health, now) { // those that make it so, then the others that are not well
		t.Evidence = append(t.Evidence, b.policy.line(e.health, of))
	}
	for i := range e.health.Layers {
		if l := &e.health.Layers[i]; l.State != e.health.State && l.State > wissel.Up && !b.policy.stale(Layer(i), l, now) {
			t.Evidence = append(t.Evidence, b.policy.line(e.health, Layer(i)))
		}
	}
	return t
}

// Rule is the figures of the policy in one line, in the words of the settings: it stands in the record of each call.
func (p Policy) Rule() string {
	return "health: fall " + strconv.Itoa(p.Fall) + " (1 silent call, 2 network errors), rise " + strconv.Itoa(p.Rise) +
		", dwell " + wissel.Span(p.Dwell) + " to " + wissel.Span(p.Longest)
}

// thresholds are the figures of the policy in sentences.
func (p Policy) thresholds() []string {
	return []string{
		strconv.Itoa(p.Fall) + " bad ones of a kind in a row make down, 1 silent call or 2 network errors do",
		strconv.Itoa(p.Rise) + " good ones of the same kind in a row make up",
		"down holds at least " + p.Dwell.String() + ", twice as long with each flap, " + p.Longest.String() + " at most",
	}
}
