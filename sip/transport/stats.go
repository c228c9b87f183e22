package transport

import "sync/atomic"

// Stats counts what happened since New, but for Connections and Opening, which are of this moment.
type Stats struct {
	Received, Sent     uint64 // messages
	Dropped            uint64 // datagrams and connections of sources that may not speak
	Junk               uint64 // keep-alives and other datagrams without a message
	Repeated           uint64 // sends repeated at once because of another peer's error
	Failures           uint64 // Failed was called
	Refused            uint64 // connections over a cap, or without a file descriptor for them
	Faults             uint64 // streams that could not be cut into messages
	Late               uint64 // connections closed by a deadline
	AcceptErrors       uint64
	HandshakeErrors    uint64
	Restarts           uint64 // listeners opened again
	Panics             uint64 // of the handler
	Connections        int
	ConnectionsOpening int
}

type counters struct {
	received, sent, dropped, junk, repeated, failures, refused, faults, late, accept, handshake, restarts, panics atomic.Uint64
}

// Stats gives the counters.
func (s *Set) Stats() Stats {
	open, opening := s.table.count()
	return Stats{
		Received: s.n.received.Load(), Sent: s.n.sent.Load(), Dropped: s.n.dropped.Load(), Junk: s.n.junk.Load(),
		Repeated: s.n.repeated.Load(), Failures: s.n.failures.Load(), Refused: s.n.refused.Load(),
		Faults: s.n.faults.Load(), Late: s.n.late.Load(), AcceptErrors: s.n.accept.Load(),
		HandshakeErrors: s.n.handshake.Load(), Restarts: s.n.restarts.Load(), Panics: s.n.panics.Load(),
		Connections: open, ConnectionsOpening: opening,
	}
}
