package sms

import (
	"slices"
	"time"
)

// A Route is the providers of a group in their order, and how patient we are with them.
type Route struct {
	Providers []string      // by name, the first choice first
	Repeats   []string      // those among them whose Traits say that a text may be offered again
	Again     time.Duration // between two offers of the same text to one provider, at least; after an Unknown it doubles with each
	Valid     time.Duration // how long one provider may go on trying: another gets its turn within the text's time
}

// An Attempt is one offer of a text to a provider. It is written before the offer is made, with an Unknown outcome: that
// is what is known of it after a crash.
type Attempt struct {
	Provider string
	At       time.Time
	Valid    time.Duration // how long the provider was told to go on trying
	Outcome  Outcome       // with what an event has said of it since
	States   []State       // of its parts, by receipts, as Outcome.IDs; shorter or nil: of the others none came
	Changes  int           // how often it changed since it was made: of two states of a row the higher counts
}

// ends is when an attempt of which nothing is known can no longer ring a phone.
func (a Attempt) ends() time.Time { return a.At.Add(a.Valid + grace) }

// grace is how far the clocks of providers are off, and how long a text of theirs takes on the air.
const grace = 2 * time.Minute

// Do is what is to be done with a text.
type Do uint8

// What can be done.
const (
	Wait  Do = iota // until Until, or an event
	Offer           // to Provider, now
	Close           // it is over, as Ended says
)

func (d Do) String() string {
	switch d {
	case Offer:
		return "offer"
	case Close:
		return "close"
	case Wait:
	}
	return "wait"
}

// End is how a text ended, as far as offering it goes.
type End uint8

// The ends.
const (
	Taken   End = iota + 1 // a provider has it: its receipt says the rest
	Useless                // nobody will take it
	Past                   // its time passed before a provider was known to have it
)

func (e End) String() string {
	switch e {
	case Taken:
		return "taken"
	case Useless:
		return "useless"
	case Past:
		return "past"
	}
	return "none"
}

// Decision is the next step of one text.
type Decision struct {
	Do       Do
	Provider string        // of an Offer
	Valid    time.Duration // of an Offer: what is left of the text's time
	Had      []string      // of an Offer: the ids of parts that this provider has
	Until    time.Time     // of a Wait
	Ended    End           // of a Close
	Why      string        // for people
}

// Next decides about one text, by all that was tried with it in the order of the attempts, and by how the providers are.
// until is when the text has lost its sense. A text of which a provider may have even a part goes to no other provider until
// that provider can no longer deliver it.
func (r Route) Next(tried []Attempt, breakers map[string]Breaker, until, now time.Time) Decision {
	if d, ok := held(r, tried, breakers, until, now); ok {
		return d
	}
	left := until.Sub(now)
	if left < time.Minute {
		return Decision{Do: Close, Ended: Past, Why: "its time has passed"}
	}
	wake := until
	refused := 0
	for _, name := range r.Providers {
		last, times := lastOf(tried, name)
		if last.Outcome.Verdict == Refused {
			refused++
			continue
		}
		at := now
		if times > 0 {
			at = last.At.Add(max(last.Outcome.After, r.Again))
		}
		if b := breakers[name].Opens(); b.After(at) {
			at = b
		}
		if !at.After(now) {
			return Decision{Do: Offer, Provider: name, Valid: r.valid(left)}
		}
		if at.Before(wake) {
			wake = at
		}
	}
	if refused == len(r.Providers) {
		return Decision{Do: Close, Ended: Useless, Why: "every provider refused it"}
	}
	return Decision{Do: Wait, Until: wake, Why: "no provider takes texts now"}
}

// held decides by what the attempts left behind; false: the text is free to go anywhere.
func held(r Route, tried []Attempt, breakers map[string]Breaker, until, now time.Time) (Decision, bool) {
	for _, a := range tried {
		switch {
		case a.Outcome.Verdict == Accepted:
			return Decision{Do: Close, Ended: Taken, Why: a.Provider + " has it"}, true
		case a.Outcome.Verdict == Refused && a.Outcome.Fault == OfText:
			return Decision{Do: Close, Ended: Useless, Why: a.Provider + " says that nobody will take it"}, true
		}
	}
	for _, a := range slices.Backward(tried) {
		if !now.Before(a.ends()) {
			continue
		}
		switch {
		case a.Outcome.Verdict == Unknown:
			wait := Decision{Do: Wait, Until: a.ends(), Why: "whether " + a.Provider + " has it is not known"}
			if !slices.Contains(r.Repeats, a.Provider) {
				return wait, true
			}
			last, times := lastOf(tried, a.Provider)
			pause := max(r.Again<<min(times-1, 6), last.Outcome.After)
			return r.again(last, last.At.Add(pause), wait, breakers, until, now), true
		case some(a.Outcome.IDs): // the other parts go there too, or the phone shows half a text
			wait := Decision{Do: Wait, Until: a.ends(), Why: a.Provider + " has a part of it"}
			last, _ := lastOf(tried, a.Provider)
			return r.again(last, last.At.Add(max(last.Outcome.After, r.Again)), wait, breakers, until, now), true
		}
	}
	return Decision{}, false
}

// again offers a text once more to the provider of its last attempt there, from at on and if that makes sense before wait does.
func (r Route) again(last Attempt, at time.Time, wait Decision, breakers map[string]Breaker, until, now time.Time) Decision {
	if b := breakers[last.Provider].Opens(); b.After(at) {
		at = b
	}
	switch {
	case until.Sub(now) < time.Minute:
		return wait
	case !at.After(now):
		return Decision{Do: Offer, Provider: last.Provider, Valid: r.valid(until.Sub(now)), Had: last.Outcome.IDs, Why: wait.Why}
	case at.Before(wait.Until):
		wait.Until = at
	}
	return wait
}

func (r Route) valid(left time.Duration) time.Duration { return max(min(left, r.Valid), time.Minute) }

// lastOf gives the last attempt at a provider, and how many there were; none is the zero Attempt.
func lastOf(tried []Attempt, name string) (last Attempt, times int) {
	for _, a := range tried {
		if a.Provider == name {
			last, times = a, times+1
		}
	}
	return last, times
}

func some(ids []string) bool {
	return slices.ContainsFunc(ids, func(id string) bool { return id != "" })
}
