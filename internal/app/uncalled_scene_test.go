package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/app"
	"wissel/internal/sms"
	"wissel/internal/web"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// textable are the settings of a group whose callers have texts, by a provider that nobody serves; callbacks go to a queue, and end after
// ten minutes.
func textable(t *testing.T, more string) string {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "north.secret")
	if err := os.WriteFile(secret, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	return "    desk: {trunk: genesys, queue: \"7001\"}\n    callbacks: {over: [caller], attempts: 1, gaps: [5m], hours: \"24/7\", horizon: 10m, agents: 1}\n" +
		"    texts: {providers: [north], " + more + "name: Klantenservice}\n" +
		"texts:\n  providers:\n    north: {smpp: {address: \"127.0.0.1:9\", system_id: wissel, password: \"file:" + secret + "\"}}"
}

// Who was not reached has a text of it, and who was not called in time another, in his own language; a landline goes to people.
func TestWhoIsNotCalledBackHasAText(t *testing.T) {
	settings := textable(t, "sender: Support, ")
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Phone("caller").Behave(sim.Ring())
		n.Trunk("genesys", sim.Answer(0).Tone(440).Pressing(5*time.Second, "1").HangupAfter(100*time.Second))
		n.Plan("flow:storing")
		n.Settings(settings)
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

// A STOP ends what he asked for before it: who asks by key after it is told that nobody called, and another who did not is not.
func TestAWishAfterAStopIsTold(t *testing.T) {
	settings := textable(t, "sender: Support, ")
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Phone("caller")
		n.Trunk("genesys", sim.Answer(0))
		n.Plan("flow:storing")
		n.Settings(settings)
		n.Start()
		op, by := n.Operator(), web.Actor{Who: "anna"}
		if _, err := op.Pause(t.Context(), web.ReleaseRequest{Group: "support", Reason: "lunch"}, by); err != nil {
			t.Fatal(err)
		}
		const later, never = "+31612340001", "+31612340002"
		ask := func(numbers ...string) {
			t.Helper()
			rows := []web.CallbackShown{}
			for _, number := range numbers {
				rows = append(rows, web.CallbackShown{Callback: web.Callback{Group: "support", Number: number}})
			}
			if done, err := op.ImportCallbacks(t.Context(), web.Import{Rows: rows, Reason: "paper"}, by); err != nil || done.Taken != len(numbers) {
				t.Fatalf("%+v, %v", done, err)
			}
		}
		ask(later, never)
		<-time.After(time.Minute)
		for _, number := range []wissel.Number{later, never} {
			if err := op.(*app.App).Texted(t.Context(), sms.Received{Provider: "north", ID: string(number), From: number, To: "Support", Body: "STOP", At: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(time.Minute)
		ask(later)
		<-time.After(12 * time.Minute)
		texts, err := op.Texts(t.Context(), web.TextQuery{Purpose: "missed"})
		if err != nil || len(texts) != 1 || !strings.HasSuffix(texts[0].Number, "0001") {
			t.Errorf("%+v, %v", texts, err)
		}
	})
}
