package media

import (
	"net/netip"
	"time"
)

// What a source that is not where the peer's description says must show before it is believed.
const (
	nearProof = 5  // packets in a row from the same host
	farProof  = 10 // packets in a row from another host
	proofTime = 60 * time.Millisecond
	quietTime = time.Second            // a source heard within this time is not replaced
	slotTime  = 200 * time.Millisecond // a candidate heard within this time is not replaced
)

// latch decides whose packets are the peer's, and where ours go (FAULTS A11, A12). The address in the peer's description
// always counts. Another one takes its place only with a run of packets in sequence: on the same host, or the one the
// peer's signalling comes from, when nothing valid came for a while; on a third host only while nothing valid came at
// all, and once. A third host is heard, for some gear sends from elsewhere than it listens, but ours go on to the
// described address: who sends first must not be enough to overhear a call. Only a peer behind a router, whose description
// names a private address that no packet of ours can reach, is answered where he sends from. The first packet from the
// described address takes the place back.
type latch struct {
	described  netip.AddrPort // by the peer's description; invalid before one, and when it wants nothing sent
	signalling netip.Addr     // where its signalling comes from
	from       netip.AddrPort // whose packets are the peer's
	to         netip.AddrPort // where our packets go
	heard      time.Time      // the last valid packet from from; zero: none yet
	far        bool           // a third host has had its chance
	try        candidate
}

type candidate struct {
	from  netip.AddrPort
	ssrc  uint32
	seq   uint16
	run   int
	since time.Time
	last  time.Time
}

// describe takes the address of a new description. The same one again changes nothing.
func (l *latch) describe(at netip.AddrPort) {
	if at == l.described {
		return
	}
	l.described, l.from, l.to = at, at, at
	l.heard, l.far, l.try = time.Time{}, false, candidate{}
}

// admit reports whether a valid packet from a source is the peer's.
func (l *latch) admit(from netip.AddrPort, p *packet, now time.Time) bool {
	if !l.described.IsValid() || !from.IsValid() {
		return false
	}
	if from == l.from || from == l.described {
		if from == l.described {
			l.to = from
		}
		l.from, l.heard, l.try = from, now, candidate{}
		return true
	}
	near := l.near(from.Addr())
	switch {
	case l.heard.IsZero():
		if !near && l.far {
			return false
		}
	case !near:
		return false
	case l.near(l.from.Addr()) && now.Sub(l.heard) < quietTime: // a third host makes room at once
		l.try = candidate{}
		return false
	}
	proof := farProof
	if near {
		proof = nearProof
	}
	if !l.prove(from, p, now, proof) {
		return false
	}
	l.from, l.heard, l.try = from, now, candidate{}
	l.far = l.far || !near
	if near || l.routed() {
		l.to = from
	}
	return true
}

// near reports whether an address is the peer's own: of its description or of its signalling.
func (l *latch) near(a netip.Addr) bool { return a == l.described.Addr() || a == l.signalling }

// routed reports whether the peer is behind a router that changes addresses: it describes a private address, and its
// signalling comes from a public one.
func (l *latch) routed() bool { return private(l.described.Addr()) && !private(l.signalling) }

// shared are the addresses of routers that a provider shares between customers (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

func private(a netip.Addr) bool {
	return !a.IsValid() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || shared.Contains(a)
}

// prove follows a candidate's run of packets.
func (l *latch) prove(from netip.AddrPort, p *packet, now time.Time, proof int) bool {
	t := &l.try
	if from != t.from && t.run > 0 && now.Sub(t.last) < slotTime {
		return false
	}
	if from != t.from || p.ssrc != t.ssrc || p.seq != t.seq+1 {
		*t = candidate{from: from, ssrc: p.ssrc, since: now}
	}
	t.seq, t.last = p.seq, now
	t.run++
	return t.run >= proof && now.Sub(t.since) >= proofTime
}
