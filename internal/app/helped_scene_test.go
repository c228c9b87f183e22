package app_test

import (
	"slices"
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

// A platform says by a header that a person took the call: in whatever message of it, and only in the one that the settings name. His
// callback is cancelled while he still talks, and nothing is said to his carrier.
func TestAHeaderCancelsTheCallbackOfWhoGotThrough(t *testing.T) {
	queue := sim.Answer(100 * time.Millisecond).Tone(440)
	with := func(name, value string) sim.Behaviour {
		b := queue
		b.Replies = slices.Clone(b.Replies)
		b.Replies[len(b.Replies)-1].Headers = []sim.Header{{Name: name, Value: value}}
		return b
	}
	for _, row := range []struct {
		name, reached string
		genesys       sim.Behaviour
		want          int // open callbacks of his after 20 s of a call
	}{
		{"an INFO", "X-Agent", queue.Telling(10*time.Second, "INFO", "X-Agent", "7001"), 0},
		{"an UPDATE", "X-Agent", queue.Telling(10*time.Second, "UPDATE", "x-agent", "7001"), 0},
		{"its own 200", "X-Agent", with("X-Agent", "7001"), 0},
		{"its BYE", "X-Agent", queue.Telling(10*time.Second, "BYE", "X-Agent", "7001"), 0},
		{"the value that was named", "X-State: agent", queue.Telling(10*time.Second, "INFO", "X-State", "Agent"), 0},
		{"another value", "X-State: agent", queue.Telling(10*time.Second, "INFO", "X-State", "queue"), 1},
		{"an empty one", "X-Agent", queue.Telling(10*time.Second, "INFO", "X-Agent", ""), 1},
		{"another header", "X-Agent", queue.Telling(10*time.Second, "INFO", "X-Queue", "7001"), 1},
		{"none is named", "", queue.Telling(10*time.Second, "INFO", "X-Agent", "7001"), 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				t := n.T
				extra := ""
				if row.reached != "" {
					extra = `reached: "` + row.reached + `"`
				}
				n.Trunk("genesys", row.genesys, extra)
				caller := n.Phone("caller")
				n.Start()
				op, by := n.Operator(), web.Actor{Who: "anna"}
				rows := []web.CallbackShown{{Callback: web.Callback{Group: "support", Number: "+31612345678"}}, {Callback: web.Callback{Group: "support", Number: "+31612345679"}}}
				if done, err := op.ImportCallbacks(t.Context(), web.Import{Rows: rows, Reason: "paper"}, by); err != nil || done.Taken != 2 {
					t.Fatalf("%+v, %v", done, err)
				}
				caller.Call(simtest.Number).Hangup(time.Minute).Go()
				<-time.After(20 * time.Second)
				if r, err := op.Release(t.Context(), "support"); err != nil || r.Open != 1+row.want {
					t.Errorf("%+v, %v", r, err)
				}
				<-time.After(time.Minute)
			})
		})
	}
}
