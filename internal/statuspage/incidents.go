package statuspage

import (
	"cmp"
	"slices"
	"time"

	"wissel"
)

// How far back a page tells.
const (
	Past         = 7 * 24 * time.Hour
	mostUpdates  = 20
	mostIncident = 5
)

// Incidents makes of all messages of one group what was the matter with it, newest first. A message belongs to the incident of the one
// before it unless that was ended by itself, or its end had passed for long when the next one came.
func Incidents(all []wissel.Message, now time.Time) (out []Incident) {
	all = slices.SortedFunc(slices.Values(all), func(a, b wissel.Message) int { return cmp.Compare(a.Generation, b.Generation) })
	var before wissel.Message
	for i, m := range all {
		over := i == 0 || !before.Ended.IsZero() || lapsed(before, m.Live.Add(-Lapse))
		if over {
			if len(out) > 0 && out[0].Ended.IsZero() { // nobody ended it, and it has nothing to do with what came
				out[0].Ended = before.Until
			}
			out = slices.Insert(out, 0, Incident{ID: m.ID, Began: m.Live})
		}
		one := &out[0]
		one.Until, one.Next, one.Ended = m.Until, m.Next, m.Ended
		one.Heard = m.Ended.IsZero() && !lapsed(m, now)
		one.Updates = slices.Insert(one.Updates, 0, updateOf(m))
		before = m
	}
	for i := range out {
		out[i].trim(now)
	}
	out = slices.DeleteFunc(out, func(one Incident) bool { return !one.Ended.IsZero() && now.Sub(one.Ended) > Past })
	return out[:min(len(out), mostIncident)]
}

// Lapse is how long after its expected end a message that nobody ended is still the beginning of the next one's incident.
const Lapse = 12 * time.Hour

func lapsed(m wissel.Message, at time.Time) bool { return !m.Until.IsZero() && !at.Before(m.Until) }

// trim leaves out what is not true any more.
func (one *Incident) trim(now time.Time) {
	one.Heard = one.Heard && one.Ended.IsZero()
	if !one.Heard {
		one.Until, one.Next = time.Time{}, time.Time{}
	}
	if !one.Next.After(now) {
		one.Next = time.Time{}
	}
	one.Updates = one.Updates[:min(len(one.Updates), mostUpdates)]
}

func updateOf(m wissel.Message) Update {
	u := Update{ID: m.ID, At: m.Live, Texts: map[string]string{}}
	for _, s := range m.Said {
		if s.Text != "" {
			u.Texts[s.Lang] = s.Text
		}
	}
	return u
}
