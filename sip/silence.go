package sip

import (
	"time"

	"wissel"
	"wissel/sip/call"
)

// wait lists a leg whose INVITE has left and heard nothing; unwait takes it off, at its first answer or its end.
func (s *shard) wait(l *leg) {
	all := s.silent[l.address]
	if all == nil {
		all = map[*leg]struct{}{}
		s.silent[l.address] = all
	}
	all[l], l.waits = struct{}{}, true
}

func (s *shard) unwait(l *leg) {
	if !l.waits {
		return
	}
	l.waits = false
	delete(s.silent[l.address], l)
}

// tellSilent tells every call on every shard that waits on the address what leg from learnt: nothing came from it since
// its INVITE left. What one call learns, all calls know at once (DESIGN, "Silence").
func (s *shard) tellSilent(from *leg, a wissel.Address) {
	if s.srv.o.Health.LastHeard(a).After(from.left) {
		return // it is alive, and did not answer this call alone
	}
	for _, other := range s.srv.shards {
		if other == s {
			s.silence(a, from)
		} else {
			other.post(func() { other.silence(a, nil) })
		}
	}
}

// tellDown tells every call on every shard that waits on the address that it is Down: refused so often, or silent. What
// had come from it after their INVITEs left answered other calls, not these.
func (s *shard) tellDown(from *leg, a wissel.Address) {
	for _, other := range s.srv.shards {
		if other == s {
			s.abandon(a, from)
		} else {
			other.post(func() { other.abandon(a, nil) })
		}
	}
}

func (s *shard) abandon(a wissel.Address, but *leg) {
	for l := range s.silent[a] {
		if l != but {
			s.feed(l.call, call.Event{Kind: call.Silent, Leg: l.n})
		}
	}
}

// silence feeds Silent to the calls of this shard that wait on a, but for the one that found out.
func (s *shard) silence(a wissel.Address, but *leg) {
	heard := s.srv.o.Health.LastHeard(a)
	for l := range s.silent[a] {
		if l != but && !heard.After(l.left) {
			s.feed(l.call, call.Event{Kind: call.Silent, Leg: l.n})
		}
	}
}

// unreachable tells the calls of this shard that wait on a, to which something was sent within ago, that its host or
// network refuses it.
func (s *shard) unreachable(a wissel.Address, ago time.Duration, err error) {
	if at, ok := s.sent[a]; !ok || s.now.Sub(at) > ago {
		return
	}
	for l := range s.silent[a] {
		if s.now.Sub(l.left) <= ago {
			s.table.Failed(l.invite, s.now)
			s.feed(l.call, call.Event{Kind: call.Failed, Leg: l.n, Reason: because(err), OnTheWay: onTheWay(err)})
		}
	}
	s.flush()
}
