package callbacks

import (
	"time"

	"wissel"
)

// Progress is how far a callback is, beside what was asked for. It is a value that is written before each call: what is read
// back after a crash goes on from there.
type Progress struct {
	State  State     `json:"state"`
	Since  time.Time `json:"since"`            // when it came into State
	Due    time.Time `json:"due,omitzero"`     // not before
	Until  time.Time `json:"until,omitzero"`   // by when it was promised; zero: not said
	Lease  time.Time `json:"lease,omitzero"`   // in flight: nothing was heard of it by then, so it is lost
	ID     string    `json:"attempt,omitzero"` // of the attempt in flight
	Agent  string    `json:"agent,omitzero"`   // whom it is for, of people
	Rung   bool      `json:"rung,omitzero"`    // his telephone may have rung in this attempt
	Tries  int       `json:"tries,omitzero"`   // that his telephone was rung for, and that count
	NoKeys int       `json:"no_keys,omitzero"` // he answered, and pressed nothing
	Lost   int       `json:"lost,omitzero"`    // attempts of which the end is not known
	Faults int       `json:"faults,omitzero"`  // attempts in a row that our side or the network failed
	Agreed bool      `json:"agreed,omitzero"`  // an agent took this attempt
	Front  bool      `json:"front,omitzero"`   // it goes before all others
	Short  bool      `json:"short,omitzero"`   // it went to the front once
	Again  bool      `json:"again,omitzero"`   // it was done, and he says that it did not help
	Last   bool      `json:"last,omitzero"`    // its time is past: he is rung once more, to be told so
	Told   bool      `json:"told,omitzero"`    // the lead was told that its promise is near its end
	By     string    `json:"by,omitzero"`      // who closed it
	Why    string    `json:"why,omitzero"`     // why it is where it is

	Key wissel.CallbackKey `json:"key,omitzero"` // pressed after the talk in flight: it stands, though the end of the attempt be not known
}

const (
	talkEnough = 30 * time.Second // both spoke so long: he was helped, whatever was pressed
	busyGap    = 5 * time.Minute  // busy people are soon free
	faultGap   = time.Minute      // our own faults, doubled up to faultMost
	faultMost  = 30 * time.Minute
	mostNoKeys = 2
	lastWithin = 24 * time.Hour // a last call later than that after the promise is of no use
	mostLost   = 2              // of an attempt whose end is not known one more is made, and no third
)

// leases are how long nothing may be heard of an attempt in a state.
var leases = map[State]time.Duration{CallingAgent: 20 * time.Minute, CallingCustomer: 10 * time.Minute, InTalk: 5 * time.Hour}

// enter puts it into a state.
func (p *Progress) enter(s State, now time.Time) {
	p.State, p.Since, p.Lease = s, now, time.Time{}
	if d := leases[s]; d > 0 {
		p.Lease = now.Add(d)
		return
	}
	p.ID, p.Agent, p.Rung, p.Agreed, p.Key = "", "", false, false, ""
}

// again has it wait until it is due.
func (p *Progress) again(gap time.Duration, why string, now time.Time) {
	p.enter(Waiting, now)
	p.Due, p.Why = now.Add(gap), why
}

// front has it go before all others, once; after that it is an attempt like another.
func (p *Progress) front(set Settings, why string, now time.Time) {
	if p.Short {
		p.tried(set, set.gap(p.Tries+1), why, now)
		return
	}
	p.again(0, why, now)
	p.Front, p.Short = true, true
}

// tried counts an attempt that rang his telephone, and gives it up after the last.
func (p *Progress) tried(set Settings, gap time.Duration, why string, now time.Time) {
	if p.Tries++; p.Tries >= set.Attempts {
		p.enter(Missed, now)
		p.Why = why
		return
	}
	p.again(gap, why, now)
}

// byHand leaves it to people.
func (p *Progress) byHand(why string, now time.Time) {
	p.enter(Hand, now)
	p.Why, p.Last = why, false
}

// Stage is what a stage of the attempt in flight makes of it.
func (p Progress) Stage(s wissel.CallbackStage, now time.Time) Progress {
	if !p.State.Flying() {
		return p
	}
	switch s {
	case wissel.CallbackDesk:
		if p.State != CallingAgent {
			p.enter(CallingAgent, now)
		}
	case wissel.CallbackCustomer:
		p.Rung, p.Front = true, false
		if p.State != CallingCustomer {
			p.enter(CallingCustomer, now)
		}
	case wissel.CallbackTalking:
		p.Rung, p.Front = true, false
		p.enter(InTalk, now)
	case wissel.CallbackAfter:
	default:
		if p.State == InTalk {
			p.Key = s.Key()
		}
	}
	return p
}

// Result is what the end of an attempt makes of it. Every outcome is legal in every state of one in flight; of another it changes
// nothing.
func (p Progress) Result(r wissel.CallbackResult, set Settings, now time.Time) Progress {
	if !p.State.Flying() {
		return p
	}
	if p.Rung = p.Rung || r.Rung; p.Rung {
		p.Front = false
	}
	why := string(r.Outcome)
	if r.Why != "" {
		why += ": " + r.Why
	}
	faults := p.Faults
	p.Faults = 0
	if p.Last {
		p.lastCall(r.Outcome, faults, set, why, now)
		return p
	}
	switch r.Outcome {
	case wissel.CallbackTalked:
		p.talked(r, set, now)
	case wissel.CallbackDeskBusy, wissel.CallbackDeskNo, wissel.CallbackDeskNone, wissel.CallbackDeskNoKey, wissel.CallbackDeskLeft, wissel.CallbackDeskGone,
		wissel.CallbackGone, wissel.CallbackStopped:
		p.notHis(set, why, now)
	case wissel.CallbackDeskFailed, wissel.CallbackDeskFull:
		if p.Rung {
			p.notHis(set, why, now)
			return p
		}
		p.fault(faults, why, now)
	case wissel.CallbackFailed, wissel.CallbackFull:
		p.fault(faults, why, now)
	case wissel.CallbackBusy:
		p.tried(set, min(busyGap, set.gap(p.Tries+1)), why, now)
	case wissel.CallbackRejected: // he does not want to be rung now: the longer gap
		p.tried(set, set.gap(p.Tries+2), why, now)
	case wissel.CallbackNoAnswer, wissel.CallbackLeft:
		p.tried(set, set.gap(p.Tries+1), why, now)
	case wissel.CallbackNoKey:
		if p.NoKeys++; p.NoKeys >= mostNoKeys {
			p.byHand(why, now)
			return p
		}
		p.tried(set, set.gap(p.Tries+1), why, now)
	case wissel.CallbackCancelled:
		p.enter(Cancelled, now)
		p.Why = "he pressed it away"
	case wissel.CallbackUnknown, wissel.CallbackForbidden:
		p.byHand(why, now)
	default:
		p.fault(faults, why, now)
	}
	return p
}

// lastCall is what the end of a last call makes of it: he was told, people see to it, or it is made later, since it did not ring there.
func (p *Progress) lastCall(o wissel.CallbackOutcome, faults int, set Settings, why string, now time.Time) {
	switch o {
	case wissel.CallbackTold:
		p.enter(Expired, now)
		p.Why = "nobody could call in time, and a last call told him so"
	case wissel.CallbackFailed, wissel.CallbackFull:
		p.fault(faults, why, now)
	case wissel.CallbackStopped:
		*p = p.Vanish(set, why, now)
	default:
		p.byHand("nobody could call in time, and a last call did not tell him so: "+why, now)
	}
}

// notHis: nothing came of it, and that was not his doing. Whose telephone did not ring keeps his place; who was rung comes first.
func (p *Progress) notHis(set Settings, why string, now time.Time) {
	if p.Rung {
		p.front(set, why, now)
		return
	}
	p.again(0, why, now)
}

// fault: our side or the network failed, which says nothing of him.
func (p *Progress) fault(before int, why string, now time.Time) {
	p.Faults = before + 1
	p.again(min(faultGap<<min(before, 8), faultMost), why, now)
}

func (p *Progress) talked(r wissel.CallbackResult, set Settings, now time.Time) {
	switch {
	case r.Key == wissel.CallbackDone:
		p.enter(Done, now)
		p.Why = "the agent pressed 1"
	case r.Key == wissel.CallbackAgain:
		p.tried(set, set.gap(p.Tries+1), "the agent pressed 2: call again", now)
	case r.Key == wissel.CallbackWrong:
		p.enter(Cancelled, now)
		p.Why = "the agent pressed 3: a wrong number"
	case r.Talked >= talkEnough:
		p.enter(Done, now)
		p.Why = "they spoke for " + wissel.Span(r.Talked.Truncate(time.Second))
	default:
		p.front(set, "they spoke for "+wissel.Span(r.Talked.Truncate(time.Second))+" alone", now)
	}
}

// Vanish: the end of the attempt in flight is not known, and his telephone may have rung in it. It may ring once more for that, and no
// oftener: after a second one people see to it. Where the agent had pressed what came of it, that stands.
func (p Progress) Vanish(set Settings, why string, now time.Time) Progress {
	if !p.State.Flying() {
		return p
	}
	if p.Key != "" {
		return p.Result(wissel.CallbackResult{Outcome: wissel.CallbackTalked, Key: p.Key, Rung: true}, set, now)
	}
	if p.Lost++; p.Lost >= mostLost {
		p.byHand(why, now)
		return p
	}
	p.again(0, why, now)
	p.Front = !p.Last
	return p
}
