package transport

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// FAULTS F27: a connection whose far end is gone without a word is given up after seconds.
func TestBothKindsOfConnectionsAreGivenUpSoon(t *testing.T) {
	s, in := run(t, Options{Listeners: []Settings{settings("tcp://127.0.0.1:0")}})
	c, err := net.Dial("tcp4", s.Listener(0).Bind.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	write(t, c, options)
	accepted := in.packet(t).Path
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	if err := s.Send(Path{Peer: tcpTo(addrPort(ln.Addr()))}, []byte(options)); err != nil {
		t.Fatal(err)
	}
	far, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = far.Close() }()
	write(t, far, options)
	for name, p := range map[string]Path{"accepted": accepted, "dialled": in.packet(t).Path} {
		raw, err := s.table.byID(p.Conn).net().(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		_ = raw.Control(func(fd uintptr) {
			if ms, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT); err != nil || ms != unacknowledged {
				t.Errorf("%s: %d ms, %v", name, ms, err)
			}
		})
	}
}
