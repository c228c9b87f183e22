package call

// tried tells what came of the attempt of a leg, once: the first word decides, whatever becomes of the leg later. An attempt
// that was never made, and one that its caller gave up, tell nothing.
func (s *step) tried(l *Leg, status int, well bool) {
	if l.tried {
		return
	}
	l.tried = true
	s.emit(Tried{Leg: l.Number, Status: status, Well: well})
}

// joined: the caller talks to a leg's target from now on.
func (s *step) joined(l *Leg) {
	l.joined = true
	s.emit(Joined{Leg: l.Number})
}

// parted: if he did, he does no longer.
func (s *step) parted(l *Leg) {
	if l.joined {
		l.joined = false
		s.emit(Parted{Leg: l.Number, Normal: !s.faulty})
	}
}
