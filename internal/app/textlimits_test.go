package app

import (
	"cmp"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/sms"
	"wissel/internal/store/redis"
	"wissel/internal/virtual"
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
		{"one range, each its own number", 5000, func(i int) string { return fmt.Sprintf("+3161234%04d", i%10000) }, "1", [2]int{50, 50}, "nl/text.refused"},
		{"one number, again and again", 100, func(int) string { return "+31612345678" }, "1", [2]int{100, 100}, ""},
		{"paid numbers that are shown", 100, func(i int) string { return fmt.Sprintf("+31909%07d", i) }, "", [2]int{0, 0}, "nl/text.ask"},
		{"Somalia", 100, func(i int) string { return fmt.Sprintf("+25261%06d", i) }, "", [2]int{0, 0}, "nl/text.ask"},
		{"a landline that keys a paid number", 100, func(int) string { return "+31201110000" }, "0906123456#", [2]int{0, 0}, "nl/text.invalid"},
		{"a landline that keys a foreign one", 100, func(int) string { return "+31201110000" }, "0025261234567#", [2]int{0, 0}, "nl/text.invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			virtual.Time(t, func(t *testing.T) {
				store := &slowStore{}
				_, a := attendIn(t, store)
				limits := bounds(nil)
				a.texts = asks(t, limits)
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
					<-time.After(time.Until(began.Add(time.Duration(i+1) * (time.Hour / time.Duration(calls))))) // virtual: all within an hour
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
				if !t.Failed() {
					t.Logf("ROW A22 %d callers within an hour ask for texts, %s: %d are promised them, %d hear %s", calls, c.name, len(store.ids), calls-len(store.ids), cmp.Or(c.refuse, "anything else"))
				}
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

// What limits let go over virtual days, with the shipped figures: no more than they say, and all that they say.
func TestWhichTextsGo(t *testing.T) {
	ask := func(p sms.Purpose, n wissel.Number, provider string) sms.Ask {
		return sms.Ask{Letter: sms.Letter{Purpose: p, Group: "support", To: n}, Provider: provider, Parts: 1, Cost: 75_000, Priced: true}
	}
	phone := func(i int) wissel.Number { return wissel.Number(fmt.Sprintf("+3161%07d", i)) }
	t.Run("confirmations to one number", func(t *testing.T) {
		virtual.Time(t, func(t *testing.T) {
			l := bounds(nil)
			var at []time.Time
			for range 3 * 24 * 60 {
				if got := l.Request(t.Context(), ask(sms.Confirmation, "+31612345678", "north")); got.OK {
					at = append(at, time.Now())
				} else if !got.Again.IsZero() {
					t.Fatalf("a confirmation is to come later: %+v", got)
				}
				<-time.After(time.Minute)
			}
			for i, x := range at {
				day := 0
				for _, y := range at[i:] {
					if y.Sub(x) < 24*time.Hour {
						day++
					}
				}
				if day > 3 || i > 0 && x.Sub(at[i-1]) < 10*time.Minute {
					t.Errorf("%d within a day from %v, %v", day, x, at)
				}
			}
			if len(at) < 6 || at[1].Sub(at[0]) != 10*time.Minute {
				t.Errorf("only %d in three days: %v", len(at), at)
			}
		})
	})
	t.Run("news to one person", func(t *testing.T) {
		virtual.Time(t, func(t *testing.T) {
			l := bounds(nil)
			news := func() (n int) {
				for range 24 * 60 {
					if l.News(t.Context(), ask(sms.News, "+31612345678", "north")).OK {
						n++
					}
					<-time.After(time.Minute)
				}
				return n
			}
			began := time.Now()
			if n := news(); n != 12 {
				t.Errorf("%d in one outage of a day", n)
			}
			if n := news(); n != 0 {
				t.Errorf("%d more on its second day", n)
			}
			for i := range 3 { // all are told that it is over, which takes a while
				l.outages.Wrote(sms.Entry{Letter: sms.Letter{Purpose: sms.Back, Group: "support", To: phone(i), At: time.Now().Add(time.Duration(i) * time.Minute)}})
			}
			l.outages.Wrote(sms.Entry{Letter: sms.Letter{Purpose: sms.News, Group: "support", At: began}})
			if n := news(); n != 12 {
				t.Errorf("%d in the next outage", n)
			}
		})
	})
	t.Run("news to ten thousand people at once", func(t *testing.T) {
		virtual.Time(t, func(t *testing.T) {
			l := bounds(nil)
			for i := range 10_000 {
				if got := l.News(t.Context(), ask(sms.News, phone(i), "north")); !got.OK {
					t.Fatalf("number %d has none: %+v", i, got)
				}
			}
			if got := l.News(t.Context(), ask(sms.News, phone(5), "north")); got.OK || time.Until(got.Again).Round(time.Second) != 20*time.Minute {
				t.Errorf("a second one at once: %+v", got)
			}
		})
	})
	t.Run("money", func(t *testing.T) {
		virtual.Time(t, func(t *testing.T) {
			l := bounds(func(l *sms.Limits) { l.Money = 7_500_000 }) // a hundred texts
			sent := 0
			for i := range 5000 {
				if l.Request(t.Context(), ask(sms.Confirmation, phone(i*1000%9_999_999), "north")).OK {
					sent++
				}
				<-time.After(17 * time.Second)
			}
			if sent > 100 || sent < 98 {
				t.Errorf("%d texts in a day of 7.50", sent)
			}
			if bound, ok := l.Promise(t.Context(), "+31687654321"); ok || bound != sms.BoundMoney {
				t.Errorf("a caller is promised texts that cannot be paid: %v", bound)
			}
			if told := strings.Join(l.alarms.texts(), "\n"); !strings.Contains(told, "cost as much") {
				t.Errorf("people are told %q", told)
			}
			if got := l.News(t.Context(), ask(sms.News, "+31612345678", "north")); !got.OK {
				t.Errorf("who asked for news is left without by the cap of requests: %+v", got)
			}
			<-time.After(30 * time.Minute)
			if _, ok := l.Promise(t.Context(), "+31687654321"); !ok {
				t.Error("there is room again, and callers are not promised texts")
			}
		})
	})
	t.Run("one provider", func(t *testing.T) {
		virtual.Time(t, func(t *testing.T) {
			l := bounds(func(l *sms.Limits) { l.Provider = sms.Limit{Most: 10, Per: time.Hour} })
			n := map[string]int{}
			for i := range 100 {
				for _, p := range []string{"north", "south"} {
					if l.Request(t.Context(), ask(sms.Confirmation, phone(i*7919), p)).OK {
						n[p]++
					}
				}
			}
			if n["north"] != 10 || n["south"] != 10 {
				t.Errorf("%v", n)
			}
		})
	})
	t.Run("where no text goes", func(t *testing.T) {
		l := bounds(nil)
		for _, n := range []wissel.Number{"+319061234567", "+25261234567", "+31201234567", "+881612345678", ""} {
			for _, p := range sms.Purposes {
				if l.Request(t.Context(), ask(p, n, "north")).OK || l.News(t.Context(), ask(p, n, "north")).OK {
					t.Errorf("%s goes to %s", p, n)
				}
			}
		}
	})
}

// What was sent before a restart counts after it: a server that falls over and over sends no more than one that stands.
func TestLimitsOutlastARestart(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		var sent []sms.Entry
		for range 5 {
			l := bounds(func(l *sms.Limits) { l.Money = 2_000_000 }) // twenty at 0.10
			for _, e := range sent {
				l.Wrote(e)
			}
			<-time.After(time.Second)
			for i := range 100 {
				n := wissel.Number(fmt.Sprintf("+3161%07d", i*7919))
				e := sms.Entry{Letter: sms.Letter{Purpose: sms.Confirmation, Group: "support", To: n, Body: "Genoteerd.", At: time.Now()}, Tried: []sms.Attempt{{Provider: "north"}}}
				if l.Request(t.Context(), sms.Ask{Letter: e.Letter, Provider: "north", Parts: 1}).OK {
					sent = append(sent, e)
					l.Wrote(e) // by this run: it is counted already
				}
			}
		}
		if len(sent) > 20 || len(sent) < 10 {
			t.Errorf("%d were sent over five starts, twenty a day may be", len(sent))
		}
	})
}
