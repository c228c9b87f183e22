package sip_test

import (
	"testing"
	"time"

	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// Nobody is left: the caller hears the outage flow and asks to be called back, and that is on disk.
func TestLadderCallback(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		north := n.Trunk("north", sim.Answer(0).Tone(440))
		caller := n.Phone("caller")
		n.Start()
		north.Behave(sim.Mute())
		caller.Call(number).Press(3*time.Second, "2").Press(10*time.Second, "1").For(40 * time.Second)
		n.Ladder(t, "testdata/flow-callback.ladder")
		n.Lossy()
	})
}

// The plan may be the flow alone.
func TestLadderFlowAlone(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", sim.Answer(0).Tone(440))
		n.Plan("flow:storing")
		n.Phone("caller").Call(number).For(10 * time.Second)
		n.Phone("caller").Call(number).Late().For(10 * time.Second)
		n.Ladder(t, "testdata/flow-alone.ladder")
		n.Lossy()
	})
}

// A caller who never speaks and presses nothing is let go by the flow itself.
func TestLadderFlowEnds(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Plan("flow:storing")
		n.Phone("caller").Call(number).With(func(d *sim.Dial) { d.Plays.Hz = 0 }).Wait()
		n.Ladder(t, "testdata/flow-ends.ladder")
	})
}

// A caller who presses nothing speaks after the tone, and that is his wish: whole, and when he hangs up in the middle.
func TestLadderSpoken(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Plan("flow:storing")
		n.Phone("caller").Call(number).Wait()
		n.Ladder(t, "testdata/flow-spoken.ladder")
	})
}

func TestLadderSpokenInTheMiddle(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Plan("flow:storing")
		n.Phone("caller").Call(number).For(60 * time.Second)
		n.Ladder(t, "testdata/flow-spoken-part.ladder")
	})
}
