//go:build !linux

package web

import (
	"net"

	"wissel/internal/access"
)

// peer is not known here: only Linux is asked who holds the other end of a socket. The socket opens for its owner alone.
func peer(net.Conn) Actor { return Actor{Who: "unknown", From: "socket", Roles: access.Roles} }
