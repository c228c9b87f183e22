package media

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// pool hands out port pairs, the one that has rested longest first. One pair in ten is kept for flows (FAULTS F33), and of
// those the last few for the crisis line.
type pool struct {
	face Face
	rest time.Duration

	mu   sync.Mutex
	free []slot // a ring, by the time of release
	head int
	n    int
	kept int
	last int
}

type slot struct {
	port  int // the even one
	since time.Time
}

// pair is two open sockets.
type pair struct {
	port      int
	rtp, rtcp conn
}

func (p pair) close() {
	p.rtp.Close()
	p.rtcp.Close()
}

// pairs counts the even ports of a range whose odd neighbour is in it too.
func pairs(first, last int) int {
	return max(0, (last+1-(first+first%2))/2)
}

func newPool(f Face, first, last int, rest time.Duration) *pool {
	n := pairs(first, last)
	p := &pool{face: f, rest: rest, free: make([]slot, n), n: n, kept: max(1, n/10)}
	if n == 1 {
		p.kept = 0
	}
	p.last = min(mostLast, p.kept/4)
	for i := range p.free {
		p.free[i].port = first + first%2 + 2*i
	}
	return p
}

// mostLast is how many pairs are kept for the crisis line where there are plenty: as many as its calls.
const mostLast = 5

// leave is how many pairs must be left when one is taken by kept (a flow) or last (the crisis line), or by any other leg.
func (p *pool) leave(kept, last bool) int {
	switch {
	case last:
		return 0
	case kept:
		return p.last
	}
	return p.kept
}

// tries is how many pairs are tried when another program holds some of our ports.
const tries = 64

// open takes a pair and opens its sockets. A pair of which another program holds a port is set aside for as long as one
// that was used; any other error is not the pair's fault.
func (p *pool) open(listen opener, leave int) (pair, error) {
	var last error
	for range tries {
		port, ok := p.take(leave)
		if !ok {
			return pair{}, errors.Join(ErrNoPorts, last)
		}
		sockets, err := listenPair(listen, p.face.Bind, port)
		if err == nil {
			return sockets, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			p.restore(port)
			return pair{}, err
		}
		p.release(port)
		last = err
	}
	return pair{}, fmt.Errorf("tried %d port pairs: %w", tries, last)
}

func listenPair(listen opener, at netip.Addr, port int) (pair, error) {
	rtp, err := listen(netip.AddrPortFrom(at, uint16(port)))
	if err != nil {
		return pair{}, fmt.Errorf("open RTP port %d: %w", port, err)
	}
	rtcp, err := listen(netip.AddrPortFrom(at, uint16(port+1)))
	if err != nil {
		rtp.Close()
		return pair{}, fmt.Errorf("open RTCP port %d: %w", port+1, err)
	}
	return pair{port: port, rtp: rtp, rtcp: rtcp}, nil
}

// take is the pair that has rested longest, when it has rested enough and when so many others are left.
func (p *pool) take(leave int) (port int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.n == 0 || !p.rested(p.free[p.head], now) || leave > 0 && !p.spare(leave, now) {
		return 0, false
	}
	port = p.free[p.head].port
	p.head = (p.head + 1) % len(p.free)
	p.n--
	return port, true
}

// spare reports whether more than so many pairs could be taken now. The ring is in order of release, so the one behind
// them tells.
func (p *pool) spare(leave int, now time.Time) bool {
	return p.n > leave && p.rested(p.free[(p.head+leave)%len(p.free)], now)
}

func (p *pool) rested(s slot, now time.Time) bool {
	return s.since.IsZero() || now.Sub(s.since) >= p.rest
}

// release lets a pair rest.
func (p *pool) release(port int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free[(p.head+p.n)%len(p.free)] = slot{port: port, since: time.Now()}
	p.n++
}

// restore gives back a pair that was never used: it need not rest.
func (p *pool) restore(port int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.head = (p.head + len(p.free) - 1) % len(p.free)
	p.free[p.head] = slot{port: port}
	p.n++
}

func (p *pool) count() (free, resting int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for i := range p.n {
		if p.rested(p.free[(p.head+i)%len(p.free)], now) {
			free++
		}
	}
	return free, p.n - free
}

// advertised is the address that peers are told.
func (f Face) advertised() netip.Addr {
	if f.Advertise.IsValid() {
		return f.Advertise
	}
	return f.Bind
}
