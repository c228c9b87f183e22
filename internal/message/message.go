// Package message decides what the callers of a group hear about its outage: whether a message of an operator's is live, or
// past the end that it speaks of, so that the standing wording without a time takes its place; whether its next update is
// overdue; and what people are told of either. It is pure: internal/app keeps the messages, plays them and raises the alarms.
package message

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"wissel"
	"wissel/prompts/tone"
)

// longest is how far away the end of a message, or its next update, may be.
const longest = 7 * 24 * time.Hour

// State is how a message stands.
type State string

// The states.
const (
	Live   State = "live"
	Lapsed State = "lapsed" // its expected end has passed, and nobody moved it: callers hear the standing wording
	Ended  State = "ended"
)

// StateOf gives the state of a message that no other took the place of.
func StateOf(m wissel.Message, now time.Time) State {
	switch {
	case m.ID == "" || !m.Ended.IsZero():
		return Ended
	case !m.Until.IsZero() && !now.Before(m.Until):
		return Lapsed
	}
	return Live
}

// Heard reports whether callers hear the message now, in a language; an empty one is whether any do.
func Heard(m wissel.Message, lang string, now time.Time) bool {
	return StateOf(m, now) == Live && speaks(m, lang)
}

func speaks(m wissel.Message, lang string) bool {
	return slices.ContainsFunc(m.Said, func(s wissel.Said) bool { return s.Sound != "" && (lang == "" || s.Lang == lang) })
}

// Since is since when callers in a language hear what they hear now: the message, or after its end the standing wording. Zero:
// the message was never heard in that language, so it has changed nothing.
func Since(m wissel.Message, lang string, now time.Time) time.Time {
	if m.ID == "" || !speaks(m, lang) {
		return time.Time{}
	}
	begun := liveIn(m, lang)
	if m.Again.After(begun) {
		begun = m.Again
	}
	lapsed := !m.Until.IsZero() && !now.Before(m.Until)
	switch {
	case lapsed && (m.Ended.IsZero() || m.Until.Before(m.Ended)):
		return m.Until
	case !m.Ended.IsZero():
		return m.Ended
	}
	return begun
}

// Age is how many whole minutes a message has been live, 0 when it is not heard. A clock that was set back makes nothing
// negative.
func Age(m wissel.Message, lang string, now time.Time) int {
	if !Heard(m, lang, now) {
		return 0
	}
	return max(0, int(now.Sub(liveIn(m, lang))/time.Minute))
}

// liveIn is since when the message is heard in a language: longer than it is live, where that was kept of the one before.
func liveIn(m wissel.Message, lang string) time.Time {
	if s, _ := m.In(lang); lang != "" && !s.Since.IsZero() {
		return s.Since
	}
	return m.Live
}

// Newest gives of each group the message that counts: the one of the highest generation.
func Newest(all []wissel.Message) map[wissel.GroupID]wissel.Message {
	out := map[wissel.GroupID]wissel.Message{}
	for _, m := range all {
		if m.Generation >= out[m.Group].Generation {
			out[m.Group] = m
		}
	}
	return out
}

// Told gives messages newest first, each with the end that it had: one that another took the place of ended with that.
func Told(all []wissel.Message) []wissel.Message {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b wissel.Message) int { return cmp.Compare(b.Generation, a.Generation) })
	later := map[wissel.GroupID]wissel.Message{}
	for i, m := range out {
		if next, ok := later[m.Group]; ok && m.Ended.IsZero() {
			out[i].Ended, out[i].By = next.Live, next.Who
		}
		later[m.Group] = m
	}
	return out
}

// Plan is when a message is to end, and when its next update is due: what was asked for, made whole. A zero until is no end, a
// next of 0 is tone.NextUpdate. The warnings are for whoever puts it live; the error says what cannot be.
func Plan(until time.Time, next time.Duration, now time.Time) (due time.Time, warnings []string, err error) {
	if next == 0 {
		next = tone.NextUpdate
	}
	switch {
	case !until.IsZero() && !until.After(now):
		return due, nil, fmt.Errorf("the expected end, %s, is past: say one that is to come, or none", until.Format(clock))
	case until.Sub(now) > longest:
		return due, nil, fmt.Errorf("the expected end, %s, is more than 7 days away: who rings then is to hear something newer", until.Format(clock))
	case next < 0:
		return due, nil, fmt.Errorf("the next update, %v from now, is past", next)
	case next > longest:
		return due, nil, fmt.Errorf("the next update is %v away, and may be 7 days", next)
	case next > tone.LongestUpdate:
		warnings = append(warnings, fmt.Sprintf("the next update is %s away: callers who hear nothing new for more than %d minutes ring again", wissel.Span(next), tone.LongestUpdate/time.Minute))
	}
	return now.Add(next), warnings, nil
}

// apart is how far two times are from each other that are not the same one: people round.
const apart = 10 * time.Minute

// Contradicts says of a text that stays though the end of its message moves from was to is (zero: none) that it speaks of a time which the
// new end contradicts: of the old end, or of one past the new one; empty: it does not. said is when it was first said, in the zone of
// its times, in which they are shown.
func Contradicts(s wissel.Said, w tone.Words, was, is, said time.Time) string {
	if s.Text == "" || was.Equal(is) {
		return ""
	}
	near := func(t, end time.Time) bool { return !end.IsZero() && t.Sub(end).Abs() < apart }
	var wrong time.Time
	for _, t := range w.Moments(s.Text, said) {
		if near(t, is) {
			return ""
		}
		if near(t, was) || !is.IsZero() && t.After(is) {
			wrong = t
		}
	}
	if wrong.IsZero() {
		return ""
	}
	end := "no end is given now"
	if !is.IsZero() {
		end = "the end is now " + is.In(said.Location()).Format(clock)
	}
	return fmt.Sprintf("the text in %s stays, and speaks of %s (%q), though %s: say it anew, or take that time out", s.Lang, wrong.Format(clock), short(s.Text), end)
}

// short is the beginning of a text.
func short(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

const clock = "Mon 2 Jan 15:04"

// Alarm says for people what has become of a message that nobody looked after; empty: nothing. The times are in zone. It is the
// same text for as long as the same is the matter.
func Alarm(m wissel.Message, now time.Time, zone *time.Location) string {
	switch state := StateOf(m, now); {
	case state == Lapsed:
		return fmt.Sprintf("%s: the outage message was to end at %s, and nobody has moved that or ended it; callers hear the standing wording, without a time: "+
			"`wissel message live`, `extend` or `end` %[1]s", m.Group, m.Until.In(zone).Format(clock))
	case state == Live && !now.Before(m.Next):
		return fmt.Sprintf("%s: callers were to hear more at %s, and the outage message is the same; put a new one live, or say that it still holds: "+
			"`wissel message live`, `extend` or `end` %[1]s", m.Group, m.Next.In(zone).Format(clock))
	}
	return ""
}

// The prompts that a message has to do with.
const (
	Standing = "outage.message" // wording that holds whatever happens, without a time
	Brief    = "outage.short"   // of the part of a flow for crowds
)

// Briefly is how long callers in a crowd hear something before their first choice: longer, fewer would hear anything.
const Briefly = 15 * time.Second

// Place is where a message is heard.
type Place uint8

// The places: not at all, instead of a prompt, or behind it.
const (
	Nowhere Place = iota
	Instead
	Behind
)

// PlaceAt gives where a message of length own is heard when a prompt of length shipped is to be played: in the place of the
// standing wording, and behind the brief one if both are said briefly. A flow that is heard unanswered has room for so much more
// than it was made of, and no more: carriers end those calls. room is nil for one that is answered.
func PlaceAt(prompt string, own, shipped time.Duration, room *time.Duration) Place {
	switch {
	case prompt == Standing && (room == nil || own <= shipped+*room):
		return Instead
	case prompt == Brief && own+shipped <= Briefly && (room == nil || own <= *room):
		return Behind
	}
	return Nowhere
}
