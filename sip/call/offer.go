package call

import (
	"bytes"
	"time"
)

// Offers in the call. At most one is open per call: another from outside meanwhile gets 491 (RFC 3261 §14.2), ours waits.

// ready reports whether a leg's dialog is complete: up, and both first ACKs have passed.
func (l *Leg) ready() bool {
	if l.State != Confirmed || l.Left {
		return false
	}
	if l.Role == Caller {
		return l.Acked
	}
	d, ok := l.find(l.Tag)
	return ok && d.Acked
}

// free reports whether a request of ours may go out on a leg.
func (s *step) free(l *Leg) bool {
	return l.ready() && l.asking == askNothing && (!s.offer.open || s.offer.from != l.Number && s.offer.to != l.Number)
}

// offerCame takes a re-INVITE or UPDATE.
func (s *step) offerCame(l *Leg, ev Event) {
	bare := len(ev.Body) == 0
	switch {
	case l.State == Calling || l.State == Early:
		s.offerEarly(l, ev)
	case l.State != Confirmed:
		s.emit(RespondOffer{Leg: l.Number, Status: 481})
	case tooShort(ev.Session, s.Settings):
		s.emit(RespondOffer{Leg: l.Number, Status: 422, Session: Session{MinSE: minSE(s.Settings)}})
	case ev.Method == "UPDATE" && bare:
		s.refreshed(l, ev, Body{})
	case l.asking != askNothing || !l.ready() && s.Late:
		s.emit(RespondOffer{Leg: l.Number, Status: 491})
	case s.offer.open && s.offer.from == l.Number: // his last one is not answered yet (RFC 3261 §14.2)
		s.emit(RespondOffer{Leg: l.Number, Status: 500, RetryAfter: s.random(10) * time.Second})
	case !bare && sameOrigin(l.SDP, ev.Body):
		s.refreshed(l, ev, s.last(l))
	case s.offer.open:
		s.emit(RespondOffer{Leg: l.Number, Status: 491})
	case !s.Own:
		s.relay(l, ev)
	case bare:
		s.offer = offer{open: true, from: l.Number, to: -1, late: true, answered: true}
		s.refreshed(l, ev, Body{Kind: OwnOffer, Direction: l.told})
	default:
		s.offer = offer{open: true, from: l.Number, to: -1, sdp: ev.Body, session: ev.Session}
		l.await = awaitOffer
		s.emit(Describe{Leg: l.Number, Offer: true, SDP: ev.Body})
	}
}

// offerEarly answers an UPDATE before the answer (RFC 3311 §5.2): the INVITE's own offer is still open, on the caller's
// leg his, on the others' ours.
func (s *step) offerEarly(l *Leg, ev Event) {
	r := RespondOffer{Leg: l.Number, Status: 491}
	switch {
	case ev.Method == "UPDATE" && len(ev.Body) == 0:
		r.Status = 200
	case l.Role == Caller:
		r.Status, r.RetryAfter = 500, s.random(10)*time.Second
	}
	s.emit(r)
}

// refreshed answers on the leg itself what changes nothing but the session's time.
func (s *step) refreshed(l *Leg, ev Event, b Body) {
	l.Session = accept(ev.Session, s.Settings)
	s.emit(RespondOffer{Leg: l.Number, Status: 200, Body: b, Session: l.Session})
	s.arm(l)
}

// last is the description last sent on a leg.
func (s *step) last(l *Leg) Body {
	if s.Own {
		return Body{Kind: OwnLast}
	}
	if p := s.partner(l); p != nil {
		return Body{Kind: Raw, SDP: p.SDP}
	}
	return Body{}
}

// relay passes an offer, or the wish for one, through to the other leg.
func (s *step) relay(l *Leg, ev Event) {
	p := s.partner(l)
	if p == nil || !s.free(p) {
		s.emit(RespondOffer{Leg: l.Number, Status: 491})
		return
	}
	s.offer = offer{open: true, from: l.Number, to: p.Number, late: len(ev.Body) == 0, sdp: ev.Body, session: ev.Session}
	p.asking, p.mended, p.bareOut = askOffer, false, s.offer.late
	b := Body{Kind: Raw, SDP: ev.Body}
	if s.offer.late {
		b = Body{}
	}
	s.emit(Offer{Leg: p.Number, Method: "INVITE", Body: b, Session: p.renew()})
}

// renew is what a re-INVITE of ours says of the session that runs.
func (l *Leg) renew() Session {
	if l.Session.Expires == 0 {
		return Session{}
	}
	return Session{Expires: l.Session.Expires, Ours: l.Session.Ours, Capable: true}
}

// offerTaken: our media goes by the leg's new offer. Only a change of direction concerns the other leg.
func (s *step) offerTaken(l *Leg) {
	o := s.offer
	s.offer = offer{}
	l.SDP, l.told = o.sdp, Both
	s.refreshed(l, Event{Session: o.session}, Body{Kind: OwnAnswer})
	s.turn(l, o.sdp)
}

// turn brings what one leg said of direction to the other: who is put on hold hears so.
func (s *step) turn(l *Leg, sdp []byte) {
	if p := s.partner(l); p != nil {
		p.want = directionOf(sdp)
	}
	s.sync()
}

// sync sends the offer that a leg should have had, when nothing stands in its way.
func (s *step) sync() {
	if s.offer.open || !s.Own || s.Far == 0 {
		return
	}
	for _, n := range [...]int{0, s.Far} {
		l := &s.Legs[n]
		if l.want == l.told || !s.free(l) || s.partner(l) == nil || l.due[TimerGlare] != 0 || l.await != awaitNothing {
			continue
		}
		l.asking, l.asked, l.mended, l.bareOut = askOffer, l.want, false, false
		s.offer = offer{open: true, from: -1, to: n}
		s.emit(Offer{Leg: n, Method: "INVITE", Body: Body{Kind: OwnOffer, Direction: l.want}, Session: l.renew()})
		return
	}
}

// offerAcked: the ACK of our 200 to a re-INVITE; after a late one it brings the answer.
func (s *step) offerAcked(l *Leg, ev Event) {
	o := s.offer
	if !o.open || !o.late || !o.answered || o.from != l.Number {
		return
	}
	bare := len(ev.Body) == 0
	if o.to < 0 {
		s.offer = offer{}
		if !bare && l.State == Confirmed {
			l.SDP = ev.Body
			s.emit(Describe{Leg: l.Number, SDP: ev.Body})
			s.turn(l, ev.Body)
		}
		return
	}
	s.offer = offer{}
	p := &s.Legs[o.to]
	p.asking = askNothing
	if bare {
		s.emit(AckOffer{Leg: p.Number, Body: Body{Kind: Raw, SDP: Inactive(p.SDP)}})
		s.end(ending{cause: badAnswer, blame: blameOf(l)}, "", 0)
		return
	}
	l.SDP = ev.Body
	s.emit(AckOffer{Leg: p.Number, Body: Body{Kind: Raw, SDP: ev.Body}})
}

// sameOrigin reports whether two descriptions have the same o= line: then the second is a refresh (RFC 4028 §7.4).
func sameOrigin(a, b []byte) bool {
	x, y := originOf(a), originOf(b)
	return len(x) > 0 && bytes.Equal(x, y)
}
