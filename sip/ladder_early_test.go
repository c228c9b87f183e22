package sip_test

import (
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
		n.Ladder(t, "testdata/flow-early-long.ladder")
		n.Lossy()
	})
}
