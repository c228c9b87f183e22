package wissel

import "time"

// Row is what every stored record carries, so that several nodes can copy each other's rows without a clash: an id that
// is never reused, the node that made it, and its generation there.
type Row struct {
	ID         string // UUIDv7
	Node       string
	Generation uint64
}

// WishKind is what a caller asked for in a flow.
type WishKind string

// A caller asks for texts with news, to be called back, or both on one number.
const (
	WishText     WishKind = "text"
	WishCallback WishKind = "callback"
	WishBoth     WishKind = "both"
)

// Wish is what a caller chose in the IVR. It is on disk (fsync) before he hears that it was noted (promise 2).
type Wish struct {
	Row
	Call     CallID
	Kind     WishKind
	Number   Number // to text or to ring
	Rung     Number // the number of ours that was dialled
	Group    GroupID
	Flow     FlowID
	Language string   // "nl" or "en"
	Choices  []string // the keys and branches he took, in order
	At       time.Time

	// ByHand: a person is to hear what the caller said, and to call him back; Number may be empty then. Recording is the name
	// of that sound in the store's folder of recordings, and lasts Length; empty: he said nothing to us.
	ByHand    bool          `json:",omitempty"`
	Recording string        `json:",omitempty"`
	Length    time.Duration `json:",omitempty"`
	Heard     time.Time     `json:",omitzero"` // when somebody first took the sound out; zero: nobody yet
	Removed   time.Time     `json:",omitzero"` // when it was removed; zero: it is there

	// Consent is what he agreed to this by: JSON, {"key":"callback 1","wording":["nl/wish.own-ask@1f0c44a7b2d9"]}, the last key that he
	// pressed and what he had heard before it. Without a key he spoke.
	Consent string `json:",omitempty"`

	Apart  bool `json:",omitempty"` // many people ring from Number: this wish is never merged with, or closed by, another of it
	Hidden bool `json:",omitempty"` // the caller hides Number, and let it be used for this wish alone: it is shown to nobody but who calls back
}

// Blame says whose doing it is that a call ended as it did.
type Blame string

// Who can be to blame.
const (
	BlameCaller   Blame = "caller"
	BlameCallee   Blame = "callee"
	BlameCarrier  Blame = "carrier"
	BlamePlatform Blame = "platform"
	BlameWissel   Blame = "wissel"
	BlameUnknown  Blame = "unknown"
)

// Outcome is how a call ended, as the caller lived it.
type Outcome string

// The outcomes. Answered: he was talking to a platform or a phone; Attended: a flow answered him; Abandoned: he hung up
// before an answer; Refused: he got a final code of 300 or higher.
const (
	Answered  Outcome = "answered"
	Attended  Outcome = "attended"
	Abandoned Outcome = "abandoned"
	Refused   Outcome = "refused"
)

// Attempt is one target that a call tried, for its CDR and for `wissel why`.
type Attempt struct {
	Leg     int
	Target  Target
	Address Address   // zero for a flow
	Began   time.Time // when its INVITE left or its flow began
	Status  int       // final SIP status, 200 when answered, 0 when it was left without one
	Why     string    // why it was left or skipped: "silent for 500ms", "down", "full"; empty when it was answered
	Rang    bool      // it sent a 18x

	Person string  `json:",omitempty"` // who was rung, of the people that Target names
	Over   TrunkID `json:",omitempty"` // and the trunk over which
}

// CDR is the one record of a call. Times are wall-clock; zero: it never came to that.
type CDR struct {
	Row
	Call     CallID
	Group    GroupID
	Trunk    TrunkID // the carrier trunk it came over
	From     Number  // empty when withheld or unknown
	To       Number
	Began    time.Time
	Rung     time.Time // the caller got a 18x
	Answered time.Time
	Ended    time.Time
	Status   int // the final status the caller got
	Outcome  Outcome
	Blame    Blame
	EndedBy  string // "caller", "callee", "wissel", with the cause: "caller: BYE", "wissel: drain"
	Target   Target // who he talked to last
	Attempts []Attempt
	Decision string // id of the routing decision
	Version  string // of the settings
	Why      []string
	SetupMS  float64 // from his INVITE to the first 18x or 2xx
	Digits   int     // how many keys he pressed; never which
	Test     bool    // a test call: placed by ourselves (then Trunk is empty), or to a test line of ours
	Callback string  `json:",omitempty"` // id of the callback that it is one side of: placed by ourselves, so Trunk is empty

	Actor      string   // whose choice its routing followed: "wissel", or the operator of the pin or the plan; empty in rows of before there was one
	Thresholds []string // since when each target had its verdict, and what that was held against (plan.Decision.Thresholds)
}

// AuditRow is one change that a person (or a rule) made, or one read of personal data.
type AuditRow struct {
	Row
	At     time.Time
	Who    string // user name, or "wissel" itself
	From   string // where from: "socket uid 1000", "signal", "file"
	What   string // "switch", "reload", "drain", …
	Object string // group or trunk
	Why    string // the reason given
	Before string
	After  string
	Seq    uint64 // its number in this node's chain, from 1; set by the store
	Prev   string // hash of the row before it in this node's chain, hexadecimal; empty for the first
	Hash   string // SHA-256 of Prev and the row's canonical JSON, hexadecimal; set by the store
}

// Digit is one key of a telephone: 0-9, *, #, A-D.
type Digit byte

// Valid reports whether d is a key of a telephone.
func (d Digit) Valid() bool {
	return d >= '0' && d <= '9' || d == '*' || d == '#' || d >= 'A' && d <= 'D'
}

func (d Digit) String() string { return string(rune(d)) }
