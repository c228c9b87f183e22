package sip_test

import (
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// What answered calls tell health of a target that answers OPTIONS and INVITE all the while (FAULTS F7).
func TestATargetThatIsNotHeard(t *testing.T) {
	mute := sim.Answer(10 * time.Millisecond).WithoutRTP()
	for _, row := range []struct {
		name   string
		north  sim.Behaviour
		calls  int
		change func(n *simtest.Net, d *sim.Dial)
		state  string
		why    string
	}{
		{"it answers three callers and sends no sound", mute, 3, nil, "down", "3 calls without audio"},
		{"it does so to one", mute, 1, nil, "suspect", "1 call without audio"},
		{"the callers are not heard either", mute, 3, func(_ *simtest.Net, d *sim.Dial) { d.Plays.NoRTP = true }, "up", ""},
		{"media does not pass through us", mute, 3, func(n *simtest.Net, _ *sim.Dial) { n.Direct() }, "up", ""},
		{"it holds each call at once", sim.Answer(10*time.Millisecond).WithoutRTP().HoldAfter(100*time.Millisecond, 0), 3, nil, "up", ""},
		{"it speaks", sim.Answer(10 * time.Millisecond).Tone(440), 3, nil, "up", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				n.Trunk("north", row.north)
				n.Trunk("south", sim.Answer(10*time.Millisecond).Tone(550))
				caller := n.Phone("caller")
				for range row.calls {
					caller.Call(number).With(func(d *sim.Dial) {
						if row.change != nil {
							row.change(n, d)
						}
					}).Hangup(20 * time.Second).Go()
				}
				<-time.After(10*time.Millisecond + 3*time.Second)
				state, why := n.Health("north")
				if state != row.state || !strings.Contains(why, row.why) {
					t.Errorf("3 s after the answer it is %s: %s", state, why)
				}
			})
		})
	}
}

// The same of a callback, whose two sides are each other's witnesses once they are joined: before that nobody's silence means anything.
func TestASideOfACallbackThatIsNotHeard(t *testing.T) {
	agent, home := taking(5*time.Second), sim.Answer(time.Second).Tone(660).Pressing(12*time.Second, "1").HangupAfter(50*time.Second)
	for _, row := range []struct {
		name         string
		genesys, kpn sim.Behaviour
		desk, home   string
	}{
		{"both are heard", agent, home, "up", "up"},
		{"the desk's voice is lost in the talk", agent.QuietAfter(25 * time.Second), home, "suspect", "up"},
		{"the customer's is", agent, home.QuietAfter(20 * time.Second), "up", "suspect"},
		{"neither is heard any more", agent.QuietAfter(26 * time.Second), home.QuietAfter(20 * time.Second), "up", "up"},
		{"the customer is silent while he hears who calls", agent, home.QuietAfter(13 * time.Second).WithoutKeys(), "up", "up"},
	} {
		t.Run(row.name, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				if row.home == row.desk && row.kpn.NoKeys {
					row.kpn.Keys = nil // he presses nothing, and they are never joined
				}
				n.Trunk(string(desk), row.genesys)
				n.Phone("kpn").Behave(row.kpn)
				n.Start()
				done := make(chan struct{})
				go func() {
					defer close(done)
					n.Callback(n.T.Context(), wissel.CallbackJob{Desk: wissel.Desk{Trunk: desk, To: "7001"}, Over: []wissel.TrunkID{"kpn"}})
				}()
				<-time.After(32 * time.Second)
				a, why := n.Health(string(desk))
				b, why2 := n.Health("kpn")
				if a != row.desk || b != row.home {
					t.Errorf("the desk is %s (%s), and the carrier %s (%s)", a, why, b, why2)
				}
				<-done
			})
		})
	}
}

// Many calls of one platform that end within two seconds (FAULTS F9).
func TestManyCallsEndAtOnce(t *testing.T) {
	const all = 60
	for _, row := range []struct {
		name   string
		reason string
		part   int // of 100, that end so
		up     bool
	}{
		{"everybody hangs up at five", "Q.850;cause=16;text=\"normal clearing\"", 100, true},
		{"a third is dropped by a fault", "Q.850;cause=41;text=\"temporary failure\"", 35, false},
		{"few are dropped by a fault", "Q.850;cause=41;text=\"temporary failure\"", 2, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				north := n.Trunk("north", sim.Answer(time.Millisecond))
				n.Trunk("south", sim.Answer(time.Millisecond))
				caller := n.Phone("caller")
				n.Start()
				for i := range all {
					b := sim.Answer(time.Millisecond).WithoutRTP()
					if i*100 < row.part*all {
						b = b.HangupAfter(20*time.Second - time.Duration(i)*5*time.Millisecond)
						b.Reason = row.reason
					}
					north.Behave(b)
					caller.Call(number).With(func(d *sim.Dial) { d.Plays.NoRTP = true }).Hangup(60 * time.Second).Go()
					<-time.After(10 * time.Millisecond)
				}
				<-time.After(20 * time.Second)
				if state, why := n.Health("north"); (state == "up") != row.up {
					t.Errorf("it is %s: %s", state, why)
				}
			})
		})
	}
}
