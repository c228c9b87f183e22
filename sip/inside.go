package sip

import (
	sipgo "github.com/emiago/sipgo/sip"

	"wissel/sip/call"
	"wissel/sip/transaction"
	"wissel/sip/transport"
)

// incoming is a request as it came, with its transaction.
type incoming struct {
	p  transport.Packet
	id transaction.ID
}

// within finds the dialog that a message is for: by our tag, which is 128 bits of chance, then by the peer's, and only
// from where the peer may speak (FAULTS A7).
func (s *shard) within(h *head, from transport.Path) (*leg, *dialog) {
	l := s.dialogs[dialogKey{text(h.callID), text(h.toTag())}]
	if l == nil || l.gone {
		return nil, nil
	}
	tag := text(h.fromTag())
	for _, d := range l.dialogs {
		if d.remoteTag == tag && s.mine(l, d, from) {
			return l, d
		}
	}
	return nil, nil
}

// mine reports whether a message over p may be the peer's: it came from where the dialog points, or from its trunk.
func (s *shard) mine(l *leg, d *dialog, p transport.Path) bool {
	ip := p.Peer.AddrPort.Addr().Unmap()
	if ip == d.path.Peer.AddrPort.Addr().Unmap() || ip == l.path.Peer.AddrPort.Addr().Unmap() || l.trunk != nil && speaksFor(l.trunk, ip) {
		return true
	}
	for _, a := range l.sources {
		if a.AddrPort.Addr().Unmap() == ip {
			return true
		}
	}
	return false
}

// inside handles a request within a dialog.
func (s *shard) inside(h *head, req *sipgo.Request, in incoming) {
	l, d := s.within(h, in.p.Path)
	if req != nil {
		if r := admit(req, admission{Transport: in.p.Path.Peer.Transport, Known: true, Dialog: d != nil}); r != nil {
			s.rejectWith(h, in.p, in.id, r)
			return
		}
	}
	if d == nil || l.call.crashed && !h.is("BYE") {
		s.reply(h, in.p, in.id, 481)
		return
	}
	if h.cseq <= d.remoteSeq { // out of order (RFC 3261 §12.2.2)
		s.replyIn(d, h, in, 500)
		return
	}
	d.remoteSeq = h.cseq
	ours := s.said(l, h)
	switch text(h.method) {
	case "BYE":
		s.replyIn(d, h, in, 200)
		d.ended = true
		if !d.bye {
			d.bye = true
			ev := call.Event{Kind: call.Hangup, Leg: l.n, Reason: reasonOf(h)}
			if !l.server {
				ev.Tag = d.remoteTag
			}
			s.feed(l.call, ev)
		}
	case "INVITE", "UPDATE":
		s.offerCame(l, d, h, in)
	case "INFO":
		if ours && len(h.body) == 0 { // it says this to us, and nothing to the caller
			s.replyIn(d, h, in, 200)
			return
		}
		s.infoCame(l, d, h, in)
	case "OPTIONS":
		s.replyIn(d, h, in, 200, "Allow: "+allow, "Accept: application/sdp")
	case "REFER":
		s.replyIn(d, h, in, 603)
	case "PRACK":
		s.replyIn(d, h, in, 481)
	default:
		s.replyIn(d, h, in, 405, "Allow: "+allow)
	}
}

// replyIn answers a request within a dialog at once.
func (s *shard) replyIn(_ *dialog, h *head, in incoming, status int, headers ...string) {
	e := echoOf(h, in.p.Path)
	data := e.response(status, "", false, message{extra: lines(headers)})
	if len(headers) == 0 && !h.is("INVITE") {
		s.table.Settle(in.id, status, data, s.now) // a copy of the request tells all that it takes to say this again
	} else {
		s.table.Respond(in.id, status, data, s.now)
	}
	s.flush()
}

// ack handles the ACK of a 2xx of ours: to the first INVITE, or to a re-INVITE.
func (s *shard) ack(h *head, p transport.Packet) {
	l, d := s.within(h, p.Path)
	if d == nil {
		return
	}
	switch {
	case l.server && h.cseq == l.seq:
		s.table.Acked(l.invite, s.now)
		s.feed(l.call, call.Event{Kind: call.Acked, Leg: l.n, Body: sdpOf(h)})
	case l.reinvite.id != 0 && h.cseq == l.reinvite.seq:
		s.table.Acked(l.reinvite.id, s.now)
		l.reinvite = reinvited{}
		s.feed(l.call, call.Event{Kind: call.OfferAcked, Leg: l.n, Body: sdpOf(h)})
	}
	s.flush()
}
