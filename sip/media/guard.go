package media

import (
	"net"
	"net/netip"
)

// guard knows where RTP must never be sent, whatever a peer writes in its description (FAULTS A15): it makes us no
// reflector, no scanner of networks that only we can reach, and no loop with ourselves.
type guard struct {
	first, last int
	loopback    bool
	own         map[netip.Addr]bool
	sip         map[uint16]bool
	v4, v6      bool
}

func newGuard(s Settings) guard {
	g := guard{
		first: s.First, last: s.Last,
		loopback: s.Loopback || s.V4.advertised().IsLoopback() || s.V6.advertised().IsLoopback(),
		own:      map[netip.Addr]bool{}, sip: map[uint16]bool{},
		v4: s.V4.Bind.IsValid(), v6: s.V6.Bind.IsValid(),
	}
	for _, f := range []Face{s.V4, s.V6} {
		g.own[f.Bind], g.own[f.Advertise] = true, true
		if f.Bind.IsValid() && f.Bind.IsUnspecified() {
			g.interfaces()
		}
	}
	for _, a := range s.SIP {
		g.own[a.Addr().Unmap()] = true
		g.sip[a.Port()] = true
	}
	delete(g.own, netip.Addr{})
	return g
}

// interfaces adds the addresses of this machine. Without them the guard still knows those in the settings.
func (g *guard) interfaces() {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return
	}
	for _, a := range all {
		if p, ok := a.(*net.IPNet); ok {
			if addr, ok := netip.AddrFromSlice(p.IP); ok {
				g.own[addr.Unmap()] = true
			}
		}
	}
}

// lowest is the first port that RTP is sent to: below it live services that answer datagrams.
const lowest = 1024

var (
	thisNetwork = netip.MustParsePrefix("0.0.0.0/8")
	reserved    = netip.MustParsePrefix("240.0.0.0/4") // with the broadcast address
)

// check is nil when RTP may be sent there; else a *BodyError with 488.
func (g *guard) check(at netip.AddrPort) error {
	a := at.Addr()
	switch {
	case a.Zone() != "" || a.Is4In6():
		return unacceptable("%s is written in a way that is not for peers", a)
	case a.IsMulticast() || a.Is4() && reserved.Contains(a):
		return unacceptable("%s is multicast, broadcast or reserved: voice goes to one host", a)
	case a.IsUnspecified() || a.Is4() && thisNetwork.Contains(a):
		return unacceptable("%s is no host", a)
	case a.IsLinkLocalUnicast():
		return unacceptable("%s is link-local", a)
	case a.IsLoopback() && !g.loopback:
		return unacceptable("%s is a loopback address", a)
	case a.Is4() && !g.v4 || a.Is6() && !g.v6:
		return unacceptable("%s is of an address family that is not spoken here", a)
	case at.Port() < lowest:
		return unacceptable("port %d is below %d", at.Port(), lowest)
	case (g.own[a] || a.IsLoopback()) && g.ours(at.Port()):
		return unacceptable("%s is a socket of our own", at)
	}
	return nil
}

func (g *guard) ours(port uint16) bool {
	return g.sip[port] || int(port) >= g.first && int(port) <= g.last
}
