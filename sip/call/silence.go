package call

import (
	"time"

	"wissel"
)

// doubt: nothing has come of an INVITE for a while. An address that said anything since, to any call or probe, is alive,
// and this call alone waits; another is asked, once for all calls.
func (s *step) doubt(l *Leg, ev Event) {
	if l.State != Calling || l.Left || l.Heard {
		return
	}
	t := timers(l.Try)
	if ev.Heard.After(l.Sent) {
		s.unheard(l)
		return
	}
	s.emit(Doubt{Leg: l.Number, Address: l.Try.Address, Since: l.Sent})
	wait := t.Quiet
	if ev.Opening {
		wait = max(t.Quiet, t.Patience)
	}
	s.wake(l, TimerQuiet, s.notBefore(l.Sent.Add(wait), t.Quiet-t.Doubt))
}

// unheard: the address is alive, and has not even said 100 to this INVITE, which has to come within 200 ms (RFC 3261
// §17.2.1). By patience it has left three times, at 0, 0.5 and 1.5 s: a fourth, at 3.5 s, finds hardly anything that the third
// did not, and the caller would hear nothing until then. A 1xx sets the timer anew.
func (s *step) unheard(l *Leg) {
	t := timers(l.Try)
	s.wake(l, TimerProgress, s.notBefore(l.Sent.Add(min(t.Patience, t.Progress)), t.Quiet))
}

// notBefore moves a time that is nearly here or past: when a timer rang late, we were away, and what has come for us
// meanwhile, or comes of our asking now, is to be heard first.
func (s *step) notBefore(at time.Time, d time.Duration) time.Time {
	if least := s.now.Add(max(d, time.Millisecond)); at.Before(least) {
		return least
	}
	return at
}

// quiet: the burst has had its time.
func (s *step) quiet(l *Leg, ev Event) {
	if l.State != Calling || l.Left || l.Heard {
		return
	}
	t := timers(l.Try)
	if ev.Heard.After(l.Sent) {
		s.unheard(l)
		return
	}
	if end := l.Sent.Add(t.Patience); ev.Opening && s.now.Before(end) {
		s.wake(l, TimerQuiet, end)
		return
	}
	why := "silent for " + s.now.Sub(l.Sent).Round(time.Millisecond).String()
	s.emit(Report{Leg: l.Number, Address: l.Try.Address, Why: why})
	s.leaveFor(l, why)
	s.next()
}

// silent: another call learnt that the address is. What one learns, all know at once.
func (s *step) silent(l *Leg) {
	if l.State != Calling || l.Left || l.Heard {
		return
	}
	s.leaveFor(l, "silent, as another call found")
	s.next()
}

// progress: a 100 and no more, or not even that from an address that is alive.
func (s *step) progress(l *Leg) {
	if l.State != Calling || l.Left {
		return
	}
	why, status := "no answer to the INVITE, though its address is alive", 0
	if l.Heard {
		why, status = "100 and no more for "+timers(l.Try).Progress.String(), 100
	}
	s.emit(Report{Leg: l.Number, Address: l.Try.Address, Status: status, Alive: true, Why: why})
	s.leaveFor(l, why)
	s.next()
}

// ringOut: it rang for as long as it may. Nobody is rung twice, so the flow is what is left.
func (s *step) ringOut(l *Leg) {
	if l.State != Early || l.Left {
		return
	}
	why := "rang for " + timers(l.Try).Ring.String()
	s.leaveFor(l, why)
	s.fault = wissel.BlameCallee
	if l.personal() {
		s.next()
		return
	}
	s.toFlow()
}

// leaveFor leaves a target for the next one.
func (s *step) leaveFor(l *Leg, why string) {
	s.fault = blameOf(l)
	s.noteAttempt(l.attempt, 0, why)
	s.tried(l, 0, false)
	s.leave(l, "")
}
