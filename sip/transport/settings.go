package transport

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"wissel"
)

// Settings of one listener.
type Settings struct {
	Bind        string        // "udp://0.0.0.0:5060", "tcp://[::]:5060", "tls://192.0.2.1:5061"
	Advertise   string        // host or host:port for Via and Contact; empty: the bind address itself
	TLS         *tls.Config   // certificate for tls, and what is trusted; nil on the others
	FirstByte   time.Duration // from accept to the first byte; 5 s
	Message     time.Duration // from the first byte of a message to its last, and for one write; 10 s
	Idle        time.Duration // between messages when no dialog holds the connection; 120 s
	Handshake   time.Duration // for TLS, and for opening a connection of ours; 5 s
	PerSource   int           // connections from one IP address; 20
	Connections int           // connections in all, on this listener; 4,096
	Buffer      int           // bytes of socket buffer asked for on UDP, each way; 8 MiB
}

// DefaultSettings are those of a listener whose Bind and Advertise are still to be filled in.
func DefaultSettings() Settings {
	return Settings{
		FirstByte: 5 * time.Second, Message: 10 * time.Second, Idle: 120 * time.Second, Handshake: 5 * time.Second,
		PerSource: 20, Connections: 4096, Buffer: 8 << 20,
	}
}

// Check reports every fault, by key path under at.
func (s Settings) Check(at string) (ps []wissel.Problem) {
	bad := func(key, format string, args ...any) {
		ps = append(ps, wissel.Problem{Path: at + "." + key, Msg: fmt.Sprintf(format, args...)})
	}
	kind, bind, err := ParseBind(s.Bind)
	if err != nil {
		bad("bind", "%v", err)
	} else {
		if kind == wissel.TLS && (s.TLS == nil || len(s.TLS.Certificates) == 0 && s.TLS.GetCertificate == nil) {
			bad("cert", "a tls listener needs a certificate; give cert and key")
		}
		if s.Advertise == "" && bind.Addr().IsUnspecified() {
			bad("advertise", "%s is every address of this machine; say which one peers are to answer to, such as 203.0.113.10", bind.Addr())
		}
	}
	if _, _, err := splitAdvertise(s.Advertise); s.Advertise != "" && err != nil {
		bad("advertise", "%v", err)
	}
	for _, d := range []struct {
		key    string
		d      time.Duration
		lo, hi time.Duration
	}{
		{"first_byte", s.FirstByte, 100 * time.Millisecond, time.Minute},
		{"message", s.Message, 100 * time.Millisecond, time.Minute},
		{"idle", s.Idle, time.Second, 24 * time.Hour},
		{"handshake", s.Handshake, 100 * time.Millisecond, time.Minute},
	} {
		if d.d < d.lo || d.d > d.hi {
			bad(d.key, "%s is outside %s to %s", d.d, d.lo, d.hi)
		}
	}
	if s.PerSource < 1 {
		bad("per_source", "%d is not a number of connections; 20 is usual", s.PerSource)
	}
	if s.Connections < 1 {
		bad("connections", "%d is not a number of connections; 4096 is usual", s.Connections)
	}
	if s.Buffer < 64<<10 {
		bad("buffer", "%d bytes lose datagrams at every pause; 8388608 is usual", s.Buffer)
	}
	return ps
}

// ParseBind reads "udp://192.0.2.1:5060". A host name is refused: an address to listen on is an address.
func ParseBind(s string) (wissel.Transport, netip.AddrPort, error) {
	scheme, rest, ok := strings.Cut(s, "://")
	kind := wissel.Transport(scheme)
	if !ok || kind != wissel.UDP && kind != wissel.TCP && kind != wissel.TLS {
		return "", netip.AddrPort{}, fmt.Errorf("%q is not a listener; write udp://, tcp:// or tls:// and an address with a port, such as udp://0.0.0.0:5060", s)
	}
	ap, err := netip.ParseAddrPort(rest)
	if err != nil {
		return "", netip.AddrPort{}, fmt.Errorf("%q is not an IP address with a port, such as 0.0.0.0:5060 or [::]:5060", rest)
	}
	return kind, netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), nil
}

// splitAdvertise reads a host or a host with a port (0: none given).
func splitAdvertise(s string) (host string, port int, err error) {
	if ip, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return ip.String(), 0, nil
	}
	host = s
	if h, p, err := net.SplitHostPort(s); err == nil {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return "", 0, fmt.Errorf("%q has no usable port; 1 to 65535 is", s)
		}
		host, port = h, int(n)
	}
	if host == "" || strings.ContainsAny(host, " \t\r\n@/;<>\"") || strings.Contains(host, ":") && !isIP(host) {
		return "", 0, fmt.Errorf("%q is not a host, or a host with a port", s)
	}
	return host, port, nil
}

func isIP(s string) bool { _, err := netip.ParseAddr(s); return err == nil }
