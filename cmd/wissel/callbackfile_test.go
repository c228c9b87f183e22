package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wissel/internal/web"
)

// What was exported is read back as it was, and no cell of it is reckoned by a spreadsheet.
func TestExportedCallbacksAreReadBack(t *testing.T) {
	asked := time.Date(2026, 12, 24, 18, 0, 0, 0, time.UTC)
	one := web.CallbackShown{
		Callback: web.Callback{ID: "a", Group: "support", Place: 3, Number: "+31612345678", Language: "nl", At: asked, Hidden: true, Apart: true, State: "waiting", Why: "=1+1", Wishes: 2},
		Rung:     "+31201234567", Choices: []string{"menu=2", "x=1"}, Tries: 1, Attempts: []web.CallbackAttempt{{At: asked, Outcome: "busy"}}, Texts: []web.CallbackText{{At: asked, Body: "over mijn\nfactuur"}, {At: asked, Body: "liever na zes"}},
	}
	var out bytes.Buffer
	if err := writeCallbacks(&out, []web.CallbackShown{one}); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.Contains(text, ",'=1+1,") || !strings.Contains(text, ",+31612345678,") || !strings.Contains(text, ",over mijn factuur | liever na zes,") || !strings.HasSuffix(text, ",busy\n") {
		t.Error(text)
	}
	got, err := readCallbacks(out.Bytes())
	want := web.CallbackShown{Callback: web.Callback{ID: "a", Group: "support", Number: "+31612345678", Language: "nl", At: asked, Hidden: true, Apart: true}, Rung: "+31201234567", Choices: []string{"menu=2", "x=1"}}
	if err != nil || len(got) != 1 || cmp.Diff(want, got[0]) != "" {
		t.Errorf("%v: %s", err, cmp.Diff([]web.CallbackShown{want}, got))
	}
	if all, err := readCallbacks([]byte("\ufeffGroup;Number\nsupport;020 123 45 67\n")); err != nil || all[0].Number != "020 123 45 67" {
		t.Errorf("as a spreadsheet writes it: %+v, %v", all, err)
	}
	if all, err := readCallbacks([]byte(`[{"group": "support", "number": "+31612345678"}]`)); err != nil || all[0].Group != "support" {
		t.Errorf("JSON: %+v, %v", all, err)
	}
	for text, why := range map[string]string{"": "there is nothing in it", "number\n1": `no column "group"`, "group,number,asked\ns,1,noon": "line 2", "[{": "no JSON", "group,number\n1": "no CSV"} {
		if _, err := readCallbacks([]byte(text)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestTheBarOfARelease(t *testing.T) {
	began := web.Release{Open: 12, Hand: 2, Done: 5, Left: -1, Going: true}
	for _, row := range []struct {
		now  web.Release
		want string
		over bool
	}{
		{began, "░ 0 of 10, 0 in flight, 2 for people", false},
		{web.Release{Open: 7, Hand: 3, Done: 9, Flying: 2, Left: -1, Going: true}, "█░░░░░░░░░░░░░░░ 5 of 10, 2 in flight", false},
		{web.Release{Open: 7, Hand: 3, Done: 9, Left: -1, Why: "the desk is closed"}, "5 of 10, 0 in flight, 3 for people; the desk is closed", false},
		{web.Release{Open: 2, Hand: 2, Done: 15, Left: -1, Going: true}, "█ 10 of 10", true},
	} {
		if got := releaseBar(row.now, began); !strings.Contains(got, row.want) || released(row.now) != row.over {
			t.Errorf("%q, over %v; want %q", got, released(row.now), row.want)
		}
	}
}
