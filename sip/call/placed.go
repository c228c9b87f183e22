package call

import "slices"

// A call that we place ourselves has no caller. Whoever answers is attended by a flow; when nobody does, the call is over
// once its route is: there is no caller for whom a flow would stand in.

// place begins such a call. Its media is our own.
func (s *step) place(ev Event) {
	s.Own, s.Flow, s.Invites = true, ev.Flow, ev.Role
	if !s.placed() {
		s.Invites = Test
	}
	s.Route = slices.DeleteFunc(slices.Clone(ev.Route), func(t Try) bool { return t.Target.Flow != "" || t.Target.People != "" })
	s.Legs = make([]Leg, 1, 2)
	s.Legs[0] = Leg{Role: Caller, State: Over, closed: true}
	s.next()
}

// placed reports whether we placed the call.
func (c *Call) placed() bool { return c.Invites > Target }

// attends is the leg that the flow attends: the caller's, or in a call that we placed the one that answered, or his who is asked for
// his key.
func (s *step) attends() int {
	if s.placed() || s.asks() {
		return s.Far
	}
	return 0
}

// greet asks for the flow for who has answered.
func (s *step) greet(l *Leg) {
	s.Status, s.flow = 200, flowAsked
	if s.Settings.MaxCall > 0 {
		s.wake(l, TimerLong, s.now.Add(s.Settings.MaxCall))
	}
	s.emit(Attend{Leg: l.Number, Flow: s.Flow})
}
