package ivr_test

import (
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/ivr"
)

// texter is a caller who has pressed 1 for texts on a landline, with what he hears from then on and what is written.
type texter struct {
	*ivr.Walk
	heard, wishes []string
}

func asksForText(t *testing.T) *texter {
	t.Helper()
	flows, sounds := shipped(t)
	w := &texter{}
	w.Walk = &ivr.Walk{
		Program: flows["storing"], State: ivr.NewState(ivr.Caller{Call: "c1", From: landline, Rung: rung, Flow: "storing"}), Began: monday, Sound: sound(sounds),
		Stored: func(one wissel.Wish) bool { w.wishes = append(w.wishes, short(one, landline)); return true },
		Tell: func(_ time.Duration, e ivr.Effect) {
			if p, ok := e.(ivr.Play); ok {
				w.heard = append(w.heard, names(p.Prompts)...)
			}
		},
	}
	w.Begin()
	w.Press('1')
	return w
}

// Forty digits where ten are awaited: the first ten are read back, and what else was keyed is no yes to them, whatever it is; one
// who is sure presses 1 once he has heard them.
func TestFortyDigitsForTen(t *testing.T) {
	for _, row := range []struct{ name, rest, heard, wish string }{
		{"the number again and again", strings.Repeat("0687654311", 3), "text.ask number.heard N number.right", ""},
		{"ones", strings.Repeat("1", 30), "text.ask number.heard N number.right", ""},
		{"one 1, and more", "1" + strings.Repeat("7", 29), "text.ask number.heard N number.right", ""},
		{"more, and a 1", strings.Repeat("7", 29) + "1", "text.ask number.heard N number.right", ""},
		{"a single 1", "1", "text.ask number.heard N text.done", "text +31687654311"},
		{"a 1 and a hash", "1#", "text.ask number.heard N text.done", "text +31687654311"},
		{"nothing, and 1 when asked", "", "text.ask number.heard N number.right text.done", "text +31687654311"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := asksForText(t)
			for _, d := range "0687654311" + row.rest {
				w.Press(wissel.Digit(d))
			}
			for !w.Awaited() && len(w.wishes) == 0 && w.Advance() {
			}
			if row.rest == "" {
				w.Press('1')
			}
			for (len(w.wishes) == 0 && row.wish != "" || w.State.Phase == ivr.Saving) && w.Advance() {
			}
			if got := strings.Join(w.heard, " "); !strings.HasSuffix(got, row.heard) {
				t.Errorf("he heard %s\nwant it to end with %s", got, row.heard)
			}
			if got := strings.Join(w.wishes, ", "); got != row.wish {
				t.Errorf("wishes %q, want %q", got, row.wish)
			}
			for !w.Over() && w.Advance() {
			}
			if !w.Over() || w.At > 3*time.Minute {
				t.Errorf("he is let go after %v: %v", w.At, w.Over())
			}
		})
	}
}

// A telephone that keys forty digits at the pace of a machine: what comes after the ten is one wrong go, not one try each, and he is
// asked again. The key that he then presses counts.
func TestTheRestOfALongNumberIsOneTry(t *testing.T) {
	w := asksForText(t)
	for _, d := range strings.Repeat("0687654377", 4) {
		at := w.At + 200*time.Millisecond
		for next, ok := w.Next(); ok && next <= at; next, ok = w.Next() {
			w.Advance()
		}
		w.Pass(at)
		w.Press(wissel.Digit(d))
	}
	for !w.Awaited() && w.Advance() {
	}
	w.Pass(w.At + 500*time.Millisecond)
	w.Press('1')
	for w.State.Phase == ivr.Saving && w.Advance() {
	}
	if got := strings.Join(w.heard, " "); !strings.HasSuffix(got, "number.heard N number.right key.wrong number.right key.wrong number.right key.wrong number.right text.done") {
		t.Errorf("he heard %s", got)
	}
	if got := strings.Join(w.wishes, ", "); got != "text +31687654377" {
		t.Errorf("wishes %q", got)
	}
}
