package sqlite

import (
	"testing"
	"time"

	"wissel"
)

func TestTheNewestOfTheDoorStays(t *testing.T) {
	s, stop := start(t, t.TempDir())
	if body, err := s.Door(t.Context()); body != nil || err != nil {
		t.Errorf("nothing was kept, and there is %q, %v", body, err)
	}
	older, newer := s.Stamp(wissel.Row{}), s.Stamp(wissel.Row{})
	for _, one := range []struct {
		generation uint64
		body       string
	}{{newer.Generation, "newer"}, {older.Generation, "older"}} { // they may come in any order
		if err := s.KeepDoor(t.Context(), one.generation, when, []byte(one.body)); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	s, _ = start(t, s.set.Dir)
	if body, err := s.Door(t.Context()); string(body) != "newer" || err != nil {
		t.Errorf("%q, %v", body, err)
	}
}

func TestWishesAreCountedByGroup(t *testing.T) {
	s, _ := start(t, t.TempDir())
	for i, g := range []wissel.GroupID{"support", "support", "sales"} {
		done := make(chan error, 1)
		s.Wish(wissel.Wish{Kind: wissel.WishText, Number: "+31612345678", Group: g, At: when.Add(time.Duration(i) * time.Hour)}, func(err error) { done <- err })
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.WishCounts(t.Context(), when.Add(time.Minute)); err != nil || n["support"] != 1 || n["sales"] != 1 {
		t.Errorf("%v, %v", n, err)
	}
}
