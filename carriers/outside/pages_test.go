package outside

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
	"wissel/carriers/health"
	"wissel/internal/virtual"
)

var first, second = address("192.0.2.1:5060"), address("192.0.2.2:5060")

func address(s string) wissel.Address {
	return wissel.Address{Transport: wissel.UDP, AddrPort: netip.MustParseAddrPort(s)}
}

// site is a web site in memory: time in a synctest bubble goes on while somebody waits for it.
type site struct {
	transport *http.Transport // of the Pages that ask it
	current   atomic.Int32    // questions now
	most      atomic.Int32

	mu     sync.Mutex
	answer string // the body of a 200; empty: nobody answers
	asked  []time.Time
}

func (s *site) says(answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *site) questions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

func (s *site) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	go func() {
		defer far.Close() //nolint:errcheck // a pipe
		in := bufio.NewReader(far)
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		s.mu.Lock()
		s.asked = append(s.asked, time.Now())
		answer := s.answer
		s.mu.Unlock()
		if answer == "" {
			_, _ = in.ReadByte() // until the asker gives up
			return
		}
		fmt.Fprintf(far, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(answer), answer)
	}()
	return near, nil
}

// RoundTrip counts the questions that are under way.
func (s *site) RoundTrip(r *http.Request) (*http.Response, error) {
	s.most.Store(max(s.most.Load(), s.current.Add(1)))
	defer s.current.Add(-1)
	return s.transport.RoundTrip(r)
}

func (s *site) pages(again time.Duration, observe func(wissel.Address, health.Observation)) *Pages {
	p := New(again, observe, slog.New(slog.DiscardHandler))
	s.transport = p.client.Transport.(*http.Transport)
	s.transport.DialContext = s.dial
	p.client.Transport = s
	return p
}

func trunk(id wissel.TrunkID, every time.Duration, at ...wissel.Address) map[wissel.TrunkID]*wissel.Trunk {
	return map[wissel.TrunkID]*wissel.Trunk{id: {
		ID: id, Addresses: at, Probe: wissel.Probe{Off: true},
		Status: wissel.StatusPage{URL: "http://status.example/", Form: wissel.StatusSummary, Every: every},
	}}
}

const trouble = `{"status":{"indicator":"major","description":"Major outage: Voice (EU)"}}`

// TestAPageRaisesDoubtAndNoMore runs a page against the verdict itself.
func TestAPageRaisesDoubtAndNoMore(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		policy := health.DefaultPolicy()
		board := health.NewBoard(policy, nil)
		web := &site{}
		p := web.pages(policy.Stale/3, board.Observe)
		trunks := trunk("genesys", 10*time.Minute, first, second)
		board.Set(trunks)
		p.Set(trunks)
		done := make(chan error, 1)
		states := func(after time.Duration) [2]wissel.State {
			<-time.After(after) // of the bubble: nobody waits
			synctest.Wait()
			v := board.Verdicts()
			return [2]wissel.State{v[first].State, v[second].State}
		}
		both := func(s wissel.State) [2]wissel.State { return [2]wissel.State{s, s} }

		web.says(well)
		go func() { done <- p.Run(ctx) }()
		if got := states(time.Second); got != both(wissel.Up) {
			t.Fatalf("it says that all is well: %v", got)
		}
		web.says(trouble)
		if got := states(10 * time.Minute); got != both(wissel.Suspect) {
			t.Fatalf("it says that there is trouble: %v", got)
		}
		if e := board.Verdicts()[first].Evidence; !strings.Contains(e, `it says "Major outage: Voice (EU)"`) {
			t.Errorf("evidence: %s", e)
		}
		for range 600 { // each second of its next 10 minutes
			if got := states(time.Second); got != both(wissel.Suspect) {
				t.Fatalf("it still says so: %v", got)
			}
		}
		for range 500 { // and for three and a half days, which is longer than health remembers a doubt by itself
			if got := states(10 * time.Minute); got != both(wissel.Suspect) {
				t.Fatalf("it says so for ever: %v", got)
			}
		}
		web.says(well)
		if got := states(11 * time.Minute); got != both(wissel.Up) {
			t.Errorf("it says that all is well again: %v", got)
		}
		web.says(trouble)
		states(10 * time.Minute)
		web.says("") // its site hangs: no evidence, and the doubt is forgotten
		if got := states(10*time.Minute + max(policy.Stale, policy.Calm) + askTimeout); got == both(wissel.Suspect) || got == both(wissel.Down) {
			t.Errorf("the site hangs: %v", got)
		}
		if s := p.Standings()["genesys"]; s.Known || s.Err == nil || !strings.Contains(s.Err.Error(), "no whole answer within 5s") {
			t.Errorf("standing: %+v", s)
		}
		if p.Failed() == 0 || p.Asked() <= p.Failed() {
			t.Errorf("%d asked, %d failed", p.Asked(), p.Failed())
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestPagesFollowTheSettings adds, changes and removes pages and addresses while Run runs.
func TestPagesFollowTheSettings(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		told := map[wissel.Address][]health.Observation{}
		web := &site{answer: trouble}
		p := web.pages(20*time.Second, func(a wissel.Address, o health.Observation) {
			mu.Lock()
			defer mu.Unlock()
			told[a] = append(told[a], o)
		})
		count := func(after time.Duration) (questions, ofFirst, ofSecond int) {
			<-time.After(after)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return web.questions(), len(told[first]), len(told[second])
		}
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		if q, _, _ := count(time.Hour); q != 0 {
			t.Fatalf("no page, and %d questions", q)
		}
		p.Set(trunk("genesys", time.Minute, first))
		if q, a, b := count(59 * time.Second); q != 1 || a != 3 || b != 0 {
			t.Errorf("a page is asked at once, and its word told again each 20 s: %d questions, %d and %d told", q, a, b)
		}
		p.Set(trunk("genesys", time.Minute, first, second)) // DNS found another
		if q, a, b := count(time.Millisecond); q != 1 || a != 4 || b != 1 {
			t.Errorf("the word of a page is told to an address that is new: %d questions, %d and %d told", q, a, b)
		}
		p.Set(trunk("genesys", time.Hour, first, second))
		if q, _, _ := count(time.Millisecond); q != 2 {
			t.Errorf("a page with other settings is asked anew: %d questions", q)
		}
		p.Set(nil)
		q, a, b := count(time.Millisecond)
		if q2, a2, b2 := count(3 * time.Hour); q != q2 || a != a2 || b != b2 {
			t.Errorf("a page that is gone: %d more questions, %d and %d more told", q2-q, a2-a, b2-b)
		}
		mu.Lock()
		for _, o := range told[first] {
			if o.Layer != health.Outside || o.Status != 503 || o.Unable != nil {
				t.Errorf("%+v", o)
			}
		}
		mu.Unlock()
		cancel()
		<-done
	})
}

// TestHangingPagesAreFewAtATime has many pages that never answer: no more than a few are asked at one time, the others
// still get their turn, and Run ends at once when it is to.
func TestHangingPagesAreFewAtATime(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		web := &site{}
		var unable atomic.Int32
		p := web.pages(20*time.Second, func(_ wissel.Address, o health.Observation) {
			if o.Unable == nil || o.Status != 200 && o.Status != 0 {
				t.Errorf("silence of a status page is told as %+v", o)
			}
			unable.Add(1)
		})
		trunks := map[wissel.TrunkID]*wissel.Trunk{}
		for i := range 20 {
			id := wissel.TrunkID(fmt.Sprintf("t%02d", i))
			trunks[id] = trunk(id, time.Minute, first)[id]
		}
		p.Set(trunks)
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		<-time.After(26 * time.Second)
		synctest.Wait()
		if most, all := web.most.Load(), unable.Load(); most != askAtOnce || all != 20 {
			t.Errorf("%d at one time, %d of 20 had their turn in 26 s", most, all)
		}
		<-time.After(35 * time.Second) // into the next round
		synctest.Wait()
		before := time.Now()
		cancel()
		if err := <-done; err != nil || time.Since(before) != 0 {
			t.Errorf("Run ended after %v: %v", time.Since(before), err)
		}
	})
}

func TestWhatIsRefusedIsNoWord(t *testing.T) {
	one := &page{of: wissel.StatusPage{}, addresses: []wissel.Address{first}, err: errors.New("refused")}
	if o := one.report().observation; o.Unable == nil || o.Status != 0 {
		t.Errorf("%+v", o)
	}
}
