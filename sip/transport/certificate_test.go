package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"wissel"
	"wissel/internal/virtual"
)

// How a peer meets a handshake of ours, and what people are told of it (FAULTS A5, F26).
func TestWhyAHandshakeFailed(t *testing.T) {
	with := func(cert tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{cert}} }
	for _, row := range []struct {
		name string
		far  func(c *certificates) *tls.Config // nil: it speaks no TLS
		says string                            // instead of TLS
		why  string
		ours bool
	}{
		{"expired", func(c *certificates) *tls.Config { return with(c.make("byoc.example", time.Now().Add(-time.Minute))) }, "",
			"its certificate expired on 31 Dec 1999", false},
		{"for another name", func(c *certificates) *tls.Config { return with(c.make("evil.example", time.Now().Add(time.Hour))) }, "",
			"its certificate is for evil.example, not byoc.example", false},
		{"of an unknown authority", func(c *certificates) *tls.Config {
			return with(newCertificates(c.t).make("byoc.example", time.Now().Add(time.Hour)))
		}, "", "its certificate is of an authority that we do not trust (listen.ca)", false},
		{"no TLS", nil, "SIP/2.0 400 Bad Request\r\n\r\n", "it does not speak TLS there", false},
		{"closed", nil, "", "it closed the connection during the TLS handshake", false},
		{"an old version", func(c *certificates) *tls.Config {
			cfg := with(c.make("byoc.example", time.Now().Add(time.Hour)))
			cfg.MaxVersion = tls.VersionTLS11
			cfg.MinVersion = tls.VersionTLS10
			return cfg
		}, "", "it ended the TLS handshake: tls: protocol version not supported", false},
		{"ours has expired", func(c *certificates) *tls.Config {
			cfg := with(c.make("byoc.example", time.Now().Add(time.Hour)))
			cfg.ClientAuth, cfg.ClientCAs, cfg.MaxVersion = tls.RequireAndVerifyClientCert, c.pool, tls.VersionTLS12
			return cfg
		}, "", "it says that our certificate is expired", true},
		{"ours is missing, told after the handshake", func(c *certificates) *tls.Config {
			cfg := with(c.make("byoc.example", time.Now().Add(time.Hour)))
			cfg.ClientAuth, cfg.ClientCAs = tls.RequireAndVerifyClientCert, c.pool
			return cfg
		}, "", "it says that our certificate is missing", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			virtual.Time(t, func(t *testing.T) {
				certs := newCertificates(t)
				ls := settings("tcp://0.0.0.0:5060")
				ls.TLS = &tls.Config{RootCAs: certs.pool}
				if strings.Contains(row.name, "has expired") {
					ls.TLS.Certificates = []tls.Certificate{certs.make("wissel.example", time.Now().Add(-time.Minute))}
				}
				s, in := run(t, Options{
					Listeners: []Settings{ls}, ListenStream: func(string) (net.Listener, error) { return newPipes(), nil },
					Dial: func(context.Context, wissel.Address) (net.Conn, error) {
						near, far := net.Pipe()
						go serve(far, row.far, certs, row.says)
						return near, nil
					},
				})
				p := Path{Peer: wissel.Address{Transport: wissel.TLS, AddrPort: netip.MustParseAddrPort("192.0.2.9:5061")}, Host: "byoc.example"}
				if err := s.Send(p, []byte("INVITE")); err != nil {
					t.Fatal(err)
				}
				var shake *HandshakeError
				for shake == nil { // what was queued may be told of before the end of the connection
					if f := in.failure(t); !errors.As(f.Err, &shake) && f.Closed {
						t.Fatalf("the connection ended by %v", f.Err)
					}
				}
				if shake.Why != row.why || shake.Ours != row.ours {
					t.Errorf("told %q, ours %v; want %q, %v", shake.Why, shake.Ours, row.why, row.ours)
				}
			})
		})
	}
}

// serve is the far end of one connection.
func serve(far net.Conn, config func(*certificates) *tls.Config, certs *certificates, says string) {
	defer func() { _ = far.Close() }()
	if config == nil {
		b := make([]byte, 4096)
		_, _ = far.Read(b)
		_, _ = io.WriteString(far, says)
		return
	}
	c := tls.Server(far, config(certs))
	if c.HandshakeContext(context.Background()) != nil {
		_, _ = io.Copy(io.Discard, far) // its last word is heard before it closes
		return
	}
	_, _ = io.Copy(io.Discard, c)
}

func TestAPeerThatDoesNotShakeHandsIsToldAsThat(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		ls := settings("tcp://0.0.0.0:5060")
		var far net.Conn
		s, in := run(t, Options{
			Listeners: []Settings{ls}, ListenStream: func(string) (net.Listener, error) { return newPipes(), nil },
			Dial: func(context.Context, wissel.Address) (near net.Conn, _ error) {
				near, far = net.Pipe()
				go func() { _, _ = io.Copy(io.Discard, far) }()
				return near, nil
			},
		})
		p := Path{Peer: wissel.Address{Transport: wissel.TLS, AddrPort: netip.MustParseAddrPort("192.0.2.9:5061")}, Host: "byoc.example"}
		if err := s.Send(p, []byte("INVITE")); err != nil {
			t.Fatal(err)
		}
		f := in.failure(t)
		if shake := (*HandshakeError)(nil); !errors.As(f.Err, &shake) || shake.Why != "it did not complete the TLS handshake in time" || shake.Ours {
			t.Errorf("told %v", f.Err)
		}
		_ = far.Close()
	})
}

// Each certificate that a peer shows is told of, the one that we refuse too.
func TestCertificatesOfPeersAreSeen(t *testing.T) {
	for _, valid := range []time.Duration{10 * 24 * time.Hour, -time.Minute} {
		virtual.Time(t, func(t *testing.T) {
			certs := newCertificates(t)
			until := time.Now().Add(valid)
			var mu sync.Mutex
			var seen []PeerCertificate
			ls := settings("tcp://0.0.0.0:5060")
			ls.TLS = &tls.Config{RootCAs: certs.pool}
			s, in := run(t, Options{
				Listeners: []Settings{ls}, ListenStream: func(string) (net.Listener, error) { return newPipes(), nil },
				Certificate: func(c PeerCertificate) { mu.Lock(); seen = append(seen, c); mu.Unlock() },
				Dial: func(context.Context, wissel.Address) (net.Conn, error) {
					near, far := net.Pipe()
					go serve(far, func(c *certificates) *tls.Config {
						return &tls.Config{Certificates: []tls.Certificate{c.make("byoc.example", until)}}
					}, certs, "")
					return near, nil
				},
			})
			p := Path{Peer: wissel.Address{Transport: wissel.TLS, AddrPort: netip.MustParseAddrPort("192.0.2.9:5061")}, Host: "byoc.example"}
			if err := s.Send(p, []byte("INVITE")); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if valid < 0 {
				in.failure(t)
			}
			mu.Lock()
			defer mu.Unlock()
			if len(seen) != 1 || seen[0].Peer != p.Peer || strings.Join(seen[0].Names, " ") != "byoc.example" || !seen[0].Until.Equal(until.UTC().Truncate(time.Second)) {
				t.Errorf("valid for %v: seen %+v", valid, seen)
			}
		})
	}
}

func TestWhatAPeerWroteIsShownShortAndWhole(t *testing.T) {
	if got := readable("a\nb" + strings.Repeat("é", 300)); len(got) > 240 || !utf8.ValidString(got) || !strings.HasPrefix(got, "a?bé") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}
