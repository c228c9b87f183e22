package plan

import (
	"sync"
	"time"

	"wissel"
)

// Tokens gives one token a second to each group: while every address of a group is Down, the call that gets the token
// tries the least bad one and the others go to the flow. It is safe for concurrent use and never blocks for long.
type Tokens struct {
	every time.Duration
	mu    sync.Mutex
	next  map[wissel.GroupID]time.Time // when the group's next token is there
}

// NewTokens gives Tokens with one token per group each every (one second in DESIGN, "Hunting").
func NewTokens(every time.Duration) *Tokens {
	return &Tokens{every: every, next: map[wissel.GroupID]time.Time{}}
}

// Take takes the group's token, and reports whether there was one. A group keeps no more than one.
func (t *Tokens) Take(g wissel.GroupID, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Before(t.next[g]) {
		return false
	}
	t.next[g] = now.Add(t.every)
	return true
}
