package testcall

import (
	"strings"
	"testing"
	"time"

	"wissel"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// record is the record of a call that began at noon.
func record(answered time.Duration, status int, attempts ...wissel.Attempt) wissel.CDR {
	c := wissel.CDR{To: "+31881112233", Began: noon, Status: status, Attempts: attempts, EndedBy: "wissel: no target left"}
	if answered > 0 {
		c.Answered = noon.Add(answered)
	}
	return c
}

func TestJudge(t *testing.T) {
	well := Hearing{Answered: true, Passed: true, Tones: 300 * time.Millisecond}
	digits := well
	digits.Came = "471123"
	back := &Return{Trunk: "kpn", Arrived: "+31201234567"}
	ok := wissel.Attempt{Status: 200}
	for _, row := range []struct {
		name    string
		r       Result
		cdr     wissel.CDR
		h       Hearing
		broken  string
		outcome Outcome
		why     string
		advice  string
	}{
		{"answered, and more was not asked", Result{}, record(800*time.Millisecond, 200, ok), Hearing{Answered: true, Passed: true}, "", Passed, "answered after 0.8 s", ""},
		{"sound goes both ways", Result{}, record(time.Second, 200, ok), well, "", Passed, "sound goes both ways", ""},
		{"digits too", Result{}, record(time.Second, 200, ok), digits, "", Passed, "digits too", ""},
		{"a loop", Result{Trunk: "tele2", Loop: true, Back: back}, record(time.Second, 200, ok), digits, "", Passed, "went out over tele2 and came back in over kpn", ""},
		{"a loop that ended elsewhere", Result{Loop: true}, record(time.Second, 200, ok), digits, "", Lost, "did not come in at our test line", "ask the carrier"},
		{"no tone", Result{}, record(2*time.Second, 200, ok), Hearing{Answered: true, Why: "no tone came back within 8s"}, "", Silent, "answered after 2.0 s, but no tone", "RTP"},
		{"digits lost", Result{}, record(time.Second, 200, ok), Hearing{Answered: true, Tones: 1, Why: "of the digits 4 7 only 4 came back"}, "", Wrong, "only 4 came back", "RFC 4733"},
		{"silence", Result{}, record(0, 0, wissel.Attempt{Why: "silent for 500ms"}), Hearing{}, "", Unanswered, "not answered: silent for 500ms", "firewall"},
		{"not allowed", Result{}, record(0, 403, wissel.Attempt{Status: 403, Why: "refused with 403"}), Hearing{}, "", Unanswered, "refused with 403", "password"},
		{"an unknown number", Result{}, record(0, 404, wissel.Attempt{Status: 404}), Hearing{}, "", Unanswered, "404", "check test.number"},
		{"busy", Result{}, record(0, 486, wissel.Attempt{Status: 486}), Hearing{}, "", Unanswered, "486", "busy"},
		{"in trouble", Result{}, record(0, 503, wissel.Attempt{Status: 503}), Hearing{}, "", Unanswered, "503", "call its operator"},
		{"an odd refusal", Result{}, record(0, 480, wissel.Attempt{Status: 480}), Hearing{}, "", Unanswered, "480", "Call-ID"},
		{"rings for ever", Result{}, record(0, 0, wissel.Attempt{Why: "rang for 45s", Rang: true}), Hearing{}, "", Unanswered, "rang for 45s", "answer by itself"},
		{"the trunk is full", Result{}, record(0, 0, wissel.Attempt{Why: "full"}), Hearing{}, "", Untried, "no call could be made: full", "says nothing of the trunk"},
		{"the second address answered", Result{}, record(time.Second, 200, wissel.Attempt{Why: "silent"}, ok), well, "", Passed, "answered", ""},
		{"called off", Result{}, record(0, 0, wissel.Attempt{Why: "the call ended"}), Hearing{}, "you left", Broken, "broken off: you left", ""},
	} {
		r := Judge(row.r, row.cdr, row.h, row.broken)
		if r.Outcome != row.outcome || !strings.Contains(r.Why, row.why) || !strings.Contains(r.Advice, row.advice) || (row.advice == "") != (r.Advice == "") {
			t.Errorf("%s: %s, %q, advice %q", row.name, r.Outcome, r.Why, r.Advice)
		}
		if r.Outcome.Shows() == (r.Outcome == Untried || r.Outcome == Broken) {
			t.Errorf("%s: %s shows something of the trunk: %v", row.name, r.Outcome, r.Outcome.Shows())
		}
	}
}

func TestCallerIDThatArrives(t *testing.T) {
	for _, row := range []struct {
		name           string
		shown, arrived wissel.Number
		want           string
	}{
		{"as it was shown", "+31201234567", "+31201234567", ""},
		{"none was shown", "", "+31850000000", ""},
		{"another", "+31201234567", "+31850000000", "shows another number: +31850000000 instead of +31201234567"},
		{"none arrives", "+31201234567", "", "shows another number: none instead of +31201234567"},
	} {
		r := Result{Shown: row.shown, Back: &Return{Arrived: row.arrived}}
		got := ""
		if r.Changed() {
			got = r.ShowsAnother()
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
	if (Result{Shown: "+31201234567"}).Changed() {
		t.Error("a call that did not come back in shows nothing")
	}
}
