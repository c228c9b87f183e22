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
// else at the one that the settings hope for where wissel dials. Where neither is known it is taken to.
func (b *Book) Fits(g wissel.GroupID, set Settings, desk Desk, now time.Time) bool {
	each, measured := b.Each(g, desk, now)
	switch {
	case measured:
	case set.Dials():
		each = set.Each / time.Duration(max(1, set.Agents))
	default:
		return true
	}
	end := set.Ends(desk, now)
	if end.IsZero() {
		return true
	}
	turn := desk.after(now, each*time.Duration(len(b.open[g])+1))
	return !turn.IsZero() && !turn.After(end)
}
