package transport

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"wissel"
)

// inUse adds to "address already in use" who holds it, as far as /proc tells (not to everybody, and on Linux alone).
func inUse(kind wissel.Transport, bind netip.AddrPort, err error) error {
	if err == nil || !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	if who := holder("/proc", kind, bind); who != "" {
		return fmt.Errorf("%w: %s holds it", err, who)
	}
	return fmt.Errorf("%w: another program holds it (root can see which: ss -lpn)", err)
}

// holder names the process ("process 1234 (sipp)") whose socket keeps bind, or is empty.
func holder(proc string, kind wissel.Transport, bind netip.AddrPort) string {
	files := []string{"tcp", "tcp6"}
	if kind == wissel.UDP {
		files = []string{"udp", "udp6"}
	}
	for _, f := range files {
		if inode := socketInode(filepath.Join(proc, "net", f), kind, bind); inode != "" {
			if who := owner(proc, inode); who != "" {
				return who
			}
		}
	}
	return ""
}

// socketInode finds the socket in a table of /proc/net that clashes with bind.
func socketInode(file string, kind wissel.Transport, bind netip.AddrPort) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // only read
	const listening = "0A"
	for lines := bufio.NewScanner(f); lines.Scan(); {
		c := strings.Fields(lines.Text())
		if len(c) < 10 || kind != wissel.UDP && c[3] != listening {
			continue
		}
		if held, ok := procAddr(c[1]); ok && held.Port() == bind.Port() &&
			(held.Addr() == bind.Addr() || held.Addr().IsUnspecified() || bind.Addr().IsUnspecified()) {
			return c[9]
		}
	}
	return ""
}

// procAddr reads "0100007F:13C4": 32-bit words in the machine's own order (little-endian where we run), then the port.
func procAddr(s string) (netip.AddrPort, bool) {
	host, port, _ := strings.Cut(s, ":")
	b, err := hex.DecodeString(host)
	p, err2 := strconv.ParseUint(port, 16, 16)
	if err != nil || err2 != nil || len(b)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(b); i += 4 {
		slices.Reverse(b[i : i+4])
	}
	a, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a.Unmap(), uint16(p)), ok
}

// owner finds the process that has the socket open.
func owner(proc, inode string) string {
	fds, err := filepath.Glob(filepath.Join(proc, "[0-9]*", "fd", "*"))
	if err != nil {
		return ""
	}
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err != nil || to != "socket:["+inode+"]" {
			continue
		}
		dir := filepath.Dir(filepath.Dir(fd))
		name, err := os.ReadFile(filepath.Join(dir, "comm"))
		if err != nil {
			name = []byte("?")
		}
		return fmt.Sprintf("process %s (%s)", filepath.Base(dir), strings.TrimSpace(string(name)))
	}
	return ""
}
