package texts

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
	"wissel/internal/sms"
	"wissel/internal/virtual"
)

// neighbours are limits, refusals and a taker of what comes in.
type neighbours struct {
	mu    sync.Mutex
	asked []sms.Ask
	news  []sms.Ask
	stop  map[wissel.Number]bool
	came  []sms.Received
	fail  bool
	again time.Time
	known chan struct{}
}

func (n *neighbours) Request(_ context.Context, a sms.Ask) sms.Allowance {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked = append(n.asked, a)
	return sms.Allowance{OK: true}
}

func (n *neighbours) News(_ context.Context, a sms.Ask) sms.Allowance {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.news = append(n.news, a)
	return sms.Allowance{OK: !n.again.After(time.Now()), Again: n.again, Why: "one each 20 minutes"}
}

func (n *neighbours) Refuses(l sms.Letter) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stop[l.To] {
		return "he wrote STOP"
	}
	return ""
}

func (n *neighbours) Known() <-chan struct{} { return n.known }

func (n *neighbours) Came(_ context.Context, r sms.Received) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fail {
		return errors.New("the disk is full")
	}
	n.came = append(n.came, r)
	return nil
}

// lab is a world whose neighbours are known, in virtual time.
func lab(t *testing.T, test func(*world, *neighbours)) {
	t.Helper()
	dir := memory(t)
	virtual.Time(t, func(t *testing.T) {
		n := &neighbours{stop: map[wissel.Number]bool{}, known: make(chan struct{})}
		close(n.known)
		w := newWorld(t, dir, false, 30, func(o *Options) { o.Limits, o.Refusals, o.Incoming = n, n, n })
		test(w, n)
		w.stop()
	})
}

func (w *world) send(p sms.Purpose, to wissel.Number, cause string) (sms.Letter, error) {
	return w.texts.Send(w.Context(), Wanted{Purpose: p, Cause: cause, Group: "support", To: to, Language: "nl", Body: "Er is een storing."})
}

// pass lets time go by, and all that happens in it happen.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (w *world) shown(to wissel.Number) int {
	w.net.mu.Lock()
	defer w.net.mu.Unlock()
	return w.net.shown[to]
}

func TestSendRefusesWhatCannotGo(t *testing.T) {
	lab(t, func(w *world, n *neighbours) {
		n.stop[phone(1)] = true
		for _, c := range []struct {
			name string
			w    Wanted
			want error
		}{
			{"a group without texts", Wanted{Group: "sales", To: phone(2), Body: "Er is een storing."}, ErrNoTexts},
			{"a landline", Wanted{Group: "support", To: "+31201234567", Body: "Er is een storing."}, ErrNoPhone},
			{"one who wants none", Wanted{Group: "support", To: phone(1), Body: "Er is een storing."}, ErrUnwanted},
			{"no template", Wanted{Group: "support", To: phone(2)}, errNoWords},
			{"a link to elsewhere", Wanted{Group: "support", To: phone(2), Body: "Kijk op https://evil.example"}, errForbidden},
			{"a question nobody can answer", Wanted{Group: "support", To: phone(2), Body: "Opgelost? JA of NEE"}, errForbidden},
		} {
			c.w.Purpose, c.w.Language = sms.News, "nl"
			if _, err := w.texts.Send(w.Context(), c.w); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	})
}

func TestLimitsAreAskedOnceForEachText(t *testing.T) {
	lab(t, func(w *world, n *neighbours) {
		n.again = time.Now().Add(20 * time.Minute)
		for _, p := range []sms.Purpose{sms.Confirmation, sms.News} {
			if _, err := w.send(p, phone(1), "c1"); err != nil {
				t.Fatal(err)
			}
		}
		pass(time.Minute)
		n.mu.Lock()
		if len(n.asked) != 1 || n.asked[0].Parts != 1 || n.asked[0].Provider != "one" || len(n.news) != 1 || w.shown(phone(1)) != 1 {
			t.Errorf("%d requests, %d news asked, %d shown", len(n.asked), len(n.news), w.shown(phone(1)))
		}
		n.mu.Unlock()
		pass(20 * time.Minute)
		n.mu.Lock()
		defer n.mu.Unlock()
		if len(n.news) != 2 || w.shown(phone(1)) != 2 {
			t.Errorf("%d news asked, %d shown", len(n.news), w.shown(phone(1)))
		}
	})
}

func TestAStopAfterItWasWrittenHoldsIt(t *testing.T) {
	lab(t, func(w *world, n *neighbours) {
		w.texts.Pause("support")
		l, err := w.send(sms.News, phone(1), "m1")
		if err != nil {
			t.Fatal(err)
		}
		n.mu.Lock()
		n.stop[phone(1)] = true
		n.mu.Unlock()
		w.texts.Resume("support")
		pass(time.Minute)
		if e, _ := w.texts.Find(l.Key); e.Stage != sms.Dropped || e.Why != "he wrote STOP" || w.shown(phone(1)) != 0 {
			t.Errorf("%+v", e)
		}
	})
}

// Until it is known who wants no texts nothing goes to anybody, what was owed from before the start no more than what is new; then it goes to
// those who want it. Texts to us are taken meanwhile.
func TestNothingGoesUntilItIsKnownWhoWantsNone(t *testing.T) {
	dir := memory(t)
	virtual.Time(t, func(t *testing.T) {
		w := newWorld(t, dir, false, 30, nil)
		w.texts.Pause("support")
		w.news(2, "m1")
		w.stop()
		n := &neighbours{stop: map[wissel.Number]bool{}, known: make(chan struct{})}
		w = newWorld(t, dir, false, 30, func(o *Options) { o.Refusals, o.Incoming = n, n })
		if _, err := w.send(sms.Confirmation, phone(7), "c1"); err != nil {
			t.Fatal(err)
		}
		pass(10 * time.Minute)
		if n := w.shown(phone(0)) + w.shown(phone(1)) + w.shown(phone(7)); n != 0 {
			t.Errorf("%d went while it was not known who wants none", n)
		}
		if err := w.far["one"].tell(sms.Event{Kind: sms.Incoming, From: string(phone(3)), To: "3030", Body: "STOP"}); err != nil || len(n.came) != 1 {
			t.Errorf("a text to us is not taken: %v", err)
		}
		n.mu.Lock()
		n.stop[phone(1)] = true
		n.mu.Unlock()
		close(n.known)
		pass(time.Minute)
		if a, b, c := w.shown(phone(0)), w.shown(phone(1)), w.shown(phone(7)); a != 1 || b != 0 || c != 1 {
			t.Errorf("shown %d, to who stopped %d, confirmed %d", a, b, c)
		}
		w.stop()
	})
}

func TestIncomingTextsAreHandedOver(t *testing.T) {
	lab(t, func(w *world, n *neighbours) {
		in := sms.Event{Kind: sms.Incoming, ID: "i1", From: "+31612345678", To: "+3197010000000", Body: "STOP"}
		n.fail = true
		if w.far["one"].tell(in) == nil {
			t.Error("one that was not kept was confirmed")
		}
		n.fail = false
		if err := w.far["one"].tell(in); err != nil || len(n.came) != 1 || n.came[0].From != "+31612345678" || n.came[0].Provider != "one" {
			t.Errorf("%v, %+v", err, n.came)
		}
		pass(time.Second)
		if r, err := w.store.TextRoutes(w.Context()); err != nil || len(r) != 1 || r[0].Number != "+3197010000000" {
			t.Error(r, err)
		}
	})
}

// What was owed when the server ended is sent by the next one, and what was sent is not.
func TestARestartGoesOn(t *testing.T) {
	dir := memory(t)
	virtual.Time(t, func(t *testing.T) {
		w := newWorld(t, dir, false, 30, nil)
		w.news(300, "m1")
		pass(4 * time.Second)
		w.texts.Pause("support")
		w.stop()
		before := w.net
		if n := len(before.shown); n < 100 || n > 150 {
			t.Errorf("%d shown in four seconds at 30 a second", n)
		}
		w = newWorld(t, dir, false, 30, nil)
		for _, f := range w.far {
			f.net = before
		}
		w.news0(t, 150)
		pass(time.Minute)
		w.stop()
		for i := range 300 {
			if n := before.shown[phone(i)]; n != 1 {
				t.Errorf("%d: shown %d times", i, n)
			}
		}
	})
}

func TestWhatCannotBeWrittenIsNotSent(t *testing.T) {
	lab(t, func(w *world, _ *neighbours) {
		broken := &unwritable{Store: w.texts.o.Store}
		w.texts.o.Store = broken
		broken.set(true)
		if _, err := w.send(sms.News, phone(1), "m1"); err == nil {
			t.Error("it was taken")
		}
		broken.set(false)
		l, err := w.send(sms.News, phone(1), "m1")
		if err != nil {
			t.Fatal(err)
		}
		broken.set(true) // the attempt may or may not be on disk by now
		if _, err := w.send(sms.News, phone(2), "m1"); err == nil {
			t.Error("it was taken")
		}
		broken.set(false)
		pass(time.Minute)
		if e, _ := w.texts.Find(l.Key); e.Stage != sms.Sent && e.Stage != sms.Arrived || w.shown(phone(1)) != 1 || w.shown(phone(2)) != 0 {
			t.Errorf("%+v, %d, %d", e, w.shown(phone(1)), w.shown(phone(2)))
		}
	})
}

// unwritable is a store that fails at will.
type unwritable struct {
	Store
	mu   sync.Mutex
	fail bool
}

func (u *unwritable) set(fail bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.fail = fail
}

func (u *unwritable) fails() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.fail {
		return errors.New("the disk is full")
	}
	return nil
}

func (u *unwritable) Letters(ctx context.Context, all []sms.Letter) []error {
	if err := u.fails(); err != nil {
		errs := make([]error, len(all))
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	return u.Store.Letters(ctx, all)
}

func (u *unwritable) TextAttempt(ctx context.Context, id string, n int, a sms.Attempt) error {
	if err := u.fails(); err != nil {
		return err
	}
	return u.Store.TextAttempt(ctx, id, n, a)
}
