//go:build linux

package main

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// phone places calls from one socket: as much SIP as that takes, and no more.
type phone struct {
	sock *socket
	to   netip.AddrPort
	mu   sync.Mutex
	all  map[string]*dialled // by Call-ID
}

// dialled is one call of a phone. Times are since 1970; 0 is never.
type dialled struct {
	index                int
	id, number           string
	sent, rang, answered time.Duration
	status               int // the last final answer to INVITE
	media                netip.AddrPort
	toLine, contact      string
	ended                bool
	invite               []byte
	routes               string
	retransmitted        int
}

// newPhone opens a phone at ip that sends its calls to another address.
func newPhone(ip string, to netip.AddrPort) (*phone, error) {
	sock, err := open(ip, 0)
	if err != nil {
		return nil, err
	}
	p := &phone{sock: sock, to: to, all: map[string]*dialled{}}
	sock.receive(p.received)
	return p, nil
}

func (p *phone) close() { p.sock.close() }

// dial sends the INVITE of call index to number; the voice is wanted at media, in one direction ("sendrecv", "recvonly").
func (p *phone) dial(index int, number string, media netip.AddrPort, direction string) *dialled {
	d := &dialled{index: index, number: number, id: fmt.Sprintf("%d-%d@%s", index, p.sock.addr.Port(), p.sock.addr.Addr())}
	sdp := sessionDescription(media, direction)
	d.invite = []byte(p.head(d, "INVITE", 1, d.uri(p), "") +
		fmt.Sprintf("Contact: <sip:phone@%s>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", p.sock.addr, len(sdp), sdp))
	p.mu.Lock()
	p.all[d.id] = d
	d.sent = now()
	p.mu.Unlock()
	p.sock.send(p.to, d.invite)
	return d
}

func (d *dialled) uri(p *phone) string { return fmt.Sprintf("sip:%s@%s", d.number, p.to) }

// head is the start of a request, up to what only some requests have.
func (p *phone) head(d *dialled, method string, cseq int, uri, to string) string {
	if to == "" {
		to = "<" + d.uri(p) + ">"
	}
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d-%s-%d\r\n%sFrom: <sip:+316%08d@%s>;tag=p%d\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nMax-Forwards: 70\r\n",
		method, uri, p.sock.addr, d.index, strings.ToLower(method), p.sock.addr.Port(), d.routes, 70_000_000+d.index, p.sock.addr.Addr(), d.index, to, d.id, cseq, method)
}

func sessionDescription(media netip.AddrPort, direction string) string {
	return fmt.Sprintf("v=0\r\no=phone 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na=%s\r\n",
		media.Addr(), media.Addr(), media.Port(), direction)
}

// received handles one message from the far end.
func (p *phone) received(in datagram) {
	m := parseSIP(string(in.data))
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.all[m.head("call-id")]
	switch {
	case m.method != "": // a BYE, a re-INVITE: agreed
		p.sock.send(in.from, []byte(m.reply("200 OK", "", "", "")))
	case d == nil || m.status < 180:
	case strings.HasSuffix(m.head("cseq"), "BYE"):
		d.ended = true
	case m.status < 200:
		if d.rang == 0 {
			d.rang = in.at
		}
	default:
		if d.status == 0 {
			d.status, d.answered = m.status, in.at
			d.toLine, d.media, d.contact = m.head("to"), m.media(), uriOf(m.head("contact"))
			for _, r := range m.routes {
				d.routes = "Route: " + r + "\r\n" + d.routes
			}
		}
		uri := d.contact
		if m.status >= 300 || uri == "" {
			uri = d.uri(p)
		}
		p.sock.send(p.to, []byte(p.head(d, "ACK", 1, uri, d.toLine)+"Content-Length: 0\r\n\r\n"))
	}
}

// each gives the calls to do, one at a time while none of them changes.
func (p *phone) each(do func(*dialled)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.all {
		do(d)
	}
}

// settled waits until every call has its final answer, and sends the INVITE again where none came for half a second.
func (p *phone) settled(ctx context.Context, most time.Duration) error {
	left := 0
	err := eventually(ctx, most, "every call is answered", func() bool {
		left = 0
		p.each(func(d *dialled) {
			if d.status != 0 {
				return
			}
			left++
			if since := now() - d.sent; d.rang == 0 && since > time.Duration(1+d.retransmitted)*500*time.Millisecond {
				d.retransmitted++
				p.sock.send(p.to, d.invite)
			}
		})
		return left == 0
	})
	if err != nil {
		return fmt.Errorf("%w (%d are not)", err, left)
	}
	bad := 0
	p.each(func(d *dialled) {
		if d.status != 200 {
			bad = d.status
		}
	})
	if bad != 0 {
		return fmt.Errorf("a call was refused with %d", bad)
	}
	return nil
}

// dialAll places n calls, rate a second, and waits until all are answered. It gives them by index.
func (p *phone) dialAll(ctx context.Context, n, rate int, number string, media netip.AddrPort, direction string) ([]*dialled, error) {
	calls := make([]*dialled, n)
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for i := range n {
		calls[i] = p.dial(i, number, media, direction)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return calls, p.settled(ctx, 15*time.Second)
}

// hangUp ends all calls that were answered, a few at a time, and waits a while until the far end has agreed.
func (p *phone) hangUp(ctx context.Context) error {
	for range 4 {
		left := 0
		p.each(func(d *dialled) {
			if d.status == 200 && !d.ended {
				left++
				p.sock.send(p.to, []byte(p.head(d, "BYE", 2, d.contact, d.toLine)+"Content-Length: 0\r\n\r\n"))
				if left%50 == 0 {
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
		if left == 0 {
			return nil
		}
		if err := pause(ctx, 500*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// desk answers calls from one socket, at once, and wants their voice at one address.
type desk struct {
	sock  *socket
	media netip.AddrPort
	mu    sync.Mutex
	all   map[string]netip.AddrPort // where the caller's voice is wanted, by the caller's number
}

func newDesk(ip string, media netip.AddrPort) (*desk, error) {
	sock, err := open(ip, 5060)
	if err != nil {
		return nil, err
	}
	d := &desk{sock: sock, media: media, all: map[string]netip.AddrPort{}}
	sock.receive(d.received)
	return d, nil
}

func (d *desk) close() { d.sock.close() }

func (d *desk) received(in datagram) {
	m := parseSIP(string(in.data))
	switch m.method {
	case "", "ACK":
	case "INVITE":
		d.mu.Lock()
		if !strings.Contains(m.head("to"), ";tag=") {
			d.all[userOf(m.head("from"))] = m.media()
		}
		d.mu.Unlock()
		d.sock.send(in.from, []byte(m.reply("200 OK", "desk", d.sock.addr.String(), sessionDescription(d.media, "sendrecv"))))
	default:
		d.sock.send(in.from, []byte(m.reply("200 OK", "desk", "", "")))
	}
}

// caller gives where the voice of the call with this index (see phone.dial) is wanted on the answering side.
func (d *desk) caller(index int) (netip.AddrPort, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, ok := d.all[fmt.Sprintf("+316%08d", 70_000_000+index)]
	return a, ok
}

// sipMessage is a SIP message, as far as a phone and a desk look at it.
type sipMessage struct {
	method string // empty: a response
	status int
	heads  map[string]string // the first of each, by its long name in lower case
	vias   []string
	routes []string // Record-Route, from the top
	body   string
}

var longNames = map[string]string{"i": "call-id", "f": "from", "t": "to", "v": "via", "m": "contact", "l": "content-length", "c": "content-type"}

func parseSIP(text string) sipMessage {
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	m := sipMessage{heads: map[string]string{}, body: body}
	if rest, ok := strings.CutPrefix(lines[0], "SIP/2.0 "); ok {
		code, _, _ := strings.Cut(rest, " ")
		m.status, _ = strconv.Atoi(code) // 0: it is ignored
	} else {
		m.method, _, _ = strings.Cut(lines[0], " ")
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if long := longNames[name]; long != "" {
			name = long
		}
		switch name {
		case "via":
			m.vias = append(m.vias, value)
		case "record-route":
			m.routes = append(m.routes, value)
		default:
			if _, ok := m.heads[name]; !ok {
				m.heads[name] = value
			}
		}
	}
	return m
}

func (m sipMessage) head(name string) string { return m.heads[name] }

// reply is a response to a request; tag is put behind To where it has none.
func (m sipMessage) reply(status, tag, contact, sdp string) string {
	var b strings.Builder
	b.WriteString("SIP/2.0 " + status + "\r\n")
	for _, via := range m.vias {
		b.WriteString("Via: " + via + "\r\n")
	}
	for _, r := range m.routes {
		b.WriteString("Record-Route: " + r + "\r\n")
	}
	to := m.head("to")
	if tag != "" && !strings.Contains(to, ";tag=") {
		to += ";tag=" + tag
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n", m.head("from"), to, m.head("call-id"), m.head("cseq"))
	if contact != "" {
		fmt.Fprintf(&b, "Contact: <sip:desk@%s>\r\n", contact)
	}
	if sdp != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(sdp), sdp)
	return b.String()
}

// media reads where a session description wants its voice; zero when it does not say.
func (m sipMessage) media() netip.AddrPort { return mediaOf(m.body) }

func mediaOf(sdp string) (a netip.AddrPort) {
	var ip netip.Addr
	port := 0
	for line := range strings.Lines(sdp) {
		field := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "c=") && len(field) == 3:
			ip, _ = netip.ParseAddr(field[2]) // the zero address: it does not say
		case strings.HasPrefix(line, "m=audio ") && len(field) > 1 && port == 0:
			port, _ = strconv.Atoi(field[1])
		}
	}
	if !ip.IsValid() || port < 1 || port > 65535 {
		return a
	}
	return netip.AddrPortFrom(ip, uint16(port))
}

// uriOf is the URI of a Contact.
func uriOf(contact string) string {
	if _, rest, ok := strings.Cut(contact, "<"); ok {
		uri, _, _ := strings.Cut(rest, ">")
		return uri
	}
	uri, _, _ := strings.Cut(contact, ";")
	return uri
}

// userOf is the user of a From or To.
func userOf(address string) string {
	uri := uriOf(address)
	_, uri, _ = strings.Cut(uri, ":")
	user, _, _ := strings.Cut(uri, "@")
	return user
}
