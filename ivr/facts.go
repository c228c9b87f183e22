package ivr

import (
	"strings"
	"time"
)

// Facts is what the conditions of a flow may ask about, by the names in the tags. They come with each event, as they are
// then, from what is in memory: nothing waits for them. Language and Choices are the flow's own to fill in.
type Facts struct {
	Caller   CallerFacts       `expr:"caller"`
	Number   string            `expr:"number"` // ours that he dialled, "+31201234567"
	Group    string            `expr:"group"`
	Language string            `expr:"language"`
	Time     TimeFacts         `expr:"time"` // in the group's zone
	Hours    HoursFacts        `expr:"hours"`
	Health   HealthFacts       `expr:"health"`
	Message  MessageFacts      `expr:"message"`
	Crowd    bool              `expr:"crowd"` // so many callers at once that each is to be kept short
	Repeat   RepeatFacts       `expr:"repeat"`
	Place    PlaceFacts        `expr:"place"`
	Callback CallbackFacts     `expr:"callbacks"`
	Handback HandbackFacts     `expr:"handback"`
	Choices  map[string]string `expr:"choices"` // what he chose, by step or name; "" for what he did not
}

// CallerFacts is who rings. The number itself is no fact: a flow that knew it could say it.
type CallerFacts struct {
	Known   bool   `expr:"known"` // his number came, and he does not hide it
	Kind    string `expr:"kind" values:"fixed mobile company foreign other hidden"`
	Country string `expr:"country"` // its country code, "31"; empty when hidden
}

// TimeFacts is the moment.
type TimeFacts struct {
	Weekday string `expr:"weekday" values:"monday tuesday wednesday thursday friday saturday sunday"`
	Hour    int    `expr:"hour"`
	Minute  int    `expr:"minute"`
	Date    string `expr:"date"` // "2026-06-03", which compares as text
}

// HoursFacts is whether the group's desk is open; one without opening hours always is.
type HoursFacts struct {
	Open bool `expr:"open"`
}

// HealthFacts is how the group's targets fare.
type HealthFacts struct {
	Primary string `expr:"primary" values:"up suspect down unknown"` // the first target of its plan
	Active  string `expr:"active" values:"up suspect down unknown"`  // the one that calls go to now
}

// MessageFacts is the outage message, as it is heard in the caller's language; before he has one, in any.
type MessageFacts struct {
	Live bool `expr:"live"` // one is heard in the place of the standing wording
	Age  int  `expr:"age"`  // minutes since it went live

	Since time.Time // since when callers hear what they hear now: the message, or after it the standing wording; zero: always
}

// PlaceFacts is the place of the caller's callback in his group's queue.
type PlaceFacts struct {
	Number int       `expr:"number"` // from 1; 0: he has none, or it is not known
	Turn   time.Time `expr:"turn"`   // when his turn comes, in the group's zone, by a measured rate or as the lead set it; zero: not known
}

// CallbackFacts is what is known of the callbacks of the caller's group.
type CallbackFacts struct {
	Full bool `expr:"full"` // one more could not be made in time
}

// HandbackFacts is whether a platform that was gone takes calls of those who are still here.
type HandbackFacts struct {
	Room bool `expr:"room"` // this caller may be offered a colleague now

	Return int // which of its returns that is
}

// RepeatFacts is what this number did before, within 24 hours. A hidden number did nothing, and neither did one that many people
// ring from.
type RepeatFacts struct {
	Calls    int  `expr:"calls"` // that ended; not this one
	Text     bool `expr:"text"`  // it asked for texts
	Callback bool `expr:"callback"`
	Changed  bool `expr:"changed"` // what callers hear of the outage did, since the last of those calls ended
}

// chosen gives the choices as facts: the last of each name.
func chosen(choices []string) map[string]string {
	all := make(map[string]string, len(choices))
	for _, c := range choices {
		name, value, _ := strings.Cut(c, "=")
		all[name] = value
	}
	return all
}

// holds gives the step that the first true condition of the present step leads to.
func (m *machine) holds() string {
	n := m.node().When
	facts := m.facts
	facts.Language, facts.Choices = m.s.Language, chosen(m.s.Choices)
	for i, c := range m.p.conditions[m.s.Step] {
		if c.Eval(facts) {
			return n.Cases[i].Next
		}
	}
	return n.Else
}
