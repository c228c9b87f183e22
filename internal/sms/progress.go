package sms

import (
	"slices"
	"time"

	"wissel"
)

// Progress is how far the texts of one cause to many people have come.
type Progress struct {
	Group   wissel.GroupID
	Purpose Purpose
	Cause   string
	Began   time.Time
	All     int // of those that were not dropped
	Waiting int
	Sent    int // a provider has them
	Arrived int
	Failed  int // refused, too late, undelivered, expired
	Dropped int
}

// Progress gives that of news, and of the end of an outage, the newest first, as far as texts are kept in memory. Those that tell
// of an end have causes of their own, and count together.
func (q *Queue) Progress() []Progress {
	type run struct {
		group   wissel.GroupID
		purpose Purpose
		cause   string
	}
	all := map[run]*Progress{}
	for _, it := range q.all {
		if !it.Purpose.passing() {
			continue
		}
		key := run{it.Group, it.Purpose, it.Cause}
		if it.Purpose == Back {
			key.cause = ""
		}
		p := all[key]
		if p == nil {
			p = &Progress{Group: it.Group, Purpose: it.Purpose, Cause: key.cause, Began: it.At}
			all[key] = p
		}
		if it.At.Before(p.Began) {
			p.Began = it.At
		}
		p.All++
		switch it.Stage {
		case Waiting:
			p.Waiting++
		case Sent, Unconfirmed:
			p.Sent++
		case Arrived:
			p.Arrived++
		case Dropped:
			p.Dropped++
			p.All--
		case NotDelivered, TimedOut, Nobody, TooLate:
			p.Failed++
		}
	}
	out := make([]Progress, 0, len(all))
	for _, p := range all {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b Progress) int { return b.Began.Compare(a.Began) })
	return out
}

// Counts is how many texts are in each stage, of those that are kept in memory.
func (q *Queue) Counts() map[Stage]int {
	all := map[Stage]int{}
	for _, it := range q.all {
		all[it.Stage]++
	}
	return all
}

// Breaker is that of a provider.
func (q *Queue) Breaker(provider string) Breaker { return q.breakers[provider] }
