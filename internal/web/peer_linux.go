package web

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"wissel/internal/access"
)

// peer asks the kernel who opened the other end of a UNIX socket (SO_PEERCRED).
func peer(conn net.Conn) Actor {
	unknown := Actor{Who: "unknown", From: "socket"}
	c, ok := conn.(*net.UnixConn)
	if !ok {
		return unknown
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return unknown
	}
	var cred *unix.Ucred
	if cerr := raw.Control(func(fd uintptr) { cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); cerr != nil || err != nil {
		return unknown
	}
	by := Actor{Who: userName(cred.Uid), From: fmt.Sprintf("socket uid %d pid %d", cred.Uid, cred.Pid)}
	if cred.Uid == 0 || int(cred.Uid) == os.Geteuid() { // they can do anything to us anyway
		by.Roles = access.Roles
	}
	return by
}
