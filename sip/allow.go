package sip

import (
	"net/netip"
	"sync"
	"sync/atomic"

	"wissel"
)

// allowance is who may speak over UDP, and open connections: the from prefixes, addresses and previous addresses of every
// trunk, and the remote targets and first routes of live dialogs until 32 s after their end (DESIGN, "Who may speak").
// source is called for each datagram, before anything of it is read.
type allowance struct {
	server *Server
	static atomic.Pointer[sources]
	count  atomic.Int64 // dialogs' own sources; 0 saves the lock
	mu     sync.RWMutex
	own    map[netip.Addr]int
}

// sources is the allowance that one snapshot gives.
type sources struct {
	of       *wissel.Snapshot
	ips      map[netip.Addr]struct{}
	prefixes []netip.Prefix
}

// source reports whether a may speak.
func (a *allowance) source(from wissel.Address) bool {
	ip := from.AddrPort.Addr().Unmap()
	if a.table().has(ip) {
		return true
	}
	if a.count.Load() > 0 {
		a.mu.RLock()
		n := a.own[ip]
		a.mu.RUnlock()
		if n > 0 {
			return true
		}
	}
	return false
}

// table is the allowance of the snapshot in force. Health makes new snapshots often, and trunks are few: it is built anew.
func (a *allowance) table() *sources {
	snap := a.server.o.Snapshot()
	if t := a.static.Load(); t != nil && t.of == snap {
		return t
	}
	t := &sources{of: snap, ips: map[netip.Addr]struct{}{}}
	for _, trunk := range snap.Trunks {
		t.prefixes = append(t.prefixes, trunk.From...)
		for _, list := range [][]wissel.Address{trunk.Addresses, trunk.Previous} {
			for _, one := range list {
				t.ips[one.AddrPort.Addr().Unmap()] = struct{}{}
			}
		}
	}
	a.static.Store(t)
	return t
}

func (t *sources) has(ip netip.Addr) bool {
	if _, ok := t.ips[ip]; ok {
		return true
	}
	for _, p := range t.prefixes {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// add lets a dialog's peer speak; drop takes that back.
func (a *allowance) add(one wissel.Address) {
	ip := one.AddrPort.Addr().Unmap()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.own == nil {
		a.own = map[netip.Addr]int{}
	}
	a.own[ip]++
	a.count.Add(1)
}

func (a *allowance) drop(list []wissel.Address) {
	if len(list) == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range list {
		ip := one.AddrPort.Addr().Unmap()
		if a.own[ip]--; a.own[ip] <= 0 {
			delete(a.own, ip)
		}
		a.count.Add(-1)
	}
}

// speaksFor reports whether ip may speak for a trunk: what is said within a dialog must come from its own side.
func speaksFor(t *wissel.Trunk, ip netip.Addr) bool {
	ip = ip.Unmap()
	for _, list := range [][]wissel.Address{t.Addresses, t.Previous} {
		for _, one := range list {
			if one.AddrPort.Addr().Unmap() == ip {
				return true
			}
		}
	}
	for _, p := range t.From {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}
