package media

import (
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// conn is a UDP socket used without allocating. *net.UDPConn is one.
type conn interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	Close() error
}

// expedited is the traffic class of voice: DSCP EF (RFC 4594 §4.1).
const expedited = 46 << 2

// listenUDP opens a real socket of the address's own family.
func listenUDP(at netip.AddrPort) (net.PacketConn, error) {
	network := "udp4"
	if at.Addr().Is6() {
		network = "udp6"
	}
	c, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, err
	}
	if raw, err := c.SyscallConn(); err == nil { // marking is a favour to the network: without it voice still flows
		_ = raw.Control(func(fd uintptr) {
			if network == "udp4" {
				_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_TOS, expedited)
			} else {
				_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_TCLASS, expedited)
			}
		})
	}
	return c, nil
}

// wrap makes any net.PacketConn a conn.
func wrap(c net.PacketConn) conn {
	if own, ok := c.(conn); ok {
		return own
	}
	return packetConn{c}
}

// packetConn is a conn for sockets that only speak net.Addr, as the in-memory ones of tests do.
type packetConn struct{ net.PacketConn }

func (c packetConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, from, err := c.ReadFrom(b)
	if err != nil {
		return n, netip.AddrPort{}, err
	}
	if u, ok := from.(*net.UDPAddr); ok {
		return n, u.AddrPort(), nil
	}
	at, err := netip.ParseAddrPort(from.String())
	if err != nil {
		return n, netip.AddrPort{}, nil // a packet from nowhere is dropped by the latch
	}
	return n, at, nil
}

func (c packetConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return c.WriteTo(b, net.UDPAddrFromAddrPort(to))
}
