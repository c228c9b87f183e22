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
		if _, err := op.Resume(t.Context(), web.ReleaseRequest{Group: "support", Reason: "back"}, by); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * time.Minute) // the last call is made, and nobody answers it
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

// A landline that nobody could call in time is rung once more, though the desk's platform is gone and the desk closed, and told so; a crash
// in the middle of it rings once more, and no oftener.
func TestALandlineIsToldByALastCall(t *testing.T) {
	settings := textable(t, "sender: Support, ")
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		caller := n.Phone("caller")
		caller.Behave(sim.RingThenAnswer(200*time.Millisecond, time.Second).Tone(660))
		genesys := n.Trunk("genesys", sim.Mute())
		n.Plan("flow:storing")
		n.Settings(settings)
		n.Start()
		op, by := n.Operator(), web.Actor{Who: "anna"}
		rows := []web.CallbackShown{{Callback: web.Callback{Group: "support", Number: "+31201110003"}}, {Callback: web.Callback{Group: "support", Number: "+31201110004"}}}
		if done, err := op.ImportCallbacks(t.Context(), web.Import{Rows: rows, Reason: "paper"}, by); err != nil || done.Taken != 2 {
			t.Fatalf("%+v, %v", done, err)
		}
		<-time.After(9 * time.Minute)
		for range 150 { // until he hears it
			if len(caller.Ledger().Calls) > 0 && !caller.Ledger().Calls[0].Answered.IsZero() {
				break
			}
			<-time.After(time.Second)
		}
		<-time.After(5 * time.Second)
		n.Restart()
		op = n.Operator()
		<-time.After(5 * time.Minute)
		all, err := op.Callbacks(t.Context())
		calls := caller.Ledger().Calls
		if err != nil || len(all) != 2 || all[0].State != "expired" || all[1].State != "expired" || !strings.Contains(all[0].Why, "told him so") || len(calls) != 3 || len(genesys.Ledger().Calls) != 0 {
			t.Fatalf("%+v, %v; %d calls, and the desk was rung %d times", all, err, len(calls), len(genesys.Ledger().Calls))
		}
		for _, a := range op.Status(t.Context()).Alarms {
			if strings.Contains(a, "could be told") {
				t.Errorf("an alarm says %q", a)
			}
		}
		one, err := op.Callback(t.Context(), all[0].ID)
		if err != nil || len(one.Attempts) == 0 || one.Attempts[len(one.Attempts)-1].Outcome != "told" {
			t.Errorf("%+v, %v", one.Attempts, err)
		}
	})
}
