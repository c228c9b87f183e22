package sqlite

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wissel"
	"wissel/internal/callbacks"
)

func TestCallbacksComeBackAfterARestart(t *testing.T) {
	dir := t.TempDir()
	s, stop := start(t, dir)
	at := time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
	for i, w := range []wissel.Wish{
		{Row: wissel.Row{ID: "a"}, Kind: wissel.WishCallback, Number: "+31201110001", Group: "support", At: at, Hidden: true},
		{Row: wissel.Row{ID: "b"}, Kind: wissel.WishBoth, Number: "+31201110002", Group: "support", At: at.Add(time.Minute), Apart: true},
		{Row: wissel.Row{ID: "c"}, Kind: wissel.WishText, Number: "+31612345678", Group: "support", At: at.Add(time.Minute)},
	} {
		done := make(chan error, 1)
		s.Wish(w, func(err error) { done <- err })
		if err := <-done; err != nil {
			t.Fatal(i, err)
		}
	}
	mark := callbacks.Mark{Callback: "a", Group: "support", State: callbacks.Done, At: at.Add(time.Hour), Who: "anna", Why: "ticket 1", Wishes: []string{"a", "a2"}}
	if err := s.Mark(t.Context(), mark); err != nil {
		t.Fatal(err)
	}
	for _, hour := range []int{2, 3} { // the second is in place of the first
		if err := s.Turn(t.Context(), callbacks.Turn{Group: "support", At: at.Add(time.Duration(hour) * time.Hour), Set: at, Who: "anna", Why: "ticket 2"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Turn(t.Context(), callbacks.Turn{Group: "sales", Set: at, Who: "bob", Why: "over"}); err != nil {
		t.Fatal(err)
	}
	stop()
	s, stop = start(t, dir)
	defer stop()
	wishes, err := s.CallbackWishes(t.Context())
	if err != nil || len(wishes) != 2 || !wishes[0].Hidden || wishes[0].Apart || !wishes[1].Apart || wishes[1].Hidden {
		t.Fatalf("%+v, %v", wishes, err)
	}
	marks, err := s.Marks(t.Context())
	if err != nil || len(marks) != 1 || marks[0].ID == "" {
		t.Fatalf("%+v, %v", marks, err)
	}
	marks[0].Row = wissel.Row{}
	if d := cmp.Diff(mark, marks[0]); d != "" {
		t.Error(d)
	}
	turns, err := s.Turns(t.Context())
	if err != nil || len(turns) != 2 {
		t.Fatalf("%+v, %v", turns, err)
	}
	for _, one := range turns {
		if want := map[wissel.GroupID]time.Time{"support": at.Add(3 * time.Hour)}[one.Group]; !one.At.Equal(want) || !one.Set.Equal(at) {
			t.Errorf("%+v, want %v", one, want)
		}
	}
}
