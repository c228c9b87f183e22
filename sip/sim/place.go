package sim

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Dial is a call to place.
type Dial struct {
	To, From string         // user parts of the Request-URI and From: numbers
	Via      netip.AddrPort // where the INVITE goes
	Late     bool           // no offer in the INVITE
	Codecs   []Codec        // offered, best first; nil: PCMA, PCMU
	Event    int            // payload type of telephone-event; 0: 101, -1: none
	Plays    Answers        // its tone, and when it hangs up, holds, … counted from the answer. Drop is for parties that take calls
	Cancel   time.Duration  // since the INVITE; 0: never. After an answer it hangs up
	Keys     []Keys
	Headers  []Header // added to the INVITE
	Hears    func(Heard)
}

// Keys are pressed After the answer: as RFC 4733 events, or as sound where those were not agreed. Held is how long each is, 100 ms
// at the least.
type Keys struct {
	After  time.Duration
	Digits string
	Held   time.Duration
}

// Heard is one RTP packet that came, told of on the party's goroutine: who is told must not block, and must not keep the payload.
type Heard struct {
	At      time.Time
	Type    int // payload type
	Marker  bool
	Seq     uint16
	Time    uint32
	Payload []byte
}

// Call is a call that was placed.
type Call struct{ leg *leg }

// Place places a call. It fails when no media socket can be opened.
func (p *Party) Place(d Dial) (c *Call, err error) {
	p.do(func() {
		var l *leg
		if p.conn == nil {
			err = fmt.Errorf("party %s cannot call: it is not running", p.opt.Name)
		} else if l, err = p.place(d); err == nil {
			c = &Call{l}
		}
	})
	return c, err
}

// Done is closed once the call is over on this side.
func (c *Call) Done() <-chan struct{} { return c.leg.done }

// Record is a copy of what is known of it now.
func (c *Call) Record() (r Record) {
	c.leg.p.do(func() { r = c.leg.rec.copy() })
	return r
}

// Hangup ends it with BYE, or with CANCEL while it is not answered. reason is the Reason header; "" is none.
func (c *Call) Hangup(reason string) { c.leg.p.do(func() { c.leg.hangup(reason) }) }

// Press presses keys, 200 ms each.
func (c *Call) Press(digits string) { c.leg.p.do(func() { c.leg.media.key(Keys{Digits: digits}) }) }

// PressInfo sends one key by INFO (application/dtmf-relay).
func (c *Call) PressInfo(digit byte) {
	c.leg.p.do(func() {
		l := c.leg
		if l.state != up {
			return
		}
		m := l.request("INFO", l.remoteTag, 0)
		m.Add("Content-Type", "application/dtmf-relay")
		m.Body = []byte("Signal=" + string(digit) + "\r\nDuration=160\r\n")
		l.p.send(m, l.next(), func(*Message) {})
	})
}

// Hold and Resume send a re-INVITE.
func (c *Call) Hold() { c.leg.p.do(func() { c.leg.reinvite(sendOnly) }) }

// Resume ends a Hold.
func (c *Call) Resume() { c.leg.p.do(func() { c.leg.reinvite(sendRecv) }) }

// Ask sends OPTIONS and waits for the answer: its status, or 0 when none came in 32 s or the party has ended.
func (p *Party) Ask(to netip.AddrPort) int {
	answer := make(chan int, 1)
	p.do(func() {
		uri := "sip:" + to.String()
		m := &Message{Method: "OPTIONS", URI: uri}
		p.head(m)
		m.Add("From", "<sip:"+p.opt.Name+"@"+p.addr.Addr().String()+">;tag="+p.token())
		m.Add("To", "<"+uri+">")
		m.Add("Call-ID", p.token())
		m.Add("CSeq", seq(1, "OPTIONS"))
		m.Add("Contact", p.uri())
		p.send(m, to, func(r *Message) {
			switch {
			case r == nil:
				answer <- 0
			case r.Status >= 200:
				answer <- r.Status
			}
		})
	})
	select {
	case status := <-answer:
		return status
	case <-p.over:
		return 0
	}
}

func (p *Party) place(d Dial) (*leg, error) {
	l, err := p.newLeg(p.token()+"@"+p.addr.Addr().String(), d.From, d.To)
	if err != nil {
		return nil, err
	}
	l.dial, l.plays, l.via, l.rec.Outgoing = d, d.Plays, d.Via, true
	l.media.hears = d.Hears
	if d.Codecs != nil {
		l.media.codecs = d.Codecs
	}
	if d.Event != 0 {
		l.media.event = d.Event
	}
	l.target = "sip:" + d.To + "@" + d.Via.String()
	l.self, l.peer = "<sip:"+d.From+"@"+p.addr.Addr().String()+">", "<sip:"+d.To+"@"+d.Via.Addr().String()+">"
	l.seq = 1
	m := &Message{Method: "INVITE", URI: l.target}
	p.head(m)
	m.Add("From", l.self+";tag="+l.localTag)
	m.Add("To", l.peer)
	m.Add("Call-ID", l.rec.CallID)
	m.Add("CSeq", seq(1, "INVITE"))
	m.Add("Contact", p.uri())
	m.Add("Allow", allow)
	m.Headers = append(m.Headers, d.Headers...)
	if !d.Late {
		describe(m, l.media.describe(sendRecv, false))
	}
	l.rec.Invite = m
	l.watch()
	l.invite = p.send(m, d.Via, l.inviteResponse)
	if d.Cancel > 0 {
		p.in(d.Cancel, func() { l.hangup("") })
	}
	return l, nil
}

// inviteResponse is told of every response to the first INVITE.
func (l *leg) inviteResponse(m *Message) {
	if m == nil {
		l.end("", "no answer to INVITE")
		return
	}
	tag := param(m.Get("To"), "tag")
	switch {
	case m.Status < 200:
		first := l.rec.Rang.IsZero() || tag != l.remoteTag || !slices.Contains(l.rec.Codes, m.Status)
		l.ring(m.Status, first)
		if tag != "" {
			l.remoteTag = tag
		}
		if len(m.Body) > 0 && !l.dial.Late && l.state == calling {
			l.accept(m.Body)
		}
		if l.cancel {
			l.cancelNow(l.reason)
		}
	case m.Status < 300:
		l.answered(m, tag)
	default:
		l.rec.code(m.Status)
		l.rec.Status = m.Status
		l.end("", m.Get("Reason"))
	}
}

// answered takes a 2xx: the first makes the call, a repeat gets its ACK, one of another far dialog gets ACK and BYE.
func (l *leg) answered(m *Message, tag string) {
	l.rec.code(m.Status)
	switch {
	case l.acks[tag+" 1"] != nil:
		l.ack(tag, 1, nil)
		return
	case !l.rec.Answered.IsZero() || l.state == over: // a second far dialog: one call is enough (RFC 3261 §13.2.2.4)
		l.ack(tag, 1, nil)
		l.p.book.ByesOut++
		l.p.send(l.request("BYE", tag, 0), l.next(), func(*Message) {})
		return
	}
	l.remoteTag, l.target = tag, uriOf(m.Get("Contact"))
	l.routes = reversed(m.All("Record-Route"))
	l.rec.Status = m.Status
	if l.state == ending || l.cancel { // it crossed our CANCEL
		l.state = ending
		var answer []byte
		if l.dial.Late && l.learn(m.Body) == nil {
			answer = l.media.answer(inactive)
		}
		l.ack(tag, 1, answer)
		l.bye(tag, "")
		return
	}
	l.state, l.rec.Answered = up, time.Now()
	l.watch()
	var answer []byte
	switch {
	case l.dial.Late:
		if err := l.learn(m.Body); err != nil {
			l.p.complain("the 2xx to an INVITE without an offer has none either: " + err.Error())
			break
		}
		answer = l.media.answer(sendRecv)
	case len(m.Body) > 0:
		l.accept(m.Body)
	default:
		l.p.complain("a 2xx without an answer")
	}
	l.ack(tag, 1, answer)
	l.begin()
}

// begin sets the alarms of what the call does once it is answered.
func (l *leg) begin() {
	at := func(d time.Duration, f func()) {
		if d > 0 {
			l.p.in(d, func() {
				if l.state == up {
					f()
				}
			})
		}
	}
	at(l.plays.Hangup, func() { l.hangup(l.plays.Reason) })
	at(l.plays.Quiet, func() { l.media.mute = true })
	for _, one := range l.plays.Tells {
		at(one.After, func() { l.tell(one) })
	}
	at(l.plays.Hold, func() { l.reinvite(sendOnly) })
	at(l.plays.Resume, func() { l.reinvite(sendRecv) })
	at(l.plays.Drop, func() { l.p.behave.Silent = true })
	keys := l.dial.Keys
	if !l.rec.Outgoing {
		keys = l.keys
	}
	for _, k := range keys {
		at(max(k.After, 1), func() { l.media.key(k) })
	}
}

// cancelNow sends CANCEL, or waits for the 1xx that must come before it (RFC 3261 §9.1).
func (l *leg) cancelNow(reason string) {
	l.cancel, l.reason = true, reason
	l.hungUp("us", reason)
	if l.state != calling || !l.invite.heard {
		return
	}
	l.state = ending
	req := l.invite.req
	m := &Message{Method: "CANCEL", URI: req.URI}
	for _, name := range []string{"Via", "Max-Forwards", "From", "To", "Call-ID"} {
		m.Add(name, req.Get(name))
	}
	n, _ := req.CSeq()
	m.Add("CSeq", seq(n, "CANCEL"))
	if reason != "" {
		m.Add("Reason", reason)
	}
	l.p.send(m, l.via, func(*Message) {})
	l.p.in(limit, l.invite.giveUp)
}

func reversed(routes []string) []string {
	all := splitAll(routes)
	slices.Reverse(all)
	return all
}
