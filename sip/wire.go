package sip

import (
	"bytes"
	"net/netip"
	"strconv"

	"wissel"
	"wissel/sip/transport"
)

// allow is what wissel takes: in every INVITE, in every 200 to one, to OPTIONS, and with a 405.
const allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO"

// An echo is what every response to a request repeats of it (RFC 3261 §8.2.6.2), word for word as it came: its Vias,
// From, To, Call-ID and CSeq, and for those that make a dialog its Record-Routes.
type echo struct {
	lines  []byte // Via, From, Call-ID and CSeq, each with its CRLF
	to     []byte // the To value
	tagged bool   // To had a tag already
	routes []byte // Record-Route lines with their CRLF
}

// echoOf makes the echo of a request that came over p; it holds no part of a shard's scratch space but the datagram.
func echoOf(h *head, p transport.Path) echo {
	e := echo{to: h.to, tagged: h.toTag() != nil}
	size, routes := 160, 0
	for i := range h.fields {
		switch h.fields[i].id {
		case fieldVia, fieldFrom, fieldCallID, fieldCSeq:
			size += len(h.fields[i].value) + 12
		case fieldRecordRoute:
			routes += len(h.fields[i].value) + 16
		default:
		}
	}
	b, first := make([]byte, 0, size+routes), true
	for i := range h.fields {
		f := &h.fields[i]
		switch f.id {
		case fieldVia:
			b = append(b, "Via: "...)
			if first {
				b, first = appendVia(b, f.value, p), false
			} else {
				b = append(b, f.value...)
			}
		case fieldFrom:
			b = append(append(b, "From: "...), f.value...)
		case fieldCallID:
			b = append(append(b, "Call-ID: "...), f.value...)
		case fieldCSeq:
			b = append(append(b, "CSeq: "...), f.value...)
		default:
			continue
		}
		b = append(b, crlf...)
	}
	e.lines = b[:len(b):len(b)]
	if routes > 0 {
		for i := range h.fields {
			if f := &h.fields[i]; f.id == fieldRecordRoute {
				b = append(append(append(b, "Record-Route: "...), f.value...), crlf...)
			}
		}
		e.routes = b[len(e.lines):]
	}
	return e
}

// appendVia writes a Via value with where its first one really came from (RFC 3261 §18.2.1, RFC 3581 §4).
func appendVia(b, value []byte, p transport.Path) []byte {
	top, rest := cutComma(value)
	_, begin, end := findParam(top, "rport")
	if begin >= 0 {
		b = append(append(b, top[:begin]...), top[end:]...)
	} else {
		b = append(b, top...)
	}
	b = append(b, ";received="...)
	b = p.Peer.AddrPort.Addr().AppendTo(b)
	if begin >= 0 {
		b = append(b, ";rport="...)
		b = strconv.AppendUint(b, uint64(p.Peer.AddrPort.Port()), 10)
	}
	if len(rest) > 0 {
		b = append(append(b, ", "...), rest...)
	}
	return b
}

// replyPath is where the response to a request goes: on UDP to the packet's own source, at its port with rport, else at
// the Via's port or 5060; on a connection back on that connection. A host in a Via is never asked (FAULTS A19).
func replyPath(h *head, p transport.Path) transport.Path {
	if p.Peer.Transport.Reliable() {
		return p
	}
	if _, begin, _ := findParam(h.via, "rport"); begin >= 0 {
		return p
	}
	port := uint16(5060)
	if _, sentBy, ok := bytes.Cut(h.via, space); ok {
		if i := bytes.IndexByte(sentBy, ';'); i >= 0 {
			sentBy = sentBy[:i]
		}
		if _, n, good := hostPort(sentBy); good && n != 0 {
			port = n
		}
	}
	p.Peer.AddrPort = netip.AddrPortFrom(p.Peer.AddrPort.Addr(), port)
	return p
}

// A message is what differs between the messages of a kind: its own header lines and its body.
type message struct {
	extra []byte // whole lines with their CRLF
	ctype string
	body  []byte
}

// response writes a response. tag is our To tag, added when the request had none; 100 carries none.
func (e *echo) response(status int, tag string, dialog bool, m message) []byte {
	phrase := phraseOf(status)
	b := make([]byte, 0, 64+len(phrase)+len(e.lines)+len(e.to)+len(tag)+len(e.routes)+len(m.extra)+len(m.ctype)+len(m.body)+64)
	b = append(b, "SIP/2.0 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(append(append(b, ' '), phrase...), crlf...)
	b = append(b, e.lines...)
	b = append(append(b, "To: "...), e.to...)
	if tag != "" && !e.tagged {
		b = append(append(b, ";tag="...), tag...)
	}
	b = append(b, crlf...)
	if dialog {
		b = append(b, e.routes...)
	}
	return m.finish(b)
}

// finish writes what ends every message.
func (m message) finish(b []byte) []byte {
	b = append(b, m.extra...)
	if m.ctype != "" && len(m.body) > 0 {
		b = append(append(append(b, "Content-Type: "...), m.ctype...), crlf...)
	}
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, int64(len(m.body)), 10)
	b = append(b, "\r\n\r\n"...)
	return append(b, m.body...)
}

// line appends one header line.
func line(b []byte, name, value string) []byte {
	b = append(append(b, name...), ": "...)
	return append(append(b, value...), crlf...)
}

// face is how one listener shows itself: what our Vias and Contacts say.
type face struct {
	transport wissel.Transport
	via       string // "Via: SIP/2.0/UDP 203.0.113.10:5060;rport;branch=z9hG4bK"
	contact   string // "<sip:node@203.0.113.10:5060>", with ;transport= on TCP and TLS
	host      string // "203.0.113.10:5060"
}

func faceOf(info transport.ListenerInfo, node string) face {
	host := info.AdvertiseHost
	if host == "" {
		host = info.Bind.Addr().String()
	}
	if bytes.IndexByte([]byte(host), ':') >= 0 && host[0] != '[' {
		host = "[" + host + "]"
	}
	port := info.AdvertisePort
	if port == 0 {
		port = int(info.Bind.Port())
	}
	f := face{transport: info.Transport, host: host + ":" + strconv.Itoa(port)}
	name, param := "UDP", ""
	switch info.Transport {
	case wissel.TCP:
		name, param = "TCP", ";transport=tcp"
	case wissel.TLS:
		name, param = "TLS", ";transport=tls"
	default:
	}
	f.via = "Via: SIP/2.0/" + name + " " + f.host + ";rport;branch=" + magic
	f.contact = "<sip:" + userOf(node) + "@" + f.host + param + ">"
	return f
}

// magic begins every branch of RFC 3261 (§8.1.1.7).
const magic = "z9hG4bK"

// userOf makes a node's name fit to be the user part of a URI.
func userOf(node string) string {
	b := make([]byte, 0, len(node))
	for i := 0; i < len(node); i++ {
		switch c := node[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
			b = append(b, c)
		}
	}
	if len(b) == 0 {
		return "wissel"
	}
	return string(b)
}

// phrases are the reason phrases of RFC 3261 §21 and its kin.
var phrases = map[int]string{
	100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress", 199: "Early Dialog Terminated",
	200: "OK", 202: "Accepted",
	300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily", 305: "Use Proxy", 380: "Alternative Service",
	400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
	406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout", 410: "Gone", 413: "Request Entity Too Large",
	414: "Request-URI Too Long", 415: "Unsupported Media Type", 416: "Unsupported URI Scheme", 420: "Bad Extension",
	421: "Extension Required", 422: "Session Interval Too Small", 423: "Interval Too Brief", 480: "Temporarily Unavailable",
	481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 483: "Too Many Hops", 484: "Address Incomplete", 485: "Ambiguous",
	486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here", 491: "Request Pending", 493: "Undecipherable",
	500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Server Time-out",
	505: "Version Not Supported", 513: "Message Too Large", 600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere",
	606: "Not Acceptable",
}

func phraseOf(status int) string {
	if p, ok := phrases[status]; ok {
		return p
	}
	switch status / 100 {
	case 1:
		return "Progress"
	case 2:
		return "OK"
	case 3:
		return "Redirected"
	case 4:
		return "Refused"
	case 5:
		return "Server Failure"
	}
	return "Declined"
}
