package app_test

import (
	"testing"
	"time"

	"wissel"
	"wissel/internal/web"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

const backDesk = "    desk: {trunk: genesys, queue: \"7001\"}\n    callbacks: {over: [caller], gaps: [5m], hours: \"24/7\"}"

// From the wish in the flow to both who talk, over the wire: he asks, hangs up, the desk is rung and presses 1, he is rung and presses 1,
// and the agent's key closes it.
func TestAWishBecomesACall(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		genesys := n.Trunk("genesys", sim.RingThenAnswer(100*time.Millisecond, time.Second).Tone(440).Pressing(5*time.Second, "1").Pressing(62*time.Second, "1"))
		caller := n.Phone("caller")
		caller.Behave(sim.RingThenAnswer(200*time.Millisecond, 3*time.Second).Tone(660).Pressing(12*time.Second, "1").HangupAfter(50 * time.Second))
		n.Plan("flow:storing")
		n.Settings(backDesk)
		caller.Call(simtest.Number).Press(2*time.Second, "2").Press(12*time.Second, "1").For(20 * time.Second)
		<-time.After(5 * time.Minute)
		all, err := n.Operator().Callbacks(t.Context())
		if err != nil || len(all) != 1 || all[0].State != "done" || all[0].Why != "the agent pressed 1" {
			t.Fatalf("%+v, %v", all, err)
		}
		desk, home := genesys.Ledger().Calls, caller.Ledger().Calls
		if len(desk) != 1 || len(home) != 2 || desk[0].To != "7001" || home[1].To != "+31612345678" {
			t.Errorf("the desk was rung %d times, he %d times with his own call", len(desk), len(home))
		}
		back := 0
		for _, c := range n.CDRs() {
			if c.Callback == all[0].ID {
				back++
			}
		}
		if back != 2 {
			t.Errorf("%d records name the callback", back)
		}
	})
}

// A queue that answers and never connects takes no customer; wissel is stopped, started, and goes on; he is called once.
func TestACallbackOutlivesARestart(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		genesys := n.Trunk("genesys", sim.Answer(0).Tone(440))
		caller := n.Phone("caller")
		caller.Behave(sim.RingThenAnswer(200*time.Millisecond, time.Second).Tone(660).Pressing(9*time.Second, "1").HangupAfter(60 * time.Second))
		n.Plan("flow:storing")
		n.Settings(backDesk)
		caller.Call(simtest.Number).Press(2*time.Second, "2").Press(12*time.Second, "1").For(20 * time.Second)
		<-time.After(8*time.Minute + 30*time.Second) // between two attempts
		before := len(genesys.Ledger().Calls)
		if before < 3 || before > 8 || len(caller.Ledger().Calls) != 1 {
			t.Errorf("in eight minutes the queue was rung %d times, he %d times", before, len(caller.Ledger().Calls)-1)
		}
		n.Restart()
		genesys.Behave(sim.RingThenAnswer(100*time.Millisecond, time.Second).Tone(440).Pressing(5*time.Second, "1"))
		<-time.After(20 * time.Minute)
		all, err := n.Operator().Callbacks(t.Context())
		if err != nil || len(all) != 1 || all[0].State != "done" || len(caller.Ledger().Calls) != 2 {
			t.Errorf("%+v, %v; he was rung %d times", all, err, len(caller.Ledger().Calls)-1)
		}
	})
}

// An operator takes it back while the desk is rung: nobody is rung for it any more.
func TestACallbackIsTakenBackInFlight(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		genesys := n.Trunk("genesys", sim.Ring())
		caller := n.Phone("caller")
		n.Plan("flow:storing")
		n.Settings(backDesk)
		caller.Call(simtest.Number).Press(2*time.Second, "2").Press(12*time.Second, "1").For(20 * time.Second)
		<-time.After(5 * time.Second)
		op := n.Operator()
		all, err := op.Callbacks(t.Context())
		if err != nil || len(all) != 1 || all[0].State != "calling agent" {
			t.Fatalf("%+v, %v", all, err)
		}
		if _, err := op.CloseCallback(t.Context(), all[0].ID, "cancelled", web.ReadRequest{Reason: "he mailed"}, web.Actor{Who: "anna"}); err != nil {
			t.Fatal(err)
		}
		<-time.After(30 * time.Minute)
		if c := genesys.Ledger().Calls; len(c) != 1 || len(caller.Ledger().Calls) != 1 {
			t.Errorf("the desk was rung %d times, he %d times", len(c), len(caller.Ledger().Calls)-1)
		}
		var number wissel.Number = "+31612345678"
		if all, err := op.Callbacks(t.Context()); err != nil || all[0].State != "cancelled" || all[0].Number == string(number) {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// Whoever stops wissel while the customer hears who calls: both have their BYE, what came of it is kept, and after the start he is called
// again, before others, and once.
func TestACallbackOutlivesAStopInItsMiddle(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		genesys := n.Trunk("genesys", sim.RingThenAnswer(100*time.Millisecond, time.Second).Tone(440).Pressing(5*time.Second, "1"))
		caller := n.Phone("caller")
		caller.Behave(sim.RingThenAnswer(200*time.Millisecond, time.Second).Tone(660))
		n.Plan("flow:storing")
		n.Settings(backDesk)
		caller.Call(simtest.Number).Press(2*time.Second, "2").Press(12*time.Second, "1").For(20 * time.Second)
		<-time.After(10 * time.Second)
		n.Restart()
		<-time.After(100 * time.Millisecond)
		desk, home := genesys.Ledger().Calls, caller.Ledger().Calls
		if len(desk) < 1 || len(home) < 2 || desk[0].Alive || home[1].Alive || home[1].Answered.IsZero() {
			t.Fatalf("the stop left the desk with %+v and him with %+v", desk, home)
		}
		caller.Behave(sim.RingThenAnswer(200*time.Millisecond, time.Second).Tone(660).Pressing(9*time.Second, "1").HangupAfter(60 * time.Second))
		<-time.After(5 * time.Minute)
		op := n.Operator()
		all, err := op.Callbacks(t.Context())
		if err != nil || len(all) != 1 || all[0].State != "done" || len(caller.Ledger().Calls) != 3 {
			t.Fatalf("%+v, %v; he was rung %d times", all, err, len(caller.Ledger().Calls)-1)
		}
		one, err := op.Callback(t.Context(), all[0].ID)
		if err != nil || len(one.Attempts) != 2 || one.Attempts[0].Outcome != "stopped" || one.Attempts[1].Outcome != "talked" {
			t.Errorf("%+v, %v", one.Attempts, err)
		}
	})
}
