package health

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wissel"
	"wissel/internal/virtual"
)

// stuck is a Prober of which the first so many probes hang, whatever their context says, until they are let go.
type stuck struct {
	hang  atomic.Int64
	let   chan struct{}
	asked atomic.Int64
	mu    sync.Mutex
	at    []time.Duration
	began time.Time
}

func (s *stuck) Probe(ctx context.Context, _ *wissel.Trunk, a wissel.Address) Observation {
	s.asked.Add(1)
	s.mu.Lock()
	s.at = append(s.at, time.Since(s.began))
	s.mu.Unlock()
	if s.hang.Add(-1) >= 0 {
		<-s.let
	}
	return Observation{Status: 200}
}

// hang runs a Board whose first n probes hang.
func hang(t *testing.T, n int64, addresses int, play func(b *Board, s *stuck, alarms *told), want error) {
	virtual.Time(t, func(t *testing.T) {
		s := &stuck{let: make(chan struct{}), began: time.Now()}
		s.hang.Store(n)
		b := NewBoard(DefaultPolicy(), nil)
		b.chance = func() float64 { return 0.5 }
		var alarms told
		b.Alarm(func(key, text string) { alarms.add(key + ": " + text) })
		trunk := &wissel.Trunk{ID: "a"}
		for i := range addresses {
			trunk.Addresses = append(trunk.Addresses, address(i+1))
		}
		b.Set(map[wissel.TrunkID]*wissel.Trunk{"a": trunk})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx, s) }()
		play(b, s, &alarms)
		cancel()
		err := <-done
		if (err == nil) != (want == nil) {
			t.Errorf("Run ended with %v", err)
		}
		select {
		case <-s.let:
		default:
			close(s.let)
		}
	})
}

func TestAProbeThatHangsIsGivenUpAndItsAddressAskedAnew(t *testing.T) {
	hang(t, 1, 1, func(b *Board, s *stuck, alarms *told) {
		pass(10 * time.Second)
		s.mu.Lock()
		var ms []int64
		for _, at := range s.at {
			ms = append(ms, at.Milliseconds())
		}
		s.mu.Unlock()
		if !slices.Equal(ms, []int64{250, 2250, 2750, 4750, 6750, 8750}) { // the first hung for its timeout of 1 s and 1 s more
			t.Errorf("asked at %v", ms)
		}
		if got := b.Verdicts()[address(1)].State; got != wissel.Up {
			t.Errorf("it is %s", got)
		}
		if c := b.Counts(); c.Hung != 1 || c.GivenUp != 1 {
			t.Errorf("%+v", c)
		}
		if got := alarms.take(); len(got) != 1 || !strings.Contains(got[0], "1 health checks did not come back") {
			t.Errorf("alarms %q", got)
		}
		close(s.let)
		pass(time.Second)
		if c := b.Counts(); c.Hung != 0 {
			t.Errorf("it came back, and %+v", c)
		}
		if got := alarms.take(); !slices.Equal(got, []string{"health checks hang: "}) {
			t.Errorf("alarms %q", got)
		}
	}, nil)
}

func TestHowManyProbesHangIsBounded(t *testing.T) {
	hang(t, 1<<40, 100, func(b *Board, s *stuck, _ *told) {
		pass(time.Minute)
		if got := s.asked.Load(); got > 2*atOnce {
			t.Errorf("asked %d times", got)
		}
		first := s.asked.Load()
		pass(time.Minute)
		if got := s.asked.Load(); got != first {
			t.Errorf("%d more were asked while %d hang", got-first, b.Counts().Hung)
		}
		if c := b.Counts(); c.Hung < maxHung || c.Hung > 100*hungEach {
			t.Errorf("%+v", c)
		}
	}, context.DeadlineExceeded)
}

func TestABurstThatHangsSaysNothing(t *testing.T) {
	hang(t, 0, 1, func(b *Board, s *stuck, _ *told) {
		pass(3 * time.Second)
		s.hang.Store(3)
		b.Doubt(address(1), time.Now())
		pass(10 * time.Second)
		if got := b.Verdicts()[address(1)].State; got != wissel.Up {
			t.Errorf("it is %s", got)
		}
		e := b.entry(address(1))
		e.mu.Lock()
		running := !e.burst.began.IsZero()
		e.mu.Unlock()
		if running {
			t.Error("the burst has not ended, so there will never be another")
		}
		close(s.let)
		pass(time.Second)
		if c := b.Counts(); c.Hung != 0 || c.GivenUp != 3 {
			t.Errorf("%+v", c)
		}
	}, nil)
}
