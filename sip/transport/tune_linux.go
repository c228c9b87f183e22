package transport

import (
	"net"

	"golang.org/x/sys/unix"
)

// unacknowledged is how long what we wrote may stay without an acknowledgement before the connection counts as gone, in
// milliseconds. The system's own patience is some 15 minutes: so long would an address stay dead whose host had rebooted
// behind a firewall that drops its resets (FAULTS F27).
const unacknowledged = 5000

// tune sets what a TCP connection needs; in memory there is nothing to set.
func tune(nc net.Conn) {
	t, ok := nc.(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := t.SyscallConn()
	if err != nil {
		return // it is closed already, and reading it will say so
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, unacknowledged) // without it, only slower
	})
}
