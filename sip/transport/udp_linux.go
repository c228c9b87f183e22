package transport

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// openUDP binds a socket of one family with all that calls need of it: large buffers, packet info when it is bound to
// every address, the error queue, and no path-MTU discovery (long messages leave as fragments, whatever a router said).
func openUDP(bind netip.AddrPort, buffer int) (*packetSocket, error) {
	v4 := bind.Addr().Is4()
	network := "udp6" // for IPv6 alone
	if v4 {
		network = "udp4"
	}
	c, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(bind))
	if err != nil {
		return nil, err
	}
	p := &packetSocket{conn: c, v4: v4, info: bind.Addr().IsUnspecified()}
	raw, err := c.SyscallConn()
	p.raw = raw
	if err == nil {
		var fault error
		err = raw.Control(func(fd uintptr) { fault = prepare(int(fd), v4, p.info, buffer) })
		err = errors.Join(err, fault)
	}
	if err == nil {
		p.queue, err = newErrorQueue(raw)
	}
	if err != nil {
		_ = c.Close() // the error that counts is err
		return nil, err
	}
	return p, nil
}

// prepare sets the options of a socket.
func prepare(fd int, v4, info bool, buffer int) error {
	for _, o := range [][2]int{{unix.SO_RCVBUFFORCE, unix.SO_RCVBUF}, {unix.SO_SNDBUFFORCE, unix.SO_SNDBUF}} {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, o[0], buffer) != nil { // only root may pass the system's maximum
			if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, o[1], buffer); err != nil {
				return fmt.Errorf("set a socket buffer of %d bytes: %w", buffer, err)
			}
		}
	}
	level, set := unix.IPPROTO_IPV6, [][2]int{{unix.IPV6_RECVERR, 1}, {unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_DONT}}
	if info {
		set = append(set, [2]int{unix.IPV6_RECVPKTINFO, 1})
	}
	if v4 {
		level, set = unix.IPPROTO_IP, [][2]int{{unix.IP_RECVERR, 1}, {unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DONT}}
		if info {
			set = append(set, [2]int{unix.IP_PKTINFO, 1})
		}
	}
	for _, o := range set {
		if err := unix.SetsockoptInt(fd, level, o[0], o[1]); err != nil {
			return fmt.Errorf("set socket option %d of level %d: %w", o[0], level, err)
		}
	}
	return nil
}

// passing reports whether an error of a UDP socket can be about some earlier datagram to another peer (ip(7), IP_RECVERR).
func passing(err error) bool {
	for _, e := range []syscall.Errno{
		unix.ECONNREFUSED, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.EHOSTDOWN, unix.ENETDOWN, unix.ENONET,
		unix.ENOPROTOOPT, unix.EPROTO, unix.EOPNOTSUPP, unix.EACCES, unix.ECONNRESET, unix.EMSGSIZE, unix.ETIMEDOUT, unix.EINTR,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// infoAddr is the address of ours that a datagram came to, out of its control messages.
func infoAddr(oob []byte, otherwise netip.Addr) netip.Addr {
	for len(oob) > 0 {
		h, data, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			break
		}
		switch {
		case h.Level == unix.IPPROTO_IP && h.Type == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
			return netip.AddrFrom4([4]byte(data[4:8])) // ipi_spec_dst: where an answer may leave from
		case h.Level == unix.IPPROTO_IPV6 && h.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
			return netip.AddrFrom16([16]byte(data[:16]))
		}
		oob = rest
	}
	return otherwise
}

// control is room for one control message with packet info.
type control [64]byte

// errorQueue reads what ICMP says of datagrams that we sent (ip(7), MSG_ERRQUEUE). It has a thread of its own in poll:
// the runtime's poller would wake the reader of the socket instead.
type errorQueue struct {
	raw  syscall.RawConn
	wake [2]*os.File // a pipe: a byte in it ends run
	once sync.Once
}

func newErrorQueue(raw syscall.RawConn) (*errorQueue, error) {
	q, err := &errorQueue{raw: raw}, error(nil)
	if q.wake[0], q.wake[1], err = os.Pipe(); err != nil {
		return nil, fmt.Errorf("open the error queue: %w", err)
	}
	return q, nil
}

// stop ends run, now or before it begins.
func (q *errorQueue) stop() {
	q.once.Do(func() { _ = q.wake[1].Close() }) // its end reads as closed, which poll reports
}

// run gives each ICMP error to tell until stop. The socket's descriptor cannot be closed while it runs.
func (q *errorQueue) run(tell func(ICMPError)) {
	defer func() { _ = q.wake[0].Close() }()
	end := int(q.wake[0].Fd())
	data, oob := make([]byte, 2048), make([]byte, 512)
	_ = q.raw.Control(func(fd uintptr) { // fails only when the socket is closed already
		for {
			set := []unix.PollFd{{Fd: int32(fd)}, {Fd: int32(end), Events: unix.POLLIN}}
			if _, err := unix.Poll(set, -1); err != nil && !errors.Is(err, unix.EINTR) {
				return
			}
			if set[1].Revents != 0 || set[0].Revents&unix.POLLNVAL != 0 {
				return
			}
			for q.one(int(fd), data, oob, tell) {
			}
			// An error can be pending on the socket without its entry in the queue; taking it keeps poll from spinning.
			_, _ = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
		}
	})
}

// one takes one entry off the queue; false when it is empty.
func (q *errorQueue) one(fd int, data, oob []byte, tell func(ICMPError)) bool {
	n, nn, _, from, err := unix.Recvmsg(fd, data, oob, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
	if err != nil {
		return errors.Is(err, unix.EINTR)
	}
	e := ICMPError{}
	switch a := from.(type) {
	case *unix.SockaddrInet4:
		e.Peer = netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		e.Peer = netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port))
	default:
		return true
	}
	errno, origin := extended(oob[:nn])
	// That a datagram was too long for some network is no fault of the peer's: the next leaves in fragments.
	if errno == 0 || errno == unix.EMSGSIZE || origin != unix.SO_EE_ORIGIN_ICMP && origin != unix.SO_EE_ORIGIN_ICMP6 {
		return true
	}
	e.Err = errno
	if n > 0 {
		e.Quoted = append([]byte(nil), data[:n]...)
	}
	tell(e)
	return true
}

// extended reads struct sock_extended_err: the error number, and who made it.
func extended(oob []byte) (syscall.Errno, byte) {
	for len(oob) > 0 {
		h, data, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			break
		}
		if (h.Level == unix.IPPROTO_IP && h.Type == unix.IP_RECVERR || h.Level == unix.IPPROTO_IPV6 && h.Type == unix.IPV6_RECVERR) && len(data) >= 16 {
			return syscall.Errno(binary.NativeEndian.Uint32(data)), data[4]
		}
		oob = rest
	}
	return 0, 0
}
