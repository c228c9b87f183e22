package crisis

import (
	"time"

	"wissel"
	"wissel/ivr"
)

// EventKind says what happened to the caller.
type EventKind uint8

// The events. Each is legal in every state; one that means nothing there changes nothing.
const (
	Begin    EventKind = iota + 1 // the call is answered; of View only Draining counts
	Digit                         // Digit: a key, once per press
	Played                        // the prompts of the last Play are out
	Timeout                       // the Wake with this Token rang
	Judged                        // the Login with this Token: In says what came of it
	Seen                          // the Look with this Token: View
	Done                          // the deed with this Token: Outcome
	Recorded                      // the Record under way has ended, with Length of voice
	Hangup                        // the caller is gone
)

// Event is one thing that happened. Only the fields named at its Kind are set.
type Event struct {
	Kind    EventKind
	Digit   wissel.Digit
	Token   int
	In      In
	View    View
	Outcome Outcome
	Length  time.Duration
}

// In is who came in, and what he may do. The zero In is nobody.
type In struct {
	Who      string // a person's name, Staff, or Colleague
	Switch   bool   // he may switch groups
	Approve  bool   // he may approve what another proposed
	Messages bool   // he may record what callers hear
	Left     int    // codes of his printed list that are still good; -1: he did not use it
	Unsaved  bool   // that he came in is not on disk

	Own    []string // of a Colleague: who he is, as in Own.Name, on each list that he is on; never changed in place
	Logged bool     // and whether he is logged on
}

// Outcome is what came of a deed.
type Outcome uint8

// The outcomes. Unsaved: it is in force, and not on disk.
const (
	Unsure Outcome = iota // nobody knows in time
	Carried
	Unsaved
	Proposed
	Refused
	Unfit // what was recorded cannot be used
)

// An Effect is one thing to do now. The effects of a Step are carried out in their order, before the next event.
type Effect interface{ effect() }

// Play plays prompts one after another, instead of what plays now; Played follows once they are out. A prompt with a Sound is
// what he recorded last; the ID Live is the message that View.Message names.
type Play struct{ Prompts []ivr.Prompt }

// Live is the id of the prompt that is the sound of a live outage message: Digits is its name in View.Message.
const Live = "message:"

// StopPlay ends what plays; no Played follows.
type StopPlay struct{}

// Wake asks for a Timeout with this Token after a while.
type Wake struct {
	Token int
	After time.Duration
}

// Ask asks for what takes a while: a Login, a Look, or a deed (Switch, Judge, Publish, Extend, Withdraw, Log). What comes of it carries
// the Token.
type Ask struct {
	Token int
	What  Effect
}

// Login asks whether a PIN and a code let in; Judged follows after the Verdict's Wait. With Staff it is the code of
// colleagues, with Own a colleague's own, and PIN is empty.
type Login struct {
	Staff     bool
	Own       bool
	PIN, Code Keys
}

// Look asks for a View; Seen follows.
type Look struct{}

// Switch puts a plan of a group in force, or with Auto the settings' own without a pin; Done follows. Alone: without the
// second person that the group asks for.
type Switch struct {
	Group wissel.GroupID
	Plan  wissel.PlanID
	Auto  bool
	Alone bool
}

// Judge approves what another proposed, or with No rejects it; Done follows.
type Judge struct {
	ID string
	No bool
}

// Record records what the caller says, after a tone, until he presses a key, is silent or has spoken for Max; Recorded
// follows. StopRecord ends it sooner; Recorded follows then too.
type Record struct{ Max, Quiet time.Duration }

// StopRecord ends the Record.
type StopRecord struct{}

// Publish puts what was recorded live as the outage message of a group in a language; Done follows. Until is its expected end, zero
// when none was said. Keep are the other languages that go on with what they have of the message Of, which he heard and found right.
type Publish struct {
	Group wissel.GroupID
	Lang  string
	Until time.Time
	Keep  []string
	Of    string
}

// Extend lets the outage message Of of a group hold until another time, or, with a zero Until, says that it holds as it is; Done
// follows.
type Extend struct {
	Group wissel.GroupID
	Of    string
	Until time.Time
}

// Withdraw ends the outage message Of of a group; Done follows.
type Withdraw struct {
	Group wissel.GroupID
	Of    string
}

// End lets the caller go.
type End struct{ Reason string }

func (Play) effect()       {}
func (StopPlay) effect()   {}
func (Wake) effect()       {}
func (Ask) effect()        {}
func (Login) effect()      {}
func (Look) effect()       {}
func (Switch) effect()     {}
func (Judge) effect()      {}
func (Record) effect()     {}
func (StopRecord) effect() {}
func (Publish) effect()    {}
func (Extend) effect()     {}
func (Withdraw) effect()   {}
func (End) effect()        {}
