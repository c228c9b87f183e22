package call

import "time"

// goneAfter is how long a leg stays matchable after it was left or ended: 64*T1 (RFC 3261 §17).
const goneAfter = 32 * time.Second

// soon is when a carrier may try again whose call found no room here.
const soon = time.Second

// leave goes on without a leg. What it still says gets its due (settle), and changes nothing.
func (s *step) leave(l *Leg, reason string) {
	switch l.State {
	case Calling, Early:
		l.Left, l.State = true, Cancelling
		if l.Heard {
			l.canceled = true
			s.emit(Cancel{Leg: l.Number, Reason: reason})
		} else {
			s.emit(Stop{Leg: l.Number})
		}
		s.part(l)
	case Confirmed:
		s.bye(l, reason)
	default:
	}
}

// part takes a leg out of the call: its media is parted, freed and it is kept matchable.
func (s *step) part(l *Leg) {
	s.parted(l)
	s.unlink(l)
	if s.Far == l.Number {
		s.Far = 0
	}
	s.rest(l)
}

// rest frees what an ended leg holds, and keeps it matchable for 32 s more.
func (s *step) rest(l *Leg) {
	s.sleepAll(l)
	s.close(l)
	l.SDP, l.await = nil, awaitNothing
	s.wake(l, TimerGone, s.now.Add(goneAfter))
}

// close frees what a leg holds of limits and media, once.
func (s *step) close(l *Leg) {
	if !l.closed {
		l.closed = true
		s.emit(Close{Leg: l.Number})
	}
}

// over ends a leg for good.
func (s *step) over(l *Leg) {
	s.sleepAll(l)
	s.sleep(l, TimerGone)
	s.close(l)
	l.State, l.SDP, l.Dialogs, l.await, l.asking = Over, nil, nil, awaitNothing, askNothing
	s.emit(Forget{Leg: l.Number})
}

// gone: 32 s have passed.
func (s *step) gone(l *Leg) {
	if l.byeDue { // neither the ACK nor its absence was reported: the BYE has waited long enough
		s.byeNow(l)
		return
	}
	s.over(l)
}

// bye ends a confirmed leg. On the caller's leg it waits for his ACK (RFC 3261 §15).
func (s *step) bye(l *Leg, reason string) {
	s.answerWaiting(l)
	l.State, l.byeWhy = Ending, reason
	if l.Role == Caller && !l.Acked {
		l.byeDue, l.await = true, awaitNothing
		s.sleepAll(l)
		s.wake(l, TimerGone, s.now.Add(2*goneAfter))
		return
	}
	s.byeNow(l)
}

func (s *step) byeNow(l *Leg) {
	l.byeDue = false
	s.ackRest(l)
	s.emit(Bye{Leg: l.Number, Reason: l.byeWhy})
	s.part(l)
}

// ackRest acknowledges a 2xx that waited for the caller's ACK, which will not come: with an answer that nothing flows by.
func (s *step) ackRest(l *Leg) {
	if o := s.offer; o.open && o.answered && o.to == l.Number && l.asking == askOffer {
		l.asking = askNothing
		s.emit(AckOffer{Leg: l.Number, Body: Body{Kind: Raw, SDP: Inactive(l.SDP)}})
	}
	d, ok := l.find(l.Tag)
	if !ok || d.Acked || !d.Answered {
		return
	}
	d.Acked, d.Ack = true, Inactive(d.SDP)
	l.keep(d)
	s.emit(Ack{Leg: l.Number, Tag: d.Tag, Body: Body{Kind: Raw, SDP: d.Ack}})
}

// turnDown takes the first 2xx of a far dialog that nobody wants any more, or never did: a late one, a crossing one, a
// second one from a fork (RFC 3261 §13.2.2.4).
func (s *step) turnDown(l *Leg, ev Event) {
	d, _ := l.find(ev.Tag)
	d.Tag, d.Answered, d.Acked = ev.Tag, true, true
	if l.noOffer {
		d.Ack = Inactive(ev.Body)
	}
	l.keep(d)
	s.emit(Ack{Leg: l.Number, Tag: d.Tag, Body: ackBody(d)})
	s.emit(Bye{Leg: l.Number, Tag: d.Tag})
	if l.State != Confirmed {
		s.wake(l, TimerGone, s.now.Add(goneAfter))
	}
}

func ackBody(d Dialog) Body {
	if d.Ack == nil {
		return Body{}
	}
	return Body{Kind: Raw, SDP: d.Ack}
}

// unlink parts the media of a leg from the caller's.
func (s *step) unlink(l *Leg) {
	if s.linked != 0 && s.linked == l.Number {
		s.linked = 0
		s.emit(Disconnect{Leg: l.Number})
	}
}

// cancelled: the caller gave up before an answer.
func (s *step) cancelled(l *Leg, ev Event) {
	if l.State != Calling && l.State != Early {
		return // it crossed our final response (RFC 3261 §9.2)
	}
	s.end(ending{cause: callerGaveUp}, ev.Reason, 487)
}

// hangup: one end has sent BYE, so the other gets one.
func (s *step) hangup(l *Leg, ev Event) {
	if ev.Tag != "" && l.Tag != "" && ev.Tag != l.Tag {
		return // a far dialog that we turned down
	}
	if l.Role == Caller && (l.State == Calling || l.State == Early) { // legal, if rare (RFC 3261 §15)
		s.end(ending{cause: callerGaveUp}, ev.Reason, 487)
		return
	}
	if l.byeDue { // his BYE says all that ours would
		l.byeDue = false
		s.rest(l)
		return
	}
	if l.State != Confirmed {
		return
	}
	asked := s.asked(l)
	s.ackRest(l)
	s.answerWaiting(l)
	l.State = Ending
	if asked {
		s.passed(l, "hung up before 1 was pressed")
		return
	}
	e := ending{cause: callerHungUp}
	if l.Role != Caller {
		e = ending{cause: calleeHungUp}
		if failing(ev.Reason) {
			e = ending{cause: calleeFailed, blame: blameOf(l)}
		}
		if c := &s.Legs[0]; c.State == Calling || c.State == Early { // answered and gone before he knew
			s.Last = 480
			s.fault = blameOf(l)
			s.noteAttempt(l.attempt, 200, "hung up before the caller was through")
			s.tried(l, 200, false)
			s.part(l)
			s.toFlow()
			return
		}
	}
	s.end(e, ev.Reason, 0)
	s.part(l)
}

// lost: the peer of a leg is gone. It gets a BYE all the same, in case only the way back failed.
func (s *step) lost(l *Leg, ev Event) {
	switch {
	case l.Role == Caller && (l.State == Calling || l.State == Early):
		s.end(ending{cause: legLost, blame: blameOf(l)}, "", 480)
	case s.asked(l):
		s.passed(l, "gone before 1 was pressed")
	case l.State == Confirmed:
		s.end(ending{cause: legLost, blame: blameOf(l), caller: l.Role == Caller}, ev.Reason, 480)
	case l.Role != Caller:
		s.failed(l, ev)
	default:
	}
}

// noAck: no ACK came for a 2xx of ours: the session ends (RFC 3261 §13.3.1.4).
func (s *step) noAck(l *Leg) {
	if l.byeDue {
		s.byeNow(l)
		return
	}
	if l.State != Confirmed {
		return
	}
	if s.asked(l) {
		s.passed(l, "no ACK")
		return
	}
	l.Acked = true // a BYE may go now
	s.end(ending{cause: noAck, blame: blameOf(l), caller: l.Role == Caller}, "", 0)
}

// ordered: the operator, a drain or a broken invariant ends the call.
func (s *step) ordered(ev Event) {
	if s.Finished {
		return
	}
	s.end(ending{cause: ordered, why: ev.Reason}, ev.Reason, ev.Status)
}

// end ends the call for everyone, once: a final response or BYE for the caller, whatever is due for the others.
func (s *step) end(e ending, reason string, status int) {
	if s.Finished {
		return
	}
	reason = headerValue(reason)
	s.faulty = e.faulty()
	c, attends := &s.Legs[0], s.attends()
	switch c.State {
	case Calling, Early:
		if status < 300 { // what ends talking calls has ended this one before he was through
			status = 480
		}
		s.Status = status
		r := Respond{Status: status, Tag: max(s.tags-1, 0)}
		if status == 503 {
			r.RetryAfter = soon
		}
		if status == 422 {
			r.Session = Session{MinSE: minSE(s.Settings)}
		}
		s.emit(r)
		s.dismiss(attends)
		s.over(c)
	case Confirmed:
		s.bye(c, reason)
		s.dismiss(attends)
	default:
		if s.placed() && s.Status == 0 {
			s.Status = s.Last // nobody is told: what we were
		}
	}
	if f := s.far(); f != nil {
		if f.State == Calling || f.State == Early {
			s.noteAttempt(f.attempt, 0, "the call ended")
		}
		s.leave(f, reason)
	}
	s.dismiss(attends)
	s.offer = offer{}
	s.finish(e)
}

// answerWaiting answers what an ending leg still waits for (RFC 3261 §15.1.2).
func (s *step) answerWaiting(l *Leg) {
	if l.State != Confirmed {
		return
	}
	if s.offer.open && s.offer.from == l.Number && !s.offer.answered {
		s.emit(RespondOffer{Leg: l.Number, Status: 487})
	}
	for ; l.infos > 0; l.infos-- {
		s.emit(RespondInfo{Leg: l.Number, Status: 487})
	}
}
