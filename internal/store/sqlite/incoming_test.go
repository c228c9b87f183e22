package sqlite

import (
	"testing"
	"time"

	"wissel"
	"wissel/internal/sms"
)

// What came is there after a restart, once, with what is to be done about it; who said stop stays stopped.
func TestTextsThatCame(t *testing.T) {
	dir := t.TempDir()
	s, stop := start(t, dir)
	at := time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
	one := sms.Inbound{
		Row: wissel.Row{ID: NewID()}, Key: "k1", Received: sms.Received{Provider: "north", ID: "7", From: "+31612345678", To: "3030", Body: "Niet bellen", At: at},
		Group: "support", Word: sms.WordNoCall, Language: "nl", Callback: "cb", Reaction: sms.Reaction{Cancel: true, Answer: sms.AnswerNoCall},
	}
	again := one
	again.Row.ID, again.Body = NewID(), "another"
	other := sms.Inbound{Row: wissel.Row{ID: NewID()}, Key: "k2", Received: sms.Received{From: "+31612345679", Body: "hallo", At: at.Add(time.Minute)}, Word: sms.WordOther}
	for _, a := range []sms.Inbound{one, again, other} {
		if err := s.Inbound(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.InboundDone(t.Context(), one.Key, "key of the answer"); err != nil {
		t.Fatal(err)
	}
	for _, when := range []time.Time{at, at.Add(-time.Hour)} { // an older one changes nothing
		if err := s.Stop(t.Context(), NewID(), "+31612345678", when); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	s, _ = start(t, dir)
	all, err := s.Incoming(t.Context(), at, 10)
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	got := all[0]
	got.Node, got.Generation = "", 0
	one.Done, one.Answered, one.Received.ID = true, "key of the answer", "" // the provider's id is in the key
	if got != one || all[1].Done || all[1].Word != sms.WordOther {
		t.Errorf("%+v\nwant\n%+v", got, one)
	}
	if late, _ := s.Incoming(t.Context(), at.Add(time.Second), 10); len(late) != 1 {
		t.Errorf("since a second later: %+v", late)
	}
	for _, row := range []struct {
		name string
		from wissel.Number
		ids  []string
		want int
	}{
		{"while his callback was open", one.From, []string{"x", "cb"}, 1}, {"it asked for a callback", other.From, []string{other.Row.ID}, 1},
		{"of another callback", one.From, []string{"x"}, 0}, {"of another person", other.From, []string{"cb"}, 0},
	} {
		if of, err := s.IncomingOf(t.Context(), []wissel.Number{row.from}, row.ids, 10); err != nil || len(of) != row.want {
			t.Errorf("%s: %+v, %v", row.name, of, err)
		}
	}
	stops, err := s.Stops(t.Context())
	if err != nil || len(stops) != 1 || !stops["+31612345678"].Equal(at) {
		t.Errorf("%v, %v", stops, err)
	}
}

// A text is one however often it is brought, and another when its words or its sender are.
func TestKeysOfTexts(t *testing.T) {
	at := time.Date(2026, 6, 3, 12, 9, 59, 0, time.UTC)
	r := sms.Received{Provider: "north", From: "+31612345678", To: "3030", Body: "STOP", At: at}
	later, other, with := r, r, r
	later.At, other.Body, with.ID = at.Add(2*time.Second), "JA", "7"
	same := func(x, y sms.Received) bool {
		for _, a := range sms.KeysOf(x) {
			for _, b := range sms.KeysOf(y) {
				if a == b {
					return true
				}
			}
		}
		return false
	}
	if !same(r, later) || same(r, other) || same(r, with) || len(sms.KeysOf(with)) != 1 {
		t.Error("a text that is brought again is another, or another is the same")
	}
	with2 := with
	with2.At, with2.Body = at.Add(24*time.Hour), "with other words"
	if !same(with, with2) {
		t.Error("a provider's own id names a text for good")
	}
}
