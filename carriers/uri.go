package carriers

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"wissel"
)

// target is a SIP URI of To, taken apart (RFC 3261 §19.1): where a trunk's calls go.
type target struct {
	uri       string
	host      string           // a name, or the text of IP without brackets
	ip        netip.Addr       // when the host is a literal
	port      uint16           // 0: not written
	transport wissel.Transport // empty: not written, and not sips
}

// secure reports whether only TLS will do.
func (t target) secure() bool { return t.transport == wissel.TLS }

// parseURI reads "sip:host", "sip:host:port", "sip:host;transport=tls", "sips:host" and IPv6 literals in brackets. It
// refuses what a trunk has no use for (a user, headers, other parameters), saying where that belongs.
func parseURI(uri string) (target, error) {
	t := target{uri: uri}
	scheme, rest, ok := strings.Cut(uri, ":")
	switch scheme = strings.ToLower(scheme); {
	case ok && scheme == "sips":
		t.transport = wissel.TLS
	case ok && scheme == "sip":
	default:
		return t, fmt.Errorf("%q is no SIP URI; sip:sbc.example, sip:192.0.2.1:5060 or sip:sbc.example;transport=tls would be right", uri)
	}
	if strings.ContainsAny(rest, "?\r\n\t ") {
		return t, fmt.Errorf("%q holds headers or white space; only a host, a port and a transport belong here", uri)
	}
	if strings.Contains(rest, "@") {
		return t, fmt.Errorf("%q holds a user; the number to dial goes behind number, and credentials behind username and password", uri)
	}
	rest, params, _ := strings.Cut(rest, ";")
	if err := t.parameters(params); err != nil {
		return t, err
	}
	if err := t.hostPort(rest); err != nil {
		return t, err
	}
	return t, nil
}

func (t *target) parameters(params string) error {
	if params == "" {
		return nil
	}
	for p := range strings.SplitSeq(params, ";") {
		key, value, _ := strings.Cut(p, "=")
		if !strings.EqualFold(key, "transport") {
			return fmt.Errorf("%q has parameter %q; only transport=udp, tcp or tls is known here", t.uri, key)
		}
		switch tr := wissel.Transport(strings.ToLower(value)); {
		case tr == wissel.TLS, tr == wissel.TCP && t.secure(): // sips over tcp means TLS over TCP (RFC 3261 §19.1.2)
			t.transport = wissel.TLS
		case tr == wissel.UDP && t.secure():
			return fmt.Errorf("%q asks for sips over udp, which does not exist; leave transport out", t.uri)
		case tr == wissel.UDP, tr == wissel.TCP:
			t.transport = tr
		default:
			return fmt.Errorf("%q has transport %q; udp, tcp or tls would be right", t.uri, value)
		}
	}
	return nil
}

func (t *target) hostPort(s string) error {
	host, port := s, ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 || (end+1 < len(s) && s[end+1] != ':') {
			return fmt.Errorf("%q: an IPv6 address stands in brackets, its port behind them: sip:[2001:db8::1]:5060", t.uri)
		}
		host, port = s[1:end], strings.TrimPrefix(s[end+1:], ":")
		ip, err := netip.ParseAddr(host)
		if err != nil || !ip.Is6() || ip.Zone() != "" {
			return fmt.Errorf("%q: %q is no IPv6 address", t.uri, host)
		}
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, port = s[:i], s[i+1:]
		if strings.Contains(port, ":") {
			return fmt.Errorf("%q: an IPv6 address stands in brackets: sip:[2001:db8::1]:5060", t.uri)
		}
		if port == "" {
			return fmt.Errorf("%q: the port behind the colon is missing", t.uri)
		}
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return fmt.Errorf("%q: port %q is outside 1 to 65535", t.uri, port)
		}
		t.port = uint16(n)
	}
	t.host = strings.ToLower(strings.TrimSuffix(host, "."))
	ip, err := netip.ParseAddr(t.host)
	switch {
	case err == nil && (ip.IsUnspecified() || ip.IsMulticast()):
		return fmt.Errorf("%q: %s is no address of one peer", t.uri, ip)
	case err == nil:
		t.ip = ip.Unmap()
	case !hostname(t.host):
		return fmt.Errorf("%q: %q is neither a host name nor an IP address", t.uri, host)
	}
	return nil
}

// hostname follows RFC 1123 §2.1, and allows the underscore that some carriers use. A name whose last label is all digits
// is a mistyped IPv4 address.
func hostname(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	last := ""
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
		last = label
	}
	return strings.Trim(last, "0123456789") != ""
}

// Literal gives the address that a SIP URI of To stands for without any DNS, if it does.
func Literal(uri string) (wissel.Address, bool) {
	t, err := parseURI(uri)
	if err != nil || !t.ip.IsValid() {
		return wissel.Address{}, false
	}
	return t.found(t.ip, t.port, t.plain()).Address, true
}

// Canonical writes a SIP URI of To in one form, so that two that mean the same are equal; empty when it is none.
func Canonical(uri string) string {
	t, err := parseURI(uri)
	if err != nil {
		return ""
	}
	s := "sip:" + t.host
	if t.port != 0 {
		s += ":" + strconv.Itoa(int(t.port))
	}
	if t.transport != "" {
		s += ";transport=" + string(t.transport)
	}
	return s
}
