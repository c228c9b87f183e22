package ivr

import "testing"

// What may not be promised now is said to be so where the flow has words for it, and leads on to what still works; a failure
// after it is one.
func TestWhatMayNotBePromisedIsNotCalledAFailure(t *testing.T) {
	for _, row := range []struct {
		name  string
		words []string // of the flow
		not   bool
		want  string
	}{
		{"it may not be promised", []string{"refused"}, true, "play nl/refused"},
		{"something failed", []string{"refused"}, false, "play nl/failed"},
		{"a flow without words for it", nil, true, "play nl/failed"},
	} {
		src := outage()
		src.Steps["text"].Wish.Refused = row.words
		p, ps := Compile(src, everything{})
		if len(ps) > 0 {
			t.Fatalf("%s: %v", row.name, ps)
		}
		c := ring(t, mobile)
		c.p = p.With(plan{own: ours})
		c.do(".11")
		c.event(Event{Kind: Committed, Token: c.s.Commit, Not: row.not})
		if got := c.tail(1); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
		if c.do("."); c.tail(1) != "play nl/more" || c.s.Not {
			t.Errorf("%s: and then %s, %v", row.name, c.tail(1), c.s.Not)
		}
		c.do("1 1-")
		if got := c.tail(1); got != "play nl/failed" {
			t.Errorf("%s, and then a failure: %s", row.name, got)
		}
	}
}
