package wissel

import "time"

// DecisionKind says what was decided.
type DecisionKind string

// The decisions that are recorded on their own. A call's routing is one too: its id, reasons and attempts are in its CDR.
const (
	DecidedVerdict  DecisionKind = "verdict"  // the health of an address changed
	DecidedSwitch   DecisionKind = "switch"   // another target leads a group: by itself, or by an operator
	DecidedStay     DecisionKind = "stay"     // it would have switched, and did not (never worse, stale proof, it is us)
	DecidedHandback DecisionKind = "handback" // a stage of the way back to the first target of the plan
	DecidedAbort    DecisionKind = "abort"    // a way back was broken off
	DecidedPin      DecisionKind = "pin"      // an operator's pin, its end or its taking back
	DecidedPlan     DecisionKind = "plan"     // an operator made a plan active
	DecidedHours    DecisionKind = "hours"    // an operator opened or closed a desk until an end, or took that back
	DecidedMessage  DecisionKind = "message"  // an operator put a message live, moved its end or ended it; or its end passed
	DecidedProposal DecisionKind = "proposal" // a switch was proposed, approved, broken open, or expired
	DecidedTest     DecisionKind = "test"     // a test call and what it showed
	DecidedOurs     DecisionKind = "ours"     // "it is us": all trunks fail and so does our own network, or that is over
)

// Decision is the record of one switch, non-switch, verdict or test (promise 6): what, on which evidence, by which
// thresholds, under which settings, by whom and why. `wissel why ID` prints it.
type Decision struct {
	Row
	At         time.Time
	Kind       DecisionKind
	Group      GroupID // empty: it concerns a trunk, or the node
	Object     string  // a trunk, an address ("udp:192.0.2.1:5060") or a target ("flow:storing")
	Before     string
	After      string
	Evidence   []string // sentences, the weightiest first
	Thresholds []string // what the evidence was held against: "3 OPTIONS lost in a row make down"
	Version    string   // of the settings
	Actor      string   // "wissel", or the user's name
	Why        string   // one sentence: the rule, or the reason that the operator gave
}

// Proof is when a call was last seen to go through a trunk end to end: answered, and with audio both ways when it was
// anchored (promise 7). It is kept over restarts.
type Proof struct {
	At   time.Time
	Test bool // by a test call; else by a real one
	Call CallID
}

// Unproven says for people that there is no proof of a trunk.
const Unproven = "no call over it is known that was answered and heard both ways"

// Within reports whether the proof is no older than d at now; every proof is within 0, and so is none.
func (p Proof) Within(d time.Duration, now time.Time) bool {
	return d == 0 || !p.At.IsZero() && now.Sub(p.At) <= d
}
