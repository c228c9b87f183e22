package app

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wissel"
	"wissel/internal/callbacks"
	"wissel/internal/sms"
	"wissel/internal/store/sqlite"
	"wissel/internal/virtual"
)

func nobodyDue(wissel.GroupID) int { return 0 }

// script does attempts as it is told: what comes of each, and how long it takes.
type script struct {
	mu     sync.Mutex
	jobs   []wissel.CallbackJob
	busy   int
	most   int
	answer func(wissel.CallbackJob) (wissel.CallbackOutcome, time.Duration)
}

func (s *script) Dial(ctx context.Context, job wissel.CallbackJob, at func(wissel.CallbackStage)) (r wissel.CallbackResult) {
	s.mu.Lock()
	s.jobs = append(s.jobs, job)
	s.busy++
	s.most = max(s.most, s.busy)
	r.Outcome = wissel.CallbackTalked
	took := 2 * time.Minute
	if s.answer != nil {
		r.Outcome, took = s.answer(job)
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.busy--
		s.mu.Unlock()
	}()
	at(wissel.CallbackDesk)
	if !r.Outcome.Desk() {
		at(wissel.CallbackCustomer)
		r.Rung = true
	}
	if r.Outcome == wissel.CallbackTalked {
		at(wissel.CallbackTalking)
		r.Key, r.Talked = wissel.CallbackDone, took
	}
	select {
	case <-time.After(took):
	case <-ctx.Done():
		r = wissel.CallbackResult{Outcome: wissel.CallbackStopped, Rung: r.Rung}
	}
	return r
}

func (s *script) numbers() (all []wissel.Number) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.jobs {
		all = append(all, j.Number)
	}
	return all
}

// office is a running set of callers-back over a real store.
type backOffice struct {
	*calling
	t       *testing.T
	dir     string
	disk    *sqlite.Store
	dial    *script
	set     callbacks.Settings
	told    []string
	alarm   alarms
	snap    atomic.Pointer[wissel.Snapshot]
	blind   atomic.Bool // who objects is not known
	objects atomic.Bool // the first who asks does
	stop    func()
}

func newBackOffice(t *testing.T, dir string, change func(*callbacks.Settings)) *backOffice {
	t.Helper()
	o := &backOffice{t: t, dir: dir, dial: &script{}, set: callbacks.DefaultSettings()}
	o.set.Trunk, o.set.Queue, o.set.Zone = "genesys", "7000", time.UTC
	change(&o.set)
	o.snap.Store(&wissel.Snapshot{
		Groups: map[wissel.GroupID]*wissel.Group{"support": {ID: "support"}}, Lines: map[wissel.Number]wissel.Line{"+31201230000": {Group: "support"}},
		Trunks: map[wissel.TrunkID]*wissel.Trunk{"genesys": {ID: "genesys"}},
	})
	var err error
	if o.disk, err = sqlite.Open(t.Context(), sqlite.DefaultSettings(dir), "node1", slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	storeCtx, stopStore := context.WithCancel(context.Background())
	stored := make(chan error, 1)
	go func() { stored <- o.disk.Run(storeCtx) }()
	p := newPromises(o.snap.Load)
	c := newCalling(p, o.disk, slog.New(slog.DiscardHandler))
	c.dialer, c.alarms, c.snapshot = o.dial, &o.alarm, p.snapshot
	c.ready = func() bool { return !o.blind.Load() }
	c.objects = func(n wissel.Number) bool { return o.objects.Load() && n == "+31612340000" }
	c.settings = func() map[wissel.GroupID]callbacks.Settings {
		return map[wissel.GroupID]callbacks.Settings{"support": o.set}
	}
	c.tell = func(_ context.Context, one callbacks.Callback, n callbacks.Notice) (bool, error) {
		o.told = append(o.told, fmt.Sprint(one.ID, " ", n))
		return true, nil
	}
	o.calling = c
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := c.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	o.stop = func() {
		cancel()
		<-done
		stopStore()
		if err := <-stored; err != nil {
			t.Error(err)
		}
	}
	made, err := c.learn(t.Context(), o.disk, time.Now())
	if err == nil {
		err = p.learn(t.Context(), o.disk, made)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.nudge()
	return o
}

// ours says why all that fails is our own fault; empty: it is not.
func (o *backOffice) ours(why string) {
	next := *o.snap.Load()
	next.Ours = why
	o.snap.Store(&next)
}

// asks has n people ask to be called back, one a second.
func (o *backOffice) asks(n int) {
	o.t.Helper()
	for i := range n {
		w := wissel.Wish{
			Row: wissel.Row{ID: fmt.Sprintf("w%04d", i)}, Kind: wissel.WishCallback, Group: "support", Number: wissel.Number(fmt.Sprintf("+3161234%04d", i)),
			At: time.Now(), Language: "nl", Choices: []string{"menu=2"},
		}
		done := make(chan error, 1)
		o.disk.Wish(w, func(err error) { done <- err })
		if err := <-done; err != nil {
			o.t.Fatal(err)
		}
		o.p.Wished(w)
		<-time.After(time.Second) // they ask one after another
	}
	o.nudge()
}

func (o *backOffice) states() map[callbacks.State]int {
	o.p.mu.Lock()
	defer o.p.mu.Unlock()
	all := map[callbacks.State]int{}
	for _, c := range o.p.book.Open("") {
		all[c.State]++
	}
	for _, c := range o.p.book.Closed() {
		all[c.State]++
	}
	return all
}

func TestCallbacksAreMadeInOrderByAsManyAsThereAreAgents(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		o := newBackOffice(t, t.TempDir(), func(s *callbacks.Settings) { s.Agents = 4 })
		defer o.stop()
		o.asks(20)
		<-time.After(time.Hour)
		got := o.dial.numbers()
		if len(got) != 20 || !slices.IsSorted(got) || o.dial.most != 4 {
			t.Errorf("%d were called, at most %d at one time: %v", len(got), o.dial.most, got)
		}
		job := o.dial.jobs[0]
		if job.Desk != (wissel.Desk{Trunk: "genesys", To: "7000"}) || job.Language != "nl" || job.Attempt != 1 || len(job.Choices) != 1 || job.CustomerFirst {
			t.Errorf("%+v", job)
		}
		if s := o.states(); !maps.Equal(s, map[callbacks.State]int{callbacks.Done: 20}) {
			t.Error(s)
		}
		if tried, err := o.disk.Tried(t.Context()); err != nil || len(tried) != 0 {
			t.Errorf("still kept as tried: %+v, %v", tried, err)
		}
	})
}

// A queue that answers nobody is not rung on and on, and no customer is rung for it; once it takes calls again all are made.
// How often somebody texted while he waited goes to his desk.
func TestADeskIsToldOfTexts(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		o := newBackOffice(t, t.TempDir(), func(*callbacks.Settings) {})
		defer o.stop()
		for i, id := range []string{"w0000", "w0000", "other"} {
			in := sms.Inbound{Row: wissel.Row{ID: sqlite.NewID()}, Key: fmt.Sprint("k", i), Received: sms.Received{From: "+31612340000", At: time.Now()}, Callback: id}
			if err := o.disk.Inbound(t.Context(), in); err != nil {
				t.Fatal(err)
			}
		}
		o.asks(1)
		<-time.After(time.Minute)
		if len(o.dial.jobs) != 1 || o.dial.jobs[0].Texts != 2 {
			t.Errorf("%+v", o.dial.jobs)
		}
	})
}

func TestItSlowsDownWhileNoAgentAnswers(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		o := newBackOffice(t, t.TempDir(), func(s *callbacks.Settings) { s.Agents = 4 })
		defer o.stop()
		well := false
		o.dial.answer = func(wissel.CallbackJob) (wissel.CallbackOutcome, time.Duration) {
			if well {
				return wissel.CallbackTalked, time.Minute
			}
			return wissel.CallbackDeskNoKey, 20 * time.Second
		}
		o.asks(10)
		<-time.After(2 * time.Hour)
		o.dial.mu.Lock()
		tried := len(o.dial.jobs)
		well = true
		o.dial.mu.Unlock()
		if tried > 15 || o.states()[callbacks.Waiting]+o.states()[callbacks.Noted] != 10 {
			t.Errorf("%d attempts in two hours, %v", tried, o.states())
		}
		<-time.After(time.Hour)
		if s := o.states(); s[callbacks.Done] != 10 {
			t.Error(s)
		}
	})
}

// Who is not reached hears it by text after the last attempt; no key twice is for people; both are seen by the lead.
func TestWhoIsNotReachedIsToldSo(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		o := newBackOffice(t, t.TempDir(), func(s *callbacks.Settings) { s.Horizon = 48 * time.Hour })
		defer o.stop()
		o.dial.answer = func(j wissel.CallbackJob) (wissel.CallbackOutcome, time.Duration) {
			return map[wissel.Number]wissel.CallbackOutcome{
				"+31612340000": wissel.CallbackNoAnswer, "+31612340001": wissel.CallbackNoKey, "+31612340002": wissel.CallbackBusy, "+31612340003": wissel.CallbackTalked,
			}[j.Number], time.Minute
		}
		o.asks(4)
		<-time.After(24 * time.Hour)
		if s := o.states(); !maps.Equal(s, map[callbacks.State]int{callbacks.Missed: 2, callbacks.Hand: 1, callbacks.Done: 1}) {
			t.Error(s)
		}
		slices.Sort(o.told)
		if !slices.Equal(o.told, []string{"w0000 1", "w0002 1"}) {
			t.Error(o.told)
		}
		if n := len(o.dial.numbers()); n != 3+2+3+1 {
			t.Errorf("%d attempts", n)
		}
		if text := strings.Join(o.alarm.texts(), "; "); !strings.Contains(text, "1 callbacks of group support wait for somebody") {
			t.Errorf("the lead sees %q", text)
		}
		all, err := o.disk.Attempts(t.Context(), "w0000", time.Time{})
		if err != nil || len(all) != 3 || all[0].Result.Outcome != wissel.CallbackNoAnswer {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

func TestAPromiseThatNobodyCanKeepEndsWithAWord(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		o := newBackOffice(t, t.TempDir(), func(s *callbacks.Settings) { s.Horizon = 8 * time.Hour })
		defer o.stop()
		o.ours("our own network") // nobody can be rung
		o.asks(2)
		<-time.After(7 * time.Hour)
		if text := strings.Join(o.alarm.texts(), "; "); !strings.Contains(text, "2 callbacks of group support are promised within two hours") {
			t.Errorf("near its end the lead sees %q", text)
		}
		<-time.After(2 * time.Hour)
		if s := o.states(); s[callbacks.Expired] != 2 || len(o.told) != 2 || len(o.dial.numbers()) != 0 {
			t.Errorf("%v, told %v", s, o.told)
		}
		if text := strings.Join(o.alarm.texts(), "; "); text != "" {
			t.Errorf("still: %s", text)
		}
	})
}

// Why nobody is rung is said as it is: she is not logged on, or she is, and is left in peace for a while, whoever's fault the last call was.
func TestItIsSaidWhyNoColleagueIsRung(t *testing.T) {
	for _, came := range []wissel.CallbackOutcome{wissel.CallbackDeskNone, wissel.CallbackDeskFailed} {
		virtual.Time(t, func(t *testing.T) {
			anna := callbacks.Person{Name: "anna", Phone: "+31687654321"}
			o := newBackOffice(t, t.TempDir(), func(s *callbacks.Settings) {
				s.Trunk, s.Queue, s.People, s.Staff = "", "", "home", []callbacks.Person{anna}
			})
			defer o.stop()
			o.dial.answer = func(wissel.CallbackJob) (wissel.CallbackOutcome, time.Duration) { return came, 20 * time.Second }
			after := func(d time.Duration, want string) {
				t.Helper()
				<-time.After(d)
				if got := o.look("support", o.set, time.Now()).Why; !strings.HasPrefix(got, want) {
					t.Errorf("%q, want %q", got, want)
				}
			}
			o.asks(2)
			after(10*time.Second, "nobody is logged on")
			o.calling.staff.log(callbacks.LogOn{List: "home", Name: "anna", On: true, At: time.Now()}, anna.Phone)
			o.nudge()
			after(10*time.Second, "1 are in flight")
			after(20*time.Second, "the last call to who is logged on came to nothing, and he is left in peace until ")
			o.calling.staff.rings(anna.Phone, time.Now().Add(10*time.Minute)) // by a caller
			after(2*time.Minute, "all who are logged on are in a call")
		})
	}
}

// Where people make the calls the lead is told too, once the time of a promise is nearly over, and until somebody has made it.
func TestThoseWhoCallByHandAreToldOfTheTime(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		o := newBackOffice(t, t.TempDir(), func(s *callbacks.Settings) { s.Trunk, s.Horizon = "", 5*time.Hour })
		defer o.stop()
		o.asks(2)
		alarm := func() string { return strings.Join(o.alarm.texts(), "; ") }
		<-time.After(2 * time.Hour)
		if got := alarm(); got != "" {
			t.Errorf("three hours before: %s", got)
		}
		<-time.After(4 * time.Hour)
		if got := alarm(); !strings.Contains(got, "2 callbacks of group support are promised within two hours, or were") {
			t.Errorf("an hour after: %q", got)
		}
		for _, id := range []string{"w0000", "w0001"} {
			o.p.mu.Lock()
			o.p.book.Close(id, callbacks.Done, "anna", "called", time.Now())
			o.p.mu.Unlock()
		}
		<-time.After(time.Minute)
		if got := alarm(); got != "" {
			t.Errorf("once they were called: %s", got)
		}
	})
}

func TestNobodyIsRungBeforeItIsKnownWhoObjects(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		o := newBackOffice(t, t.TempDir(), func(*callbacks.Settings) {})
		defer o.stop()
		o.blind.Store(true)
		o.asks(1)
		<-time.After(time.Minute)
		if n := o.dial.numbers(); len(n) != 0 {
			t.Errorf("rung: %v", n)
		}
		o.blind.Store(false)
		<-time.After(time.Minute)
		if n := o.dial.numbers(); len(n) != 1 {
			t.Errorf("rung: %v", n)
		}
	})
}

// Who objects, and whose number is of a kind that the settings leave out, is not rung in the moment between two sweeps either: people see
// to both.
func TestWhoIsNotToBeRungIsNotRungBetweenTwoSweeps(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		o := newBackOffice(t, t.TempDir(), func(s *callbacks.Settings) { s.Kinds = []wissel.Kind{wissel.KindFixed} })
		defer o.stop()
		<-time.After(sweepEach + time.Second)
		o.asks(1)
		<-time.After(time.Minute)
		if n, s := o.dial.numbers(), o.states(); len(n) != 0 || s[callbacks.Hand] != 1 {
			t.Errorf("a mobile telephone: rung %v, %v", n, s)
		}
	})
	virtual.Time(t, func(t *testing.T) {
		o := newBackOffice(t, t.TempDir(), func(*callbacks.Settings) {})
		defer o.stop()
		o.objects.Store(true)
		<-time.After(sweepEach + time.Second)
		o.asks(2)
		<-time.After(5 * time.Minute)
		if n, s := o.dial.numbers(), o.states(); len(n) != 1 || n[0] != "+31612340001" || s[callbacks.Hand] != 1 {
			t.Errorf("one who objects: rung %v, %v", n, s)
		}
	})
}

// Stopped in the middle of calls and started again: all are made, in order, none is lost, and no telephone rings twice for one that ended.
func TestARestartGoesOnWhereItWas(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		dir := t.TempDir()
		o := newBackOffice(t, dir, func(s *callbacks.Settings) { s.Agents = 3 })
		o.asks(12)
		<-time.After(4 * time.Minute)
		rung := o.dial.numbers()
		o.stop()
		again := newBackOffice(t, dir, func(s *callbacks.Settings) { s.Agents = 3 })
		defer again.stop()
		<-time.After(time.Hour)
		if s := again.states(); s[callbacks.Done] != 12 {
			t.Errorf("%v", s)
		}
		both := append(rung, again.dial.numbers()...)
		if len(both) < 12 || len(both) > 15 {
			t.Errorf("%d calls for 12 people: %v", len(both), both)
		}
	})
}

// A store that takes nothing: nobody is rung, since a crash would ring him again.
func TestNobodyIsRungForWhatIsNotOnDisk(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		o := newBackOffice(t, t.TempDir(), func(*callbacks.Settings) {})
		defer o.stop()
		o.calling.store = deafStore{o.disk}
		o.asks(2)
		<-time.After(10*time.Minute + 5*time.Second)
		if n := o.dial.numbers(); len(n) != 0 {
			t.Errorf("%v were rung", n)
		}
		if s := o.states(); s[callbacks.Waiting]+s[callbacks.Noted] != 2 {
			t.Error(s)
		}
	})
}

// deafStore takes nothing that is to be on disk before a call.
type deafStore struct{ *sqlite.Store }

func (deafStore) Progress(context.Context, callbacks.Saved) error { return sqlite.ErrUnavailable }

// Once no more can be made within what is promised, flows hear so, and again not once some were made.
func TestNoMoreIsPromisedThanCanBeDone(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		o := newBackOffice(t, t.TempDir(), func(s *callbacks.Settings) { s.Horizon, s.Each, s.Agents = time.Hour, 6*time.Minute, 1 })
		defer o.stop()
		o.p.settings = o.settings
		o.ours("our own network") // nobody can be rung yet
		o.asks(9)
		<-time.After(5 * time.Second)
		if o.p.Full("support") || o.p.Full("sales") {
			t.Error("nine of ten are full, or a group that there is not")
		}
		o.asks(10) // one more than nine
		<-time.After(5 * time.Second)
		if !o.p.Full("support") {
			t.Error("ten who take an agent an hour, and an eleventh is promised a call within it")
		}
		o.ours("")
		o.nudge()
		<-time.After(10 * time.Minute)
		if o.p.Full("support") {
			t.Errorf("%v, and no more are taken", o.states())
		}
	})
}

// Eight who look at one time who is next, and could each take one more: one has him, and the others nobody.
func TestWhoClaimOneCallbackMakeOneAttempt(t *testing.T) {
	snap := &wissel.Snapshot{Groups: map[wissel.GroupID]*wissel.Group{"support": {ID: "support"}}, Trunks: map[wissel.TrunkID]*wissel.Trunk{"genesys": {ID: "genesys"}}}
	set := callbacks.DefaultSettings()
	set.Trunk, set.Agents, set.Rate = "genesys", 8, 50
	for range 300 {
		p := newPromises(func() *wissel.Snapshot { return snap })
		p.learned = true
		p.book.Wish(wissel.Wish{Row: wissel.Row{ID: "w1"}, Kind: wissel.WishCallback, Group: "support", Number: "+31612345678", At: time.Now()})
		c := newCalling(p, nil, slog.New(slog.DiscardHandler))
		c.dialer, c.snapshot, c.release["support"] = &script{}, p.snapshot, callbacks.Release{Width: 8}
		var has atomic.Int32
		var all sync.WaitGroup
		begin := make(chan struct{})
		for range 8 {
			all.Go(func() {
				<-begin
				if b, _, ok := c.take(t.Context(), "support", set, time.Now()); ok {
					has.Add(1)
					b.cancel()
				}
			})
		}
		close(begin)
		all.Wait()
		if n := has.Load(); n != 1 || p.book.Flying("support") != 1 {
			t.Fatalf("%d have him, %d calls are under way", n, p.book.Flying("support"))
		}
	}
}
