package dialling

import (
	"time"

	"wissel"
	"wissel/ivr"
)

// machine is one Step in the making.
type machine struct {
	*Attempt
	s   State
	now time.Time
	out []Effect
}

// Step returns the state after ev, and what to do now.
func (a *Attempt) Step(s State, ev Event, now time.Time) (State, []Effect) {
	m := &machine{Attempt: a, s: s, now: now}
	if !s.Over && ev.Side <= Customer {
		m.take(ev)
	}
	return m.s, m.out
}

func (m *machine) take(ev Event) {
	l := m.leg(ev.Side)
	switch ev.Kind {
	case Begin:
		if m.s.Legs == [2]Leg{} {
			m.place(m.first())
		}
	case Answered:
		m.answered(ev.Side)
	case Digit:
		if l.Keys < mostKeys || l.Phase == Rating {
			l.Keys++
			m.digit(ev.Side, ev.Digit)
		}
	case Played:
		if l.Playing {
			l.Playing = false
			m.played(ev.Side)
		}
	case Woken:
		m.woken(ev)
	case Ended:
		m.ended(ev.Side, ev.End)
	case Stop:
		m.stop()
	}
}

func (m *machine) leg(side Side) *Leg { return &m.s.Legs[side] }

func (m *machine) do(e Effect) { m.out = append(m.out, e) }

func (m *machine) wake(side Side, timer int, after time.Duration) { m.do(Wake{side, timer, after}) }

// play plays to a side; what was waited for there no longer is.
func (m *machine) play(side Side, then Sound, ps ...ivr.Prompt) {
	m.wake(side, wait, 0)
	m.leg(side).Playing = true
	m.do(Play{side, ps, then})
}

// settle says what came of the attempt; the first word stands.
func (m *machine) settle(o wissel.CallbackOutcome, why string) {
	if m.s.Outcome == "" {
		m.s.Outcome, m.s.Why = o, why
	}
}

// place rings a side.
func (m *machine) place(side Side) {
	m.leg(side).Phase = Calling
	stage := wissel.CallbackDesk
	if side == Customer {
		stage = wissel.CallbackCustomer
	}
	m.do(Stage{stage})
	m.do(Place{side})
}

// answered: a side hears us from now on.
func (m *machine) answered(side Side) {
	l := m.leg(side)
	switch l.Phase {
	case Calling:
	case Closing: // it crossed our letting go
		m.release(side, "too late")
		return
	default:
		return
	}
	l.Phase = Asking
	if side == Desk {
		m.wake(Desk, deadline, m.patience())
	}
	m.ask(side)
	if other := side.Other(); side == Customer && m.leg(other).Phase == Waiting {
		m.play(other, Patience, m.p(other, "desk.moment"))
	}
}

// ask asks a side for a key.
func (m *machine) ask(side Side) {
	l := m.leg(side)
	l.Phase = Asking
	l.Asked++
	m.play(side, NoSound, m.asking(side)...)
}

// played: what was said to a side is out.
func (m *machine) played(side Side) {
	switch m.leg(side).Phase {
	case Asking:
		if m.Job.Last {
			m.told()
		} else if side == Customer {
			m.wake(side, wait, forKey)
		} else {
			m.wake(side, wait, forDesk)
		}
	case Hearing:
		m.ask(side)
	case Waiting:
		m.waits(side)
	case Rating:
		m.wake(side, wait, forRating)
	case Leaving:
		m.release(side, m.leg(side).Why)
	case Idle, Calling, Talking, Closing, Gone:
	}
}

// told: the customer of a last call has heard it all. It is said twice: a voicemail has missed the beginning.
func (m *machine) told() {
	m.settle(wissel.CallbackTold, "he heard that nobody could call")
	if m.leg(Customer).Asked < askings {
		m.ask(Customer)
	} else {
		m.leave(Customer, "it was said twice")
	}
}

// waits lets a side that waits hear the truth again: that a telephone rings, or that it is not forgotten.
func (m *machine) waits(side Side) {
	switch {
	case side == Customer:
		m.play(side, Patience, m.p(side, "called.wait"))
	case m.leg(Customer).Phase == Calling:
		m.play(side, Ringing)
	default:
		m.play(side, Patience, m.p(side, "desk.wait"))
	}
}

// digit takes a key.
func (m *machine) digit(side Side, d wissel.Digit) {
	switch m.leg(side).Phase {
	case Asking, Hearing:
		if m.Job.Last { // nothing was asked of him
			return
		}
		if side == Desk {
			if !m.Live { // nobody waits on the line while he thinks
				m.wake(side, deadline, m.patience()) // somebody is there
			}
			m.deskKey(d)
		} else {
			m.customerKey(d)
		}
	case Rating:
		m.rate(d)
	case Idle, Calling, Waiting, Talking, Leaving, Closing, Gone:
	}
}

func (m *machine) deskKey(d wissel.Digit) {
	switch {
	case d == '1':
		m.wake(Desk, deadline, 0)
		m.taken(Desk)
	case d == '2' && m.Job.Message != "":
		m.leg(Desk).Phase = Hearing
		m.play(Desk, NoSound, m.voice()...)
	case d == '9':
		m.settle(wissel.CallbackDeskLeft, "the agent pressed it away")
		m.leave(Desk, "the agent pressed it away", m.p(Desk, "desk.bye"))
		m.tell(Customer)
	default:
		m.ask(Desk)
	}
}

func (m *machine) customerKey(d wissel.Digit) {
	switch d {
	case '1':
		m.taken(Customer)
	case '2':
		m.settle(wissel.CallbackCancelled, "he pressed it away")
		m.leave(Customer, "he pressed it away", m.p(Customer, "called.cancelled"))
		m.tell(Desk)
	default:
		m.play(Customer, NoSound, m.p(Customer, "key.wrong"), m.p(Customer, "called.press"))
	}
}

// taken: a side has pressed 1. The other is rung, or, if it has pressed 1 before, they are connected.
func (m *machine) taken(side Side) {
	other := side.Other()
	if m.leg(other).Phase == Waiting {
		m.join()
		return
	}
	m.leg(side).Phase = Waiting
	if side == Desk {
		m.play(side, Ringing, m.p(side, "desk.ringing"))
	} else {
		m.play(side, Patience, m.p(side, "called.seeking"))
	}
	m.place(other)
}

func (m *machine) join() {
	for _, side := range [...]Side{Desk, Customer} {
		l := m.leg(side)
		l.Phase, l.Playing = Talking, false
		m.wake(side, wait, 0)
	}
	m.settle(wissel.CallbackTalked, "both pressed 1")
	m.s.Ticked = m.now
	m.do(Join{})
	m.do(Stage{wissel.CallbackTalking})
	m.wake(Desk, talk, tick)
}

// woken: a timer rang.
func (m *machine) woken(ev Event) {
	l := m.leg(ev.Side)
	switch {
	case ev.Timer == talk && ev.Side == Desk:
		m.measure(ev.Both)
		if l.Phase == Talking {
			m.wake(Desk, talk, tick)
		}
	case ev.Timer == deadline && (l.Phase == Asking || l.Phase == Hearing):
		m.noKey(ev.Side)
	case ev.Timer != wait:
	case l.Phase == Asking && ev.Side == Customer && l.Asked >= askings:
		m.noKey(ev.Side)
	case l.Phase == Asking:
		m.ask(ev.Side)
	case l.Phase == Rating && l.Asked >= ratings:
		m.leave(Desk, "no key of what came of it", m.p(Desk, "desk.bye"))
	case l.Phase == Rating:
		m.askRating()
	case l.Phase == Leaving:
		m.release(ev.Side, l.Why)
	}
}

// measure counts the time since the last look as talk when voice came from both.
func (m *machine) measure(both bool) {
	if m.leg(Desk).Phase != Talking || m.leg(Customer).Phase != Talking {
		return
	}
	if both {
		m.s.Talked += m.now.Sub(m.s.Ticked)
	}
	m.s.Ticked = m.now
}

// noKey: a side that answered was asked often enough. At the desk nobody is told: it is a machine, or an empty seat.
func (m *machine) noKey(side Side) {
	if side == Desk {
		m.settle(wissel.CallbackDeskNoKey, "answered, and 1 was not pressed within "+m.patience().String())
		m.release(Desk, "no key")
		m.tell(Customer)
		return
	}
	m.settle(wissel.CallbackNoKey, "answered, asked twice, and no key was pressed")
	m.leave(Customer, "no key after two askings", m.p(Customer, "called.no-key"))
	m.tell(Desk)
}

// leave says the last words to a side, and lets it go.
func (m *machine) leave(side Side, why string, ps ...ivr.Prompt) {
	switch m.leg(side).Phase {
	case Asking, Hearing, Waiting, Talking, Rating:
		m.leg(side).Phase, m.leg(side).Why = Leaving, why
		m.wake(side, deadline, 0)
		m.play(side, Tail, ps...)
		m.wake(side, wait, forLast)
	case Calling:
		m.release(side, why)
	case Idle, Leaving, Closing, Gone:
	}
}

func (m *machine) release(side Side, why string) {
	l := m.leg(side)
	l.Phase, l.Playing = Closing, false
	m.do(Release{side, why})
}

// tell tells a side that waits, or is being asked, what became of the other.
func (m *machine) tell(side Side) {
	why := "the " + side.Other().String() + " is not there: " + m.s.Why
	if id := m.truth(side); id != "" {
		m.leave(side, why, m.p(side, id))
	} else {
		m.leave(side, why)
	}
	m.finish()
}

// ended: the call of a side is over.
func (m *machine) ended(side Side, e End) {
	l := m.leg(side)
	was := l.Phase
	l.Phase, l.Playing = Gone, false
	switch was {
	case Calling:
		m.settle(unanswered(side, e), orElse(e.Why, "not answered"))
		m.tell(side.Other())
	case Asking, Hearing:
		o := wissel.CallbackDeskLeft
		if side == Customer {
			o = wissel.CallbackLeft
		}
		m.settle(o, "hung up before 1 was pressed")
		m.tell(side.Other())
	case Waiting:
		o := wissel.CallbackDeskGone
		if side == Customer {
			o = wissel.CallbackGone
		}
		m.settle(o, "gone while the "+side.Other().String()+" was sought")
		m.tell(side.Other())
	case Talking:
		m.parted(side, e)
	case Idle, Rating, Leaving, Closing, Gone:
	}
	m.finish()
}

// parted: one of two who talked is gone.
func (m *machine) parted(side Side, e End) {
	other := side.Other()
	switch {
	case side == Customer:
		m.s.Ticked = m.now
		m.leg(Desk).Phase, m.leg(Desk).Asked = Rating, 0
		m.wake(Desk, talk, 0)
		m.do(Stage{wissel.CallbackAfter})
		m.askRating()
	case e.Fault:
		m.leave(other, "the agent was lost", m.p(other, "called.lost"))
	default:
		m.release(other, "the agent hung up")
	}
}

func (m *machine) askRating() {
	m.leg(Desk).Asked++
	m.play(Desk, NoSound, m.p(Desk, "desk.after"))
}

// rate takes what came of it.
func (m *machine) rate(d wissel.Digit) {
	switch d {
	case '1':
		m.s.Key = wissel.CallbackDone
	case '2':
		m.s.Key = wissel.CallbackAgain
	case '3':
		m.s.Key = wissel.CallbackWrong
	default:
		return // it may be a key of the talk that came late
	}
	m.do(Stage{m.s.Key.Said()})
	m.leave(Desk, "the agent pressed what came of it", m.p(Desk, "desk.noted"))
}

// stop takes the attempt back. Two who talk are let talk.
func (m *machine) stop() {
	if m.leg(Desk).Phase == Talking || m.leg(Desk).Phase == Rating {
		return
	}
	m.settle(wissel.CallbackStopped, "taken back")
	m.leave(Desk, "taken back", m.p(Desk, "desk.stopped"))
	m.leave(Customer, "taken back", m.p(Customer, "called.stopped"))
	m.finish()
}

// finish ends the attempt once nobody is there any more and nobody is going to be.
func (m *machine) finish() {
	for _, l := range m.s.Legs {
		if l.Phase != Gone && l.Phase != Idle {
			return
		}
	}
	m.settle(wissel.CallbackStopped, "it did not begin")
	m.s.Over = true
}
