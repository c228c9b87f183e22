package push

import "time"

// A Way is how one place fares: what is there, what is to come there, and when it is tried again. It is a value, and reads no clock.
// The zero Way is that of a place to which nothing was brought yet. Pages are numbered, the newer the higher.
type Way struct {
	Want   uint64    // the newest pages that say something else than those before
	Behind time.Time // since when what is there says something that holds no more; zero: it does not
	Held   uint64    // the pages that are there; 0: none of ours, as far as we know
	Put    time.Time // when they came there
	Fails  int       // in a row
	Since  time.Time // of the first of those
	Fault  string    // of the last
	Next   time.Time // it is not tried before then
}

// What a place that fails is spared: tries double their distance up to the longest, and after so many in a row its breaker is open, and a
// change goes there at the next try only.
const (
	firstAgain = time.Second
	lastAgain  = 30 * time.Second
	breaks     = 5
)

// Open reports whether the breaker is open: the place has failed so often that nothing but a try now and then goes there.
func (w Way) Open() bool { return w.Fails >= breaks }

// Changed is told that pages say something else now. A place that is not known to be down is tried at once.
func (w Way) Changed(number uint64, now time.Time) Way {
	w.Want = number
	if w.Behind.IsZero() {
		w.Behind = now
	}
	if !w.Open() {
		w.Next = time.Time{}
	}
	return w
}

// Done is told that pages are there.
func (w Way) Done(number uint64, now time.Time) Way {
	w.Held, w.Put, w.Fails, w.Since, w.Fault, w.Next = number, now, 0, time.Time{}, "", time.Time{}
	if number >= w.Want {
		w.Behind = time.Time{}
	}
	return w
}

// Failed is told that pages could not be brought there. chance, from 0 to 1, keeps places that fell together from being tried together.
func (w Way) Failed(fault string, chance float64, now time.Time) Way {
	if w.Fails++; w.Fails == 1 {
		w.Since = now
	}
	wait := lastAgain
	if w.Fails <= breaks {
		wait = min(lastAgain, firstAgain<<(w.Fails-1))
	}
	w.Fault, w.Next = fault, now.Add(time.Duration(float64(wait)*(0.8+0.4*chance)))
	return w
}

// When gives when the newest pages are to be brought there, which may be past; false: they are there.
func (w Way) When(newest uint64) (time.Time, bool) { return w.Next, newest > w.Held }

// State is what people are told of a place.
type State string

// The states: what holds is there; it is on its way; it could not be brought there.
const (
	Live    State = "live"
	Pending State = "pending"
	Failed  State = "failed"
)

// State of it.
func (w Way) State() State {
	switch {
	case w.Fails > 0:
		return Failed
	case w.Held == 0 || !w.Behind.IsZero():
		return Pending
	}
	return Live
}
