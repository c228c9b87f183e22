package media

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// The status a peer is told when its description cannot be used.
const (
	badBody       = 400 // it is no session description
	notAcceptable = 488 // it is one, but nothing in it that we can or will do
)

// BodyError is a session description that cannot be used; Status is what the peer is told (400 or 488).
type BodyError struct {
	Status int
	Why    string
}

func (e *BodyError) Error() string { return e.Why }

func bad(format string, args ...any) error {
	return &BodyError{Status: badBody, Why: "session description: " + fmt.Sprintf(format, args...)}
}

func unacceptable(format string, args ...any) error {
	return &BodyError{Status: notAcceptable, Why: fmt.Sprintf(format, args...)}
}

// The most that a description may hold. A call has one or two media lines; a conference room a dozen.
const (
	maxBody    = 64 << 10
	maxLines   = 2000
	maxMedia   = 32
	maxFormats = 128
)

// direction is who sends, as seen by the one who says it (RFC 3264 §5.1).
type direction uint8

const (
	sendrecv direction = iota
	sendonly
	recvonly
	inactive
)

var directions = map[string]direction{"sendrecv": sendrecv, "sendonly": sendonly, "recvonly": recvonly, "inactive": inactive}

func (d direction) String() string {
	return [...]string{"sendrecv", "sendonly", "recvonly", "inactive"}[d]
}

// sends and receives are of the one who says it.
func (d direction) sends() bool    { return d == sendrecv || d == sendonly }
func (d direction) receives() bool { return d == sendrecv || d == recvonly }

// mirrored is d as seen from the other side, where we are willing to do both.
func (d direction) mirrored() direction {
	switch d {
	case sendonly:
		return recvonly
	case recvonly:
		return sendonly
	default:
		return d
	}
}

// mediaLine is one m= line with what belongs to it; what is written at session level is already filled in.
type mediaLine struct {
	kind, proto string
	port        int
	formats     []string
	addr        netip.Addr // invalid: none, or not one that can be used (host says what stood there)
	host        string
	dir         direction
	ptime, max  int            // milliseconds, 0: not said
	rtcp        netip.AddrPort // a=rtcp (RFC 3605); port 0: not said; address invalid: that of the line
	maps        []rtpmap
}

type rtpmap struct {
	pt       int
	name     string
	clock    int
	channels int
}

// parseDescription reads a session description (RFC 8866) as far as voice needs it. It is lenient about the order of
// lines, line ends and what it does not know, and strict about what it uses. Names are never resolved. Errors are
// *BodyError.
func parseDescription(body []byte) ([]mediaLine, error) {
	if len(body) > maxBody {
		return nil, bad("%d bytes, more than %d", len(body), maxBody)
	}
	for _, c := range body {
		if c < ' ' && c != '\r' && c != '\n' && c != '\t' {
			return nil, bad("control character %#02x", c)
		}
	}
	var session mediaLine
	var lines []mediaLine
	at := &session
	for n := 1; len(body) > 0; n++ {
		var text []byte
		text, body, _ = bytes.Cut(body, []byte{'\n'})
		text = bytes.TrimRight(text, "\r")
		if n > maxLines {
			return nil, bad("more than %d lines", maxLines)
		}
		if len(text) == 0 {
			continue
		}
		if len(text) < 2 || text[1] != '=' {
			return nil, bad("line %d is not of the form x=value", n)
		}
		value := strings.TrimSpace(string(text[2:]))
		if n == 1 && (text[0] != 'v' || value != "0") {
			return nil, bad("does not begin with v=0")
		}
		var err error
		switch text[0] {
		case 'm':
			if len(lines) == maxMedia {
				return nil, unacceptable("more than %d media lines", maxMedia)
			}
			line := session
			line.maps = nil
			err = line.media(value)
			lines = append(lines, line)
			at = &lines[len(lines)-1]
		case 'c':
			err = at.connection(value)
		case 'a':
			err = at.attribute(value)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(lines) == 0 {
		return nil, unacceptable("no media line")
	}
	return lines, nil
}

// media reads "audio 49170 RTP/AVP 0 8 101".
func (l *mediaLine) media(value string) error {
	f := strings.Fields(value)
	if len(f) < 4 {
		return bad("m=%s: wants a kind, a port, a protocol and a format", clip(value))
	}
	if len(f) > 3+maxFormats {
		return unacceptable("more than %d formats on a media line", maxFormats)
	}
	port, _, _ := strings.Cut(f[1], "/") // "/2" would be more streams of the same: the first is enough
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return bad("m=%s: %q is not a port", clip(value), clip(f[1]))
	}
	l.kind, l.port, l.proto, l.formats = f[0], int(n), f[2], f[3:]
	return nil
}

// connection reads "IN IP4 192.0.2.1" or "IN IP6 2001:db8::1". A name is kept as such and makes the line unusable.
func (l *mediaLine) connection(value string) error {
	f := strings.Fields(value)
	if len(f) != 3 || f[0] != "IN" || f[1] != "IP4" && f[1] != "IP6" {
		return bad("c=%s: wants IN IP4 or IN IP6 and an address", clip(value))
	}
	host, _, _ := strings.Cut(f[2], "/") // the rest is the lifetime of a multicast, which is refused later
	l.addr, l.host = netip.Addr{}, host
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return nil
	}
	if addr.Is4() != (f[1] == "IP4") {
		return bad("c=%s: the address is of the other family", clip(value))
	}
	l.addr = addr
	return nil
}

func (l *mediaLine) attribute(value string) error {
	name, value, _ := strings.Cut(value, ":")
	value = strings.TrimSpace(value)
	if d, ok := directions[name]; ok {
		l.dir = d
		return nil
	}
	if l.kind != "" && l.kind != "audio" {
		return nil // a line that is refused may say what it likes
	}
	switch name {
	case "ptime", "maxptime":
		// some write "20.0"; the whole milliseconds tell
		whole, _, _ := strings.Cut(value, ".")
		n, err := strconv.ParseUint(whole, 10, 16)
		if err != nil || n == 0 {
			return bad("a=%s:%s: wants a number of milliseconds above 0", name, clip(value))
		}
		if name == "ptime" {
			l.ptime = int(n)
		} else {
			l.max = int(n)
		}
	case "rtcp":
		return l.control(value)
	case "rtpmap":
		return l.rtpmap(value)
	}
	return nil
}

// control reads "53020" or "53020 IN IP4 126.16.64.4" (RFC 3605). What stands there and is no address makes none: names
// are not looked up, and RTCP is not worth a call.
func (l *mediaLine) control(value string) error {
	f := strings.Fields(value)
	if len(f) != 1 && len(f) != 4 {
		return bad("a=rtcp:%s: wants a port, and perhaps an address", clip(value))
	}
	port, err := strconv.ParseUint(f[0], 10, 16)
	if err != nil {
		return bad("a=rtcp:%s: %q is not a port", clip(value), clip(f[0]))
	}
	addr := l.addr
	if len(f) == 4 {
		if addr, err = netip.ParseAddr(f[3]); err != nil {
			addr = netip.IPv4Unspecified() // refused by the guard
		}
	}
	l.rtcp = netip.AddrPortFrom(addr, uint16(port))
	return nil
}

// rtpmap reads "101 telephone-event/8000" or "8 PCMA/8000/1".
func (l *mediaLine) rtpmap(value string) error {
	pt, encoding, ok := strings.Cut(value, " ")
	n, err := strconv.ParseUint(pt, 10, 32)
	if !ok || err != nil || n > 127 {
		return bad("a=rtpmap:%s: %q is not a payload type (0 to 127)", clip(value), clip(pt))
	}
	f := strings.Split(strings.TrimSpace(encoding), "/")
	if len(f) < 2 {
		return bad("a=rtpmap:%s: wants an encoding and its clock rate", clip(value))
	}
	clock, err := strconv.ParseUint(f[1], 10, 31)
	if err != nil || clock == 0 {
		return bad("a=rtpmap:%s: %q is not a clock rate", clip(value), clip(f[1]))
	}
	m := rtpmap{pt: int(n), name: f[0], clock: int(clock), channels: 1}
	if len(f) > 2 {
		m.channels, _ = strconv.Atoi(f[2]) // 0 for nonsense: then it is none of ours
	}
	if len(l.maps) < maxFormats {
		l.maps = append(l.maps, m)
	}
	return nil
}

// clip shortens what a peer wrote, for an error's text.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
