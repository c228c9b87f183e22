package sim_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"wissel/internal/virtual"
	"wissel/sip/sim"
)

func open(t *testing.T, n *sim.Net, at string) *sim.Conn {
	t.Helper()
	c, err := n.Open(netip.MustParseAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNetDeliversInOrderAndInTime(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		n := sim.NewNet()
		n.Rule = func(d sim.Datagram) sim.Fate {
			switch string(d.Data) {
			case "lost":
				return sim.Fate{Lost: true}
			case "late":
				return sim.Fate{Late: 5 * time.Millisecond}
			case "twice":
				return sim.Fate{Copies: 1}
			}
			return sim.Fate{}
		}
		a, b := open(t, n, "192.0.2.1:1"), open(t, n, "192.0.2.2:2")
		for _, s := range []string{"late", "one", "lost", "twice", "two"} {
			if _, err := a.WriteTo([]byte(s), b.LocalAddr()); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		buf := make([]byte, 100)
		for _, want := range []string{"one 1ms", "twice 1ms", "twice 1ms", "two 1ms", "late 6ms"} {
			k, from, err := b.ReadFrom(buf)
			if got := string(buf[:k]) + " " + time.Since(start).String(); err != nil || got != want || from.String() != "192.0.2.1:1" {
				t.Errorf("got %s from %v, %v; want %s", got, from, err, want)
			}
		}
		if err := b.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.ReadFrom(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("past its deadline: %v", err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.ReadFrom(buf); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed: %v", err)
		}
	})
}

func TestNetTellsOfAClosedPortToThoseWhoAsk(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		n := sim.NewNet()
		refused := errors.New("refused")
		a := open(t, n, "192.0.2.1:1")
		a.Refused(func(peer netip.AddrPort, quoted []byte) error {
			if peer.String() != "192.0.2.2:2" || string(quoted) != "hello" {
				t.Errorf("refused by %s: %q", peer, quoted)
			}
			return refused
		})
		start := time.Now()
		if _, err := a.WriteToUDPAddrPort([]byte("hello"), netip.MustParseAddrPort("192.0.2.2:2")); err != nil {
			t.Fatal(err)
		}
		if _, _, err := a.ReadFrom(make([]byte, 10)); !errors.Is(err, refused) || time.Since(start) != 2*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		n.BlackHole(netip.MustParseAddr("192.0.2.2"), true)
		if _, err := a.WriteToUDPAddrPort([]byte("hello"), netip.MustParseAddrPort("192.0.2.2:2")); err != nil {
			t.Fatal(err)
		}
		if err := a.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := a.ReadFrom(make([]byte, 10)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("from a black hole: %v", err)
		}
	})
}

func TestPortsAreTakenOnce(t *testing.T) {
	n := sim.NewNet()
	at := netip.MustParseAddrPort("192.0.2.1:5060")
	if _, err := n.Listen(at); err != nil {
		t.Fatal(err)
	}
	if c, err := n.Listen(at); err == nil || c != nil {
		t.Error("one address was opened twice")
	}
}

// The demo's way: real sockets on loopback.
func TestCallOverRealSockets(t *testing.T) {
	loopback := netip.MustParseAddrPort("127.0.0.1:0")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 2)
	var parties []*sim.Party
	for _, name := range []string{"caller", "platform"} {
		p, err := sim.New(sim.Options{Name: name, Listen: sim.ListenUDP, At: loopback, Behave: sim.Answer(0).Tone(550)})
		if err != nil {
			t.Fatal(err)
		}
		parties = append(parties, p)
		go func() { ended <- p.Run(ctx) }()
	}
	c, err := parties[0].Place(sim.Dial{
		To: "+31201234567", From: "+31612345678", Via: parties[1].Addr(),
		Plays: sim.Answers{Hz: 770, Hangup: 600 * time.Millisecond}, Keys: []sim.Keys{{After: 100 * time.Millisecond, Digits: "5"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	<-c.Done()
	r := c.Record()
	if r.Status != 200 || len(r.Tones()) != 1 || r.Tones()[0] != 550 {
		t.Errorf("the caller got %d and heard %v", r.Status, r.Tones())
	}
	if l := parties[1].Ledger(); l.Taken() != 1 || l.Calls[0].Digits != "5" || len(l.Complaints) != 0 {
		t.Errorf("the platform's ledger: %+v", l)
	}
	cancel()
	for range parties {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}
