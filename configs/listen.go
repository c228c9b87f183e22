package configs

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"wissel"
	"wissel/sip/transport"
)

var hostForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$`)

// listeners reads listen.sip. What a listener must be by itself, package transport says.
func (l *loader) listeners(s listenShape) {
	doc := l.doc
	if len(s.SIP) == 0 {
		doc.problem("listen.sip", `nothing listens for calls; {bind: "udp://0.0.0.0:5060", advertise: 203.0.113.10} in a list would be right, with an address of yours`)
	}
	ca := l.authorities(s.CA)
	bound := map[string]int{}
	for i, w := range s.SIP {
		at := "listen.sip[" + strconv.Itoa(i) + "]"
		t := transport.DefaultSettings()
		t.Bind, t.Advertise = w.Bind, w.Advertise
		kind, addr, err := transport.ParseBind(w.Bind)
		if kind == wissel.TLS || ca != nil {
			t.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: ca, ClientCAs: ca}
		}
		unread := false // its certificate has a fault of its own, so transport need not say that it is missing
		switch {
		case kind == wissel.TLS && w.Cert != "" && w.Key != "":
			if cert, ok := l.certificate(at, w); ok {
				t.TLS.Certificates = []tls.Certificate{cert}
			} else {
				unread = true
			}
		case err == nil && kind != wissel.TLS && (w.Cert != "" || w.Key != ""):
			doc.problem(at+".cert", "a certificate is for tls, and this listener speaks %s; bind tls:// or leave cert and key out", kind)
		case kind == wissel.TLS && (w.Cert != "" || w.Key != ""):
			unread = true
			doc.problem(at, "a tls listener needs both cert and key")
		}
		for _, p := range t.Check(at) {
			if !unread || p.Path != at+".cert" {
				doc.problem(p.Path, "%s", p.Msg)
			}
		}
		if err == nil {
			if addr.Port() == 0 {
				doc.problem(at+".bind", "port 0 is a different one at every start; 5060 is usual, 5061 for tls")
			}
			socket := "udp" // tcp and tls share the ports of TCP
			if kind.Reliable() {
				socket = "tcp"
			}
			if first, ok := bound[socket+addr.String()]; ok {
				doc.problem(at+".bind", "listen.sip[%d] has this port already", first)
			}
			bound[socket+addr.String()] = i
		}
		l.out.Listeners = append(l.out.Listeners, t)
	}
}

func (l *loader) authorities(file string) *x509.CertPool {
	if file == "" {
		return nil
	}
	file = l.path(file)
	data, err := l.read(file)
	if err != nil {
		l.doc.problem("listen.ca", "%s cannot be read: %v", file, cause(err))
		return nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		l.doc.problem("listen.ca", "%s holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)", file)
		return nil
	}
	return pool
}

// certificate reads cert and key of a listener. Promise 4: a certificate of ours that has expired stops nobody's start.
func (l *loader) certificate(at string, w listenerShape) (tls.Certificate, bool) {
	certFile, keyFile := l.path(w.Cert), l.path(w.Key)
	cert, errCert := l.read(certFile)
	if errCert != nil {
		l.doc.problem(at+".cert", "%s cannot be read: %v", certFile, cause(errCert))
	}
	if why := openMode(keyFile); why != "" {
		l.doc.problem(at+".key", "%s", why)
	}
	key, errKey := l.read(keyFile)
	if errKey != nil {
		l.doc.problem(at+".key", "%s cannot be read: %v", keyFile, cause(errKey))
	}
	if errCert != nil || errKey != nil {
		return tls.Certificate{}, false
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		l.doc.problem(at+".cert", "%s and %s do not go together: %v", certFile, keyFile, err)
		return tls.Certificate{}, false
	}
	l.out.OurTLS = append(l.out.OurTLS, Certificate{File: certFile, Until: pair.Leaf.NotAfter})
	switch left := pair.Leaf.NotAfter.Sub(l.o.Now()); {
	case left <= 0:
		l.doc.warn(at+".cert", "%s expired on %s; peers over TLS will refuse it", certFile, pair.Leaf.NotAfter.Format(time.DateOnly))
	case left < 30*24*time.Hour:
		l.doc.warn(at+".cert", "%s expires in %d days, on %s", certFile, int(left.Hours()/24), pair.Leaf.NotAfter.Format(time.DateOnly))
	}
	return pair, true
}

// media reads listen.media.
func (l *loader) media(s mediaShape) {
	doc := l.doc
	const at = "listen.media"
	if l.doc.root.get("listen").get("media") == nil {
		doc.problem(at, "there is no place for voice; {address: 0.0.0.0, advertise: 203.0.113.10, ports: 20000-29999} would be right, with an address of yours")
		return
	}
	m := &l.out.Media
	var err error
	if m.Address, err = netip.ParseAddr(s.Address); err != nil || m.Address.Zone() != "" {
		doc.problem(at+".address", "%q is no IP address", s.Address)
		return
	}
	m.Address = m.Address.Unmap()
	switch {
	case s.Advertise != "":
		m.Advertise, err = netip.ParseAddr(s.Advertise)
		m.Advertise = m.Advertise.Unmap()
		if err != nil || m.Advertise.Zone() != "" || m.Advertise.IsUnspecified() || m.Advertise.IsMulticast() {
			doc.problem(at+".advertise", "%q is no IP address that peers can send voice to (a name does not do here)", s.Advertise)
		} else if m.Advertise.Is4() != m.Address.Is4() && !doc.lost(at+".address") {
			doc.problem(at+".advertise", "%s and %s are not both IPv4 or both IPv6", m.Advertise, m.Address)
		}
	case m.Address.IsUnspecified() && !doc.lost(at+".address"):
		doc.problem(at+".advertise", "%s is every address of this machine; say which one peers are to send voice to, such as 203.0.113.10", m.Address)
	default:
		m.Advertise = m.Address
	}
	if s.Ports == "" {
		doc.problem(at+".ports", "there are no ports for voice; 20000-29999 is usual")
		return
	}
	if m.Low, m.High, err = portRange(s.Ports); err != nil {
		doc.problem(at+".ports", "%v", err)
		return
	}
	if pairs := (m.High - m.Low + 1) / 2; pairs < 20 {
		doc.warn(at+".ports", "this is enough for %d legs, and an anchored call has two; 20000-29999 is usual", pairs)
	}
	l.clash(m)
}

// portRange reads "20000-29999": at least two pairs, all unprivileged.
func portRange(s string) (low, high int, err error) {
	a, b, ok := strings.Cut(s, "-")
	low, errLow := strconv.Atoi(strings.TrimSpace(a))
	high, errHigh := strconv.Atoi(strings.TrimSpace(b))
	switch {
	case !ok || errLow != nil || errHigh != nil:
		return 0, 0, fmt.Errorf("%q is no range of ports; 20000-29999 would be right", s)
	case low > high:
		return 0, 0, fmt.Errorf("%d-%d runs backwards; %d-%d would be right", low, high, high, low)
	case low < 1024 || high > 65535:
		return 0, 0, fmt.Errorf("%d-%d is outside 1024 to 65535", low, high)
	case low%2 != 0:
		return 0, 0, fmt.Errorf("%d is odd; a pair of ports begins with an even one (RFC 3550 §11), so %d-%d would be right", low, low+1, high)
	case high-low+1 < 4:
		return 0, 0, fmt.Errorf("%d-%d is not even enough for one call, which takes four ports", low, high)
	}
	return low, high, nil
}

// clash finds listeners whose UDP port is among those of media.
func (l *loader) clash(m *Media) {
	for i, t := range l.out.Listeners {
		kind, addr, err := transport.ParseBind(t.Bind)
		if err != nil || kind != wissel.UDP {
			continue
		}
		same := addr.Addr() == m.Address || addr.Addr().IsUnspecified() || m.Address.IsUnspecified()
		if p := int(addr.Port()); same && p >= m.Low && p <= m.High {
			l.doc.problem("listen.media.ports", "port %d, where listen.sip[%d] is, lies in %d-%d; choose another range", p, i, m.Low, m.High)
		}
	}
}
