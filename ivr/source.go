package ivr

import "time"

// Source is a flow as people write it: the shape of a YAML file, decoded by package configs. Fields are plain; a zero
// value is the default that Compile fills in. Prompts are named by their id in the catalogue.
type Source struct {
	Flow      string          `yaml:"flow"`      // the flow's name, as plans say it after "flow:"
	Languages []Language      `yaml:"languages"` // in the order in which they are offered; the first is the default
	Answer    string          `yaml:"answer"`    // "true", or "early": heard unanswered and unbilled, for at most 30 s and without a key; "true"
	Start     string          `yaml:"start"`     // the first step
	Short     string          `yaml:"short"`     // the step that a crowd goes to: what follows is kept short; empty: there is none
	Promise   Promise         `yaml:"promise"`   // which numbers may be promised a text or a call
	Steps     map[string]Node `yaml:"steps"`     // by name: a-z, 0-9 and "-"

	// Unread are the key paths of what is written in the file and could not be read. It counts as given: Compile reports nothing that it
	// alone may have made. Such a source gives no Program.
	Unread map[string]bool `yaml:"-"`
}

// Language is one language of the flow.
type Language struct {
	ID       string   `yaml:"id"`       // "nl"
	Key      string   `yaml:"key"`      // the key that chooses it, one digit
	Prefixes []string `yaml:"prefixes"` // callers whose number begins so get it without being asked: "+31"
}

// Promise says which numbers may be promised something (FAULTS, A22 and A23). Empty fields take DefaultPromise's.
type Promise struct {
	Home     string   `yaml:"home"`     // country whose numbers are said and keyed with a 0: "+31"
	National int      `yaml:"national"` // keys of a whole national number with its 0: 10. It needs no # after it
	Texts    []string `yaml:"texts"`    // prefixes of the mobile numbers that may be sent texts
	Calls    []string `yaml:"calls"`    // prefixes of the numbers that may be called back
	Never    []string `yaml:"never"`    // as keyed: "112" is that number alone, "0900*" all that begins so
}

// Node is one step. Exactly one field is set.
type Node struct {
	Say      *Say       `yaml:"say"`
	Menu     *Menu      `yaml:"menu"`
	Collect  *Collect   `yaml:"collect"`
	Language *Choose    `yaml:"language"`
	When     *When      `yaml:"when"`
	Hours    *Opening   `yaml:"hours"`
	Set      *Setting   `yaml:"set"`
	Call     *Calling   `yaml:"call"`
	Return   *Returning `yaml:"return"`
	Record   *Recording `yaml:"record"`
	Place    *Placing   `yaml:"place"`
	Wish     *WishStep  `yaml:"wish"`
	Goto     string     `yaml:"goto"` // another step's name
	Dial     *Dialling  `yaml:"dial"`
	End      *Ending    `yaml:"end"`

	TransferBack *TransferBack `yaml:"transfer-back"`
}

// Say plays prompts and goes on. A key cuts it short and is kept for the next menu, unless Whole.
type Say struct {
	Play  []string `yaml:"play"`
	Whole bool     `yaml:"whole"` // heard to the end; keys pressed meanwhile are kept
	Next  string   `yaml:"next"`
}

// Placing says the place of the caller's callback. Where none is known it says nothing: no guess is ever a time.
type Placing struct {
	Play []string `yaml:"play"` // said before the place, a number
	Turn []string `yaml:"turn"` // said before the part of the day in which his turn comes, where that is known
	Next string   `yaml:"next"`
}

// Asking is what every step that waits for keys has.
type Asking struct {
	Play    []string      `yaml:"play"`
	Wrong   []string      `yaml:"wrong"`   // said after a key that means nothing here, before Play again
	Silence []string      `yaml:"silence"` // said when no key came, before Play again
	Wait    time.Duration `yaml:"wait"`    // for the first key after Play; 6 s
	Tries   int           `yaml:"tries"`   // wrong keys and silences in all before After; 3
	After   string        `yaml:"after"`   // the step then
}

// Menu waits for one key.
type Menu struct {
	Asking `yaml:",inline"`
	Keys   map[string]string `yaml:"keys"` // key ("0" to "9", "*", "#") to step
}

// Collect waits for several keys and notes them among the choices of a wish as "As=keys".
type Collect struct {
	Asking `yaml:",inline"`
	As     string        `yaml:"as"`
	Min    int           `yaml:"min"`   // 1
	Max    int           `yaml:"max"`   // 32; at Max no # is needed
	Pause  time.Duration `yaml:"pause"` // after a key without a next one, the keys are taken as complete; 4 s
	Next   string        `yaml:"next"`
}

// Choose settles the language. Play is heard once in each language, and must say that language's key.
type Choose struct {
	Asking `yaml:",inline"`
	Ask    string `yaml:"ask"` // "unknown": only those whose number tells nothing; "always"; "other": takes the next language, asks nothing
	Next   string `yaml:"next"`
}

// When goes where the first condition that holds leads. It says nothing.
type When struct {
	Cases []Case `yaml:"cases"`
	Else  string `yaml:"else"` // the step when none holds
}

// Case is one condition over Facts, as internal/condition reads it: "caller.kind == 'mobile' and not crowd".
type Case struct {
	If   string `yaml:"if"`
	Next string `yaml:"next"`
}

// Opening goes by the opening hours of the group's desk.
type Opening struct {
	Open   string `yaml:"open"`   // the step when it is open
	Closed string `yaml:"closed"` // and when it is not
}

// Setting notes a choice that nobody made, for later conditions and for the wish: "Name=Value".
type Setting struct {
	Name  string `yaml:"name"`
	Value string `yaml:"value"`
	Next  string `yaml:"next"`
}

// Calling walks steps that several places share: from Step on, until a return leads back to Next. Calls go at most 4 deep,
// and never in a circle.
type Calling struct {
	Step string `yaml:"step"`
	Next string `yaml:"next"`
}

// Returning ends the steps that a call began; it is written {}.
type Returning struct{}

// Recording takes down what the caller says after a tone, and keeps it for the next wish. Keys, once it is made: 1 or none
// keeps it, 2 says it again, 3 makes another. Any key ends it. One who hangs up has kept what he said.
type Recording struct {
	Play    []string      `yaml:"play"`    // asks for it; the tone follows
	Silence []string      `yaml:"silence"` // said when nothing was said, before Play again
	Review  []string      `yaml:"review"`  // offers the keys; empty: it is kept at once
	Wrong   []string      `yaml:"wrong"`   // as in a menu
	Longest time.Duration `yaml:"longest"` // 1 m; at most 2 m
	Quiet   time.Duration `yaml:"quiet"`   // so much silence ends it; 4 s
	Least   time.Duration `yaml:"least"`   // less is nothing; 2 s
	Wait    time.Duration `yaml:"wait"`    // for a key after Review; 4 s
	Tries   int           `yaml:"tries"`   // times that nothing is said before After; 2
	After   string        `yaml:"after"`   // the step then
	Next    string        `yaml:"next"`
	Failed  []string      `yaml:"failed"` // said when it cannot be recorded
	Else    string        `yaml:"else"`   // the step after Failed: what still works
}

// WishStep takes down one wish: it finds the number, reads it back, has it confirmed, commits it and says so.
// Keys: 1 yes, 2 another number (or: key it again), * back; while keying, # ends and * begins again.
type WishStep struct {
	Kind     string        `yaml:"kind"`       // "text", "callback", "both", or "by-hand": a callback, by whom hears his recording; it asks nothing
	Own      []string      `yaml:"own"`        // said before the number he rings from
	OwnAsk   []string      `yaml:"own-ask"`    // and after it: 1 is right, 2 another number, * back
	Hidden   []string      `yaml:"hidden"`     // of a callback: said before the last digits of the number that he hides and his carrier gave us
	HidAsk   []string      `yaml:"hidden-ask"` // and after them: 1 lets us call it, 2 another number, * back; without both he keys one
	Ask      []string      `yaml:"ask"`        // asks to key a number and close it with #
	Invalid  []string      `yaml:"invalid"`    // said of a number that cannot be promised anything, before Ask again
	Readback []string      `yaml:"readback"`   // said before the number he keyed
	Confirm  []string      `yaml:"confirm"`    // and after it: 1 is right, 2 again, * back
	Wrong    []string      `yaml:"wrong"`      // as in a menu
	Silence  []string      `yaml:"silence"`    // as in a menu
	Wait     time.Duration `yaml:"wait"`       // for the first key; 8 s
	Pause    time.Duration `yaml:"pause"`      // between keys of a number; 5 s
	Tries    int           `yaml:"tries"`      // 3
	After    string        `yaml:"after"`      // the step after so many
	Back     string        `yaml:"back"`       // the step for *
	Saving   []string      `yaml:"saving"`     // said when the store is slow
	Patience time.Duration `yaml:"patience"`   // how long the store may take before we say that it failed; 5 s
	Done     []string      `yaml:"done"`       // said once the wish is on disk
	Next     string        `yaml:"next"`       // the step after Done
	Failed   []string      `yaml:"failed"`     // said when it could not be written; it must not promise anything
	Refused  []string      `yaml:"refused"`    // said instead of Failed when it may not be promised to that number now, which trying at once does not change
	Else     string        `yaml:"else"`       // the step after Failed and Refused: what still works
}

// Dialling hands the caller on to a target and leaves the flow.
type Dialling struct {
	Play   []string `yaml:"play"`
	Target string   `yaml:"target"` // a trunk's name, or "flow:" and a flow's
}

// Ending lets the caller go.
type Ending struct {
	Play   []string `yaml:"play"`
	Reason string   `yaml:"reason"` // for records; "flow ended"
}

// DefaultPromise is the Netherlands: texts to the mobile ranges 061 to 065 and 068, calls to its fixed, 085, 088 and
// mobile numbers, and never to emergency and paid ones.
func DefaultPromise() Promise {
	return Promise{
		Home:     "+31",
		National: 10,
		Texts:    []string{"+3161", "+3162", "+3163", "+3164", "+3165", "+3168"},
		Calls:    []string{"+31"},
		Never:    []string{"112", "113", "0900*", "0906*", "0909*"},
	}
}
