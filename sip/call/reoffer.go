package call

import "time"

// offerAnswer takes the final response to a re-INVITE or UPDATE of ours.
func (s *step) offerAnswer(l *Leg, ev Event) {
	was, good := l.asking, ev.Status >= 200 && ev.Status < 300
	if was == askNothing {
		return
	}
	if l.State != Confirmed || was == askOffer && (!s.offer.open || s.offer.to != l.Number) {
		s.offerLeft(l, ev, good)
		return
	}
	if ev.Repair != NoRepair && !l.mended {
		l.mended = true
		s.emit(Again{Leg: l.Number, Repair: ev.Repair})
		return
	}
	switch {
	case ev.Status == 0 || ev.Status == 408 || ev.Status == 481: // the dialog is gone (RFC 5057)
		s.offerLost(l)
	case was == askRefresh:
		s.refreshAnswer(l, ev, good)
	case s.offer.from >= 0:
		s.relayAnswer(l, ev, good)
	default:
		s.ownAnswer(l, ev, good)
	}
}

// offerLeft gives the answer to an offer that nobody waits for any more its due.
func (s *step) offerLeft(l *Leg, ev Event, good bool) {
	was := l.asking
	l.asking = askNothing
	if !good || ev.Method == "UPDATE" {
		return
	}
	b := Body{}
	if was == askOffer && !s.Own && len(ev.Body) > 0 && l.bareOut {
		b = Body{Kind: Raw, SDP: Inactive(ev.Body)}
	}
	s.emit(AckOffer{Leg: l.Number, Body: b})
}

// offerLost ends the call because one leg's dialog is gone.
func (s *step) offerLost(l *Leg) {
	l.asking = askNothing
	if s.asked(l) {
		s.passed(l, "gone before 1 was pressed")
		return
	}
	s.end(ending{cause: legLost, blame: blameOf(l), caller: l.Role == Caller}, "", 480)
}

// refreshAnswer: our session refresh was answered. One that was refused is tried again while there is time.
func (s *step) refreshAnswer(l *Leg, ev Event, good bool) {
	l.asking = askNothing
	switch {
	case good:
		if ev.Method == "INVITE" {
			s.emit(AckOffer{Leg: l.Number})
		}
		s.settle(l, ev.Session)
	case ev.Status == 491:
		s.wake(l, TimerRefresh, s.now.Add(s.glare(l)))
	default:
		s.wake(l, TimerRefresh, s.now.Add(max(ev.RetryAfter, 10*time.Second)))
	}
	s.sync()
}

// ownAnswer: the answer to an offer of our own (hold, resume).
func (s *step) ownAnswer(l *Leg, ev Event, good bool) {
	s.offer, l.asking = offer{}, askNothing
	switch {
	case good:
		s.emit(AckOffer{Leg: l.Number})
		l.told = l.asked
		s.settle(l, ev.Session)
		if len(ev.Body) > 0 {
			l.SDP = ev.Body
			s.emit(Describe{Leg: l.Number, SDP: ev.Body})
		}
		s.sync()
	case ev.Status == 491:
		s.wake(l, TimerGlare, s.now.Add(s.glare(l)))
	case ev.Status == 500 && ev.RetryAfter > 0:
		s.wake(l, TimerGlare, s.now.Add(min(ev.RetryAfter, maxRetryAfter)))
	default: // it stays as it was: a hold that is refused is no reason to part
		l.told = l.asked
		s.sync()
	}
}

// relayAnswer takes the answer to an offer that we passed through back to who made it.
func (s *step) relayAnswer(l *Leg, ev Event, good bool) {
	o, from := s.offer, &s.Legs[s.offer.from]
	if !good {
		s.offer, l.asking = offer{}, askNothing
		r := RespondOffer{Leg: from.Number, Status: ev.Status, RetryAfter: ev.RetryAfter}
		if ev.Status < 400 || ev.Status == 401 || ev.Status == 407 || ev.Status == 503 {
			r.Status = 488 // between us and that leg alone
		}
		s.emit(r)
		return
	}
	if len(ev.Body) == 0 {
		s.offer, l.asking = offer{}, askNothing
		if ev.Method != "UPDATE" {
			s.emit(AckOffer{Leg: l.Number})
		}
		s.emit(RespondOffer{Leg: from.Number, Status: 488})
		return
	}
	l.SDP = ev.Body
	s.settle(l, ev.Session)
	if o.late { // the ACK waits for the offerer's
		s.offer.answered = true
	} else {
		s.offer, l.asking = offer{}, askNothing
		from.SDP = o.sdp
		s.emit(AckOffer{Leg: l.Number})
	}
	s.refreshed(from, Event{Session: o.session}, Body{Kind: Raw, SDP: ev.Body})
}

// glare is the wait after a 491 (RFC 3261 §14.1), in steps of 10 ms: 2.1 to 4 s for who chose the Call-ID, which is us on
// every leg but the caller's; 0 to 2 s for the other.
func (s *step) glare(l *Leg) time.Duration {
	if l.Role == Caller {
		return max(s.random(201), 1) * 10 * time.Millisecond
	}
	return (210 + s.random(191)) * 10 * time.Millisecond
}

// random gives a number below n, as a Duration to be multiplied. It is the call's own chance (splitmix64), so that a call
// read back from disk goes on with the same.
func (s *step) random(n uint64) time.Duration {
	s.chance++
	z := s.Seed + uint64(s.chance)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return time.Duration((z ^ z>>31) % n)
}
