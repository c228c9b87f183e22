package app

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
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wissel"
	"wissel/carriers"
	"wissel/configs"
)

// names is a DNS of A records; what it does not have is unknown.
type names map[string][]netip.Addr

func (n names) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	return "", nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if a := n[host]; a != nil {
		return a, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// shows listens for TLS with a certificate for name, and accepts until the test ends.
func shows(t *testing.T, name string, clients tls.ClientAuthType) netip.AddrPort {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(-time.Hour), // expired: it is looked at, not trusted
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, ClientAuth: clients, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	return serveUntilDone(t, l)
}

// serveUntilDone accepts, reads what comes and answers nothing of its own.
func serveUntilDone(t *testing.T, l net.Listener) netip.AddrPort {
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, conn) // until the peer is done
			_ = conn.Close()
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		running.Wait()
	})
	return l.Addr().(*net.TCPAddr).AddrPort()
}

func TestLook(t *testing.T) {
	one, mutual := shows(t, "sbc.example", tls.NoClientCert), shows(t, "mutual.example", tls.RequireAndVerifyClientCert)
	closed := shows(t, "gone.example", tls.NoClientCert)
	k := looker{names{"a.example": {netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}, "tls.example": {one.Addr()}}, func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == closed.String() {
			return nil, errors.New("connection refused")
		}
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}}
	to := func(uri ...string) carriers.Settings { return carriers.Settings{To: uri} }
	got := k.look(t.Context(), map[wissel.TrunkID]carriers.Settings{
		"udp":     to("sip:a.example", "sip:192.0.2.9"),
		"unknown": to("sip:nobody.example"),
		"tls":     to("sip:tls.example:" + port(one) + ";transport=tls"),
		"mutual":  to("sip:127.0.0.1:" + port(mutual) + ";transport=tls"),
		"closed":  to("sip:127.0.0.1:" + port(closed) + ";transport=tls"),
		"inwards": to(),
	})
	unknown, refused := got["unknown"], got["closed"]
	if len(unknown.Trouble) != 1 || !strings.Contains(unknown.Trouble[0], "nobody.example") || len(refused.Trouble) != 1 || !strings.Contains(refused.Trouble[0], "shows no certificate: connection refused") {
		t.Errorf("unknown: %+v, refused: %+v", unknown, refused)
	}
	delete(got, "unknown")
	delete(got, "closed")
	want := map[wissel.TrunkID]configs.Seen{
		"udp":     {Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.9")}},
		"tls":     {Addresses: []netip.Addr{one.Addr()}, Certificates: []string{"sbc.example for sbc.example"}},
		"mutual":  {Addresses: []netip.Addr{mutual.Addr()}, Certificates: []string{"mutual.example for mutual.example"}},
		"inwards": {},
	}
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
		t.Error(d)
	}
}

// TestLookGivesUpOnWhoSaysNothing has a peer that accepts and is silent.
func TestLookGivesUpOnWhoSaysNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := serveUntilDone(t, l)
	ctx, cancel := context.WithCancel(t.Context())
	dialed := func(ctx context.Context, network, address string) (net.Conn, error) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, network, address)
		cancel() // the connection is there, and so is whoever waits no longer
		return conn, err
	}
	seen := looker{names{}, dialed}.look(ctx, map[wissel.TrunkID]carriers.Settings{"mute": {To: []string{"sip:127.0.0.1:" + port(at) + ";transport=tls"}}})
	if tr := seen["mute"].Trouble; len(tr) != 1 || !strings.Contains(tr[0], "shows no certificate") {
		t.Errorf("%+v", seen)
	}
}

func port(a netip.AddrPort) string { _, p, _ := net.SplitHostPort(a.String()); return p }
