package sip

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Stats counts since New. internal/app shows them as metrics; the labels of Refused are status codes that are ours.
type Stats struct {
	Calls         atomic.Uint64 // INVITEs that became a call
	UnknownSource atomic.Uint64 // well-formed requests of nobody's, dropped without an answer
	ParseErrors   atomic.Uint64
	Shed          atomic.Uint64 // new requests refused because a shard was three quarters full
	InboxFull     atomic.Uint64 // messages lost because a shard was full
	Panics        atomic.Uint64
	Pauses        atomic.Uint64 // the process stood still
	Loops         atomic.Uint64 // calls that came back to us
	Strays        atomic.Uint64 // responses that belong to nothing
	Options       atomic.Uint64 // OPTIONS answered

	mu      sync.Mutex
	byCause map[int]uint64
}

// refused counts a new call that was refused by us before routing.
func (s *Stats) refused(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byCause == nil {
		s.byCause = map[int]uint64{}
	}
	s.byCause[status]++
}

// Refused gives how many new calls were refused by us before routing, by status.
func (s *Stats) Refused() map[int]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.byCause)
}

// Stats gives the server's counters.
func (s *Server) Stats() *Stats { return &s.stats }
