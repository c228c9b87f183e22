package access

import (
	"net/netip"
	"time"
)

const (
	maxSources = 1024             // that are remembered at one time; the one that failed longest ago goes first
	patientFor = 4                // failures that cost a moment; the next one costs minutes
	firstDelay = time.Second / 4  // after one failure; it doubles
	firstWait  = 30 * time.Second // after the fifth failure; it doubles too
	longest    = 15 * time.Minute
	forgotten  = time.Hour // a source that did not fail for so long begins anew
)

// Slow slows down sources that come with wrong tokens. The zero Slow is ready; it is not safe for concurrent use.
type Slow struct{ all map[netip.Addr]failures }

type failures struct {
	n     int
	last  time.Time
	until time.Time
}

// source is what counts as one: an IPv4 address, or the 64 bits of an IPv6 one that a single host can choose freely below.
func source(a netip.Addr) netip.Addr {
	if a = a.Unmap(); a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}

// Wait is how long a source must still wait before it is listened to; 0 when it need not.
func (s *Slow) Wait(from netip.Addr, now time.Time) time.Duration {
	return max(0, s.all[source(from)].until.Sub(now))
}

// Fail notes a wrong token, and gives how many the source has shown.
func (s *Slow) Fail(from netip.Addr, now time.Time) int {
	if s.all == nil {
		s.all = map[netip.Addr]failures{}
	}
	from = source(from)
	f, known := s.all[from]
	if now.Sub(f.last) > forgotten {
		f = failures{}
	}
	if !known && len(s.all) >= maxSources {
		s.drop()
	}
	delay, n := firstDelay, f.n
	if n >= patientFor {
		delay, n = firstWait, n-patientFor
	}
	f.n, f.last, f.until = f.n+1, now, now.Add(min(longest, delay<<min(n, 10)))
	s.all[from] = f
	return f.n
}

// Pass forgets what a source did: it has shown a right token.
func (s *Slow) Pass(from netip.Addr) { delete(s.all, source(from)) }

func (s *Slow) drop() {
	var oldest netip.Addr
	for a, f := range s.all {
		if !oldest.IsValid() || f.last.Before(s.all[oldest].last) {
			oldest = a
		}
	}
	delete(s.all, oldest)
}
