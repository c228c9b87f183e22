package media

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"wissel/internal/virtual"
)

func small(n int) func(*Settings) {
	return func(s *Settings) {
		s.First, s.Last = 30001, 30001+2*n // an odd start loses its first port
		s.V6 = Face{}
	}
}

// F33: one pair in ten is kept for flows; nobody gets one that is at rest.
func TestPortsRunOut(t *testing.T) {
	inBubble(t, small(20), func(b *bench) {
		open := func(kept bool) (*Session, error) {
			return b.engine.Open(At{Leg: 1, Peer: netip.MustParseAddr("192.0.2.1")}, kept, nil)
		}
		var all []*Session
		seen := map[int]bool{}
		for i := range 18 {
			s, err := open(false)
			if err != nil {
				t.Fatalf("pair %d: %v", i, err)
			}
			if s.pair.port%2 != 0 || seen[s.pair.port] || s.pair.port < 30002 || s.pair.port > 30040 {
				t.Errorf("port %d", s.pair.port)
			}
			seen[s.pair.port] = true
			all = append(all, s)
		}
		if _, err := open(false); !errors.Is(err, ErrNoPorts) {
			t.Errorf("a call got a pair kept for flows: %v", err)
		}
		for range 2 {
			s, err := open(true)
			if err != nil {
				t.Fatalf("a flow got none: %v", err)
			}
			all = append(all, s)
		}
		if _, err := open(true); !errors.Is(err, ErrNoPorts) {
			t.Errorf("a 21st pair of 20: %v", err)
		}
		if n := b.engine.Stats(); n.Sessions != 20 || n.Free != 0 || n.Resting != 0 {
			t.Errorf("%+v", n)
		}
		for _, s := range all {
			s.Close()
			s.Close()
		}
		if n := b.engine.Stats(); n.Sessions != 0 || n.Free != 0 || n.Resting != 20 {
			t.Errorf("after closing: %+v", n)
		}
		after(29 * time.Second)
		if _, err := open(true); !errors.Is(err, ErrNoPorts) {
			t.Errorf("a pair at rest was used: %v", err)
		}
		after(time.Second)
		if _, err := open(false); err != nil {
			t.Errorf("after their rest: %v", err)
		}
	})
}

// The crisis line has the last pair where flows leave one.
func TestTheLastPairsAreKeptFromFlows(t *testing.T) {
	inBubble(t, small(40), func(b *bench) {
		open := func(kept, last bool) error {
			_, err := b.engine.Open(At{Leg: 1, Peer: netip.MustParseAddr("192.0.2.1"), Last: last}, kept, nil)
			return err
		}
		for i := range 39 {
			if err := open(true, false); err != nil {
				t.Fatalf("pair %d: %v", i, err)
			}
		}
		if err := open(true, false); !errors.Is(err, ErrNoPorts) {
			t.Errorf("a flow got the last pair: %v", err)
		}
		if err := open(true, true); err != nil {
			t.Errorf("the crisis line got none: %v", err)
		}
		if err := open(true, true); !errors.Is(err, ErrNoPorts) {
			t.Errorf("a 41st pair of 40: %v", err)
		}
	})
}

func TestAPortHeldByAnotherProgramIsPassedOver(t *testing.T) {
	inBubble(t, small(20), func(b *bench) {
		for _, port := range []string{"203.0.113.10:30002", "203.0.113.10:30005"} { // an RTP port, and an RTCP port
			c, err := b.lan.listen(netip.MustParseAddrPort(port))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
		}
		l := b.open(1, "192.0.2.1")
		if l.pair.port != 30006 {
			t.Errorf("got %d", l.pair.port)
		}
		l.Close()
	})
}

func TestASocketsErrorIsTold(t *testing.T) {
	broken := errors.New("no buffer space")
	inBubble(t, func(s *Settings) {
		small(20)(s)
		s.Listen = func(netip.AddrPort) (net.PacketConn, error) { return nil, broken }
	}, func(b *bench) {
		if _, err := b.engine.Open(At{}, false, nil); !errors.Is(err, broken) {
			t.Errorf("%v", err)
		}
		if n := b.engine.Stats().Free; n != 20 {
			t.Errorf("%d pairs are free after an error that was not theirs, want 20", n)
		}
	})
}

func TestPeersOfIPv6GetIPv6(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		l, p := b.call(1, "[2001:db8::1]:4000", "8", "")
		defer p.hangUp()
		if !p.to.Addr().Is6() || !contains(l.Local(), "c=IN IP6 2001:db8::10\r\n") {
			t.Errorf("told\n%s", l.Local())
		}
		a, q := b.call(2, "192.0.2.1:4000", "8", "")
		defer q.hangUp()
		a.Connect(l.Session)
		p.say(100*time.Millisecond, 400)
		if n := len(q.take()); n != 5 {
			t.Errorf("%d packets crossed from IPv6 to IPv4", n)
		}
		l.Close()
	})
}

func TestEngineThatHasStopped(t *testing.T) {
	var engine *Engine
	inBubble(t, nil, func(b *bench) {
		engine = b.engine
		b.open(1, "192.0.2.1") // closed by the engine's end
	})
	virtual.Time(t, func(t *testing.T) {
		if _, err := engine.Open(At{}, false, nil); !errors.Is(err, ErrClosed) {
			t.Errorf("%v", err)
		}
	})
}

func TestSettings(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*Settings)
		want   string // key paths
	}{
		{"good", func(*Settings) {}, ""},
		{"no address", func(s *Settings) { s.V4.Bind = netip.Addr{} }, "m.address"},
		{"every address, none to tell", func(s *Settings) { s.V4.Advertise = netip.Addr{} }, "m.advertise"},
		{"advertise of the other family", func(s *Settings) { s.V4.Advertise = netip.IPv6Loopback() }, "m.advertise"},
		{"advertise everything", func(s *Settings) { s.V4.Advertise = netip.IPv4Unspecified() }, "m.advertise"},
		{"no ports", func(s *Settings) { s.Last = s.First }, "m.ports"},
		{"low ports", func(s *Settings) { s.First = 10 }, "m.ports"},
		{"no such ports", func(s *Settings) { s.Last = 70000 }, "m.ports"},
		{"a long rest and a short silence", func(s *Settings) { s.Rest, s.Lost = time.Hour, time.Millisecond }, "m.rest m.lost"},
	} {
		s := DefaultSettings()
		s.V4.Advertise = ours
		row.change(&s)
		var paths []string
		for _, p := range s.Check("m") {
			paths = append(paths, p.Path)
		}
		if got := strings.Join(paths, " "); got != row.want {
			t.Errorf("%s: faults at %q, want %q", row.name, got, row.want)
		}
	}
	if _, err := New(Settings{}); err == nil {
		t.Error("an engine of nothing")
	}
}
