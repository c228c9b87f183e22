package call

import "bytes"

// provisional takes a 1xx. The first 18x means that somebody's telephone rings: from now on nobody else's will.
func (s *step) provisional(l *Leg, ev Event) {
	if l.State == Cancelling {
		if !l.canceled { // now CANCEL is allowed (RFC 3261 §9.1)
			l.Heard, l.canceled = true, true
			s.emit(Cancel{Leg: l.Number})
			s.wake(l, TimerGone, s.now.Add(goneAfter))
		}
		return
	}
	if l.State != Calling && l.State != Early {
		return
	}
	first := !l.Heard
	l.Heard = true
	s.sleep(l, TimerDoubt, TimerQuiet)
	if ev.Status < 180 || ev.Status > 189 {
		if first && !l.Rang {
			s.wake(l, TimerProgress, s.now.Add(timers(l.Try).Progress))
		}
		return
	}
	s.sleep(l, TimerProgress)
	l.State = Early
	if l.personal() {
		s.people.Reached = true
	} else {
		s.Rung = true
	}
	if !l.Rang {
		l.Rang = true
		s.noteRang(l.attempt)
		s.emit(Report{Leg: l.Number, Address: l.Try.Address, Status: ev.Status}) // now: that it rang long ago says nothing later
		s.tried(l, ev.Status, true)
		s.wake(l, TimerRing, s.now.Add(timers(l.Try).Ring))
	}
	sdp := ev.Body
	if l.personal() { // what his carrier or his voicemail says is not for the caller
		s.ringCaller(180, Body{}, 0)
		return
	}
	if l.noOffer { // an unreliable 18x carries no offer (RFC 3261 §13.2.1)
		sdp = nil
	}
	if s.Own {
		s.ringOwn(l, ev, sdp)
	} else {
		s.ringDirect(l, ev, sdp)
	}
}

// ringOwn passes a 18x on with our own answer, the same one every time and on one To tag.
func (s *step) ringOwn(l *Leg, ev Event, sdp []byte) {
	c := &s.Legs[0]
	hear := len(sdp) > 0 && !(s.Late && c.State != Confirmed)
	if len(sdp) > 0 {
		d, _ := l.find(ev.Tag)
		if hear && (l.heard != ev.Tag || !bytes.Equal(d.SDP, sdp)) {
			l.heard = ev.Tag
			s.emit(Describe{Leg: l.Number, SDP: sdp})
		}
		d.Tag, d.SDP = ev.Tag, sdp
		l.keep(d)
	}
	if hear && !s.placed() {
		s.link(l)
	}
	switch {
	case c.State == Confirmed:
	case hear:
		s.ringCaller(ev.Status, Body{Kind: OwnAnswer}, 0)
	default:
		s.ringCaller(180, Body{}, 0)
	}
}

// ringDirect passes a 18x through. Every far dialog that sent a description has a To tag of its own.
func (s *step) ringDirect(l *Leg, ev Event, sdp []byte) {
	d, known := l.find(ev.Tag)
	d.Tag = ev.Tag
	if len(sdp) > 0 {
		d.SDP = sdp
		s.number(&d)
		l.keep(d)
		s.ringCaller(ev.Status, Body{Kind: Raw, SDP: sdp}, d.Number-1)
		return
	}
	if s.tags > 0 && d.Number == 0 { // tag 0 is another dialog's
		s.number(&d)
	}
	if known || d.Number > 0 {
		l.keep(d)
	}
	s.ringCaller(180, Body{}, max(d.Number-1, 0))
}

// number gives a far dialog its To tag on the caller's leg, once.
func (s *step) number(d *Dialog) {
	if d.Number == 0 {
		s.tags++
		d.Number = s.tags
	}
}

func (s *step) ringCaller(status int, b Body, tag int) {
	c := &s.Legs[0]
	if c.State != Calling && c.State != Early && !s.placed() {
		return
	}
	if s.RungAt.IsZero() {
		s.RungAt = s.now
	}
	if s.placed() {
		return // nobody is there to hear it
	}
	c.State = Early
	s.emit(Respond{Status: status, Tag: tag, Body: b})
}

// link joins the media of a leg to the caller's.
func (s *step) link(l *Leg) {
	if s.linked != l.Number {
		s.linked = l.Number
		s.emit(Connect{A: 0, B: l.Number})
	}
}

// answer takes a 2xx, each copy of it. The first of each far dialog decides, and every one is acknowledged.
func (s *step) answer(l *Leg, ev Event) {
	d, known := l.find(ev.Tag)
	switch {
	case known && d.Acked:
		s.emit(Ack{Leg: l.Number, Tag: ev.Tag, Body: ackBody(d)})
	case known && d.Answered: // its ACK waits for the caller's (late offer, direct)
	case l.State != Calling && l.State != Early:
		s.turnDown(l, ev)
	default:
		s.bridge(l, d, ev)
	}
}

// bridge takes the 2xx that wins.
func (s *step) bridge(l *Leg, d Dialog, ev Event) {
	s.sleep(l, TimerDoubt, TimerQuiet, TimerProgress, TimerRing)
	l.State, l.Heard, l.Tag = Confirmed, true, ev.Tag
	same := s.Own && l.heard == ev.Tag && (len(ev.Body) == 0 || bytes.Equal(ev.Body, d.SDP))
	if len(ev.Body) > 0 {
		d.SDP = ev.Body
	}
	d.Tag, d.Answered, d.Acked = ev.Tag, true, !l.noOffer || len(d.SDP) == 0
	if !s.Own {
		s.number(&d)
	}
	l.keep(d)
	l.SDP = d.SDP
	if d.Acked {
		s.emit(Ack{Leg: l.Number, Tag: d.Tag})
	}
	s.emit(Report{Leg: l.Number, Address: l.Try.Address, Status: 200})
	if len(d.SDP) == 0 {
		s.spoiled(l, "answered without a session description")
		return
	}
	s.settle(l, ev.Session)
	if s.Own && !same {
		l.heard, l.await = ev.Tag, awaitJoin
		s.emit(Describe{Leg: l.Number, SDP: d.SDP})
		return
	}
	s.join(l)
}

// spoiled leaves a target whose answer is of no use.
func (s *step) spoiled(l *Leg, why string) {
	s.fault = blameOf(l)
	if l.personal() {
		s.people.Reached = true
	} else {
		s.Last = 488
	}
	s.noteAttempt(l.attempt, 488, why)
	s.tried(l, 488, false)
	s.leave(l, "")
	s.next()
}

// join brings the caller and an answered target together.
func (s *step) join(l *Leg) {
	if s.asked(l) {
		s.screen(l)
		return
	}
	s.noteAttempt(l.attempt, 200, "")
	s.tried(l, 200, true)
	s.joined(l)
	s.answered, s.talked = true, l.Try.place()
	if s.AnsweredAt.IsZero() {
		s.AnsweredAt = s.now
	}
	if s.placed() {
		s.greet(l)
		return
	}
	if s.Own {
		s.link(l)
	}
	if c := &s.Legs[0]; c.State == Confirmed {
		return // a flow answered him before
	}
	switch {
	case s.Own && s.Late:
		s.answerCaller(Body{Kind: OwnOffer}, 0)
	case s.Own:
		s.answerCaller(Body{Kind: OwnAnswer}, 0)
	default:
		d, _ := l.find(l.Tag)
		s.answerCaller(Body{Kind: Raw, SDP: l.SDP}, d.Number-1)
	}
}

// answerCaller sends the 200 to the caller's INVITE.
func (s *step) answerCaller(b Body, tag int) {
	c := &s.Legs[0]
	c.State, s.Status = Confirmed, 200
	c.Session = accept(c.Session, s.Settings)
	s.emit(Respond{Status: 200, Tag: tag, Body: b, Session: c.Session})
	s.arm(c)
	if s.Settings.MaxCall > 0 {
		s.wake(c, TimerLong, s.now.Add(s.Settings.MaxCall))
	}
}

// acked: the caller has our 200. After a late offer his answer comes with it.
func (s *step) acked(l *Leg, ev Event) {
	if l.Acked || l.State != Confirmed && !l.byeDue {
		return
	}
	l.Acked = true
	switch {
	case l.byeDue:
		s.byeNow(l)
	case !s.Late:
		s.sync()
	case len(ev.Body) == 0:
		s.end(ending{cause: badAnswer}, "", 0)
	case s.Own:
		l.SDP, l.await = ev.Body, awaitLate
		s.emit(Describe{Leg: 0, SDP: ev.Body})
	default:
		l.SDP = ev.Body
		s.ackLate(ev.Body)
	}
}

// ackLate passes the caller's answer on in the ACK that the far end waits for (late offer, direct).
func (s *step) ackLate(sdp []byte) {
	f := s.far()
	if f == nil {
		return
	}
	d, ok := f.find(f.Tag)
	if !ok || d.Acked || !d.Answered {
		return
	}
	d.Acked, d.Ack = true, sdp
	f.keep(d)
	s.emit(Ack{Leg: f.Number, Tag: d.Tag, Body: ackBody(d)})
}

// described: media has taken what was described last.
func (s *step) described(l *Leg) {
	was := l.await
	l.await = awaitNothing
	switch was {
	case awaitNothing:
	case awaitHunt:
		l.offered = true
		s.next()
	case awaitAttend:
		l.offered = true
		s.answerFlow()
	case awaitJoin:
		s.join(l)
	case awaitLate:
		if s.flow == flowOpen {
			s.begin()
		}
		s.sync()
	case awaitOffer:
		s.offerTaken(l)
	}
}

// bodyRefused: media cannot go by a description. Who sent it hears so; a target that did is left.
func (s *step) bodyRefused(l *Leg, ev Event) {
	status := ev.Status
	if status < 400 {
		status = 488
	}
	was := l.await
	l.await = awaitNothing
	switch was {
	case awaitHunt, awaitAttend:
		s.end(ending{cause: badOffer}, "", status)
	case awaitLate:
		s.end(ending{cause: badAnswer}, "", status)
	case awaitOffer:
		s.offer = offer{}
		s.emit(RespondOffer{Leg: l.Number, Status: status})
		s.sync()
	case awaitJoin:
		s.spoiled(l, "its session description cannot be used")
	case awaitNothing:
		s.bodyUnsent(l, status)
	}
}
