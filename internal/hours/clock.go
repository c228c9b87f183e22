package hours

import "time"

// date is a day of the calendar: days since 1 January 1970.
type date int64

const daySeconds = 24 * 60 * 60

// dateOf is the date that a clock in t's zone shows.
func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return newDate(y, m, d)
}

func newDate(y int, m time.Month, d int) date {
	return date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / daySeconds)
}

// at is the date as a moment in UTC.
func (d date) at() time.Time { return time.Unix(int64(d)*daySeconds, 0).UTC() }

func (d date) weekday() time.Weekday { return d.at().Weekday() }

func (d date) String() string { return d.at().Format(time.DateOnly) }

// span is a part of a day in minutes since 00:00 on the wall; to is past 24*60 when it ends on the next day.
type span struct{ from, to int }

// moments are when s begins and ends on d: it begins when the clock first shows its beginning or, where it is put forward
// over that, a later time, and ends once the clock no longer comes back to a time before its end. Where the clock skips it
// whole, it ends as it begins.
func (h *Hours) moments(d date, s span) (from, to time.Time) {
	from, _, _ = h.wall(d, 60*s.from)
	_, to, shown := h.wall(d, 60*s.to-1)
	if shown {
		to = to.Add(time.Second)
	}
	return from, to
}

// wall is the first and the last moment at which a clock in the zone shows so many seconds since 00:00 of d; they differ
// where it is put back over that time. Where it is put forward over it, so that it never shows it, both are the moment at
// which that is done.
func (h *Hours) wall(d date, seconds int) (first, last time.Time, shown bool) {
	naive := int64(d)*daySeconds + int64(seconds)
	before, after := h.offset(naive-daySeconds), h.offset(naive+daySeconds)
	early, late := naive-max(before, after), naive-min(before, after)
	switch onEarly, onLate := h.offset(early) == naive-early, h.offset(late) == naive-late; {
	case onEarly && onLate:
		return h.moment(early), h.moment(late), true
	case onEarly:
		return h.moment(early), h.moment(early), true
	case onLate:
		return h.moment(late), h.moment(late), true
	}
	jump, _ := h.moment(late).ZoneBounds()
	return jump, jump, false
}

func (h *Hours) moment(unix int64) time.Time { return time.Unix(unix, 0).In(h.zone) }

// offset is how many seconds the zone is ahead of UTC then.
func (h *Hours) offset(unix int64) int64 {
	_, seconds := h.moment(unix).Zone()
	return int64(seconds)
}
