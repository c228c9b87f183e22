package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wissel"
	"wissel/internal/web"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// TestWhyOfALiveCall: while it is up it says what its record will: reasons, attempts, thresholds, whose choice, the version.
func TestWhyOfALiveCall(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Trunk("north", sim.Refuse(503))
		n.Trunk("south", sim.Answer(0).Tone(550))
		caller := n.Phone("caller")
		n.Start()
		why := func(id wissel.CallID) web.CallWhy {
			t.Helper()
			w, err := n.Operator().Why(t.Context(), string(id), "")
			if err != nil || w.Call == nil {
				t.Fatalf("why %s: %+v, %v", id, w, err)
			}
			return *w.Call
		}
		// both are the call while it is up, and as it was kept.
		both := func() (live, ended web.CallWhy) {
			t.Helper()
			call := caller.Call(simtest.Number).Hangup(10 * time.Second).Go()
			<-time.After(5 * time.Second)
			all := n.Operator().Calls()
			if len(all) != 1 {
				t.Fatalf("%d calls are up", len(all))
			}
			live = why(all[0].ID)
			call.Wait()
			<-time.After(2 * time.Second) // records are written in batches
			return live, why(all[0].ID)
		}
		same := func(live, ended web.CallWhy) {
			t.Helper()
			if !live.Ended.IsZero() || ended.Ended.IsZero() || live.State != "talking" || ended.State != "answered" || live.Target != "south" || live.Trunk != "caller" {
				t.Errorf("up: %+v\nended: %+v", live, ended)
			}
			for _, part := range []struct {
				what      string
				now, then any
			}{
				{"attempts", live.Attempts, ended.Attempts}, {"reasons", live.Reasons, ended.Reasons}, {"thresholds", live.Thresholds, ended.Thresholds},
				{"actor", live.Actor, ended.Actor}, {"settings", live.Settings, ended.Settings}, {"answered", live.Answered, ended.Answered},
			} {
				if diff := cmp.Diff(part.now, part.then, cmp.Comparer(func(a, b wissel.Address) bool { return a == b })); diff != "" {
					t.Errorf("%s differ:\n%s", part.what, diff)
				}
			}
			if strings.Contains(live.From, "12345678") {
				t.Errorf("it shows the caller's number: %s", live.From)
			}
		}

		live, ended := both()
		same(live, ended)
		if a := live.Attempts; len(a) != 2 || a[0].Target.Trunk != "north" || a[0].Status != 503 || a[1].Status != 200 {
			t.Errorf("attempts: %+v", a)
		}
		text := strings.Join(live.Thresholds, "\n")
		for _, want := range []string{"health: fall 3 (1 silent call, 2 network errors), rise 3, dwell 5s to 5m0s", "north: up since ", "north, south: quiet 500ms, patience 2s, progress 4s, ring 45s; OPTIONS every 10m, fast 5s, timeout 1s"} {
			if !strings.Contains(text, want) {
				t.Errorf("the thresholds do not say %q:\n%s", want, text)
			}
		}
		if live.Actor != "wissel" || live.Settings == "" || len(live.Reasons) == 0 {
			t.Errorf("by %q, settings %q, because %q", live.Actor, live.Settings, live.Reasons)
		}

		pin := web.SwitchRequest{Group: "support", To: "south", Reason: "ticket 4711"}
		if _, err := n.Operator().Switch(t.Context(), pin, web.Actor{Who: "anna"}); err != nil {
			t.Fatal(err)
		}
		live, ended = both()
		same(live, ended)
		if live.Actor != "anna" || !strings.Contains(strings.Join(live.Reasons, "\n"), "by anna: ticket 4711") || len(live.Attempts) != 1 {
			t.Errorf("by %q, because %q, attempts %+v", live.Actor, live.Reasons, live.Attempts)
		}
		if w, err := n.Operator().Why(t.Context(), simtest.Number, ""); err != nil || w.Actor != "anna" || len(w.Thresholds) == 0 {
			t.Errorf("why of the number: by %q, held against %q, %v", w.Actor, w.Thresholds, err)
		}
	})
}
