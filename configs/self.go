package configs

import (
	"net"
	"net/netip"
	"strconv"

	"wissel"
	"wissel/carriers/health"
)

// Words for an address that wissel finds by itself, and for one that it is not to ask.
const (
	auto = "auto"
	none = "none"
)

// self reads how we find out whether our own network is well.
func (l *loader) self(w selfShape) {
	s := wissel.SelfCheck{Gateway: w.Gateway, Resolver: w.Resolver, Second: w.Second}
	switch w.Gateway {
	case auto:
	case none:
		s.Gateway = ""
	default:
		if a, err := netip.ParseAddr(w.Gateway); err != nil || !single(a) {
			l.doc.problem("self.gateway", "%q is no address of a router; an IP address, auto or none would be right", w.Gateway)
		}
	}
	switch w.Resolver {
	case auto:
	case none:
		s.Resolver = ""
	default:
		a, err := netip.ParseAddr(w.Resolver)
		if ap, errPort := netip.ParseAddrPort(w.Resolver); errPort == nil && ap.Port() != 0 {
			a, err = ap.Addr(), nil
		}
		if err != nil || !single(a) {
			l.doc.problem("self.resolver", "%q is no address of a name server; an IP address (192.0.2.53 or 192.0.2.53:53), auto or none would be right", w.Resolver)
		}
	}
	if w.Second != "" {
		host, port, err := net.SplitHostPort(w.Second)
		n, errPort := strconv.ParseUint(port, 10, 16)
		if a, errIP := netip.ParseAddr(host); err != nil || errPort != nil || n == 0 || errIP != nil && !hostForm.MatchString(host) || errIP == nil && !single(a) {
			l.doc.problem("self.second", "%q is no host with a port; www.kpn.example:443 or 192.0.2.80:443 would be right", w.Second)
		}
	}
	if s == (wissel.SelfCheck{}) {
		l.doc.warn("self", "nothing of our own network is asked, so a fault of ours looks like one of every carrier at once, and wissel would switch for nothing; leave gateway or resolver at auto, or give second")
	}
	l.out.Self = s
}

// single reports whether a is an address of one machine.
func single(a netip.Addr) bool { return !a.IsUnspecified() && !a.IsMulticast() }

// health reads the thresholds. What they must be, package health says.
func (l *loader) health(w healthShape) {
	p := health.DefaultPolicy()
	p.Fall, p.Rise, p.Dwell, p.Longest, p.Calm, p.Stale = w.Fall, w.Rise, w.Dwell, w.Longest, w.Calm, w.Stale
	l.doc.take(p.Check("health"))
	l.out.Health = p
}
