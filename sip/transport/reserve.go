package transport

import (
	"net"
	"os"
	"sync"
	"time"
)

// reserve is a file descriptor that is kept to be given up: when there are no others, it takes one waiting connection and
// closes it, so that the peer learns at once and goes elsewhere (F32).
type reserve struct {
	mu sync.Mutex
	f  *os.File
}

func newReserve() *reserve {
	r := &reserve{}
	r.refill()
	return r
}

func (r *reserve) refill() {
	if f, err := os.Open(os.DevNull); err == nil { // without one there is no reserve until the next refill
		r.f = f
	}
}

// spend refuses one waiting connection of ln, if there is one, and reports whether it did.
func (r *reserve) spend(ln net.Listener) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	d, ok := ln.(interface{ SetDeadline(time.Time) error })
	if r.f == nil || !ok {
		r.refill()
		return false
	}
	_ = r.f.Close() // it was only kept
	r.f = nil
	defer r.refill()
	// A full table of descriptors is told even when nobody waits: the deadline keeps Accept from waiting for somebody.
	_ = d.SetDeadline(time.Now().Add(20 * time.Millisecond))
	defer func() { _ = d.SetDeadline(time.Time{}) }()
	c, err := ln.Accept()
	if err != nil {
		return false
	}
	_ = c.Close() // refused
	return true
}

func (r *reserve) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.f != nil {
		_ = r.f.Close() // it was only kept
		r.f = nil
	}
}
