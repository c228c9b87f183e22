//go:build !linux

package media

import (
	"fmt"
	"net"
	"net/netip"
)

// listenReal opens a real socket of the address's own family.
func listenReal(at netip.AddrPort) (conn, error) {
	network := "udp4"
	if at.Addr().Is6() {
		network = "udp6"
	}
	c, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, fmt.Errorf("open a socket for %s: %w", at, err)
	}
	return c, nil
}

// readers exist on Linux only: elsewhere each socket has a goroutine.
type readers []interface {
	run() error
	stop()
}

func newReaders(int) readers { return nil }

func (readers) add(*Session) (bool, error) { return false, nil }
