package peers

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// dnsEnv, when set, makes this test program a name server instead, in the network namespace that it was started in. It holds
// the address to listen on, the address that every name stands for, and a folder: the file mode in it says how questions
// are answered now, and a letter is added to the file asked for each of them.
const dnsEnv = "WISSEL_PEERS_DNS"

// The ways in which it answers.
const (
	dnsGood     = "good"
	dnsServfail = "servfail"
	dnsSilent   = "silent"
	dnsEmpty    = "empty"    // NOERROR, and no record
	dnsPoisoned = "poisoned" // an address in another network
	dnsTTL0     = "ttl0"     // the right address, good for no time at all
)

func nameServer() int {
	f := strings.Fields(os.Getenv(dnsEnv))
	if err := serveNames(f[0], netip.MustParseAddr(f[1]), f[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return 1
}

// serveNames answers until it is killed.
func serveNames(at string, ip netip.Addr, dir string) error {
	c, err := net.ListenPacket("udp", at)
	if err != nil {
		return err
	}
	asked, err := os.OpenFile(filepath.Join(dir, "asked"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	q := make([]byte, 1500)
	for {
		n, from, err := c.ReadFrom(q)
		if err != nil {
			return err
		}
		mode, err := os.ReadFile(filepath.Join(dir, "mode"))
		if err != nil {
			return err
		}
		if _, err := asked.WriteString("?"); err != nil {
			return err
		}
		if a := answerName(q[:n], string(mode), ip); a != nil {
			if _, err := c.WriteTo(a, from); err != nil {
				return err
			}
		}
	}
}

// answerName makes the answer to a question (RFC 1035 §4.1); nil: none.
func answerName(q []byte, mode string, ip netip.Addr) []byte {
	end := 12
	for end < len(q) && q[end] != 0 {
		end += int(q[end]) + 1
	}
	if end+5 > len(q) || mode == dnsSilent {
		return nil
	}
	a := append([]byte(nil), q[:end+5]...) // header, name, type, class
	a[2], a[3] = 0x85, 0x80                // an answer with authority; recursion was asked for and is there
	copy(a[4:12], []byte{0, 1, 0, 0, 0, 0, 0, 0})
	if mode == dnsServfail {
		a[3] |= 2
	}
	if mode == dnsPoisoned {
		ip = netip.MustParseAddr("192.0.2.66")
	}
	const typeA = 1
	if mode == dnsEmpty || mode == dnsServfail || q[end+1] != 0 || q[end+2] != typeA {
		return a
	}
	ttl := byte(60)
	if mode == dnsTTL0 {
		ttl = 0
	}
	a[7] = 1
	return append(append(a, 0xc0, 12, 0, typeA, 0, 1, 0, 0, 0, ttl, 0, 4), ip.AsSlice()...)
}

// nameSays makes the name of the platform be answered otherwise.
func nameSays(mode string) func(t *testing.T) finding {
	return func(t *testing.T) finding {
		w := newWorld(t, "sip:NET.3:5060", "sip:platform.example:5060")
		// wissel asks the system's resolver: in a mount namespace of its own that is ours.
		w.mount = apartIn(t, w.pid)
		must(t, "nsenter", "-t", w.mount, "-m", "mount", "--bind", write(t, w.dir, "resolv.conf", "nameserver "+w.net+".53\n"), "/etc/resolv.conf")
		must(t, "nsenter", "-t", w.pid, "-n", "sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start")
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		write(t, w.dir, "mode", dnsGood)
		line := w.in("env", dnsEnv+"="+w.net+".53:53 "+w.platform()+" "+w.dir, self)
		start(t, w.dir, line[0], line[1:]...)
		listeningIn(t, w.pid, "udp", w.net+".53:53")
		w.answers(w.platform(), "uas.xml", nil)
		reserve := w.answers(w.reserve(), "uas.xml", nil)
		w.begin("platform", "reserve")
		f := w.strike("uac.xml", steady/2, 50*time.Second, func() {
			write(t, w.dir, "mode", mode)
			before := w.asked()
			eventually(t, 45*time.Second, "wissel has asked for the name again", func() bool { return w.asked() >= before+2 })
		}, nothing)
		settleBut(t, reserve, f.Calls/50)
		return f
	}
}

// asked is how many questions the name server has got.
func (w *world) asked() int {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, "asked"))
	if err != nil {
		w.t.Fatal(err)
	}
	return len(text)
}
