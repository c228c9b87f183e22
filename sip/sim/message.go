package sim

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Header is one header field, with its name in full.
type Header struct{ Name, Value string }

// Message is one SIP request or response (RFC 3261 §7). Status is 0 for a request.
type Message struct {
	Method, URI string
	Status      int
	Phrase      string
	Headers     []Header
	Body        []byte
}

// The compact forms of RFC 3261 §7.3.3 and RFC 4028, spelled out.
var compact = map[string]string{
	"i": "Call-ID", "m": "Contact", "e": "Content-Encoding", "l": "Content-Length", "c": "Content-Type", "f": "From",
	"s": "Subject", "k": "Supported", "t": "To", "v": "Via", "x": "Session-Expires",
}

// Read takes one datagram apart. Its errors say what rule the sender broke.
func Read(data []byte) (*Message, error) {
	head, body, ok := bytes.Cut(data, []byte("\r\n\r\n"))
	if !ok {
		return nil, errors.New("no empty line ends the headers")
	}
	lines := strings.Split(string(head), "\r\n")
	m := &Message{}
	if err := m.readStart(lines[0]); err != nil {
		return nil, err
	}
	for _, line := range lines[1:] {
		if line != "" && (line[0] == ' ' || line[0] == '\t') && len(m.Headers) > 0 {
			m.Headers[len(m.Headers)-1].Value += " " + strings.TrimSpace(line)
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("header line %q has no colon", line)
		}
		name = strings.TrimRight(name, " \t")
		if full, ok := compact[strings.ToLower(name)]; ok {
			name = full
		}
		m.Headers = append(m.Headers, Header{name, strings.TrimSpace(value)})
	}
	if n, err := strconv.Atoi(m.Get("Content-Length")); err == nil && n >= 0 && n < len(body) {
		body = body[:n]
	}
	if len(body) > 0 {
		m.Body = body
	}
	return m, nil
}

func (m *Message) readStart(line string) error {
	a, rest, ok := strings.Cut(line, " ")
	b, c, ok2 := strings.Cut(rest, " ")
	if !ok || !ok2 {
		return fmt.Errorf("start line %q has fewer than three parts", line)
	}
	if a == "SIP/2.0" {
		status, err := strconv.Atoi(b)
		if err != nil || status < 100 || status > 699 {
			return fmt.Errorf("status line %q has no status", line)
		}
		m.Status, m.Phrase = status, c
		return nil
	}
	if c != "SIP/2.0" {
		return fmt.Errorf("request line %q does not end in SIP/2.0", line)
	}
	m.Method, m.URI = a, b
	return nil
}

// Bytes writes the message, with its Content-Length.
func (m *Message) Bytes() []byte {
	var b bytes.Buffer
	if m.Status != 0 {
		fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", m.Status, m.Phrase)
	} else {
		fmt.Fprintf(&b, "%s %s SIP/2.0\r\n", m.Method, m.URI)
	}
	for _, h := range m.Headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h.Name, h.Value)
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(m.Body))
	b.Write(m.Body)
	return b.Bytes()
}

// Get is the value of the first header of that name, or "".
func (m *Message) Get(name string) string {
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// All gives the values of every header of that name, in order.
func (m *Message) All(name string) (all []string) {
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			all = append(all, h.Value)
		}
	}
	return all
}

// Add appends a header.
func (m *Message) Add(name, value string) { m.Headers = append(m.Headers, Header{name, value}) }

// CSeq is the number and the method of the CSeq header; 0 and "" when it has none.
func (m *Message) CSeq() (uint32, string) {
	number, method, _ := strings.Cut(m.Get("CSeq"), " ")
	n, err := strconv.ParseUint(number, 10, 31)
	if err != nil {
		return 0, ""
	}
	return uint32(n), strings.TrimSpace(method)
}

// Summary is what a ladder shows of it: "INVITE", "180 INVITE".
func (m *Message) Summary() string {
	if m.Status == 0 {
		return m.Method
	}
	_, method := m.CSeq()
	return strconv.Itoa(m.Status) + " " + method
}

// Branch is the branch parameter of the topmost Via.
func (m *Message) Branch() string { return param(m.Get("Via"), "branch") }

// param is a parameter of a header value: of the header, not of a URI inside angle brackets.
func param(value, name string) string {
	if i := strings.LastIndexByte(value, '>'); i >= 0 {
		value = value[i+1:]
	}
	for part := range strings.SplitSeq(value, ";") {
		key, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.Trim(strings.TrimSpace(v), `"`)
		}
	}
	return ""
}

// uriOf is the URI of a From, To or Contact value.
func uriOf(value string) string {
	if _, after, ok := strings.Cut(value, "<"); ok {
		uri, _, _ := strings.Cut(after, ">")
		return uri
	}
	uri, _, _ := strings.Cut(value, ";")
	return strings.TrimSpace(uri)
}

// userOf is the user part of a SIP URI, or the number of a tel URI.
func userOf(uri string) string {
	scheme, rest, _ := strings.Cut(uri, ":")
	user, _, ok := strings.Cut(rest, "@")
	if !ok && scheme != "tel" {
		return ""
	}
	user, _, _ = strings.Cut(user, ";")
	return user
}

// addrOf is the IP address and port that a SIP URI names; not ok when the host is a name.
func addrOf(uri string) (netip.AddrPort, bool) {
	_, rest, _ := strings.Cut(uri, ":")
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	rest, _, _ = strings.Cut(rest, ";")
	rest, _, _ = strings.Cut(rest, "?")
	if a, err := netip.ParseAddrPort(rest); err == nil {
		return a, true
	}
	a, err := netip.ParseAddr(strings.Trim(rest, "[]"))
	return netip.AddrPortFrom(a, 5060), err == nil
}

// phrases of the statuses that the actors use (RFC 3261 §21).
var phrases = map[int]string{
	100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 183: "Session Progress", 200: "OK",
	302: "Moved Temporarily", 404: "Not Found", 407: "Proxy Authentication Required", 408: "Request Timeout", 480: "Temporarily Unavailable",
	481: "Call/Transaction Does Not Exist", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here",
	491: "Request Pending", 500: "Server Internal Error", 501: "Not Implemented", 503: "Service Unavailable",
	600: "Busy Everywhere", 603: "Decline",
}

func phrase(status int) string {
	if p, ok := phrases[status]; ok {
		return p
	}
	return "Status " + strconv.Itoa(status)
}
