package call

import (
	"time"

	"wissel"
)

// bodyUnsent: media could not write, or not go by, a description that nothing waited for. What should have carried it was
// not sent.
func (s *step) bodyUnsent(l *Leg, status int) {
	mine := l.Role == Caller
	switch {
	case mine && (l.State == Calling || l.State == Early): // in a 18x: it would be no better in the 200
		s.attended = s.attended && s.unpaid == 0 // the flow's 183 was not sent, so he heard nothing
		s.end(ending{cause: badOffer}, "", status)
	case mine && l.State == Confirmed && !l.Acked: // in our 200
		s.unanswer(l)
		s.end(ending{cause: badOffer}, "", status)
	case l.State == Early: // early media: a target's answer would be no better
		l.heard = ""
		s.spoiled(l, "its session description cannot be used")
	case l.State == Confirmed && l.asking == askOffer && s.offer.open && s.offer.from < 0: // in an offer of ours
		s.offer, l.asking = offer{}, askNothing
		l.told = l.asked
		s.sync()
	case l.State == Confirmed: // in our answer to an offer
		s.emit(RespondOffer{Leg: l.Number, Status: status})
	default:
	}
}

// unanswer takes back our 200, which was never sent.
func (s *step) unanswer(l *Leg) {
	s.answerWaiting(l)
	if f := s.far(); f != nil {
		s.answerWaiting(f)
	}
	s.offer = offer{}
	s.sleep(l, TimerRefresh, TimerExpire, TimerLong)
	l.State, s.Status = Early, 0
	s.AnsweredAt, s.talked = time.Time{}, wissel.Target{}
	s.answered, s.attended = false, false
}

// noMediaPorts is why an attempt ended that had no ports for its voice.
const noMediaPorts = "no media ports left"

// noPortsForCaller: no media for the caller's leg. For a flow there are ports kept apart; without those he gets a 503, so
// that his carrier may try another way to us.
func (s *step) noPortsForCaller(l *Leg) {
	switch {
	case l.await == awaitHunt:
		l.await = awaitNothing
		s.fault = wissel.BlameWissel
		if s.Next < len(s.Route) && s.Route[s.Next].Target.Flow == "" { // nothing was sent, and the record says why
			s.Attempts = append(s.Attempts[:len(s.Attempts):len(s.Attempts)],
				wissel.Attempt{Target: s.Route[s.Next].Target, Began: s.now, Why: noMediaPorts})
		}
		s.toFlow()
	case s.flow == flowAsked && !s.asks() || l.await == awaitAttend:
		l.await, s.flow = awaitNothing, noFlow
		s.noteAttempt(len(s.Attempts), 0, noMediaPorts)
		s.fault = wissel.BlameWissel
		s.giveUp(503)
	case l.State == Confirmed && !l.Acked && l.await == awaitNothing: // our 200 should have brought an offer
		s.unanswer(l)
		s.fault = wissel.BlameWissel
		if f := s.far(); f != nil {
			s.noteAttempt(f.attempt, 200, noMediaPorts)
			s.leave(f, "")
		}
		if s.flow != noFlow {
			s.giveUp(503)
			return
		}
		s.toFlow()
	default:
	}
}
