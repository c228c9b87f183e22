package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"time"

	"wissel"
	"wissel/carriers/health"
	"wissel/carriers/testcall"
	"wissel/internal/metrics"
	"wissel/internal/web"
	"wissel/sip"
)

// openTests makes what makes test calls. The server that it places them with is opened after it.
func (a *App) openTests() {
	random := rand.Reader
	if a.options.Random != nil {
		random = a.options.Random(-1)
	}
	a.tests = newTester(a.routing.Snapshot, random, a.log)
	a.tests.place = func(o sip.Outgoing) error { return a.server.Place(o) }
	a.tests.end = func(id wissel.CallID, reason string) { a.server.End(id, reason) }
	a.tests.keep = a.keepTest
	a.metrics.Gauges("test_calls", "Test calls over a trunk since start, by what they showed.", []string{"trunk", "outcome"}, func() (all []metrics.Sample) {
		a.tests.mu.Lock()
		defer a.tests.mu.Unlock()
		for _, id := range slices.Sorted(maps.Keys(a.routing.Snapshot().Trunks)) {
			for _, o := range testcall.Outcomes {
				if n := a.tests.counts[testCount{id, o}]; n > 0 || o == testcall.Passed {
					all = append(all, metrics.Sample{Labels: []string{string(id), string(o)}, Value: float64(n)})
				}
			}
		}
		return all
	})
}

// restoreTests reads back how many test calls were made today.
func (a *App) restoreTests(ctx context.Context) {
	y, m, d := time.Now().Date()
	cdrs, err := a.store.TestCalls(ctx, time.Date(y, m, d, 0, 0, 0, 0, time.Local))
	if err != nil {
		a.log.Error("the test calls of today cannot be read: each trunk may make its whole number of them again", "error", err)
		return
	}
	a.tests.count(cdrs)
}

// TestCarrier makes a test call over a trunk on demand, with an audit row.
func (a *App) TestCarrier(ctx context.Context, trunk wissel.TrunkID, by web.Actor, say func(line string)) (web.TestResult, error) {
	r, err := a.tests.test(ctx, trunk, by, say)
	if err != nil {
		return web.TestResult{}, err
	}
	return testResult(r), nil
}

// keepTest keeps what a test call showed: health hears it as a test, a call that went through is a proof of its trunks, and
// the decision says what was expected and found.
func (a *App) keepTest(ctx context.Context, r testcall.Result, by web.Actor) {
	log := a.log.With("trunk", r.Trunk, "call", r.Call, "outcome", r.Outcome, "why", r.Why, "who", by.Who)
	if r.Outcome == testcall.Passed {
		log.Info("a test call passed")
	} else {
		log.Warn("a test call did not pass", "advice", r.Advice)
	}
	switch o := (health.Observation{Layer: health.Test, Why: r.Why}); r.Outcome {
	case testcall.Passed:
		o.Status, o.Why = r.Status, ""
		a.board.Observe(r.Address, o)
	case testcall.Silent, testcall.Wrong, testcall.Lost:
		a.board.Observe(r.Address, o)
	case testcall.Unanswered, testcall.Untried, testcall.Broken: // each address was told of while it was tried; or nothing is known
	}
	proof := wissel.Proof{At: r.Began, Test: true, Call: r.Call}
	if r.Outcome == testcall.Passed && r.Expect != wissel.ExpectAnswer {
		a.proved(r.Trunk, proof)
		if r.Back != nil {
			a.proved(r.Back.Trunk, proof)
		}
	}
	if by.From != bySchedule {
		_ = a.audit(ctx, by, "test", string(r.Trunk), "", "", string(r.Outcome)+": "+r.Why) // one that is not on disk is an alarm
	}
	if r.Outcome.Shows() {
		a.decided(testDecision(r, by, a.routing.Snapshot().Version))
	}
}

// testDecision is the record of a test call and what it showed.
func testDecision(r testcall.Result, by web.Actor, version string) wissel.Decision {
	d := wissel.Decision{
		At: time.Now(), Kind: wissel.DecidedTest, Object: string(r.Trunk), After: string(r.Outcome), Evidence: []string{r.Why},
		Thresholds: []string{"a call to " + string(r.Number) + " is to show: " + string(r.Expect)}, Version: version, Actor: by.Who,
		Why: "a test call, asked for by " + by.Who + " (" + string(r.Call) + ")",
	}
	if by.From == bySchedule {
		d.Why = "a test call, on schedule (" + string(r.Call) + ")"
	}
	if r.Changed() {
		d.Evidence = append(d.Evidence, string(r.Trunk)+" "+r.ShowsAnother())
	}
	return d
}

// testResult is a result for people and programs.
func testResult(r testcall.Result) web.TestResult {
	out := web.TestResult{
		Call: r.Call, Trunk: r.Trunk, Number: string(r.Number), Expect: r.Expect, Passed: r.Outcome == testcall.Passed, Outcome: string(r.Outcome),
		Why: r.Why, Advice: r.Advice, Status: r.Status, AnsweredMS: r.Answered.Milliseconds(), TonesMS: r.Tones.Milliseconds(), Digits: r.Came,
		Loop: r.Loop, Shown: string(r.Shown), At: r.Began,
	}
	if !r.Address.IsZero() {
		out.Address = r.Address.String()
	}
	if r.Back != nil {
		out.In, out.Arrived = r.Back.Trunk, string(r.Back.Arrived)
	}
	if r.Changed() {
		out.Mark = r.ShowsAnother()
	}
	return out
}

// testNotes say what the last test call over a trunk showed, and which number it shows.
func (a *App) testNotes(id wissel.TrunkID) (notes []string) {
	a.tests.mu.Lock()
	defer a.tests.mu.Unlock()
	if r, ok := a.tests.last[id]; ok {
		notes = append(notes, fmt.Sprintf("test call at %s: %s", wissel.Moment(r.Began), r.Why))
	}
	if mark, ok := a.tests.numbers[id]; ok {
		notes = append(notes, mark)
	}
	return notes
}

// testAlarms are the trunks whose last test call failed, or whose caller id arrives as another, until a test shows otherwise.
func (a *App) testAlarms() (all []string) {
	a.tests.mu.Lock()
	defer a.tests.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(a.tests.last)) {
		if r := a.tests.last[id]; r.Outcome != testcall.Passed {
			all = append(all, fmt.Sprintf("%s the test call over %s failed: %s; %s", wissel.Clock(r.Began), id, r.Why, r.Advice))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(a.tests.numbers)) {
		all = append(all, string(id)+" "+a.tests.numbers[id]+": callers and those called back see that; ask the carrier, and check test.show and present")
	}
	return all
}
