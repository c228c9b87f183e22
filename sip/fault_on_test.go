//go:build faults

package sip

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
	"wissel/sip/call"
)

// Whatever effect panics, its call ends with a code or a BYE, and the call beside it lives (FAULTS F35).
func TestAPanicInEachEffect(t *testing.T) {
	seen := map[string]bool{}
	note := func(e call.Effect) { seen[name(e)] = true }
	run := func(t *testing.T, broken string) {
		inHouse(t, wissel.Anchored, func(h *house) {
			caller, north, first, _ := talk(h)
			armed := true
			f := func(e call.Effect) {
				note(e)
				if armed && name(e) == broken {
					armed = false
					panic("for the test: " + broken)
				}
			}
			FaultIn.Store(&f)
			defer FaultIn.Store(nil)
			caller.tag, caller.seq = "second", 1
			caller.invite("call2", string(rungTest), testOffer)
			ended := drive(caller, north)
			FaultIn.Store(nil)
			if !ended {
				t.Errorf("%s: the caller's call did not end", broken)
			}
			synctest.Wait()
			if broken != "" && !armed && h.srv.Stats().Panics.Load() != 1 {
				t.Errorf("%s: %d panics were counted", broken, h.srv.Stats().Panics.Load())
			}
			caller.tag, caller.seq = "tag1", 7
			caller.within("BYE", first, "")
			caller.response(200)
			<-time.After(40 * time.Second)
			synctest.Wait()
			for _, sh := range h.srv.shards {
				if n := len(sh.calls); n != 0 {
					t.Errorf("%s: %d calls are left", broken, n)
				}
			}
			if n := h.srv.Live(); n != 0 {
				t.Errorf("%s: %d calls are live", broken, n)
			}
		})
	}
	run(t, "")
	for effect := range seen {
		run(t, effect)
	}
	if len(seen) < 8 {
		t.Errorf("only %d kinds of effect were met", len(seen))
	}
	t.Logf("ROW F35 a panic in each of %d kinds of effect: that call ends with a code or a BYE, the one beside it lives, it is counted; no call is left", len(seen))
}

func name(e call.Effect) string { return strings.TrimPrefix(fmt.Sprintf("%T", e), "call.") }

// drive plays both ends of a call with a few seconds of talking, and reports whether the caller's end ended.
func drive(caller, north *peer) bool {
	for range 60 {
		if m := north.maybe(20 * time.Millisecond); m != nil && m.request {
			switch {
			case m.is("INVITE"):
				north.answer(m, 180, "")
				north.answer(m, 200, testOffer)
			case !m.is("ACK"):
				north.answer(m, 200, "")
			}
		}
		m := caller.maybe(20 * time.Millisecond)
		switch {
		case m == nil:
		case m.request && m.is("BYE"):
			caller.answer(m, 200, "")
			return true
		case m.is("INVITE") && m.status >= 300:
			return true
		case m.is("INVITE") && m.status == 200:
			caller.within("ACK", m, "")
			caller.within("BYE", m, "")
		case m.is("BYE") && m.status >= 200:
			return true
		}
	}
	return false
}
