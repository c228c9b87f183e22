package app_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"wissel/internal/callbacks"
	"wissel/internal/web"
	"wissel/sip/sim/simtest"
)

// A promised call is on the list with its place, and a person takes it off; the lead says when callbacks are made.
func TestACallbackIsListedAndClosed(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Plan("flow:storing")
		n.Phone("caller").Call(simtest.Number).Wait()
		op, by, why := n.Operator(), web.Actor{Who: "anna", From: "test"}, web.ReadRequest{Reason: "ticket 1"}
		list := func() web.Callback {
			t.Helper()
			all, err := op.Callbacks(t.Context())
			if err != nil || len(all) != 1 || strings.Contains(all[0].Number, "12345678") {
				t.Fatalf("%+v, %v", all, err)
			}
			return all[0]
		}
		one := list()
		if one.Place != 1 || one.State != "noted" || !one.ByHand || !one.Turn.IsZero() {
			t.Errorf("%+v", one)
		}
		if all, err := op.CallbackNumbers(t.Context(), why, by); err != nil || all[0].Number != "+31612345678" {
			t.Errorf("%+v, %v", all, err)
		}
		if _, err := op.CallbackNumbers(t.Context(), web.ReadRequest{}, by); err == nil {
			t.Error("numbers without a reason")
		}
		at := time.Now().Add(20 * time.Hour).Truncate(time.Minute)
		if _, err := op.SetTurn(t.Context(), web.TurnRequest{Group: one.Group, At: at, Reason: "ticket 2"}, by); err != nil {
			t.Fatal(err)
		}
		if got := list(); !got.Turn.Equal(at) {
			t.Errorf("%+v, want its turn at %v", got, at)
		}
		for _, bad := range []web.TurnRequest{
			{Group: one.Group, At: time.Now().Add(-time.Minute), Reason: "past"}, {Group: "none", At: at, Reason: "no group"}, {Group: one.Group, Reason: "neither"},
			{Group: one.Group, At: at, Clear: true, Reason: "both"}, {Group: one.Group, At: at},
		} {
			if _, err := op.SetTurn(t.Context(), bad, by); err == nil {
				t.Errorf("%+v was taken", bad)
			}
		}
		<-time.After(21 * time.Hour) // past: nothing is said of it any more
		if got := list(); !got.Turn.IsZero() {
			t.Errorf("%+v", got)
		}
		if done, err := op.CloseCallback(t.Context(), one.ID, callbacks.Done, why, by); err != nil || done.Callback.State != "done" || len(done.Notes) > 0 {
			t.Errorf("%+v, %v", done, err)
		}
		if got := list(); got.Place != 0 || got.State != "done" || got.By != "anna" || got.Why != "ticket 1" {
			t.Errorf("%+v", got)
		}
		var fault *web.Fault
		if _, err := op.CloseCallback(t.Context(), one.ID, callbacks.Cancelled, why, by); !errors.As(err, &fault) || fault.Code != http.StatusNotFound {
			t.Errorf("closed twice: %v", err)
		}
		rows, err := op.Audit(t.Context(), time.Time{}, 0)
		var did []string
		for _, r := range rows {
			did = append(did, r.What+" "+r.Who+" "+r.Why)
		}
		if text := strings.Join(did, ", "); err != nil || !strings.Contains(text, "callback-done anna ticket 1") || !strings.Contains(text, "callbacks-turn anna ticket 2") ||
			!strings.Contains(text, "read-numbers anna ticket 1") {
			t.Errorf("audit: %s, %v", text, err)
		}
	})
}

// Two calls from one number are one callback; from a number of the settings' `shared`, two, and neither hears of the other.
func TestCallsFromASharedNumberAreNeverMerged(t *testing.T) {
	for _, row := range []struct {
		name, settings string
		want           int
	}{{"one person's number", "", 1}, {"a switchboard", `shared: ["+31612345678"]`, 2}, {"one of many", `shared: ["+316123456*"]`, 2}} {
		t.Run(row.name, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				t := n.T
				n.Plan("flow:storing")
				n.Settings(row.settings)
				for range 2 {
					n.Phone("caller").Call(simtest.Number).Press(2*time.Second, "2").Press(12*time.Second, "1").For(20 * time.Second)
				}
				all, err := n.Operator().Callbacks(t.Context())
				if err != nil || len(all) != row.want {
					t.Fatalf("%d callbacks, want %d: %+v, %v", len(all), row.want, all, err)
				}
				for i, one := range all {
					if one.Place != i+1 || one.Apart != (row.want == 2) || one.Wishes != 3-row.want {
						t.Errorf("%+v", one)
					}
				}
			})
		})
	}
}
