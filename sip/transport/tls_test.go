package transport

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
	"net/netip"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/virtual"
)

// certificates are of an authority of the test's own: for a name, valid from one time to another.
type certificates struct {
	t    *testing.T
	ca   *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newCertificates(t *testing.T) *certificates {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &certificates{t: t, key: key, pool: x509.NewCertPool()}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if c.ca, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	c.pool.AddCert(c.ca)
	return c
}

func (c *certificates) make(name string, until time.Time) tls.Certificate {
	c.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: until,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, c.ca, &key.PublicKey, c.key)
	if err != nil {
		c.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// overTLS runs a Set with one TLS listener in memory. Strangers may come in when strangers is set.
func overTLS(t *testing.T, strangers bool, f func(t *testing.T, s *Set, in *inbox, ln *pipes, certs *certificates)) {
	t.Helper()
	virtual.Time(t, func(t *testing.T) {
		ln, certs := newPipes(), newCertificates(t)
		ls := settings("tls://0.0.0.0:5061")
		ls.TLS = &tls.Config{
			Certificates: []tls.Certificate{certs.make("wissel.example", time.Now().Add(time.Hour))},
			ClientCAs:    certs.pool, RootCAs: certs.pool, MinVersion: tls.VersionTLS10,
		}
		s, in := run(t, Options{
			Listeners:    []Settings{ls},
			ListenStream: func(string) (net.Listener, error) { return ln, nil },
			Allow:        func(a wissel.Address) bool { return a.AddrPort.Addr().String() == "192.0.2.2" },
			AllowTLS:     func() bool { return strangers },
		})
		f(t, s, in, ln, certs)
	})
}

func TestTLS(t *testing.T) {
	far := func(c *certificates) *tls.Config { return &tls.Config{RootCAs: c.pool, ServerName: "wissel.example"} }
	for _, row := range []struct {
		name      string
		source    string
		strangers bool
		edit      func(*certificates, *tls.Config)
		in, cert  bool
	}{
		{"a known source", "192.0.2.2:1", false, func(*certificates, *tls.Config) {}, true, false},
		{"a known source with a certificate", "192.0.2.2:1", false, func(c *certificates, f *tls.Config) {
			f.Certificates = []tls.Certificate{c.make("peer.example", time.Now().Add(time.Hour))}
		}, true, true},
		{"a stranger where none may come", "10.0.0.1:1", false, func(*certificates, *tls.Config) {}, false, false},
		{"a stranger without a certificate", "10.0.0.1:1", true, func(*certificates, *tls.Config) {}, false, false},
		{"a stranger with one of ours", "10.0.0.1:1", true, func(c *certificates, f *tls.Config) {
			f.Certificates = []tls.Certificate{c.make("peer.example", time.Now().Add(time.Hour))}
		}, true, true},
		{"a stranger with one that has expired", "10.0.0.1:1", true, func(c *certificates, f *tls.Config) {
			f.Certificates = []tls.Certificate{c.make("peer.example", time.Now().Add(-time.Minute))}
		}, false, false},
		{"a stranger with one of another authority", "10.0.0.1:1", true, func(c *certificates, f *tls.Config) {
			f.Certificates = []tls.Certificate{newCertificates(c.t).make("peer.example", time.Now().Add(time.Hour))}
		}, false, false},
		{"TLS 1.1, though the settings ask for 1.0 (A5)", "192.0.2.2:1", false, func(_ *certificates, f *tls.Config) {
			f.MinVersion, f.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		}, false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			overTLS(t, row.strangers, func(t *testing.T, s *Set, in *inbox, ln *pipes, certs *certificates) {
				cfg := far(certs)
				row.edit(certs, cfg)
				c := tls.Client(ln.dial(row.source), cfg)
				go func() { _, _ = c.Write([]byte(options)) }() // where it is refused, that is seen below
				if !row.in {
					closedAfter(c)
					<-time.After(time.Minute)
					if n := s.Stats(); n.Received != 0 || n.Connections+n.ConnectionsOpening != 0 {
						t.Errorf("%+v", n)
					}
					return
				}
				p := in.packet(t)
				if p.Cert != row.cert || string(p.Data) != options || p.Path.Peer.Transport != wissel.TLS {
					t.Errorf("%+v", p)
				}
			})
		})
	}
}

// FAULTS A5: who does not shake hands is gone after 5 s.
func TestTheHandshakeHasADeadline(t *testing.T) {
	overTLS(t, false, func(t *testing.T, s *Set, in *inbox, ln *pipes, _ *certificates) {
		c := ln.dial("192.0.2.2:1")
		if took := closedAfter(c); took != 5*time.Second || s.Stats().HandshakeErrors != 1 {
			t.Errorf("closed after %s, %d errors", took, s.Stats().HandshakeErrors)
		}
	})
}

// A connection of ours checks the name that the settings give; a wrong or expired certificate is told as that.
func TestAConnectionOfOursChecksWhoAnswers(t *testing.T) {
	for _, row := range []struct {
		name, cert string
		valid      time.Duration
		fails      string
	}{
		{"the right name", "byoc.example", time.Hour, ""},
		{"another name", "evil.example", time.Hour, "not byoc.example"},
		{"an expired certificate", "byoc.example", -time.Minute, "expired"},
	} {
		t.Run(row.name, func(t *testing.T) {
			virtual.Time(t, func(t *testing.T) {
				certs := newCertificates(t)
				got := make(chan string, 1)
				ls := settings("tcp://0.0.0.0:5060") // it lends its name to TLS connections of ours
				ls.TLS = &tls.Config{RootCAs: certs.pool}
				s, in := run(t, Options{
					Listeners: []Settings{ls}, ListenStream: func(string) (net.Listener, error) { return newPipes(), nil },
					Dial: func(context.Context, wissel.Address) (net.Conn, error) {
						near, far := net.Pipe()
						go func() {
							defer func() { _ = far.Close() }()
							c := tls.Server(far, &tls.Config{Certificates: []tls.Certificate{certs.make(row.cert, time.Now().Add(row.valid))}})
							b := make([]byte, 6)
							if _, err := io.ReadFull(c, b); err == nil {
								got <- string(b)
							}
						}()
						return near, nil
					},
				})
				p := Path{Peer: wissel.Address{Transport: wissel.TLS, AddrPort: netip.MustParseAddrPort("192.0.2.9:5061")}, Host: "byoc.example"}
				if err := s.Send(p, []byte("INVITE")); err != nil {
					t.Fatal(err)
				}
				if row.fails == "" {
					if m := <-got; m != "INVITE" {
						t.Errorf("%q", m)
					}
					return
				}
				f := in.failure(t)
				if bad := (*tls.CertificateVerificationError)(nil); !errors.As(f.Err, &bad) || !strings.Contains(f.Err.Error(), row.fails) || string(f.Quoted) != "INVITE" {
					t.Errorf("%v, quoting %q", f.Err, f.Quoted)
				}
			})
		})
	}
}

// A rotated certificate, key and authority take over without a connection being dropped (FAULTS F26).
func TestCertificatesAreRotatedUnderOpenConnections(t *testing.T) {
	overTLS(t, false, func(t *testing.T, s *Set, in *inbox, ln *pipes, old *certificates) {
		dial := func(c *certificates) *tls.Conn {
			return tls.Client(ln.dial("192.0.2.2:1"), &tls.Config{RootCAs: c.pool, ServerName: "wissel.example"})
		}
		say := func(c *tls.Conn) error {
			failed := make(chan error, 1)
			go func() {
				_, err := c.Write([]byte(options))
				failed <- err
			}()
			return <-failed
		}
		first := dial(old)
		if err := say(first); err != nil {
			t.Fatal(err)
		}
		in.packet(t)
		next := newCertificates(t)
		s.SetTLS([]Settings{{Bind: "tls://0.0.0.0:5061", TLS: &tls.Config{
			Certificates: []tls.Certificate{next.make("wissel.example", time.Now().Add(time.Hour))}, ClientCAs: next.pool, RootCAs: next.pool,
		}}})
		if err := say(first); err != nil {
			t.Errorf("the open connection: %v", err)
		}
		in.packet(t)
		second := dial(next)
		if err := say(second); err != nil {
			t.Errorf("a new connection that trusts the new authority: %v", err)
		}
		in.packet(t)
		if err := say(dial(old)); err == nil {
			t.Error("a new connection still got the old certificate")
		}
	})
}
