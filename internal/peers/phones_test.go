package peers

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"wissel"
	"wissel/internal/audio"
	"wissel/prompts"
	"wissel/sip/sim"
)

// actor is a party of package sip/sim on real sockets, whose ears keep every byte of voice that they receive.
type actor struct {
	*sim.Party
	mu   sync.Mutex
	last *ear // of the socket opened last
	stop context.CancelFunc
	done chan error
}

// ear is what one socket received.
type ear struct {
	net.PacketConn
	mu    sync.Mutex
	voice []byte // payloads of G.711, one behind the other
	first time.Time
}

func (e *ear) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := e.PacketConn.ReadFrom(b)
	if n > 12 && b[0] == 0x80 && b[1]&0x7f == byte(sim.PCMA) {
		e.mu.Lock()
		if e.first.IsZero() {
			e.first = time.Now()
		}
		e.voice = append(e.voice, b[12:n]...)
		e.mu.Unlock()
	}
	return n, from, err
}

// heard reports whether some of a clip's sound has come, as little as three packets of it.
func (e *ear) heard(clip *audio.Clip) bool {
	law := clip.Bytes[audio.ALaw]
	at := bytes.IndexFunc(law, func(r rune) bool { return r != 0xd5 && r != 0x55 }) // where it begins to be more than silence
	piece := law[at:min(at+480, len(law))]
	e.mu.Lock()
	defer e.mu.Unlock()
	return bytes.Contains(e.voice, piece)
}

// silence is the longest silence in what was heard; beside it there may be time in which nothing came at all.
func (e *ear) silence() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	longest, run := 0, 0
	for _, b := range e.voice {
		if run++; b != 0xd5 && b != 0x55 {
			run = 0
		}
		longest = max(longest, run)
	}
	return time.Duration(longest) * time.Second / 8000
}

// newActor starts a party at an address until the test ends or stop is called.
func newActor(t *testing.T, name, host string, behave sim.Behaviour) *actor {
	t.Helper()
	a, err := openActor(name, host, behave)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.leave(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func openActor(name, host string, behave sim.Behaviour) (*actor, error) {
	at, err := netip.ParseAddr(host)
	if err != nil {
		return nil, err
	}
	a := &actor{done: make(chan error, 1)}
	listen := func(at netip.AddrPort) (net.PacketConn, error) {
		c, err := sim.ListenUDP(at)
		if err != nil {
			return nil, err
		}
		e := &ear{PacketConn: c}
		a.mu.Lock()
		a.last = e
		a.mu.Unlock()
		return e, nil
	}
	a.Party, err = sim.New(sim.Options{Name: name, Listen: listen, At: netip.AddrPortFrom(at, 5060), Behave: behave, Seed: uint64(time.Now().UnixNano())})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	a.stop = sync.OnceFunc(cancel)
	go func() {
		a.done <- a.Run(ctx)
		close(a.done)
	}()
	return a, nil
}

// leave ends the party without a goodbye to anybody.
func (a *actor) leave() error {
	a.stop()
	return <-a.done
}

// talk is a call that an actor placed, with what he hears.
type talk struct {
	*sim.Call
	ear *ear
}

// place places a call to wissel; only one goroutine may do so at a time.
func (a *actor) place(d sim.Dial, wissel string) (talk, error) {
	d.Via = netip.AddrPortFrom(netip.MustParseAddr(wissel), 5060)
	if d.To == "" {
		d.To = number
	}
	c, err := a.Place(d)
	if err != nil {
		return talk{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return talk{c, a.last}, nil
}

// rings places a call to wissel from the carrier.
func (s *server) rings(a *actor, d sim.Dial) talk {
	s.t.Helper()
	c, err := a.place(d, s.wissel())
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// over waits until a call has ended.
func over(t *testing.T, c talk, most time.Duration) sim.Record {
	t.Helper()
	select {
	case <-c.Done():
	case <-time.After(most):
		t.Fatalf("a call was not over in %v: %+v", most, c.Record())
	}
	return c.Record()
}

// answered waits until a call was answered.
func answered(t *testing.T, c talk) {
	t.Helper()
	eventually(t, 10*time.Second, "the call is answered", func() bool { return !c.Record().Answered.IsZero() })
}

// shipped is the sound that comes with wissel.
var shipped = sync.OnceValues(func() (*prompts.Store, error) { return prompts.Open("") })

func clip(t *testing.T, id string) *audio.Clip {
	t.Helper()
	all, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	return all.Clip("nl", id)
}

// wished gives the wishes of a stopped server by number.
func (s *server) wished() map[wissel.Number]wissel.Wish {
	s.t.Helper()
	_, wishes := s.records()
	all := map[wissel.Number]wissel.Wish{}
	for _, w := range wishes {
		all[w.Number] = w
	}
	return all
}

// clean says what an actor found wrong with wissel's SIP, and that none of his legs is left.
func clean(t *testing.T, a *actor) {
	t.Helper()
	book := a.Ledger()
	for _, c := range book.Complaints {
		t.Errorf("%s complains: %s", book.Name, c)
	}
	if n := book.Alive(); n != 0 {
		t.Errorf("%d legs are left at %s", n, book.Name)
	}
}
