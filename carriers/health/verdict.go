package health

import (
	"strconv"
	"time"

	"wissel"
)

// Verdict is h as routing and people need it, at now. Seen is left to the Board.
func (p Policy) Verdict(h Health, now time.Time) wissel.Verdict {
	h = p.judge(h, now)
	return wissel.Verdict{
		State: h.State, Since: h.Since, Evidence: p.evidence(h, now),
		Answered: h.Answered, Retry: p.retry(h, now), Proven: h.Proven,
	}
}

// retry reports whether an address that is Down is offered one call: it is Down by its calls alone, their dwell is over, and
// nobody has been given that call within the dwell.
func (p Policy) retry(h Health, now time.Time) bool {
	at, ok := p.retryAt(h)
	return ok && !now.Before(at)
}

// retryAt is when that will be so, if nothing else happens.
func (p Policy) retryAt(h Health) (time.Time, bool) {
	if h.State != wissel.Down {
		return time.Time{}, false
	}
	var at time.Time
	for i := range h.Layers {
		l := &h.Layers[i]
		if l.State != wissel.Down {
			continue
		}
		if !tried(Layer(i)) {
			return time.Time{}, false // it does not even answer OPTIONS
		}
		if l.Until.After(at) {
			at = l.Until
		}
		if again := h.Claimed.Add(p.dwell(l.Flaps - 1)); !h.Claimed.IsZero() && again.After(at) {
			at = again
		}
	}
	return at, true
}

// changes is when time alone will change the verdict on h next; false: it will not.
func (p Policy) changes(h Health, now time.Time) (time.Time, bool) {
	at, ok := p.retryAt(h)
	ok = ok && at.After(now)
	for i := range h.Layers {
		l := &h.Layers[i]
		if l.State != wissel.Suspect || p.stale(l, now) {
			continue
		}
		if s := l.Last.Add(p.Stale); !ok || s.Before(at) {
			at, ok = s, true
		}
	}
	return at, ok
}

// evidence is one line for people about the layer that decides.
func (p Policy) evidence(h Health, now time.Time) string {
	for i := range h.Layers {
		l := &h.Layers[i]
		if l.State == h.State && !p.stale(l, now) && h.State != wissel.Unknown {
			return line(Layer(i), l, h.Answered)
		}
	}
	return "nothing is known yet"
}

// line puts the state of one layer into words.
func line(of Layer, l *LayerHealth, answered bool) string {
	if l.State == wissel.Up {
		return [layers]string{"messages arrive", "answers OPTIONS", "takes calls", "sends audio", "keeps its calls", "does as well as ever", "test calls get through", "says it is well"}[of] +
			" since " + clock(l.Since)
	}
	if l.Bad == 0 {
		return "well again " + strconv.Itoa(l.Good) + " time(s), last trouble at " + clock(l.First)
	}
	var s string
	switch of {
	case Transport:
		s = "unreachable"
	case Probe:
		s = count(l.Bad, "OPTIONS", "OPTIONS") + outcome(l.Status)
		if !answered {
			s += " (it has never answered one: calls decide)"
		}
	case Calls:
		s = count(l.Bad, "call", "calls") + outcome(l.Status)
	case Media:
		s = count(l.Bad, "call", "calls") + " without audio"
	case Ends:
		s = "many calls ended at once"
	case Quality:
		s = "does worse than usual"
	case Test:
		s = count(l.Bad, "test call", "test calls") + outcome(l.Status)
	case Outside:
		s = "its status page reports trouble"
	case layers:
	}
	if l.Why != "" {
		s += " (" + l.Why + ")"
	}
	return s + " since " + clock(l.First)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func outcome(status int) string {
	if status == 0 {
		return " without an answer"
	}
	return " answered with " + strconv.Itoa(status)
}

func clock(t time.Time) string { return t.Format(time.TimeOnly) }

// TrunkVerdict is the verdict on a trunk: that of its best address (Up, then Unknown, then Suspect, then Down), the first of
// equals. One that may be retried is better than one that may not.
func TrunkVerdict(t *wissel.Trunk, m map[wissel.Address]wissel.Verdict) wissel.Verdict {
	best := wissel.Verdict{Evidence: "no address: its names have not been resolved"}
	for i, a := range t.Addresses {
		if v := m[a]; i == 0 || rank(v) < rank(best) {
			best = v
		}
	}
	return best
}

// rank orders verdicts, best first.
func rank(v wissel.Verdict) int {
	switch v.State {
	case wissel.Up:
		return 0
	case wissel.Unknown:
		return 1
	case wissel.Suspect:
		return 2
	case wissel.Down:
	}
	if v.Retry {
		return 3
	}
	return 4
}
