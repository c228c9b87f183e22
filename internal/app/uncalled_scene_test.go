package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel/internal/web"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// Who was not reached has a text of it, and who was not called in time another, in his own language; a landline goes to people.
func TestWhoIsNotCalledBackHasAText(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "north.secret")
	if err := os.WriteFile(secret, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Phone("caller").Behave(sim.Ring())
		n.Trunk("genesys", sim.Answer(0).Tone(440).Pressing(5*time.Second, "1").HangupAfter(100*time.Second))
		n.Plan("flow:storing")
		n.Settings("    desk: {trunk: genesys, queue: \"7001\"}\n    callbacks: {over: [caller], attempts: 1, gaps: [5m], hours: \"24/7\", horizon: 10m, agents: 1}\n" +
			"    texts: {providers: [north], sender: Support, name: Klantenservice}\n" +
			"texts:\n  providers:\n    north: {smpp: {address: \"127.0.0.1:9\", system_id: wissel, password: \"file:" + secret + "\"}}")
		n.Start()
		op := n.Operator()
		rows := []web.CallbackShown{}
		for _, number := range []string{"+31612340001", "+31612340002", "+31201110003"} {
			rows = append(rows, web.CallbackShown{Callback: web.Callback{Group: "support", Number: number, Language: "en"}})
		}
		by := web.Actor{Who: "anna"}
		if done, err := op.ImportCallbacks(t.Context(), web.Import{Rows: rows, Reason: "paper"}, by); err != nil || done.Taken != 3 {
			t.Fatalf("%+v, %v", done, err)
		}
		<-time.After(30 * time.Second) // the first is under way
		if _, err := op.Pause(t.Context(), web.ReleaseRequest{Group: "support", Reason: "lunch"}, by); err != nil {
			t.Fatal(err)
		}
		<-time.After(12 * time.Minute)
		states := map[string]int{}
		all, err := op.Callbacks(t.Context())
		for _, one := range all {
			states[one.State]++
		}
		texts, err2 := op.Texts(t.Context(), web.TextQuery{Purpose: "missed"})
		if err != nil || err2 != nil || len(texts) != 2 || states["missed"] != 1 || states["expired"] != 1 || states["by hand"] != 1 {
			t.Errorf("%v, %d texts: %+v, %v, %v", states, len(texts), texts, err, err2)
		}
		for _, one := range texts {
			if one.Language != "en" || strings.Contains(one.Number, "234000") {
				t.Errorf("%+v", one)
			}
		}
	})
}
