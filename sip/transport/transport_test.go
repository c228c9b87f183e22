package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"wissel"
)

// inbox is a Handler that keeps what comes, in order.
type inbox struct {
	packets  chan Packet
	failures chan Failure
}

func newInbox() *inbox {
	return &inbox{packets: make(chan Packet, 4096), failures: make(chan Failure, 4096)}
}

func (i *inbox) Packet(p Packet)  { i.packets <- p }
func (i *inbox) Failed(f Failure) { i.failures <- f }

// packet waits for the next message.
func (i *inbox) packet(t *testing.T) Packet {
	t.Helper()
	select {
	case p := <-i.packets:
		return p
	case <-time.After(30 * time.Second):
		t.Fatal("no message came")
		return Packet{}
	}
}

func (i *inbox) failure(t *testing.T) Failure {
	t.Helper()
	select {
	case f := <-i.failures:
		return f
	case <-time.After(30 * time.Second):
		t.Fatal("no failure was told")
		return Failure{}
	}
}

// settings is a listener with the usual deadlines.
func settings(bind string) Settings {
	s := DefaultSettings()
	s.Bind = bind
	s.Advertise = "192.0.2.1"
	return s
}

// run starts a Set and stops it at the end of the test.
func run(t *testing.T, o Options) (*Set, *inbox) {
	t.Helper()
	in := newInbox()
	if o.Handler == nil {
		o.Handler = in
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return s, in
}

func udpTo(ap netip.AddrPort) wissel.Address {
	return wissel.Address{Transport: wissel.UDP, AddrPort: ap}
}

func tcpTo(ap netip.AddrPort) wissel.Address {
	return wissel.Address{Transport: wissel.TCP, AddrPort: ap}
}

// memory is an in-memory PacketConn: what is put into in is read, errors too; what is written comes out of out.
type memory struct {
	in     chan any // memoryPacket or error
	out    chan memoryPacket
	once   sync.Once
	closed chan struct{}
}

type memoryPacket struct {
	data []byte
	peer netip.AddrPort
}

func newMemory() *memory {
	return &memory{in: make(chan any, 64), out: make(chan memoryPacket, 64), closed: make(chan struct{})}
}

func (m *memory) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case <-m.closed:
		return 0, nil, net.ErrClosed
	case x := <-m.in:
		if err, ok := x.(error); ok {
			return 0, nil, err
		}
		p := x.(memoryPacket)
		return copy(b, p.data), net.UDPAddrFromAddrPort(p.peer), nil
	}
}

func (m *memory) WriteTo(b []byte, a net.Addr) (int, error) {
	m.out <- memoryPacket{append([]byte(nil), b...), a.(*net.UDPAddr).AddrPort()}
	return len(b), nil
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.closed) })
	return nil
}

func (m *memory) LocalAddr() net.Addr {
	return net.UDPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.1:5060"))
}
func (m *memory) SetDeadline(time.Time) error      { return nil }
func (m *memory) SetReadDeadline(time.Time) error  { return nil }
func (m *memory) SetWriteDeadline(time.Time) error { return nil }

// pipes is a net.Listener over net.Pipe: dial gives the far end of a new connection from source.
type pipes struct {
	conns  chan any // net.Conn or error
	once   sync.Once
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan any, 64), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case <-p.closed:
		return nil, net.ErrClosed
	case x := <-p.conns:
		if err, ok := x.(error); ok {
			return nil, err
		}
		return x.(net.Conn), nil
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.1:5060"))
}

func (p *pipes) dial(source string) net.Conn {
	near, far := net.Pipe()
	p.conns <- pipeConn{near, netip.MustParseAddrPort(source)}
	return far
}

type pipeConn struct {
	net.Conn
	peer netip.AddrPort
}

func (p pipeConn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(p.peer) }
func (p pipeConn) LocalAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.1:5060"))
}

// closedAfter waits for the far end to be closed, and says how long that took.
func closedAfter(c net.Conn) time.Duration {
	began := time.Now()
	_, _ = io.Copy(io.Discard, c) // ends when it is closed
	return time.Since(began)
}

func TestSettingsAreChecked(t *testing.T) {
	for _, row := range []struct {
		name string
		edit func(*Settings)
		path string
	}{
		{"the defaults are well", func(*Settings) {}, ""},
		{"a bind without a scheme", func(s *Settings) { s.Bind = "0.0.0.0:5060" }, "at.bind"},
		{"a bind that is a name", func(s *Settings) { s.Bind = "udp://localhost:5060" }, "at.bind"},
		{"an unknown scheme", func(s *Settings) { s.Bind = "sctp://0.0.0.0:5060" }, "at.bind"},
		{"a wildcard without advertise", func(s *Settings) { s.Advertise = "" }, "at.advertise"},
		{"an advertise with a path", func(s *Settings) { s.Advertise = "a/b" }, "at.advertise"},
		{"an advertise with port 0", func(s *Settings) { s.Advertise = "192.0.2.1:0" }, "at.advertise"},
		{"an IPv6 advertise", func(s *Settings) { s.Advertise = "[2001:db8::1]:5060" }, ""},
		{"tls without a certificate", func(s *Settings) { s.Bind = "tls://0.0.0.0:5061" }, "at.cert"},
		{"no time for a message", func(s *Settings) { s.Message = 0 }, "at.message"},
		{"no connections", func(s *Settings) { s.PerSource = 0 }, "at.per_source"},
		{"a tiny buffer", func(s *Settings) { s.Buffer = 1 }, "at.buffer"},
	} {
		s := settings("udp://0.0.0.0:5060")
		row.edit(&s)
		ps := s.Check("at")
		if row.path == "" && len(ps) != 0 || row.path != "" && (len(ps) != 1 || ps[0].Path != row.path) {
			t.Errorf("%s: %v", row.name, ps)
		}
	}
}

func TestListenersShowThemselvesAsAdvertised(t *testing.T) {
	s, err := New(Options{Handler: newInbox(), Listeners: []Settings{
		{Bind: "udp://127.0.0.1:0", Buffer: 1 << 20},
		{Bind: "udp://127.0.0.1:0", Advertise: "sip.example.com:7000", Buffer: 1 << 20},
		{Bind: "tcp://127.0.0.1:0", Advertise: "203.0.113.9"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a, b, c := s.Listener(0), s.Listener(1), s.Listener(2)
	if a.AdvertiseHost != "127.0.0.1" || a.AdvertisePort != int(a.Bind.Port()) || a.AdvertisePort == 0 {
		t.Errorf("by itself: %+v", a)
	}
	if b.AdvertiseHost != "sip.example.com" || b.AdvertisePort != 7000 {
		t.Errorf("name and port: %+v", b)
	}
	if c.AdvertiseHost != "203.0.113.9" || c.AdvertisePort != int(c.Bind.Port()) {
		t.Errorf("host alone: %+v", c)
	}
}

func TestPickChoosesTheListenerThatCanReachAnAddress(t *testing.T) {
	s, err := New(Options{Handler: newInbox(), Listeners: []Settings{
		{Bind: "udp://127.0.0.1:0", Buffer: 1 << 20}, {Bind: "udp://[::1]:0", Buffer: 1 << 20}, {Bind: "tcp://127.0.0.1:0"}, {Bind: "udp://127.0.0.2:0", Buffer: 1 << 20},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, row := range []struct {
		name string
		to   wissel.Address
		bind string
		want int // -1: none
	}{
		{"UDP over IPv4", udpTo(netip.MustParseAddrPort("192.0.2.9:5060")), "", 0},
		{"UDP over IPv6", udpTo(netip.MustParseAddrPort("[2001:db8::9]:5060")), "", 1},
		{"TCP", tcpTo(netip.MustParseAddrPort("192.0.2.9:5060")), "", 2},
		{"the listener that was named", udpTo(netip.MustParseAddrPort("192.0.2.9:5060")), "udp://127.0.0.2:0", 3},
		{"TLS, lent by TCP", wissel.Address{Transport: wissel.TLS, AddrPort: netip.MustParseAddrPort("192.0.2.9:5061")}, "", 2},
		{"TCP over IPv6, lent by UDP", tcpTo(netip.MustParseAddrPort("[2001:db8::9]:5060")), "", 1},
		{"a name that there is not", udpTo(netip.MustParseAddrPort("192.0.2.9:5060")), "udp://0.0.0.0:1", -1},
	} {
		got, ok := s.Pick(row.to, row.bind)
		if ok != (row.want >= 0) || ok && got != row.want {
			t.Errorf("%s: %d, %v", row.name, got, ok)
		}
	}
}

func TestNewNamesTheFaultOfAListener(t *testing.T) {
	boom := errors.New("boom")
	_, err := New(Options{Handler: newInbox(), Listeners: []Settings{settings("udp://0.0.0.0:5060")},
		ListenPacket: func(string) (net.PacketConn, error) { return nil, boom }})
	if !errors.Is(err, boom) {
		t.Errorf("%v", err)
	}
}
