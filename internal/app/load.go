package app

import (
	"context"
	"net/http"
	"time"

	"wissel"
	"wissel/internal/hours"
	"wissel/internal/web"
)

// loadMost is over how many days calls and wishes are counted at most.
const loadMost = 366

// Load counts the calls and wishes of a group over the last so many days, by weekday and hour, against the hours of its desk.
// Overrides of the time are not known any more: it is the hours as they are written now.
func (a *App) Load(ctx context.Context, id wissel.GroupID, days int) (web.Load, error) {
	what := "hours " + string(id) + " --load"
	h, err := desk(a.routing.Snapshot(), id)
	if err != nil {
		return web.Load{}, err
	}
	if days < 1 || days > loadMost {
		return web.Load{}, web.Faultf(http.StatusBadRequest, what, "%d days are outside 1 to %d", days, loadMost)
	}
	// Whole days of the desk's clock, so that each weekday is there as often as the others when they are whole weeks.
	now := time.Now().In(h.Zone())
	until := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, h.Zone())
	since := until.AddDate(0, 0, -days)
	calls, err := a.store.CallsOver(ctx, id, since, until)
	if err != nil {
		return web.Load{}, web.Faultf(http.StatusServiceUnavailable, what, "%v", err)
	}
	wishes, err := a.store.WishesOver(ctx, id, since, until)
	if err != nil {
		return web.Load{}, web.Faultf(http.StatusServiceUnavailable, what, "%v", err)
	}
	l := web.Load{Group: id, Zone: h.Zone().String(), Since: since, Until: until, Days: days, Cells: cells()}
	count(&l, h, calls, func(c *web.LoadCell) *int { return &c.Calls }, &l.Calls, &l.CallsClosed)
	count(&l, h, wishes, func(c *web.LoadCell) *int { return &c.Wishes }, &l.Wishes, &l.WishesClosed)
	open(&l, h)
	return l, nil
}

// cells are the hours of a week, Monday 00:00 first.
func cells() []web.LoadCell {
	out := make([]web.LoadCell, 7*24)
	for i := range out {
		out[i] = web.LoadCell{Weekday: time.Weekday((i/24 + 1) % 7).String()[:2], Hour: i % 24}
	}
	return out
}

// cellOf is the cell that a moment of the desk's clock is in.
func cellOf(l *web.Load, t time.Time) *web.LoadCell {
	return &l.Cells[int(t.Weekday()+6)%7*24+t.Hour()]
}

// count adds what began at each moment to its cell, and to the totals.
func count(l *web.Load, h *hours.Hours, at map[time.Time]int, field func(*web.LoadCell) *int, total, closed *int) {
	for t, n := range at {
		*field(cellOf(l, t.In(h.Zone()))) += n
		if *total += n; !h.At(t, wissel.Override{}).Open {
			*closed += n
		}
	}
}

// open says of each cell which part of it the desk was open, in percent of the minutes counted over.
func open(l *web.Load, h *hours.Hours) {
	var minutes, of [7 * 24]int
	t := l.Since
	for t.Before(l.Until) {
		now := h.At(t, wissel.Override{})
		end := l.Until
		if !now.Until.IsZero() && now.Until.Before(end) {
			end = now.Until
		}
		for ; t.Before(end); t = t.Add(time.Minute) {
			local := t.In(h.Zone())
			i := int(local.Weekday()+6)%7*24 + local.Hour()
			if of[i]++; now.Open {
				minutes[i]++
			}
		}
	}
	for i := range l.Cells {
		if of[i] > 0 {
			l.Cells[i].Open = (100*minutes[i] + of[i]/2) / of[i]
		}
	}
}
