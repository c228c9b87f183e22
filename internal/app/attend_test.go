package app

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"wissel"
	"wissel/configs"
	"wissel/internal/audio"
	"wissel/internal/callbacks"
	"wissel/internal/store/sqlite"
	"wissel/internal/virtual"
	"wissel/ivr"
	"wissel/prompts"
	"wissel/sip"
)

// host is a caller's call: it notes what the flow does, lets clips sound for as long as they last, and runs what is posted
// on the test's goroutine.
type host struct {
	x      sip.Attending
	heard  []string // names of clips
	clips  []*audio.Clip
	until  time.Time
	wakes  map[int]time.Time
	posted chan func()
	ended  string
	hunts  int

	voice    audio.Sound // what he says when he is recorded
	recorded time.Time   // when the recording ends; zero: none runs
}

func (h *host) Hunt() { h.hunts++ }

func (h *host) Place(sip.Outgoing) error { return sip.ErrNoAddress }
func (h *host) Join(sip.Host)            {}
func (h *host) Take()                    {}
func (h *host) Heard() time.Time         { return time.Time{} }

func (h *host) Play(clips []*audio.Clip) {
	h.until = time.Now()
	h.clips = append(h.clips, clips...)
	for _, c := range clips {
		h.heard = append(h.heard, c.Name)
		h.until = h.until.Add(c.Duration())
	}
}
func (h *host) Stop()                { h.until = time.Time{} }
func (h *host) End(reason string)    { h.ended = reason }
func (h *host) Dial(wissel.Target)   {}
func (h *host) Press([]wissel.Digit) {}
func (h *host) Listen(bool)          {}
func (h *host) StopRecord()          {}
func (h *host) Sound() audio.Sound   { return h.voice }

func (h *host) Record(_, quiet time.Duration) { h.recorded = time.Now().Add(h.voice.Voice + quiet) }
func (h *host) Post(f func())                 { h.posted <- f }
func (h *host) said(clip string) int          { return slices.Index(h.heard, clip) }
func (h *host) Wake(token int, d time.Duration) {
	delete(h.wakes, token)
	if d > 0 {
		h.wakes[token] = time.Now().Add(d)
	}
}

// next waits for what comes first, the clips' end, a timer or a post, and carries it out.
func (h *host) next() {
	at, what := time.Now().Add(time.Hour), func() {}
	if !h.until.IsZero() {
		at, what = h.until, func() { h.until = time.Time{}; h.x.Played() }
	}
	if !h.recorded.IsZero() && h.recorded.Before(at) {
		at, what = h.recorded, func() { h.recorded = time.Time{}; h.x.(sip.RecordAttending).Recorded() }
	}
	for token, due := range h.wakes {
		if due.Before(at) {
			at, what = due, func() { delete(h.wakes, token); h.x.Wake(token) }
		}
	}
	select {
	case f := <-h.posted:
		f()
	case <-time.After(time.Until(at)):
		what()
	}
}

// hears goes on until a clip was played.
func (h *host) hears(t *testing.T, clip string) {
	t.Helper()
	for range 50 {
		if h.said(clip) >= 0 {
			return
		}
		h.next()
	}
	t.Fatalf("%s was never heard; only %v", clip, h.heard)
}

// slowStore says yes or no to wishes after a while.
type slowStore struct {
	took time.Duration
	err  error

	mu        sync.Mutex
	ids       []string
	withdrawn bool
}

func (s *slowStore) Wish(w wissel.Wish, done func(error)) func() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids = append(s.ids, w.ID)
	stop := make(chan struct{})
	go func() {
		select {
		case <-time.After(s.took):
			done(s.err)
		case <-stop:
		}
	}()
	return func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.withdrawn = true
		close(stop)
		return true
	}
}

func (*slowStore) Status() error { return nil }

// owed are no callbacks from before the start.
func owed(snapshot func() *wissel.Snapshot) *promises {
	p := newPromises(snapshot)
	p.learned = true
	return p
}

const aCall = wissel.CallID("01a20071-2f56-785c-bf1a-bb3a88beec93")

// attend lets a mobile caller into the shipped flow.
func attend(t *testing.T, store wishes) *host {
	t.Helper()
	h, _ := attendIn(t, store)
	return h
}

func attendIn(t *testing.T, store wishes) (*host, *attendant) {
	t.Helper()
	sounds, err := prompts.Open("")
	if err != nil {
		t.Fatal(err)
	}
	file, err := configs.Parse("wissel.yaml", configs.Demo(), configs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	snapshot := file.Snapshot(nil)
	programs := map[wissel.FlowID]*ivr.Program{"storing": file.Flows["storing"].With(numbering{"NL", func() *wissel.Snapshot { return snapshot }})}
	a := &attendant{
		programs: func() map[wissel.FlowID]*ivr.Program { return programs },
		clips:    func() clips { return sounds }, store: store, voices: newRecordings(t.TempDir(), slog.New(slog.DiscardHandler)), callers: newCallers(),
		snapshot: func() *wissel.Snapshot { return snapshot }, queue: owed(func() *wissel.Snapshot { return snapshot }), returns: newReturns(func() *wissel.Snapshot { return snapshot }, nobodyDue), crowd: func() bool { return false }, log: slog.New(slog.DiscardHandler),
	}
	h := &host{wakes: map[int]time.Time{}, posted: make(chan func(), 8)}
	h.x, err = a.Attend(sip.AttendedCall{Call: aCall, Group: "support", Flow: "storing", From: "+31612345678", Rung: "+31201234567"}, h)
	if err != nil {
		t.Fatal(err)
	}
	return h, a
}

// wishes for a callback on the number he rings from.
func wish(t *testing.T, h *host) {
	t.Helper()
	h.x.Begin()
	h.hears(t, "nl/menu.text")
	h.x.Digit('2')
	h.hears(t, "nl/callback.own")
	h.x.Digit('1')
}

func TestWhatACallerHearsOfHisWish(t *testing.T) {
	for _, row := range []struct {
		name   string
		store  *slowStore
		want   string
		not    string
		within time.Duration
	}{
		{"written at once: noted", &slowStore{}, "nl/callback.done", "nl/wish.failed", 100 * time.Millisecond},
		{"refused: told so", &slowStore{err: sqlite.ErrUnavailable}, "nl/wish.failed", "nl/callback.done", 100 * time.Millisecond},
		{"a store that is slow: told that we are busy, then noted", &slowStore{took: 900 * time.Millisecond}, "nl/wish.saving nl/callback.done", "nl/wish.failed", 5 * time.Second},
		{"a store that hangs: not promised, and taken back", &slowStore{took: time.Hour}, "nl/wish.failed", "nl/callback.done", 10 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			virtual.Time(t, func(t *testing.T) {
				h := attend(t, row.store)
				wish(t, h)
				began := time.Now()
				for _, clip := range strings.Fields(row.want) {
					h.hears(t, clip)
				}
				if took := time.Since(began); took > row.within {
					t.Errorf("heard after %v, want %v at most", took, row.within)
				}
				if h.said(row.not) >= 0 {
					t.Errorf("he heard %s too: %v", row.not, h.heard)
				}
				if hangs := row.store.took > time.Minute; row.store.withdrawn != hangs {
					t.Errorf("withdrawn: %v", row.store.withdrawn)
				}
				h.x.Hangup()
			})
		})
	}
}

func TestHangingUpWhileTheStoreWritesKeepsTheWish(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		store := &slowStore{took: 300 * time.Millisecond}
		h := attend(t, store)
		wish(t, h)
		h.x.Hangup()
		(<-h.posted)()
		if store.withdrawn || h.said("nl/callback.done") >= 0 {
			t.Fatalf("withdrawn %v, heard %v", store.withdrawn, h.heard)
		}
	})
}

func TestAPlayedOfThePlayBeforeEndsNothing(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		h := attend(t, &slowStore{})
		h.x.Begin()
		n := len(h.heard)
		h.x.Played() // as of something that played before: nothing of this one can have sounded yet
		if len(h.heard) != n {
			t.Fatalf("the message was cut off: %v", h.heard)
		}
		h.next()
		if len(h.heard) == n {
			t.Fatal("its own Played changed nothing")
		}
	})
}

func TestTheSameCommitIsOneRow(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	store, err := sqlite.Open(t.Context(), sqlite.DefaultSettings(dir), "node1", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	runs(t, store.Run)
	w := wissel.Wish{Call: aCall, Kind: wissel.WishText, Number: "+31612345678"}
	other := w
	other.Number = "+31687654321"
	for _, one := range []struct {
		wish  wissel.Wish
		token int
	}{{w, 3}, {w, 3}, {w, 4}, {other, 3}} {
		one.wish.ID = wishID(one.wish, one.token)
		if id, err := uuid.Parse(one.wish.ID); err != nil || id.Version() != 7 || id.Variant() != uuid.RFC4122 || one.wish.ID[:13] != string(aCall)[:13] {
			t.Fatalf("%q is no UUIDv7 of the call's time: %v", one.wish.ID, err)
		}
		done := make(chan error)
		store.Wish(one.wish, func(err error) { done <- err })
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if all, err := store.Wishes(t.Context(), time.Time{}); err != nil || len(all) != 3 {
		t.Fatalf("%d wishes, %v; want 3", len(all), err)
	}
}

func TestAFlowThatIsNotThereIsAnError(t *testing.T) {
	a := &attendant{programs: func() map[wissel.FlowID]*ivr.Program { return nil }}
	if _, err := a.Attend(sip.AttendedCall{Flow: "gone"}, nil); err == nil || !strings.Contains(err.Error(), `no flow "gone"`) {
		t.Fatal(err)
	}
}

// Each is offered to say that he called before. What is known of his number is heard after that, and nothing of one that many people
// ring from.
func TestWhatIsKnownIsSaidToWhoSaysThatHeCalledBefore(t *testing.T) {
	for _, row := range []struct {
		name   string
		shared wissel.Shared
		calls  int
		want   bool
	}{
		{"his second call", wissel.Shared{}, 1, true},
		{"his first", wissel.Shared{}, 0, false},
		{"his fifth within an hour", wissel.Shared{}, 4, false},
		{"a switchboard", wissel.Shared{Numbers: map[wissel.Number]bool{"+31612345678": true}}, 1, false},
		{"one of many numbers of a relay", wissel.Shared{Prefixes: []string{"+316123"}}, 1, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			virtual.Time(t, func(t *testing.T) {
				h, a := attendIn(t, &slowStore{})
				h.x.(sip.HoldingAttending).LetGo()
				a.snapshot().Shared = row.shared
				again := func() *host {
					h := &host{wakes: map[int]time.Time{}, posted: make(chan func(), 8)}
					x, err := a.Attend(sip.AttendedCall{Call: aCall, Group: "support", Flow: "storing", From: "+31612345678", Rung: "+31201234567"}, h)
					if err != nil {
						t.Fatal(err)
					}
					h.x = x
					h.x.Begin()
					return h
				}
				for range row.calls {
					again().x.Hangup()
				}
				h = again()
				h.hears(t, "nl/menu.earlier")
				h.x.Digit('4')
				h.hears(t, "nl/more.menu")
				if known, news := h.said("nl/earlier.same") >= 0, h.said("nl/earlier.news") >= 0; known != row.want || news == known {
					t.Errorf("told of his call before: %v; the news: %v; %v", known, news, h.heard)
				}
				h.x.Hangup()
			})
		})
	}
}

// Each hears the place of his own callback, in the order in which they asked. Of a number that many ring from he hears it in
// the call in which he asked, and never in another.
func TestEachHearsHisOwnPlace(t *testing.T) {
	const home = wissel.Number("+31201110000")
	virtual.Time(t, func(t *testing.T) {
		_, a := attendIn(t, &slowStore{})
		s := *a.snapshot()
		s.Shared = wissel.Shared{Numbers: map[wissel.Number]bool{home: true}}
		a.snapshot = func() *wissel.Snapshot { return &s }
		calls := 0
		asks := func(from wissel.Number) *host {
			h := &host{wakes: map[int]time.Time{}, posted: make(chan func(), 8)}
			id, err := uuid.NewV7()
			if err != nil {
				t.Fatal(err)
			}
			calls++
			h.x, err = a.Attend(sip.AttendedCall{Call: wissel.CallID(id.String()), Group: "support", Flow: "storing", From: from, Rung: "+31201234567"}, h)
			if err != nil {
				t.Fatal(err)
			}
			h.x.Begin()
			return h
		}
		place := func(h *host) int { return h.x.(*attending).facts().Place.Number }
		for i, row := range []struct {
			from wissel.Number
			want int
		}{{"+31201112233", 1}, {home, 2}, {home, 3}, {"+31612345678", 4}, {"+31201112233", 1}} {
			h := asks(row.from)
			if before := place(h); before != map[int]int{4: 1}[i] {
				t.Errorf("%d: before he asks he hears of place %d", i, before)
			}
			h.x.Digit('2')
			h.hears(t, "nl/callback.own")
			h.x.Digit('1')
			h.hears(t, "nl/callback.place")
			if got := place(h); got != row.want {
				t.Errorf("%d: place %d, want %d", i, got, row.want)
			}
			h.x.Hangup()
		}
		if h := asks(home); place(h) != 0 || h.x.(*attending).facts().Repeat.Calls != 0 {
			t.Error("a switchboard hears of another's callback")
		}
	})
}

// One who was called back since is not told that what he asked for stands, not even after a restart: the wishes of the day say
// no more than that he asked.
func TestWhoWasCalledBackIsNotToldThatItStands(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		first, a := attendIn(t, &slowStore{})
		wish(t, first)
		first.hears(t, "nl/callback.place")
		first.x.Hangup()
		for _, called := range []bool{false, true} {
			if p := a.queue.(*promises); called {
				if _, ok := p.book.Close(p.book.Open("")[0].ID, callbacks.Done, "anna", "called", time.Now()); !ok {
					t.Fatal("it was not open")
				}
			}
			h := &host{wakes: map[int]time.Time{}, posted: make(chan func(), 8)}
			x, err := a.Attend(sip.AttendedCall{Call: aCall, Group: "support", Flow: "storing", From: "+31612345678", Rung: "+31201234567"}, h)
			if err != nil {
				t.Fatal(err)
			}
			h.x = x
			h.x.Begin()
			h.hears(t, "nl/menu.earlier")
			h.x.Digit('4')
			h.hears(t, "nl/more.menu")
			if stands := h.said("nl/earlier.stands") >= 0; stands == called {
				t.Errorf("called back %v: told that it stands %v", called, stands)
			}
			h.x.Hangup()
		}
	})
}

// A number that the caller hides is in the wish that he says yes to, and nowhere else: not in what is remembered of callers,
// and not in what flows are told.
func TestAHiddenNumberIsInItsWishAlone(t *testing.T) {
	const hidden = wissel.Number("+31612345678")
	virtual.Time(t, func(t *testing.T) {
		store := &slowStore{}
		_, a := attendIn(t, store)
		var log bytes.Buffer
		a.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		for _, yes := range []bool{false, true} {
			a.callers = newCallers()
			h := &host{wakes: map[int]time.Time{}, posted: make(chan func(), 8)}
			x, err := a.Attend(sip.AttendedCall{Call: aCall, Group: "support", Flow: "storing", From: hidden, Withheld: true, Rung: "+31201234567"}, h)
			if err != nil {
				t.Fatal(err)
			}
			h.x = x
			h.x.Begin()
			h.hears(t, "nl/language.choose")
			h.x.Digit('1')
			h.hears(t, "nl/menu.text")
			if f := x.(*attending).facts(); f.Caller.Known || f.Caller.Kind != "hidden" || f.Caller.Country != "" {
				t.Errorf("flows are told %+v", f.Caller)
			}
			h.x.Digit('2')
			h.hears(t, "nl/callback.hidden-ask")
			if yes {
				h.x.Digit('1')
				h.hears(t, "nl/callback.place")
			}
			h.x.Hangup()
			if len(a.callers.known) != 0 {
				t.Errorf("yes %v: remembered: %v", yes, a.callers.known)
			}
			if place, _ := a.queue.Place("support", hidden); (place == 1) != yes {
				t.Errorf("yes %v: place %d", yes, place)
			}
		}
		if strings.Contains(log.String(), "12345678") {
			t.Errorf("the log: %s", log.String())
		}
	})
}
