package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	chance "math/rand/v2"
	"net/http"
	"sync"
	"time"

	"wissel"
	"wissel/carriers/testcall"
	"wissel/configs"
	"wissel/internal/audio"
	"wissel/internal/nearest"
	"wissel/internal/store/sqlite"
	"wissel/internal/web"
	"wissel/sip"
)

// testFlow attends our end of a test call. No flow of the settings can have such a name.
const testFlow wissel.FlowID = "test:"

// bySchedule is where a test call comes from that nobody asked for.
const bySchedule = "schedule"

// tester makes test calls, on schedule and on demand, and answers our test lines.
type tester struct {
	snapshot func() *wissel.Snapshot
	place    func(sip.Outgoing) error
	end      func(id wissel.CallID, reason string)
	keep     func(ctx context.Context, r testcall.Result, by web.Actor) // what was found; ctx may have ended
	log      *slog.Logger
	sounds   map[testcall.Play]*audio.Clip
	random   io.Reader
	wake     chan struct{} // the schedule has changed

	mu       sync.Mutex // guards all below
	schedule testcall.Schedule
	guard    testcall.Guard
	doors    testcall.Doors
	pending  map[wissel.CallID]*pending
	flows    map[wissel.CallID]*rehearsal // flows that somebody hears on his own telephone
	last     map[wissel.TrunkID]testcall.Result
	numbers  map[wissel.TrunkID]string // the mark of a trunk whose caller id arrives as another
	counts   map[testCount]uint64
}

// testCount is what test calls are counted by.
type testCount struct {
	trunk   wissel.TrunkID
	outcome testcall.Outcome
}

// pending is a test call that somebody waits for.
type pending struct {
	keys   string
	result testcall.Result
	heard  testcall.Hearing
	began  time.Time
	lines  chan string     // what to tell whoever looks on; more than fit are left out
	over   chan wissel.CDR // the record, once
}

func newTester(snapshot func() *wissel.Snapshot, random io.Reader, log *slog.Logger) *tester {
	return &tester{
		snapshot: snapshot, random: random, log: log, sounds: testSounds(), wake: make(chan struct{}, 1), pending: map[wissel.CallID]*pending{}, flows: map[wissel.CallID]*rehearsal{},
		last: map[wissel.TrunkID]testcall.Result{}, numbers: map[wissel.TrunkID]string{}, counts: map[testCount]uint64{},
	}
}

// count notes the test calls of before a restart: the day's allowance is not given twice.
func (t *tester) count(cdrs []wissel.CDR) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range cdrs {
		if len(c.Attempts) > 0 {
			t.guard.Count(c.Attempts[0].Target.Trunk, c.Began.Local())
		}
	}
}

// set puts the trunks' settings in force.
func (t *tester) set(file *configs.File) {
	tests := map[wissel.TrunkID]wissel.Test{}
	for id, trunk := range file.Trunks {
		tests[id] = trunk.Test
	}
	t.mu.Lock()
	t.schedule.Set(tests, time.Now(), chance.Float64)
	for id := range t.last {
		if tests[id].Number == "" {
			delete(t.last, id)
			delete(t.numbers, id)
		}
	}
	t.mu.Unlock()
	t.nudge()
}

func (t *tester) nudge() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// run makes the scheduled tests, one at a time, until ctx ends.
func (t *tester) run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		t.mu.Lock()
		trunk, wait := t.schedule.Next(time.Now())
		t.mu.Unlock()
		if trunk != "" {
			if _, err := t.test(ctx, trunk, web.Actor{Who: "wissel", From: bySchedule}, func(string) {}); err != nil {
				t.log.Warn("a scheduled test call was not made", "trunk", trunk, "why", err)
			}
			continue
		}
		var due <-chan time.Time
		if wait > 0 {
			timer.Reset(wait)
			due = timer.C
		}
		select {
		case <-due:
		case <-t.wake:
		case <-ctx.Done():
		}
	}
	return nil
}

// test makes one test call over a trunk, tells say how it gets on, and returns when it is over. Its error says why none was
// made; a test that failed is no error.
func (t *tester) test(ctx context.Context, id wissel.TrunkID, by web.Actor, say func(line string)) (testcall.Result, error) {
	call := wissel.CallID(sqlite.NewID())
	p, err := t.begin(id, call, by.Who)
	if err != nil {
		return testcall.Result{}, err
	}
	say(fmt.Sprintf("dialling %s over %s", p.result.Number, id))
	cdr, broken := t.follow(ctx, call, p, testMost, say)
	r := t.finish(p, cdr, broken)
	t.keep(ctx, r, by)
	return r, nil
}

// begin places the call, when the trunk has a test, none of it runs, and the day's allowance is not spent.
func (t *tester) begin(id wissel.TrunkID, call wissel.CallID, by string) (*pending, error) {
	what := "test " + string(id)
	snap, now := t.snapshot(), time.Now()
	trunk := snap.Trunks[id]
	switch {
	case trunk == nil:
		return nil, web.Faultf(http.StatusNotFound, what, "there is no trunk %q%s", id, nearest.Suggest(string(id), keys(snap.Trunks)))
	case trunk.Test.Number == "":
		return nil, web.Faultf(http.StatusConflict, what, "the settings say no number to call: set trunks.%s.test.number to one that echoes, or to a test line of ours", id)
	}
	line, ours := snap.Lines[trunk.Test.Number]
	p := &pending{
		began: now, lines: make(chan string, 32), over: make(chan wissel.CDR, 1),
		result: testcall.Result{
			Call: call, Trunk: id, Number: trunk.Test.Number, Expect: cmp.Or(trunk.Test.Expect, wissel.ExpectAudio), Began: now, Shown: trunk.Test.Show,
			Loop: ours && snap.Groups[line.Group] != nil && snap.Groups[line.Group].Test,
		},
	}
	if p.result.Loop { // by its digits it is known when it comes back in
		p.result.Expect = wissel.ExpectDigits
	}
	if err := t.admit(p, trunk.Test.PerDay); err != nil {
		return nil, err
	}
	err := t.place(sip.Outgoing{
		Call: call, Trunk: id, To: trunk.Test.Number, Show: trunk.Test.Show, Flow: testFlow, Longest: time.Minute, Actor: by,
		Tell: func(s sip.Step) { p.told(s) },
	})
	if err != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.guard.Give(id, now)
		t.leave(p)
		return nil, web.Faultf(http.StatusServiceUnavailable, what, "%v", err)
	}
	return p, nil
}

// admit lists a test call that is to be made.
func (t *tester) admit(p *pending, perDay int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	id, now := p.result.Trunk, p.began
	for _, other := range t.pending {
		if other.result.Trunk == id {
			return web.Faultf(http.StatusConflict, "test "+string(id), "a test call over %s runs already, since %s", id, wissel.Clock(other.began))
		}
	}
	if err := t.guard.Take(id, perDay, now); err != nil {
		t.schedule.Ended(id, now, chance.Float64())
		return web.Faultf(http.StatusTooManyRequests, "test "+string(id), "%v", err)
	}
	for p.keys = t.newKeys(); t.taken(p.keys); p.keys = t.newKeys() {
	}
	t.pending[p.result.Call] = p
	t.schedule.Began(id)
	return nil
}

// leave takes a test call off the list. The lock is held.
func (t *tester) leave(p *pending) {
	delete(t.pending, p.result.Call)
	t.schedule.Ended(p.result.Trunk, time.Now(), chance.Float64())
	t.nudge()
}

func (t *tester) taken(keys string) bool {
	for _, p := range t.pending {
		if p.keys == keys {
			return true
		}
	}
	return false
}

// newKeys are the digits of a challenge.
func (t *tester) newKeys() string {
	n, err := rand.Int(t.random, big.NewInt(1_000_000))
	if err != nil {
		panic("no chance left: " + err.Error()) // crypto/rand never fails
	}
	return fmt.Sprintf("%0*d", testcall.Challenge, n)
}

// A test call is broken off when it is not over by itself: it may ring, then be tried by digits. What still comes after that
// is waited for a moment.
const (
	testMost  = 3 * time.Minute
	testAfter = 2 * time.Second
)

// follow tells say what happens until the call is over, and breaks it off when ctx ends or it takes longer than longest.
func (t *tester) follow(ctx context.Context, call wissel.CallID, p *pending, longest time.Duration, say func(line string)) (cdr wissel.CDR, broken string) {
	most := time.NewTimer(longest)
	defer most.Stop()
	off := func(why string) (wissel.CDR, string) {
		t.end(call, why)
		after := time.NewTimer(testAfter)
		defer after.Stop()
		select {
		case cdr := <-p.over:
			return cdr, why
		case <-after.C:
			return wissel.CDR{}, why
		}
	}
	for {
		select {
		case line := <-p.lines:
			say(line)
		case cdr := <-p.over:
			for len(p.lines) > 0 {
				say(<-p.lines)
			}
			return cdr, ""
		case <-ctx.Done():
			return off("whoever asked for it has gone")
		case <-most.C:
			return off("it took longer than " + longest.String())
		}
	}
}

// finish judges a test call that is over, and takes it off the list.
func (t *tester) finish(p *pending, cdr wissel.CDR, broken string) testcall.Result {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := testcall.Judge(p.result, cdr, p.heard, broken)
	if r.Outcome == testcall.Untried {
		t.guard.Give(r.Trunk, p.began)
	}
	t.leave(p)
	t.counts[testCount{r.Trunk, r.Outcome}]++
	if r.Outcome.Shows() {
		t.last[r.Trunk] = r
	}
	if r.Back != nil && r.Shown != "" {
		delete(t.numbers, r.Trunk)
		if r.Changed() {
			t.numbers[r.Trunk] = r.ShowsAnother()
		}
	}
	return r
}

// told takes a step of the call, on its own goroutine.
func (p *pending) told(s sip.Step) {
	since := time.Since(p.began).Round(100 * time.Millisecond).Seconds()
	switch s.Kind {
	case sip.StepDialled:
		p.say("INVITE to " + s.Address.String())
	case sip.StepRings:
		p.say(fmt.Sprintf("it rings after %.1f s", since))
	case sip.StepAnswered:
		p.say(fmt.Sprintf("answered after %.1f s over %s", since, s.Address))
	case sip.StepOver:
		p.over <- s.CDR // there is one, and room for it
	}
}

// say puts a line before whoever looks on; one too many is left out.
func (p *pending) say(line string) {
	select {
	case p.lines <- line:
	default:
	}
}
