package app

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"wissel"
	"wissel/internal/store/sqlite"
	"wissel/ivr"
)

// rehearsed lets somebody hear the shipped flow, with a store that stands so.
func rehearsed(t *testing.T, stored error) (*host, *rehearsal) {
	t.Helper()
	h, a := attendIn(t, &slowStore{err: sqlite.ErrUnavailable})
	r := &rehearsal{
		pending: &pending{lines: make(chan string, 32)}, stored: func() error { return stored },
		caller: ivr.Caller{Call: aCall, From: "+31612345678", Rung: "+31201234567", Group: "support", Flow: "storing"},
	}
	h.x = r.attend(a, a.programs()["storing"], h)
	return h, r
}

func TestWhatIsHeardOfAWishThatIsNone(t *testing.T) {
	for _, row := range []struct {
		name   string
		stored error
		hears  string
		told   string
		wishes []string
	}{
		{"noted, and nowhere", nil, "nl/callback.done", "nothing is written", []string{"callback +316****5678"}},
		{"what a caller would hear while nothing can be written", sqlite.ErrUnavailable, "nl/wish.failed", "cannot be noted", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, r := rehearsed(t, row.stored)
				wish(t, h)
				h.hears(t, row.hears)
				h.x.Hangup()
				if line := <-r.lines; !strings.Contains(line, row.told) || !slices.Equal(r.wishes, row.wishes) {
					t.Errorf("told %q, asked for %q", line, r.wishes)
				}
			})
		})
	}
}

func TestARehearsalRingsNoColleague(t *testing.T) {
	h, r := rehearsed(t, nil)
	h.x.(*attending).do(ivr.Dial{Target: wissel.Target{Trunk: "colleagues"}})
	if h.ended == "" || !strings.Contains(<-r.lines, "put through to colleagues") {
		t.Errorf("ended %q", h.ended)
	}
}
