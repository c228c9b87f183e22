package nearest

import "testing"

func TestWhatWasProbablyMeant(t *testing.T) {
	known := []string{"callback", "menu", "text", "message"}
	for _, row := range []struct{ word, want string }{
		{"mneu", `; did you mean "menu"?`},
		{"Menu", `; did you mean "menu"?`},
		{"calback", `; did you mean "callback"?`},
		{"messages", `; did you mean "message"?`},
		{"nowhere", "; there are: callback, menu, text, message"},
		{"", "; there are: callback, menu, text, message"},
	} {
		if got := Suggest(row.word, known); got != row.want {
			t.Errorf("%q: %s", row.word, got)
		}
	}
	if got := Suggest("menu", nil); got != "" {
		t.Errorf("of nothing known: %q", got)
	}
}
