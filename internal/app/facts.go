package app

import (
	"strings"
	"time"

	"wissel"
	"wissel/internal/hours"
	"wissel/internal/number"
	"wissel/ivr"
)

// FactsOf completes what is known in a flow by who rings and when; now is in the zone of the desk.
func FactsOf(from wissel.Number, now time.Time, f ivr.Facts) ivr.Facts {
	f.Caller = ivr.CallerFacts{Known: from != "", Kind: kindFact(from), Country: number.CountryCode(from)}
	f.Time = ivr.TimeFacts{Weekday: strings.ToLower(now.Weekday().String()), Hour: now.Hour(), Minute: now.Minute(), Date: now.Format(time.DateOnly)}
	return f
}

func kindFact(n wissel.Number) string {
	if n == "" {
		return "hidden"
	}
	switch number.KindOf(n) {
	case wissel.KindFixed:
		return "fixed"
	case wissel.KindMobile:
		return "mobile"
	case wissel.KindCompany:
		return "company"
	case wissel.KindForeign:
		return "foreign"
	case wissel.KindUnknown, wissel.Kind14, wissel.Kind0800, wissel.Kind0900, wissel.Kind116: // nobody rings from them
	}
	return "other"
}

// facts is what a caller's flow may ask about now, all of it from memory.
func (x *attending) facts() ivr.Facts {
	c, now := x.state.Caller, time.Now()
	s := x.snapshot()
	f := ivr.Facts{Number: string(c.Rung), Group: string(c.Group), Hours: ivr.HoursFacts{Open: s.Open(c.Group, now)}, Repeat: x.repeat}
	f.Repeat.Callback = f.Repeat.Callback && x.queue.Owes(c.From) // he may have been called back since
	f.Message = x.messages.facts(c.Group, x.state.Language, now)
	f.Repeat.Changed = f.Repeat.Calls > 0 && f.Message.Since.After(x.last)
	f.Health.Primary, f.Health.Active = "unknown", "unknown"
	zone := time.Local
	if g := s.Groups[c.Group]; g != nil {
		f.Health = healthFacts(s, g)
		if h, ok := g.Hours.(*hours.Hours); ok {
			zone = h.Zone()
		}
	}
	f.Crowd = x.crowded
	f.Callback.Full = x.promise == "" && x.queue.Full(c.Group)
	switch {
	case x.promise != "":
		f.Place.Number, f.Place.Turn = x.queue.PlaceOf(c.Group, x.promise)
	case f.Repeat.Callback && !x.apart(c.From):
		f.Place.Number, f.Place.Turn = x.queue.Place(c.Group, c.From)
	}
	if !f.Place.Turn.IsZero() {
		f.Place.Turn = f.Place.Turn.In(zone)
	}
	return FactsOf(c.From, now.In(zone), f)
}

// healthFacts is how the first target of the group's plan fares, and the one that its calls go to first now.
func healthFacts(s *wissel.Snapshot, g *wissel.Group) ivr.HealthFacts {
	f := ivr.HealthFacts{Primary: "unknown", Active: "unknown"}
	targets := s.Plan(g).Targets
	if len(targets) == 0 {
		return f
	}
	f.Primary = best(s, targets[0])
	f.Active = f.Primary
	for _, t := range targets { // as a plan is walked: past what is down
		if f.Active = best(s, t); f.Active != "down" {
			break
		}
	}
	return f
}

// best is the health of a target's best address; a flow is always there.
func best(s *wissel.Snapshot, t wissel.Target) string {
	if t.Flow != "" {
		return "up"
	}
	trunk, found := s.Trunks[t.Trunk], "unknown"
	if trunk == nil {
		return found
	}
	order := []string{"up", "suspect", "unknown", "down"}
	at := len(order)
	for _, a := range trunk.Addresses {
		for i, state := range order {
			if i < at && strings.EqualFold(s.Health[a].State.String(), state) {
				at, found = i, state
			}
		}
	}
	return found
}

// crowded is the part of a carrier trunk's calls, in percent, from which new callers are kept short.
const crowded = 80

// crowd reports whether a carrier's trunk is nearly full, or more listen already than are heard without a stutter.
func (a *App) crowd() bool {
	if a.media.Behind() {
		return true
	}
	trunks := a.routing.Snapshot().Trunks
	for id, c := range a.limits.Counts() {
		if t := trunks[id]; t != nil && t.Role == wissel.Carrier && c.Limits.Calls > 0 && c.Calls*100 >= c.Limits.Calls*crowded {
			return true
		}
	}
	return false
}
