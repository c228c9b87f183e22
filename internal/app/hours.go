package app

import (
	"context"
	"net/http"
	"strings"
	"time"

	"wissel"
	"wissel/internal/hours"
	"wissel/internal/nearest"
	"wissel/internal/store/sqlite"
	"wissel/internal/web"
)

// Hours says whether the desk of a group is open at a moment, and why.
func (a *App) Hours(id wissel.GroupID, at time.Time) (web.Hours, error) {
	return hoursAt(a.routing.Snapshot(), id, at)
}

// desk gives a group and the hours of its desk.
func desk(s *wissel.Snapshot, id wissel.GroupID) (*hours.Hours, error) {
	g := s.Groups[id]
	if g == nil {
		return nil, web.Faultf(http.StatusNotFound, "hours "+string(id), "there is no group %q%s", id, nearest.Suggest(string(id), keys(s.Groups)))
	}
	if h, ok := g.Hours.(*hours.Hours); ok {
		return h, nil
	}
	return hours.Always(time.UTC), nil
}

func hoursAt(s *wissel.Snapshot, id wissel.GroupID, at time.Time) (web.Hours, error) {
	h, err := desk(s, id)
	if err != nil {
		return web.Hours{}, err
	}
	o := s.Overrides[id]
	now := h.At(at, o)
	out := web.Hours{
		Group: id, Zone: h.Zone().String(), At: at.In(h.Zone()), Open: now.Open, Until: in(now.Until, h.Zone()), By: now.By, Why: now.Why,
		EndOfNextDay: in(h.EndOfNextDay(at, o), h.Zone()),
	}
	if o.ID != "" && at.Before(o.Until) {
		out.Override = &web.Override{ID: o.ID, Open: o.Open, Reason: o.Reason, Who: o.Who, Since: in(o.Since, h.Zone()), Until: in(o.Until, h.Zone())}
	}
	return out, nil
}

// in is t as a clock in zone shows it; zero stays zero.
func in(t time.Time, zone *time.Location) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(zone)
}

// SetHours opens or closes a desk until an end, whatever its hours say, or lets them hold again: at once, with an audit row,
// for good (it survives a restart).
func (a *App) SetHours(ctx context.Context, r web.HoursRequest, by web.Actor) (web.HoursSet, error) {
	now := time.Now()
	c, before, after, err := a.routing.change(func(s *wissel.Snapshot) (wissel.Change, error) { return overrideOf(s, r, by.Who, now) })
	if err != nil {
		return web.HoursSet{}, err
	}
	done := web.HoursSet{ID: c.ID, Before: openingWords(before, r.Group, now), After: openingWords(after, r.Group, now)}
	if done.Hours, err = hoursAt(after, r.Group, now); err != nil {
		return done, err
	}
	a.decided(wissel.Decision{
		Row: wissel.Row{ID: c.ID}, At: now, Kind: wissel.DecidedHours, Group: r.Group, Before: done.Before, After: done.After, Actor: by.Who, Why: r.Reason,
	})
	keep, cancel := keeping(ctx)
	defer cancel()
	if err := a.store.Change(keep, c); err != nil {
		done.Notes = append(done.Notes, "in force, but not on disk: until the store is well, a restart would forget it ("+err.Error()+")")
	}
	if err := a.audit(keep, by, "hours", string(r.Group), r.Reason, done.Before, done.After); err != nil {
		done.Notes = append(done.Notes, "the audit row could not be written ("+err.Error()+")")
	}
	a.log.Info("hours changed", "group", r.Group, "before", done.Before, "after", done.After, "who", by.Who, "why", r.Reason, "change", c.ID)
	return done, nil
}

// overrideOf makes the Change that a request asks for, or says what is wrong with it.
func overrideOf(s *wissel.Snapshot, r web.HoursRequest, who string, now time.Time) (c wissel.Change, err error) {
	what := "hours " + string(r.Group)
	if _, err := desk(s, r.Group); err != nil {
		return c, err
	}
	if err := giveReason(what, r.Reason, afterYou); err != nil {
		return c, err
	}
	o := wissel.Override{
		ID: sqlite.NewID(), Group: r.Group, Open: r.Open, Reason: strings.TrimSpace(r.Reason), Who: who, Since: now, Until: r.Until,
		Node: s.Node, Generation: s.Generation + 1,
	}
	switch {
	case r.Clear && (r.Open || !r.Until.IsZero()):
		return c, web.Faultf(http.StatusBadRequest, what, "exactly one of --open-until, --close-until and --clear is needed")
	case r.Clear && !now.Before(s.Overrides[r.Group].Until):
		return c, web.Faultf(http.StatusConflict, what, "there is no override to take back: the hours of the settings hold")
	case r.Clear:
		o = wissel.Override{ID: o.ID, Group: r.Group}
	case !r.Until.After(now):
		return c, web.Faultf(http.StatusBadRequest, what, "an override needs an end that is to come, and %s is past", r.Until.Format(time.RFC3339))
	case r.Until.Sub(now) > pinMost:
		return c, web.Faultf(http.StatusBadRequest, what, "%s is more than 30 days away: an override must end; change the hours in the settings for what is to stay", r.Until.Format(time.RFC3339))
	}
	return wissel.Change{ID: o.ID, Group: r.Group, Hours: &o, Reason: r.Reason, Who: who, At: now, Node: s.Node, Generation: s.Generation + 1}, nil
}

// openingWords says for the audit log what the hours of a group are: "open until 2026-11-03 22:00 by override", "as written".
func openingWords(s *wissel.Snapshot, id wissel.GroupID, now time.Time) string {
	o := s.Overrides[id]
	if !now.Before(o.Until) {
		return "as written"
	}
	word := "closed"
	if o.Open {
		word = "open"
	}
	h, err := desk(s, id)
	if err != nil {
		return word
	}
	return word + " until " + o.Until.In(h.Zone()).Format("2006-01-02 15:04 MST") + " by override"
}
