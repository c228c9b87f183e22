package web

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel/internal/access"
)

// doors keeps tokens and rules as the server does.
type doors struct {
	mu      sync.Mutex
	rules   access.Rules
	tokens  []access.Token
	refused []int
}

func (d *doors) Rules() access.Rules { return d.rules }
func (d *doors) Holder(secret string, now time.Time) (access.Token, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i, ok := access.Find(d.tokens, secret, now); ok {
		return d.tokens[i], true
	}
	return access.Token{}, false
}
func (d *doors) Refused(_ netip.Addr, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refused = append(d.refused, n)
}

// add makes a token that ends at until.
func (d *doors) add(name string, until time.Time, roles ...access.Role) (secret string) {
	t, secret := access.NewToken(name, roles, until, access.Person{Name: "root", Marks: []string{"uid:0"}}, time.Now())
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tokens = append(d.tokens, t)
	return secret
}

func (d *doors) revoke(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.tokens {
		if d.tokens[i].Name == name {
			d.tokens[i].Revoked = time.Now()
		}
	}
}

// networked runs the API on a port of loopback until the test ends.
func networked(t *testing.T, d *doors, cert *tls.Certificate) (c *Control, b *board, at string) {
	t.Helper()
	var certificate func() *tls.Certificate
	if cert != nil {
		certificate = func() *tls.Certificate { return cert }
	}
	l, err := ListenNetwork(t.Context(), netip.MustParseAddrPort("127.0.0.1:0"), certificate)
	if err != nil {
		t.Fatal(err)
	}
	b = &board{}
	c = NewControl(b, http.NotFoundHandler(), slog.New(slog.DiscardHandler)).Admit(d)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return c, b, l.Addr().String()
}

// refusal gives the fault of an error.
func refusal(t *testing.T, err error) *Fault {
	t.Helper()
	var fault *Fault
	if !errors.As(err, &fault) {
		t.Fatalf("no fault: %v", err)
	}
	return fault
}

func TestATokenLetsInOverTheNetwork(t *testing.T) {
	d := &doors{}
	_, b, at := networked(t, d, nil)
	operator := NewRemote("http://"+at, d.add("anna", time.Time{}, access.Operator), nil)
	if s, err := operator.Status(t.Context()); err != nil || s.Node != "node1" {
		t.Errorf("status: %+v, %v", s, err)
	}
	if _, err := operator.Switch(t.Context(), SwitchRequest{Group: "support", Plan: "b"}); err != nil {
		t.Error(err)
	}
	b.mu.Lock()
	if b.by.Who != "anna" || !strings.HasPrefix(b.by.From, "127.0.0.1 token ") || !slices.Contains(b.by.Marks, "name:anna") || !slices.Contains(b.by.Makers, "uid:0") {
		t.Errorf("who switched: %+v", b.by)
	}
	b.mu.Unlock()
	_, err := operator.Reload(t.Context())
	if f := refusal(t, err); f.Code != http.StatusForbidden || !strings.Contains(f.Why, "the role admin, and anna has operator") {
		t.Errorf("reload as operator: %v", err)
	}
	if resp, err := http.Get("http://" + at + "/healthz"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("healthz without a token: %v, %v", resp, err)
	} else if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
}

// No oracle: wrong, ended and revoked tokens get the same answer, byte for byte.
func TestWhatIsWrongWithATokenIsNotTold(t *testing.T) {
	d := &doors{}
	d.add("anna", time.Time{}, access.Admin)
	ended, gone := d.add("bob", time.Now().Add(-time.Hour), access.Admin), d.add("carol", time.Time{}, access.Admin)
	d.revoke("carol")
	var answers []string
	for _, secret := range []string{"wissel_none", ended, gone} {
		_, _, at := networked(t, d, nil) // a door of its own, that has seen nothing yet
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+at+"/v1/status", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+secret)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err := errors.Join(err, resp.Body.Close()); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, fmt.Sprint(resp.StatusCode, resp.Header.Get("WWW-Authenticate"), string(body)))
	}
	if !strings.HasPrefix(answers[0], "401") || answers[0] != answers[1] || answers[0] != answers[2] {
		t.Errorf("the answers differ: %q", answers)
	}
}

func TestWhoGuessesTokensWaits(t *testing.T) {
	d := &doors{}
	right := d.add("anna", time.Time{}, access.Viewer)
	c, _, at := networked(t, d, nil)
	_, err := NewRemote("http://"+at, "wissel_wrong", nil).Status(t.Context())
	if f := refusal(t, err); f.Code != http.StatusUnauthorized {
		t.Errorf("the first: %v", err)
	}
	for _, token := range []string{"wissel_wrong", right} { // a right one is not listened to either
		_, err := NewRemote("http://"+at, token, nil).Status(t.Context())
		if f := refusal(t, err); f.Code != http.StatusTooManyRequests || !strings.Contains(f.Why, "too many wrong tokens") || !strings.HasSuffix(f.Why, "try again in 1s") {
			t.Errorf("while it waits: %v", err)
		}
	}
	if c.WrongTokens() != 3 || !slices.Equal(d.refused, []int{1}) {
		t.Errorf("%d wrong tokens were counted, %v told", c.WrongTokens(), d.refused)
	}
	<-time.After(260 * time.Millisecond)
	if _, err := NewRemote("http://"+at, right, nil).Status(t.Context()); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

// A token that is revoked lets nobody in, on a connection that is open already too.
func TestARevokedTokenEndsOnAnOpenConnection(t *testing.T) {
	d := &doors{}
	secret := d.add("anna", time.Time{}, access.Viewer)
	_, _, at := networked(t, d, nil)
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}()
	answers := bufio.NewReader(conn)
	ask := func() int {
		if _, err := fmt.Fprintf(conn, "GET /v1/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", secret); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode
	}
	if code := ask(); code != http.StatusOK {
		t.Fatalf("before: %d", code)
	}
	d.revoke("anna")
	if code := ask(); code != http.StatusUnauthorized {
		t.Errorf("after it was revoked: %d", code)
	}
}

// FAULTS A27, against the API itself.
func TestHostileRequests(t *testing.T) {
	d := &doors{}
	secret := d.add("anna", time.Time{}, access.Operator)
	_, _, at := networked(t, d, nil)
	for _, c := range []struct {
		name, method, path, body string
		header                   [2]string
		code                     int
	}{
		{"headers beyond measure", "GET", "/v1/status", "", [2]string{"X-Long", strings.Repeat("x", 64<<10)}, http.StatusRequestHeaderFieldsTooLarge},
		{"a body beyond measure", "POST", "/v1/switch", `{"group":"` + strings.Repeat("x", 2<<20) + `"}`, [2]string{}, http.StatusBadRequest},
		{"a field that there is not", "POST", "/v1/switch", `{"group":"support","admin":true}`, [2]string{}, http.StatusBadRequest},
		{"a body that is no JSON", "POST", "/v1/switch", `<xml/>`, [2]string{}, http.StatusBadRequest},
		{"a body nested beyond measure", "POST", "/v1/switch", strings.Repeat(`{"group":`, 20_000), [2]string{}, http.StatusBadRequest},
		{"another site's page", "POST", "/v1/switch", `{"group":"support","plan":"b"}`, [2]string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"a path with dots", "GET", "/v1/../../etc/passwd", "", [2]string{}, http.StatusNotFound},
		{"a path with hidden dots", "GET", "/v1/%2e%2e/%2e%2e/etc/passwd", "", [2]string{}, http.StatusNotFound},
		{"a method that there is not", "DELETE", "/v1/audit", "", [2]string{}, http.StatusMethodNotAllowed},
		{"two tokens in one header", "GET", "/v1/status", "", [2]string{"Authorization", "Bearer " + secret + ", Bearer x"}, http.StatusUnauthorized},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+at+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+secret)
		if c.header[0] != "" {
			req.Header.Set(c.header[0], c.header[1])
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		if resp.StatusCode != c.code {
			t.Errorf("%s: %d, want %d", c.name, resp.StatusCode, c.code)
		}
	}
}

func TestConnectionsAreCapped(t *testing.T) {
	_, _, at := networked(t, &doors{}, nil)
	var all []net.Conn
	for range maxConns + 1 {
		conn, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, conn)
	}
	answered := func(conn net.Conn, within time.Duration) bool {
		if err := conn.SetDeadline(time.Now().Add(within)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			return false
		}
		_, err := conn.Read(make([]byte, 1))
		return err == nil
	}
	last := all[maxConns]
	if answered(last, 200*time.Millisecond) {
		t.Error("one more than the cap is served")
	}
	if err := all[0].Close(); err != nil {
		t.Fatal(err)
	}
	if err := last.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := last.Read(make([]byte, 1)); err != nil {
		t.Errorf("when another has gone it is not served: %v", err)
	}
	for _, conn := range all[1:] {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
}

// selfSigned makes a certificate for 127.0.0.1, and the PEM of who vouches for it.
func selfSigned(t *testing.T) (*tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestTheServersCertificateIsProven(t *testing.T) {
	d := &doors{}
	secret := d.add("anna", time.Time{}, access.Viewer)
	cert, authority := selfSigned(t)
	_, other := selfSigned(t)
	_, _, at := networked(t, d, cert)
	if s, err := NewRemote("https://"+at, secret, authority).Status(t.Context()); err != nil || s.Node != "node1" {
		t.Errorf("with its authority: %+v, %v", s, err)
	}
	for name, ca := range map[string][]byte{"the system's authorities": nil, "another authority": other} {
		if _, err := NewRemote("https://"+at, secret, ca).Status(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhereATokenIsNotSent(t *testing.T) {
	for control, word := range map[string]string{
		"http://192.0.2.1:8443":        "https:// it must be",
		"http://wissel.example:8443":   "https:// it must be",
		"https://":                     "https://host:port would be right",
		"https://a:b@wissel.example":   "https://host:port would be right",
		"https://wissel.example/v1?x=": "https://host:port would be right",
	} {
		if _, err := NewRemote(control, "wissel_x", nil).Status(t.Context()); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v; want %q", control, err, word)
		}
	}
	if _, err := NewRemote("https://wissel.example", "", nil).Status(t.Context()); err == nil || !strings.Contains(err.Error(), "WISSEL_TOKEN") {
		t.Errorf("without a token: %v", err)
	}
	if _, err := NewRemote("https://wissel.example", "wissel_x", []byte("none")).Status(t.Context()); err == nil || !strings.Contains(err.Error(), "--ca") {
		t.Errorf("with an authority that is none: %v", err)
	}
}

func TestOffLoopbackItTakesTLS(t *testing.T) {
	for _, at := range []string{"0.0.0.0:0", "[::]:0", "192.0.2.1:0"} {
		if l, err := ListenNetwork(t.Context(), netip.MustParseAddrPort(at), nil); err == nil || !strings.Contains(err.Error(), "takes cert and key") {
			t.Errorf("%s: %v, %v", at, l, err)
		}
	}
}

// Over the socket a user has the roles of the rules, and those of his groups, as they are at each request.
func TestRolesComeFromTheRulesOfNow(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	d := &doors{rules: access.Rules{"someone": {access.Viewer}, "group:ops": {access.Operator}}}
	c := NewControl(&board{}, http.NotFoundHandler(), slog.New(slog.DiscardHandler)).Admit(d)
	as := caller{Actor: Actor{Who: "someone"}, user: "someone", uid: 70_000, groups: []string{"ops"}}
	ask := func() Actor {
		r, err := http.NewRequestWithContext(context.WithValue(t.Context(), callerKey{}, as), http.MethodGet, "/v1/status", nil)
		if err != nil {
			t.Fatal(err)
		}
		by, err := c.door.identify(r)
		if err != nil {
			t.Fatal(err)
		}
		return by
	}
	if by := ask(); !slices.Equal(by.Roles, []access.Role{access.Viewer, access.Operator}) {
		t.Errorf("%v", by.Roles)
	}
	d.rules = access.Rules{}
	if by := ask(); len(by.Roles) != 0 {
		t.Errorf("after his roles were taken away: %v", by.Roles)
	}
	as.owner = true
	if by := ask(); len(by.Roles) != len(access.Roles) {
		t.Errorf("the owner has %v", by.Roles)
	}

	path := filepath.Join(t.TempDir(), "control.sock")
	l, err := Listen(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := OpenToGroup(path, "no-such-group"); err == nil || !strings.Contains(err.Error(), "no such group on this machine") {
		t.Errorf("a group that there is not: %v", err)
	}
	group, err := user.LookupGroupId(me.Gid)
	if err != nil {
		t.Fatal(err)
	}
	if err := OpenToGroup(path, group.Name); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("%v, %v", info, err)
	}
}
