package call

import (
	"strconv"
	"time"

	"wissel"
)

// maxRetryAfter caps how long a 503 can take an address out of use.
const maxRetryAfter = 60 * time.Second

// first begins the call, once.
func (s *step) first(ev Event) {
	if len(s.Legs) > 0 {
		return // a copy: the transaction layer absorbs them, so this is ours to ignore
	}
	s.Settings = ev.Settings
	if s.Settings == nil {
		s.Settings = &Settings{Media: wissel.Anchored}
	}
	s.Began = s.now
	s.Route = ev.Route
	if ev.Kind == Placed {
		s.place(ev)
		return
	}
	s.incoming(ev)
}

// incoming begins the call of a caller. When media is ours, media sees his offer before anybody's telephone rings.
func (s *step) incoming(ev Event) {
	s.Invites = Target
	s.Late = len(ev.Body) == 0
	s.Own = s.Settings.Media != wissel.Direct
	s.Legs = make([]Leg, 1, 2)
	s.Legs[0] = Leg{Role: Caller, State: Calling, Sent: s.now, SDP: ev.Body, Session: ev.Session}
	l := &s.Legs[0]
	switch {
	case tooShort(ev.Session, s.Settings):
		s.end(ending{cause: tooSmall}, "", 422)
	case s.Own && !s.Late:
		l.await = awaitHunt
		s.emit(Describe{Leg: 0, Offer: true, SDP: ev.Body})
	default:
		s.next()
	}
}

// next tries what the route holds next. Once someone's telephone has rung, that is its flow (promise 5); while people are rung, it is
// the next way to them.
func (s *step) next() {
	switch {
	case s.people.List != "":
		s.another()
		return
	case s.Rung || s.Next >= len(s.Route):
		s.toFlow()
		return
	}
	t := &s.Route[s.Next]
	s.Next++
	switch {
	case t.Target.Flow != "":
		s.attend(t)
	case t.Target.People != "":
		s.ring(t.Target.People)
	default:
		s.invite(t)
	}
}

// toFlow walks past everything that rings a person, to the flow; without one, the caller hears how it went.
func (s *step) toFlow() {
	s.unseek()
	for s.Next < len(s.Route) {
		t := &s.Route[s.Next]
		s.Next++
		if t.Target.Flow != "" {
			s.attend(t)
			return
		}
	}
	s.giveUp(StatusOf(s.Last))
}

// giveUp ends a call for which nothing is left.
func (s *step) giveUp(status int) {
	s.end(ending{cause: nothingLeft, blame: s.fault, person: s.spoke}, "", status)
}

// invite begins a new leg to a trunk's address.
func (s *step) invite(t *Try) {
	n := len(s.Legs)
	a := wissel.Attempt{Leg: n, Target: t.place(), Address: t.Address, Began: s.now, Person: t.Person.Name}
	if a.Person != "" {
		a.Over = t.Target.Trunk
	}
	s.Attempts = append(s.Attempts[:len(s.Attempts):len(s.Attempts)], a)
	s.Legs = append(s.Legs, Leg{
		Number: n, Role: s.Invites, State: Calling, Try: t, Sent: s.now,
		noOffer: s.Late && !s.Own, attempt: len(s.Attempts),
	})
	l := &s.Legs[n]
	s.Far = n
	body := Body{Kind: OwnOffer}
	switch {
	case l.noOffer:
		body.Kind = NoBody
	case !s.Own:
		body = Body{Kind: Raw, SDP: s.Legs[0].SDP}
	}
	s.emit(Invite{Leg: n, Try: *t, Body: body, Session: s.ask()})
	s.wake(l, TimerDoubt, s.now.Add(timers(t).Doubt))
}

// again sends the INVITE of a leg once more, mended. It is a new transaction, of which nothing has been heard.
func (s *step) again(l *Leg, r Repair) {
	s.sleep(l, TimerDoubt, TimerQuiet, TimerProgress)
	l.Heard, l.Sent = false, s.now
	if l.State == Early && !l.Rang {
		l.State = Calling
	}
	s.emit(Again{Leg: l.Number, Repair: r})
	s.wake(l, TimerDoubt, s.now.Add(timers(l.Try).Doubt))
}

// tries reports whether a leg that will have no answer is still being tried. One that is being cancelled is over now.
func (s *step) tries(l *Leg) bool {
	if l.State == Cancelling && !l.hasAnswer() {
		s.over(l)
	}
	return l.State == Calling || l.State == Early
}

// refused takes a final response of 300 or higher: DESIGN's table of hunting.
func (s *step) refused(l *Leg, ev Event) {
	if !s.tries(l) {
		return
	}
	switch {
	case ev.Repair == Auth && !l.authed:
		l.authed = true
		s.again(l, Auth)
		return
	case ev.Repair == MinSE && !l.resized:
		l.resized = true
		s.again(l, MinSE)
		return
	}
	why := ev.Reason
	if why == "" {
		why = "refused with " + strconv.Itoa(ev.Status)
	}
	report := Report{Leg: l.Number, Address: l.Try.Address, Status: ev.Status, Why: why}
	if ev.Status == 503 {
		report.RetryAfter = min(ev.RetryAfter, maxRetryAfter)
	}
	s.emit(report)
	if l.personal() {
		s.tried(l, ev.Status, Theirs(ev.Status))
		s.fault = blameOf(l)
		s.drop(l, ev.Status, why)
		s.declined(l, ev.Status)
		return
	}
	s.Last = ev.Status
	person := spoke(ev.Status)
	s.tried(l, ev.Status, person)
	s.fault = blameOf(l)
	if person {
		s.fault, s.spoke = wissel.BlameCallee, true
	}
	s.drop(l, ev.Status, why)
	if on, moved := l.Try.Move[ev.Status]; moved && !on || !moved && person {
		s.toFlow()
		return
	}
	s.next()
}

// failed takes an INVITE that could not be sent, or whose address refuses packets.
func (s *step) failed(l *Leg, ev Event) {
	if !s.tries(l) {
		return
	}
	s.emit(Report{Leg: l.Number, Address: l.Try.Address, Unreachable: true, OnTheWay: ev.OnTheWay, Why: ev.Reason})
	s.tried(l, 0, false)
	s.fault = blameOf(l)
	s.drop(l, 0, orElse(ev.Reason, "unreachable"))
	s.next()
}

// skipped takes an INVITE that was never sent. It costs nothing and says nothing of the address.
func (s *step) skipped(l *Leg, ev Event) {
	if l.State != Calling || l.Left {
		return
	}
	why := "unable"
	switch ev.Skip {
	case SkipDown:
		why, s.fault = "down", blameOf(l)
	case SkipFull: // the limit is the trunk's: its other addresses are full too
		why = "full"
		rest, at := s.Route, &s.Next
		if l.personal() {
			rest, at = s.people.Ways, &s.people.Way
		}
		for *at < len(rest) && rest[*at].Target == l.Try.Target {
			*at++
		}
	case SkipUnable, NotSkipped:
	}
	s.drop(l, 0, orElse(ev.Reason, why))
	s.next()
}

// noPorts takes a far leg without media: refused before it rings, and to the flow, for which ports are kept (F33).
func (s *step) noPorts(l *Leg) {
	if l.State != Calling || l.Left {
		return
	}
	s.drop(l, 0, noMediaPorts)
	s.toFlow()
}

// drop ends a leg of which nothing more can come.
func (s *step) drop(l *Leg, status int, why string) {
	s.noteAttempt(l.attempt, status, why)
	s.unlink(l)
	s.over(l)
	if s.Far == l.Number {
		s.Far = 0
	}
}

// hasAnswer reports whether a 2xx has come on a leg: then copies of it may still come.
func (l *Leg) hasAnswer() bool {
	for _, d := range l.Dialogs {
		if d.Answered {
			return true
		}
	}
	return false
}

// timers gives the timers of an attempt; those not set are DESIGN's.
func timers(t *Try) wissel.Timers {
	m := t.Timers
	for _, x := range [...]struct {
		have *time.Duration
		or   time.Duration
	}{
		{&m.Doubt, 250 * time.Millisecond}, {&m.Quiet, 500 * time.Millisecond}, {&m.Patience, 2 * time.Second},
		{&m.Progress, 4 * time.Second}, {&m.Ring, 45 * time.Second},
	} {
		if *x.have <= 0 {
			*x.have = x.or
		}
	}
	return m
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
