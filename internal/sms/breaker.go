package sms

import "time"

// Breaker keeps texts away from a provider that does not take them. It is a value: Next returns a new one, so that it is
// kept, shown and tested like any other state. The zero Breaker lets texts through.
type Breaker struct {
	Failures int       // in a row: Unknown, refusals of the account, a Later that does not say when
	Since    time.Time // of the first of those; zero: none
	until    time.Time
}

// The breaker opens at the third failure in a row, for five seconds at first and twice as long after each failed try, up
// to two minutes: while it is open a text waits or goes elsewhere, and the first that is let through is the probe.
const (
	tolerated = 3
	shortest  = 5 * time.Second
	longest   = 2 * time.Minute
)

// Next returns the breaker after one more outcome. What is the fault of a text says nothing of the provider but that it lives.
func (b Breaker) Next(o Outcome, now time.Time) Breaker {
	if o.Verdict == Accepted || o.Verdict == Refused && o.Fault == OfText {
		return Breaker{}
	}
	if o.Verdict == Later && o.After > 0 {
		return b.pause(now, min(o.After, longest)) // it says itself when; a silly answer does not shut it out for a day
	}
	b.Failures++
	if b.Since.IsZero() {
		b.Since = now
	}
	pause := time.Duration(0)
	if b.Failures >= tolerated {
		pause = shortest
		for range min(b.Failures-tolerated, 6) {
			pause = min(2*pause, longest)
		}
	}
	return b.pause(now, pause)
}

func (b Breaker) pause(now time.Time, d time.Duration) Breaker {
	if end := now.Add(d); d > 0 && end.After(b.until) {
		b.until = end
	}
	return b
}

// Probe returns the breaker once a text has been offered after a pause: until its outcome is known no other follows it. after
// is how long an offer takes at most.
func (b Breaker) Probe(now time.Time, after time.Duration) Breaker {
	if b.Failures >= tolerated {
		b.until = now.Add(after)
	}
	return b
}

// Opens is from when on texts are let through again; zero: they are.
func (b Breaker) Opens() time.Time { return b.until }

// Open reports whether the provider is left alone at a time.
func (b Breaker) Open(now time.Time) bool { return b.until.After(now) }
