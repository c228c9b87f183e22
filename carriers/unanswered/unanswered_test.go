package unanswered

import (
	"fmt"
	"testing"
	"time"

	"wissel"
)

var start = time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)

// rang is a call of somebody, that many milliseconds after the start.
func rang(name, from string, ms int) Call {
	return Call{ID: wissel.CallID(name), Trunk: "kpn", From: wissel.Number(from), To: "+31201234567", CallID: name, Tag: "tag-" + name, At: start.Add(time.Duration(ms) * time.Millisecond)}
}

func TestWhatACallShows(t *testing.T) {
	const anna, bob = "+31612345678", "+31687654321"
	over := func(c Call, change func(*Call)) *Call { change(&c); return &c }
	for _, row := range []struct {
		name   string
		from   string
		next   *Call
		again  bool // seen at once
		proven bool // once it is quiet
	}{
		{"nobody rings again", anna, nil, false, true},
		{"another rings", anna, over(rang("b", bob, 100), func(*Call) {}), false, true},
		{"the same rings another number", anna, over(rang("b", anna, 100), func(c *Call) { c.To = "+31201234568" }), false, true},
		{"the same comes at once", anna, over(rang("b", anna, 100), func(*Call) {}), true, false},
		{"the same comes at once over another trunk", anna, over(rang("b", anna, 100), func(c *Call) { c.Trunk = "tele2" }), true, false},
		{"the same comes when a person may have rung", anna, over(rang("b", anna, 4000), func(*Call) {}), false, false},
		{"the same comes long after", anna, over(rang("b", anna, 10_001), func(*Call) {}), false, true},
		{"the same Call-ID, late", anna, over(rang("b", anna, 9000), func(c *Call) { c.CallID = "a" }), true, false},
		{"the same From tag, late", anna, over(rang("b", "", 9000), func(c *Call) { c.Tag = "tag-a" }), true, false},
		{"hidden, and nobody", "", nil, false, false},
		{"hidden, and another hidden one", "", over(rang("b", "", 100), func(*Call) {}), false, false},
		{"hidden, and the same Call-ID", "", over(rang("b", "", 100), func(c *Call) { c.CallID = "a" }), true, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := NewWatch(nil)
			w.Ended(rang("a", row.from, 0), 480)
			if row.next != nil {
				if got, ok := w.Began(*row.next); ok != row.again || ok && (got.Trunk != "kpn" || got.Ending.Status != 480 || got.Ending.Proven() || got.Ending.Within != row.next.At.Sub(start)) {
					t.Errorf("seen %v: %+v", ok, got)
				}
			}
			if news := w.Settle(start.Add(Quiet)); len(news) != 0 {
				t.Errorf("too soon: %+v", news)
			}
			news := w.Settle(start.Add(Quiet + time.Millisecond))
			if e, ok := w.Of("kpn"); e.Proven() != row.proven || row.proven && (e.Call != "a" || !e.At.Equal(start)) || ok != (row.again || row.proven) || (len(news) == 1) != row.proven {
				t.Errorf("known %v: %+v, news %+v", ok, e, news)
			}
		})
	}
}

// A call that came again takes the proof away; only calls in a row that did not come again give it back.
func TestAProofIsTakenAwayAndEarnedAgain(t *testing.T) {
	w := NewWatch(map[wissel.TrunkID]wissel.Ending{"kpn": {Status: 480, Call: "of before", At: start.Add(-time.Hour)}})
	ms := 0
	ends := func(again bool) wissel.Ending {
		name, from := fmt.Sprint("c", ms), fmt.Sprintf("+316%08d", ms)
		w.Ended(rang(name, from, ms), 480)
		if again {
			w.Began(rang(name+"b", from, ms+300))
		}
		ms += 11_000
		w.Settle(start.Add(time.Duration(ms) * time.Millisecond))
		e, _ := w.Of("kpn")
		return e
	}
	if e := ends(true); e.Proven() || e.Call != "of before" {
		t.Errorf("after one that came again: %+v", e)
	}
	for i := range wissel.EndingCalm - 1 {
		if e := ends(false); e.Proven() {
			t.Fatalf("proven after %d: %+v", i+1, e)
		}
	}
	if e := ends(true); e.Proven() || e.Calm != 0 {
		t.Errorf("after another: %+v", e)
	}
	for range wissel.EndingCalm {
		ends(false)
	}
	if e := ends(false); !e.Proven() {
		t.Errorf("after %d for good: %+v", wissel.EndingCalm, e)
	}
}

func TestAnotherStatusIsAnotherProof(t *testing.T) {
	w := NewWatch(map[wissel.TrunkID]wissel.Ending{"kpn": {Status: 480, At: start}, "gone": {Status: 480, At: start}, "same": {Status: 486, At: start}})
	w.Ended(rang("a", "+31612345678", 0), 480)
	if gone := w.Only(map[wissel.TrunkID]int{"kpn": 486, "same": 486}); fmt.Sprint(gone) != "[gone kpn]" {
		t.Errorf("forgot %v", gone)
	}
	if news := w.Settle(start.Add(time.Minute)); len(news) != 0 {
		t.Errorf("a call that ended with the status of before showed %+v", news)
	}
	if _, ok := w.Of("same"); !ok {
		t.Error("a trunk that changed nothing was forgotten")
	}
}

func TestAFloodOfCallsIsBounded(t *testing.T) {
	w := NewWatch(nil)
	for i := range Most + 10 {
		w.Ended(rang(fmt.Sprint(i), fmt.Sprintf("+316%08d", i), i), 480)
	}
	if len(w.waiting) != Most {
		t.Errorf("%d wait", len(w.waiting))
	}
	if _, again := w.Began(rang("x", "+31600000009", Most)); again {
		t.Error("one that was let go came again")
	}
	w.Lost()
	if news := w.Settle(start.Add(time.Hour)); len(news) != 0 {
		t.Errorf("what was not told showed %+v", news)
	}
}
