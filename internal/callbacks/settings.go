package callbacks

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"wissel"
)

// Person is a colleague who may be logged on to call people back.
type Person struct {
	Name  string
	Phone wissel.Number
	Code  wissel.Secret // with which he logs on by text; zero: he does not
	Ring  time.Duration // a caller's call rings there for so long; the next is rung before his voicemail answers
}

// First is who is rung first.
type First string

// The agent, so that no customer ever waits for one; or the customer, so that no agent waits for a telephone that nobody picks up.
const (
	FirstAgent    First = "agent"
	FirstCustomer First = "customer"
)

// ReleaseBy is who lets a group's callbacks go.
type ReleaseBy string

// The desk: as soon as it is open and can be reached. An operator: `wissel callbacks release`.
const (
	ReleaseDesk     ReleaseBy = "desk"
	ReleaseOperator ReleaseBy = "operator"
)

// Settings are how a group's callbacks are made. The zero Settings make none: people do, from the list.
type Settings struct {
	Trunk  wissel.TrunkID // of the platform that has the desk's queue
	Queue  wissel.Number  // the queue there: any user of a SIP address
	People string         // or else the name of the list of people who are the desk
	Staff  []Person       // who is on that list

	Over    []wissel.TrunkID // carriers over which telephones are rung, in order; none: those of the group's plans
	First   First
	Release ReleaseBy

	Agents   int             // calls in flight at one time, at the most
	Rate     int             // calls that begin in a second
	Attempts int             // times that somebody's telephone is rung
	Gaps     []time.Duration // between them; the last holds on
	Each     time.Duration   // how long one takes, until that has been measured
	Through  time.Duration   // a call that long to a person's line has helped him
	Horizon  time.Duration   // by when a promise is to be kept; 0: the end of the next day that the desk opens

	Countries []string      // that may be rung, ISO 3166: "NL"
	Kinds     []wissel.Kind // kinds of Dutch numbers that may be rung
	PerNumber int           // times a day that one number is rung
	PerDay    int           // calls a day in all

	// Humane gives the hours in which people may be rung, by the clock of a zone; nil: at all hours.
	Humane func(*time.Location) wissel.Schedule
	Zone   *time.Location // ours
}

// DefaultSettings are those of a group that says nothing of its callbacks.
func DefaultSettings() Settings {
	return Settings{
		First: FirstAgent, Release: ReleaseDesk, Agents: 2, Rate: 1, Attempts: 3, Gaps: []time.Duration{10 * time.Minute, time.Hour, 3 * time.Hour},
		Each: 6 * time.Minute, Through: 180 * time.Second, Countries: []string{"NL"}, Kinds: []wissel.Kind{wissel.KindFixed, wissel.KindCompany, wissel.KindMobile},
		PerNumber: 4, PerDay: 500, Zone: time.UTC,
	}
}

// Dials reports whether wissel makes these callbacks itself.
func (s Settings) Dials() bool { return s.Trunk != "" || s.People != "" }

// callable are the kinds that a person's telephone can have (FAULTS, A23).
var callable = []wissel.Kind{wissel.KindFixed, wissel.KindCompany, wissel.KindMobile}

// Check reports every fault by key path: callbacks are the keys under at ("groups.support.callbacks").
func (s Settings) Check(at string) (ps []wissel.Problem) {
	add := func(key, format string, args ...any) {
		ps = append(ps, wissel.Problem{Path: at + "." + key, Msg: fmt.Sprintf(format, args...)})
	}
	number := func(key string, n, low, high int) {
		if n < low || n > high {
			add(key, "%d is outside %d to %d", n, low, high)
		}
	}
	span := func(key string, d, low, high time.Duration) {
		if d < low || d > high {
			add(key, "%v is outside %v to %v", d, low, high)
		}
	}
	if s.First != FirstAgent && s.First != FirstCustomer {
		add("first", "%q is neither agent (rung first, so that nobody who is called back waits) nor customer", s.First)
	}
	if s.Release != ReleaseDesk && s.Release != ReleaseOperator {
		add("release", "%q is neither desk (as soon as it is open and can be reached) nor operator (`wissel callbacks release`)", s.Release)
	}
	number("agents", s.Agents, 1, 1000)
	number("rate", s.Rate, 1, 50)
	number("attempts", s.Attempts, 1, 10)
	number("per_number", s.PerNumber, 1, 20)
	number("per_day", s.PerDay, 1, 1_000_000)
	span("through", s.Through, 10*time.Second, time.Hour)
	span("each", s.Each, 10*time.Second, 4*time.Hour)
	if s.Horizon != 0 {
		span("horizon", s.Horizon, 10*time.Minute, 14*24*time.Hour)
	}
	if len(s.Gaps) == 0 || len(s.Gaps) > 10 {
		add("gaps", "there are %d; 1 to 10 belong here, as in [10m, 1h, 3h]", len(s.Gaps))
	}
	for i, g := range s.Gaps {
		key := "gaps[" + strconv.Itoa(i) + "]"
		span(key, g, time.Minute, 3*24*time.Hour)
		if i > 0 && g < s.Gaps[i-1] {
			add(key, "%v is shorter than the one before it: gaps grow, so that nobody is rung ever more often", g)
		}
	}
	for i, k := range s.Kinds {
		if !slices.Contains(callable, k) {
			add("kinds["+strconv.Itoa(i)+"]", "%q is never called back; fixed, 088 (085 too) and mobile can be", k)
		}
	}
	if len(s.Countries) == 0 || len(s.Kinds) == 0 {
		add("countries", "nobody could be called back; countries: [NL] and kinds: [fixed, \"088\", mobile] are usual")
	}
	return ps
}

// gap is how long after the try-th attempt (from 1) the next may be made.
func (s Settings) gap(try int) time.Duration {
	if len(s.Gaps) == 0 {
		return time.Hour
	}
	return s.Gaps[min(max(try, 1), len(s.Gaps))-1]
}

// Lines says of numbers what a refusal needs to know.
type Lines interface {
	Objects(n wissel.Number) bool // somebody with the privacy role entered that he is never to be rung
	Ours(n wissel.Number) bool    // it is one of ours: we would ring ourselves
	Country(wissel.Number) string // ISO 3166, "NL"; empty: it is no number of a country
	Kind(wissel.Number) wissel.Kind
	Costly(wissel.Number) bool // premium, satellite, shared cost, personal, or an emergency number: never rung
}

// Refuse says why a number is not to be called back, for people; empty: it may be.
func (s Settings) Refuse(n wissel.Number, l Lines) string {
	switch kind := l.Kind(n); {
	case n == "":
		return "he left a voice and no number"
	case l.Objects(n):
		return "he objects to calls and texts"
	case l.Ours(n):
		return "it is a number of ours"
	case l.Costly(n):
		return "it is a premium, satellite, personal or emergency number"
	case !slices.Contains(s.Countries, l.Country(n)):
		return "it is in a country that is not called back (callbacks.countries)"
	case kind != wissel.KindForeign && !slices.Contains(s.Kinds, kind):
		return "it is of a kind that is not called back (callbacks.kinds)"
	}
	return ""
}
