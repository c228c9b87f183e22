package testcall

import (
	"fmt"
	"time"

	"wissel"
)

// Result is what a test call showed.
type Result struct {
	Call   wissel.CallID
	Trunk  wissel.TrunkID
	Number wissel.Number
	Expect wissel.Expect
	Began  time.Time

	Outcome  Outcome
	Status   int            // SIP status of the answer or the last refusal; 0: none came
	Address  wissel.Address // that answered, else that was tried last
	Answered time.Duration  // from the first INVITE to the answer; 0: there was none
	Hearing
	Loop  bool // the number is a test line of ours
	Back  *Return
	Shown wissel.Number // the caller id that was shown; empty: none

	Why    string // one sentence: what was found
	Advice string // what to do; empty: nothing
}

// Return is a call of ours that came back in at a test line.
type Return struct {
	Trunk   wissel.TrunkID // it came in over
	Arrived wissel.Number  // the caller id that it came with; empty: none
}

// Outcome is a closed list, for metrics too.
type Outcome string

// The outcomes. Untried: no INVITE left, so nothing is known of the trunk. Broken: it was ended from outside before it
// came to anything.
const (
	Passed     Outcome = "passed"
	Unanswered Outcome = "unanswered"
	Silent     Outcome = "no tone"
	Wrong      Outcome = "wrong digits"
	Lost       Outcome = "not ours" // a loop test that did not come back in at our own line
	Untried    Outcome = "not tried"
	Broken     Outcome = "broken off"
)

// Outcomes are all there are.
var Outcomes = []Outcome{Passed, Unanswered, Silent, Wrong, Lost, Untried, Broken}

// Shows reports whether the outcome says something of the trunk.
func (o Outcome) Shows() bool { return o != Untried && o != Broken }

// Changed reports whether the caller id arrived as another than was shown. Where none is shown there is nothing to compare.
func (r Result) Changed() bool {
	return r.Back != nil && r.Shown != "" && r.Back.Arrived != r.Shown
}

// ShowsAnother is the mark of a trunk whose caller id arrives changed: "shows another number: +31… instead of +31…".
func (r Result) ShowsAnother() string {
	arrived := string(r.Back.Arrived)
	if arrived == "" {
		arrived = "none"
	}
	return "shows another number: " + arrived + " instead of " + string(r.Shown)
}

// Judge completes a result from the call's record and what was heard. broken says that it was ended from outside.
func Judge(r Result, cdr wissel.CDR, h Hearing, broken string) Result {
	r.Hearing, r.Status = h, cdr.Status
	tried := 0
	for _, a := range cdr.Attempts {
		if !untried(a) {
			tried++
		}
		r.Address = a.Address
	}
	if !cdr.Answered.IsZero() {
		r.Answered = max(cdr.Answered.Sub(cdr.Began), time.Millisecond)
	}
	switch {
	case h.Passed && r.Loop && r.Back == nil:
		r.Outcome, r.Why = Lost, "it was answered, and its digits came back, but the call did not come in at our test line"
		r.Advice = string(r.Number) + " is ours: ask the carrier where it sends that number"
	case h.Passed:
		r.Outcome, r.Why = Passed, r.passed()
	case broken != "":
		r.Outcome, r.Why = Broken, "it was broken off: "+broken
	case tried == 0:
		r.Outcome, r.Why, r.Advice = Untried, "no call could be made: "+last(cdr), "this says nothing of the trunk; try again when it has room"
	case r.Answered == 0:
		r.Outcome, r.Why, r.Advice = Unanswered, unanswered(cdr), advice(cdr)
	case h.Tones == 0:
		r.Outcome, r.Why = Silent, "it was answered after "+seconds(r.Answered)+", but "+h.Why
		r.Advice = "calls over this trunk are answered without sound: check that " + string(r.Number) + " echoes or answers tones, then firewall and NAT for RTP"
	default:
		r.Outcome, r.Why = Wrong, "sound goes both ways, but "+h.Why
		r.Advice = "keys are lost or changed on the way: callers cannot use a menu there; ask the carrier about RFC 4733 (telephone-event)"
	}
	return r
}

// untried reports whether an attempt was passed over.
func untried(a wissel.Attempt) bool { return a.Status == 0 && (a.Why == "full" || a.Why == "unable") }

func (r Result) passed() string {
	why := "answered after " + seconds(r.Answered)
	if r.Tones > 0 {
		why += ", sound goes both ways"
	}
	if r.Came != "" {
		why += ", digits too"
	}
	if r.Back != nil {
		why += "; it went out over " + string(r.Trunk) + " and came back in over " + string(r.Back.Trunk)
	}
	return why
}

// last says of the last attempt why it came to nothing.
func last(cdr wissel.CDR) string {
	if n := len(cdr.Attempts); n > 0 && cdr.Attempts[n-1].Why != "" {
		return cdr.Attempts[n-1].Why
	}
	return cdr.EndedBy
}

func unanswered(cdr wissel.CDR) string {
	why := last(cdr)
	if n := len(cdr.Attempts); n > 0 && cdr.Attempts[n-1].Status >= 300 {
		return fmt.Sprintf("it was refused with %d (%s)", cdr.Attempts[n-1].Status, why)
	}
	return "it was not answered: " + why
}

// advice says what to look at when a test call is not answered.
func advice(cdr wissel.CDR) string {
	number := string(cdr.To)
	rang := false
	for _, a := range cdr.Attempts {
		rang = rang || a.Rang
	}
	switch s := cdr.Status; {
	case s == 401 || s == 403 || s == 407:
		return "the far end does not let us call: check username, password and that our address is known there, and the number in test.show"
	case s == 404 || s == 484 || s == 604:
		return "the far end does not know " + number + ": check test.number"
	case s == 486 || s == 600:
		return number + " is busy: a test number must take several calls at one time"
	case s >= 500:
		return "the far end is in trouble or full: calls over this trunk will meet the same; call its operator"
	case s >= 300:
		return "call the operator of the far end, and give the time and the Call-ID"
	case rang:
		return number + " rings and nobody answers: a test number must answer by itself"
	}
	return "nothing comes back from the far end: check its address, our firewall and the line to it"
}
