package call

import (
	"time"

	"wissel"
)

// attend asks for a flow on the caller's leg. Media for it is opened from the ports kept for flows, if need be.
func (s *step) attend(t *Try) {
	s.Flow, s.flow = t.Target.Flow, flowAsked
	s.Attempts = append(s.Attempts[:len(s.Attempts):len(s.Attempts)], wissel.Attempt{Target: t.Target, Began: s.now})
	s.emit(Attend{Leg: 0, Flow: s.Flow})
}

// attendedNow: the flow can answer. In a direct group media has not seen the caller's offer yet.
func (s *step) attendedNow(l *Leg, ev Event) {
	if s.flow != flowAsked || l.Number != s.attends() {
		return
	}
	s.flow, s.unpaid = flowOpen, ev.Status
	if l.State == Confirmed || s.Late { // answered before; or there is no offer that a 183 could answer
		s.unpaid = 0
	}
	switch {
	case s.asked(l):
		s.begin()
	case l.State == Confirmed: // he was answered before: by a flow, or by a target that is gone
		if l.await != awaitLate && (l.Acked || !s.Late) {
			s.begin()
		}
	case s.Late || l.offered:
		s.answerFlow()
	default:
		l.await = awaitAttend
		s.emit(Describe{Leg: 0, Offer: true, SDP: l.SDP})
	}
}

// answerFlow answers the caller with our own media. After a late offer the flow waits for his answer.
func (s *step) answerFlow() {
	tag := 0
	if !s.Own { // far dialogs may have had To tags: this answer has another
		s.Own = true
		tag = s.tags
		s.tags++
	}
	if s.unpaid != 0 {
		s.unanswered(tag)
		return
	}
	if s.AnsweredAt.IsZero() {
		s.AnsweredAt = s.now
	}
	if s.Late {
		s.answerCaller(Body{Kind: OwnOffer}, tag)
		return
	}
	s.answerCaller(Body{Kind: OwnAnswer}, tag)
	s.begin()
}

// againAfter is how long after a 183 with our answer it goes out again: it may be lost, and nobody acknowledges it.
const againAfter = time.Second

// unanswered lets the flow speak to a caller who is not answered, and so not billed (RFC 3960 §3.2: early media).
func (s *step) unanswered(tag int) {
	s.ringCaller(183, Body{Kind: OwnAnswer}, tag)
	s.wake(&s.Legs[0], TimerEarly, s.now.Add(againAfter))
	s.begin()
}

// early says the 183 again, for as long as the flow speaks unanswered.
func (s *step) early(l *Leg) {
	if s.flow != flowSpeaks || s.unpaid == 0 || l.State != Early {
		return
	}
	s.ringCaller(183, Body{Kind: OwnAnswer}, max(s.tags-1, 0))
	s.wake(l, TimerEarly, s.now.Add(againAfter))
}

// begin lets the flow speak.
func (s *step) begin() {
	s.flow = flowSpeaks
	if !s.placed() && !s.asks() {
		s.attended, s.talked = true, wissel.Target{Flow: s.Flow}
		status := 200
		if s.unpaid != 0 {
			status = 183
		}
		s.noteAttempt(len(s.Attempts), status, "")
	}
	s.emit(Begin{Leg: s.attends()})
}

// dismiss ends the flow on leg n, if there is one.
func (s *step) dismiss(n int) {
	if s.flow != noFlow {
		s.flow = noFlow
		s.emit(Dismiss{Leg: n})
	}
}

// flowOver: the flow has ended, or could not be had.
func (s *step) flowOver(l *Leg, ev Event) {
	if l.Number != s.attends() {
		return
	}
	if s.asked(l) {
		s.passed(l, orElse(ev.Reason, "did not press 1"))
		return
	}
	switch s.flow {
	case noFlow:
	case flowAsked:
		s.flow = noFlow
		if s.placed() {
			s.end(ending{cause: flowEnded, why: orElse(ev.Reason, "no such flow")}, "", 0)
			return
		}
		s.noteAttempt(len(s.Attempts), 0, orElse(ev.Reason, "no such flow"))
		s.fault = wissel.BlameWissel
		s.toFlow()
	case flowOpen, flowSpeaks:
		if ev.Kind == FlowOver {
			status := 480
			if s.unpaid != 0 {
				status = s.unpaid
			}
			s.end(ending{cause: flowEnded, why: ev.Reason}, "", status)
		}
	}
}

// flowDial: the flow hands the caller on, as he chose. That is a hunt of its own, with his media already open.
func (s *step) flowDial(l *Leg, ev Event) {
	if s.flow != flowSpeaks || l.State != Confirmed || s.asks() {
		return
	}
	s.dismiss(0)
	s.Route, s.Next, s.Rung, s.Last = ev.Route, 0, false, 0
	s.fault, s.spoke = "", false
	s.next()
}
