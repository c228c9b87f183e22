package sip_test

import (
	"testing"
	"time"

	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// repeated makes a datagram of that kind come many times (FAULTS F12), or never (copies -1).
func repeated(n *simtest.Net, from *sim.Party, summary string, copies int) {
	n.Fate = func(d sim.Datagram) sim.Fate {
		m, err := sim.Read(d.Data)
		if err != nil || d.From != from.Addr() || m.Summary() != summary {
			return sim.Fate{}
		}
		return sim.Fate{Lost: copies < 0, Copies: max(copies, 0)}
	}
}

// The caller's ACK never comes: the 200 is repeated for 32 s, then both legs get BYE (FAULTS F14).
func TestLadderNoAck(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Trunk("north", sim.Answer(100*time.Millisecond).Tone(440))
		caller := n.Phone("caller")
		repeated(n, caller.Party, "ACK", -1)
		caller.Call(number).Wait()
		n.Ladder(t, "testdata/no-ack.ladder")
	})
}

// Everything that a peer may repeat, it repeats ten times: each 200 gets its ACK again, and nothing else comes of it.
func TestLadderRepeats(t *testing.T) {
	for _, tt := range []struct{ who, summary string }{
		{"caller", "INVITE"}, {"caller", "ACK"}, {"caller", "BYE"}, {"north", "180 INVITE"}, {"north", "200 INVITE"}, {"north", "200 BYE"},
	} {
		t.Run(tt.who+" "+tt.summary, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				north := n.Trunk("north", sim.RingThenAnswer(100*time.Millisecond, time.Second).Tone(440))
				caller := n.Phone("caller")
				from := map[string]*sim.Party{"caller": caller.Party, "north": north}[tt.who]
				repeated(n, from, tt.summary, 9)
				caller.Call(number).For(3 * time.Second)
				const want = "north is called: 200, rings, hears 660 Hz, ended by wissel\n" +
					"caller calls: 200, hears 440 Hz, ended by caller\n" +
					"record: answered, 200, north, ended by caller: BYE\n"
				n.CDRs()
				if got := n.Outcome(); got != want {
					t.Errorf("got:\n%swant:\n%s", got, want)
				}
			})
		})
	}
}

// Twenty provisional responses, of two far dialogs by turns (FAULTS F13).
func TestLadderManyProvisionals(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		var b sim.Behaviour
		for i := range 20 {
			b.Replies = append(b.Replies, sim.Reply{After: time.Duration(i+1) * 100 * time.Millisecond, Status: 180 + 3*(i%2), Tag: i % 2, SDP: i%2 == 1})
		}
		b.Replies = append(b.Replies, sim.Reply{After: 3 * time.Second, Status: 200, Tag: 1, SDP: true})
		n.Trunk("north", b.Tone(440))
		n.Phone("caller").Call(number).For(3 * time.Second)
		n.Ladder(t, "testdata/many-provisionals.ladder")
	})
}

// A refusal that comes a thousand times is acknowledged and is heard once.
func TestLadderRefusalStorm(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		north := n.Trunk("north", sim.Refuse(503))
		n.Trunk("south", sim.Answer(100*time.Millisecond).Tone(550))
		repeated(n, north, "503 INVITE", 999)
		if r := n.Phone("caller").Call(number).For(3 * time.Second); r.Status != 200 {
			t.Errorf("the caller got %d", r.Status)
		}
		if l := north.Ledger(); l.Taken() != 1 {
			t.Errorf("north got %d calls", l.Taken())
		}
	})
}

// Many callers at once while the platform dies: nobody is lost, and after the first ones nobody waits (FAULTS F1, F2).
func TestManyCallersWhileAPlatformDies(t *testing.T) {
	for _, how := range []string{"silent", "killed"} {
		t.Run(how, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				north := n.Trunk("north", sim.Answer(10*time.Millisecond).Tone(440))
				n.Trunk("south", sim.Answer(10*time.Millisecond).Tone(550))
				caller := n.Phone("caller")
				n.Shards = 3
				n.Start()
				var calls []*simtest.Call
				for i := range 300 { // 100 a second
					if i == 100 {
						if how == "silent" {
							north.Behave(sim.Mute())
						} else {
							north.Kill()
						}
					}
					calls = append(calls, caller.Call(number).With(func(d *sim.Dial) { d.Plays.NoRTP = true }).Hangup(time.Second).Go())
					<-time.After(10 * time.Millisecond)
				}
				late := 0
				for i, c := range calls {
					r := c.Wait()
					if r.Status != 200 {
						t.Errorf("call %d got %d", i, r.Status)
					}
					if setup := r.Setup(); setup > 600*time.Millisecond {
						t.Errorf("call %d waited %v", i, setup)
					} else if setup > 50*time.Millisecond {
						late++
					}
				}
				if late > map[string]int{"silent": 55, "killed": 3}[how] {
					t.Errorf("%d calls were late", late)
				}
				north.Behave(sim.Behaviour{}) // it speaks again, so that its dead legs get their due
				if got := len(n.CDRs()); got != len(calls) {
					t.Errorf("%d records of %d calls", got, len(calls))
				}
			})
		})
	}
}
