package callbacks

import (
	"time"

	"wissel"
)

// Turn is what the lead said of when a group's callbacks are made.
type Turn struct {
	wissel.Row
	Group wissel.GroupID
	At    time.Time // zero: nothing
	Set   time.Time // when he said so
	Who   string
	Why   string
}

// Live reports whether the turn is still to come.
func (t Turn) Live(now time.Time) bool { return t.At.After(now) }

const (
	fewest     = 5             // done, before a pace is one
	lately     = 4 * time.Hour // of open desk: what was done before tells nothing of now
	mostHours  = 400           // changes of the hours that are looked at: half a year of days
	mostAhead  = 30 * 24 * time.Hour
	slowestOne = 8 * time.Hour // slower is no pace to name a time by
)

// Desk is when a group's desk is open.
type Desk struct {
	Hours    wissel.Schedule // nil: always
	Override wissel.Override
}

// At says whether the desk is open at a moment, and until when that is so.
func (d Desk) At(t time.Time) wissel.Opening {
	if d.Hours == nil {
		return wissel.Opening{Open: true}
	}
	return d.Hours.At(t, d.Override)
}

// between is how long the desk was open between two moments. It stops counting once that is more than lately: hours are slow to ask for.
func (d Desk) between(from, to time.Time) (open time.Duration) {
	for range mostHours {
		if open > lately {
			break
		}
		o := d.At(from)
		end := o.Until
		if end.IsZero() || end.After(to) {
			end = to
		}
		if o.Open {
			open += end.Sub(from)
		}
		if from = end; !from.Before(to) {
			break
		}
	}
	return open
}

// after is the moment from which the desk will have been open for d since now; zero: not within mostAhead.
func (d Desk) after(now time.Time, left time.Duration) time.Time {
	for at := now; at.Sub(now) < mostAhead; {
		o := d.At(at)
		switch {
		case o.Open && (o.Until.IsZero() || !o.Until.Before(at.Add(left))):
			return at.Add(left)
		case o.Until.IsZero():
			return time.Time{}
		case o.Open:
			left -= o.Until.Sub(at)
		}
		at = o.Until
	}
	return time.Time{}
}

// Each is how long one callback of a group takes by what was done lately while its desk was open; false: too little was
// done to say. Time in which nothing was done counts, so that a desk which has stopped does not go on promising.
func (b *Book) Each(g wissel.GroupID, desk Desk, now time.Time) (time.Duration, bool) {
	all := b.done[g]
	for len(all) > 0 && desk.between(all[0], now) > lately {
		all = all[1:]
	}
	if len(all) < fewest {
		return 0, false
	}
	each := desk.between(all[0], now) / time.Duration(len(all)-1)
	return each, each > 0 && each <= slowestOne
}

// When is when the turn of a place comes: as the lead set it, else by a measured pace; zero: not known.
func When(place int, set Turn, each time.Duration, measured bool, desk Desk, now time.Time) time.Time {
	switch {
	case place < 1:
		return time.Time{}
	case set.Live(now):
		return set.At
	case measured:
		return desk.after(now, each*time.Duration(place))
	}
	return time.Time{}
}

// Turns are those of the first n places in order, found in one walk over the hours; fewer where the rest are too far away to be known.
func Turns(n int, set Turn, each time.Duration, measured bool, desk Desk, now time.Time) []time.Time {
	all := make([]time.Time, 0, n)
	if set.Live(now) {
		for range n {
			all = append(all, set.At)
		}
		return all
	}
	if !measured || each <= 0 {
		return all
	}
	left := each // of open desk until the next turn
	for at := now; len(all) < n && at.Sub(now) < mostAhead; {
		o := desk.At(at)
		if o.Open {
			turn := at.Add(left)
			for ; len(all) < n && turn.Sub(now) < mostAhead && (o.Until.IsZero() || !o.Until.Before(turn)); turn = turn.Add(each) {
				all = append(all, turn)
			}
			left = turn.Sub(o.Until)
		}
		if o.Until.IsZero() {
			break
		}
		at = o.Until
	}
	return all
}
