package callbacks

import (
	"cmp"
	"strconv"
	"time"

	"wissel"
)

// Tally counts agents: how many were rung, and how many took their call.
type Tally struct {
	Rung  int `json:"rung"`
	Taken int `json:"taken"`
}

// String is "3 of 4 agents took their call", or "no agent was rung yet".
func (t Tally) String() string {
	if t.Rung == 0 {
		return "no agent was rung yet"
	}
	return strconv.Itoa(t.Taken) + " of " + strconv.Itoa(t.Rung) + " agents took their call"
}

// Release lets a group's callbacks go, in waves: the first of one, the next ones wider while agents take their calls and narrower while
// they do not. A wave goes once it is known of each agent of the one before whether he took his. It is a value; the zero Release has
// let nothing go yet.
type Release struct {
	wissel.Row
	Group  wissel.GroupID
	Paused bool      // by an operator
	Left   int       // by an operator: how many more go; -1: all that there are
	Who    string    // paused it, or let them go
	Why    string    // the reason he gave
	At     time.Time // when

	Width   int   // of the present wave; 0: none yet
	Sent    int   // of it
	Settled int   // of it: the agent took it, or did not
	Wave    Tally // of it
	Last    Tally // the wave before it
	Rest    time.Time
	Wait    time.Duration // how long the last rest was
	Began   []time.Time   // starts within the last second
	Day     string        // of Today, in our zone
	Today   int           // calls
}

const (
	restShort = 30 * time.Second // after a wave that no agent took, doubled up to restLong
	restLong  = 15 * time.Minute
)

// most is how many may be in flight at one time.
func (s Settings) most(v View) int {
	n := min(s.Agents, v.Agents)
	if v.Share < 1000 && n > 0 {
		n = max(1, n*v.Share/1000)
	}
	if !v.Up || v.Share <= 0 {
		return 0
	}
	return n
}

// Room reports whether one more may go now; if not, when to look again (zero: once something happens), and why, for people.
func (r Release) Room(set Settings, v View, flying int, now time.Time) (ok bool, again time.Time, why string) {
	switch {
	case !set.Dials():
		return false, again, "no desk is set, so people make them"
	case r.Paused:
		return false, again, "paused by " + r.Who + ": " + r.Why
	case set.Release == ReleaseOperator && r.Left == 0:
		return false, again, "an operator lets them go (`wissel callbacks release`)"
	}
	if o := v.Desk.At(now); !o.Open {
		return false, o.Until, "the desk is closed"
	}
	most := set.most(v)
	switch {
	case !v.Up:
		return false, again, "the desk cannot be rung now"
	case most == 0:
		return false, again, cmp.Or(v.Nobody, "nobody is logged on")
	case flying >= most:
		return false, again, strconv.Itoa(flying) + " are in flight, and no more may be"
	case r.Rest.After(now):
		return false, r.Rest, "it rests after a wave that no agent took"
	case r.Sent >= max(1, r.Width) && r.Settled < r.Sent && flying > 0: // with none in flight there is nothing to wait for
		return false, again, "the wave before is not settled"
	case r.Day == dayOf(set, now) && r.Today >= set.PerDay:
		return false, nextDay(set, now), "the calls of the day are used up (callbacks.per_day)"
	}
	if began := within(r.Began, now); len(began) >= set.Rate {
		return false, began[len(began)-set.Rate].Add(time.Second), "so many begin in a second (callbacks.rate)"
	}
	return true, again, ""
}

// RoomForLast reports whether one more last call may go now; ringing are those that do. No agent is needed for it, and neither the desk nor
// its platform; the other limits hold.
func (r Release) RoomForLast(set Settings, ringing int, now time.Time) (ok bool, again time.Time) {
	switch began := within(r.Began, now); {
	case !set.Dials() || r.Paused || ringing >= set.Agents:
		return false, again
	case r.Day == dayOf(set, now) && r.Today >= set.PerDay:
		return false, nextDay(set, now)
	case len(began) >= set.Rate:
		return false, began[len(began)-set.Rate].Add(time.Second)
	}
	return true, again
}

// LastGoes notes that one goes.
func (r Release) LastGoes(set Settings, now time.Time) Release {
	r = r.Made(set, now, now)
	return r.starts(now)
}

// starts notes a start of this second.
func (r Release) starts(now time.Time) Release {
	began := within(r.Began, now)
	r.Began = append(began[:len(began):len(began)], now)
	return r
}

func within(began []time.Time, now time.Time) []time.Time {
	for len(began) > 0 && now.Sub(began[0]) >= time.Second {
		began = began[1:]
	}
	return began
}

func dayOf(set Settings, now time.Time) string { return now.In(set.Zone).Format(time.DateOnly) }

func nextDay(set Settings, now time.Time) time.Time {
	y, m, d := now.In(set.Zone).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, set.Zone)
}

// Goes notes that one goes.
func (r Release) Goes(set Settings, v View, now time.Time) Release {
	if r.Width == 0 {
		r.Width = 1
	}
	if r.Sent >= r.Width { // the wave before is settled
		r = r.next(set.most(v))
	}
	r.Sent++
	if d := dayOf(set, now); r.Day != d {
		r.Day, r.Today = d, 0
	}
	r.Today++
	r = r.starts(now)
	if r.Left > 0 {
		r.Left--
	}
	return r
}

// next begins a wave, as wide as the one before lets it be.
func (r Release) next(most int) Release {
	switch rung, taken := r.Wave.Rung, r.Wave.Taken; {
	case rung == 0: // no agent was rung in it: it tells nothing
	case 4*taken >= 3*rung:
		r.Width *= 2
	case 2*taken < rung:
		r.Width /= 2
	}
	if r.Wave.Rung > 0 {
		r.Last = r.Wave
	}
	r.Width = max(1, min(r.Width, most))
	r.Sent, r.Settled, r.Wave = 0, 0, Tally{}
	return r
}

// Agent notes what became of the agent of one that went: he took it, did not, or was never rung. A wave that no agent took is followed by
// a rest, each longer than the one before.
func (r Release) Agent(rung, took bool, now time.Time) Release {
	if r.Settled >= r.Sent {
		return r // of a wave before a restart
	}
	r.Settled++
	if rung {
		r.Wave.Rung++
	}
	if took {
		r.Wave.Taken++
		r.Wait = 0
	}
	if r.Settled >= max(1, r.Width) && r.Wave.Rung > 0 && r.Wave.Taken == 0 {
		r.Wait = min(max(2*r.Wait, restShort), restLong)
		r.Rest = now.Add(r.Wait)
	}
	return r
}

// Made counts a call of before a restart, if it was made today.
func (r Release) Made(set Settings, at, now time.Time) Release {
	today := dayOf(set, now)
	if r.Day != today {
		r.Day, r.Today = today, 0
	}
	if dayOf(set, at) == today {
		r.Today++
	}
	return r
}

// Restored is what holds after a restart: who paused it, and how many were let go. Waves begin anew.
func (r Release) Restored() Release {
	return Release{Row: r.Row, Group: r.Group, Paused: r.Paused, Left: r.Left, Who: r.Who, Why: r.Why, At: r.At}
}
