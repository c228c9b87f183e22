package call

import "wissel"

// cause is why a call ended.
type cause uint8

const (
	callerGaveUp cause = iota + 1 // CANCEL, or a BYE before the answer
	callerHungUp
	calleeHungUp
	calleeFailed // a BYE whose Reason tells of a fault
	nothingLeft  // no target and no flow
	badOffer     // the caller's description cannot be used
	badAnswer    // nor the one in his ACK
	tooSmall     // his session interval
	noAck
	legLost
	expired
	flowEnded
	longCall
	ordered
)

// ending is how a call ended, as verdict needs it.
type ending struct {
	cause  cause
	blame  wissel.Blame // of the leg concerned, where the cause alone does not say
	person bool         // nothingLeft: a person refused
	caller bool         // legLost, expired, noAck: it was the caller's leg
	why    string
}

// faulty reports whether the call ended because its target's leg failed, and not because somebody wanted it to end.
func (e ending) faulty() bool {
	if e.caller {
		return false
	}
	return e.cause == calleeFailed || e.cause == legLost || e.cause == expired || e.cause == noAck
}

// verdict gives an ended call its outcome, its blame and the words for who ended it. answered: he talked to a target;
// attended: a flow spoke to him.
func verdict(e ending, answered, attended bool) (o wissel.Outcome, b wissel.Blame, by string) {
	o = wissel.Refused
	switch {
	case answered:
		o = wissel.Answered
	case attended:
		o = wissel.Attended
	case e.cause == callerGaveUp, e.cause == callerHungUp, e.cause == legLost && e.caller, e.cause == noAck:
		o = wissel.Abandoned
	}
	switch e.cause {
	case callerGaveUp:
		b, by = wissel.BlameCaller, "caller: CANCEL"
	case callerHungUp:
		b, by = wissel.BlameCaller, "caller: BYE"
	case calleeHungUp:
		b, by = wissel.BlameCallee, "callee: BYE"
	case calleeFailed:
		b, by = e.blame, "callee: BYE that tells of a fault"
	case nothingLeft:
		b, by = e.blame, "wissel: no target left"
		if e.person {
			b, by = wissel.BlameCallee, "callee: refused"
		}
		if b == "" {
			b = wissel.BlameWissel
		}
	case badOffer:
		b, by = wissel.BlameCaller, "wissel: the caller's session description cannot be used"
	case badAnswer:
		b, by = wissel.BlameCaller, "wissel: no usable answer in the caller's ACK"
	case tooSmall:
		b, by = wissel.BlameCaller, "wissel: the caller's session interval is too small"
	case noAck:
		b, by = e.blame, "wissel: no ACK"
	case legLost:
		b, by = e.blame, "callee: gone"
		if e.caller {
			by = "caller: gone"
		}
	case expired:
		b, by = e.blame, "wissel: session expired"
	case flowEnded:
		b, by = wissel.BlameWissel, "wissel: the flow ended"
	case longCall:
		b, by = wissel.BlameWissel, "wissel: longest call"
	case ordered:
		b, by = wissel.BlameWissel, "wissel: ended"
	}
	if e.why != "" {
		by += ", " + e.why
	}
	if b == "" {
		b = wissel.BlameUnknown
	}
	return o, b, by
}

// blameOf says whose leg it is. Callers come over carriers.
func blameOf(l *Leg) wissel.Blame {
	switch {
	case l.Role == Caller:
		return wissel.BlameCarrier
	case l.Try == nil:
	case l.Try.Role == wissel.Carrier:
		return wissel.BlameCarrier
	case l.Try.Role == wissel.Platform:
		return wissel.BlamePlatform
	}
	return wissel.BlameUnknown
}

// Record is what is known of the call so far. After Finish it has no attempts any more: that effect carried them.
func (c *Call) Record() Record {
	return Record{Began: c.Began, Rung: c.RungAt, Answered: c.AnsweredAt, Status: c.Status, Target: c.talked, Attempts: c.Attempts}
}

// finish writes the record, once.
func (s *step) finish(e ending) {
	s.Finished = true
	s.let()
	r := s.Record()
	r.Ended = s.now
	r.Outcome, r.Blame, r.EndedBy = verdict(e, s.answered, s.attended)
	s.Route, s.Next, s.Attempts = nil, 0, nil
	s.emit(Finish{Record: r})
}
