package sip_test

import (
	"testing"
	"time"

	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// hunt is a call that north fails, and that south, or the flow, takes.
func hunt(t *testing.T, file string, north sim.Behaviour, extra ...string) {
	t.Helper()
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", north, extra...)
		n.Trunk("south", sim.Answer(100*time.Millisecond).Tone(550))
		n.Phone("caller").Call(number).For(5 * time.Second)
		n.Ladder(t, "testdata/"+file)
		n.Lossy()
	})
}

// A target that never said anything gets the patience of an unknown one.
func TestLadderNeverHeardOf(t *testing.T) { hunt(t, "hunt-never-heard.ladder", sim.Mute()) }

func TestLadderSilence(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		north := n.Trunk("north", sim.Answer(0).Tone(440))
		n.Trunk("south", sim.Answer(100*time.Millisecond).Tone(550))
		caller := n.Phone("caller")
		n.Start()
		north.Behave(sim.Mute())
		caller.Call(number).For(5 * time.Second)
		caller.Call(number).For(5 * time.Second) // what one call learnt, the next one knows
		n.Ladder(t, "testdata/hunt-silence.ladder")
		n.Lossy()
	})
}

func TestLadderICMP(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		north := n.Trunk("north", sim.Answer(0).Tone(440))
		n.Trunk("south", sim.Answer(100*time.Millisecond).Tone(550))
		caller := n.Phone("caller")
		n.Start()
		north.Kill()
		caller.Call(number).For(5 * time.Second)
		n.Ladder(t, "testdata/hunt-icmp.ladder")
		n.Lossy()
	})
}

func TestLadder503(t *testing.T) { hunt(t, "hunt-503.ladder", sim.Refuse(503)) }

func TestLadder408(t *testing.T) { hunt(t, "hunt-408.ladder", sim.Refuse(408)) }

// A person said no: nobody else is rung, the flow answers.
func TestLadder486(t *testing.T) {
	hunt(t, "hunt-486.ladder", sim.RingThenRefuse(100*time.Millisecond, time.Second, 486))
}

func TestLadderProgress(t *testing.T) { hunt(t, "hunt-progress.ladder", sim.Trying()) }

// It answers OPTIONS, and says nothing to an INVITE.
func TestLadderOptionsButNoCalls(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		north := n.Trunk("north", sim.Answer(0))
		n.Trunk("south", sim.Answer(100*time.Millisecond).Tone(550))
		caller := n.Phone("caller")
		n.Start()
		north.Behave(sim.NoCalls())
		caller.Call(number).For(5 * time.Second)
		n.Ladder(t, "testdata/hunt-unheard.ladder")
		n.Lossy()
	})
}

func TestLadderRingTimeout(t *testing.T) {
	hunt(t, "hunt-ring.ladder", sim.Ring(), "timers: {ring: 10s}")
}

// The target that was left after its ring time answers all the same.
func TestLadderAnswerAfterLeaving(t *testing.T) {
	hunt(t, "hunt-late-answer.ladder", sim.LateAnswer(time.Second), "timers: {ring: 10s}")
}

// A redirect is not followed.
func TestLadder302(t *testing.T) {
	hunt(t, "hunt-302.ladder", sim.Behaviour{Replies: []sim.Reply{{Status: 302, Headers: []sim.Header{{Name: "Contact", Value: "<sip:evil@203.0.113.66>"}}}}})
}

func TestLadderCredentials(t *testing.T) {
	for _, algorithm := range []string{"MD5", "SHA-256"} {
		t.Run(algorithm, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				n.Env = map[string]string{"NORTH_PASSWORD": "geheim"}
				n.Trunk("north", sim.Answer(100*time.Millisecond).Tone(440).Challenging(sim.Challenge{
					Status: 407, Realm: "north", User: "wissel", Password: "geheim", Algorithm: algorithm,
				}), "username: wissel", "password: \"${NORTH_PASSWORD}\"")
				n.Phone("caller").Call(number).For(5 * time.Second)
				n.Ladder(t, "testdata/credentials-"+algorithm+".ladder")
				n.Lossy()
			})
		})
	}
}

func TestLadderAllDown(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		north := n.Trunk("north", sim.Answer(0).Tone(440))
		south := n.Trunk("south", sim.Answer(0).Tone(550))
		caller := n.Phone("caller")
		n.Start()
		north.Kill()
		south.Behave(sim.Mute())
		caller.Call(number).For(5 * time.Second)
		n.Ladder(t, "testdata/hunt-all-down.ladder")
		n.Lossy()
	})
}
