package sip_test

import (
	"testing"
	"time"

	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// While wissel drains, OPTIONS and new calls get 503, and the call that is up finishes.
func TestLadderDrain(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", sim.Answer(100*time.Millisecond).Tone(440))
		caller, second := n.Phone("caller"), n.Phone("second")
		up := caller.Call(number).Hangup(20 * time.Second).Go()
		<-time.After(2 * time.Second)
		drained := make(chan struct{})
		go func() { n.Drain(false); close(drained) }()
		<-time.After(time.Second)
		if status := second.Ask(n.Wissel()); status != 503 {
			t.Errorf("OPTIONS got %d", status)
		}
		second.Call(number).Wait()
		up.Wait()
		<-drained
		n.Ladder(t, "testdata/drain.ladder")
		n.Lossy()
	})
}

// With --end-calls both legs get BYE.
func TestLadderDrainEndsCalls(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", sim.Answer(100*time.Millisecond).Tone(440))
		up := n.Phone("caller").Call(number).Go()
		<-time.After(2 * time.Second)
		n.Drain(true)
		up.Wait()
		n.Ladder(t, "testdata/drain-end-calls.ladder")
		n.Lossy()
	})
}
