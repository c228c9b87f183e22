package sim

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

const allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO"

// request handles a request that came.
func (p *Party) request(m *Message, from netip.AddrPort) {
	s := p.servers[serverKey(m, from)]
	switch {
	case m.Method == "ACK":
		p.acked(s, m)
	case s != nil: // a repeat (RFC 3261 §17.2)
		if s.last != nil {
			p.write(s.last, from)
		}
	case m.Method == "CANCEL":
		p.cancelled(m, from)
	case param(m.Get("To"), "tag") != "":
		p.inDialog(p.open(m, from))
	case m.Method == "OPTIONS":
		p.options(p.open(m, from))
	case m.Method == "INVITE":
		if !p.behave.Deaf {
			p.invited(p.open(m, from))
		}
	default:
		p.book.Strays++
		p.open(m, from).respond(501, p.token(), nil)
	}
}

func (p *Party) options(s *server) {
	p.book.Options++
	status := p.behave.Options
	if status == Never {
		return
	}
	if status == 0 {
		status = 200
	}
	s.respond(status, p.token(), func(r *Message) { r.Add("Allow", allow) })
}

// acked matches an ACK: of a refusal by its branch, of a 2xx by its dialog and CSeq.
func (p *Party) acked(s *server, m *Message) {
	if s != nil && s.status >= 300 {
		s.ack(m)
		return
	}
	l := p.find(m)
	if l == nil {
		p.book.Strays++
		return
	}
	number, _ := m.CSeq()
	for _, s := range []*server{l.server, l.offered} {
		if s == nil {
			continue
		}
		if n, _ := s.req.CSeq(); n == number && s.status/100 == 2 {
			s.ack(m)
			return
		}
	}
	p.book.Strays++
}

// invited is a new call.
func (p *Party) invited(s *server) {
	m := s.req
	if p.challenged(s) {
		return
	}
	l, err := p.newLeg(m.Get("Call-ID"), userOf(uriOf(m.Get("From"))), userOf(m.URI))
	if err != nil {
		s.respond(480, p.token(), nil)
		return
	}
	for _, fault := range []string{"Contact", "Allow"} {
		if m.Get(fault) == "" {
			p.complain("INVITE: no " + fault)
		}
	}
	b, ok := p.to[userOf(m.URI)]
	if !ok {
		b = p.behave
	}
	l.keys = b.Keys
	s.leg, l.server, l.rec.Invite, l.plays, l.via = l, s, m, b.Answers, s.from
	l.remoteTag, l.target, l.routes = param(m.Get("From"), "tag"), uriOf(m.Get("Contact")), splitAll(m.All("Record-Route"))
	l.self, l.peer = m.Get("To"), strings.TrimSpace(cutTag(m.Get("From")))
	l.rseq, _ = m.CSeq()
	l.watch()
	if len(m.Body) == 0 {
		l.lateACK = true
	} else if err := l.read(m.Body); err != nil {
		l.refuse(488)
		return
	}
	if len(b.Replies) == 0 {
		l.refuse(480)
		return
	}
	if b.Replies[0].After > 200*time.Millisecond {
		s.respond(100, "", nil)
	}
	for _, r := range b.Replies {
		if r.After <= 0 {
			l.reply(r, b)
			continue
		}
		p.in(r.After, func() { l.reply(r, b) })
	}
	if b.Late > 0 {
		l.dial.Cancel = b.Late // how long after a CANCEL it answers
	}
}

// read takes their offer without letting our sound go yet.
func (l *leg) read(offer []byte) error {
	d, err := readSDP(offer)
	if err != nil {
		l.p.complain(err.Error())
		return err
	}
	return l.media.learn(d)
}

// reply carries out one line of the behaviour, unless the call has ended or been answered meanwhile.
func (l *leg) reply(r Reply, b Behaviour) {
	if l.state != calling || l.server.status >= 200 {
		return
	}
	tag := l.localTag
	if r.Tag > 0 {
		tag += "." + strconv.Itoa(r.Tag)
	}
	switch {
	case r.Status >= 300:
		l.refuseWith(r.Status, tag, b.RetryAfter, r.Headers...)
	case r.Status >= 200:
		l.answer(tag, r.Headers...)
	default:
		l.server.respond(r.Status, tag, func(m *Message) {
			if r.Status > 100 {
				m.Add("Contact", l.p.uri())
			}
			if r.SDP && !l.lateACK {
				describe(m, l.answerSDP())
				l.sound()
			}
			m.Headers = append(m.Headers, r.Headers...)
		})
		l.ring(r.Status, true)
	}
}

// answerSDP is our answer to their first offer: the same in every response.
func (l *leg) answerSDP() []byte {
	if l.sdp == nil {
		l.sdp = l.media.answer(sendRecv)
	}
	return l.sdp
}

// sound lets our tone go.
func (l *leg) sound() {
	l.media.mute = l.plays.NoRTP
	l.media.play(l.plays.Hz)
	l.p.paced(l.media)
}

// answer is the 200. Its ACK may bring the answer to our offer, or never come.
func (l *leg) answer(tag string, headers ...Header) {
	l.state, l.localTag = up, tag
	l.rec.Answered, l.rec.Status = time.Now(), 200
	l.rec.code(200)
	l.server.onAck = func(m *Message) {
		switch {
		case m == nil:
			l.hangup("")
		case l.lateACK && l.media.conn != nil && !l.media.known: // an ACK that was late itself answers what is past
			if len(m.Body) == 0 {
				l.p.complain("the ACK to an offer in a 2xx has no answer")
				return
			}
			l.accept(m.Body)
		}
	}
	l.server.respond(200, tag, func(m *Message) {
		m.Add("Contact", l.p.uri())
		m.Add("Allow", allow)
		m.Headers = append(m.Headers, headers...)
		if l.lateACK {
			describe(m, l.media.describe(sendRecv, false))
			return
		}
		describe(m, l.answerSDP())
		l.sound()
	})
	l.watch()
	l.begin()
}

func (l *leg) refuse(status int) { l.refuseWith(status, l.localTag, 0) }

func (l *leg) refuseWith(status int, tag string, retryAfter int, headers ...Header) {
	l.rec.Status = status
	l.rec.code(status)
	l.server.respond(status, tag, func(m *Message) {
		if retryAfter > 0 {
			m.Add("Retry-After", strconv.Itoa(retryAfter))
		}
		m.Headers = append(m.Headers, headers...)
	})
	l.end("us", "")
}

// cancelled answers a CANCEL, and its INVITE with 487, or, as if they had crossed, late with 200.
func (p *Party) cancelled(m *Message, from netip.AddrPort) {
	s := p.open(m, from)
	invite := p.servers[m.Branch()+" INVITE "+from.String()]
	if invite == nil || invite.leg == nil {
		p.book.Strays++
		s.respond(481, p.token(), nil)
		return
	}
	l := invite.leg
	s.respond(200, l.localTag, nil)
	if l.state != calling {
		return
	}
	if late := l.dial.Cancel; late > 0 {
		p.in(late, func() {
			if l.state == calling {
				l.answer(l.localTag)
			}
		})
		return
	}
	l.hungUp("them", m.Get("Reason"))
	l.refuse(487)
}

// cutTag is a From or To value without its tag parameter.
func cutTag(value string) string {
	if i := strings.LastIndex(value, ";tag="); i >= 0 {
		rest := value[i+5:]
		if j := strings.IndexByte(rest, ';'); j >= 0 {
			return value[:i] + rest[j:]
		}
		return value[:i]
	}
	return value
}

// splitAll splits header values at the commas between them.
func splitAll(values []string) (all []string) {
	for _, v := range values {
		depth, start := 0, 0
		for i, r := range v {
			switch r {
			case '<':
				depth++
			case '>':
				depth--
			case ',':
				if depth == 0 {
					all = append(all, strings.TrimSpace(v[start:i]))
					start = i + 1
				}
			}
		}
		all = append(all, strings.TrimSpace(v[start:]))
	}
	return all
}
