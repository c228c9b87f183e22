package crisis

import (
	"time"

	"wissel"
)

// Limits of what one caller can make us do.
const (
	maxWrong  = 3   // logins
	maxSilent = 3   // in one place
	maxWalk   = 400 // places; after them he is let go
	longest   = 30 * time.Minute
	stranger  = 4 * time.Minute  // of one who is not in
	briefest  = 10 * time.Minute // of a colleague: anybody may be one, and the places of strangers are few
)

// Phase is where a caller is.
type Phase uint8

// The phases.
const (
	Fresh       Phase = iota // not begun
	AskPIN                   // keys are awaited, so for the next two
	AskCode                  // the one-time code
	AskStaff                 // the code of colleagues
	AskOwn                   // the code of one of them
	Checking                 // the Login is under way
	Other                    // the menu of those without a PIN
	Looking                  // the Look is under way
	Menu                     // the main menu
	Telling                  // the state, a group at a time
	Groups                   // a group is chosen
	Plans                    // a plan is chosen
	Proposals                // what others proposed
	ReadingBack              // what he asked for is said; a yes counts once it is out
	Confirming               // he is asked whether it is to be done
	Working                  // the deed is under way
	Messages                 // the menu of the outage message
	Hearing                  // the outage message plays
	Inviting                 // he is asked to speak
	Speaking                 // he is recorded
	Reviewing                // he may keep what he said, hear it or say it again
	AskEnd                   // when it will be over: keys are awaited
	Others                   // he hears what callers in another language hear, and says whether that is still right
	Briefing                 // what colleagues are told, a group at a time
	Briefed                  // they may hear it again
	Logging                  // a colleague hears whether he is logged on, and may change that
	Leaving                  // he hears why, and is let go
	Over                     // nothing happens any more
)

// deed is what he is about to do.
type deed uint8

const (
	noDeed deed = iota
	toSwitch
	toJudge
	toPublish
	toExtend
	toWithdraw
	toLog
)

// State is one caller of the crisis line: a value.
type State struct {
	Phase   Phase
	Lang    string
	In      In
	View    View
	Then    Phase // after the Look
	Next    Phase // after what plays in Leaving and Working: where he goes
	Began   time.Time
	Keyed   Keys // of the entry under way
	PIN     Keys // until it was judged
	Wrong   int
	Silent  int
	Walked  int
	Playing bool
	Waiting int    // token of the running Wake; 0: none
	Asked   int    // token of the Ask under way
	Tokens  int    // the last one given
	Why     string // he is let go
	Page    int    // of the list that is being chosen from
	At      int    // the group that is told, or the proposal
	Deed    deed
	Group   wissel.GroupID
	Plan    wissel.PlanID
	Auto    bool
	Ahead   byte // a key pressed while it was said what is to be done
	Until   time.Time
	Keep    []string // languages that go on with what they have; never changed in place
	Asks    int      // which of the other languages he is asked about
	Greeted bool     // he has heard how things stand with the server
}

// NewState is a caller who has not begun, in a language. The first event is Begin.
func NewState(lang string) State { return State{Lang: lang} }

// Over reports whether the line is done with the caller.
func (s State) Over() bool { return s.Phase == Over }
