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
