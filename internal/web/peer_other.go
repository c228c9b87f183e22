//go:build !linux

package web

import "net"

// peer is not known here: only Linux is asked who holds the other end of a socket. The socket opens for its owner alone.
func peer(net.Conn) caller {
	return caller{Actor: Actor{Who: "unknown", From: "socket"}, owner: true}
}
