package wissel

import (
	"strings"
	"time"
)

// CallbackJob is one attempt at one promised call: who is to do it, who waits, and what is known of him. It is plain data, from
// whoever keeps the promises (internal/callbacks) to whoever rings (internal/callbacks.Dialer).
type CallbackJob struct {
	Callback string // its id, in every record, log line and header of the attempt
	Attempt  int    // which one this is, from 1
	Group    GroupID
	Number   Number // who waits
	Hidden   bool   // he hides it from others: it is shown to no desk
	Rung     Number // the number of ours that he rang; empty: not known, and the group's first is named
	Asked    time.Time
	Calls    int      // how often he rang in all, at least 1
	Language string   // he chose; empty: the settings' first
	Choices  []string // the keys and branches he took, in order
	Texts    int      // how many texts he sent

	Message string        // name of what he said in the store's folder of recordings; empty: nothing
	Length  time.Duration // of it

	Desk          Desk
	CustomerFirst bool      // he is rung before the desk is
	Last          bool      // he is rung alone, to hear that nobody could call him in time; Desk means nothing
	Over          []TrunkID // the carriers to ring telephones over, in this order; empty: those of the group's plans, the active one first
}

// Desk is who does the calling back. With a Trunk, To is a queue (any user of a SIP address) there; without one it is a
// colleague's telephone, in E.164, and is rung over a carrier.
type Desk struct {
	Trunk TrunkID
	To    Number
	Wait  time.Duration // from its answer until it must have pressed 1; 0: 2 min for a queue, 40 s for a telephone
}

// CallbackStage is how far an attempt is.
type CallbackStage string

// The stages, in the order of desk first; with the customer first, customer and desk change places.
const (
	CallbackDesk     CallbackStage = "calling agent"    // the desk is rung, or hears what it is about and has not pressed 1
	CallbackCustomer CallbackStage = "calling customer" // the same of him who waits
	CallbackTalking  CallbackStage = "talking"          // both pressed 1, and hear each other
	CallbackAfter    CallbackStage = "after"            // he is gone, and the agent may press what came of it
)

// said is what stands before a key in its stage.
const said = string(CallbackAfter) + ": "

// Key is what the agent pressed, of a stage that Said gave; of any other none.
func (s CallbackStage) Key() CallbackKey {
	if k, ok := strings.CutPrefix(string(s), said); ok {
		return CallbackKey(k)
	}
	return CallbackNone
}

// CallbackOutcome is what came of an attempt.
type CallbackOutcome string

// The outcomes. Those of the desk come before the customer was rung, or, when he was rung first, are told to him.
const (
	CallbackTalked CallbackOutcome = "talked" // they were connected: see Talked and Key
	CallbackTold   CallbackOutcome = "told"   // a last call: he heard that nobody could call him in time

	// Of the desk: nothing is the customer's doing, and with the desk first he never knew.
	CallbackDeskBusy   CallbackOutcome = "agent busy"     // 486, 600
	CallbackDeskNo     CallbackOutcome = "agent rejected" // 603, 608: somebody declined
	CallbackDeskNone   CallbackOutcome = "agent no answer"
	CallbackDeskNoKey  CallbackOutcome = "agent no key"  // answered, and 1 was not pressed: a queue's own 200, or a voicemail
	CallbackDeskLeft   CallbackOutcome = "agent left"    // answered, and hung up or pressed it away before 1
	CallbackDeskGone   CallbackOutcome = "agent gone"    // pressed 1, and was gone before the customer was connected
	CallbackDeskFailed CallbackOutcome = "agent failed"  // no trunk brought us there
	CallbackDeskFull   CallbackOutcome = "agent no room" // every trunk there is full, down, or has no port for its voice

	// Of the customer.
	CallbackBusy      CallbackOutcome = "busy"      // 486, 600
	CallbackRejected  CallbackOutcome = "rejected"  // 603, 608
	CallbackNoAnswer  CallbackOutcome = "no answer" // it rang in vain, or 408, 480, 487
	CallbackNoKey     CallbackOutcome = "no key"    // answered, asked twice, and no key: a voicemail, most often
	CallbackLeft      CallbackOutcome = "left"      // answered, and hung up before he pressed a key
	CallbackCancelled CallbackOutcome = "cancelled" // he pressed it away
	CallbackGone      CallbackOutcome = "gone"      // customer first: he pressed 1, and hung up before an agent was found
	CallbackUnknown   CallbackOutcome = "unknown"   // 404, 410, 484, 604: there is no such number
	CallbackFailed    CallbackOutcome = "failed"    // no carrier brought us there
	CallbackFull      CallbackOutcome = "no room"   // every carrier is full, down, or has no port for its voice

	// Of ourselves.
	CallbackForbidden CallbackOutcome = "forbidden" // a number that is never rung; nothing left
	CallbackStopped   CallbackOutcome = "stopped"   // whoever asked for it took it back, or the server stops
)

// Desk reports whether the outcome is the desk's doing: the customer is not counted as tried by it.
func (o CallbackOutcome) Desk() bool {
	switch o {
	case CallbackDeskBusy, CallbackDeskNo, CallbackDeskNone, CallbackDeskNoKey, CallbackDeskLeft, CallbackDeskGone, CallbackDeskFailed, CallbackDeskFull:
		return true
	default:
		return false
	}
}

// CallbackKey is what the agent pressed of it when it was over.
type CallbackKey string

// The keys 1, 2 and 3. None: he pressed nothing that counts in time.
const (
	CallbackNone  CallbackKey = ""
	CallbackDone  CallbackKey = "done"
	CallbackAgain CallbackKey = "again"
	CallbackWrong CallbackKey = "wrong number"
)

// Said is the stage in which this key was pressed: what came of it is known, though the agent is still on the line.
func (k CallbackKey) Said() CallbackStage { return CallbackStage(said + string(k)) }

// CallbackResult is what came of an attempt, for the record of its callback.
type CallbackResult struct {
	Outcome  CallbackOutcome
	Why      string // for people: "486 Busy Here", "no key after two askings"
	Key      CallbackKey
	Talked   time.Duration // two-way talk: in which voice of both came in
	Rung     bool          // an INVITE left for the customer's telephone, so he may have heard it ring
	Desk     CallbackLeg
	Customer CallbackLeg
}

// CallbackLeg is one of the two calls of an attempt. The zero one was never placed.
type CallbackLeg struct {
	Call     CallID  // of its CDR
	Trunk    TrunkID // it went over last
	Status   int     // the last final status; 200: answered; 0: none
	Answered time.Time
	Ended    time.Time
}
