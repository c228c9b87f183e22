package app

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
	"wissel/internal/sms"
	"wissel/internal/store/redis"
	"wissel/ivr"
	"wissel/sip"
)

// bounds are the shipped limits of texts, counted in this process.
func bounds(change func(*sms.Limits)) *textLimits {
	l := sms.DefaultLimits()
	if change != nil {
		change(&l)
	}
	return newTextLimits(func() sms.Limits { return l }, redis.New(redis.DefaultSettings(), slog.New(slog.DiscardHandler)), &alarms{}, slog.New(slog.DiscardHandler))
}

// A22: thousands of callers ask for texts, each from another number, in the shipped flow: of one range, of paid and foreign numbers that
// they show or key, over an hour. What is promised is within the limits; each hears the truth, and may have a call instead.
func TestPumpingIsRefusedAndHeard(t *testing.T) {
	for _, c := range []struct {
		name   string
		calls  int
		from   func(i int) string
		keys   string // after the number that is offered, or instead of it
		want   [2]int // wishes on disk, from and to
		refuse string
	}{
		{"one range, each its own number", 5000, func(i int) string { return fmt.Sprintf("+3161234%04d", i%10000) }, "1", [2]int{49, 50}, "nl/text.refused"},
		{"one number, again and again", 100, func(int) string { return "+31612345678" }, "1", [2]int{100, 100}, ""},
		{"paid numbers that are shown", 100, func(i int) string { return fmt.Sprintf("+31909%07d", i) }, "", [2]int{0, 0}, "nl/text.ask"},
		{"Somalia", 100, func(i int) string { return fmt.Sprintf("+25261%06d", i) }, "", [2]int{0, 0}, "nl/text.ask"},
		{"a landline that keys a paid number", 100, func(int) string { return "+31201110000" }, "0906123456#", [2]int{0, 0}, "nl/text.invalid"},
		{"a landline that keys a foreign one", 100, func(int) string { return "+31201110000" }, "0025261234567#", [2]int{0, 0}, "nl/text.invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &slowStore{}
				_, a := attendIn(t, store)
				limits := bounds(nil)
				a.texts = limits
				calls, refused, began := c.calls, 0, time.Now()
				for i := range calls {
					h := &host{wakes: map[int]time.Time{}, posted: make(chan func(), 8)}
					from := wissel.Number(c.from(i))
					x, err := a.Attend(sip.AttendedCall{Call: wissel.CallID(fmt.Sprintf("01a20071-2f56-785c-bf1a-%012d", i)), Group: "support", Flow: "storing", From: from, Rung: "+31201234567"}, h)
					if err != nil {
						t.Fatal(err)
					}
					h.x = x
					h.x.Begin()
					if strings.HasPrefix(string(from), "+252") {
						h.x.Digit('1') // Dutch
					}
					h.x.Digit('1') // for texts, before it is offered: those who know
					h.hearsAny(t, "nl/text.own", "nl/text.ask")
					for _, k := range c.keys {
						h.x.Digit(wissel.Digit(k))
					}
					switch {
					case c.refuse == "nl/text.refused", c.refuse == "":
						h.hearsAny(t, "nl/text.done", "nl/text.refused", "nl/wish.failed")
					default:
						h.hearsAny(t, c.refuse)
					}
					if c.refuse != "" && h.said(c.refuse) >= 0 {
						refused++
					}
					if h.said("nl/wish.failed") >= 0 {
						t.Fatalf("call %d is told that something failed", i)
					}
					if c.refuse == "nl/text.refused" && h.said(c.refuse) >= 0 && i%500 == 499 { // and what still works is offered, and works
						before := len(store.ids)
						h.hearsAny(t, "nl/failed.menu")
						h.x.Digit('2')
						h.hearsAny(t, "nl/callback.own")
						h.x.Digit('1')
						h.hearsAny(t, "nl/callback.done")
						store.ids = store.ids[:before]
					}
					h.x.Hangup()
					time.Sleep(time.Until(began.Add(time.Duration(i+1) * (time.Hour / time.Duration(calls))))) // virtual: all within an hour
				}
				if n := len(store.ids); n < c.want[0] || n > c.want[1] {
					t.Errorf("%d of %d were promised texts, want %d to %d", n, calls, c.want[0], c.want[1])
				}
				if c.refuse != "" && refused != calls-len(store.ids) {
					t.Errorf("%d hear %s, %d were refused", refused, c.refuse, calls-len(store.ids))
				}
				alarmed := strings.Contains(strings.Join(limits.alarms.texts(), "\n"), "pumping")
				if alarmed != (c.refuse == "nl/text.refused") {
					t.Errorf("alarms: %v", limits.alarms.texts())
				}
				t.Logf("%d calls: %d promised texts, %d hear %s", calls, len(store.ids), refused, c.refuse)
			})
		})
	}
}

// hearsAny goes on until one of some clips was played.
func (h *host) hearsAny(t *testing.T, clips ...string) {
	t.Helper()
	for range 80 {
		for _, c := range clips {
			if h.said(c) >= 0 {
				return
			}
		}
		h.next()
	}
	t.Fatalf("none of %v was heard; only %v", clips, h.heard)
}

// The wish of one who is gone before the limits have answered is written all the same; one that is taken back is not.
func TestAWishWaitsForItsLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			name string
			stop bool
			want int
		}{{"left alone", false, 1}, {"taken back", true, 0}} {
			store := &slowStore{}
			_, a := attendIn(t, store)
			slow := make(chan struct{})
			a.texts = waiting(slow)
			x, err := a.Attend(sip.AttendedCall{Call: aCall, Group: "support", Flow: "storing", From: "+31612345678"}, &host{})
			if err != nil {
				t.Fatal(err)
			}
			told := make(chan error, 1)
			withdraw := x.(*attending).bounded(wissel.Wish{Kind: wissel.WishText, Number: "+31612345678"}, ivr.Commit{}, func(err error) { told <- err })
			if c.stop && !withdraw() {
				t.Errorf("%s: it cannot be taken back", c.name)
			}
			close(slow)
			synctest.Wait()
			if len(store.ids) != c.want || len(told) != c.want {
				t.Errorf("%s: %d were written, %d told of", c.name, len(store.ids), len(told))
			}
		}
	})
}

// waiting are limits that answer once told to.
type waiting chan struct{}

func (w waiting) Promise(context.Context, wissel.Number) (sms.Bound, bool) { <-w; return "", true }
