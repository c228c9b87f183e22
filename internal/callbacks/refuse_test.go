package callbacks

import (
	"strings"
	"testing"
	"time"

	"wissel"
)

// objector is never to be rung.
const objector wissel.Number = "+31201119999"

// plainLines know +31 fixed numbers, and +33 and +1 as other countries; one number objects.
type plainLines struct{}

func (plainLines) Objects(n wissel.Number) bool { return n == objector }
func (plainLines) Ours(n wissel.Number) bool    { return n == "+31201230000" }
func (plainLines) Country(n wissel.Number) string {
	for code, c := range map[string]string{"31": "NL", "33": "FR", "1": "US"} {
		if strings.HasPrefix(string(n), "+"+code) {
			return c
		}
	}
	return ""
}
func (plainLines) Kind(n wissel.Number) wissel.Kind {
	switch {
	case strings.HasPrefix(string(n), "+31900"):
		return wissel.Kind0900
	case strings.HasPrefix(string(n), "+31"):
		return wissel.KindFixed
	}
	return wissel.KindForeign
}
func (l plainLines) Costly(n wissel.Number) bool { return l.Kind(n) == wissel.Kind0900 }

func TestARefusedNumberIsNeverRung(t *testing.T) {
	set := DefaultSettings()
	for n, why := range map[wissel.Number]string{
		"+31201110001": "", objector: "objects", "+31201230000": "ours", "+31900123456": "premium", "+33140000000": "country", "+881612345678": "country", "": "no number",
	} {
		if got := set.Refuse(n, plainLines{}); !strings.Contains(got, why) || why == "" && got != "" {
			t.Errorf("%s: %q", n, got)
		}
	}
	b := NewBook()
	b.Wish(wish("a", "+31900123456", 0))
	set.Trunk = "genesys"
	if c, ok, again := b.Next("support", set, View{Lines: plainLines{}, Zones: zonesOf}, noon); ok || !again.IsZero() {
		t.Errorf("before anybody has swept, %s is next (%v)", c.Number, again)
	}
	all := b.Sweep("support", set, Look{plainLines{}, func(at time.Time) time.Time { return at.Add(time.Hour) }, nil}, noon)
	if c, _ := b.Get("a"); len(all) != 1 || all[0].Notice != TellHand || c.State != Hand || !c.State.Open() {
		t.Errorf("%+v", all)
	}
}
