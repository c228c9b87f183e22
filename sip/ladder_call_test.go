package sip_test

import (
	"testing"
	"time"

	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

const number = simtest.Number

func TestLadderPlainCall(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", sim.RingThenAnswer(100*time.Millisecond, 2*time.Second).Tone(440))
		n.Phone("caller").Call(number).For(5 * time.Second)
		n.Ladder(t, "testdata/plain.ladder")
		n.Lossy()
	})
}

func TestLadderTheTargetHangsUp(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", sim.Answer(100*time.Millisecond).Tone(440).HangupAfter(3*time.Second))
		n.Phone("caller").Call(number).Wait()
		n.Ladder(t, "testdata/target-hangs-up.ladder")
		n.Lossy()
	})
}

func TestLadderEarlyMedia(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", sim.EarlyMedia(100*time.Millisecond, 3*time.Second).Tone(440))
		n.Phone("caller").Call(number).For(5 * time.Second)
		n.Ladder(t, "testdata/early-media.ladder")
		n.Lossy()
	})
}

func TestLadderTwoFarDialogs(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", sim.Forked(100*time.Millisecond, time.Second, 3*time.Second).Tone(440))
		n.Phone("caller").Call(number).For(5 * time.Second)
		n.Ladder(t, "testdata/two-far-dialogs.ladder")
		n.Lossy()
	})
}

func TestLadderDirectMedia(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Direct()
		n.Trunk("north", sim.RingThenAnswer(100*time.Millisecond, time.Second).Tone(440))
		n.Phone("caller").Call(number).Press(time.Second, "5#").For(5 * time.Second)
		n.Ladder(t, "testdata/direct.ladder")
		n.Lossy()
	})
}

func TestLadderLateOffer(t *testing.T) {
	for _, media := range []string{"anchored", "direct"} {
		t.Run(media, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				if media == "direct" {
					n.Direct()
				}
				n.Trunk("north", sim.RingThenAnswer(100*time.Millisecond, time.Second).Tone(440))
				n.Phone("caller").Call(number).Late().For(10 * time.Second)
				n.Ladder(t, "testdata/late-offer-"+media+".ladder")
				n.Lossy()
			})
		})
	}
}

func TestLadderCancel(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", sim.Ring())
		n.Phone("caller").Call(number).CancelAfter(3 * time.Second)
		n.Ladder(t, "testdata/cancel.ladder")
		n.Lossy()
	})
}

func TestLadderCancelBeforeAnythingRang(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", sim.Trying())
		n.Phone("caller").Call(number).CancelAfter(time.Second)
		n.Ladder(t, "testdata/cancel-early.ladder")
		n.Lossy()
	})
}

func TestLadderTheAnswerCrossesTheCancel(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", sim.LateAnswer(100*time.Millisecond))
		n.Phone("caller").Call(number).CancelAfter(3 * time.Second)
		n.Ladder(t, "testdata/crossing.ladder")
		n.Lossy()
	})
}

// The keys of a call that is relayed reach the platform.
func TestLadderKeys(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", sim.Answer(100*time.Millisecond).Tone(440))
		n.Phone("caller").Call(number).Press(time.Second, "12").Press(8*time.Second, "*#").For(10 * time.Second)
		n.Ladder(t, "testdata/keys.ladder")
		n.Lossy()
	})
}

func TestLadderUnknownNumber(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", sim.Answer(0))
		n.Phone("caller").Call("+31209999999").Wait()
		n.Ladder(t, "testdata/unknown-number.ladder")
		n.Lossy()
	})
}
