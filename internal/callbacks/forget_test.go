package callbacks

import (
	"testing"
	"time"

	"wissel"
)

func TestANumberIsForgotten(t *testing.T) {
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	b := NewBook()
	for id, n := range map[string]wissel.Number{"a": "+31611111111", "b": "+31622222222", "c": "+31611111111", "d": "+31622222222"} {
		g := wissel.GroupID("support")
		if id == "c" || id == "d" {
			g = "sales"
		}
		b.Wish(wissel.Wish{Row: wissel.Row{ID: id}, Kind: wissel.WishCallback, Number: n, Group: g, At: noon})
	}
	b.Wish(wissel.Wish{Row: wissel.Row{ID: "e"}, Kind: wissel.WishCallback, Group: "support", At: noon}) // he left a voice alone
	b.Close("c", Done, "anna", "", noon.Add(time.Hour))
	b.Close("d", Done, "anna", "", noon.Add(2*time.Hour))
	if owed := b.Forget("+31611111111", noon); owed != 1 {
		t.Errorf("%d were owed", owed)
	}
	if owed := b.Forget("", noon); owed != 0 {
		t.Error("those without a number are nobody's")
	}
	if open, _ := b.Count(); open != 2 || b.Owes("+31611111111") || !b.Owes("+31622222222") || len(b.Closed()) != 1 || b.Closed()[0].ID != "d" {
		t.Errorf("%d open, closed %+v", open, b.Closed())
	}
	b.Expire(noon.Add(2 * time.Hour))
	if len(b.Closed()) != 1 {
		t.Error("one closed at that moment is not over")
	}
	b.Expire(noon.Add(3 * time.Hour))
	if len(b.Closed()) != 0 {
		t.Errorf("%+v", b.Closed())
	}
}
