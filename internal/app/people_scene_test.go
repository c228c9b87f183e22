package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wissel/internal/web"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

const annas = "+31611111111"

const annaAtHome = `    present: {kpn: "` + simtest.Number + `"}
    desk: {people: home}
    callbacks: {over: [kpn], gaps: [5m], hours: "24/7"}
people:
  home: [{name: anna, phone: "` + annas + `"}]`

// Somebody is in one call at a time, whatever it is for: while she talks to a caller her telephone rings with no callback, and while she
// calls somebody back it rings with no caller.
func TestAColleagueIsRungForOneThingAtATime(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		caller, kpn := n.Phone("caller"), n.Phone("kpn")
		n.Plan("people:home", "flow:storing")
		n.Settings(annaAtHome)
		kpn.BehaveTo(annas, sim.Answer(time.Second).Tone(440).Pressing(6*time.Second, "1"))
		kpn.BehaveTo("+31612345678", sim.Answer(time.Second).Tone(660).Pressing(10*time.Second, "1").HangupAfter(2*time.Minute))
		rung := func() (all []string) {
			for _, c := range kpn.Ledger().Calls {
				all = append(all, c.To)
			}
			return all
		}
		// Nobody is logged on: he hears the flow, and asks to be called.
		caller.Call(simtest.Number).Press(2*time.Second, "2").Press(12*time.Second, "1").For(20 * time.Second)
		other := func(d *sim.Dial) { d.From = "+31612345999" }
		op := n.Operator()
		if _, err := op.LogPerson(t.Context(), web.LogRequest{List: "home", Name: "anna", On: true}, web.Actor{Who: "lead"}); err != nil {
			t.Fatal(err)
		}
		<-time.After(45 * time.Second) // she calls him back
		if got := rung(); !slices.Equal(got, []string{annas, "+31612345678"}) {
			t.Fatalf("rung were %v", got)
		}
		if r := caller.Call(simtest.Number).With(other).For(5 * time.Second); slices.Contains(r.Tones(), 440) || len(rung()) != 2 {
			t.Errorf("while she calls back she was rung for a caller: %v, %v", rung(), r.Tones())
		}
		<-time.After(5 * time.Minute)
		if r := caller.Call(simtest.Number).With(other).For(30 * time.Second); !slices.Contains(r.Tones(), 440) {
			t.Errorf("once she is free she is rung for a caller: %v, %v", rung(), r.Tones())
		}
		// And the other way round: she talks to a caller, and one who found her busy asks to be called.
		<-time.After(time.Minute)
		before := len(rung())
		talk := caller.Call(simtest.Number).With(other).Hangup(3 * time.Minute).Go()
		<-time.After(15 * time.Second)
		third := func(d *sim.Dial) { d.From = "+31612345998" }
		caller.Call(simtest.Number).With(third).Press(2*time.Second, "2").Press(12*time.Second, "1").For(20 * time.Second)
		<-time.After(time.Minute)
		if got := rung()[before:]; !slices.Equal(got, []string{annas}) {
			t.Errorf("while she talked to a caller rung were %v", got)
		}
		talk.Wait()
		<-time.After(time.Minute)
		if got := rung()[before:]; len(got) != 3 || got[1] != annas || got[2] != "+31612345998" {
			t.Errorf("once she is free she calls back: %v", got)
		}
	})
}

// Who asked to be called back, and then spoke with a colleague himself, is not called: the colleague's key 1 says that a person was there.
func TestWhoSpokeWithAColleagueIsNotCalledBack(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		caller, kpn := n.Phone("caller"), n.Phone("kpn")
		n.Plan("people:home", "flow:storing")
		n.Settings(strings.Replace(annaAtHome, "gaps: [5m]", "gaps: [5m], release: operator", 1))
		kpn.BehaveTo(annas, sim.Answer(time.Second).Tone(440).Pressing(6*time.Second, "1"))
		n.Start()
		op, by := n.Operator(), web.Actor{Who: "lead"}
		rows := []web.CallbackShown{{Callback: web.Callback{Group: "support", Number: "+31612345678"}}}
		if done, err := op.ImportCallbacks(t.Context(), web.Import{Rows: rows, Reason: "paper"}, by); err != nil || done.Taken != 1 {
			t.Fatalf("%+v, %v", done, err)
		}
		if _, err := op.LogPerson(t.Context(), web.LogRequest{List: "home", Name: "anna", On: true}, by); err != nil {
			t.Fatal(err)
		}
		caller.Call(simtest.Number).For(200 * time.Second)
		<-time.After(10 * time.Second)
		all, err := op.Callbacks(t.Context())
		if err != nil || len(all) != 1 || all[0].State != "cancelled" || all[0].Why != "he got through by himself: he spoke with somebody over people:home" {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// A colleague rings the crisis line from any telephone, and logs himself on with a code of his own: he is rung for the next caller. A wrong
// code opens nothing.
func TestAColleagueLogsOnOverTheCrisisLine(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		caller, kpn := n.Phone("caller"), n.Phone("kpn")
		n.Env = map[string]string{"CODE": "471147", "PIN": "274913"}
		n.Plan("people:home", "flow:storing")
		n.Settings(`    present: {kpn: "` + simtest.Number + `"}
people:
  home: [{name: anna, phone: "` + annas + `", code: "${CODE}"}]
crisis:
  numbers: ["+31201239990"]
  operators: [{name: boss, phones: ["+31699999999"], pin: "${PIN}", role: operator}]`)
		kpn.BehaveTo(annas, sim.Answer(time.Second).Tone(440).Pressing(6*time.Second, "1"))
		anna := func() web.Colleague {
			all, err := n.Operator().People(t.Context())
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			return all[0]
		}
		logs := func(code string) {
			caller.Call("+31201239990").Press(2*time.Second, "*").Press(4*time.Second, "2").Press(6*time.Second, code+"#").Press(14*time.Second, "1").For(25 * time.Second)
		}
		if logs("111111"); anna().On {
			t.Error("a wrong code logged somebody on")
		}
		if logs("471147"); !anna().On || anna().By != "anna" || anna().Why != "over the crisis line" {
			t.Errorf("%+v", anna())
		}
		if r := caller.Call(simtest.Number).For(20 * time.Second); !slices.Contains(r.Tones(), 440) {
			t.Errorf("a caller heard %v", r.Tones())
		}
		if logs("471147"); anna().On {
			t.Errorf("%+v", anna())
		}
	})
}
