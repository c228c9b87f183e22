package app

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"wissel"
	"wissel/sip/transport"
)

// maxCertificates bounds what is kept of what peers show. Trunks have a few hosts each.
const maxCertificates = 1024

// certificates remembers when the certificates end that peers have shown, by host. Safe for concurrent use.
type certificates struct {
	mu   sync.Mutex
	ends map[netip.Addr]time.Time
	told map[string]warned // by what the sentence begins with; the watcher's own
}

// seen takes a certificate that a peer has shown.
func (c *certificates) seen(p transport.PeerCertificate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ends == nil {
		c.ends = map[netip.Addr]time.Time{}
	}
	host := p.Peer.AddrPort.Addr().Unmap()
	if _, known := c.ends[host]; known || len(c.ends) < maxCertificates {
		c.ends[host] = p.Until
	}
}

// of is the earliest end of the certificates that the hosts of a trunk have shown; zero: none was.
func (c *certificates) of(t *wissel.Trunk) (until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range t.Addresses {
		if end, ok := c.ends[a.AddrPort.Addr().Unmap()]; ok && a.Transport == wissel.TLS && (until.IsZero() || end.Before(until)) {
			until = end
		}
	}
	return until
}

// certificate is one that people may have to renew: what a sentence about it begins with, its end, and what to do.
type certificate struct {
	what  string
	until time.Time
	do    string
}

// watched lists our own certificates and those of peers, in a steady order.
func (a *App) watched() (all []certificate) {
	for _, c := range a.settings.Load().file.OurTLS {
		all = append(all, certificate{"our certificate " + c.File, c.Until,
			"peers over TLS refuse us after that. Put a new one in its place, then `wissel reload`"})
	}
	s := a.routing.Snapshot()
	for _, id := range slices.Sorted(maps.Keys(s.Trunks)) {
		if until := a.certs.of(s.Trunks[id]); !until.IsZero() {
			all = append(all, certificate{"the certificate of trunk " + string(id), until, "the trunk is down after that. Ask who runs it to renew it"})
		}
	}
	return all
}

// certificateAlarms are the sentences for status: one for each certificate that ends within 30 days, until it is renewed.
func (a *App) certificateAlarms(now time.Time) (all []string) {
	for _, c := range a.watched() {
		if text := ending(c.until, now); text != "" {
			all = append(all, c.what+" "+text+": "+c.do)
		}
	}
	return all
}

// nameAlarms are the sentences for status about names that DNS does not give, or not as before.
func (a *App) nameAlarms() (all []string) {
	for _, u := range a.names.Unable() {
		all = append(all, u.String())
	}
	return all
}

// watchCertificates logs each certificate that nears its end, once for each threshold and once a day, until ctx ends.
func (a *App) watchCertificates(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		a.tellCertificates(time.Now())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (a *App) tellCertificates(now time.Time) {
	next := map[string]warned{}
	for _, c := range a.watched() {
		state, tell := a.certs.told[c.what].due(c.until, now)
		next[c.what] = state
		if tell {
			a.log.Warn(c.what+" "+ending(c.until, now), "until", c.until, "do", c.do)
		}
	}
	a.certs.told = next
}
