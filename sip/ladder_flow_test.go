package sip_test

import (
	"slices"
	"strings"
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

// waits is a caller who hears the message again and again, until the offer of a colleague comes, and takes it.
func waits(p *simtest.Phone) *simtest.Call {
	c := p.Call(number)
	for i := range 11 {
		c.Press(time.Duration(i+1)*12*time.Second, "3")
	}
	return c.Press(147*time.Second, "1")
}

// The platform comes back while a caller is in the flow: he is offered a colleague, presses 1, and talks to him.
func TestBackToAColleague(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		north := n.Trunk("north", sim.Answer(time.Second).Tone(440))
		n.Plan("north", "flow:storing")
		caller := n.Phone("caller")
		n.Start()
		north.Behave(sim.Mute())
		c := waits(caller).Go()
		<-time.After(10 * time.Second)
		north.Behave(sim.Answer(time.Second).Tone(440))
		<-time.After(5 * time.Second)
		n.Phone("caller").Call(number).For(5 * time.Second) // a call finds out that it takes calls again
		<-time.After(170 * time.Second)
		c.Sim().Hangup("")
		c.Wait()
		<-time.After(5 * time.Second) // the records are written
		if got := n.Outcome(); strings.Count(got, "record: answered, 200, north") != 2 || !strings.Contains(got, "hears a voice, hears 440 Hz") || strings.Count(got, "north is called: 200, hears 660 Hz") != 2 {
			t.Errorf("%s", got)
		}
	})
}

// A colleague's telephone rings for a while: the caller hears it ringing until the colleague is heard, and not after that. A platform
// that answers and ends the call at once ends it for him too: he was taken, and nobody is rung twice.
func TestBackToATelephoneThatRings(t *testing.T) {
	for _, row := range []struct {
		name  string
		plays sim.Behaviour
		heard time.Duration // after key 1
		ended string
	}{
		{"it is answered after 12 s", sim.RingThenAnswer(100*time.Millisecond, 12*time.Second).Tone(440), 12 * time.Second, "caller: BYE"},
		{"it speaks after 3 s, before it answers", sim.EarlyMedia(3*time.Second, 12*time.Second).Tone(440), 3 * time.Second, "caller: BYE"},
		{"it answers, and hangs up", sim.RingThenAnswer(100*time.Millisecond, 8*time.Second).Tone(440).HangupAfter(time.Second), 8 * time.Second, "callee: BYE"},
	} {
		t.Run(row.name, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				t := n.T
				north := n.Trunk("north", sim.Answer(0).Tone(440))
				n.Plan("north", "flow:storing")
				caller := n.Phone("caller")
				n.Start()
				north.Behave(sim.Mute())
				c := waits(caller).Go()
				<-time.After(10 * time.Second)
				north.Behave(sim.Answer(time.Second).Tone(440))
				<-time.After(5 * time.Second)
				n.Phone("caller").Call(number).For(5 * time.Second)
				<-time.After(60 * time.Second)
				north.Behave(row.plays)
				<-time.After(110 * time.Second)
				c.Sim().Hangup("")
				r := c.Wait()
				<-time.After(5 * time.Second)
				var last, colleague time.Time // of what is no colleague; the first of him
				for _, s := range r.Sounds {
					if s.Hz != 440 {
						last = s.Until
					} else if colleague.IsZero() {
						colleague = s.Since
					}
				}
				if wait := colleague.Sub(last); colleague.IsZero() || wait < -500*time.Millisecond || wait > 5*time.Second {
					t.Errorf("the last that he heard before the colleague was %v sooner: %+v", wait, r.Sounds)
				}
				if late := colleague.Sub(r.Answered.Add(147*time.Second + row.heard)); late < 0 || late > time.Second {
					t.Errorf("the colleague was heard %v late: %+v", late, r.Sounds)
				}
				if got := n.Outcome(); !strings.Contains(got, "record: answered, 200, north, ended by "+row.ended) || strings.Count(got, "north is called") != 2 {
					t.Errorf("%s", got)
				}
			})
		})
	}
}

// Nobody takes him: he is in the flow again, where he was, and not at its beginning.
func TestBackToNobody(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		north := n.Trunk("north", sim.Answer(0).Tone(440))
		n.Plan("north", "flow:storing")
		caller := n.Phone("caller")
		n.Start()
		north.Behave(sim.Mute())
		c := waits(caller).Press(155*time.Second, "2").Press(170*time.Second, "1").Go()
		<-time.After(10 * time.Second)
		north.Behave(sim.Answer(time.Second).Tone(440))
		<-time.After(5 * time.Second)
		n.Phone("caller").Call(number).For(5 * time.Second)
		<-time.After(120 * time.Second)
		north.Behave(sim.Refuse(480))
		<-time.After(70 * time.Second)
		c.Sim().Hangup("")
		c.Wait()
		<-time.After(5 * time.Second)
		if w := n.Wishes(); len(w) != 1 || !slices.Contains(w[0].Choices, "colleague=1") { // what he chose before is forgotten by a flow that begins anew
			t.Errorf("wishes: %+v", w)
		}
		if got := n.Outcome(); !strings.Contains(got, "north is called: 480") || !strings.Contains(got, "record: attended, 200, flow:storing, ended by wissel: the flow ended, flow ended\nwish: callback, +31612345678") {
			t.Errorf("%s", got)
		}
	})
}

// A caller hides his number, and the carrier gave it to us: he lets us call it back, and it is in his wish alone.
func TestAHiddenCallerLetsUsCallBack(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Plan("flow:storing")
		n.Phone("caller").Call(number).With(func(d *sim.Dial) {
			d.From = "anonymous"
			d.Headers = []sim.Header{{Name: "P-Asserted-Identity", Value: "<sip:+31201112233@carrier.example>"}, {Name: "Privacy", Value: "id"}}
		}).Press(8*time.Second, "1").Press(25*time.Second, "2").Press(45*time.Second, "1").For(60 * time.Second)
		<-time.After(5 * time.Second)
		wishes, cdrs := n.Wishes(), n.CDRs()
		if len(wishes) != 1 || wishes[0].Number != "+31201112233" || !wishes[0].Hidden {
			t.Errorf("wishes: %+v", wishes)
		}
		if len(cdrs) != 1 || cdrs[0].From != "" {
			t.Errorf("records: %+v", cdrs)
		}
	})
}
