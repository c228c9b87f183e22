package crisis

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
)

// colleagues is a line on which anna has a code of her own.
func colleagues(t *testing.T) *world {
	w := begun(t)
	w.line.Codes = true
	before := w.judge
	w.judge = func(l Login) In {
		if l.Own && l.Code == "471147" {
			return In{Who: Colleague, Own: []string{"home/anna"}}
		}
		if l.Own {
			return In{}
		}
		return before(l)
	}
	return w
}

// A colleague comes in by his own code, hears whether he is logged on, and changes that with 1; each time he hears what is so now.
func TestAColleagueLogsOnAndOff(t *testing.T) {
	w := colleagues(t)
	if w.press("*"); w.last(1) != "other other-log menu.language back" {
		t.Errorf("heard %q", w.last(1))
	}
	if w.press("2"); w.last(1) != "own-code" {
		t.Errorf("heard %q", w.last(1))
	}
	if w.press("471147#"); w.last(1) != "logged-off log-change" {
		t.Errorf("heard %q", w.last(1))
	}
	if w.press("1"); w.last(1) != "logged-on log-change" {
		t.Errorf("heard %q", w.last(1))
	}
	w.result = Unsaved
	if w.press("1"); w.last(1) != "done-unsaved logged-off log-change" {
		t.Errorf("heard %q", w.last(1))
	}
	w.result = Refused
	if w.press("1"); w.last(1) != "refused logged-off log-change" {
		t.Errorf("heard %q", w.last(1))
	}
	if got, want := fmt.Sprint(w.deeds), "[{[home/anna] true} {[home/anna] false} {[home/anna] true}]"; got != want {
		t.Errorf("did %s, want %s", got, want)
	}
}

// He hears nothing of any line, and does nothing else, whatever he presses.
func TestAColleagueDoesNothingElse(t *testing.T) {
	for _, keys := range []string{"2", "3", "4", "5", "9", "0", "*", "#", "**", "0*2", "*1", "94", "*3"} {
		w := colleagues(t)
		w.press("*2471147#")
		heard := len(w.heard)
		w.press(keys)
		for _, e := range w.deeds {
			if _, ok := e.(Log); !ok {
				t.Errorf("%s did %v", keys, e)
			}
		}
		for _, said := range w.heard[heard:] {
			if strings.Contains(said, "menu") || strings.Contains(said, "line") || strings.Contains(said, "plan") {
				t.Errorf("%s: he heard %q", keys, said)
			}
		}
	}
}

// Where nobody has a code of his own the key means nothing; a wrong one sounds as a wrong PIN does.
func TestWhoHasNoCodeOfHisOwn(t *testing.T) {
	w := begun(t)
	if w.press("*2"); !strings.HasSuffix(w.last(1), "other menu.language back") || w.s.Phase != Other {
		t.Errorf("heard %q in %d", w.last(1), w.s.Phase)
	}
	w = colleagues(t)
	if w.press("*2111111#"); w.last(1) != "denied pin no-pin" || w.s.In.Who != "" {
		t.Errorf("heard %q", w.last(1))
	}
}

// The door finds whose code it is on every list, locks who guesses, and asks no colleague to pay for strangers.
func TestTheCodesOfColleagues(t *testing.T) {
	people := []Own{{"home/anna", "+31611111111", wissel.NewSecret("471147")}, {"home/bob", "+31622222222", wissel.NewSecret("581258")}, {"office/anna", "+31611111111", wissel.NewSecret("471147")}, {"home/cor", "+31633333333", wissel.Secret{}}}
	d, now := NewDoor(), night
	v, whose := d.TryOwn("+31699999999", people, "471147", now)
	if v.Person != Colleague || !slices.Equal(whose, []string{"home/anna", "office/anna"}) {
		t.Errorf("%+v, %v", v, whose)
	}
	if v, whose := d.TryOwn("", people, "", now); v.Person != "" || len(whose) != 0 {
		t.Errorf("no code is a code: %+v, %v", v, whose)
	}
	for i := range 60 {
		from := wissel.Number(fmt.Sprintf("+316000000%02d", i))
		d.TryOwn(from, people, "000000", now.Add(time.Duration(i)*time.Second))
	}
	now = now.Add(2 * time.Minute)
	if v, whose := d.TryOwn("+31699999999", people, "471147", now); v.Person != "" || v.Why != "locked" || len(whose) != 0 {
		t.Errorf("a stranger after sixty wrong tries: %+v, %v", v, whose)
	}
	if v, _ := d.TryOwn("+31622222222", people, "471147", now); v.Person != Colleague {
		t.Errorf("a colleague's telephone: %+v", v)
	}
}
