package sip

import (
	"runtime/debug"
	"time"

	"wissel"
	"wissel/sip/call"
)

// crash ends a call whose own code failed, without asking that code again: 500 or BYE for the caller, CANCEL or BYE for
// the others, ports and limits freed, a record kept. The process lives (FAULTS F35).
func (s *shard) crash(c *live) {
	c.crashed = true
	defer func() {
		if r := recover(); r != nil { // not even this went well: let go of it
			s.srv.alarm("a panic while ending a call that failed", "call", c.id, "panic", r, "stack", string(debug.Stack()))
			delete(s.calls, c.id)
		}
	}()
	if f := c.flow; f != nil {
		c.flow = nil
		f.stop(s)
		if x, ok := f.attending.(HoldingAttending); ok {
			x.LetGo()
		}
	}
	if x, ok := c.held.(HoldingAttending); ok {
		x.LetGo()
	}
	c.held = nil
	if c.sought.Name != "" {
		s.let(c, call.Let{Person: c.sought, How: call.Spared})
	}
	status := 0
	for _, l := range c.legs {
		if l != nil && !l.gone {
			if l.server && !l.done {
				status = 500
			}
			s.crashLeg(l)
		}
	}
	if c.over {
		return
	}
	now := s.now
	s.doFinish(c, call.Finish{Record: call.Record{
		Began: c.began, Answered: c.state.AnsweredAt, Ended: now, Status: status, Outcome: outcomeOf(c, status),
		Blame: wissel.BlameWissel, EndedBy: "wissel: a fault of its own", Target: c.target, Attempts: c.state.Attempts,
	}})
}

func outcomeOf(c *live, status int) wissel.Outcome {
	switch {
	case status >= 300:
		return wissel.Refused
	case c.target.Flow != "":
		return wissel.Attended
	}
	return wissel.Answered
}

// crashLeg ends one leg by hand and forgets it after 32 s, until when what still comes of it gets its due.
func (s *shard) crashLeg(l *leg) {
	s.unwait(l)
	switch {
	case l.server && !l.done:
		l.done = true
		s.table.Respond(l.invite, 500, l.echo.response(500, s.newTag(l, 0), false, message{}), s.now)
	case !l.server && !l.done && l.raw != nil:
		s.doCancel(l, call.Cancel{Leg: l.n})
		s.table.Quit(l.invite, s.now)
	}
	for _, d := range l.dialogs {
		if d.confirmed && !d.bye {
			if !l.server && d.ack == nil {
				s.ackDialog(d, l.seq, call.Body{})
			}
			s.bye(d, "")
		}
	}
	s.parted(l, true) // nobody's fault but ours
	l.waiting, l.asking = nil, nil
	s.flush()
	s.release(l)
	l.closeMedia()
	s.stopClocks(l)
	gone := &timer{ring: func() { s.forget(l) }}
	l.clocks[call.TimerGone] = gone
	s.timers.set(gone, s.now.Add(32*time.Second))
}
