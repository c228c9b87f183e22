package sim

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

type legState uint8

const (
	calling legState = iota // the INVITE has no final response
	up                      // answered
	ending                  // our BYE or CANCEL is out, or was never needed
	over
)

// leg is one dialog of a party, or the early dialogs of one INVITE.
type leg struct {
	p         *Party
	rec       Record
	state     legState
	localTag  string
	remoteTag string
	self      string // our From (or To) value without its tag, and theirs
	peer      string
	target    string   // their Contact
	routes    []string // route set (RFC 3261 §12.1)
	via       netip.AddrPort
	seq       uint32 // of our last request
	rseq      uint32 // of their last request
	invite    *client
	server    *server // of their INVITE
	media     *stream
	plays     Answers
	keys      []Keys // it presses, when it was called
	dial      Dial
	want      direction // sendRecv, or sendOnly while we hold them
	sdp       []byte    // our answer to their first offer
	lateACK   bool      // their INVITE had no offer: the answer comes in the ACK
	cancel    bool      // CANCEL as soon as a 1xx is there
	reason    string    // of that CANCEL
	offering  bool      // a re-INVITE of ours is open
	offered   *server   // a re-INVITE of theirs that waits for its ACK
	acks      map[string][]byte
	done      chan struct{}
}

func seq(n uint32, method string) string { return strconv.FormatUint(uint64(n), 10) + " " + method }

// newLeg adds a leg with its media socket to the party's.
func (p *Party) newLeg(callID, from, to string) (*leg, error) {
	conn, err := p.opt.Listen(netip.AddrPortFrom(p.addr.Addr(), 0))
	if err != nil {
		return nil, err
	}
	l := &leg{p: p, localTag: p.token(), want: sendRecv, acks: map[string][]byte{}, done: make(chan struct{})}
	l.rec = Record{CallID: callID, From: from, To: to, Placed: time.Now(), Alive: true}
	l.media = &stream{
		plays: &l.plays,
		conn:  conn, local: local(conn), session: p.chance.Uint64() >> 8, version: 1, codecs: []Codec{PCMA, PCMU}, event: 101, sendEv: -1,
		dir: sendRecv, ssrc: p.chance.Uint32(), seq: uint16(p.chance.Uint32()), ts: p.chance.Uint32(), rec: &l.rec,
		ear: listener{tones: p.opt.Tones, last: nothing},
	}
	p.read(conn, l.media)
	p.legs = append(p.legs, l)
	return l, nil
}

func (l *leg) watch() {
	if l.p.opt.Watch != nil {
		l.p.opt.Watch(l.rec.copy())
	}
}

func (l *leg) closeMedia() {
	if l.media.conn != nil {
		l.media.gap(time.Now())
		_ = l.media.conn.Close() // nothing of it is needed any more
		l.media.conn = nil
	}
}

// hungUp notes the end as people live it; the dialog may have a last word to say.
func (l *leg) hungUp(by, reason string) {
	if l.rec.Ended.IsZero() {
		l.rec.Ended, l.rec.EndedBy, l.rec.Reason = time.Now(), by, reason
	}
	l.closeMedia()
}

// end is the end of the dialog.
func (l *leg) end(by, reason string) {
	if l.state == over {
		return
	}
	l.hungUp(by, reason)
	l.state, l.rec.Alive = over, false
	close(l.done)
	l.watch()
}

// find gives the leg that a request in a dialog belongs to.
func (p *Party) find(m *Message) *leg {
	tag := param(m.Get("To"), "tag")
	for _, l := range slices.Backward(p.legs) {
		if l.rec.CallID == m.Get("Call-ID") && (l.localTag == tag || strings.HasPrefix(tag, l.localTag+".")) {
			return l
		}
	}
	return nil
}

// ring notes a 18x.
func (l *leg) ring(status int, first bool) {
	l.rec.code(status)
	if status < 180 || !first {
		return
	}
	l.rec.Rings++
	if l.rec.Rang.IsZero() {
		l.rec.Rang = time.Now()
		l.watch()
	}
}

// request makes a request in the dialog with tag (RFC 3261 §12.2.1.1). seq 0 takes the next number.
func (l *leg) request(method, tag string, number uint32) *Message {
	if number == 0 {
		l.seq++
		number = l.seq
	}
	m := &Message{Method: method, URI: l.target}
	l.p.head(m)
	for _, r := range l.routes {
		m.Add("Route", r)
	}
	m.Add("From", l.self+";tag="+l.localTag)
	m.Add("To", l.peer+";tag="+tag)
	m.Add("Call-ID", l.rec.CallID)
	m.Add("CSeq", seq(number, method))
	if method == "INVITE" || method == "UPDATE" {
		m.Add("Contact", l.p.uri())
	}
	return m
}

// head starts a request.
func (p *Party) head(m *Message) {
	m.Add("Via", "SIP/2.0/UDP "+p.addr.String()+";branch=z9hG4bK"+p.token()+";rport")
	m.Add("Max-Forwards", "70")
}

// next is where requests of the dialog go: the first route, else the target, else where the first message went.
func (l *leg) next() netip.AddrPort {
	uri := l.target
	if len(l.routes) > 0 {
		uri = uriOf(l.routes[0])
	}
	if a, ok := addrOf(uri); ok {
		return a
	}
	return l.via
}

// describe puts a description into a message.
func describe(m *Message, sdp []byte) {
	m.Add("Content-Type", "application/sdp")
	m.Body = sdp
}

// learn takes the other side's description, and lets our sound go.
func (l *leg) learn(body []byte) error {
	d, err := readSDP(body)
	if err != nil {
		l.p.complain(err.Error())
		return err
	}
	if err := l.media.learn(d); err != nil {
		return err
	}
	l.media.play(l.plays.Hz)
	l.media.mute = l.plays.NoRTP
	l.p.paced(l.media)
	return nil
}

// accept takes the answer to an offer of ours, and complains of one that does not answer it (RFC 3264 §6).
func (l *leg) accept(body []byte) {
	if err := l.learn(body); err != nil {
		return
	}
	d := l.media.remote
	if d.lines != 1 {
		l.p.complain("an answer with another number of streams than the offer")
	}
	for _, pt := range d.payloads {
		if pt != l.media.event && !slices.Contains(l.media.codecs, Codec(pt)) {
			l.p.complain("an answer with payload type " + strconv.Itoa(pt) + ", which was not offered")
		}
	}
	if d.direction.sends() && !l.media.dir.receives() || d.direction.receives() && !l.media.dir.sends() {
		l.p.complain("the answer to " + string(l.media.dir) + " was " + string(d.direction))
	}
}

// ack acknowledges the 2xx of the far dialog tag, again with the same bytes for each repeat.
func (l *leg) ack(tag string, number uint32, answer []byte) {
	key := tag + " " + strconv.FormatUint(uint64(number), 10)
	if l.acks[key] == nil {
		m := l.request("ACK", tag, number)
		if answer != nil {
			describe(m, answer)
		}
		l.acks[key] = m.Bytes()
	}
	l.p.write(l.acks[key], l.next())
}

// bye ends the far dialog tag. The leg is over when the BYE is answered, or never will be.
func (l *leg) bye(tag, reason string, more ...Header) {
	m := l.request("BYE", tag, 0)
	l.p.book.ByesOut++
	if reason != "" {
		m.Add("Reason", reason)
	}
	for _, h := range more {
		m.Add(h.Name, h.Value)
	}
	l.p.send(m, l.next(), func(r *Message) {
		switch {
		case r == nil:
			l.end("us", "no answer to BYE")
		case r.Status >= 200:
			l.end("us", reason)
		}
	})
}

// tell sends a request that says something.
func (l *leg) tell(t Tell) {
	if t.Method == "BYE" {
		l.state = ending
		l.hungUp("us", "")
		l.bye(l.remoteTag, "", t.Header)
		return
	}
	m := l.request(t.Method, l.remoteTag, 0)
	m.Add(t.Header.Name, t.Header.Value)
	l.p.send(m, l.next(), func(*Message) {})
}

// hangup ends an answered call, or cancels one that is not.
func (l *leg) hangup(reason string) {
	switch {
	case l.state == up:
		l.state = ending
		l.hungUp("us", reason)
		l.bye(l.remoteTag, reason)
	case l.state == calling && l.rec.Outgoing:
		l.cancelNow(reason)
	case l.state == calling:
		l.refuse(480)
	}
}
