package app_test

import (
	"strings"
	"testing"
	"time"

	"wissel/internal/web"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

var lead = web.Actor{Who: "anna", From: "test"}

// People at home log on, are rung one at a time, and log off; paused nothing goes; what an operator lets go goes, and no more.
func TestOperatorsReleaseCallbacks(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		// Both telephones are behind one carrier: it presses 1 whoever is rung, and hangs up by and by.
		kpn := n.Phone("kpn")
		kpn.Behave(sim.RingThenAnswer(100*time.Millisecond, time.Second).Tone(440).Pressing(9*time.Second, "1").HangupAfter(70 * time.Second))
		n.Plan("flow:storing")
		n.Settings("    callbacks: {over: [kpn], gaps: [5m], hours: \"24/7\", release: operator}\n    desk: {people: home}\n" +
			"people:\n  home: [{name: bob, phone: \"+31612340001\"}, {name: cas, phone: \"+31612340002\"}]")
		n.Start()
		op, ctx := n.Operator(), t.Context()
		rows := []web.CallbackShown{}
		for _, number := range []string{"+31201110001", "+31201110002", "+31201110003"} {
			rows = append(rows, web.CallbackShown{Callback: web.Callback{Group: "support", Number: number, Language: "nl"}})
		}
		bad := []web.CallbackShown{{Callback: web.Callback{Group: "support", Number: "0900 1234"}}, {Callback: web.Callback{Group: "supprt", Number: "020 111 00 04"}},
			{Callback: web.Callback{Group: "support", Number: simtest.Number}}, {Callback: web.Callback{Group: "support", Number: "+33140000000"}}, {Callback: web.Callback{Group: "support", Number: "112"}}}
		done, err := op.ImportCallbacks(ctx, web.Import{Rows: append(rows, bad...), Reason: "paper"}, lead)
		if err != nil || done.Taken != 3 || len(done.Refused) != 5 {
			t.Fatalf("%+v, %v", done, err)
		}
		out, err := op.ExportCallbacks(ctx, web.ReadRequest{Reason: "paper"}, lead)
		if err != nil || len(out) != 3 || out[0].Number != "+31201110001" || out[2].Place != 3 {
			t.Fatalf("%+v, %v", out, err)
		}
		if again, err := op.ImportCallbacks(ctx, web.Import{Rows: out, Reason: "twice"}, lead); err != nil || again.There != 3 || again.Taken != 0 {
			t.Errorf("%+v, %v", again, err)
		}
		look := func() web.Release {
			t.Helper()
			r, err := op.Release(ctx, "support")
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		expect := func(when, why string, open int) {
			t.Helper()
			if r := look(); !strings.Contains(r.Why, why) || r.Open != open {
				t.Errorf("%s: %+v, want %q and %d open", when, r, why, open)
			}
		}
		<-time.After(10 * time.Minute)
		expect("at first", "an operator lets them go", 3)
		if _, err := op.LetGo(ctx, web.ReleaseRequest{Group: "support", Most: 1, Reason: "try one"}, lead); err != nil {
			t.Fatal(err)
		}
		<-time.After(10 * time.Minute)
		expect("nobody logged on", "nobody is logged on", 3)
		for _, name := range []string{"bob", "cas"} {
			if who, err := op.LogPerson(ctx, web.LogRequest{List: "home", Name: name, On: true, Until: time.Now().Add(3 * time.Hour)}, lead); err != nil || !who.On {
				t.Fatalf("%+v, %v", who, err)
			}
		}
		<-time.After(10 * time.Minute)
		expect("one was let go", "an operator lets them go", 2)
		if _, err := op.LetGo(ctx, web.ReleaseRequest{Group: "support", Reason: "all"}, lead); err != nil {
			t.Fatal(err)
		}
		if r, err := op.Pause(ctx, web.ReleaseRequest{Group: "support", Reason: "lunch"}, lead); err != nil || !r.Paused {
			t.Fatalf("%+v, %v", r, err)
		}
		flying := look().Flying
		<-time.After(10 * time.Minute)
		expect("paused", "paused by anna: lunch", 2-flying)
		if _, err := op.Resume(ctx, web.ReleaseRequest{Group: "support", Reason: "back"}, lead); err != nil {
			t.Fatal(err)
		}
		<-time.After(20 * time.Minute)
		expect("all were let go", "", 0)
		all, err := op.People(ctx)
		if err != nil || len(all) != 2 || !all[0].On || strings.Contains(all[0].Phone, "2340001") {
			t.Errorf("%+v, %v", all, err)
		}
		rung := map[string]int{}
		for _, c := range kpn.Ledger().Calls {
			rung[c.To]++
		}
		if rung["+31612340001"] < 1 || rung["+31612340002"] < 1 || rung["+31201110001"] != 1 || rung["+31201110002"] != 1 || rung["+31201110003"] != 1 {
			t.Errorf("rang %v", rung)
		}
		one, err := op.Callback(ctx, out[0].ID)
		if err != nil || one.State != "done" || len(one.Attempts) != 1 || one.Attempts[0].Outcome != "talked" || one.Attempts[0].TalkedMS < 30_000 {
			t.Errorf("%+v, %v", one, err)
		}
		<-time.After(3 * time.Hour)
		if all, err := op.People(ctx); err != nil || all[0].On {
			t.Errorf("still on after three hours: %+v, %v", all, err)
		}
	})
}

// A platform says that he was helped: his callback goes, another's stays, and that of a switchboard is nobody's to take back.
func TestWhoWasHelpedIsNotCalledBack(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Phone("caller")
		n.Plan("flow:storing")
		n.Settings("shared: [\"+31201110009\"]")
		n.Start()
		op, ctx := n.Operator(), t.Context()
		var rows []web.CallbackShown
		for _, number := range []string{"+31201110001", "+31201110002", "+31201110009"} {
			rows = append(rows, web.CallbackShown{Callback: web.Callback{Group: "support", Number: number}})
		}
		if done, err := op.ImportCallbacks(ctx, web.Import{Rows: rows, Reason: "paper"}, lead); err != nil || done.Taken != 3 {
			t.Fatalf("%+v, %v", done, err)
		}
		for number, want := range map[string]int{"020 111 00 01": 1, "+31201110009": 0, "+31201110005": 0} {
			if done, err := op.Through(ctx, web.ThroughRequest{Number: number, Reason: "helped"}, lead); err != nil || done.Cancelled != want {
				t.Errorf("%s: %+v, %v", number, done, err)
			}
		}
		if r, err := op.Release(ctx, "support"); err != nil || r.Open != 2 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}
