package app

import (
	"cmp"
	"fmt"
	"time"

	"wissel/carriers/testcall"
	"wissel/sip"
)

// attend gives the script of an end of a test call: ours of one that we placed, or that of a test line for one that came in.
func (t *tester) attend(c sip.AttendedCall, h sip.Host) (sip.Attending, error) {
	if c.Flow == testFlow {
		return t.ask(c, h)
	}
	return t.answer(c, h)
}

// ask is our end of a call that we placed.
func (t *tester) ask(c sip.AttendedCall, h sip.Host) (sip.Attending, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.pending[c.Call]
	if p == nil {
		return nil, fmt.Errorf("nobody waits for test call %s any more", c.Call)
	}
	script := testcall.Caller{Expect: p.result.Expect, Keys: p.keys}
	return &testEnd{
		host: h, sounds: t.sounds, note: p.say, named: func(string) {}, gone: func() {},
		script: func(ev testcall.Event, now time.Time) (out []testcall.Effect) {
			script, out = script.Step(ev, now)
			t.mu.Lock()
			p.heard = script.Heard
			t.mu.Unlock()
			return out
		},
	}, nil
}

// answer is a test line that was rung: by a call of our own that has come back in, or by anybody.
func (t *tester) answer(c sip.AttendedCall, h sip.Host) (sip.Attending, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.doors.Enter(cmp.Or(string(c.Claimed), string(c.Trunk)), time.Now()); err != nil {
		t.log.Warn("a test line does not answer", "call", c.Call, "trunk", c.Trunk, "why", err)
		return nil, fmt.Errorf("answer the test line: %w", err)
	}
	if p := t.pending[c.Named]; p != nil {
		p.comesBack(c)
	}
	script := testcall.Responder{}
	return &testEnd{
		host: h, sounds: t.sounds, note: func(string) {},
		named: func(keys string) {
			t.mu.Lock()
			defer t.mu.Unlock()
			for _, p := range t.pending {
				if p.keys == keys {
					p.comesBack(c)
				}
			}
		},
		gone: func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.doors.Leave()
		},
		script: func(ev testcall.Event, now time.Time) (out []testcall.Effect) {
			script, out = script.Step(ev, now)
			return out
		},
	}, nil
}

// comesBack notes that a call of ours came in at a test line. The tester's lock is held.
func (p *pending) comesBack(c sip.AttendedCall) {
	if p.result.Back != nil {
		return
	}
	p.result.Back = &testcall.Return{Trunk: c.Trunk, Arrived: c.Claimed}
	p.say("it came back in over " + string(c.Trunk))
	switch {
	case p.result.Changed():
		p.say("the trunk " + p.result.ShowsAnother())
	case p.result.Shown != "":
		p.say("with the caller id that was shown, " + string(p.result.Shown))
	}
}
