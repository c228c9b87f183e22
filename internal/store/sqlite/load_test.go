package sqlite

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wissel"
)

func TestCallsAndWishesAreCountedInSlices(t *testing.T) {
	s, stop := start(t, t.TempDir())
	at := time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)
	for _, c := range []wissel.CDR{
		{Call: "before", Group: "support", Trunk: "kpn", Began: at.Add(-time.Nanosecond)},
		{Call: "first", Group: "support", Trunk: "kpn", Began: at},
		{Call: "same slice", Group: "support", Trunk: "kpn", Began: at.Add(10*time.Minute - 1), Why: []string{`"Test":true`}},
		{Call: "next slice", Group: "support", Trunk: "kpn", Began: at.Add(10 * time.Minute)},
		{Call: "another group", Group: "sales", Trunk: "kpn", Began: at},
		{Call: "a test call", Group: "support", Trunk: "kpn", Began: at, Test: true},
		{Call: "placed by us", Group: "support", Began: at},
		{Call: "after", Group: "support", Trunk: "kpn", Began: at.Add(time.Hour)},
	} {
		s.CDR(c)
	}
	kept := make(chan error, 3)
	for _, w := range []wissel.Wish{
		{Kind: wissel.WishText, Group: "support", At: at.Add(15 * time.Minute)}, {Kind: wissel.WishCallback, Group: "support", At: at.Add(19 * time.Minute)},
		{Kind: wissel.WishText, Group: "sales", At: at},
	} {
		s.Wish(w, func(err error) { kept <- err })
	}
	for range 3 {
		if err := <-kept; err != nil {
			t.Fatal(err)
		}
	}
	stop()
	s, _ = start(t, s.set.Dir)
	got, err := s.CallsOver(t.Context(), "support", at, at.Add(time.Hour))
	if diff := cmp.Diff(map[time.Time]int{at: 2, at.Add(10 * time.Minute): 1}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	got, err = s.WishesOver(t.Context(), "support", at, at.Add(time.Hour))
	if diff := cmp.Diff(map[time.Time]int{at.Add(10 * time.Minute): 2}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}
