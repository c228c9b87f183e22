package call

import (
	"slices"
	"time"

	"wissel"
)

// People are rung one at a time. Who answers is asked for a key by a flow of his own (wissel.Whisper), while the caller hears the ringing
// tone; he is connected once Pressed has come. Whoever does not take the call leaves it to the next, and after the last the plan goes on:
// that somebody's telephone rang keeps the rest of the plan from nobody, since nobody is rung twice.

// Person is one of a list of people whom a Try rings. The zero Person is nobody: the Try is of a trunk or a flow of the plan.
type Person struct {
	List, Name string
	Phone      wissel.Number
	Show       wissel.Number // caller id over the Try's trunk; empty: hidden
}

// How is what became of a person who was sought.
type How uint8

// Spared: nothing that he could help (his telephone was not reached, the caller hung up). Passed: it rang or refused, and he did not take
// the call. Took: he pressed 1.
const (
	Spared How = iota
	Passed
	Took
)

// seekMost is how long after the first nobody else is rung: carriers end a call that rings for too long.
const seekMost = 90 * time.Second

// search is the people who are rung now. The zero search: none are.
type search struct {
	List    string
	Began   time.Time
	Asked   bool            // Seek was sent
	Who     Person          // who is rung, asked or talked to
	Ways    []Try           // to him, never changed
	Way     int             // the one that comes next
	Reached bool            // his telephone rang, or his answer came: no other way leads to him
	Pressed bool            // he talks to the caller
	Rung    []wissel.Number // whom this call has sought, never changed in place
}

// personal reports whether a leg rings one of the people.
func (l *Leg) personal() bool { return l.Try != nil && l.Try.Person.Name != "" }

// place is what a Try tries, for records: people, or the trunk or flow itself.
func (t *Try) place() wissel.Target {
	if t.Person.Name != "" {
		return wissel.Target{People: t.Person.List}
	}
	return t.Target
}

// asks reports whether somebody has answered who has not pressed his key yet.
func (c *Call) asks() bool {
	return c.Far != 0 && c.Legs[c.Far].personal() && c.Legs[c.Far].State == Confirmed && !c.people.Pressed
}

// asked reports whether it is he whose leg this is.
func (s *step) asked(l *Leg) bool { return s.asks() && l.Number == s.Far }

// ring begins to ring people. Their media is ours, so that they can be asked, and then the caller's is too.
func (s *step) ring(list string) {
	s.people = search{List: list, Began: s.now, Rung: s.people.Rung}
	s.Own = true
	if c := &s.Legs[0]; !s.Late && !c.offered && (c.State == Calling || c.State == Early) {
		c.await = awaitHunt
		s.emit(Describe{Leg: 0, Offer: true, SDP: c.SDP})
		return
	}
	s.seek()
}

// another goes on with the next way to who is sought, or with somebody else.
func (s *step) another() {
	p := &s.people
	if !p.Reached && p.Way < len(p.Ways) {
		t := &p.Ways[p.Way]
		p.Way++
		s.invite(t)
		return
	}
	s.seek()
}

// seek asks who is next.
func (s *step) seek() {
	s.let()
	if s.now.Sub(s.people.Began) >= seekMost {
		s.nobody("nobody took the call within " + seekMost.String())
		return
	}
	s.people.Asked = true
	s.emit(Seek{List: s.people.List, Rung: s.people.Rung})
}

// found: somebody can be rung. Who is found too late is let be.
func (s *step) found(ev Event) {
	p := &s.people
	if !p.Asked || s.Finished {
		s.emit(Let{Person: ev.Person, How: Spared})
		return
	}
	p.Asked, p.Who, p.Ways, p.Way, p.Reached = false, ev.Person, ev.Route, 0, false
	p.Rung = append(slices.Clip(p.Rung), ev.Person.Phone)
	s.another()
}

// nobody: there is nobody left to ring, and the plan goes on.
func (s *step) nobody(why string) {
	list := s.people.List
	s.unseek()
	s.Attempts = append(s.Attempts[:len(s.Attempts):len(s.Attempts)], wissel.Attempt{Target: wissel.Target{People: list}, Began: s.now, Why: why})
	s.next()
}

// unseek ends the ringing of people.
func (s *step) unseek() {
	s.let()
	s.people = search{Rung: s.people.Rung}
}

// let tells what became of who was sought, once.
func (s *step) let() {
	p := &s.people
	if p.Who.Name == "" {
		return
	}
	how := Spared
	switch {
	case p.Pressed:
		how = Took
	case p.Reached && !s.Finished:
		how = Passed
	}
	s.emit(Let{Person: p.Who, How: how})
	p.Who, p.Ways, p.Way = Person{}, nil, 0
}

// screen has who answered asked for his key. The caller is told once more that it rings: nobody acknowledges a 180, and he waits a while.
func (s *step) screen(l *Leg) {
	s.people.Reached = true
	s.ringCaller(180, Body{}, 0)
	s.flow = flowAsked
	s.emit(Attend{Leg: l.Number, Flow: wissel.Whisper})
}

// pressed: he takes the call.
func (s *step) pressed(l *Leg) {
	if !s.asked(l) || s.flow != flowSpeaks {
		return
	}
	s.dismiss(l.Number)
	s.people.Pressed = true
	s.join(l)
}

// passed: who answered does not take the call.
func (s *step) passed(l *Leg, why string) {
	s.dismiss(l.Number)
	s.noteAttempt(l.attempt, 200, why)
	s.tried(l, 200, true)
	s.fault = wissel.BlameCallee
	if l.State == Confirmed {
		s.leave(l, "")
	} else {
		s.part(l)
	}
	s.next()
}

// theirs are the refusals that only he who is rung can mean: another carrier would ring him again, or say the same. 607 and 608 are
// those of RFC 8197 and RFC 8688.
var theirs = map[int]bool{404: true, 408: true, 410: true, 480: true, 484: true, 486: true, 487: true, 600: true, 603: true, 604: true, 607: true, 608: true}

// Theirs reports whether a refusal is the doing of a person who was rung: it says nothing of the trunk that brought us there.
func Theirs(status int) bool { return theirs[status] }

// declined takes a refusal of one of the people.
func (s *step) declined(l *Leg, status int) {
	on, moved := l.Try.Move[status]
	if moved && !on || !moved && Theirs(status) {
		s.people.Reached, s.fault = true, wissel.BlameCallee
	}
	s.next()
}
