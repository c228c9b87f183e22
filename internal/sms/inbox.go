package sms

import (
	"slices"
	"time"

	"wissel"
)

// Inbox is what is remembered of texts that came: which were seen, who texted STOP, and whom a text asked whether he was helped. It
// is pure; it is not safe for use by several goroutines. NewInbox makes one.
type Inbox struct {
	seen  map[string]*Inbound // by key
	keys  []string            // oldest first
	stops map[wissel.Number]time.Time
	asked map[wissel.Number]Question
	whom  []wissel.Number // oldest first, some more than once
}

// Question is one that a text of ours asked: whether a callback helped.
type Question struct {
	Group    wissel.GroupID
	Callback string
	At       time.Time
	told     bool // he answered
}

// The bounds, each far beyond what a day brings.
const (
	mostSeen  = 50_000
	mostStops = 500_000
	mostAsked = 50_000
	askedFor  = 7 * 24 * time.Hour // so long an answer means that question
)

// NewInbox makes an empty one.
func NewInbox() *Inbox {
	return &Inbox{seen: map[string]*Inbound{}, stops: map[wissel.Number]time.Time{}, asked: map[wissel.Number]Question{}}
}

// Seen gives a text that came before under one of these keys; nil: none did.
func (b *Inbox) Seen(keys []string) *Inbound {
	for _, k := range keys {
		if one := b.seen[k]; one != nil {
			return one
		}
	}
	return nil
}

// Add takes a text that is on disk.
func (b *Inbox) Add(in Inbound) *Inbound {
	if b.seen[in.Key] == nil {
		if b.keys = append(b.keys, in.Key); len(b.keys) > mostSeen {
			delete(b.seen, b.keys[0])
			b.keys = slices.Delete(b.keys, 0, 1)
		}
	}
	b.seen[in.Key] = &in
	if in.Done && (in.Reaction.Solved || in.Reaction.Reopen) {
		b.Told(in.From, in.At)
	}
	return &in
}

// Undone are those of which something is still to be done, oldest first.
func (b *Inbox) Undone() (all []Inbound) {
	for _, k := range b.keys {
		if one := b.seen[k]; one != nil && !one.Done {
			all = append(all, *one)
		}
	}
	return all
}

// Stop notes that somebody wants no more of what he asked for before a time. false: there is no room to remember it.
func (b *Inbox) Stop(n wissel.Number, at time.Time) bool {
	was, known := b.stops[n]
	if !known && len(b.stops) >= mostStops {
		return false
	}
	if at.After(was) {
		b.stops[n] = at
	}
	return true
}

// Stopped gives when somebody texted STOP, if that is after he asked for something: later wishes of his stand.
func (b *Inbox) Stopped(n wissel.Number, asked time.Time) (time.Time, bool) {
	at, ok := b.stops[n]
	return at, ok && asked.Before(at)
}

// Asked notes a question that a text asked.
func (b *Inbox) Asked(n wissel.Number, q Question) {
	if old, ok := b.asked[n]; ok && !q.At.After(old.At) {
		return
	}
	if b.whom = append(b.whom, n); len(b.whom) > mostAsked {
		delete(b.asked, b.whom[0])
		b.whom = slices.Delete(b.whom, 0, 1)
	}
	b.asked[n] = q
}

// Question gives what a person was asked and has not answered.
func (b *Inbox) Question(n wissel.Number, now time.Time) (Question, bool) {
	q, ok := b.asked[n]
	return q, ok && !q.told && now.Sub(q.At) < askedFor
}

// Told notes that he answered, at a time.
func (b *Inbox) Told(n wissel.Number, at time.Time) {
	if q, ok := b.asked[n]; ok && !at.Before(q.At) {
		q.told = true
		b.asked[n] = q // it stays, so that its own row asks it no more
	}
}
