package texts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"wissel"
	"wissel/internal/sms"
	"wissel/internal/store/sqlite"
	"wissel/internal/virtual"
)

// network is what telephones show, whoever brought it.
type network struct {
	mu    sync.Mutex
	shown map[wissel.Number]int
}

// far is a provider in virtual time that has a fault with one text in five: those of F37.
type far struct {
	name   string
	net    *network
	chance *rand.Rand
	faults bool

	mu     sync.Mutex
	keep   func(sms.Event) error
	over   <-chan struct{} // of Run
	ids    int
	down   time.Time // until when it takes nothing
	counts map[string]int
	late   sync.WaitGroup
}

func (f *far) Traits() sms.Traits { return sms.Traits{} }

func (f *far) Run(ctx context.Context, keep func(sms.Event) error) error {
	f.mu.Lock()
	f.keep, f.over = keep, ctx.Done()
	f.mu.Unlock()
	<-ctx.Done()
	f.late.Wait()
	return ctx.Err()
}

// tell tells of an event.
func (f *far) tell(e sms.Event) error {
	f.mu.Lock()
	keep := f.keep
	f.mu.Unlock()
	return keep(e)
}

// take shows the text, and gives its id.
func (f *far) take(t sms.Text) string {
	f.net.mu.Lock()
	f.net.shown[t.To]++
	f.net.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ids++
	return fmt.Sprintf("%s-%d", f.name, f.ids)
}

// receipt comes once it is kept, after a while.
func (f *far) receipt(t sms.Text, id string, after time.Duration) {
	f.late.Go(func() {
		select {
		case <-time.After(after):
		case <-f.over:
			return
		}
		for f.tell(sms.Event{Kind: sms.Receipt, ID: id, Ref: sms.RefOf(t.Key, 0), From: string(t.To), State: sms.Delivered}) != nil {
			<-time.After(time.Second)
		}
	})
}

func (f *far) Send(ctx context.Context, t sms.Text) sms.Outcome {
	f.mu.Lock()
	fault, slow := "", time.Duration(f.chance.IntN(4))*50*time.Millisecond
	if f.faults && f.chance.IntN(5) == 0 {
		all := []string{"down", "slow", "throttled", "answers twice", "no receipt", "receipt first", "dies after", "dies before", "answers late", "refuses"}
		fault = all[f.chance.IntN(len(all))]
		f.counts[fault]++
	}
	wait := time.Duration(f.chance.IntN(60)) * 10 * time.Second
	if fault == "down" {
		f.down = time.Now().Add(time.Minute)
	}
	down := time.Now().Before(f.down)
	f.mu.Unlock()
	<-time.After(slow)
	if down {
		return sms.Outcome{Verdict: sms.Later, Reason: "no connection"}
	}
	accepted := func(id string) sms.Outcome { return sms.Outcome{Verdict: sms.Accepted, IDs: []string{id}} }
	switch fault {
	case "throttled":
		return sms.Outcome{Verdict: sms.Later, After: 5 * time.Second}
	case "refuses":
		return sms.Outcome{Verdict: sms.Refused, Fault: sms.OfProvider, Reason: "no contract"}
	case "dies before":
		return sms.Outcome{Reason: "the connection ended before the answer"}
	}
	id := f.take(t)
	switch fault {
	case "slow":
		<-time.After(30 * time.Second)
	case "no receipt":
		return accepted(id)
	case "receipt first":
		if err := f.tell(sms.Event{Kind: sms.Receipt, ID: id, Ref: sms.RefOf(t.Key, 0), From: string(t.To), State: sms.Delivered}); err != nil {
			f.receipt(t, id, time.Second)
		}
		return accepted(id)
	case "dies after":
		f.receipt(t, id, wait)
		return sms.Outcome{Reason: "the connection ended before the answer"}
	case "answers late":
		f.late.Go(func() {
			<-time.After(wait)
			if f.tell(sms.Event{Kind: sms.Answered, Key: t.Key, Outcome: accepted(id)}) == nil {
				f.receipt(t, id, wait)
			}
		})
		return sms.Outcome{Reason: "no answer in time"}
	case "answers twice":
		f.late.Go(func() {
			<-time.After(time.Second)
			_ = f.tell(sms.Event{Kind: sms.Answered, Key: t.Key, Outcome: accepted(id)})
		})
	}
	f.receipt(t, id, wait)
	return accepted(id)
}

// world is a Texts over a real store, in a bubble.
type world struct {
	*testing.T
	net   *network
	far   map[string]*far
	texts *Texts
	store *sqlite.Store
	stop  func()
}

func newWorld(t *testing.T, dir string, faults bool, perSecond int, change func(*Options)) *world {
	t.Helper()
	w := &world{T: t, net: &network{shown: map[wissel.Number]int{}}, far: map[string]*far{}}
	store, err := sqlite.Open(t.Context(), sqlite.DefaultSettings(dir), "node1", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	w.store = store
	o := Options{Store: store, Parse: func(s string) (wissel.Number, bool) { return wissel.Number(s), s != "" }}
	if change != nil {
		change(&o)
	}
	w.texts = New(o)
	var lines []Line
	for i, name := range []string{"one", "two"} {
		w.far[name] = &far{name: name, net: w.net, chance: rand.New(rand.NewPCG(37, uint64(i))), faults: faults, counts: map[string]int{}}
		lines = append(lines, Line{Name: name, Provider: w.far[name], Lane: sms.Lane{PerSecond: perSecond, Window: 50}})
	}
	w.texts.Set(Settings{Lines: lines, Groups: map[wissel.GroupID]*Group{"support": {
		Manner: sms.Manner{Route: sms.Route{Providers: []string{"one", "two"}, Again: 10 * time.Second, Valid: 30 * time.Minute}},
		Sender: "Wissel", Lasts: 12 * time.Hour, Zone: time.UTC, Languages: []string{"nl"}, Rules: sms.Rules{Country: "NL"},
		Reaches: func(n wissel.Number) bool { return n[:4] == "+316" },
	}}})
	storing, stopStore := context.WithCancel(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	stored, ended := make(chan error, 1), make(chan error, 1)
	go func() { stored <- store.Run(storing) }()
	go func() { ended <- w.texts.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		stopStore()
		if err := <-stored; err != nil {
			t.Error(err)
		}
	}
	for !w.texts.Learned() {
		pass(10 * time.Millisecond)
	}
	return w
}

func phone(i int) wissel.Number { return wissel.Number(fmt.Sprintf("+3161%07d", i)) }

func (w *world) news(n int, cause string) {
	w.Helper()
	all := make([]Wanted, n)
	for i := range all {
		all[i] = Wanted{Purpose: sms.News, Cause: cause, Group: "support", To: phone(i), Language: "nl", Body: "Er is een storing."}
	}
	_, errs := w.texts.SendAll(w.Context(), all)
	if err := errors.Join(errs...); err != nil {
		w.Fatal(err)
	}
}

// F37 through the goroutines and a real store; package sms has the same of ten thousand, and with a server that dies.
func TestEachTextOnceWithFaults(t *testing.T) {
	const all = 1000
	virtual.Time(t, func(t *testing.T) {
		w := newWorld(t, memory(t), true, 5000, nil)
		w.news(all, "m1")
		w.news0(t, all) // whoever asks again, of the same cause, writes nothing
		began := time.Now()
		open := all
		for open > 0 && time.Since(began) < 24*time.Hour {
			pass(5 * time.Minute)
			counts := w.texts.Counts()
			open = counts[sms.Waiting] + counts[sms.Sent]
		}
		counts, took := w.texts.Counts(), time.Since(began)
		w.stop()
		shown, twice := 0, 0
		for _, n := range w.net.shown {
			shown++
			if n > 1 {
				twice++
			}
		}
		faults := 0
		for _, f := range w.far {
			for _, n := range f.counts {
				faults += n
			}
		}
		// Those that both providers refused are final, and shown nobody.
		if open != 0 || twice != 0 || shown+counts[sms.Nobody] != all || counts[sms.Nobody] > all/100 || counts[sms.Arrived]+counts[sms.Unconfirmed] != shown {
			t.Errorf("%d are not final after %v, %d were shown twice, %d shown, %v", open, took, twice, shown, counts)
		}
		if faults < all/6 {
			t.Errorf("only %d faults", faults)
		}
		t.Logf("%d texts, %d faults, final after %v: %v", all, faults, took, counts)
	})
}

// memory is a folder in memory where there is one: what this shows has nothing to do with disks, and ten thousand commits take a minute there.
func memory(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "wissel-texts-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func (w *world) news0(t *testing.T, n int) {
	t.Helper()
	_, errs := w.texts.SendAll(t.Context(), []Wanted{{Purpose: sms.News, Cause: "m1", Group: "support", To: phone(n / 2), Language: "nl", Body: "Er is een storing."}})
	if !errors.Is(errs[0], ErrTwice) {
		t.Error(errs[0])
	}
}
