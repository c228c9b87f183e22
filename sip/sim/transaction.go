package sim

import (
	"net/netip"
	"time"
)

// The timers of RFC 3261 §17.1.1.1.
const (
	t1    = 500 * time.Millisecond
	t2    = 4 * time.Second
	limit = 64 * t1
)

// client is a request of ours and what came back (RFC 3261 §17.1).
type client struct {
	p      *Party
	req    *Message
	to     netip.AddrPort
	data   []byte
	wait   time.Duration
	again  *alarm
	limit  *alarm
	heard  bool
	status int    // final
	ack    []byte // of a refusal
	on     func(*Message)
}

func clientKey(branch, method string) string { return branch + " " + method }

// send starts a transaction; on is told of every response, and nil when none came in 64*T1.
func (p *Party) send(req *Message, to netip.AddrPort, on func(*Message)) *client {
	c := &client{p: p, req: req, to: to, data: req.Bytes(), wait: t1, on: on}
	key := clientKey(req.Branch(), req.Method)
	p.clients[key] = c
	p.write(c.data, to)
	c.again = p.in(t1, c.repeat)
	c.limit = p.in(limit, func() {
		c.again.stop()
		if c.status == 0 && (!c.heard || req.Method != "INVITE") {
			delete(p.clients, key)
			on(nil)
		}
	})
	return c
}

// repeat is Timer A or E.
func (c *client) repeat() {
	c.p.write(c.data, c.to)
	c.wait *= 2
	if c.req.Method != "INVITE" {
		c.wait = min(c.wait, t2)
	}
	c.again = c.p.in(c.wait, c.repeat)
}

func (c *client) stop() {
	c.again.stop()
	c.limit.stop()
}

// give up a request that will not be answered any more, as after a CANCEL (RFC 3261 §9.1).
func (c *client) giveUp() {
	if c.status == 0 {
		c.stop()
		delete(c.p.clients, clientKey(c.req.Branch(), c.req.Method))
		c.on(nil)
	}
}

// response finds the request that m answers.
func (p *Party) response(m *Message) {
	_, method := m.CSeq()
	c := p.clients[clientKey(m.Branch(), method)]
	if c == nil {
		p.book.Strays++
		return
	}
	for _, name := range []string{"Call-ID", "CSeq", "From"} {
		if m.Get(name) != c.req.Get(name) {
			p.complain(m.Summary() + ": " + name + " came back as " + m.Get(name))
		}
	}
	if method == "INVITE" {
		c.heard = true
		c.again.stop()
	}
	if m.Status < 200 {
		if c.status == 0 {
			c.on(m)
		}
		return
	}
	repeated := c.status != 0
	if !repeated {
		c.status = m.Status
		c.stop()
		p.in(limit, func() { delete(p.clients, clientKey(m.Branch(), method)) })
	}
	if method == "INVITE" && m.Status >= 300 {
		if c.ack == nil {
			c.ack = c.ackRefusal(m).Bytes()
		}
		p.write(c.ack, c.to)
	}
	if !repeated || method == "INVITE" && m.Status < 300 {
		c.on(m) // each 2xx to an INVITE is the user's to acknowledge (§13.2.2.4)
	}
}

// ackRefusal is the ACK of §17.1.1.3.
func (c *client) ackRefusal(m *Message) *Message {
	ack := &Message{Method: "ACK", URI: c.req.URI}
	for _, name := range []string{"Via", "Max-Forwards", "From"} {
		ack.Add(name, c.req.Get(name))
	}
	for _, r := range c.req.All("Route") {
		ack.Add("Route", r)
	}
	ack.Add("To", m.Get("To"))
	ack.Add("Call-ID", c.req.Get("Call-ID"))
	n, _ := c.req.CSeq()
	ack.Add("CSeq", seq(n, "ACK"))
	return ack
}

// server is a request that came and what we say to it (RFC 3261 §17.2).
type server struct {
	p      *Party
	req    *Message
	from   netip.AddrPort
	last   []byte
	status int
	wait   time.Duration
	again  *alarm
	limit  *alarm
	acked  bool
	leg    *leg
	onAck  func(*Message) // ACK of a 2xx; nil: 64*T1 without one
}

func serverKey(m *Message, from netip.AddrPort) string {
	method := m.Method
	if method == "ACK" {
		method = "INVITE"
	}
	return m.Branch() + " " + method + " " + from.String()
}

// open makes the server transaction of a new request; it is forgotten 64*T1 after its end.
func (p *Party) open(m *Message, from netip.AddrPort) *server {
	s := &server{p: p, req: m, from: from}
	p.servers[serverKey(m, from)] = s
	return s
}

// respond sends a response and repeats it as long as that is due: a final one to an INVITE until its ACK.
func (s *server) respond(status int, tag string, fill func(*Message)) {
	r := &Message{Status: status, Phrase: phrase(status)}
	for _, name := range []string{"Via", "Record-Route", "From"} {
		for _, v := range s.req.All(name) {
			r.Add(name, v)
		}
	}
	to := s.req.Get("To")
	if param(to, "tag") == "" && status > 100 {
		to += ";tag=" + tag
	}
	r.Add("To", to)
	r.Add("Call-ID", s.req.Get("Call-ID"))
	r.Add("CSeq", s.req.Get("CSeq"))
	if fill != nil {
		fill(r)
	}
	s.last, s.status = r.Bytes(), status
	s.p.write(s.last, s.from)
	if status < 200 {
		return
	}
	if s.req.Method != "INVITE" {
		s.p.in(limit, s.forget)
		return
	}
	s.wait = t1
	s.again = s.p.in(t1, s.repeat)
	s.limit = s.p.in(limit, func() {
		s.again.stop()
		if s.onAck != nil {
			s.onAck(nil)
		}
		s.p.in(limit, s.forget)
	})
}

func (s *server) repeat() {
	s.p.write(s.last, s.from)
	s.wait = min(2*s.wait, t2)
	s.again = s.p.in(s.wait, s.repeat)
}

func (s *server) stop() {
	s.again.stop()
	s.limit.stop()
}

// ack ends the repeats.
func (s *server) ack(m *Message) {
	if s.acked || s.status < 200 {
		return
	}
	s.acked = true
	s.stop()
	s.p.in(limit, s.forget)
	if s.status < 300 && s.onAck != nil {
		s.onAck(m)
	}
}

func (s *server) forget() { delete(s.p.servers, serverKey(s.req, s.from)) }
