package media

import (
	"net"
	"net/netip"
)

// conn is a UDP socket used without allocating. *net.UDPConn is one, socket another.
type conn interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	Close() error
}

// opener opens the socket of one port.
type opener func(netip.AddrPort) (conn, error)

// hooked is an opener by what the settings say; without a hook, of real sockets.
func hooked(listen func(netip.AddrPort) (net.PacketConn, error)) opener {
	if listen == nil {
		return listenReal
	}
	return func(at netip.AddrPort) (conn, error) {
		c, err := listen(at)
		if err != nil {
			return nil, err
		}
		return wrap(c), nil
	}
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
