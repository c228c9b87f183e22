package sip

import (
	"bytes"
	"net/netip"
	"strings"

	"wissel"
)

// decimal reads an unsigned number of at most ten digits.
func decimal(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 10 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// cutComma cuts the first value off a comma-separated list. Commas within quotes or angle brackets do not count.
func cutComma(v []byte) (first, rest []byte) {
	quoted, angled := false, false
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			angled = true
		case c == '>':
			angled = false
		case c == ',' && !angled:
			return bytes.TrimSpace(v[:i]), bytes.TrimSpace(v[i+1:])
		}
	}
	return bytes.TrimSpace(v), nil
}

// addrOf parts a name-addr or addr-spec (RFC 3261 §20.10) into its URI and the header's own parameters (";tag=…").
func addrOf(v []byte) (uri, params []byte) {
	quoted := false
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			end := bytes.IndexByte(v[i:], '>')
			if end < 0 {
				return nil, nil
			}
			return v[i+1 : i+end], v[i+end+1:]
		}
	}
	// Without angle brackets all parameters are the header's.
	if i := bytes.IndexByte(v, ';'); i >= 0 {
		return bytes.TrimSpace(v[:i]), v[i:]
	}
	return bytes.TrimSpace(v), nil
}

// tagOf is the tag of a From or To value; nil when there is none.
func tagOf(v []byte) []byte {
	_, params := addrOf(v)
	return param(params, "tag")
}

// param is the value of a parameter of v (";name=value"), nil when absent and empty when it has no value.
func param(v []byte, name string) []byte {
	value, _, _ := findParam(v, name)
	return value
}

// findParam finds a parameter of v: its value, and where ";name=value" begins and ends in v (-1: nowhere).
func findParam(v []byte, name string) (value []byte, begin, end int) {
	quoted := false
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted || c != ';':
		default:
			part := v[i+1:]
			if n := paramEnd(part); n >= 0 {
				part = part[:n]
			}
			key, val, has := bytes.Cut(part, []byte("="))
			if bytes.EqualFold(bytes.TrimSpace(key), []byte(name)) {
				if val = bytes.TrimSpace(val); !has || val == nil {
					val = part[:0] // there, and empty
				}
				return val, i, i + 1 + len(part)
			}
		}
	}
	return nil, -1, -1
}

// paramEnd is where a parameter ends: at the next ";" that is not quoted.
func paramEnd(v []byte) int {
	quoted := false
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == ';' && !quoted:
			return i
		}
	}
	return -1
}

// place is where a SIP URI points: its host as written, port 0 when it has none, and its transport parameter.
type place struct {
	host      string
	port      uint16
	transport wissel.Transport
	lr        bool
}

// placeOf reads a SIP URI (RFC 3261 §19.1).
func placeOf(uri []byte) (place, bool) {
	scheme, rest, ok := bytes.Cut(uri, []byte(":"))
	if !ok {
		return place{}, false
	}
	p := place{transport: wissel.UDP}
	switch {
	case bytes.EqualFold(scheme, []byte("sip")):
	case bytes.EqualFold(scheme, []byte("sips")):
		p.transport = wissel.TLS
	default:
		return place{}, false
	}
	if i := bytes.IndexByte(rest, '?'); i >= 0 {
		rest = rest[:i]
	}
	if i := bytes.LastIndexByte(rest, '@'); i >= 0 { // the user part may hold ";" of its own
		rest = rest[i+1:]
	}
	var params []byte
	if i := bytes.IndexByte(rest, ';'); i >= 0 {
		rest, params = rest[:i], rest[i:]
	}
	if t := param(params, "transport"); t != nil {
		p.transport = wissel.Transport(strings.ToLower(string(t)))
	}
	p.lr = param(params, "lr") != nil
	host, port, ok := hostPort(rest)
	p.host, p.port = host, port
	return p, ok
}

// hostPort parts "host:port", where the host may be an IPv6 reference.
func hostPort(v []byte) (host string, port uint16, ok bool) {
	v = bytes.TrimSpace(v)
	if len(v) > 0 && v[0] == '[' {
		end := bytes.IndexByte(v, ']')
		if end < 0 {
			return "", 0, false
		}
		host, v = string(v[1:end]), v[end+1:]
	} else if i := bytes.IndexByte(v, ':'); i >= 0 {
		host, v = string(v[:i]), v[i:]
	} else {
		host, v = string(v), nil
	}
	if len(v) == 0 {
		return host, 0, host != ""
	}
	n, good := decimal(v[1:])
	return host, uint16(n), good && v[0] == ':' && n > 0 && n < 1<<16 && host != ""
}

// address is where p points, when its host is an IP address: names are not looked up while a call waits.
func (p place) address() (wissel.Address, bool) {
	ip, err := netip.ParseAddr(p.host)
	if err != nil {
		return wissel.Address{}, false
	}
	port := p.port
	if port == 0 {
		port = 5060
		if p.transport == wissel.TLS {
			port = 5061
		}
	}
	return wissel.Address{Transport: p.transport, AddrPort: netip.AddrPortFrom(ip.Unmap(), port)}, true
}
