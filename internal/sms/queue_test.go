package sms

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
)

// bench is a queue with two providers, and the time.
type bench struct {
	*testing.T
	q   *Queue
	now time.Time
	n   int
}

func newBench(t *testing.T) *bench {
	b := &bench{T: t, q: NewQueue(), now: time.Date(2026, 11, 30, 12, 0, 0, 0, amsterdam)}
	b.set(10, 5)
	return b
}

func (b *bench) set(perSecond, window int) {
	route := Route{Providers: []string{"one", "two"}, Again: 10 * time.Second, Valid: time.Hour}
	m := Manner{Route: route, Quiet: Quiet{From: 21 * 60, To: 8 * 60, Zone: amsterdam}}
	b.q.Set(map[wissel.GroupID]Manner{"support": m, "sales": m}, map[string]Lane{"one": {perSecond, window}, "two": {perSecond, window}}, b.now)
}

func (b *bench) letter(p Purpose, g wissel.GroupID, to wissel.Number, cause string) Letter {
	b.n++
	return Letter{Row: wissel.Row{ID: fmt.Sprintf("%04d", b.n)}, Key: KeyOf(p, g, to, cause), Purpose: p, Group: g, To: to, Cause: cause, Body: "Er is een storing.", From: "Wissel",
		At: b.now, Until: b.now.Add(4 * time.Hour)}
}

func (b *bench) add(p Purpose, to wissel.Number, cause string) Letter {
	b.Helper()
	l := b.letter(p, "support", to, cause)
	if added, err := b.q.Add(l); !added || err != nil {
		b.Fatalf("%s: %v, %v", cause, added, err)
	}
	b.q.Written(l.ID, b.now)
	return l
}

// steps are what is done now, in words.
func (b *bench) steps() (said []string) {
	all, _ := b.q.Steps(b.now)
	for _, s := range all {
		if s.Offer {
			said = append(said, "offer "+s.Entry.ID+" to "+s.Attempt.Provider)
			b.q.Allowed(s.Entry.ID, s.Attempt)
		} else {
			said = append(said, string(s.Entry.Stage)+" "+s.Entry.ID)
		}
	}
	return said
}

func (b *bench) want(all ...string) {
	b.Helper()
	if got := b.steps(); !slices.Equal(got, all) {
		b.Errorf("%s: %q, want %q", b.now.Format(time.TimeOnly), got, all)
	}
}

func (b *bench) answer(id string, v Verdict, ids ...string) {
	b.Helper()
	e, _ := b.q.Entry(b.q.all[id].Key)
	if _, ok := b.q.Outcome(id, len(e.Tried)-1, Outcome{Verdict: v, IDs: ids}, b.now); !ok {
		b.Errorf("the outcome of %s is of nothing", id)
	}
}

func (b *bench) stage(l Letter, want Stage) {
	b.Helper()
	if e, ok := b.q.Entry(l.Key); !ok || e.Stage != want {
		b.Errorf("%s is %s (%s), want %s", l.ID, e.Stage, e.Why, want)
	}
}

func TestQueueOrder(t *testing.T) {
	b := newBench(t)
	b.set(1000, 5)
	for i := range 4 {
		b.add(News, wissel.Number(fmt.Sprintf("+3161000000%d", i)), "m1")
	}
	b.add(Confirmation, "+31610000009", "w1") // later, and first
	b.want("offer 0005 to one", "offer 0001 to one", "offer 0002 to one", "offer 0003 to one", "offer 0004 to one")
	b.want() // each once
}

func TestQueuePaceAndWindow(t *testing.T) {
	b := newBench(t)
	b.set(10, 3)
	for i := range 40 {
		b.add(News, wissel.Number(fmt.Sprintf("+316100000%02d", i)), "m1")
	}
	offered, most := 0, 0
	var open []string
	for range 200 { // two seconds
		for _, s := range b.steps() {
			if !strings.HasPrefix(s, "offer") {
				continue
			}
			offered++
			open = append(open, strings.Fields(s)[1])
		}
		most = max(most, len(open))
		if b.now.Nanosecond()/1e7%5 == 0 && len(open) > 0 {
			b.answer(open[0], Accepted, "id"+open[0])
			open = open[1:]
		}
		b.now = b.now.Add(10 * time.Millisecond)
	}
	if offered < 19 || offered > 21 || most > 3 {
		t.Errorf("%d offers in two seconds at 10 a second, %d at once of 3", offered, most)
	}
}

func TestQueueQuietHoursHoldNewsAlone(t *testing.T) {
	b := newBench(t)
	b.now = time.Date(2026, 11, 30, 22, 0, 0, 0, amsterdam)
	b.set(1000, 5)
	news, sure := b.add(News, "+31610000001", "m1"), b.add(Confirmation, "+31610000001", "w1")
	b.q.all[news.ID].Until = b.now.Add(14 * time.Hour)
	b.want("offer " + sure.ID + " to one")
	b.stage(news, Waiting)
	b.now = b.now.Add(10 * time.Hour)
	b.want("offer " + news.ID + " to one")
}

func TestQuietUntil(t *testing.T) {
	for _, c := range []struct{ from, to, at, want string }{
		{"21:00", "08:00", "2026-11-30 22:15", "2026-12-01 08:00"},
		{"21:00", "08:00", "2026-12-01 03:00", "2026-12-01 08:00"},
		{"21:00", "08:00", "2026-12-01 08:00", ""},
		{"21:00", "08:00", "2026-12-01 20:59", ""},
		{"12:00", "13:00", "2026-12-01 12:30", "2026-12-01 13:00"},
		{"12:00", "13:00", "2026-12-01 13:00", ""},
		{"21:00", "02:30", "2026-03-28 23:00", "2026-03-29 03:30"}, // there is no 2:30 that night
		{"21:00", "08:00", "2026-10-24 23:00", "2026-10-25 08:00"}, // nor is the hour that comes twice counted
		{"00:00", "00:00", "2026-12-01 13:00", ""},
	} {
		minutes := func(s string) int {
			at, err := time.Parse("15:04", s)
			if err != nil {
				t.Fatal(err)
			}
			return at.Hour()*60 + at.Minute()
		}
		at, err := time.ParseInLocation("2006-01-02 15:04", c.at, amsterdam)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if end := (Quiet{minutes(c.from), minutes(c.to), amsterdam}).Until(at); !end.IsZero() {
			got = end.Format("2006-01-02 15:04")
		}
		if got != c.want {
			t.Errorf("%s in %s-%s: %q, want %q", c.at, c.from, c.to, got, c.want)
		}
	}
}

func TestHeldNewsIsReplacedByTheNewest(t *testing.T) {
	b := newBench(t)
	b.q.Pause("support")
	old, other := b.add(News, "+31610000001", "m1"), b.add(News, "+31610000002", "m1")
	b.want()
	b.now = b.now.Add(time.Minute)
	newer := b.add(News, "+31610000001", "m2")
	b.stage(old, Dropped)
	b.stage(other, Waiting)
	back := b.add(Back, "+31610000001", "b")
	b.stage(newer, Dropped)
	if got := b.q.Drop(func(l Letter) bool { return l.Purpose == News }, "the outage is over", b.now); len(got) != 1 || got[0].ID != other.ID {
		t.Errorf("%+v", got)
	}
	b.q.Resume("support", b.now)
	b.want("offer " + back.ID + " to one")
}

func TestNewsUnderWayIsNotReplacedUntilItIsKnownNotToHaveGone(t *testing.T) {
	b := newBench(t)
	first := b.add(News, "+31610000001", "m1")
	b.want("offer 0001 to one")
	b.now = b.now.Add(time.Second)
	b.add(News, "+31610000001", "m2")
	b.stage(first, Waiting)
	b.want("offer 0002 to one")
	b.answer("0001", Later)
	b.want("dropped 0001")
}

func TestQueueHoldsWhatLimitsRefuse(t *testing.T) {
	b := newBench(t)
	l, gone := b.add(News, "+31610000001", "m1"), b.add(News, "+31610000002", "m1")
	all, _ := b.q.Steps(b.now)
	if len(all) != 1 || !all[0].Ask { // ten a second
		t.Fatalf("%+v", all)
	}
	b.q.Held(l.ID, "one", Allowance{Again: b.now.Add(20 * time.Minute), Why: "one each 20 minutes"}, b.now)
	b.now = b.now.Add(time.Second)
	all, _ = b.q.Steps(b.now)
	if len(all) != 1 || all[0].Entry.ID != gone.ID {
		t.Fatalf("%+v", all)
	}
	if e := b.q.Held(gone.ID, "one", Allowance{Why: "he had 12 of them"}, b.now); e == nil || e.Stage != Dropped || e.Why != "he had 12 of them" {
		t.Errorf("%+v", e)
	}
	b.want()
	b.now = b.now.Add(20 * time.Minute)
	b.want("offer " + l.ID + " to one")
}

func TestOneTextOfOneCause(t *testing.T) {
	b := newBench(t)
	l := b.add(Confirmation, "+31610000001", "w1")
	again := b.letter(Confirmation, "support", "+31610000001", "w1")
	if added, err := b.q.Add(again); added || err != nil {
		t.Errorf("%v, %v", added, err)
	}
	b.want("offer 0001 to one")
	b.answer("0001", Accepted, "x")
	b.want("sent 0001")
	if c, ok := b.q.Heard("one", Event{Kind: Receipt, ID: "x", State: Delivered}, b.now); !ok || !c.Closed || c.Entry.Stage != Arrived {
		t.Errorf("%+v, %v", c, ok)
	}
	if _, ok := b.q.Heard("one", Event{Kind: Receipt, ID: "x", State: Delivered}, b.now); ok {
		t.Error("a second receipt told something")
	}
	if added, _ := b.q.Add(again); added {
		t.Error("it was written again once it had arrived")
	}
	b.stage(l, Arrived)
}

// After a crash the answer is missing: the text goes nowhere until its receipt comes, by the reference, or its validity has passed.
func TestAnUnknownTextIsFoundByItsReceipt(t *testing.T) {
	for _, receipted := range []bool{true, false} {
		b := newBench(t)
		l := b.add(News, "+31610000001", "m1")
		b.want("offer 0001 to one")
		e, _ := b.q.Entry(l.Key)

		b.q = NewQueue() // the server died
		b.set(10, 5)
		b.q.Read([]Entry{e}, b.now)
		b.want()
		if receipted {
			c, ok := b.q.Heard("one", Event{Kind: Receipt, ID: "never-heard", Ref: RefOf(l.Key, 0), From: "+31610000001", State: Delivered}, b.now)
			if !ok || !c.Closed || c.Entry.Stage != Arrived || c.Entry.Tried[0].Outcome.IDs[0] != "never-heard" {
				t.Errorf("%+v, %v", c, ok)
			}
		}
		b.now = b.now.Add(time.Hour + time.Minute)
		b.want()
		b.now = b.now.Add(2 * time.Minute)
		if receipted {
			b.want()
		} else {
			b.want("offer 0001 to one")
		}
	}
}

func TestReceiptsOfPartsInAnyOrder(t *testing.T) {
	b := newBench(t)
	l := b.letter(News, "support", "+31610000001", "m1")
	l.Body = strings.Repeat("Er is een storing. ", 20)
	if _, err := b.q.Add(l); err != nil {
		t.Fatal(err)
	}
	b.q.Written(l.ID, b.now)
	b.want("offer 0001 to one")
	for i, at := range []int{2, 0} { // before the answer, whose id for them is not known yet
		if c, ok := b.q.Heard("one", Event{Kind: Receipt, ID: fmt.Sprint("p", at), Ref: RefOf(l.Key, at), From: string(l.To), State: Delivered}, b.now); !ok || c.Closed {
			t.Errorf("%d: %+v, %v", i, c, ok)
		}
	}
	b.answer("0001", Accepted, "p0", "p1", "p2")
	b.want("sent 0001")
	if c, ok := b.q.Heard("one", Event{Kind: Receipt, ID: "p1", State: Undelivered, Reason: "no such subscriber"}, b.now); !ok || c.Entry.Stage != NotDelivered || c.Entry.Why != "no such subscriber" {
		t.Errorf("%+v, %v", c, ok)
	}
}

func TestAReceiptThatNeverComesEndsATextToo(t *testing.T) {
	b := newBench(t)
	l := b.add(News, "+31610000001", "m1")
	b.want("offer 0001 to one")
	b.answer("0001", Accepted, "x")
	b.want("sent 0001")
	b.now = b.now.Add(3 * time.Hour)
	b.want("unconfirmed 0001")
	b.q.Heard("one", Event{Kind: Receipt, ID: "x", State: Delivered}, b.now) // and comes after all
	b.stage(l, Arrived)
}

func TestReadMendsWhatWasNotWritten(t *testing.T) {
	b := newBench(t)
	l := b.letter(News, "support", "+31610000001", "m1")
	e := Entry{Letter: l, Stage: Waiting, Tried: []Attempt{{Provider: "one", At: b.now, Valid: time.Hour, Outcome: Outcome{Verdict: Accepted, IDs: []string{"x"}}, States: []State{Delivered}}}}
	if late := b.q.Read([]Entry{e}, b.now); len(late) != 1 || late[0].Stage != Arrived {
		t.Errorf("%+v", late)
	}
	b.want()
}
