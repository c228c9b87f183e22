package sip_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

var scenes = flag.Int("scenes", 60, "how many scenes TestWhateverHappens plays")

// Whatever two platforms, the caller and the network do: the caller gets one final answer, at most one telephone rings,
// no leg is left, no rule of SIP is broken (simtest looks for these two in every scene) and there is one record.
func TestWhateverHappens(t *testing.T) {
	for seed := range *scenes {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) { whatever(n, rand.New(rand.NewPCG(uint64(seed), 1))) })
		})
	}
}

func whatever(n *simtest.Net, chance *rand.Rand) {
	n.Fate = func(d sim.Datagram) (f sim.Fate) {
		// A provisional response is sent once. While it is missing wissel cannot know that a telephone rings, nor may it send
		// CANCEL (RFC 3261 §9.1). The ladders lose each of them; here a second ring would be nobody's fault.
		m, err := sim.Read(d.Data)
		once := err != nil || m.Status/100 == 1
		switch chance.IntN(25) {
		case 0:
			f.Lost = !once
		case 1:
			f.Copies = 1
		case 2:
			if late := time.Duration(chance.IntN(300)) * time.Millisecond; !once {
				f.Late = late
			}
		}
		return f
	}
	if chance.IntN(2) == 0 {
		n.Direct()
	}
	n.Shards = 1 + chance.IntN(3)
	north := n.Trunk("north", anyBehaviour(chance).Tone(440), "timers: {ring: 8s}")
	south := n.Trunk("south", anyBehaviour(chance).Tone(550), "timers: {ring: 8s}")
	call := n.Phone("caller").Call(number)
	if chance.IntN(4) == 0 {
		call.Late()
	}
	if chance.IntN(3) == 0 {
		call.Hold(time.Duration(chance.IntN(3000))*time.Millisecond, time.Duration(3000+chance.IntN(3000))*time.Millisecond)
	}
	if chance.IntN(3) == 0 {
		call.With(func(d *sim.Dial) { d.Cancel = time.Duration(1 + chance.IntN(int(12*time.Second))) })
	}
	n.Start()
	if chance.IntN(6) == 0 {
		north.Kill()
	}
	r := call.Hangup(time.Duration(1 + chance.IntN(int(10*time.Second)))).Wait()
	if r.Status == 0 {
		n.T.Errorf("the caller got no final answer: %+v", r)
	}
	if rang := north.Ledger().Rings() + south.Ledger().Rings(); rang > 1 {
		n.T.Errorf("%d telephones rang", rang)
	}
	if cdrs := n.CDRs(); len(cdrs) != 1 {
		n.T.Errorf("there are %d records: %+v", len(cdrs), cdrs)
	}
}

func anyBehaviour(chance *rand.Rand) sim.Behaviour {
	ms := func(limit int) time.Duration { return time.Duration(1+chance.IntN(limit)) * time.Millisecond }
	ring := ms(1000)
	switch chance.IntN(12) {
	case 0:
		return sim.Answer(ms(1000))
	case 1:
		return sim.RingThenAnswer(ring, ring+ms(4000))
	case 2:
		return sim.EarlyMedia(ring, ring+ms(4000))
	case 3:
		return sim.Forked(ring, ring+ms(1000), ring+1000*time.Millisecond+ms(2000))
	case 4:
		return sim.Ring()
	case 5:
		return sim.Trying()
	case 6:
		return sim.LateAnswer(ms(1000))
	case 7:
		return sim.Mute()
	case 8:
		return sim.RingThenRefuse(ring, ring+ms(2000), []int{486, 603, 503, 480}[chance.IntN(4)])
	case 9:
		return sim.RingThenAnswer(ring, ring+ms(2000)).HangupAfter(ms(4000))
	case 10:
		return sim.Answer(ms(500)).HoldAfter(ms(3000), 3*time.Second+ms(3000))
	default:
		return sim.Refuse([]int{302, 404, 408, 480, 486, 488, 500, 503, 600, 603}[chance.IntN(10)])
	}
}
