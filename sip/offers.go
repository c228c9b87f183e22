package sip

import (
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"wissel/sip/call"
	"wissel/sip/transaction"
	"wissel/sip/transport"
)

// doOffer sends a re-INVITE or UPDATE with a description.
func (s *shard) doOffer(l *leg, e call.Offer) {
	m, ok := s.message(l, e.Body)
	if !ok {
		return
	}
	method := e.Method
	if method == "" {
		method = "INVITE"
	}
	s.reinvite(l, method, m, e.Session, nil)
}

// doRefresh refreshes the session of one leg: by an UPDATE without a body where the peer takes that (RFC 4028 §7.4), else
// by a re-INVITE with the description last sent.
func (s *shard) doRefresh(l *leg, e call.Refresh) {
	if l.update {
		s.reinvite(l, "UPDATE", message{}, e.Session, nil)
		return
	}
	m, ok := s.message(l, call.Body{Kind: call.OwnLast})
	if ok {
		s.reinvite(l, "INVITE", m, e.Session, nil)
	}
}

// reinvite sends a request that changes or refreshes the session, and keeps what a 422 may need of it.
func (s *shard) reinvite(l *leg, method string, m message, session call.Session, challenge *sipgo.Response) {
	d := l.current()
	if d == nil || d.bye {
		s.feed(l.call, call.Event{Kind: call.OfferAnswer, Leg: l.n, Method: method, Status: 481})
		return
	}
	o := &ours{method: method, dialog: d, open: true, m: m, session: session}
	l.offered = o
	b := line(nil, "Allow", allow)
	m.extra = appendSession(b, session, true)
	var err error
	if o.seq, err = s.askAgain(d, method, ownOffer, m, challenge); err != nil {
		s.offerLost(l, 503)
	}
}

// offerLost tells the call that its request had no answer (status 0) or could not be sent.
func (s *shard) offerLost(l *leg, status int) {
	if o := l.offered; o != nil && o.open {
		o.open = false
		s.feed(l.call, call.Event{Kind: call.OfferAnswer, Leg: l.n, Method: o.method, Status: status})
	}
}

// offerAgain sends the last re-INVITE or UPDATE once more, with the Session-Expires or the credentials that were asked for.
func (s *shard) offerAgain(l *leg, r call.Repair) {
	o := l.offered
	if o == nil {
		return
	}
	if r == call.MinSE {
		o.session.Expires, o.session.MinSE = l.expires, l.expires
		l.refusal = nil
	}
	s.reinvite(l, o.method, o.m, o.session, l.refusal)
	l.refusal = nil
}

// offerResponse handles a response to our re-INVITE or UPDATE. Copies of a 2xx get its ACK again and are not told.
func (s *shard) offerResponse(l *leg, h *head, p transport.Packet) {
	o := l.offered
	if h.status < 200 || o == nil {
		return
	}
	d := o.dialog
	if h.status < 300 && d.ackSeq == h.cseq && d.ack != nil {
		s.ackDialog(d, h.cseq, call.Body{})
		return
	}
	if o.seq != h.cseq || !o.open {
		return
	}
	ev := call.Event{Kind: call.OfferAnswer, Leg: l.n, Method: o.method, Status: h.status, RetryAfter: retryOf(h), Session: sessionOf(h)}
	switch {
	case h.status < 300:
		s.target(d, h)
		s.aim(d)
		ev.Body = sdpOf(h)
	case h.status == 422:
		if n, ok := h.number(fieldMinSE); ok && n > 0 && n <= 86400 {
			l.expires, ev.Repair = time.Duration(n)*time.Second, call.MinSE
		}
	default:
		if l.refusal = s.challenge(l, d, h, p); l.refusal != nil {
			ev.Repair = call.Auth
		}
	}
	if h.status >= 300 || o.method != "INVITE" {
		o.open = false
	}
	s.feed(l.call, ev)
}

// doAckOffer acknowledges the 2xx to our re-INVITE; an UPDATE has no ACK.
func (s *shard) doAckOffer(l *leg, e call.AckOffer) {
	o := l.offered
	if o == nil || !o.open || o.method != "INVITE" {
		return
	}
	o.open = false
	s.ackDialog(o.dialog, o.seq, e.Body)
}

// offerCame takes a re-INVITE or UPDATE of the peer. It waits for RespondOffer.
func (s *shard) offerCame(l *leg, d *dialog, h *head, in incoming) {
	switch {
	case l.waiting != nil: // one at a time on a leg (RFC 3261 §14.2, RFC 3311 §5.2)
		s.replyIn(d, h, in, 500, "Retry-After: "+wholeSeconds(time.Duration(9*s.chance.fraction()*float64(time.Second))))
		return
	case h.is("INVITE") && !d.confirmed:
		s.replyIn(d, h, in, 500, "Retry-After: 2")
		return
	}
	s.target(d, h)
	s.aim(d)
	if h.lists(fieldAllow, "UPDATE") {
		l.update = true
	}
	l.waiting = &waiting{id: in.id, method: string(h.method), echo: echoOf(h, in.p.Path), dialog: d, seq: h.cseq}
	if h.is("INVITE") {
		s.owners[in.id] = owner{leg: l, kind: ownWaiting}
		l.reinvite = reinvited{id: in.id, seq: h.cseq}
		s.respond(l.waiting, 100, message{})
	}
	s.feed(l.call, call.Event{Kind: call.Offered, Leg: l.n, Method: l.waiting.method, Body: sdpOf(h), Session: sessionOf(h)})
}

// reinvited is the peer's last re-INVITE: its 2xx waits for an ACK.
type reinvited struct {
	id  transaction.ID
	seq uint32
}

// respond answers a request of the peer that waited.
func (s *shard) respond(w *waiting, status int, m message) {
	s.table.Respond(w.id, status, w.echo.response(status, "", false, m), s.now)
	s.flush()
}

// doRespondOffer answers the peer's re-INVITE or UPDATE.
func (s *shard) doRespondOffer(l *leg, e call.RespondOffer) {
	w := l.waiting
	if w == nil {
		return
	}
	m, ok := s.message(l, e.Body)
	if !ok {
		return // BodyRefused is on its way, and the call answers again
	}
	l.waiting = nil
	b := s.buf[:0]
	if e.Status/100 == 2 {
		b = line(b, "Contact", s.srv.face(w.dialog.path).contact)
		b = line(b, "Allow", allow)
		b = appendSession(b, e.Session, false)
	} else if e.Status == 422 {
		b = append(append(b, minSELine(e.Session.MinSE)...), crlf...)
	}
	m.extra = s.appendReason(b, "", e.RetryAfter)
	s.respond(w, e.Status, m)
	s.buf = b[:0]
}
