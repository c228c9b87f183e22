package health

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"wissel"
	"wissel/internal/virtual"
)

func TestMain(m *testing.M) {
	if peers := os.Getenv(pausedPeers); peers != "" {
		os.Exit(paused(strings.Fields(peers)))
	}
	goleak.VerifyTestMain(m)
}

func address(n int) wissel.Address {
	return wissel.Address{Transport: wissel.UDP, AddrPort: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}), 5060)}
}

// far is a Prober of which each address answers as told.
type far struct {
	mu     sync.Mutex
	answer map[wissel.Address]Observation // absent: silence
	asked  []time.Duration                // when, since start; of address 1
	now    map[wissel.Address]int         // probes in flight
	most   int
	start  time.Time
}

func (f *far) Probe(ctx context.Context, _ *wissel.Trunk, a wissel.Address) Observation {
	f.mu.Lock()
	if a == address(1) {
		f.asked = append(f.asked, time.Since(f.start))
	}
	f.now[a]++
	f.most = max(f.most, f.now[a])
	o, ok := f.answer[a]
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.now[a]--
		f.mu.Unlock()
	}()
	if !ok {
		<-ctx.Done()
		return Observation{}
	}
	select {
	case <-ctx.Done():
		return Observation{}
	case <-time.After(20 * time.Millisecond):
	}
	return o
}

func (f *far) set(a wissel.Address, o Observation) { f.mu.Lock(); f.answer[a] = o; f.mu.Unlock() }
func (f *far) mute(a wissel.Address)               { f.mu.Lock(); delete(f.answer, a); f.mu.Unlock() }

// takeAsked gives when address 1 was asked, in milliseconds, and forgets it.
func (f *far) takeAsked() []int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ms []int64
	for _, d := range f.asked {
		ms = append(ms, d.Milliseconds())
	}
	f.asked = nil
	return ms
}

// watch runs a Board over n trunks of one address each, and gives the film of published verdicts of address 1.
func watch(t *testing.T, n int, play func(b *Board, f *far, film func() string)) {
	virtual.Time(t, func(t *testing.T) {
		f := &far{answer: map[wissel.Address]Observation{}, now: map[wissel.Address]int{}, start: time.Now()}
		var mu sync.Mutex
		var frames []string
		var last string
		b := NewBoard(DefaultPolicy(), func(m map[wissel.Address]wissel.Verdict) {
			mu.Lock()
			defer mu.Unlock()
			v := m[address(1)]
			s := fmt.Sprintf("%s at %.2f", v.State, time.Since(f.start).Seconds())
			if v.Retry {
				s = "retry" + s[strings.Index(s, " "):]
			}
			if word, _, _ := strings.Cut(s, " "); word != last {
				frames, last = append(frames, s), word
			}
		})
		b.chance = func() float64 { return 0.5 } // no jitter
		trunks := map[wissel.TrunkID]*wissel.Trunk{}
		for i := 1; i <= n; i++ {
			id := wissel.TrunkID(fmt.Sprint("t", i))
			trunks[id] = &wissel.Trunk{ID: id, Addresses: []wissel.Address{address(i)}, Timers: wissel.Timers{Doubt: 250 * time.Millisecond, Quiet: 500 * time.Millisecond}}
			f.answer[address(i)] = Observation{Status: 200}
		}
		b.Set(trunks)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.Run(ctx, f) }()
		play(b, f, func() string {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			s := strings.Join(frames, ", ")
			frames = nil
			return s
		})
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run ended with %v", err)
		}
		if f.most > 4 {
			t.Errorf("%d probes in flight to one address", f.most)
		}
	})
}

// pass lets virtual time go by.
func pass(d time.Duration) { <-time.After(d) }

func TestProbesEveryTwoSecondsAndFasterWhenInDoubt(t *testing.T) {
	watch(t, 2, func(b *Board, f *far, film func() string) {
		pass(7 * time.Second)
		if got := f.takeAsked(); !slices.Equal(got, []int64{250, 750, 2750, 4750, 6750}) {
			t.Errorf("when well it was asked at %v", got)
		}
		f.mute(address(1))
		pass(10 * time.Second)
		if got := f.takeAsked(); !slices.Equal(got, []int64{8750, 10250, 11250, 12250, 13250, 14250, 15250, 16250}) {
			t.Errorf("when silent it was asked at %v", got)
		}
		f.set(address(1), Observation{Status: 200})
		pass(10 * time.Second)
		if got, want := film(), "unknown at 0.00, up at 0.27, suspect at 9.75, down at 12.25, up at 18.27"; got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	})
}

func TestBurstOnDoubtOncePerAddress(t *testing.T) {
	watch(t, 2, func(b *Board, f *far, film func() string) {
		pass(1250 * time.Millisecond)
		film()
		f.takeAsked()
		f.mute(address(1))
		for range 100 { // a hundred calls doubt at once
			b.Doubt(address(1), time.Now().Add(-250*time.Millisecond))
		}
		pass(time.Second)
		if got := f.takeAsked(); !slices.Equal(got[:3], []int64{1250, 1330, 1410}) {
			t.Errorf("the burst left at %v", got)
		}
		if got, want := film(), "suspect at 1.50, down at 1.50"; got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	})
}

func TestBurstThatIsAnsweredChangesNothing(t *testing.T) {
	watch(t, 2, func(b *Board, f *far, film func() string) {
		pass(1250 * time.Millisecond)
		film()
		f.takeAsked()
		b.Doubt(address(1), time.Now().Add(-250*time.Millisecond))
		pass(time.Second)
		if got := f.takeAsked(); !slices.Equal(got, []int64{1250, 1330, 1410}) {
			t.Errorf("the burst left at %v", got)
		}
		if got := film(); got != "" {
			t.Errorf("published %s", got)
		}
		b.Heard(address(1), time.Now())
		f.takeAsked()
		b.Doubt(address(1), time.Now().Add(-time.Second))
		pass(200 * time.Millisecond)
		if got := f.takeAsked(); len(got) != 0 {
			t.Errorf("one that was heard meanwhile was asked at %v", got)
		}
	})
}

func TestSilentBurstDoesNotCountWhenAnythingWasHeard(t *testing.T) {
	watch(t, 2, func(b *Board, f *far, film func() string) {
		pass(1250 * time.Millisecond)
		film()
		f.mute(address(1))
		b.Doubt(address(1), time.Now().Add(-250*time.Millisecond))
		pass(200 * time.Millisecond)
		b.Heard(address(1), time.Now()) // a 180 of some call
		pass(200 * time.Millisecond)
		if got := film(); got != "" {
			t.Errorf("published %s", got)
		}
	})
}

func TestICMPAndASilentBurstMakeDown(t *testing.T) {
	watch(t, 2, func(b *Board, f *far, film func() string) {
		pass(1 * time.Second)
		film()
		f.mute(address(1))
		b.Observe(address(1), Observation{Layer: Calls, Unreachable: true})
		b.Doubt(address(1), time.Now())
		pass(300 * time.Millisecond)
		if got, want := film(), "suspect at 1.00, down at 1.25"; got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	})
}

func TestWhatOneCallLearnsIsPublishedBeforeObserveReturns(t *testing.T) {
	published := 0
	b := NewBoard(DefaultPolicy(), func(m map[wissel.Address]wissel.Verdict) { published++ })
	b.Set(map[wissel.TrunkID]*wissel.Trunk{"a": {Addresses: []wissel.Address{address(1)}}})
	b.Observe(address(1), Observation{Layer: Calls})
	if published != 2 || b.Verdicts()[address(1)].State != wissel.Down {
		t.Errorf("published %d times, it is %s", published, b.Verdicts()[address(1)].State)
	}
	for range 100 { // the same again is no news
		b.Observe(address(1), Observation{Layer: Calls})
	}
	b.Observe(address(9), Observation{Layer: Calls})
	if published != 2 {
		t.Errorf("published %d times", published)
	}
}

func TestDownByItsCallsIsOfferedOneCallAfterItsDwell(t *testing.T) {
	watch(t, 2, func(b *Board, f *far, film func() string) {
		pass(1 * time.Second)
		film()
		b.Observe(address(1), Observation{Layer: Calls})
		if b.Claim(address(1)) {
			t.Error("a call was offered within the dwell")
		}
		pass(5 * time.Second)
		if got, want := film(), "down at 1.00, retry at 6.00"; got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
		if !b.Claim(address(1)) || b.Claim(address(1)) {
			t.Error("not exactly one call was offered")
		}
		pass(100 * time.Millisecond)
		for range 3 {
			b.Observe(address(1), Observation{Layer: Calls, Status: 180})
		}
		if got, want := film(), "down at 6.00, suspect at 6.10, up at 6.10"; got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	})
}

func TestAClaimThatTellsNothingIsOfferedAgain(t *testing.T) {
	watch(t, 2, func(b *Board, f *far, film func() string) {
		b.Observe(address(1), Observation{Layer: Calls})
		pass(6 * time.Second)
		film()
		if !b.Claim(address(1)) {
			t.Fatal("no call was offered")
		}
		pass(6 * time.Second) // the caller hung up at once
		if got, want := film(), "down at 6.00, retry at 11.00"; got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	})
}

func TestEverybodySilentAtOnceIsSuspectAtMost(t *testing.T) {
	watch(t, 3, func(b *Board, f *far, film func() string) {
		pass(1 * time.Second)
		film()
		for i := range 3 {
			f.mute(address(i + 1))
		}
		pass(20 * time.Second)
		if got := film(); strings.Contains(got, "down") {
			t.Errorf("promise 4: %s", got)
		}
		f.set(address(2), Observation{Status: 200}) // so our own network is well
		pass(5 * time.Second)
		if got := film(); !strings.Contains(got, "down") {
			t.Errorf("one is back, the other is still silent: %s", got)
		}
	})
}

func TestWhoIsDownAlreadyIsNoWitness(t *testing.T) {
	watch(t, 2, func(b *Board, f *far, film func() string) {
		pass(1 * time.Second)
		b.Observe(address(2), Observation{Layer: Calls}) // the backup died before
		f.mute(address(2))
		pass(10 * time.Second)
		film()
		f.mute(address(1))
		pass(10 * time.Second)
		if got := film(); !strings.HasPrefix(got, "suspect at") || !strings.Contains(got, "down at") {
			t.Errorf("got %s", got)
		}
	})
}

func TestTwoTrunksOnOneHostAreNoWitnesses(t *testing.T) {
	watch(t, 1, func(b *Board, f *far, film func() string) {
		second := address(1)
		second.AddrPort = netip.AddrPortFrom(second.AddrPort.Addr(), 5070)
		f.set(second, Observation{Status: 200})
		b.Set(map[wissel.TrunkID]*wissel.Trunk{
			"t1": {Addresses: []wissel.Address{address(1)}}, "t2": {Addresses: []wissel.Address{second, address(1)}}})
		pass(2 * time.Second)
		f.mute(address(1))
		f.mute(second)
		pass(10 * time.Second)
		if got := film(); !strings.Contains(got, "down at") {
			t.Errorf("got %s", got)
		}
	})
}

func TestUnableChangesNothing(t *testing.T) {
	watch(t, 1, func(b *Board, f *far, film func() string) {
		pass(1 * time.Second)
		film()
		f.set(address(1), Observation{Unable: context.DeadlineExceeded})
		pass(time.Minute)
		if got := film(); got != "" {
			t.Errorf("published %s", got)
		}
	})
}

func TestReloadKeepsWhatWasLearnt(t *testing.T) {
	b := NewBoard(DefaultPolicy(), nil)
	one := &wissel.Trunk{ID: "a", Addresses: []wissel.Address{address(1), address(2)}}
	b.Set(map[wissel.TrunkID]*wissel.Trunk{"a": one})
	b.Observe(address(1), Observation{Layer: Calls})
	b.Observe(address(2), Observation{Layer: Calls})
	b.Heard(address(1), time.Now())
	b.Set(map[wissel.TrunkID]*wissel.Trunk{"b": {ID: "b", Addresses: []wissel.Address{address(1), address(3)}}})
	m := b.Verdicts()
	if len(m) != 2 || m[address(1)].State != wissel.Down || m[address(3)].State != wissel.Unknown || m[address(1)].Seen.IsZero() {
		t.Errorf("%+v", m)
	}
}

func TestProbeOffSendsNothing(t *testing.T) {
	watch(t, 1, func(b *Board, f *far, film func() string) {
		b.Set(map[wissel.TrunkID]*wissel.Trunk{"t1": {Addresses: []wissel.Address{address(1)}, Probe: wissel.Probe{Off: true}}})
		b.Doubt(address(1), time.Now())
		b.Observe(address(1), Observation{Layer: Calls})
		pass(6 * time.Second)
		if got := f.takeAsked(); len(got) != 0 {
			t.Errorf("asked at %v", got)
		}
		if !b.Claim(address(1)) {
			t.Error("a trunk without probes is not offered a call after its dwell")
		}
	})
}

func TestHotPathAllocatesNothing(t *testing.T) {
	b := NewBoard(DefaultPolicy(), nil)
	b.Set(map[wissel.TrunkID]*wissel.Trunk{"a": {Addresses: []wissel.Address{address(1)}}})
	b.Observe(address(1), Observation{Layer: Calls, Status: 200})
	now := time.Now()
	if n := testing.AllocsPerRun(1000, func() {
		now = now.Add(1)
		b.Heard(address(1), now)
		b.LastHeard(address(1))
		b.Observe(address(1), Observation{Layer: Calls, Status: 200})
		b.Doubt(address(1), now.Add(-1))
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if got := b.LastHeard(address(1)); !got.Equal(now) {
		t.Errorf("heard at %v, want %v", got, now)
	}
}

func TestManyTellAtOnce(t *testing.T) {
	var busy, published int // the race detector finds two publishes at one time
	b := NewBoard(DefaultPolicy(), func(map[wissel.Address]wissel.Verdict) { busy++; published++; busy-- })
	b.Set(map[wissel.TrunkID]*wissel.Trunk{"a": {Addresses: []wissel.Address{address(1), address(2)}}})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 200 {
				b.Observe(address(1+i%2), Observation{Layer: Probe, Status: 200 * (n % 2)})
				b.Heard(address(1), time.Now())
				b.Claim(address(2))
				b.Verdicts()
			}
		})
	}
	wg.Wait()
	if published == 0 {
		t.Error("nothing was published")
	}
}

func BenchmarkObserve(b *testing.B) {
	board := NewBoard(DefaultPolicy(), nil)
	board.Set(map[wissel.TrunkID]*wissel.Trunk{"a": {Addresses: []wissel.Address{address(1)}}})
	b.ReportAllocs()
	for b.Loop() {
		board.Observe(address(1), Observation{Layer: Calls, Status: 200})
	}
}
