package sip_test

import (
	"strings"
	"testing"
	"time"

	"wissel/sip/sim/simtest"
)

// A flow with answer: early is heard unanswered, whole, and ends with 480; one who gives up sooner gets 487.
func TestLadderEarly(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Settings(`flows: ["testdata/early.yaml"]`)
		n.Plan("flow:zacht")
		n.Phone("caller").Call(number).Wait()
		n.Phone("caller").Call(number).CancelAfter(4500 * time.Millisecond)
		n.Ladder(t, "testdata/flow-early.ladder")
		n.Lossy()
	})
}

// An INVITE without an offer cannot be answered by a 183: it is answered.
func TestLadderEarlyLate(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Settings(`flows: ["testdata/early.yaml"]`)
		n.Plan("flow:zacht")
		n.Phone("caller").Call(number).Late().Wait()
		n.Ladder(t, "testdata/flow-early-late.ladder")
	})
}

// A message that has become too long is cut off: 30 s unanswered are all that carriers allow, and then the call has its code. One
// who is answered after all hears it out.
func TestLadderEarlyTooLong(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Settings(`flows: ["testdata/early-long.yaml"]`)
		n.Plan("flow:lang")
		n.Phone("caller", "unanswered: 486").Call(number).Wait()
		n.Phone("caller").Call(number).Late().Wait()
		n.Ladder(t, "testdata/flow-early-long.ladder") // with each datagram lost: TestLadderEarly, which is a third as long
	})
}

// A goodbye of which hardly anything would be heard is not begun: the call ends before it.
func TestLadderEarlyWithoutGoodbye(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Settings(`flows: ["testdata/early-bye.yaml"]`)
		n.Plan("flow:dag")
		n.Phone("caller").Call(number).Wait()
		n.Ladder(t, "testdata/flow-early-bye.ladder")
	})
}

// A carrier that tries a call again after our status is found out at once, and another one's quiet is the proof of it.
func TestLadderEarlyAgain(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Settings(`flows: ["testdata/early.yaml"]`)
		n.Plan("flow:zacht")
		calm, again := n.Phone("calm", "unanswered: 603"), n.Phone("again")
		calm.Call(number).Wait()
		<-time.After(2 * time.Second)
		if c, _ := n.Carrier("calm"); c.Ending != nil {
			t.Errorf("two seconds later: %+v", c.Ending)
		}
		<-time.After(10 * time.Second)
		c, alarms := n.Carrier("calm")
		if c.Ending == nil || !c.Ending.Proven || c.Ending.Status != 603 || len(alarms) != 0 {
			t.Errorf("calm: %+v, alarms %q", c.Ending, alarms)
		}
		again.Call(number).Wait()
		<-time.After(50 * time.Millisecond) // to the next of its routes
		again.Call(number).CancelAfter(1500 * time.Millisecond)
		<-time.After(20 * time.Second)
		if c, alarms = n.Carrier("again"); c.Ending == nil || c.Ending.Proven || c.Ending.Again.IsZero() || c.Ending.WithinMS > 200 {
			t.Errorf("again: %+v", c.Ending)
		}
		if len(alarms) != 1 || !strings.Contains(alarms[0], "carrier again tries a call again after our 480") || !strings.Contains(alarms[0], "set another status under unanswered, of 400 to 499 or 600 to 699") {
			t.Errorf("alarms %q", alarms)
		}
		if c, _ = n.Carrier("calm"); !c.Ending.Proven {
			t.Errorf("calm lost its proof: %+v", c.Ending)
		}
		n.Ladder(t, "testdata/flow-early-again.ladder")
	})
}
