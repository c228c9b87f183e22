package sip

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"

	"wissel"
	"wissel/sip/call"
	"wissel/sip/transaction"
	"wissel/sip/transport"
)

// A dialog is the state of RFC 3261 §12: what our next request within it says, and where it goes.
type dialog struct {
	leg       *leg
	localTag  string
	remoteTag string
	local     string   // From value of our requests, with our tag
	remote    string   // To value of our requests, with the peer's tag
	target    string   // remote target: the URI of the peer's Contact
	routes    []string // route set, in the order of our requests: "<sip:…;lr>"
	localSeq  uint32
	remoteSeq uint32
	path      transport.Path
	contact   wissel.Address // where target or the first route points; zero: a name
	confirmed bool
	bye       bool   // BYE was sent or came: nothing more is sent
	ended     bool   // and it was answered
	proved    bool   // its BYE has been given credentials
	ack       []byte // the last ACK of a 2xx, sent again for each copy of it
	ackSeq    uint32
	ackBody   bool // it has one: the answer to an offer that came in the 2xx
}

// newServerDialog makes the dialog of a leg that invited us (§12.1.1).
func (s *shard) newServerDialog(l *leg, h *head) *dialog {
	d := &dialog{leg: l, remoteTag: string(h.fromTag()), remote: string(h.from), local: string(h.to), remoteSeq: h.cseq, path: l.path}
	s.target(d, h)
	for i := range h.fields {
		if h.fields[i].id == fieldRecordRoute {
			d.routes = appendList(d.routes, h.fields[i].value)
		}
	}
	s.aim(d)
	return d
}

// farDialog finds or makes the dialog of a response to our INVITE (§12.1.2).
func (s *shard) farDialog(l *leg, h *head) *dialog {
	tag := string(h.toTag())
	d := l.far(tag)
	if d == nil { // the first far tag takes the dialog that the INVITE began
		if d = l.far(""); d == nil {
			d = &dialog{leg: l, localTag: l.dialogs[0].localTag, localSeq: l.seq}
			l.dialogs = append(l.dialogs, d)
		}
		d.remoteTag, d.path = tag, l.path
	} else if d.confirmed {
		return d
	}
	s.learn(d, h)
	s.aim(d)
	return d
}

// learn takes from a response to our INVITE what requests within its dialog say.
func (s *shard) learn(d *dialog, h *head) {
	d.local, d.remote = string(h.from), string(h.to)
	d.routes = d.routes[:0]
	for i := range h.fields {
		if h.fields[i].id == fieldRecordRoute {
			d.routes = appendList(d.routes, h.fields[i].value)
		}
	}
	for i, j := 0, len(d.routes)-1; i < j; i, j = i+1, j-1 {
		d.routes[i], d.routes[j] = d.routes[j], d.routes[i]
	}
	s.target(d, h)
}

// target takes the remote target from a message that may refresh it (§12.2).
func (s *shard) target(d *dialog, h *head) {
	if v := h.get(fieldContact); v != nil {
		one, _ := cutComma(v)
		if uri, _ := addrOf(one); len(uri) > 0 && !bytes.ContainsAny(uri, " \t\"<>*") {
			d.target = string(uri)
		}
	}
}

// appendList appends the values of a comma-separated header line.
func appendList(list []string, v []byte) []string {
	for len(v) > 0 {
		var one []byte
		if one, v = cutComma(v); len(one) > 0 {
			list = append(list, string(one))
		}
	}
	return list
}

// aim finds where requests of d go: the first route, else the remote target (§12.2.1.1). A host that is a name is not
// looked up: then requests go where the dialog's first message came from or went to. A connection that leads there is used.
func (s *shard) aim(d *dialog) {
	uri := d.target
	if len(d.routes) > 0 {
		if u, _ := addrOf([]byte(d.routes[0])); u != nil {
			uri = string(u)
		}
	}
	p, ok := placeOf([]byte(uri))
	if !ok {
		return
	}
	a, ok := p.address()
	if !ok {
		return
	}
	d.contact = a
	if a == d.path.Peer {
		return
	}
	if d.leg.path.Peer.Transport.Reliable() && a.AddrPort.Addr() == d.leg.path.Peer.AddrPort.Addr() {
		return // it is at the other end of the connection we have
	}
	bind := ""
	if d.leg.trunk != nil {
		bind = d.leg.trunk.Listener
	}
	i, ok := s.srv.set.Pick(a, bind)
	if !ok {
		if i, ok = s.srv.set.Pick(a, ""); !ok {
			return
		}
	}
	d.path = transport.Path{Listener: i, Peer: a}
	if i == d.leg.path.Listener {
		d.path.Local = d.leg.path.Local
	}
	if a.Transport == wissel.TLS {
		d.path.Host = p.host
	}
	s.trust(d.leg, a)
}

// elsewhere is where a dialog's requests go once their connection is gone: where the peer's Contact or first route points;
// when that is a name, the address that we dialled for its INVITE, or that the trunk of who invited us is dialled at.
func (d *dialog) elsewhere() (wissel.Address, bool) {
	l := d.leg
	switch {
	case !d.contact.IsZero():
		return d.contact, true
	case !l.server:
		return l.address, !l.address.IsZero()
	}
	if l.trunk != nil {
		for _, a := range l.trunk.Addresses {
			if a.Transport == l.path.Peer.Transport && a.AddrPort.Addr() == l.path.Peer.AddrPort.Addr() {
				return a, true
			}
		}
	}
	return wissel.Address{}, false
}

// detour sends a request of a dialog over a new connection when the one that it left by is gone.
func (s *shard) detour(d *dialog, left uint64, data []byte, err error) bool {
	if d == nil || left == 0 || !errors.Is(err, transport.ErrClosed) {
		return false
	}
	if d.path.Conn == left {
		a, ok := d.elsewhere()
		if !ok {
			return false
		}
		d.path.Conn, d.path.Peer = 0, a
	}
	return s.send(d.path, data) == nil
}

// trust lets the remote target and the first route of a live dialog speak to us.
func (s *shard) trust(l *leg, a wissel.Address) {
	for _, known := range l.sources {
		if known == a {
			return
		}
	}
	l.sources = append(l.sources, a)
	s.srv.allow.add(a)
}

// request writes a request within d. It gives the bytes and the branch.
func (s *shard) request(d *dialog, method string, seq uint32, m message) (data []byte, branch string) {
	branch = s.chance.token()
	uri, routes, last := d.target, d.routes, ""
	if uri == "" {
		uri = "sip:" + d.path.Peer.AddrPort.String()
	}
	if len(routes) > 0 {
		first, _ := addrOf([]byte(routes[0]))
		if p, ok := placeOf(first); ok && !p.lr { // a strict router (§12.2.1.1)
			last, uri, routes = uri, string(first), routes[1:]
		}
	}
	f := s.srv.face(d.path)
	b := s.out[:0]
	b = append(append(append(append(b, method...), ' '), uri...), " SIP/2.0\r\n"...)
	b = append(append(append(b, f.via...), branch...), crlf...)
	b = append(b, "Max-Forwards: 70\r\n"...)
	for _, r := range routes {
		b = line(b, "Route", r)
	}
	if last != "" {
		b = line(b, "Route", "<"+last+">")
	}
	b = line(b, "From", d.local)
	b = line(b, "To", d.remote)
	b = line(b, "Call-ID", d.leg.callID)
	b = append(b, "CSeq: "...)
	b = strconv.AppendUint(b, uint64(seq), 10)
	b = append(append(append(b, ' '), method...), crlf...)
	if method != "BYE" && method != "CANCEL" {
		b = line(b, "Contact", f.contact)
	}
	s.out = m.finish(b)
	return bytes.Clone(s.out), magic + branch // of its own size: the last ACK is kept for a while
}

// ackAgain acknowledges a copy of the 2xx of a call that has been retired. The 2xx says all that makes its ACK
// (§13.2.2.4), but for a body. On UDP it goes where the INVITE went: a call whose dialog led elsewhere is not retired.
func (s *shard) ackAgain(invite transaction.ID, h *head, from transport.Path, kept *[]byte) {
	path := from
	if asked, ok := s.table.Path(invite); ok && !from.Peer.Transport.Reliable() {
		path = transport.Path(asked)
	}
	if kept != nil {
		_ = s.send(path, *kept) // the call is over: there is nobody to tell
		return
	}
	l := &leg{callID: string(h.callID), path: path}
	d := &dialog{leg: l, path: path}
	s.learn(d, h)
	ack, _ := s.request(d, "ACK", h.cseq, message{})
	_ = s.send(path, ack)
}

// ask sends a request within d as a transaction of its own.
func (s *shard) ask(d *dialog, method string, kind ownerKind, m message) (seq uint32, err error) {
	return s.askAgain(d, method, kind, m, nil)
}

// askAgain is ask, with the credentials that a challenge asked for; nil: none.
func (s *shard) askAgain(d *dialog, method string, kind ownerKind, m message, challenge *sipgo.Response) (seq uint32, err error) {
	d.localSeq++
	data, branch := s.request(d, method, d.localSeq, m)
	if challenge != nil {
		msg, err := parse(data)
		if err != nil {
			return 0, fmt.Errorf("%s within a dialog, again: %w", method, err)
		}
		req, ok := msg.(*sipgo.Request)
		if !ok {
			panic("sip: a request of ours is none")
		}
		if err := authorize(req, challenge, d.leg.trunk); err != nil {
			return 0, fmt.Errorf("%s within a dialog, again: %w", method, err)
		}
		data = []byte(req.String())
	}
	id, err := s.table.Start(method, branch, data, transaction.Path(d.path), s.now)
	if err != nil {
		return 0, fmt.Errorf("%s within a dialog: %w", method, err)
	}
	s.owners[id] = owner{leg: d.leg, kind: kind}
	s.flush()
	return d.localSeq, nil
}

// newTag makes the text of our To tag number n on the caller's leg, once, and registers it.
func (s *shard) newTag(l *leg, n int) string {
	for len(l.tags) <= n {
		tag := s.chance.token()
		l.tags = append(l.tags, tag)
		s.dialogs[dialogKey{l.callID, tag}] = l
	}
	return l.tags[n]
}

// cancelTag is the To tag of the answer to a CANCEL of the caller's INVITE: that of the answer to the INVITE itself, the 487 too
// (RFC 3261 §9.2). Some callers take it for the dialog's.
func (s *shard) cancelTag(l *leg) string {
	if l.own != nil && l.own.confirmed {
		return l.own.localTag
	}
	return s.newTag(l, max(len(l.tags)-1, 0))
}

// settleServer makes tag our tag in the caller's dialog.
func (d *dialog) settleServer(tag string) {
	if d.localTag == tag {
		return
	}
	if d.localTag != "" {
		d.local = strings.TrimSuffix(d.local, ";tag="+d.localTag)
	}
	d.localTag = tag
	d.local += ";tag=" + tag
}

// sessionOf reads what a message says of session timers (RFC 4028).
func sessionOf(h *head) call.Session {
	return sessionFrom(h.get(fieldSessionExpires), h.get(fieldMinSE), h.lists(fieldSupported, "timer"), h.request)
}
