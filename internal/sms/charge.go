package sms

import "time"

// Limit is how often something may happen: at most Most times within any Per. The zero Limit limits nothing.
type Limit struct {
	Most   int
	Per    time.Duration
	AtOnce bool // all may come at once, and then one for each part of Per: a window may see up to twice as many
}

// Off reports whether the limit limits nothing.
func (l Limit) Off() bool { return l.Most <= 0 || l.Per <= 0 }

// Charge asks for room for N under a limit. Charges of one deed are made together: all of them, or none.
type Charge struct {
	Key   string // what is counted; the same on every node
	Limit Limit
	N     int
	Of    Bound // which of its deed's limits it is, for who asks
}
