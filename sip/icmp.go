package sip

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"wissel/sip/call"
	"wissel/sip/transaction"
	"wissel/sip/transport"
)

// quotedWithin is how recent a send must be for an ICMP that quotes too little of it to tell (DESIGN, "ICMP").
const quotedWithin = time.Second

// Failed takes from transport that a send came to nothing, or that an address or a connection is gone. One that quotes
// our message is for the transaction with that branch; one that does not is for those who wait on the address, or on
// the connection.
func (s *Server) Failed(f transport.Failure) {
	if branch := quotedBranch(f.Quoted); branch != nil {
		if s.probes.refused(string(branch), f.Err) {
			return
		}
		mark := string(branch)
		each := func(sh *shard) {
			sh.post(func() {
				if id, ok := sh.table.ByBranch([]byte(mark)); ok {
					sh.table.Failed(id, sh.now)
					sh.failed(id, f.Err)
					sh.flush()
				}
			})
		}
		if id := transport.CallID(f.Quoted); len(id) > 0 {
			each(s.shardOf(id))
			return
		}
		for _, sh := range s.shards { // too little is quoted to tell whose it is
			each(sh)
		}
		return
	}
	if f.Closed {
		s.probes.closed(f)
	}
	for _, sh := range s.shards {
		sh.post(func() {
			if f.Closed {
				sh.disconnected(f)
			} else {
				sh.unreachable(f.Path.Peer, quotedWithin, f.Err)
			}
		})
	}
}

// quotedBranch finds the branch of the first Via in what may be only the start of a message of ours.
func quotedBranch(quoted []byte) []byte {
	i := bytes.Index(quoted, []byte("branch="+magic))
	if i < 0 {
		return nil
	}
	v := quoted[i+len("branch="):]
	end := bytes.IndexAny(v, ";\r\n, ")
	if end < 0 {
		return nil // cut short
	}
	return v[:end]
}

// failed tells a transaction's owner that it could not be sent, or that its address refuses it.
func (s *shard) failed(id transaction.ID, err error) {
	o, ok := s.owners[id]
	if !ok || o.leg == nil || o.leg.gone {
		return
	}
	l := o.leg
	switch o.kind {
	case ownInvite:
		if l.server && errors.Is(err, transport.ErrClosed) { // answers go back on the connection they came by, or nowhere
			s.feed(l.call, call.Event{Kind: call.Lost, Leg: l.n, Reason: because(err)})
		}
		if l.server || l.done || l.invite != id {
			return
		}
		s.unwait(l)
		if ourFault(err) {
			s.feed(l.call, call.Event{Kind: call.Skipped, Leg: l.n, Skip: call.SkipUnable, Reason: because(err)})
			return
		}
		s.feed(l.call, call.Event{Kind: call.Failed, Leg: l.n, Reason: because(err), OnTheWay: onTheWay(err)})
	case ownOffer:
		s.offerLost(l, 0)
	case ownInfo:
		s.feed(l.call, call.Event{Kind: call.InfoAnswer, Leg: l.n, Status: 503})
	case ownEnd, ownWaiting, ownNothing, ownRetired:
	}
}

// timeout tells a transaction's owner that no final response came.
func (s *shard) timeout(id transaction.ID) {
	o, ok := s.owners[id]
	if !ok || o.leg == nil || o.leg.gone {
		return
	}
	l := o.leg
	switch o.kind {
	case ownInvite:
		if !l.server && !l.done && l.invite == id {
			s.unwait(l)
			s.feed(l.call, call.Event{Kind: call.Silent, Leg: l.n})
		}
	case ownOffer:
		s.offerLost(l, 0)
	case ownInfo:
		s.feed(l.call, call.Event{Kind: call.InfoAnswer, Leg: l.n, Status: 408})
	case ownEnd, ownWaiting, ownNothing, ownRetired:
	}
}

// disconnected: a connection is closed. INVITEs of ours that wait for an answer on it will have none, and a caller who
// waits for ours cannot be told. Calls that are up need no connection: their next request opens another.
func (s *shard) disconnected(f transport.Failure) {
	for _, c := range s.calls {
		for _, l := range c.legs {
			switch {
			case l == nil || l.done || l.gone || l.invite == 0 || !l.wentBy(f.Path):
			case l.server:
				s.feed(c, call.Event{Kind: call.Lost, Leg: l.n, Reason: because(f.Err)})
			default:
				s.table.Failed(l.invite, s.now)
				s.unwait(l)
				s.feed(c, call.Event{Kind: call.Failed, Leg: l.n, Reason: because(f.Err)})
			}
		}
	}
	s.flush()
}

// wentBy reports whether a leg's INVITE left on the connection p. Until its first answer only the peer is known.
func (l *leg) wentBy(p transport.Path) bool {
	if l.path.Conn != 0 {
		return l.path.Conn == p.Conn
	}
	return l.path.Peer.Transport.Reliable() && l.path.Peer == p.Peer && l.path.Host == p.Host
}

// ourFault reports whether a send failed for a reason of our own: no evidence about the peer (promise 4). That the network is
// unreachable is one when our own host says it: it has no route, so its interface is down or lost its address.
func ourFault(err error) bool {
	var shake *transport.HandshakeError
	if errors.As(err, &shake) {
		return shake.Ours
	}
	var icmp *transport.ICMPError
	if errors.As(err, &icmp) {
		return false
	}
	for _, theirs := range []error{
		syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EHOSTUNREACH, syscall.EPIPE, syscall.ETIMEDOUT, syscall.EHOSTDOWN,
		transport.ErrClosed, context.DeadlineExceeded, os.ErrDeadlineExceeded, net.ErrClosed, io.EOF, io.ErrUnexpectedEOF,
	} {
		if errors.Is(err, theirs) {
			return false
		}
	}
	return true
}

// onTheWay reports whether a router or our own host says that a peer cannot be reached, and not the peer: the network in between
// has failed, which may be ours.
func onTheWay(err error) bool {
	return errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTDOWN)
}

// because is an error in words for an attempt's record.
func because(err error) string {
	if err == nil {
		return "unreachable"
	}
	var shake *transport.HandshakeError
	if errors.As(err, &shake) {
		return shake.Why
	}
	return clip(err.Error())
}
