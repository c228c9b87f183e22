package ivr

import (
	"time"

	"wissel"
)

// EventKind says what happened to the caller.
type EventKind uint8

// The events. Each is legal in every state; one that means nothing there changes nothing.
const (
	Begin     EventKind = iota + 1 // the call is answered and media is open; also after a restart: says again what was being said
	Digit                          // Digit: a key, once per press
	Played                         // the prompts of a Play are out; Token is that Play's, 0 means the last one's
	Timeout                        // the Wake with this Token rang
	Committed                      // the Commit with this Token: OK when the wish is on disk; Not when it is not, because it may not be promised now
	Hangup                         // the caller is gone
	Recorded                       // the Record with this Token has ended, with Length of sound to its last word; OK when there is one
	Returned                       // after a Transfer: nobody could take him, and he is here again
)

// Event is one thing that happened. Only the fields named at its Kind are set.
type Event struct {
	Kind   EventKind
	Digit  wissel.Digit
	Token  int
	OK     bool
	Not    bool // Committed that is not OK: nothing went wrong, the wish may not be promised now
	Length time.Duration
	Facts  Facts // with each
}

// An Effect is one thing to do now. The effects of a Step are carried out in their order, before the next event.
type Effect interface{ effect() }

// Form is how a value is said. Each language says it by its own grammar (package prompts), or digit by digit if it has none.
type Form uint8

// The forms, and the field of Prompt that holds the value.
const (
	Singly     Form = iota // Digits, one by one
	AsPhone                // Digits: a telephone number as people key it, in the groups they say
	AsNumber               // Digits: a count; "21" is "eenentwintig"
	AsTime                 // At: "half drie 's middags"
	AsClock                // At: "veertien uur dertig"
	AsDate                 // At: "woensdag drie juni"
	AsFullDate             // At: "woensdag drie juni tweeduizend zesentwintig"
	AsDayPart              // At, seen from Now: "morgenmiddag"
	AsDuration             // For: "twee uur en dertig minuten"
)

// Prompt is one thing to be heard: a prompt by its id in the catalogue, or a value.
type Prompt struct {
	Lang    string
	ID      string // empty when it is a value
	As      Form
	Digits  string        // "0612345678"
	At, Now time.Time     // in the zone in which they are said
	For     time.Duration // said in whole minutes
	Sound   int           // token of a Record: what the caller said himself
}

// Play plays prompts one after another, instead of what plays now; Played follows once they are out.
type Play struct {
	Token   int
	Prompts []Prompt
	Barge   bool // a key may cut it short; for records, since the flow itself decides and says StopPlay
}

// StopPlay ends what plays; no Played follows.
type StopPlay struct{}

// Wake asks for a Timeout with this Token after a while; After 0 takes an earlier one back.
type Wake struct {
	Token int
	After time.Duration
}

// Commit asks for the wish to be written and synced; Committed with this Token follows. The id of the row, the node and
// the generation are the writer's to fill in. After a restart the same Token may come again for the same call.
type Commit struct {
	Token int
	Wish  wissel.Wish
	Sound int           // token of the Record whose sound goes with it, on disk before the wish is; 0: none
	Least time.Duration // the caller is gone: a sound that lasts less is dropped, and the wish with it; 0: any
}

// Record records what the caller says, after a tone if Beep, until he has been silent for Silence or spoken for Max;
// Recorded with this Token follows. StopRecord ends it sooner; Recorded follows then too.
type Record struct {
	Token   int
	Max     time.Duration
	Silence time.Duration
	Beep    bool
}

// StopRecord ends the Record with this Token.
type StopRecord struct{ Token int }

// Dial hands the caller on; the flow is over.
type Dial struct{ Target wissel.Target }

// Transfer has the caller tried as a new call of his group would be. Whoever takes him has him, and the flow hears only of his
// Hangup; when nobody does, Returned follows.
type Transfer struct{}

// End lets the caller go; the flow is over.
type End struct{ Reason string }

func (Play) effect()       {}
func (StopPlay) effect()   {}
func (Wake) effect()       {}
func (Commit) effect()     {}
func (Record) effect()     {}
func (StopRecord) effect() {}
func (Dial) effect()       {}
func (Transfer) effect()   {}
func (End) effect()        {}
