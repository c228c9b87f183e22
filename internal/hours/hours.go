// Package hours says when a desk is open: opening hours in a small, strict part of OSM's opening_hours, Dutch public
// holidays, exceptions by date and an operator's override, right over both changes of the clock. It is pure: it reads no
// clock and no file. configs makes Hours from the settings; calls, callbacks and `wissel hours` ask them.
//
// A span belongs to the day on which it begins, and runs to its end: "Fr 22:00-02:00" reaches into Saturday whatever is said
// of Saturday. A time that the clock skips is the moment at which it is put forward. A time that comes twice opens the desk
// the first time and closes it the last: it is never closed while the clock on its wall says that it is open.
package hours

import (
	"slices"
	"time"

	"wissel"
)

// Horizon is how many days ahead changes are looked for: a year, and what a yearly opening moves by.
const Horizon = 400

// Hours are when one desk is open; New makes them. They are never changed: any number of goroutines may ask them.
type Hours struct {
	zone       *time.Location
	rules      []rule
	named      bool // some rule names PH: the rules say what a holiday does
	holidays   []observed
	exceptions []exception // in the order of their dates
	always     bool        // nothing is written: there are no hours
}

// Zone is where the desk is.
func (h *Hours) Zone() *time.Location { return h.zone }

// In gives the same hours by the clock of another zone.
func (h *Hours) In(zone *time.Location) *Hours {
	there := *h
	there.zone = zone
	return &there
}

// At says whether the desk is open at t, until when, and what decides that. Until is when the desk next opens or closes,
// not when something else begins to decide the same.
func (h *Hours) At(t time.Time, o wissel.Override) wissel.Opening {
	a := h.state(t, o)
	a.Until = h.change(t, o, a.Open)
	return a
}

// Open reports whether the desk is open at t.
func (h *Hours) Open(t time.Time, o wissel.Override) bool { return h.state(t, o).Open }

// Next is the first moment from t on at which the desk is open: t itself when it is. Zero: none within Horizon.
func (h *Hours) Next(t time.Time, o wissel.Override) time.Time {
	if h.state(t, o).Open {
		return t
	}
	return h.change(t, o, false)
}

// EndOfNextDay is when the desk closes on the next day that it opens: the end of what a promise for "the next working day"
// means. The day under way, from its first opening to its last closing, is not the next one; before its first opening it
// is. An override that opens the desk makes no working day; one that closes it all day takes one away. Zero: no such day
// within Horizon.
func (h *Hours) EndOfNextDay(t time.Time, o wissel.Override) time.Time {
	var last time.Time // a night may run past the end of a short day after it
	today := dateOf(t.In(h.zone))
	for d := today - 1; d < today+Horizon; d++ {
		began, end := h.extent(d, o)
		if end.After(last) {
			last = end
		}
		if began.After(t) {
			return last
		}
	}
	return time.Time{}
}

// extent is the first opening and the last closing of the spans that begin on d, without what an override closes; zero
// when nothing is left.
func (h *Hours) extent(d date, o wissel.Override) (began, end time.Time) {
	closed := o.ID != "" && !o.Open
	for _, s := range h.day(d).spans {
		from, to := h.moments(d, s)
		if closed && o.Live(from) {
			from = o.Until
		}
		if closed && o.Since.Before(to) && !to.After(o.Until) {
			to = o.Since
		}
		if !from.Before(to) {
			continue
		}
		if began.IsZero() {
			began = from
		}
		if to.After(end) {
			end = to
		}
	}
	return began, end
}

// state is At without Until.
func (h *Hours) state(t time.Time, o wissel.Override) wissel.Opening {
	if o.Live(t) {
		return wissel.Opening{Open: o.Open, By: wissel.ByOverride, Why: o.Reason}
	}
	today := dateOf(t.In(h.zone))
	// Tomorrow counts where the clock is put back over midnight: it has begun once already.
	for d := today + 1; d >= today-1; d-- {
		day := h.day(d)
		for _, s := range day.spans {
			if from, to := h.moments(d, s); !t.Before(from) && t.Before(to) {
				return wissel.Opening{Open: true, By: day.by, Why: day.why}
			}
		}
	}
	day := h.day(today)
	return wissel.Opening{By: day.by, Why: day.why}
}

// change is the first moment after t at which the desk is not as open says; zero: none within Horizon.
func (h *Hours) change(t time.Time, o wissel.Override, open bool) time.Time {
	var edges []time.Time
	today := dateOf(t.In(h.zone))
	for d := today - 1; d < today+Horizon; d++ {
		edges = h.edges(edges[:0], d-1)
		edges = h.edges(edges, d)
		if o.ID != "" {
			edges = append(edges, o.Since, o.Until)
		}
		slices.SortFunc(edges, time.Time.Compare)
		end, _, _ := h.wall(d+1, 0)
		for _, at := range edges { // those beyond the day have others before them, of the day after
			if at.After(t) && at.Before(end) && h.state(at, o).Open != open {
				return at
			}
		}
	}
	return time.Time{}
}

// edges appends where the spans of d begin and end.
func (h *Hours) edges(to []time.Time, d date) []time.Time {
	for _, s := range h.day(d).spans {
		from, end := h.moments(d, s)
		to = append(to, from, end)
	}
	return to
}

// day is what holds on one date.
type day struct {
	spans []span
	by    wissel.OpeningRule
	why   string
}

// NoRule is why a desk is closed on a day that no rule names (Opening.Why).
const NoRule = "no rule names this day"

// day finds what holds on d: an exception, else the last rule that names the day. A holiday closes what a rule opens by
// weekday, unless some rule names PH; a rule that names the date, or says 24/7, means it.
func (h *Hours) day(d date) day {
	if h.always {
		return day{h.rules[0].spans, wissel.ByNothing, ""}
	}
	if e := h.exception(d); e != nil {
		return day{e.spans, wissel.ByException, e.why}
	}
	holiday, asked := "", false
	ask := func() string {
		if !asked {
			holiday, asked = h.holiday(d), true
		}
		return holiday
	}
	for _, r := range slices.Backward(h.rules) {
		match, by := r.match(d, ask)
		switch {
		case !match:
		case by == wissel.ByHoliday:
			return day{r.spans, by, ask() + ": " + r.text}
		case !h.named && !r.firm && len(r.spans) > 0 && ask() != "":
			return day{nil, wissel.ByHoliday, ask()}
		default:
			return day{r.spans, by, r.text}
		}
	}
	return day{nil, wissel.ByRule, NoRule}
}

func (h *Hours) exception(d date) *exception {
	i, _ := slices.BinarySearchFunc(h.exceptions, d, func(e exception, d date) int { return int(e.to - d) })
	if i < len(h.exceptions) && h.exceptions[i].from <= d {
		return &h.exceptions[i]
	}
	return nil
}
