package configs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate writes a certificate that ends at a time, and its key, to dir.
func certificate(t *testing.T, dir string, end time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "wissel"}, NotBefore: end.AddDate(-1, 0, 0), NotAfter: end, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "cert.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	put(t, filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})))
}

func TestCertificates(t *testing.T) {
	now := quiet().Now()
	for _, c := range []struct {
		name    string
		listen  string
		end     time.Time
		mode    os.FileMode
		fault   string
		warning string
	}{
		{"a good one", `{bind: "tls://192.0.2.1:5061", cert: cert.pem, key: key.pem}`, now.AddDate(0, 6, 0), 0o600, "", ""},
		{"near its end", `{bind: "tls://192.0.2.1:5061", cert: cert.pem, key: key.pem}`, now.AddDate(0, 0, 14), 0o600, "", "expires in 14 days"},
		{"past its end, and we start all the same", `{bind: "tls://192.0.2.1:5061", cert: cert.pem, key: key.pem}`, now.AddDate(0, 0, -1), 0o600, "", "expired on 2026-10-31"},
		{"a key for everyone", `{bind: "tls://192.0.2.1:5061", cert: cert.pem, key: key.pem}`, now.AddDate(1, 0, 0), 0o644, "listen.sip[0].key: everyone", ""},
		{"no key", `{bind: "tls://192.0.2.1:5061", cert: cert.pem}`, now.AddDate(1, 0, 0), 0o600, "needs both cert and key", ""},
		{"a key that is not there", `{bind: "tls://192.0.2.1:5061", cert: cert.pem, key: none.pem}`, now.AddDate(1, 0, 0), 0o600, "listen.sip[0].key: ", ""},
		{"cert and key swapped", `{bind: "tls://192.0.2.1:5061", cert: key.pem, key: cert.pem}`, now.AddDate(1, 0, 0), 0o600, "do not go together", ""},
		{"neither", `{bind: "tls://192.0.2.1:5061"}`, now.AddDate(1, 0, 0), 0o600, "give cert and key", ""},
	} {
		dir := t.TempDir()
		certificate(t, dir, c.end)
		if err := os.Chmod(filepath.Join(dir, "key.pem"), c.mode); err != nil {
			t.Fatal(err)
		}
		yaml := strings.Replace(bare, `{bind: "udp://192.0.2.1:5060"}`, c.listen, 1)
		f, err := Parse(filepath.Join(dir, "wissel.yaml"), []byte(yaml), quiet())
		var faults *Faults
		switch {
		case c.fault != "":
			if !errors.As(err, &faults) || len(faults.Faults) != 1 || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%s: %v, want %q alone", c.name, err, c.fault)
			}
		case err != nil:
			t.Errorf("%s: %v", c.name, err)
		case len(f.Listeners[0].TLS.Certificates) != 1:
			t.Errorf("%s: no certificate", c.name)
		case c.warning == "" && len(f.Warnings) > 0 || c.warning != "" && (len(f.Warnings) != 1 || !strings.Contains(f.Warnings[0].String(), c.warning)):
			t.Errorf("%s: warnings %v, want %q", c.name, f.Warnings, c.warning)
		}
	}
}

func TestAuthoritiesReachEveryListener(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir, time.Now().AddDate(1, 0, 0))
	yaml := strings.Replace(bare, "listen: {", "listen: {ca: cert.pem, ", 1)
	f, err := Parse(filepath.Join(dir, "wissel.yaml"), []byte(yaml), quiet())
	if err != nil || f.Listeners[0].TLS == nil || f.Listeners[0].TLS.RootCAs == nil {
		t.Fatalf("%v %+v", err, f)
	}
	put(t, filepath.Join(dir, "cert.pem"), "nothing")
	if _, err = Parse(filepath.Join(dir, "wissel.yaml"), []byte(yaml), quiet()); err == nil || !strings.Contains(err.Error(), "listen.ca: ") {
		t.Fatal(err)
	}
}

func TestPathsAreTakenFromTheFilesFolder(t *testing.T) {
	dir := t.TempDir()
	f, err := Parse(filepath.Join(dir, "wissel.yaml"), []byte(bare+"store: db\n"), quiet())
	if err != nil || f.Store != filepath.Join(dir, "db") || f.Control != "/run/wissel/control.sock" {
		t.Fatalf("%v %+v", err, f)
	}
	long := strings.Replace(bare, "listen: {", "listen: {control: unix:///"+strings.Repeat("x", 120)+", ", 1)
	if _, err = Parse("wissel.yaml", []byte(long), quiet()); err == nil || !strings.Contains(err.Error(), "choose a shorter one") {
		t.Fatal(err)
	}
}

const ownFlow = `flow: %s
start: hallo
languages: [{id: nl, key: "1"}]
steps:
  hallo: {end: {play: [goodbye], reason: "own"}}
`

func TestOwnFlows(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "flows"), 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "wissel.yaml")
	read := func() (*File, error) { return Parse(path, []byte("flows: flows\n"+bare), quiet()) }
	flow := func(file, name string) {
		put(t, filepath.Join(dir, "flows", file), strings.Replace(ownFlow, "%s", name, 1))
	}

	empty, err := read()
	if err != nil || len(empty.Warnings) != 1 || !strings.Contains(empty.Warnings[0].Msg, "holds no flow") {
		t.Fatalf("%v %+v", err, empty)
	}
	flow("a.yaml", "storing")
	own, err := read()
	if err != nil || len(own.Flows["storing"].Prompts()) != 1 {
		t.Fatalf("a flow of the settings replaces the shipped one: %v", err)
	}
	if own.Version == empty.Version {
		t.Error("the version does not tell that a flow has changed")
	}
	flow("b.yaml", "storing")
	if _, err = read(); err == nil || !strings.Contains(err.Error(), "stands in "+filepath.Join(dir, "flows", "a.yaml")+" already") {
		t.Fatalf("two of one name: %v", err)
	}
	flow("b.yaml", "ander")
	if own, err = read(); err != nil || len(own.Flows) != 3 { // with the shipped premium
		t.Fatalf("%v %v", err, own)
	}
}
