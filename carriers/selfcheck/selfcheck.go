// Package selfcheck asks our own network whether it is well: the router, a name server, and something outside that takes
// connections. Package app gives it to carriers/health, which runs it when all who used to answer are silent at once. It
// keeps nothing between two checks and asks nobody else.
package selfcheck

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"wissel"
	"wissel/carriers/health"
)

// The time for each answer. They are asked at the same time.
const (
	nearTime   = 1 * time.Second // the router and the name server
	secondTime = 3 * time.Second // a connection outside, with the look-up of its name
)

// Checker checks our own network. Make it with New.
type Checker struct {
	root string // of the files that tell of routes and name servers
}

// New makes a Checker of this host's network.
func New() *Checker { return &Checker{root: "/"} }

// standing is what came of one question.
type standing uint8

const (
	untold   standing = iota // it could not be asked, or lives but does not answer what we ask
	silent                   // it did not answer, or was not reached
	answered                 // it did
)

// answer is what was asked and what came of it.
type answer struct {
	what   string // "gateway 192.0.2.1"
	beyond bool   // it is not on our own network segment: its answer shows that we get out
	is     standing
	says   string // a sentence
}

// Ask asks what s names, and judges. It returns after 3 s at most, or soon after ctx is done.
func (c *Checker) Ask(ctx context.Context, s wissel.SelfCheck) health.Network {
	questions := c.questions(s)
	answers := make([]answer, len(questions))
	var asking sync.WaitGroup
	for i, q := range questions {
		asking.Go(func() { answers[i] = q(ctx) })
	}
	asking.Wait()
	return judge(answers)
}

// judge says what the answers mean. That we get out is shown by something beyond our own segment alone: a router, and a
// name server beside it, answer as well when the line behind them is cut.
func judge(answers []answer) (n health.Network) {
	var near, out [answered + 1]int // how many are how
	for _, a := range answers {
		n.Checked = append(n.Checked, a.what)
		n.Evidence = append(n.Evidence, a.says)
		if a.beyond {
			out[a.is]++
		} else {
			near[a.is]++
		}
	}
	n.Well = out[answered] > 0
	n.Failed = !n.Well && (out[silent] > 0 || near[silent] > 0 && near[answered] == 0)
	return n
}

// questions are what s asks for, on this host.
func (c *Checker) questions(s wissel.SelfCheck) (all []func(context.Context) answer) {
	if ip, ok := c.gateway(s.Gateway); ok {
		all = append(all, func(ctx context.Context) answer { return c.askGateway(ctx, ip) })
	}
	if at, ok := c.resolver(s.Resolver); ok {
		all = append(all, func(ctx context.Context) answer { return askResolver(ctx, at, !onLink(at.Addr())) })
	}
	if s.Second != "" {
		all = append(all, func(ctx context.Context) answer { return askSecond(ctx, s.Second) })
	}
	return all
}

// gateway is the router to be asked; false: none.
func (c *Checker) gateway(set string) (netip.Addr, bool) {
	if set != "auto" {
		ip, err := netip.ParseAddr(set)
		return ip, err == nil
	}
	routes, err := os.ReadFile(filepath.Join(c.root, "proc/net/route"))
	if err != nil {
		return netip.Addr{}, false
	}
	return defaultRoute(string(routes))
}

// resolver is the name server to be asked; false: none. One on this host itself, as systemd-resolved is, shows nothing:
// the one behind it is asked.
func (c *Checker) resolver(set string) (netip.AddrPort, bool) {
	if set != "auto" {
		if at, err := netip.ParseAddrPort(set); err == nil {
			return at, true
		}
		ip, err := netip.ParseAddr(set)
		return netip.AddrPortFrom(ip, 53), err == nil
	}
	for _, file := range []string{"etc/resolv.conf", "run/systemd/resolve/resolv.conf"} {
		text, err := os.ReadFile(filepath.Join(c.root, file))
		if err != nil {
			continue
		}
		if ip, ok := nameServer(string(text)); ok {
			return netip.AddrPortFrom(ip, 53), true
		}
	}
	return netip.AddrPort{}, false
}

// onLink reports whether ip is on a network segment of ours, or our own.
func onLink(ip netip.Addr) bool {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Contains(ip.Unmap().WithZone("")) {
			return true
		}
	}
	return ip.IsLoopback() || ip.IsLinkLocalUnicast()
}
