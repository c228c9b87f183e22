package draaiboek

import "time"

// EventKind is what happened.
type EventKind string

// The events. Each may come at any time, and those that mean nothing then change nothing.
const (
	Started   EventKind = "started"   // Run, Scenario, Seed, By, Reason; Proposed: by a trigger; Glass: nobody else has to agree
	Ticked    EventKind = "ticked"    // time passed
	Did       EventKind = "did"       // an effect came to its end: Key, Result (Yes or No), Said, Before
	Recalled  EventKind = "recalled"  // the answer to a Recall: Key, Result (Unknown: it cannot be found out), Said, Before
	Looked    EventKind = "looked"    // the answer to a Look: Key, Result, Said
	Answered  EventKind = "answered"  // Choice, by Code (over Text) or by By for Question
	Skipping  EventKind = "skipping"  // By does without a step: Step, or the one under way; or without what the run needs
	Halted    EventKind = "halted"    // By stops it
	Continued EventKind = "continued" // By goes on after a stop
	Reverted  EventKind = "reverted"  // By takes all back, or tries a failed undo again
	Restarted EventKind = "restarted" // the process began anew: what was under way may have been done, or not
)

// Result is what came of something.
type Result string

// The results.
const (
	Yes     Result = "yes"
	No      Result = "no"
	Unknown Result = "unknown"
)

// Event is one thing that happened to a run, as it is kept.
type Event struct {
	Kind EventKind           `json:"kind"`
	At   time.Time           `json:"at"`
	On   map[string][]string `json:"on,omitempty"` // who is on duty at that moment, the first to be asked first, of each list that the scenario names

	Run      string    `json:"run,omitempty"`
	Scenario *Scenario `json:"scenario,omitempty"` // a whole one
	Seed     []byte    `json:"seed,omitempty"`     // 32 bytes of chance, which nobody outside can know
	Drill    bool      `json:"drill,omitempty"`
	Proposed bool      `json:"proposed,omitempty"`
	Glass    bool      `json:"glass,omitempty"`

	By     string `json:"by,omitempty"`  // who was proven to be that; never the sender of a text
	Via    string `json:"via,omitempty"` // cli, api, crisis, text
	Reason string `json:"reason,omitempty"`

	Key    string `json:"key,omitempty"`
	Result Result `json:"result,omitempty"`
	Said   string `json:"said,omitempty"`   // for people: evidence, or why it failed
	Before string `json:"before,omitempty"` // what undoing it needs to know

	Step     string `json:"step,omitempty"`
	Question string `json:"question,omitempty"`
	Code     string `json:"code,omitempty"`
	Choice   string `json:"choice,omitempty"` // a choice's name or number, or words
}

// ByText is the way of an answer that only its code proves.
const ByText = "text"

// EffectKind is what is to be done.
type EffectKind string

// The effects. Those of the first group are done once each: their end is told by a Did, and after a restart a Recall asks after them. The
// others change nothing in the world, and may be repeated.
const (
	Do      EffectKind = "do"   // Action of Step
	Undoes  EffectKind = "undo" // Action of Step: with Restore, what Before says is put back
	AskOne  EffectKind = "ask"  // Question to Person, with Code
	TellOne EffectKind = "tell" // Notice to Person

	Recall EffectKind = "recall" // was Key done? Answer with Recalled
	Look   EffectKind = "look"   // is Observation so? Answer with Looked
	Wake   EffectKind = "wake"   // Ticked at At; it takes the place of the Wake before it
	Over   EffectKind = "over"   // the run is over
)

// once reports whether an effect is of the first group.
func (k EffectKind) once() bool { return k == Do || k == Undoes || k == AskOne || k == TellOne }

// Effect is one thing to do for a run. Its key is made of the run, the step and the purpose: whoever carries it out does it once for each
// key, and keeps the key with what it did.
type Effect struct {
	Kind        EffectKind   `json:"kind"`
	Key         string       `json:"key,omitempty"`
	Step        string       `json:"step,omitempty"`
	Drill       bool         `json:"drill,omitempty"` // for test callers alone
	Action      *Action      `json:"action,omitempty"`
	Restore     bool         `json:"restore,omitempty"`
	Of          []string     `json:"of,omitempty"`     // of Undoes: the keys of what may have been done, the oldest first; what was not done never will be
	Before      string       `json:"before,omitempty"` // of Undoes: how it was before the oldest, as far as that was told
	Question    string       `json:"question,omitempty"`
	Person      string       `json:"person,omitempty"`
	Code        string       `json:"code,omitempty"`
	Notice      *Notice      `json:"notice,omitempty"`
	Observation *Observation `json:"observation,omitempty"`
	At          time.Time    `json:"at,omitzero"`
}

// NoticeKind is what somebody is told.
type NoticeKind string

// The notices.
const (
	TookFirst NoticeKind = "first"  // another answered before him: By, Choice
	Stands    NoticeKind = "stands" // he answered before, and that counts: Choice
	TooLate   NoticeKind = "late"   // the deadline had passed, and Choice was taken
	NotOne    NoticeKind = "wrong"  // that is no answer: Choice, Why
	Another   NoticeKind = "other"  // another person than who started it has to agree
	NoneOpen  NoticeKind = "none"   // nothing is asked of him now
	NoTexts   NoticeKind = "deaf"   // too many wrong codes came: answers by text no longer count for this question
)

// Notice is what a person is told about a question.
type Notice struct {
	Kind   NoticeKind `json:"kind"`
	Step   string     `json:"step,omitempty"`
	By     string     `json:"by,omitempty"`
	Choice string     `json:"choice,omitempty"`
	Why    string     `json:"why,omitempty"`
	When   time.Time  `json:"when,omitzero"`
}
