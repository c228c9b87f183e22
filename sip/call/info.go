package call

// info passes an INFO on to the other leg. One that nobody can take is answered here: 200 to an empty one, which only
// asks whether we are there.
func (s *step) info(l *Leg, ev Event) {
	p := s.partner(l)
	switch {
	case l.State == Ending || l.State == Cancelling:
		s.emit(RespondInfo{Leg: l.Number, Status: 481})
	case p != nil:
		l.infos++
		s.emit(SendInfo{Leg: p.Number, Type: ev.Type, Body: ev.Body})
	case len(ev.Body) == 0:
		s.emit(RespondInfo{Leg: l.Number, Status: 200})
	default:
		s.emit(RespondInfo{Leg: l.Number, Status: 415})
	}
}

// infoAnswer brings the answer back. A 481 ends the dialog that gave it (RFC 5057); a timeout does not, for many peers
// leave an INFO that they do not know unanswered.
func (s *step) infoAnswer(l *Leg, ev Event) {
	status := ev.Status
	if status < 200 {
		status = 408
	}
	if p := s.partner(l); p != nil && p.infos > 0 {
		p.infos--
		s.emit(RespondInfo{Leg: p.Number, Status: status})
	}
	if status == 481 {
		s.lost(l, Event{})
	}
}
