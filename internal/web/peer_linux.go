package web

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/user"
	"strconv"

	"golang.org/x/sys/unix"

	"wissel/internal/access"
)

// peer asks the kernel who opened the other end of a UNIX socket (SO_PEERCRED).
func peer(conn net.Conn) caller {
	unknown := caller{Actor: Actor{Who: "unknown", From: "socket"}}
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
	name := userName(cred.Uid)
	by := caller{
		Actor: Actor{
			Who: name, From: fmt.Sprintf("socket uid %d pid %d", cred.Uid, cred.Pid),
			Marks: []string{fmt.Sprint("uid:", cred.Uid), access.Named(name)},
		},
		uid: cred.Uid, user: name, groups: groupsOf(cred.Uid, cred.Gid), owner: cred.Uid == 0 || int(cred.Uid) == os.Geteuid(),
	}
	// Who became root with sudo is still himself: two who do that are two persons, and one is not a second to himself.
	if login, ok := loginUID(cred.Pid); ok && cred.Uid == 0 && login != 0 {
		name := userName(login)
		by.Who, by.From = name, fmt.Sprintf("%s, login uid %d", by.From, login)
		by.Marks = []string{fmt.Sprint("uid:", login), access.Named(name)}
	}
	return by
}

// groupsOf are the names of the groups of a user, and of the one that his process runs as.
func groupsOf(uid, gid uint32) (names []string) {
	ids := []string{strconv.FormatUint(uint64(gid), 10)}
	if u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10)); err == nil {
		if more, err := u.GroupIds(); err == nil {
			ids = append(ids, more...)
		}
	}
	for _, id := range ids {
		if g, err := user.LookupGroupId(id); err == nil {
			names = append(names, g.Name)
		}
	}
	return names
}

// loginUID is whom the session of a process was opened for, which sudo and su keep; where the kernel does not know, not ok.
func loginUID(pid int32) (uid uint32, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/loginuid", pid))
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(string(bytes.TrimSpace(text)), 10, 32)
	if err != nil || uint32(n) == ^uint32(0) { // nobody's
		return 0, false
	}
	return uint32(n), true
}
