package ivr

import (
	"encoding/json"
	"fmt"

	"wissel"
)

// Limits of what one caller can make us keep (FAULTS, A21).
const (
	maxKeys    = 32  // keys kept ahead, and keys of one collect; the rest is dropped
	maxChoices = 32  // the last ones are kept
	maxWishes  = 6   // different wishes in one call
	maxWalk    = 200 // steps heard; after them keys mean nothing more, and he is led out as one who presses none
	maxDepth   = 4   // calls within calls
)

// Caller is what a flow knows of the one who rings. It does not change during the call.
type Caller struct {
	Call  wissel.CallID
	From  wissel.Number // empty when withheld or unknown
	Rung  wissel.Number // our number that he dialled
	Group wissel.GroupID
	Flow  wissel.FlowID

	// Hidden is the number that his carrier gave us though he hides it; From is empty then. It is offered for a callback, by its last
	// digits alone, and is nowhere but in the wish that he says yes to.
	Hidden wissel.Number `json:",omitempty"`

	Language string `json:",omitempty"` // he begins in, whatever his number tells: of a rehearsal; empty: by his number
}

// Phase is where in a step a caller is.
type Phase uint8

// The phases. A step of each kind starts in the one that is named for it; a wish and a recording go through several. Their
// order is kept for the states of version 1.
const (
	Fresh     Phase = iota // not begun
	Saying                 // say: its prompts play
	Choosing               // menu or language: one key is awaited
	Keying                 // collect or wish: several keys are awaited
	Offering               // wish: is the number he rings from right?
	ReadingUp              // wish: the number he keyed is being said; a yes counts once it is out
	Confirm                // wish: is the number he keyed right?
	Saving                 // wish: the commit is under way
	Done                   // wish: he hears that it is noted
	Failed                 // wish: he hears that it is not
	Leaving                // dial or end: its prompts play, and then he leaves
	Over                   // hung up, dialled on or let go; nothing happens any more
	Inviting               // record: he is asked to speak
	Speaking               // record: he is recorded
	Reviewing              // record: he may hear it, keep it or make another
	Offered                // transfer-back: he is offered a colleague
	Away                   // transfer-back: he is tried at the platform, and may come back
	Sorry                  // transfer-back: he hears that nobody could take him
)

// State is one caller in a flow: a value. It encodes and decodes without a change of what follows.
type State struct {
	Caller   Caller
	Step     string
	Stack    []string // the steps that returns lead to, the innermost last
	Walked   int      // steps heard
	Phase    Phase
	Language string
	Tries    int           // wrong keys and silences in this phase
	Queue    string        // keys pressed ahead
	Pressed  int64         // when the last key was pressed, in Unix milliseconds; 0 never
	Keyed    string        // keys of the present collect or number
	Number   wissel.Number // being confirmed or committed
	Plays    int           // token of the last Play
	Playing  bool          // it is not out yet
	Waiting  int           // token of the running Wake, 0 none
	Tokens   int           // the last Wake or Commit token given
	Commit   int           // token of the Commit under way
	Not      bool          // the last Commit failed because the wish may not be promised now
	Sound    int           // token of the Record that is under way, or made and in no wish yet; 0 none
	Choices  []string      // "menu=2", in order

	Resume      string // the step where he goes on after a transfer-back
	ResumeTries int    // wrong keys and silences there before
	Returned    int    // the last return of a platform for which he was offered a colleague
	Offers      int    // how often he was

	Wished []string // kind and number of each wish on disk: "text +31612345678"
}

// NewState is a caller who has not begun. The first event is Begin.
func NewState(c Caller) State { return State{Caller: c} }

// Over reports whether the flow is done with the caller.
func (s State) Over() bool { return s.Phase == Over }

// Version 1 knew no calls within a flow and no recordings, version 2 no transfer back; their states are read as they are.
const stateVersion = 3

type encoded struct {
	V int
	S State
}

// MarshalBinary encodes the state. It does not fail.
func (s State) MarshalBinary() ([]byte, error) {
	data, err := json.Marshal(encoded{stateVersion, s})
	if err != nil {
		return nil, fmt.Errorf("encode a flow's state: %w", err)
	}
	return data, nil
}

// UnmarshalBinary decodes what MarshalBinary wrote, now or in an earlier version; a state of a later version is refused.
func (s *State) UnmarshalBinary(data []byte) error {
	var e encoded
	if err := json.Unmarshal(data, &e); err != nil {
		return fmt.Errorf("decode a flow's state: %w", err)
	}
	if e.V < 1 || e.V > stateVersion {
		return fmt.Errorf("decode a flow's state: version %d, this is version %d", e.V, stateVersion)
	}
	*s = e.S
	return nil
}
