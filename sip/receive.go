package sip

import (
	"bytes"
	"strings"
	"time"
	"unsafe"

	sipgo "github.com/emiago/sipgo/sip"

	"wissel"
	"wissel/sip/call"
	"wissel/sip/transaction"
	"wissel/sip/transport"
)

// Packet takes a message from a reader goroutine and hands it to the shard of its Call-ID, in the order of the wire. It
// never blocks: what starts something new is refused when the shard is three quarters full, so that what ends and answers
// calls has room left. A message that came alone, or with few others, is handled on the reader's own goroutine; a crowd is
// shared out to the goroutines of the shards, while the reader goes on reading.
func (s *Server) Packet(p transport.Packet) {
	s.o.Health.Heard(p.Path.Peer, p.At)
	sh := s.shardOf(transport.CallID(p.Data))
	if n := cap(sh.inbox); len(sh.inbox) >= n-n/4 && starts(p.Data) {
		s.stats.Shed.Add(1)
		s.shed(p)
		return
	}
	select {
	case sh.inbox <- p:
	default:
		s.stats.InboxFull.Add(1)
	}
	if p.Crowd < crowd {
		sh.take()
	} else {
		sh.wake()
	}
}

// crowd is how many messages read at once are too many for the reader's goroutine: about a millisecond of its time. Sharing
// out 16 at once cost a fifth more CPU per call than this.
const crowd = 64

// text is b as a string, without a copy: for what is only compared while the message is handled.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// packet handles one message.
func (s *shard) packet(p transport.Packet) {
	s.now = time.Now()
	h := &s.head
	if !h.scan(p.Data) {
		s.srv.stats.ParseErrors.Add(1)
		return
	}
	if p.Fault != nil {
		s.srv.stats.ParseErrors.Add(1)
		s.decline(h, p.Path, p.Fault.Status, nil)
		return
	}
	if h.request {
		s.receive(h, p)
	} else {
		s.response(h, p)
	}
}

// decline answers a request without a transaction, so nothing is kept of it (RFC 3261 §8.2.7).
func (s *shard) decline(h *head, p transport.Path, status int, extra []byte) {
	if !h.request || h.is("ACK") || status == 0 {
		return
	}
	e := echoOf(h, p)
	_ = s.srv.set.Send(replyPath(h, p), e.response(status, s.chance.token(), false, message{extra: extra})) // there is nobody to tell
}

// receive handles a request.
func (s *shard) receive(h *head, p transport.Packet) {
	m := text(h.method)
	quick := m == "ACK" || m == "BYE" || m == "CANCEL" // the parser has nothing to say of these that scan has not
	if !bytes.Equal(h.method, h.cseqMethod) {
		quick = false
	}
	req, ok := s.read(h, p, quick)
	if !ok {
		return
	}
	fresh := h.toTag() == nil && !quick
	var trunk *wissel.Trunk
	if fresh {
		if trunk, ok = s.identify(req, p); !ok {
			s.srv.stats.UnknownSource.Add(1)
			return
		}
	}
	branch := h.branch()
	v := s.table.Receive(transaction.Request{
		Method: m, Branch: text(branch), SentBy: text(sentBy(h.via)), CallID: text(h.callID), FromTag: text(h.fromTag()),
		ToTag: text(h.toTag()), CSeq: h.cseq, Path: transaction.Path(replyPath(h, p.Path)), Old: !strings.HasPrefix(text(branch), magic),
	}, s.now)
	s.flush()
	switch v.Kind {
	case transaction.New:
		if fresh {
			s.outside(h, req, trunk, p, v.ID)
		} else {
			s.inside(h, req, incoming{p, v.ID})
		}
	case transaction.AckUnmatched:
		s.ack(h, p)
	case transaction.Cancel:
		o, ok := s.owners[v.Invite]
		if !ok || o.leg == nil || o.leg.gone || o.kind != ownInvite {
			s.reply(h, p, v.ID, 200) // one for a re-INVITE changes nothing: that is answered as it would have been (RFC 3261 §9.2)
			break
		}
		s.replyAs(s.cancelTag(o.leg), h, p, v.ID, 200)
		s.feed(o.leg.call, call.Event{Kind: call.Cancelled, Leg: o.leg.n, Reason: reasonOf(h)})
	case transaction.CancelUnmatched:
		s.reply(h, p, v.ID, 481)
	case transaction.Cancelled:
		s.reply(h, p, v.ID, 487)
	case transaction.Merged:
		if trunk != nil && m == "INVITE" { // it may be a call that has ended a moment ago, by another way
			country := countryOf(s.srv.o.Snapshot())
			rung, _ := dialled(req, country)
			s.begins(h, trunk, "", rung)
		}
		s.srv.stats.refused(482)
		s.reply(h, p, v.ID, 482)
	case transaction.Full:
		s.srv.stats.refused(503)
		s.decline(h, p.Path, 503, lines([]string{retryAfter}))
	case transaction.Absorbed:
		if path, ok := s.table.Path(v.ID); ok && v.Again != 0 {
			e := echoOf(h, p.Path)
			_ = s.send(transport.Path(path), e.response(v.Again, "", false, message{})) // there is nobody to tell
		}
	case transaction.Ack:
	}
}

// read guards a request and gives it to the parser, unless quick. What cannot be read is answered here, when its source
// may speak at all.
func (s *shard) read(h *head, p transport.Packet, quick bool) (*sipgo.Request, bool) {
	var r *rejection
	if quick {
		if r = guard(p.Data); r == nil {
			return nil, true
		}
	} else {
		msg, err := parse(p.Data)
		if req, ok := msg.(*sipgo.Request); ok && err == nil {
			return req, true
		}
		r = rejected(err)
	}
	s.srv.stats.ParseErrors.Add(1)
	if r != nil && s.srv.allow.source(p.Path.Peer) {
		s.decline(h, p.Path, r.Status, r.lines())
	}
	return nil, false
}

// identify says whose request it is that begins something.
func (s *shard) identify(req *sipgo.Request, p transport.Packet) (*wissel.Trunk, bool) {
	return identify(s.srv.o.Snapshot(), p.Path.Peer, s.srv.set.Listener(p.Path.Listener).Name, req)
}

// sentBy is the sent-by of a Via value: host, or host:port.
func sentBy(via []byte) []byte {
	_, v, _ := bytes.Cut(via, space)
	if i := bytes.IndexByte(v, ';'); i >= 0 {
		v = v[:i]
	}
	return bytes.TrimSpace(v)
}

// reply answers a request in its transaction, outside any leg.
func (s *shard) reply(h *head, p transport.Packet, id transaction.ID, status int, headers ...string) {
	s.replyAs(s.chance.token(), h, p, id, status, headers...)
}

// replyAs is reply with a To tag of one's own, for a request that has none.
func (s *shard) replyAs(tag string, h *head, p transport.Packet, id transaction.ID, status int, headers ...string) {
	e := echoOf(h, p.Path)
	s.table.Respond(id, status, e.response(status, tag, false, message{extra: lines(headers)}), s.now)
	s.flush()
}

// lines makes header lines of "Name: value" texts.
func lines(headers []string) []byte {
	if len(headers) == 0 {
		return nil
	}
	return []byte(strings.Join(headers, "\r\n") + "\r\n")
}
