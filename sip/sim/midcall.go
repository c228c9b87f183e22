package sim

import (
	"strings"
	"time"
)

// inDialog handles a request with a To tag.
func (p *Party) inDialog(s *server) {
	m := s.req
	l := p.find(m)
	if l == nil || l.state == over && m.Method != "BYE" {
		p.book.Strays++
		s.respond(481, p.token(), nil)
		return
	}
	number, _ := m.CSeq()
	if number <= l.rseq {
		p.complain(m.Method + ": CSeq did not grow")
		s.respond(500, l.localTag, nil)
		return
	}
	if param(m.Get("From"), "tag") != l.remoteTag && l.state == up {
		p.complain(m.Method + ": From tag of another dialog")
		s.respond(481, l.localTag, nil)
		return
	}
	l.rseq = number
	switch m.Method {
	case "BYE":
		p.book.ByesIn++
		s.respond(200, l.localTag, nil)
		if l.state == calling || l.state == up {
			if l.server != nil {
				l.server.stop() // a 2xx whose ACK was lost needs no more repeats
			}
			l.end("them", m.Get("Reason"))
		}
	case "INVITE", "UPDATE":
		l.offeredBy(s)
	case "INFO":
		l.info(m)
		s.respond(200, l.localTag, nil)
	case "OPTIONS":
		s.respond(200, l.localTag, func(r *Message) { r.Add("Allow", allow) })
	default:
		s.respond(501, l.localTag, nil)
	}
}

// offeredBy answers a re-INVITE or UPDATE. While one of ours is open it is 491 (RFC 3261 §14.2).
func (l *leg) offeredBy(s *server) {
	m := s.req
	if l.state != up {
		s.respond(481, l.localTag, nil)
		return
	}
	if l.offering && (len(m.Body) > 0 || m.Method == "INVITE") {
		s.respond(491, l.localTag, nil)
		return
	}
	if contact := uriOf(m.Get("Contact")); contact != "" {
		l.target = contact // target refresh (§12.2.2)
	}
	var body []byte
	switch {
	case len(m.Body) > 0:
		before := l.media.remote.version
		if err := l.learn(m.Body); err != nil {
			s.respond(488, l.localTag, nil)
			return
		}
		if l.media.remote.version != before {
			l.rec.Offers++
		}
		body = l.media.answer(l.want)
	case m.Method == "INVITE":
		body = l.media.describe(l.want, false)
		s.onAck = func(ack *Message) {
			if ack != nil && l.media.conn != nil {
				l.accept(ack.Body)
			}
		}
	}
	if m.Method == "INVITE" {
		l.offered = s
	}
	s.respond(200, l.localTag, func(r *Message) {
		r.Add("Contact", l.p.uri())
		r.Add("Allow", allow)
		if timer := m.Get("Session-Expires"); timer != "" { // without it there would be no timer any more (RFC 4028 §7.2)
			l.rec.Refreshes++
			r.Add("Require", "timer")
			r.Add("Session-Expires", timer)
		}
		if body != nil {
			describe(r, body)
		}
	})
}

// info notes a key that came by INFO.
func (l *leg) info(m *Message) {
	body := strings.TrimSpace(string(m.Body))
	if strings.EqualFold(m.Get("Content-Type"), "application/dtmf-relay") {
		for line := range strings.SplitSeq(body, "\n") {
			if key, value, ok := strings.Cut(line, "="); ok && strings.EqualFold(strings.TrimSpace(key), "signal") {
				body = strings.TrimSpace(value)
			}
		}
	}
	if len(body) == 1 && strings.Contains(keys, body) {
		l.rec.Digits += body
	}
}

// reinvite offers our description with another direction.
func (l *leg) reinvite(dir direction) {
	if l.state != up {
		return
	}
	if l.offering || l.lateACK && !l.media.known { // an offer of ours is open
		l.p.in(100*time.Millisecond, func() { l.reinvite(dir) })
		return
	}
	l.want, l.offering = dir, true
	m := l.request("INVITE", l.remoteTag, 0)
	m.Add("Allow", allow)
	describe(m, l.media.describe(dir, true))
	number, tag := l.seq, l.remoteTag
	accepted := false
	l.p.send(m, l.next(), func(r *Message) {
		if r != nil && r.Status < 200 {
			return
		}
		if !accepted {
			l.offering = false
		}
		switch {
		case r == nil:
			l.hangup("") // §14.1: no answer at all ends the dialog
		case r.Status < 300:
			if contact := uriOf(r.Get("Contact")); contact != "" {
				l.target = contact
			}
			if !accepted && l.state == up {
				l.accept(r.Body)
			}
			accepted = true
			l.ack(tag, number, nil)
		case r.Status == 491:
			l.p.in(l.backoff(), func() {
				if l.want == dir {
					l.reinvite(dir)
				}
			})
		case r.Status == 481 || r.Status == 408:
			l.end("them", "the dialog is gone there")
		default:
			l.rec.Refused++
		}
	})
}

// backoff is the wait of §14.1 after a 491: the owner of the Call-ID waits the longer.
func (l *leg) backoff() time.Duration {
	d := time.Duration(l.p.chance.IntN(200)) * 10 * time.Millisecond
	if l.rec.Outgoing {
		d = 2100*time.Millisecond + time.Duration(l.p.chance.IntN(190))*10*time.Millisecond
	}
	return d
}
