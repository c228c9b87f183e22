package call

import "time"

// Session timers are negotiated on each leg for itself and never relayed (RFC 4028).

// minSE is the shortest session that we go along with; 90 s is the least that is allowed (RFC 4028 §4).
func minSE(st *Settings) time.Duration { return max(st.MinSE, 90*time.Second) }

// ask is what our INVITEs ask for.
func (s *step) ask() Session {
	if s.Settings.SessionTimer <= 0 {
		return Session{}
	}
	return Session{Expires: max(s.Settings.SessionTimer, minSE(s.Settings)), MinSE: minSE(s.Settings), Capable: true}
}

// tooShort reports whether a request gets 422 (RFC 4028 §9): only one whose sender knows the extension.
func tooShort(asked Session, st *Settings) bool {
	return asked.Capable && asked.Expires > 0 && asked.Expires < minSE(st)
}

// accept gives what we answer as UAS to what the request asked (RFC 4028 §9): never longer than asked, never shorter
// than either side's minimum. The peer refreshes, unless it asked us to or cannot.
func accept(asked Session, st *Settings) Session {
	e := asked.Expires
	switch want := st.SessionTimer; {
	case e == 0 && want <= 0:
		return Session{}
	case e == 0, want > 0 && want < e:
		e = want
	}
	return Session{Expires: max(e, asked.MinSE, minSE(st)), Ours: asked.Ours || !asked.Capable, Capable: asked.Capable}
}

// settle takes what a 2xx to our request says. Without Session-Expires there is no expiry (RFC 4028 §7.2).
func (s *step) settle(l *Leg, got Session) {
	l.Session = got
	s.arm(l)
}

// arm sets the timers for what was settled: a refresh at half time when it is ours to send, and the end when none comes
// (RFC 4028 §10: a little before the expiry, so that both sides agree who ends it).
func (s *step) arm(l *Leg) {
	s.sleep(l, TimerRefresh, TimerExpire)
	e := l.Session.Expires
	switch {
	case e <= 0 || l.State != Confirmed:
	case l.Session.Ours:
		s.wake(l, TimerRefresh, s.now.Add(e/2))
		s.wake(l, TimerExpire, s.now.Add(e))
	default:
		s.wake(l, TimerExpire, s.now.Add(e-min(32*time.Second, e/3)))
	}
}

// refresh sends our session refresh, or waits a second while something else is open on the leg.
func (s *step) refresh(l *Leg) {
	if l.State != Confirmed || !l.Session.Ours {
		return
	}
	if !s.free(l) {
		s.wake(l, TimerRefresh, s.now.Add(time.Second))
		return
	}
	l.asking, l.mended, l.bareOut = askRefresh, false, false
	s.emit(Refresh{Leg: l.Number, Session: Session{
		Expires: l.Session.Expires, MinSE: minSE(s.Settings), Ours: true, Capable: true,
	}})
}

// expire: nobody refreshed the session in time.
func (s *step) expire(l *Leg) {
	if s.asked(l) {
		s.passed(l, "session expired")
		return
	}
	if l.State == Confirmed {
		s.end(ending{cause: expired, blame: blameOf(l), caller: l.Role == Caller}, "", 480)
	}
}
