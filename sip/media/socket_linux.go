package media

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// socket is a UDP socket that the runtime's poller knows nothing of. That one has the kernel tell it when a socket can be
// written to again, which for UDP is after each packet: a wake-up for every frame sent. No system call here blocks, so the
// scheduler is not told of them either. A watch tells when there is something to read.
type socket struct {
	fd    int
	watch *watch // set before the first read; nil: not watched

	mu     sync.Mutex // over each system call: the number of a closed descriptor may at once be another socket's
	closed bool
	to     netip.AddrPort // what name says
	name   unix.RawSockaddrInet6
	length uintptr // of name
}

// listenReal opens a real socket of the address's own family.
func listenReal(at netip.AddrPort) (conn, error) {
	family := unix.AF_INET6
	if at.Addr().Is4() {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open a socket for %s: %w", at, err)
	}
	mark(fd, at.Addr().Is4())
	if err := bind(fd, at); err != nil {
		_ = unix.Close(fd) // the error that counts is err
		return nil, fmt.Errorf("bind to %s: %w", at, err)
	}
	return &socket{fd: fd}, nil
}

func bind(fd int, at netip.AddrPort) error {
	if at.Addr().Is4() {
		return unix.Bind(fd, &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()})
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
		return err
	}
	return unix.Bind(fd, &unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16(), ZoneId: scopeOf(at.Addr().Zone())})
}

// expedited is the traffic class of voice: DSCP EF (RFC 4594 §4.1).
const expedited = 46 << 2

// mark sets the traffic class. That is a favour to the network: without it voice still flows.
func mark(fd int, v4 bool) {
	if v4 {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TOS, expedited)
	} else {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, expedited)
	}
}

// scopeOf is the interface that a link-local address names, 0 for others.
func scopeOf(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if i, err := net.InterfaceByName(zone); err == nil {
		return uint32(i.Index)
	}
	return 0 // the system says that it will not do
}

// WriteToUDPAddrPort sends one datagram. It never waits: when there is no room the datagram is lost, as on any network.
func (s *socket) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, net.ErrClosed
	}
	if to != s.to {
		s.address(to)
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, uintptr(unsafe.Pointer(&s.name)), s.length)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// address writes a peer's address for the kernel; the lock is held.
func (s *socket) address(to netip.AddrPort) {
	port := (*[2]byte)(unsafe.Pointer(&s.name.Port)) // in network order, and at the same place in both families
	if to.Addr().Is4() {
		name := (*unix.RawSockaddrInet4)(unsafe.Pointer(&s.name))
		name.Family, name.Addr, s.length = unix.AF_INET, to.Addr().As4(), unix.SizeofSockaddrInet4
	} else {
		s.name = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: to.Addr().As16(), Scope_id: scopeOf(to.Addr().Zone())}
		s.length = unix.SizeofSockaddrInet6
	}
	binary.BigEndian.PutUint16(port[:], to.Port())
	s.to = to
}

// ReadFromUDPAddrPort takes a datagram that waits; unix.EAGAIN when none does.
func (s *socket) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	var name unix.RawSockaddrInet6
	room := uint32(unix.SizeofSockaddrInet6)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, netip.AddrPort{}, net.ErrClosed
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
		unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&name)), uintptr(unsafe.Pointer(&room)))
	if errno != 0 {
		return 0, netip.AddrPort{}, errno
	}
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&name.Port))[:])
	if name.Family == unix.AF_INET {
		return int(n), netip.AddrPortFrom(netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(&name)).Addr), port), nil
	}
	return int(n), netip.AddrPortFrom(netip.AddrFrom16(name.Addr), port), nil
}

// Close closes the socket; what reads it sees that it is closed.
func (s *socket) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	s.closed = true
	if s.watch != nil {
		s.watch.forget(s)
	}
	return unix.Close(s.fd)
}
