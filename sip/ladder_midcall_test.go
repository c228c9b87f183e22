package sip_test

import (
	"testing"
	"time"

	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

func TestLadderHoldByTheCaller(t *testing.T) {
	for _, media := range []string{"anchored", "direct"} {
		t.Run(media, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				if media == "direct" {
					n.Direct()
				}
				n.Trunk("north", sim.Answer(100*time.Millisecond).Tone(440))
				n.Phone("caller").Call(number).Hold(2*time.Second, 10*time.Second).For(20 * time.Second)
				n.Ladder(t, "testdata/hold-caller-"+media+".ladder")
				n.Lossy()
			})
		})
	}
}

func TestLadderHoldByTheTarget(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", sim.Answer(100*time.Millisecond).Tone(440).HoldAfter(2*time.Second, 10*time.Second))
		n.Phone("caller").Call(number).For(20 * time.Second)
		n.Ladder(t, "testdata/hold-target.ladder")
		n.Lossy()
	})
}

// Both hold in the same moment: each re-INVITE meets the other's (RFC 3261 §14).
func TestLadderGlare(t *testing.T) {
	for _, media := range []string{"anchored", "direct"} {
		t.Run(media, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				if media == "direct" {
					n.Direct()
				}
				// The target answers 1 ms before the caller hears of it; both then hold in the same moment.
				n.Trunk("north", sim.Answer(100*time.Millisecond).Tone(440).HoldAfter(2002*time.Millisecond, 0))
				n.Phone("caller").Call(number).Hold(2*time.Second, 0).For(20 * time.Second)
				n.Ladder(t, "testdata/glare-"+media+".ladder")
				n.Lossy()
			})
		})
	}
}

// A platform that says in the call that a person took it says so to us: the INFO is answered, and the caller's carrier hears nothing of it.
func TestLadderThePlatformSaysThatAPersonTookIt(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", sim.Answer(100*time.Millisecond).Tone(440).Telling(5*time.Second, "INFO", "X-Agent", "7001"), "reached: X-Agent")
		n.Phone("caller").Call(number).For(10 * time.Second)
		n.Ladder(n.T, "testdata/reached.ladder")
		n.Lossy()
	})
}
