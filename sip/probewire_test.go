package sip

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel"
	"wissel/carriers"
	"wissel/carriers/health"
	"wissel/sip/transport"
)

// selfSigned is a certificate for a name, of which it is itself the authority.
func selfSigned(t *testing.T, name string, until time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// platform is three real sockets that answer OPTIONS and keep what they were asked.
type platform struct {
	mu    sync.Mutex
	asked map[wissel.Address][]string
}

// heard is what an address was asked, in order.
func (p *platform) heard(at wissel.Address) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[at]
}

// answerTo gives the 200 to an OPTIONS, and keeps it.
func (p *platform) answerTo(at wissel.Address, data []byte) []byte {
	m := &msg{raw: string(data)}
	if !m.scan(data) || !m.is("OPTIONS") {
		return nil
	}
	p.mu.Lock()
	p.asked[at] = append(p.asked[at], m.raw)
	p.mu.Unlock()
	var b strings.Builder
	b.WriteString("SIP/2.0 200 OK\r\n")
	for _, f := range m.fields {
		switch f.id {
		case fieldVia, fieldFrom, fieldTo, fieldCallID, fieldCSeq:
			b.WriteString(string(f.line) + "\r\n")
		default:
		}
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	return []byte(b.String())
}

func (p *platform) udp(t *testing.T) (wissel.Address, io.Closer) {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	at := wissel.Address{Transport: wissel.UDP, AddrPort: c.LocalAddr().(*net.UDPAddr).AddrPort()}
	go func() {
		b := make([]byte, 4096)
		for {
			n, from, err := c.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			_, _ = c.WriteToUDPAddrPort(p.answerTo(at, b[:n]), from)
		}
	}()
	return at, c
}

func (p *platform) stream(t *testing.T, kind wissel.Transport, config *tls.Config) (wissel.Address, io.Closer) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := wissel.Address{Transport: kind, AddrPort: ln.Addr().(*net.TCPAddr).AddrPort()}
	if config != nil {
		ln = tls.NewListener(ln, config)
	}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				var f transport.Framer
				for {
					n, err := c.Read(f.Space())
					f.Filled(n)
					for fr, ok, bad := f.Next(); ok && bad == nil; fr, ok, bad = f.Next() {
						_, _ = c.Write(p.answerTo(at, fr.Data))
					}
					if err != nil {
						return
					}
				}
			}()
		}
	}()
	return at, ln
}

// onSockets is a server on real sockets of the loopback.
func onSockets(t *testing.T, roots *x509.CertPool, seen func(transport.PeerCertificate), trunks map[wissel.TrunkID]*wissel.Trunk) *Server {
	t.Helper()
	var listeners []transport.Settings
	for _, bind := range []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"} {
		ls := transport.DefaultSettings()
		ls.Bind, ls.TLS = bind, &tls.Config{RootCAs: roots}
		listeners = append(listeners, ls)
	}
	snap := &wissel.Snapshot{Trunks: trunks}
	srv, err := New(Options{
		Listeners: listeners, Snapshot: func() *wissel.Snapshot { return snap }, Health: health.NewBoard(health.DefaultPolicy(), nil),
		Limits: carriers.NewLimits(), Node: "node1", Shards: 1, Certificate: seen,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- srv.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return srv
}

// Each address of a trunk is asked on its own, over its own transport.
func TestOPTIONSOverEachTransport(t *testing.T) {
	cert, roots := selfSigned(t, "north.example", time.Now().Add(20*24*time.Hour))
	certs := make(chan transport.PeerCertificate, 8)
	far := &platform{asked: map[wissel.Address][]string{}}
	udp, c1 := far.udp(t)
	tcp, c2 := far.stream(t, wissel.TCP, nil)
	secure, c3 := far.stream(t, wissel.TLS, &tls.Config{Certificates: []tls.Certificate{cert}})
	for _, c := range []io.Closer{c1, c2, c3} {
		defer func() { _ = c.Close() }()
	}
	trunk := &wissel.Trunk{ID: "north", Addresses: []wissel.Address{udp, tcp, secure}, Hosts: []wissel.Host{{Name: "udp.example"}, {Name: "tcp.example"}, {Name: "north.example"}}}
	srv := onSockets(t, roots, func(c transport.PeerCertificate) { certs <- c }, map[wissel.TrunkID]*wissel.Trunk{"north": trunk})
	for i, a := range trunk.Addresses {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		o := srv.Probe(ctx, trunk, a)
		cancel()
		if o.Status != 200 || o.Took <= 0 || o.Layer != health.Probe {
			t.Errorf("%s: observed %+v", a, o)
			continue
		}
		raw := far.heard(a)[0]
		m := &msg{raw: raw}
		m.scan([]byte(raw))
		if !strings.HasPrefix(raw, "OPTIONS sip:"+trunk.Hosts[i].Name) || !strings.Contains(raw, "\r\nUser-Agent: wissel\r\n") {
			t.Errorf("%s was asked\n%s", a, raw)
		}
		from, _ := addrOf(m.from)
		to, _ := addrOf(m.to)
		if !strings.HasPrefix(string(from), "sip:probe-north@") || string(from) == string(to) {
			t.Errorf("%s: From %s, To %s", a, from, to)
		}
	}
	if t.Failed() {
		return
	}
	if c := <-certs; c.Peer != secure || c.Names[0] != "north.example" || time.Until(c.Until) < 19*24*time.Hour {
		t.Errorf("seen %+v", c)
	}
	trunk.Probe.From, trunk.Probe.Agent = "watch", "night shift/1"
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if o := srv.Probe(ctx, trunk, udp); o.Status != 200 || !strings.Contains(far.heard(udp)[1], "<sip:watch@") || !strings.Contains(far.heard(udp)[1], "User-Agent: night shift/1\r\n") {
		t.Errorf("observed %+v of\n%s", o, far.heard(udp)[1])
	}
}

// What is wrong with a peer's certificate is told with the verdict; what is wrong with ours is no evidence (FAULTS A5, F26).
func TestAProbeTellsWhatIsWrongWithACertificate(t *testing.T) {
	good, roots := selfSigned(t, "north.example", time.Now().Add(time.Hour))
	until := time.Now().Add(-48 * time.Hour)
	expired, _ := selfSigned(t, "north.example", until)
	leaf, err := x509.ParseCertificate(expired.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(leaf)
	other, _ := selfSigned(t, "other.example", time.Now().Add(time.Hour))
	otherLeaf, err := x509.ParseCertificate(other.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(otherLeaf)
	unknown, _ := selfSigned(t, "north.example", time.Now().Add(time.Hour))
	srv := onSockets(t, roots, nil, nil)
	for _, row := range []struct {
		name   string
		config *tls.Config
		why    string // empty: no evidence
	}{
		{"expired", &tls.Config{Certificates: []tls.Certificate{expired}}, "its certificate expired on " + until.UTC().Format("2 Jan 2006")},
		{"another name", &tls.Config{Certificates: []tls.Certificate{other}}, "its certificate is for other.example, not north.example"},
		{"an unknown authority", &tls.Config{Certificates: []tls.Certificate{unknown}}, "its certificate is of an authority that we do not trust (listen.ca)"},
		{"it wants a certificate of ours", &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAnyClientCert}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			far := &platform{asked: map[wissel.Address][]string{}}
			at, c := far.stream(t, wissel.TLS, row.config)
			defer func() { _ = c.Close() }()
			trunk := &wissel.Trunk{ID: "north", Addresses: []wissel.Address{at}, Hosts: []wissel.Host{{Name: "north.example"}}}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			o := srv.Probe(ctx, trunk, at)
			if row.why == "" {
				if shake := (*transport.HandshakeError)(nil); !errors.As(o.Unable, &shake) || !shake.Ours {
					t.Errorf("observed %+v", o)
				}
				return
			}
			if !o.Unreachable || o.Why != row.why || o.Unable != nil {
				t.Errorf("observed %+v, want %q", o, row.why)
			}
		})
	}
}
