// Package statuspage makes the public page ("calamiteitenpagina") of what one can reach, and how: HTML in each language and status.json
// in the shape of Statuspage's API, as bytes. It is pure: the same Page gives the same bytes, and it reads no clock. It knows no
// carrier, no platform and no caller, so that no page can name one. internal/app tells it how the groups are;
// internal/statuspage/push brings the files to where people read them.
package statuspage

import (
	"time"
)

// State is how a telephone line is, for those who call it.
type State string

// The states.
const (
	Works   State = "works"   // calls are connected
	Trouble State = "trouble" // calls are connected, and there is a message about something that is the matter
	Outage  State = "outage"  // who calls hears a message
)

// Page is all that the page tells.
type Page struct {
	Name      string // of whom one reaches: "Gemeente Voorbeeld"
	Address   string // of the page itself, https://status.example; empty: nobody said
	Zone      *time.Location
	Languages []string // at least one; the first is index.html's
	Every     time.Duration
	At        time.Time // when all this was so
	Groups    []Group
	Channels  []Channel
}

// Group is one telephone line.
type Group struct {
	ID        string
	Name      string
	Number    string // as callers know it
	State     State
	Callback  bool // its callers can ask to be called back
	Text      bool // its callers can ask for texts
	Desk      Opening
	Incidents []Incident // newest first
}

// Opening is whether somebody is there, and until when.
type Opening struct {
	Always bool // at all hours, and nobody need read about it
	Open   bool
	Until  time.Time // the next change; zero: none is known
}

// Incident is one thing that was the matter, from its first message to its last.
type Incident struct {
	ID      string
	Began   time.Time
	Ended   time.Time // zero: it goes on
	Heard   bool      // callers hear its newest message; false: its time has passed, or it is over
	Until   time.Time // its expected end; zero: none said
	Next    time.Time // when there is news at the latest; zero: nobody says
	Updates []Update  // newest first
}

// Update is one message of it, as people read it.
type Update struct {
	ID    string
	At    time.Time
	Texts map[string]string // by language; none in a language: it was only spoken there
}

// Channel is another way to reach us.
type Channel struct {
	Name     map[string]string // by language
	Address  string            // a link, or words such as an address in town; empty: none
	Hours    Opening
	NewsOnly bool // nobody answers there
}

// Overall is how all lines are together: as the worst of them.
func (p Page) Overall() State {
	worst := Works
	for _, g := range p.Groups {
		if g.State == Outage {
			return Outage
		}
		if g.State == Trouble {
			worst = Trouble
		}
	}
	return worst
}

// Now is the incident of a line that goes on, if one does.
func (g Group) Now() (Incident, bool) {
	if len(g.Incidents) > 0 && g.Incidents[0].Ended.IsZero() {
		return g.Incidents[0], true
	}
	return Incident{}, false
}
