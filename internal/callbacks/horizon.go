package callbacks

import (
	"time"

	"wissel"
)

// Ends is by when a promise that is made at a moment is to be kept: the horizon of the settings, or the end of the next day that the desk
// opens; zero: not known.
func (s Settings) Ends(desk Desk, at time.Time) time.Time {
	if s.Horizon != 0 {
		return at.Add(s.Horizon)
	}
	if desk.Hours == nil {
		return at.Add(2 * day)
	}
	return desk.Hours.EndOfNextDay(at, desk.Override)
}

// Fits reports whether one more promise of a group can be kept in time: those before it, and it, at the rate that was measured lately,
// else at the one that the settings hope for where wissel dials. Where neither is known it is taken to. Where wissel dials, the hours in
// which nobody may be rung do not count, and no day has more calls than the settings allow.
func (b *Book) Fits(g wissel.GroupID, set Settings, desk Desk, now time.Time) bool {
	end := set.Ends(desk, now)
	if set.Dials() && set.Humane != nil {
		desk = Desk{Hours: ringing{set.Humane(set.Zone), desk}}
	}
	each, measured := b.Each(g, desk, now)
	switch {
	case measured:
	case set.Dials():
		each = set.Each / time.Duration(max(1, set.Agents))
	default:
		return true
	}
	if end.IsZero() {
		return true
	}
	owed := len(b.open[g]) + 1
	if set.Dials() && owed > set.PerDay*daysTo(end.In(set.Zone), now.In(set.Zone)) {
		return false
	}
	turn := desk.after(now, each*time.Duration(owed))
	return !turn.IsZero() && !turn.After(end)
}

// daysTo is how many days of the calendar there are from now to an end, both counted.
func daysTo(end, now time.Time) int {
	noon := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC) }
	return int(noon(end).Sub(noon(now))/day) + 1
}

// ringing is when a desk is open and people may be rung.
type ringing struct {
	wissel.Schedule // when people may be rung
	desk            Desk
}

func (r ringing) Open(t time.Time, o wissel.Override) bool { return r.At(t, o).Open }

func (r ringing) At(t time.Time, _ wissel.Override) wissel.Opening {
	desk, people := r.desk.At(t), r.Schedule.At(t, wissel.Override{})
	switch {
	case !desk.Open:
		return wissel.Opening{Until: desk.Until}
	case !people.Open:
		return wissel.Opening{Until: people.Until}
	}
	return wissel.Opening{Open: true, Until: earlier(desk.Until, people.Until)}
}
