package app_test

import (
	"testing"
	"time"

	"wissel/internal/web"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// Somebody is erased while his callback is under way: nobody is rung for it any more, and what came of the attempt holds nothing of him.
// Another is erased after he was called: the records of our own calls to him hold nothing of him either.
func TestWhoIsErasedIsNotRung(t *testing.T) {
	for _, row := range []struct {
		name   string
		desk   sim.Behaviour
		after  time.Duration
		state  string
		called int // how often he was rung in all
	}{
		{"while the desk is rung", sim.Ring(), 5 * time.Second, "calling agent", 0},
		{"once he was called", sim.RingThenAnswer(100*time.Millisecond, time.Second).Tone(440).Pressing(5*time.Second, "1").Pressing(62*time.Second, "1"), 5 * time.Minute, "done", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				t := n.T
				var log lines
				n.Log = &log
				desk := n.Trunk("genesys", row.desk)
				caller := n.Phone("caller")
				caller.Behave(sim.RingThenAnswer(200*time.Millisecond, 3*time.Second).Tone(660).Pressing(12*time.Second, "1").HangupAfter(50 * time.Second))
				n.Plan("flow:storing")
				n.Settings(backDesk)
				caller.Call(simtest.Number).Press(2*time.Second, "2").Press(12*time.Second, "1").For(20 * time.Second)
				<-time.After(row.after)
				op, by := n.Operator(), web.Actor{Who: "anna", From: "test"}
				if all, err := op.Callbacks(t.Context()); err != nil || len(all) != 1 || all[0].State != row.state {
					t.Fatalf("%+v, %v", all, err)
				}
				if where := standsIn(t, n.Store(), him[1:]); len(where) == 0 {
					t.Error("no file holds his number: this test sees nothing")
				}
				ask := web.PersonRequest{Number: him, Reason: "letter"}
				if _, err := op.ErasePerson(t.Context(), ask, by); err != nil {
					t.Fatal(err)
				}
				<-time.After(30 * time.Minute)
				if d, c := len(desk.Ledger().Calls), len(caller.Ledger().Calls)-1; d != 1 || c != row.called {
					t.Errorf("the desk was rung %d times, he %d times", d, c)
				}
				if all, err := op.Callbacks(t.Context()); err != nil || len(all) != 0 {
					t.Errorf("%+v, %v", all, err)
				}
				p, err := op.ShowPerson(t.Context(), ask, by)
				if err != nil || len(p.Tables) != 0 {
					t.Errorf("%+v, %v", p, err)
				}
				n.Stop()
				if where := standsIn(t, n.Store(), him[3:]); len(where) > 0 {
					t.Errorf("his number stands in %v", where)
				}
				if where := log.lineWith(him[3:]); where != "" {
					t.Errorf("the log has his number: %s", where)
				}
			})
		})
	}
}
