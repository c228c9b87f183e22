package sqlite

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wissel"
	"wissel/internal/sms"
)

func letter(s *Store, to wissel.Number, cause string, at time.Time) sms.Letter {
	return sms.Letter{
		Row: s.Stamp(wissel.Row{}), Key: sms.KeyOf(sms.News, "support", to, cause), Purpose: sms.News, Cause: cause, Group: "support", To: to, Language: "nl",
		From: "Wissel", Body: "Er is een storing.", At: at, Until: at.Add(time.Hour),
	}
}

func TestTextsComeBackAfterARestart(t *testing.T) {
	dir := t.TempDir()
	s, stop := start(t, dir)
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	all := []sms.Letter{letter(s, "+31610000001", "m1", at), letter(s, "+31610000002", "m1", at), letter(s, "+31610000003", "m1", at)}
	for i, err := range s.Letters(t.Context(), all) {
		if err != nil {
			t.Fatal(i, err)
		}
	}
	again := letter(s, "+31610000001", "m1", at.Add(time.Minute)) // of the same cause
	if errs := s.Letters(t.Context(), []sms.Letter{again}); errs[0] != nil {
		t.Fatal(errs[0])
	}
	tried := sms.Attempt{Provider: "one", At: at.Add(time.Second), Valid: time.Hour}
	if err := s.TextAttempt(t.Context(), all[0].ID, 0, tried); err != nil {
		t.Fatal(err)
	}
	told := tried
	told.Changes, told.Outcome, told.States = 2, sms.Outcome{Verdict: sms.Accepted, IDs: []string{"x"}}, []sms.State{sms.Delivered}
	if err := s.TextTold(t.Context(), all[0].ID, 0, told); err != nil {
		t.Fatal(err)
	}
	tried.Changes = 1
	s.TextAttemptChanged(all[0].ID, 0, tried) // comes too late
	s.TextChanged(sms.Entry{Letter: all[0], Stage: sms.Arrived, Since: at.Add(time.Minute), Changes: 2})
	s.TextChanged(sms.Entry{Letter: all[0], Stage: sms.Sent, Since: at, Changes: 1})
	s.TextCame("+31612345678", "one", at)
	s.TextCame("+31612345678", "two", at.Add(-time.Hour))
	for _, on := range []bool{true, false} {
		if err := s.TextPause(t.Context(), "sales", on, "anna", "ticket 1", at.Add(map[bool]time.Duration{false: time.Minute}[on])); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.TextPause(t.Context(), "support", true, "anna", "ticket 1", at); err != nil {
		t.Fatal(err)
	}
	stop()

	s, stop = start(t, dir)
	defer stop()
	got, err := s.Outbox(t.Context())
	if err != nil || len(got) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	if d := cmp.Diff(sms.Entry{Letter: all[0], Stage: sms.Arrived, Since: at.Add(time.Minute), Changes: 2, Tried: []sms.Attempt{told}}, got[0]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(sms.Entry{Letter: all[1], Stage: sms.Waiting, Since: at}, got[1]); d != "" {
		t.Error(d)
	}
	for _, c := range []struct {
		f    TextFilter
		want int
	}{
		{TextFilter{}, 3}, {TextFilter{Limit: 2}, 2}, {TextFilter{Stage: sms.Waiting}, 2}, {TextFilter{To: "+31610000002", Group: "support"}, 1}, {TextFilter{Since: at.Add(time.Second)}, 0},
		{TextFilter{Key: all[2].Key}, 1}, {TextFilter{ID: all[2].ID, Purpose: sms.Back}, 0}, {TextFilter{Cause: "m1"}, 3},
	} {
		if some, err := s.Texts(t.Context(), c.f); err != nil || len(some) != c.want {
			t.Errorf("%+v: %d, %v", c.f, len(some), err)
		}
	}
	if held, err := s.TextPauses(t.Context()); err != nil || fmt.Sprint(held) != "[support]" {
		t.Error(held, err)
	}
	if routes, err := s.TextRoutes(t.Context()); err != nil || len(routes) != 1 || routes[0].Provider != "one" || !routes[0].At.Equal(at) {
		t.Error(routes, err)
	}
}

// A broadcast is larger than what may wait for the disk.
func TestMoreTextsThanTheQueueHolds(t *testing.T) {
	s, stop := start(t, t.TempDir())
	defer stop()
	at := time.Now()
	all := make([]sms.Letter, 10_000)
	for i := range all {
		all[i] = letter(s, wissel.Number(fmt.Sprintf("+3161%07d", i)), "m1", at)
	}
	for i, err := range s.Letters(t.Context(), all) {
		if err != nil {
			t.Fatal(i, err)
		}
	}
	if got, err := s.Outbox(t.Context()); err != nil || len(got) != len(all) {
		t.Errorf("%d, %v", len(got), err)
	}
}

// Nothing is offered whose attempt is not on disk.
func TestAnAttemptThatCannotBeWrittenIsSaid(t *testing.T) {
	s, err := Open(t.Context(), DefaultSettings(t.TempDir()), "node1", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // nothing was written
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	l := letter(s, "+31610000001", "m1", time.Now())
	if errs := s.Letters(ctx, []sms.Letter{l}); errs[0] == nil { // nobody writes
		t.Error("it says that it is on disk")
	}
	if err := s.TextAttempt(ctx, l.ID, 0, sms.Attempt{}); err == nil {
		t.Error("it says that it is on disk")
	}
}
