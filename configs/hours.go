package configs

import (
	"time"

	"wissel"
	"wissel/internal/hours"
)

type hoursShape struct {
	Open       string                   `yaml:"open" doc:"opening hours in a small part of OSM's opening_hours: Mo-Fr 08:00-18:00; Sa 09:00-13:00; Dec 24 09:00-15:00"`
	Zone       string                   `yaml:"zone" doc:"where the desk is, as an IANA zone; Europe/Amsterdam by default where country is NL"`
	Holidays   map[string]hours.Observe `yaml:"holidays" doc:"Dutch public holidays that do otherwise than usual: closed, open or lustrum (closed every fifth year)"`
	Exceptions []exceptionShape         `yaml:"exceptions" doc:"dates with other hours"`
}

type exceptionShape struct {
	Date string `yaml:"date" doc:"2026-12-24"`
	To   string `yaml:"to" doc:"the last day, where it is several"`
	Open string `yaml:"open" doc:"09:00-15:00,16:00-18:00, or off"`
	Why  string `yaml:"why" doc:"why, for those who read it later"`
}

// homeZone is where the desks of a country are that says no zone; countries with several zones, and others, must say it.
var homeZone = map[string]string{"NL": "Europe/Amsterdam"}

// hours reads when the desk of a group is open. Without any it always is.
func (l *loader) hours(at string, g *wissel.Group, w *hoursShape) wissel.Schedule {
	if w == nil {
		zone, err := time.LoadLocation(homeZone[l.out.Country])
		if err != nil {
			zone = time.UTC // a machine without zones: nothing of an always-open desk depends on it but the end of its days
		}
		return hours.Always(zone)
	}
	if g.Test {
		l.doc.problem(at, "a test line has no desk, and wissel answers it at all hours; leave hours out")
	}
	zone, ok := l.zone(at+".zone", w.Zone)
	s := hours.Settings{Open: w.Open, Zone: zone, Holidays: w.Holidays, NoHolidays: l.out.Country != "NL"}
	for _, e := range w.Exceptions {
		s.Exceptions = append(s.Exceptions, hours.Exception(e))
	}
	h, problems := hours.New(s, at)
	l.doc.take(problems)
	if h == nil || !ok {
		return nil
	}
	return h
}

// zone reads an IANA zone. UTC stands for what cannot be read, so that the rest is checked.
func (l *loader) zone(at, name string) (*time.Location, bool) {
	if name == "" {
		if name = homeZone[l.out.Country]; name == "" {
			l.doc.problem(at, "the zone is missing, and country %s has no usual one here; Europe/Brussels would be one", l.out.Country)
			return time.UTC, false
		}
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" { // Local is the machine's, which says nothing of the desk
		l.doc.problem(at, "there is no zone %q; Europe/Amsterdam is one", name)
		return time.UTC, false
	}
	return zone, true
}
