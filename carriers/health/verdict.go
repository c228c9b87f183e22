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
		if !byCalls(Layer(i)) {
			return time.Time{}, false // it does not even answer OPTIONS
		}
		if l.Until.After(at) {
			at = l.Until
		}
		if again := h.Claimed.Add(p.dwell(h.Flaps - 1)); !h.Claimed.IsZero() && again.After(at) {
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
		if l.State != wissel.Suspect || p.stale(Layer(i), l, now) {
			continue
		}
		if s := l.news().Add(p.staleAfter(Layer(i))); !ok || s.Before(at) {
			at, ok = s, true
		}
	}
	return at, ok
}

// evidence is one line for people about what decides: the weightiest of the layers that make it so.
func (p Policy) evidence(h Health, now time.Time) string {
	if made := p.made(h, now); len(made) > 0 {
		return p.line(h, made[0])
	}
	return nothing
}

// telling are the layers, those first that say most about an address that is Up: that it takes calls, not that something came.
var telling = [layers]Layer{Calls, Probe, Test, Media, Ends, Quality, Outside, Transport}

// made gives the layers that make the state of h, the weightiest first: for the worse what was bad last before what is well
// again since, for the better what was heard of within Calm before what is long ago.
func (p Policy) made(h Health, now time.Time) (made []Layer) {
	if h.State == wissel.Unknown {
		return nil
	}
	var rest []Layer
	of := func(i int) Layer { return Layer(i) }
	if h.State == wissel.Up {
		of = func(i int) Layer { return telling[i] }
	}
	for i := range h.Layers {
		l := &h.Layers[of(i)]
		switch {
		case l.State != h.State, p.stale(of(i), l, now):
		case h.State == wissel.Up && now.Sub(l.Last) >= p.Calm, h.State != wissel.Up && l.Bad == 0:
			rest = append(rest, of(i))
		default:
			made = append(made, of(i))
		}
	}
	return append(made, rest...)
}

// nothing is the evidence of what is Unknown.
const nothing = "nothing is known yet"

// line puts the state of one layer into words.
func (p Policy) line(h Health, of Layer) string {
	l := &h.Layers[of]
	switch {
	case l.State == wissel.Unknown:
		return nothing
	case l.State == wissel.Up:
		return [layers]string{"messages arrive", "answers OPTIONS", "takes calls", "sends audio", "keeps its calls", "does as well as ever",
			"test calls get through", "says it is well"}[of] + " since " + wissel.Clock(l.Since)
	case l.Bad == 0 && l.Trial:
		return "on trial: well " + strconv.Itoa(l.Good) + " of " + strconv.Itoa(p.Rise) + " times since it was down, last trouble at " + wissel.Clock(l.First)
	case l.Bad == 0:
		s := "well again " + strconv.Itoa(min(l.Good, p.Rise)) + " of " + strconv.Itoa(p.Rise) + " times, last trouble at " + wissel.Clock(l.First) + ": " + trouble(of, l)
		if l.Why != "" {
			s += " (" + l.Why + ")"
		}
		return s
	}
	s := trouble(of, l)
	if of == Probe && !h.Answered {
		s += " (it has never answered one: calls decide)"
	} else if of == Probe && spared(&h) {
		s += " (but it takes calls, so calls decide)"
	}
	if l.Why != "" {
		s += " (" + l.Why + ")"
	}
	return s + " since " + wissel.Clock(l.First)
}

// trouble says what the present streak of bad observations of a layer is, or, when it is over, what they were.
func trouble(of Layer, l *LayerHealth) string {
	switch of {
	case Transport:
		return "unreachable"
	case Probe:
		return some(l.Bad, "OPTIONS", "OPTIONS") + outcome(l.Status)
	case Calls:
		return some(l.Bad, "call", "calls") + outcome(l.Status)
	case Media:
		return some(l.Bad, "call", "calls") + " without audio"
	case Ends:
		return "many calls ended at once"
	case Quality:
		return "does worse than usual"
	case Test:
		s := some(l.Bad, "test call", "test calls") + " failed"
		if l.Status != 0 { // one that was answered, and had no sound, has none
			s += " with " + strconv.Itoa(l.Status)
		}
		return s
	case Outside:
		return "its status page reports trouble"
	case layers:
	}
	return ""
}

// some is count; of a number that is no longer known just the word for many.
func some(n int, one, many string) string {
	if n == 0 {
		return many
	}
	return count(n, one, many)
}

func outcome(status int) string {
	if status == 0 {
		return " without an answer"
	}
	return " answered with " + strconv.Itoa(status)
}

// TrunkVerdict is the verdict on a trunk: that of its best address (wissel.State.Better), the first of equals. One that may be
// retried is better than one that may not.
func TrunkVerdict(t *wissel.Trunk, m map[wissel.Address]wissel.Verdict) wissel.Verdict {
	best := wissel.Verdict{Evidence: "no address: its names have not been resolved"}
	for i, a := range t.Addresses {
		if v := m[a]; i == 0 || v.State.Better(best.State) || v.State == best.State && v.State == wissel.Down && v.Retry && !best.Retry {
			best = v
		}
	}
	return best
}
