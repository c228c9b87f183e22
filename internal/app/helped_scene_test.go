package app_test

import (
	"testing"
	"time"

	"wissel/internal/web"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// Who spoke for three minutes with a person needs no callback any more; a queue that answers, and a short call, cancel nothing.
func TestOnlyWhoGotThroughIsNotCalledBack(t *testing.T) {
	for _, row := range []struct {
		name, trunk string
		talks       time.Duration
		want        int // open callbacks of his
	}{
		{"three minutes with a person", "person: true", 181 * time.Second, 0},
		{"less", "person: true", 170 * time.Second, 1},
		{"twenty minutes in a queue that answered", "person: false", 20 * time.Minute, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				t := n.T
				n.Trunk("genesys", sim.RingThenAnswer(100*time.Millisecond, 5*time.Second).Tone(440), row.trunk)
				caller := n.Phone("caller")
				n.Start()
				op, by := n.Operator(), web.Actor{Who: "anna"}
				rows := []web.CallbackShown{{Callback: web.Callback{Group: "support", Number: "+31612345678"}}, {Callback: web.Callback{Group: "support", Number: "+31612345679"}}}
				if done, err := op.ImportCallbacks(t.Context(), web.Import{Rows: rows, Reason: "paper"}, by); err != nil || done.Taken != 2 {
					t.Fatalf("%+v, %v", done, err)
				}
				caller.Call(simtest.Number).For(row.talks)
				<-time.After(10 * time.Second)
				if r, err := op.Release(t.Context(), "support"); err != nil || r.Open != 1+row.want {
					t.Errorf("%+v, %v", r, err)
				}
			})
		})
	}
}
