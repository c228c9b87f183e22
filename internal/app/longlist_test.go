package app

import (
	"context"
	"fmt"
	"testing"
	"time"

	"wissel"
	"wissel/internal/callbacks"
	"wissel/internal/hours"
)

// A list of a hundred thousand, with a pace, is made while whoever asks for it waits: the hours are walked through once.
func TestAListOfAHundredThousandIsSoonThere(t *testing.T) {
	h, problems := hours.New(hours.Settings{Open: "Mo-Fr 08:00-18:00; Sa 09:00-13:00", Zone: time.UTC, NoHolidays: true}, "x")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s := &wissel.Snapshot{Groups: map[wissel.GroupID]*wissel.Group{"support": {Hours: h}}, Overrides: map[wissel.GroupID]wissel.Override{"support": {ID: "o", Open: true, Until: time.Now().Add(time.Hour), Since: time.Now().Add(-2 * time.Hour)}}}
	p := newPromises(func() *wissel.Snapshot { return s })
	p.learned = true
	now := time.Now()
	for i := range 100_010 {
		id := fmt.Sprintf("w%06d", i)
		p.Wished(wissel.Wish{Row: wissel.Row{ID: id}, Kind: wissel.WishCallback, Group: "support", Number: wissel.Number(fmt.Sprintf("+312%08d", i)), At: now.Add(time.Duration(i) * time.Millisecond)})
		if i < 10 {
			p.book.Close(id, callbacks.Done, "anna", "", now.Add(time.Duration(i-10)*time.Minute))
		}
	}
	began := time.Now()
	all, err := (&App{promises: p}).Callbacks(context.Background())
	took := time.Since(began)
	if err != nil || len(all) != 100_010 || all[0].Turn.IsZero() || all[9_999].Place != 10_000 || all[9_999].Turn.IsZero() {
		t.Fatalf("%d, %v: %+v", len(all), err, all[0])
	}
	if took > 6*time.Second {
		t.Errorf("it took %v", took)
	}
	t.Logf("it took %v", took)
}
