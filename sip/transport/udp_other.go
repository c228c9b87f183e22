//go:build !linux

package transport

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
)

// openUDP binds a plain socket: without packet info and without an error queue, a closed port at the far end is silence.
func openUDP(bind netip.AddrPort, buffer int) (*packetSocket, error) {
	network := "udp6"
	if bind.Addr().Is4() {
		network = "udp4"
	}
	c, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(bind))
	if err != nil {
		return nil, err
	}
	_ = c.SetReadBuffer(buffer) // the system's own size serves too
	_ = c.SetWriteBuffer(buffer)
	return &packetSocket{conn: c}, nil
}

func passing(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EHOSTUNREACH)
}

// reader gives the function that hands on what comes next at a socket.
func (l *listener) reader(p *packetSocket) func() error {
	buf := make([]byte, datagramRoom)
	return func() error { return l.readOne(p, buf) }
}

func (p *packetSocket) write(to Path, data []byte) error { return p.writePlain(to, data) }

// errorQueue exists on Linux only.
type errorQueue struct{}

func (*errorQueue) run(func(ICMPError)) {}
func (*errorQueue) stop()               {}
