// Package call decides what a call does next: hunting, bridging, attending, ending. It does no I/O, reads no clock and
// starts no goroutine: package sip feeds a Call its events and carries out the effects, in order.
//
// A Call is a value. Step gives the next one and leaves the old one as it was; AppendBinary and UnmarshalBinary write it
// down and read it back without a change of behaviour. Chance comes in as data, with New.
package call

import (
	"slices"
	"time"

	"wissel"
)

// attendance is how far the flow is.
type attendance uint8

const (
	noFlow     attendance = iota
	flowAsked             // Attend was sent
	flowOpen              // media is open, the answer is not complete
	flowSpeaks            // Begin was sent
)

// offer is the one offer that may be open in a call.
type offer struct {
	open     bool
	from     int     // the leg that asked; -1: we did
	to       int     // the leg that we passed it to; -1: we answer it ourselves
	late     bool    // the request brought none: the offer comes in the 200, the answer in the ACK
	answered bool    // late: the 200 has been sent
	sdp      []byte  // the offer, as received
	session  Session // what the request that brought it said
}

// Call is one call: a small set of legs and what is still to be tried. The zero Call is of no use; New makes one.
type Call struct {
	ID       wissel.CallID
	Seed     uint64
	Settings *Settings     // never changed
	Legs     []Leg         // Legs[n].Number == n; 0 is the caller's, and Over from the start in a call that we placed
	Invites  Role          // what the legs are that it invites: Target, or in a call that we placed what that is for (Test)
	Route    []Try         // never changed
	Next     int           // the Try that comes next
	Far      int           // the leg that is invited or bridged now; 0: none
	Rung     bool          // someone's telephone has rung for this caller (promise 5)
	Late     bool          // the caller's INVITE brought no offer
	Own      bool          // the caller's media is ours: anchored, or a flow answered him
	Status   int           // the final status that the caller got; 0: none yet
	Last     int           // the last refusal that a target gave, for StatusOf
	Flow     wissel.FlowID // attends the caller, or in a call that we placed who answers
	Attempts []wissel.Attempt
	Finished bool

	flow     attendance
	unpaid   int // status that ends the call of one who hears the flow unanswered; 0: the flow answers
	offer    offer
	people   search
	linked   int // the leg whose media is joined to the caller's; 0: none
	tags     int // local To tags given on the caller's leg
	chance   uint32
	fault    wissel.Blame  // whose doing it was that the last target failed
	spoke    bool          // a person refused
	answered bool          // he has talked to a target
	attended bool          // a flow has spoken to him
	talked   wissel.Target // who he talked to last

	Began, RungAt, AnsweredAt time.Time
}

// New makes a call that has not begun. Seed is its chance: the waits after a 491 come from it.
func New(id wissel.CallID, seed uint64) Call { return Call{ID: id, Seed: seed} }

// Over reports whether the call has ended and nothing more can come of any of its legs.
func (c Call) Over() bool {
	for i := range c.Legs {
		if c.Legs[i].State != Over {
			return false
		}
	}
	return c.Finished
}

// Timers gives every timer that runs, for an adapter that has read the call back from disk.
func (c Call) Timers() []Wake {
	var all []Wake
	for i := range c.Legs {
		for k, d := range c.Legs[i].due {
			if d != 0 {
				all = append(all, Wake{Leg: i, Which: TimerKind(k), At: c.Began.Add(d)})
			}
		}
	}
	return all
}

// step is one Step under way: the call as it will be, and what is to be done.
type step struct {
	Call
	now    time.Time
	out    []Effect
	faulty bool // the call ends because its target's leg failed
}

// Step returns the call after ev, and what to do now, in this order. Every event is legal in every state. The adapter
// feeds what comes of the effects back after the last of them, before anything else. c stays as it was.
func (c Call) Step(ev Event, now time.Time) (Call, []Effect) {
	c.Legs = slices.Clone(c.Legs)
	out := c.Take(ev, now, make([]Effect, 0, 8)) // most events have fewer effects
	return c, out
}

// Take is Step for who keeps no older value of the call: c becomes the call after ev, in the memory that it has, and the
// effects are appended to out.
func (c *Call) Take(ev Event, now time.Time, out []Effect) []Effect {
	s := step{Call: *c, now: now, out: out}
	if ev.Kind == Incoming || ev.Kind == Placed {
		s.first(ev)
		*c = s.Call
		return s.out
	}
	if ev.Leg < 0 || ev.Leg >= len(c.Legs) {
		return out
	}
	s.Legs = slices.Grow(s.Legs, 1) // room for the one leg that a Step can add, so that a *Leg stays good until its end
	l := &s.Legs[ev.Leg]
	switch {
	case ev.Kind == End:
		s.ordered(ev)
	case ev.Kind == Found: // whatever has become of the call, he is to be let go
		s.found(ev)
	case l.State == Over:
		return out
	case ev.Kind == Timer:
		s.timer(l, ev)
	case l.Role == Caller:
		s.caller(l, ev)
	default:
		s.target(l, ev)
	}
	*c = s.Call
	return s.out
}

// caller takes an event of the caller's leg.
func (s *step) caller(l *Leg, ev Event) {
	switch ev.Kind {
	case Cancelled:
		s.cancelled(l, ev)
	case Acked:
		s.acked(l, ev)
	case NoAck:
		s.noAck(l)
	case NoPorts:
		s.noPortsForCaller(l)
	case Attended:
		s.attendedNow(l, ev)
	case Failed, FlowOver:
		s.flowOver(l, ev)
	case FlowDial:
		s.flowDial(l, ev)
	case Nobody:
		if s.people.Asked && !s.Finished {
			s.nobody(orElse(ev.Reason, "nobody can be rung"))
		}
	default:
		s.either(l, ev)
	}
}

// target takes an event of a leg that we invited.
func (s *step) target(l *Leg, ev Event) {
	switch ev.Kind {
	case Provisional:
		s.provisional(l, ev)
	case Answered:
		s.answer(l, ev)
	case Refused:
		s.refused(l, ev)
	case Failed:
		if l.State == Confirmed {
			s.flowOver(l, ev)
		} else {
			s.failed(l, ev)
		}
	case Attended:
		s.attendedNow(l, ev)
	case FlowOver:
		s.flowOver(l, ev)
	case Pressed:
		s.pressed(l)
	case Silent:
		s.silent(l)
	case Skipped:
		s.skipped(l, ev)
	case NoPorts:
		s.noPorts(l)
	case NoAck: // our 2xx to its re-INVITE
		s.noAck(l)
	default:
		s.either(l, ev)
	}
}

// either takes an event that both kinds of leg know. MediaLost changes nothing yet: the rescue of an answered call will
// begin there.
func (s *step) either(l *Leg, ev Event) {
	switch ev.Kind {
	case Hangup:
		s.hangup(l, ev)
	case Offered:
		s.offerCame(l, ev)
	case OfferAnswer:
		s.offerAnswer(l, ev)
	case OfferAcked:
		s.offerAcked(l, ev)
	case Described:
		s.described(l)
	case BodyRefused:
		s.bodyRefused(l, ev)
	case Info:
		s.info(l, ev)
	case InfoAnswer:
		s.infoAnswer(l, ev)
	case Lost:
		s.lost(l, ev)
	default:
	}
}

// timer takes a timer that rang. One that is not set any more changes nothing.
func (s *step) timer(l *Leg, ev Event) {
	if int(ev.Which) >= len(l.due) || l.due[ev.Which] == 0 {
		return
	}
	l.due[ev.Which] = 0
	switch ev.Which {
	case TimerDoubt:
		s.doubt(l, ev)
	case TimerQuiet:
		s.quiet(l, ev)
	case TimerProgress:
		s.progress(l)
	case TimerRing:
		s.ringOut(l)
	case TimerGone:
		s.gone(l)
	case TimerRefresh:
		s.refresh(l)
	case TimerExpire:
		s.expire(l)
	case TimerGlare:
		s.sync()
	case TimerLong:
		s.end(ending{cause: longCall}, "", 0)
	case TimerEarly:
		s.early(l)
	}
}

func (s *step) emit(e Effect) { s.out = append(s.out, e) }

func (s *step) wake(l *Leg, k TimerKind, at time.Time) {
	l.due[k] = max(at.Sub(s.Began), 1)
	s.emit(Wake{Leg: l.Number, Which: k, At: at})
}

// sleep stops those of the timers that run.
func (s *step) sleep(l *Leg, kinds ...TimerKind) {
	for _, k := range kinds {
		if l.due[k] != 0 {
			l.due[k] = 0
			s.emit(Sleep{Leg: l.Number, Which: k})
		}
	}
}

// sleepAll stops every timer of a leg but Gone.
func (s *step) sleepAll(l *Leg) {
	s.sleep(l, TimerDoubt, TimerQuiet, TimerProgress, TimerRing, TimerRefresh, TimerExpire, TimerGlare, TimerLong, TimerEarly)
}

// far is the leg that is invited or bridged now, or nil.
func (s *step) far() *Leg {
	if s.Far == 0 {
		return nil
	}
	return &s.Legs[s.Far]
}

// partner is the leg at the other end of l's bridge when both are up, or nil. Who has not pressed his key is bridged to nobody.
func (s *step) partner(l *Leg) *Leg {
	if s.asks() {
		return nil
	}
	other := s.far()
	if other != nil && other.Number == l.Number {
		other = &s.Legs[0]
	}
	if other == nil || l.State != Confirmed || other.State != Confirmed || l.Left {
		return nil
	}
	if l.Number != 0 && l.Number != s.Far {
		return nil
	}
	return other
}

// noteAttempt writes how an attempt ended; n counts from 1.
func (s *step) noteAttempt(n, status int, why string) {
	if n < 1 || n > len(s.Attempts) {
		return
	}
	s.Attempts = slices.Clone(s.Attempts)
	s.Attempts[n-1].Status, s.Attempts[n-1].Why = status, why
}

// noteRang writes that an attempt made a telephone ring.
func (s *step) noteRang(n int) {
	if n < 1 || n > len(s.Attempts) {
		return
	}
	s.Attempts = slices.Clone(s.Attempts)
	s.Attempts[n-1].Rang = true
}
