//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// socket is a UDP socket that reads and writes many datagrams in one system call, and knows from the kernel when each one
// came: a receiver that is scheduled late does not make the sender look late.
type socket struct {
	fd     int
	addr   netip.AddrPort
	closed atomic.Bool
	done   chan struct{} // closed when receive has ended; nil before it began
}

// datagram is one that came. Data is valid until the next one.
type datagram struct {
	from netip.AddrPort
	data []byte
	at   time.Duration // since 1970, by the kernel
}

const batch = 64

// mmsghdr is struct mmsghdr of sendmmsg(2) and recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
	_   [4]byte
}

// open binds a socket to an address of this machine; port 0 lets the kernel choose.
func open(ip string, port int) (*socket, error) {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return nil, fmt.Errorf("open a socket: %w", err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open a socket: %w", err)
	}
	const buffer = 32 << 20
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer) != nil { // root may; others get what they get
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer)
	}
	timeout := unix.NsecToTimeval(int64(50 * time.Millisecond)) // how soon receive sees that it is to end
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout),
		unix.Bind(fd, &unix.SockaddrInet4{Addr: addr.As4(), Port: port}))
	if err == nil {
		var bound unix.Sockaddr
		if bound, err = unix.Getsockname(fd); err == nil {
			port = bound.(*unix.SockaddrInet4).Port
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("bind %s:%d: %w", ip, port, err), unix.Close(fd))
	}
	return &socket{fd: fd, addr: netip.AddrPortFrom(addr, uint16(port))}, nil
}

// receive hands each datagram to handle, on a goroutine of its own, until close.
func (s *socket) receive(handle func(datagram)) {
	s.done = make(chan struct{})
	go func() {
		defer close(s.done)
		r := newRing()
		for !s.closed.Load() {
			n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&r.msgs[0])), batch, unix.MSG_WAITFORONE, 0, 0)
			if errno != 0 {
				r.reset(0)
				continue // nobody spoke for a while, or a peer's port was closed
			}
			for i := range int(n) {
				handle(r.datagram(i))
			}
			r.reset(int(n))
		}
	}()
}

// close ends receive and closes the socket.
func (s *socket) close() {
	if s == nil || s.closed.Swap(true) {
		return
	}
	if s.done != nil {
		<-s.done
	}
	_ = unix.Close(s.fd) // nothing is written through a buffer
}

// ring is the memory of one recvmmsg.
type ring struct {
	msgs  [batch]mmsghdr
	iovs  [batch]unix.Iovec
	names [batch]unix.RawSockaddrInet4
	ctrl  [batch][64]byte
	data  [batch][4096]byte
}

func newRing() *ring {
	r := new(ring)
	for i := range batch {
		r.iovs[i].Base = &r.data[i][0]
		r.iovs[i].SetLen(len(r.data[i]))
		h := &r.msgs[i].hdr
		h.Name, h.Iov, h.Control = (*byte)(unsafe.Pointer(&r.names[i])), &r.iovs[i], &r.ctrl[i][0]
		h.SetIovlen(1)
	}
	r.reset(batch)
	return r
}

// reset gives the kernel the whole room again where it wrote how much it used.
func (r *ring) reset(n int) {
	for i := range max(n, 1) {
		r.msgs[i].hdr.Namelen = unix.SizeofSockaddrInet4
		r.msgs[i].hdr.SetControllen(len(r.ctrl[i]))
	}
}

func (r *ring) datagram(i int) datagram {
	d := datagram{data: r.data[i][:r.msgs[i].len], from: addrPort(&r.names[i])}
	// The one control message we asked for: its header, then seconds and nanoseconds.
	if h := (*unix.Cmsghdr)(unsafe.Pointer(&r.ctrl[i])); r.msgs[i].hdr.Controllen >= 32 && h.Type == unix.SO_TIMESTAMPNS {
		ts := (*unix.Timespec)(unsafe.Pointer(&r.ctrl[i][unix.SizeofCmsghdr]))
		d.at = time.Duration(ts.Nano())
	}
	return d
}

func addrPort(a *unix.RawSockaddrInet4) netip.AddrPort {
	port := (*[2]byte)(unsafe.Pointer(&a.Port))
	return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), binary.BigEndian.Uint16(port[:]))
}

func sockaddr(a netip.AddrPort) (raw unix.RawSockaddrInet4) {
	raw.Family, raw.Addr = unix.AF_INET, a.Addr().As4()
	port := (*[2]byte)(unsafe.Pointer(&raw.Port))
	binary.BigEndian.PutUint16(port[:], a.Port())
	return raw
}

// send sends one datagram.
func (s *socket) send(to netip.AddrPort, data []byte) {
	// A closed port at the far end is reported on a later send; what counts is what comes back.
	_ = unix.Sendto(s.fd, data, 0, &unix.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())})
}

// now is the clock that the kernel stamps with, since 1970.
func now() time.Duration {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_REALTIME, &ts) // cannot fail on Linux
	return time.Duration(ts.Nano())
}

// dropped is how many datagrams the kernel threw away before this socket read them: they are the bench's loss, not the
// loss of what it measures.
func (s *socket) dropped() (n int) {
	text, err := os.ReadFile("/proc/net/udp")
	if err != nil {
		return 0
	}
	ip := s.addr.Addr().As4()
	local := fmt.Sprintf("%02X%02X%02X%02X:%04X", ip[3], ip[2], ip[1], ip[0], s.addr.Port())
	for line := range strings.Lines(string(text)) {
		if field := strings.Fields(line); len(field) > 12 && field[1] == local {
			_, _ = fmt.Sscan(field[len(field)-1], &n) // left at 0 when it is no number
		}
	}
	return n
}
