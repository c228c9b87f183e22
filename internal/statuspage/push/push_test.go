package push

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wissel/internal/statuspage"
	"wissel/internal/virtual"
)

// stage is a place of the tests: what it says to each try, and what came there.
type stage struct {
	mu    sync.Mutex
	say   func(ctx context.Context) error
	came  []string
	tries int
}

func (s *stage) Put(ctx context.Context, files []statuspage.File) error {
	s.mu.Lock()
	s.tries++
	say := s.say
	s.mu.Unlock()
	if say != nil {
		if err := say(ctx); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.came = append(s.came, string(files[0].Body))
	return nil
}

func (s *stage) seen() (last string, times, tries int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.came); n > 0 {
		last = s.came[n-1]
	}
	return last, len(s.came), s.tries
}

func (s *stage) now(say func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.say = say
}

func page(text string) []statuspage.File {
	return []statuspage.File{{Name: "index.html", Body: []byte(text)}}
}

// on runs a Pusher over places of the tests, by name.
func on(t *testing.T, places map[string]*stage, f func(p *Pusher)) {
	t.Helper()
	virtual.Time(t, func(t *testing.T) {
		p := New(slog.New(slog.DiscardHandler))
		p.make = func(s Settings) putter { return places[s.Name] }
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		var all []Settings
		for _, name := range []string{"a", "b", "c"} {
			if places[name] != nil {
				all = append(all, Settings{Name: name, Directory: "/" + name, Within: 10 * time.Second})
			}
		}
		p.Set(all)
		synctest.Wait()
		f(p)
		cancel()
		began := time.Now()
		if err := <-ended; err != nil || time.Since(began) > hang {
			t.Errorf("Run ended %v after it was told to, %v", time.Since(began), err)
		}
	})
}

var errDead = errors.New("connection refused")

func dead(context.Context) error { return errDead }

func slow(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func TestOneDeadAndOneSlowPlaceHoldBackNobody(t *testing.T) {
	places := map[string]*stage{"a": {say: dead}, "b": {say: slow}, "c": {}}
	on(t, places, func(p *Pusher) {
		p.Publish(page("1"), true, time.Now())
		synctest.Wait()
		if last, _, _ := places["c"].seen(); last != "1" {
			t.Errorf("the place that is well has %q", last)
		}
		<-time.After(11 * time.Second)
		p.Publish(page("2"), true, time.Now())
		synctest.Wait()
		if last, times, _ := places["c"].seen(); last != "2" || times != 2 {
			t.Errorf("the place that is well has %q, after %d times", last, times)
		}
		stands := p.Places()
		if stands[0].Way.State() != Failed || stands[1].Way.Fault != "it took more than 10s" || stands[2].Way.State() != Live || stands[0].Way.Behind.IsZero() {
			t.Errorf("%+v", stands)
		}
	})
}

func TestOfManyChangesAPlaceGetsTheNewestAlone(t *testing.T) {
	places := map[string]*stage{"a": {say: slow}}
	on(t, places, func(p *Pusher) {
		for _, text := range []string{"1", "2", "3", "4"} {
			p.Publish(page(text), true, time.Now())
			synctest.Wait()
		}
		places["a"].now(nil)
		<-time.After(30 * time.Second)
		if last, times, _ := places["a"].seen(); last != "4" || times != 1 {
			t.Errorf("it has %q, after %d times", last, times)
		}
	})
}

func TestADeadPlaceIsTriedSeldomAndIsThereAgainByItself(t *testing.T) {
	places := map[string]*stage{"a": {say: dead}}
	on(t, places, func(p *Pusher) {
		p.Publish(page("1"), true, time.Now())
		for range 600 { // ten minutes in which something changes each second
			<-time.After(time.Second)
			p.Publish(page("x"), true, time.Now())
		}
		if _, _, tries := places["a"].seen(); tries > 40 {
			t.Errorf("it was tried %d times in ten minutes", tries)
		}
		places["a"].now(nil)
		p.Publish(page("new"), true, time.Now())
		<-time.After(36 * time.Second)
		if last, _, _ := places["a"].seen(); last != "new" || p.Places()[0].Way.State() != Live {
			t.Errorf("36 s after it was well it has %q, and is %+v", last, p.Places()[0].Way)
		}
		tries := p.Places()[0].Puts
		<-time.After(time.Hour)
		if p.Places()[0].Puts != tries {
			t.Error("it is brought again what it has")
		}
	})
}

func TestPushGoesPastTheBreaker(t *testing.T) {
	places := map[string]*stage{"a": {say: dead}}
	on(t, places, func(p *Pusher) {
		p.Publish(page("1"), true, time.Now())
		<-time.After(5 * time.Minute)
		places["a"].now(nil)
		p.Again(time.Now())
		synctest.Wait()
		if last, _, _ := places["a"].seen(); last != "1" {
			t.Errorf("it has %q", last)
		}
	})
}

// A disk that hangs takes no signal: it is told, tried by nothing else meanwhile, and does not hold up a stop.
func TestADiskThatHangsIsToldAndHoldsUpNoStop(t *testing.T) {
	release := make(chan struct{})
	places := map[string]*stage{"a": {}}
	on(t, places, func(p *Pusher) {
		release = make(chan struct{})
		places["a"].now(func(context.Context) error { <-release; return errDead })
		p.Publish(page("1"), true, time.Now())
		<-time.After(time.Minute)
		if _, _, tries := places["a"].seen(); tries != 1 {
			t.Errorf("%d tries hang at once", tries)
		}
		if fault := p.Places()[0].Way.Fault; fault != "it hangs: it took more than 10s, and it cannot be broken off" {
			t.Error(fault)
		}
		places["a"].now(nil)
		close(release)
		<-time.After(36 * time.Second)
		if last, _, _ := places["a"].seen(); last != "1" {
			t.Errorf("after it answered it has %q", last)
		}
	})
}

func TestOtherSettingsKeepThePlacesThatStay(t *testing.T) {
	places := map[string]*stage{"a": {}, "b": {}}
	on(t, places, func(p *Pusher) {
		p.Publish(page("1"), true, time.Now())
		synctest.Wait()
		p.Set([]Settings{{Name: "b", Directory: "/b", Within: 10 * time.Second}})
		synctest.Wait()
		if all := p.Places(); len(all) != 1 || all[0].Name != "b" || all[0].Way.State() != Live || all[0].Puts != 1 {
			t.Errorf("%+v", all)
		}
		p.Set([]Settings{{Name: "a", Directory: "/a", Within: 10 * time.Second}, {Name: "b", Directory: "/b", Within: 10 * time.Second, Mark: "other"}})
		synctest.Wait()
		if _, times, _ := places["b"].seen(); times != 2 {
			t.Errorf("a place with other settings was brought the page %d times", times)
		}
	})
}
