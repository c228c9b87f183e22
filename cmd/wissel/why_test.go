package main

import (
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/web"
)

// TestWhyOfACallIsTold: of one that is up and of one that has ended the same, and of one in an old record what it knows.
func TestWhyOfACallIsTold(t *testing.T) {
	at := time.Date(2026, 1, 2, 2, 14, 0, 0, time.Local)
	whole := web.CallWhy{
		ID: "c1", Group: "support", From: "+316****5678", To: "+31201234567", Began: at, State: "talking", Target: "reserve", Settings: "abc", Actor: "anna",
		Attempts:   []wissel.Attempt{{Target: wissel.Target{Trunk: "genesys"}, Began: at, Why: "silent for 500ms"}, {Target: wissel.Target{Trunk: "reserve"}, Began: at.Add(500 * time.Millisecond), Status: 200}},
		Reasons:    []string{"pinned to genesys until 2 Jan 18:00 by anna: ticket 4711"},
		Thresholds: []string{"genesys: suspect since 2 Jan 02:13:00", "genesys: quiet 500ms\x1b[2J"},
	}
	explained := []string{
		"genesys           +0.0 s          silent for 500ms", "reserve           +0.5 s  200",
		"it was routed so, by anna, because", "pinned to genesys until 2 Jan 18:00 by anna: ticket 4711",
		"held against", "genesys: suspect since 2 Jan 02:13:00", `genesys: quiet 500ms\x1b[2J`, "settings abc",
	}
	ended := whole
	ended.State, ended.Answered, ended.Ended, ended.EndedBy = "answered", at.Add(time.Second), at.Add(time.Minute), "caller: BYE"
	old := ended
	old.Actor, old.Thresholds = "", nil
	for _, row := range []struct {
		name string
		call web.CallWhy
		want []string
		not  string
	}{
		{"up", whole, append([]string{"it is up: talking reserve; so far"}, explained...), "ended"},
		{"ended", ended, append([]string{"answered by reserve for 59s, ended by caller: BYE"}, explained...), "it is up"},
		{"an old record", old, []string{"it was routed so, because", "by anna: ticket 4711", "settings abc"}, "held against"},
	} {
		var b strings.Builder
		tellCall(&b, row.call)
		for _, want := range row.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: does not say %q", row.name, want)
			}
		}
		if strings.Contains(b.String(), row.not) {
			t.Errorf("%s: says %q", row.name, row.not)
		}
		if t.Failed() {
			t.Logf("%s:\n%s", row.name, b.String())
		}
	}
}

func TestWhyOfANumberIsTold(t *testing.T) {
	var b strings.Builder
	tellWhy(&b, web.Why{
		Number: "+31201234567", Group: "support", Plan: "normaal", Steps: []web.WhyStep{{Target: "genesys", State: "up"}}, Actor: "wissel",
		Reasons: []string{"flow:storing: last, and always there"}, Thresholds: []string{"genesys: up since 2 Jan 02:13:00"},
	})
	for _, want := range []string{"because, by wissel\n  flow:storing", "held against\n  genesys: up since 2 Jan 02:13:00"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("does not say %q:\n%s", want, b.String())
		}
	}
}
