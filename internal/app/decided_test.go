package app_test

import (
	"strings"
	"testing"
	"time"

	"wissel/internal/web"
)

// TestWhatOperatorsDoIsDecidedToo: each switch is a record that why finds by the id that the switch told, and that the timeline
// has once, though there is an audit row of it too.
func TestWhatOperatorsDoIsDecidedToo(t *testing.T) {
	o := begin(t)
	a, _ := run(t, o)
	pin, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", To: "reserve", Share: 100, Reason: "does the backup take calls?"}, anna)
	if err != nil {
		t.Fatal(err)
	}
	if s := a.Status(t.Context()).Groups[0]; s.Pin == nil || s.Pin.Share != 100 || s.Lead != nil || len(s.Proofs) != 2 || s.Proofs[0].Target != "platform" {
		t.Errorf("status: %+v", s)
	}
	if _, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", Plan: "storing", Reason: "ticket 2"}, anna); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Reload(t.Context(), anna); err != nil {
		t.Fatal(err)
	}
	var why web.Why
	eventually(t, "the decision is on disk", func() bool {
		why, err = a.Why(t.Context(), pin.ID, "")
		return err == nil
	})
	if d := why.Decision; d == nil || d.Kind != "pin" || d.Actor != "anna" || d.Object != "reserve" || d.Why != "does the backup take calls?" || d.Version == "" || !strings.Contains(d.After, "for 10 % of the callers") {
		t.Errorf("why: %+v", why.Decision)
	}
	line, err := a.Timeline(t.Context(), time.Now().Add(-time.Hour), "support", 0)
	if err != nil || line.More || len(line.Moments) != 2 || line.Moments[0].Kind != "pin" || line.Moments[1].Kind != "plan" || line.Moments[1].Why != "ticket 2" {
		t.Errorf("timeline: %+v, %v", line, err)
	}
	if line, err := a.Timeline(t.Context(), time.Now().Add(-time.Hour), "", 1); err != nil || !line.More || len(line.Moments) != 1 || line.Moments[0].Kind != "plan" {
		t.Errorf("the newest one: %+v, %v", line, err)
	}
	if _, err := a.Switch(t.Context(), web.SwitchRequest{Group: "support", To: "reserve", Share: 1001, Reason: "x"}, anna); err == nil || !strings.Contains(err.Error(), "--share is of every 1000 callers") {
		t.Errorf("more than all: %v", err)
	}
}

func TestWhatIfChangesNothing(t *testing.T) {
	a, _ := run(t, begin(t))
	for _, row := range []struct {
		name   string
		assume map[string]string
		then   string
		change bool
	}{
		{"the platform is down", map[string]string{"platform": "down"}, "reserve flow:storing", true},
		{"one of its addresses is, and it has no other", map[string]string{"udp:127.6.0.3:5060": "down"}, "reserve flow:storing", true},
		{"an address is the narrower word", map[string]string{"platform": "down", "udp:127.6.0.3:5060": "up"}, "platform reserve flow:storing", false},
		{"all are down", map[string]string{"platform": "down", "reserve": "down"}, "flow:storing", true},
		{"doubt", map[string]string{"platform": "suspect", "reserve": "unknown"}, "platform reserve flow:storing", false},
	} {
		w, err := a.WhatIf(t.Context(), web.WhatIfRequest{Assume: row.assume}, anna)
		if err != nil || len(w.Groups) != 1 {
			t.Fatalf("%s: %+v, %v", row.name, w, err)
		}
		g := w.Groups[0]
		if strings.Join(g.Then, " ") != row.then || g.Changes != row.change || strings.Join(g.Now, " ") != "platform reserve flow:storing" || g.Numbers != 1 || g.Least != (row.then == "flow:storing") {
			t.Errorf("%s: %+v", row.name, g)
		}
	}
	for _, wrong := range []map[string]string{nil, {"platfrom": "down"}, {"platform": "dead"}} {
		if _, err := a.WhatIf(t.Context(), web.WhatIfRequest{Assume: wrong}, anna); err == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
}
