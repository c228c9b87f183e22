package selfcheck

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/carriers/health"
)

// A variable that makes this test binary do one thing in a network namespace instead of its tests.
const (
	asChecker    = "WISSEL_SELFCHECK"  // its value is the SelfCheck, in JSON; the Network goes to stdout
	asNameServer = "WISSEL_NAMESERVER" // its value is the address to answer at, until it is killed
)

// cable is two hosts on a cable, each a network namespace: "us" with a default route to "router", and behind the router a
// name server on another segment.
type cable struct {
	t          *testing.T
	us, router string
}

func layCable(t *testing.T) cable {
	c := cable{t, fmt.Sprintf("wissel-us-%d", os.Getpid()), fmt.Sprintf("wissel-router-%d", os.Getpid())}
	for _, ns := range []string{c.us, c.router} {
		c.do("ip", "netns", "add", ns)
		t.Cleanup(func() { c.do("ip", "netns", "del", ns) })
		c.in(ns, "ip", "link", "set", "lo", "up")
	}
	c.in(c.us, "ip", "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", c.router)
	c.in(c.us, "ip", "addr", "add", "192.0.2.2/24", "dev", "wire")
	c.in(c.router, "ip", "addr", "add", "192.0.2.1/24", "dev", "wire")
	c.in(c.router, "ip", "addr", "add", "198.51.100.53/32", "dev", "lo")
	for _, ns := range []string{c.us, c.router} {
		c.in(ns, "ip", "link", "set", "wire", "up")
	}
	c.in(c.us, "ip", "route", "add", "default", "via", "192.0.2.1")
	server := exec.Command("ip", "netns", "exec", c.router, os.Args[0])
	server.Env = append(os.Environ(), asNameServer+"=198.51.100.53:53")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	return c
}

// do runs a program that has to do well.
func (c cable) do(args ...string) []byte {
	c.t.Helper()
	out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (c cable) in(ns string, args ...string) {
	c.do(append([]string{"ip", "netns", "exec", ns}, args...)...)
}

// check is what a Checker finds on our side.
func (c cable) check(s wissel.SelfCheck) (n health.Network) {
	c.t.Helper()
	question, err := json.Marshal(s)
	if err != nil {
		c.t.Fatal(err)
	}
	cmd := exec.Command("ip", "netns", "exec", c.us, os.Args[0])
	cmd.Env = append(os.Environ(), asChecker+"="+string(question))
	out, err := cmd.Output()
	if err != nil {
		c.t.Fatalf("%v\n%s", err, out)
	}
	if err := json.Unmarshal(out, &n); err != nil {
		c.t.Fatalf("%v\n%s", err, out)
	}
	return n
}

// TestOnACable checks the network of a host whose cable, router or line behind the router fails.
func TestOnACable(t *testing.T) {
	c := layCable(t)
	both := wissel.SelfCheck{Gateway: "auto", Resolver: "198.51.100.53"}
	for end := time.Now().Add(10 * time.Second); !c.check(both).Well; {
		if time.Now().After(end) {
			t.Fatalf("all is well, and it finds %+v", c.check(both))
		}
	}
	rows := []struct {
		name         string
		router       []string // done to the router
		set          wissel.SelfCheck
		well, failed bool
		says         string
	}{
		{"the router alone, and it answers", nil, wissel.SelfCheck{Gateway: "auto"}, false, false, "the gateway 192.0.2.1 answers"},
		{"the line behind the router is cut", []string{"iptables", "-A", "INPUT", "-d", "198.51.100.53", "-j", "DROP"}, both, false, true, "198.51.100.53:53 does not answer"},
		{"the router drops all it gets", []string{"iptables", "-A", "INPUT", "-j", "DROP"}, both, false, true, "is known by ARP"},
		{"the router is gone", []string{"ip", "addr", "del", "192.0.2.1/24", "dev", "wire"}, wissel.SelfCheck{Gateway: "192.0.2.1"}, false, true, "does not answer"},
		{"the cable is out", []string{"ip", "link", "set", "wire", "down"}, both, false, true, "198.51.100.53:53 does not answer"},
	}
	for _, row := range rows {
		if row.router != nil {
			c.in(c.router, row.router...)
		}
		if strings.Contains(row.name, "gone") {
			c.in(c.us, "ip", "neigh", "flush", "dev", "wire")
		}
		n := c.check(row.set)
		if n.Well != row.well || n.Failed != row.failed || !strings.Contains(strings.Join(n.Evidence, "; "), row.says) {
			t.Errorf("%s: %+v", row.name, n)
		}
	}
	c.in(c.us, "ip", "link", "set", "wire", "down")
	if n := c.check(wissel.SelfCheck{Gateway: "auto"}); len(n.Checked) != 0 || n.Well || n.Failed {
		t.Errorf("without a default route nothing is asked, and it finds %+v", n)
	}
}
