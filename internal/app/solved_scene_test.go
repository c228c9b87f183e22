package app_test

import (
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/app"
	"wissel/internal/callbacks"
	"wissel/internal/sms"
	"wissel/internal/web"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// Who was called back is asked once whether that helped, and only once a text to the sender was shown to reach us. NEE owes him another,
// before all others, which the lead sees until it is made; JA ends it.
func TestWhoWasCalledBackIsAskedWhetherItHelped(t *testing.T) {
	const ours, yes, no, other = "+3197010240000", "+31612340001", "+31612340002", "+31612340003"
	settings := textable(t, `sender: "`+ours+`", solved: true, quiet: none, `)
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Phone("caller")
		n.Trunk("genesys", sim.Answer(0))
		n.Plan("flow:storing")
		n.Settings(strings.Replace(settings, "horizon: 10m", "horizon: 48h", 1))
		n.Start()
		op, by := n.Operator(), web.Actor{Who: "anna"}
		if _, err := op.Pause(t.Context(), web.ReleaseRequest{Group: "support", Reason: "by hand today"}, by); err != nil {
			t.Fatal(err)
		}
		rows := []web.CallbackShown{}
		for _, number := range []string{other, yes, no} {
			rows = append(rows, web.CallbackShown{Callback: web.Callback{Group: "support", Number: number}})
		}
		if done, err := op.ImportCallbacks(t.Context(), web.Import{Rows: rows, Reason: "paper"}, by); err != nil || done.Taken != 3 {
			t.Fatalf("%+v, %v", done, err)
		}
		find := func(number string) web.Callback {
			t.Helper()
			all, err := op.Callbacks(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range all {
				if strings.HasSuffix(one.Number, number[len(number)-4:]) {
					return one
				}
			}
			t.Fatalf("%s is not among %+v", number, all)
			return web.Callback{}
		}
		text := func(number wissel.Number, body string) {
			t.Helper()
			if err := op.(*app.App).Texted(t.Context(), sms.Received{Provider: "north", ID: string(number) + body, From: number, To: ours, Body: body, At: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		asked := func() (all []web.Text) {
			t.Helper()
			all, err := op.Texts(t.Context(), web.TextQuery{Purpose: "solved"})
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		alarms := func() string { return strings.Join(op.Status(t.Context()).Alarms, "\n") }
		for _, number := range []string{yes, no} {
			if _, err := op.CloseCallback(t.Context(), find(number).ID, callbacks.Done, web.ReadRequest{Reason: "called"}, by); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(5 * time.Minute)
		if all := asked(); len(all) != 0 || !strings.Contains(alarms(), "shown to reach us") {
			t.Errorf("before a text reached us %+v were asked, and the alarms are %q", all, alarms())
		}
		text(other, "INFO")
		<-time.After(5 * time.Minute)
		if all := asked(); len(all) != 2 {
			t.Errorf("asked are %+v", all)
		}
		n.Restart()
		op = n.Operator()
		<-time.After(5 * time.Minute)
		if all := asked(); len(all) != 2 {
			t.Errorf("after a restart asked are %+v", all)
		}
		text(yes, "Ja hoor")
		text(no, "Nee")
		if one := find(yes); one.State != "done" {
			t.Errorf("JA makes of it %+v", one)
		}
		owed := find(no)
		if owed.State != "waiting" || !owed.Again || !strings.Contains(alarms(), owed.ID) {
			t.Errorf("NEE makes of it %+v, and the alarms are %q", owed, alarms())
		}
		<-time.After(2 * time.Hour)
		if !strings.Contains(alarms(), owed.ID) {
			t.Errorf("after two hours the lead is told %q", alarms())
		}
		if _, err := op.Resume(t.Context(), web.ReleaseRequest{Group: "support", Reason: "back"}, by); err != nil {
			t.Fatal(err)
		}
		<-time.After(5 * time.Second)
		if one := find(no); one.State != "calling agent" {
			t.Errorf("he does not go before who asked first: %+v", one)
		}
		if _, err := op.Pause(t.Context(), web.ReleaseRequest{Group: "support", Reason: "and no more"}, by); err != nil {
			t.Fatal(err)
		}
		if _, err := op.CloseCallback(t.Context(), owed.ID, callbacks.Done, web.ReadRequest{Reason: "called once more"}, by); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * time.Minute)
		if all := asked(); len(all) != 2 || strings.Contains(alarms(), owed.ID) {
			t.Errorf("once it was done again asked are %+v, and the alarms are %q", all, alarms())
		}
	})
}
