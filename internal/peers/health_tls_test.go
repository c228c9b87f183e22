package peers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// authority signs certificates for a test.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

// newAuthority makes one, and writes its certificate to ca.pem in dir.
func newAuthority(t *testing.T, dir string) *authority {
	t.Helper()
	a := &authority{t: t, key: newKey(t)}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of a test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, a.cert, a.cert, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sign writes NAME.pem and NAME.key to dir: a certificate for an IP address, good until a time.
func (a *authority) sign(dir, name, ip string, until time.Time) {
	a.t.Helper()
	key := newKey(a.t)
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.ParseIP(ip)},
		NotBefore: time.Now().Add(-47 * time.Hour), NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, a.cert, key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	write(a.t, dir, name+".pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(a.t, dir, name+".key", string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: raw})))
}

// expired lets the certificate of the platform's front be over when it is asked for again.
func expired(t *testing.T) finding {
	w := newWorld(t, "sip:NET.3:5060", "sip:NET.3:5061;transport=tls", "  control: unix", "  ca: DIR/ca.pem\n  control: unix")
	ca := newAuthority(t, w.dir)
	ca.sign(w.dir, "front", w.platform(), time.Now().Add(24*time.Hour))
	w.answers(w.net+".8", "uas.xml", nil)
	front := w.front(w.platform(), w.net+".8", "-A", "WITH_TLS")
	reserve := w.answers(w.reserve(), "uas.xml", nil)
	w.begin("platform", "reserve")
	f := w.strike("uac.xml", steady, meanwhile, func() {
		ca.sign(w.dir, "front", w.platform(), time.Now().Add(-time.Hour))
		front.command("tls.reload")
		w.reset(w.platform() + ":5061")
	}, nothing)
	settleBut(t, reserve, f.Calls/50)
	return f
}

// reset breaks the connections of wissel to an address, and no later ones.
func (w *world) reset(addr string) {
	w.t.Helper()
	lines := strings.Fields(w.root("ss", "-Htn", "dst", addr))
	open := 0
	for _, at := range lines {
		if host, port, ok := strings.Cut(at, ":"); ok && host == w.wissel() {
			w.iptables("-A", "INPUT", "-p", "tcp", "-s", host, "--sport", port, "-j", "REJECT", "--reject-with", "tcp-reset")
			open++
		}
	}
	if open == 0 {
		w.t.Errorf("wissel has no connection to %s", addr)
	}
}
