// Package dialling decides how one callback goes once its turn has come: who is rung first, what each of the two hears, when they are
// connected, and what is left to say to the one who remains, whatever the other does. Nobody is connected who has not pressed 1, so a
// queue that answers by itself, or a voicemail, takes no customer. It is pure: it does no I/O, reads no clock and holds no sound.
// internal/app feeds it what happens on the two calls, and carries out what it says.
package dialling

import (
	"time"

	"wissel"
	"wissel/ivr"
)

// Side is one of the two who are brought together.
type Side uint8

// The desk is who does the calling back; the customer is who was promised it.
const (
	Desk Side = iota
	Customer
)

// Other is who is at the other end.
func (s Side) Other() Side { return 1 - s }

func (s Side) String() string {
	if s == Customer {
		return "customer"
	}
	return "agent"
}

// Phase is how far one side is.
type Phase uint8

// The phases.
const (
	Idle    Phase = iota // not rung yet
	Calling              // an INVITE is out, or about to be
	Asking               // answered: hears what it is about, and has not pressed 1
	Hearing              // the agent hears what the customer said
	Waiting              // pressed 1, and waits for the other
	Talking              // connected
	Rating               // the customer is gone, and the agent may press what came of it
	Leaving              // hears the last words
	Closing              // is being let go
	Gone                 // its call is over
)

// How long is waited, and how often asked.
const (
	forKey     = 6 * time.Second  // of the customer, after each asking
	forDesk    = 3 * time.Second  // of the agent, between askings: a queue brings one whenever it has one
	forRating  = 8 * time.Second  // of the agent, after each asking what came of it
	forLast    = 30 * time.Second // last words, which end by themselves
	tick       = time.Second
	askings    = 2
	ratings    = 2
	mostKeys   = 20 // of one side before it is connected; later ones are not looked at (FAULTS A21)
	queueWait  = 2 * time.Minute
	personWait = 40 * time.Second
	liveWait   = 20 * time.Second // a caller is on the line: twice the whisper, and a voicemail keeps him no longer
)

// The timers of a side. To set one again moves it.
const (
	wait     = iota + 1 // for a key, or for the end of last words
	deadline            // of a desk that does not press 1
	talk                // the talk is measured
)

// Attempt is what one attempt is made of and speaks by. It is never changed once made.
type Attempt struct {
	Job     wissel.CallbackJob
	Lang    [2]string                  // of each side
	Says    func(lang, id string) bool // whether there is a clip of this id
	Number  string                     // as callers know the number that he rang, to be said
	Message bool                       // what he said can be heard
	Zone    *time.Location             // in which times are said
	Open    wissel.Opening             // of the desk, for a last call

	// Live: there is no promise. The customer is a caller on a plan, who hears the ringing tone; he is not seen to here, and only the desk's
	// effects are carried out.
	Live bool
}

// Live is an attempt whose customer is on the line, and whose desk is rung: its next event is that the desk has answered.
func Live() State {
	return State{Legs: [2]Leg{Desk: {Phase: Calling}, Customer: {Phase: Waiting}}}
}

// Leg is one side of an attempt.
type Leg struct {
	Phase   Phase
	Asked   int // how often it was asked for a key
	Keys    int
	Playing bool   // something whose end counts
	Why     string // it hears the last words
}

// State is an attempt under way: a value. The zero State has not begun, and its first event is Begin.
type State struct {
	Legs    [2]Leg
	Outcome wissel.CallbackOutcome // empty: not known yet
	Why     string
	Key     wissel.CallbackKey
	Talked  time.Duration
	Ticked  time.Time // when the talk was measured last
	Over    bool      // nothing is left of it
}

// Kind says what happened.
type Kind uint8

// The events. Each is legal in every state; one that means nothing there changes nothing.
const (
	Begin    Kind = iota + 1
	Answered      // Side: it can be heard and hears
	Digit         // Side, Digit: a key, once per press
	Played        // Side: the last Play is out
	Woken         // Side, Timer: a Wake rang; Both: since the last one voice came from both
	Ended         // Side, End: its call is over, or could not be placed
	Stop          // whoever asked for it takes it back
)

// Event is one thing that happened. Only the fields named at its Kind are set.
type Event struct {
	Kind  Kind
	Side  Side
	Digit wissel.Digit
	Timer int
	Both  bool
	End   End
}

// End is how the call of a side ended.
type End struct {
	Left   bool   // an INVITE went out
	Rang   bool   // at the last address tried
	Status int    // the last final status; 0: none came
	Fault  bool   // it was answered, and broke instead of being hung up
	Why    string // for people
}

// Sound is what follows the words of a Play for as long as one waits.
type Sound uint8

// Ringing is the ringing tone: somebody's telephone rings. Patience is a soft sound that says that the line is alive. Tail is a moment of
// silence after the last word, which brings it out of a telephone's buffer.
const (
	NoSound Sound = iota
	Ringing
	Patience
	Tail
)

// An Effect is one thing to do now. The effects of a Step are carried out in their order, before the next event.
type Effect interface{ effect() }

type (
	// Place rings a side; Answered or Ended follows.
	Place struct{ Side Side }
	// Play plays prompts to a side, and then a sound, instead of what plays now; Played follows. A prompt with a Sound is what the
	// customer said.
	Play struct {
		Side    Side
		Prompts []ivr.Prompt
		Then    Sound
	}
	// Wake asks for Woken after a while; 0 takes it back.
	Wake struct {
		Side  Side
		Timer int
		After time.Duration
	}
	// Join lets the two hear each other, and nothing of ours.
	Join struct{}
	// Release lets a side go, whether or not it has answered; Ended follows.
	Release struct {
		Side Side
		Why  string
	}
	// Stage tells how far the attempt is.
	Stage struct{ Stage wissel.CallbackStage }
)

func (Place) effect()   {}
func (Play) effect()    {}
func (Wake) effect()    {}
func (Join) effect()    {}
func (Release) effect() {}
func (Stage) effect()   {}

// first is the side that is rung first.
func (a *Attempt) first() Side {
	if a.Job.CustomerFirst || a.Job.Last {
		return Customer
	}
	return Desk
}

// patience is how long an answered desk may take to press 1.
func (a *Attempt) patience() time.Duration {
	switch {
	case a.Live:
		return liveWait
	case a.Job.Desk.Wait > 0:
		return a.Job.Desk.Wait
	case a.Job.Desk.Trunk != "":
		return queueWait
	}
	return personWait
}
