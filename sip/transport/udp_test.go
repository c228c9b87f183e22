package transport

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"wissel"
	"wissel/internal/virtual"
)

func listenUDP(t *testing.T, addr string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(addr)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	return c
}

func local(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// closedPort is an address where nobody listens.
func closedPort(t *testing.T, host string) netip.AddrPort {
	c := listenUDP(t, host+":0")
	a := local(c)
	_ = c.Close()
	return a
}

func TestMessagesComeInTheOrderOfTheWire(t *testing.T) {
	s, in := run(t, Options{Listeners: []Settings{settings("udp://127.0.0.1:0")}})
	peer := listenUDP(t, "127.0.0.1:0")
	for i := range 200 {
		if _, err := peer.WriteToUDPAddrPort(fmt.Appendf(nil, "M%d", i), s.Listener(0).Bind); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 200 {
		p := in.packet(t)
		if string(p.Data) != fmt.Sprint("M", i) || p.Path.Peer != udpTo(local(peer)) || p.Path.Local.String() != "127.0.0.1" || p.At.IsZero() {
			t.Fatalf("%d: %q over %+v", i, p.Data, p.Path)
		}
	}
}

// H26: what is sent between New and Run is sent and received.
func TestNothingIsLostBeforeRun(t *testing.T) {
	s, err := New(Options{Handler: newInbox(), Listeners: []Settings{settings("udp://127.0.0.1:0")}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	peer := listenUDP(t, "127.0.0.1:0")
	if err := s.Send(Path{Peer: udpTo(local(peer))}, []byte("first")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 16)
	if n, from, err := peer.ReadFromUDPAddrPort(b); err != nil || string(b[:n]) != "first" || from != s.Listener(0).Bind {
		t.Errorf("%q from %v, %v", b[:n], from, err)
	}
}

func TestRepliesLeaveFromTheAddressThePacketCameTo(t *testing.T) {
	for _, row := range []struct{ bind, peer, to string }{
		{"udp://0.0.0.0:0", "127.0.0.1:0", "127.0.0.7"},
		{"udp://0.0.0.0:0", "127.0.0.1:0", "127.0.0.1"},
		{"udp://[::]:0", "[::1]:0", "::1"},
	} {
		s, in := run(t, Options{Listeners: []Settings{settings(row.bind)}})
		peer := listenUDP(t, row.peer)
		to := netip.AddrPortFrom(netip.MustParseAddr(row.to), s.Listener(0).Bind.Port())
		if _, err := peer.WriteToUDPAddrPort([]byte("hello"), to); err != nil {
			t.Fatal(err)
		}
		p := in.packet(t)
		if p.Path.Local != to.Addr() {
			t.Errorf("%s: came to %v, not %v", row.bind, p.Path.Local, to.Addr())
		}
		if err := s.Send(p.Path, []byte("answer")); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 16)
		if _, from, err := peer.ReadFromUDPAddrPort(b); err != nil || from != to {
			t.Errorf("%s: the answer came from %v (%v), not %v", row.bind, from, err, to)
		}
	}
}

// A closed port is told by the error queue, with the whole datagram that it is about.
func TestICMPIsToldWithTheDatagramItIsAbout(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "[::1]"} {
		s, in := run(t, Options{Listeners: []Settings{settings("udp://" + host + ":0")}})
		dead := closedPort(t, host)
		data := []byte("INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bKquoted\r\n\r\n")
		if err := s.Send(Path{Peer: udpTo(dead)}, data); err != nil {
			t.Fatal(err)
		}
		f := in.failure(t)
		if f.Path.Peer != udpTo(dead) || !errors.Is(f.Err, syscall.ECONNREFUSED) || string(f.Quoted) != string(data) || f.Closed {
			t.Errorf("%s: %+v, quoting %q", host, f, f.Quoted)
		}
	}
}

// DEPENDENCIES, "found by running": with IP_RECVERR each send right after one to a closed port fails with that port's error.
func TestASendSurvivesTheErrorOfAnotherPeer(t *testing.T) {
	s, in := run(t, Options{Listeners: []Settings{settings("udp://127.0.0.1:0")}})
	dead, peer := closedPort(t, "127.0.0.1"), listenUDP(t, "127.0.0.1:0")
	for i := range 100 {
		if err := s.Send(Path{Peer: udpTo(dead)}, []byte("to nobody")); err != nil {
			t.Fatalf("send %d to the closed port: %v", i, err)
		}
		if err := s.Send(Path{Peer: udpTo(local(peer))}, []byte("to somebody")); err != nil {
			t.Fatalf("send %d to the healthy peer: %v", i, err)
		}
	}
	b := make([]byte, 64)
	for i := range 100 {
		if _, err := peer.Read(b); err != nil {
			t.Fatalf("datagram %d did not come: %v", i, err)
		}
	}
	for range 100 {
		in.failure(t)
	}
	// The port still reads (H3).
	if _, err := peer.WriteToUDPAddrPort([]byte("still there"), s.Listener(0).Bind); err != nil {
		t.Fatal(err)
	}
	in.packet(t)
}

// H9: messages longer than one packet of the network go both ways, as fragments.
func TestLongMessagesGoOverUDP(t *testing.T) {
	s, in := run(t, Options{Listeners: []Settings{settings("udp://127.0.0.1:0")}})
	peer := listenUDP(t, "127.0.0.1:0")
	b := make([]byte, 65536)
	for _, size := range []int{1299, 1300, 1301, 1500, 4000, 20000, 65000} {
		data := []byte(strings.Repeat("x", size))
		if err := s.Send(Path{Peer: udpTo(local(peer))}, data); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if n, err := peer.Read(b); err != nil || n != size {
			t.Fatalf("%d bytes: %d came, %v", size, n, err)
		}
		if _, err := peer.WriteToUDPAddrPort(data, s.Listener(0).Bind); err != nil {
			t.Fatal(err)
		}
		if p := in.packet(t); len(p.Data) != size {
			t.Fatalf("%d bytes: %d received", size, len(p.Data))
		}
	}
	if err := s.Send(Path{Peer: udpTo(local(peer))}, make([]byte, 65508)); !errors.Is(err, ErrTooLong) {
		t.Errorf("more than a datagram holds: %v", err)
	}
}

func TestSendOverUDPAllocatesNothing(t *testing.T) {
	for _, bind := range []string{"udp://127.0.0.1:0", "udp://0.0.0.0:0"} {
		s, err := New(Options{Handler: newInbox(), Listeners: []Settings{settings(bind)}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		peer := listenUDP(t, "127.0.0.1:0")
		p, data := Path{Peer: udpTo(local(peer)), Local: netip.MustParseAddr("127.0.0.1")}, []byte(options)
		if n := testing.AllocsPerRun(200, func() {
			if err := s.Send(p, data); err != nil {
				t.Fatal(err)
			}
		}); n > 0 && !raceEnabled {
			t.Errorf("%s: %v allocations", bind, n)
		}
	}
}

// H2: what strangers send leaves nothing behind, and only known sources reach the parser.
func TestStrangersLeaveNothingBehind(t *testing.T) {
	m := newMemory()
	var log countLog
	s, in := run(t, Options{
		Listeners:    []Settings{settings("udp://0.0.0.0:5060")},
		ListenPacket: func(string) (net.PacketConn, error) { return m, nil },
		Allow:        func(a wissel.Address) bool { return a.AddrPort.Addr().String() == "192.0.2.2" },
		Log:          slog.New(&log),
	})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 20_000 {
		m.in <- memoryPacket{[]byte("x"), netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 5060)}
	}
	m.in <- memoryPacket{[]byte("known"), netip.MustParseAddrPort("192.0.2.2:5060")}
	if p := in.packet(t); string(p.Data) != "known" {
		t.Errorf("%q came first", p.Data)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if st := s.Stats(); st.Dropped != 20_000 {
		t.Errorf("%d dropped", st.Dropped)
	}
	if n := log.n.Load(); n != 1 { // H21
		t.Errorf("%d lines were logged about them", n)
	}
	if text := log.last.Load(); text == nil || !strings.Contains(*text, "from: [10.0.0.0/32]") { // F42
		t.Errorf("the line to add is not named: %v", text)
	}
	s.SetAllow(nil)
	m.in <- memoryPacket{[]byte("now known"), netip.MustParseAddrPort("10.0.0.1:5060")}
	in.packet(t)
}

// H3, H4: an error on a socket never ends its port.
func TestErrorsDoNotEndAListener(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		first := newMemory()
		sockets := make(chan *memory, 4)
		sockets <- first
		second := newMemory()
		sockets <- second
		fails := atomic.Bool{}
		s, in := run(t, Options{
			Listeners: []Settings{settings("udp://0.0.0.0:5060")},
			ListenPacket: func(string) (net.PacketConn, error) {
				if fails.CompareAndSwap(true, false) {
					return nil, syscall.EADDRINUSE
				}
				return <-sockets, nil
			},
		})
		peer := netip.MustParseAddrPort("192.0.2.2:5060")
		for _, err := range []error{
			syscall.ECONNREFUSED, os.ErrDeadlineExceeded, errors.New("odd"), syscall.ENOBUFS,
			&ICMPError{Peer: peer, Quoted: []byte("what we sent"), Err: syscall.ECONNREFUSED},
		} {
			first.in <- err
			first.in <- memoryPacket{[]byte("after " + err.Error()), peer}
			in.packet(t)
		}
		f := in.failure(t)
		if f.Path.Peer != udpTo(peer) || string(f.Quoted) != "what we sent" || !errors.Is(f.Err, syscall.ECONNREFUSED) {
			t.Errorf("ICMP from memory: %+v", f)
		}
		fails.Store(true)
		_ = first.Close() // it breaks for good: opened anew, at the second try
		second.in <- memoryPacket{[]byte("from the second socket"), peer}
		if p := in.packet(t); string(p.Data) != "from the second socket" {
			t.Errorf("%q", p.Data)
		}
		if st := s.Stats(); st.Restarts != 1 {
			t.Errorf("%d restarts", st.Restarts)
		}
	})
}

// H22: a panic of the handler costs one message.
func TestAPanicCostsOneMessage(t *testing.T) {
	m, h := newMemory(), &panicky{inbox: newInbox()}
	s, _ := run(t, Options{Handler: h, Listeners: []Settings{settings("udp://0.0.0.0:5060")},
		ListenPacket: func(string) (net.PacketConn, error) { return m, nil }})
	peer := netip.MustParseAddrPort("192.0.2.2:5060")
	m.in <- memoryPacket{[]byte("boom"), peer}
	m.in <- memoryPacket{[]byte("fine"), peer}
	if p := h.packet(t); string(p.Data) != "fine" || s.Stats().Panics != 1 {
		t.Errorf("%q, %d panics", p.Data, s.Stats().Panics)
	}
}

type panicky struct{ *inbox }

func (p *panicky) Packet(m Packet) {
	if string(m.Data) == "boom" {
		panic("boom")
	}
	p.inbox.Packet(m)
}

func TestKeepAlivesOverUDPAreNoMessages(t *testing.T) {
	m := newMemory()
	s, in := run(t, Options{Listeners: []Settings{settings("udp://0.0.0.0:5060")},
		ListenPacket: func(string) (net.PacketConn, error) { return m, nil }})
	peer := netip.MustParseAddrPort("192.0.2.2:5060")
	for _, junk := range []string{"\r\n\r\n", "\x00\x00\x00\x00", "", "\r\n"} {
		m.in <- memoryPacket{[]byte(junk), peer}
	}
	m.in <- memoryPacket{[]byte("\r\n" + options), peer}
	if p := in.packet(t); string(p.Data) != options || s.Stats().Junk != 4 {
		t.Errorf("%q, %d junk", p.Data, s.Stats().Junk)
	}
}

func TestAnAddressInUseNamesItsHolder(t *testing.T) {
	udp := listenUDP(t, "127.0.0.1:0")
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	for _, bind := range []string{"udp://" + local(udp).String(), "tcp://" + ln.Addr().String()} {
		_, err := New(Options{Handler: newInbox(), Listeners: []Settings{settings(bind)}})
		if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), fmt.Sprintf("process %d (", os.Getpid())) || !strings.Contains(err.Error(), bind) {
			t.Errorf("%s: %v", bind, err)
		}
	}
}
