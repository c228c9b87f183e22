package smpp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/linxGnu/gosmpp/pdu"
	"go.uber.org/goleak"

	"wissel"
	"wissel/internal/sms"
	"wissel/internal/sms/smstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func absolute(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

func (s *smsc) settings() Settings {
	set := DefaultSettings()
	set.Address = net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
	set.SystemID, set.Password = "wissel", wissel.NewSecret(password)
	return set
}

func TestContract(t *testing.T) {
	smstest.Run(t, func(t *testing.T) smstest.Subject {
		far := startSMSC(t)
		return smstest.Subject{Provider: New(far.settings()), Far: far, Secrets: []string{password}}
	})
}

// run keeps a client at work for the length of a test, and gives its events.
func run(t *testing.T, c *Client) <-chan sms.Event {
	t.Helper()
	events := make(chan sms.Event, 100)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- c.Run(ctx, func(e sms.Event) error {
			events <- e
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
	})
	return events
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(15 * time.Second); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not seen in 15 s: %s", what)
		}
	}
}

func bound(c *Client) func() bool { return func() bool { yes, _ := c.State(); return yes } }

var hello = sms.Text{Key: "k", From: "Wissel", To: "+31612345678", Body: "Er is een storing.", Valid: 25*time.Hour + 2*time.Minute + 3*time.Second}

func TestWhatASubmitSays(t *testing.T) {
	far := startSMSC(t)
	c := New(far.settings())
	run(t, c)
	until(t, "a bind", bound(c))
	if o := c.Send(t.Context(), hello); o.Verdict != sms.Accepted {
		t.Fatal(o)
	}
	p := far.all()[0]
	if p.Coding != 0 || p.Receipts != 1 || len(p.UDH) != 0 {
		t.Errorf("the SMSC read %+v", p)
	}
	if got := validity(hello.Valid); got != "000001010203000R" {
		t.Errorf("the validity is %s", got)
	}
}

// The parts that were taken before are not sent again, and those that are have the same reference: the phone joins them.
func TestTheRestOfAText(t *testing.T) {
	far := startSMSC(t)
	c := New(far.settings())
	run(t, c)
	until(t, "a bind", bound(c))
	long := hello
	for len(long.Body) < 400 {
		long.Body += " Het duurt nog even."
	}
	whole := c.Send(t.Context(), long)
	long.Had = []string{whole.IDs[0], "", whole.IDs[2]}
	rest := c.Send(t.Context(), long)
	if rest.Verdict != sms.Accepted || rest.IDs[0] != whole.IDs[0] || rest.IDs[1] == whole.IDs[1] || rest.IDs[2] != whole.IDs[2] {
		t.Fatalf("%+v after %+v", rest, whole)
	}
	all := far.all()
	if len(all) != 4 || all[3].UDH[0] != all[1].UDH[0] || all[3].Body != all[1].Body {
		t.Errorf("the SMSC took %+v", all)
	}
}

func TestAWrongPassword(t *testing.T) {
	far := startSMSC(t)
	set := far.settings()
	set.Password = wissel.NewSecret("other-pass")
	c := New(set)
	run(t, c)
	until(t, "a refused bind", func() bool { return far.events("bind") == 1 })
	until(t, "a reason", func() bool { _, why := c.State(); return why != "not started" && why != "the connection ended" })
	if o := c.Send(t.Context(), hello); o.Verdict != sms.Later || o.After < 20*time.Second {
		t.Errorf("%+v: an SMSC locks an account that tries too often", o)
	}
	if far.events("bind") != 1 {
		t.Errorf("%d binds", far.events("bind"))
	}
}

// A far end that no longer answers is left, and bound to again.
func TestASilentSMSC(t *testing.T) {
	far := startSMSC(t)
	set := far.settings()
	set.Enquire, set.Answer = 200*time.Millisecond, 400*time.Millisecond
	c := New(set)
	run(t, c)
	until(t, "an enquire_link", func() bool { return far.events("enquire") >= 3 })
	if far.events("bind") != 1 {
		t.Fatalf("%d binds, and the SMSC answers", far.events("bind"))
	}
	far.Behave("mute")
	until(t, "a second bind", func() bool { return far.events("bind") >= 2 })
	far.Behave(smstest.Well)
	until(t, "a bind that holds", func() bool { return bound(c)() && far.events("enquire") >= 6 })
}

func TestAnEndWithGoodManners(t *testing.T) {
	far := startSMSC(t)
	t.Run("run", func(t *testing.T) {
		c := New(far.settings())
		run(t, c)
		until(t, "a bind", bound(c))
	})
	until(t, "an unbind", func() bool { return far.events("unbind") == 1 })
}

func TestOverTLS(t *testing.T) {
	lender := httptest.NewTLSServer(nil) // of a certificate for 127.0.0.1
	lender.Close()
	key, err := x509.MarshalPKCS8PrivateKey(lender.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	files := []string{filepath.Join(t.TempDir(), "key"), filepath.Join(t.TempDir(), "certificate")}
	for i, b := range []*pem.Block{{Type: "PRIVATE KEY", Bytes: key}, {Type: "CERTIFICATE", Bytes: lender.Certificate().Raw}} {
		if err := os.WriteFile(files[i], pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	far := startSMSC(t, files...)
	trusting, strange := far.settings(), far.settings()
	strange.TLS = &tls.Config{}
	trusting.TLS = &tls.Config{RootCAs: x509.NewCertPool()}
	trusting.TLS.RootCAs.AddCert(lender.Certificate())
	c, stranger := New(trusting), New(strange)
	run(t, c)
	run(t, stranger)
	until(t, "a bind", bound(c))
	if o := c.Send(t.Context(), hello); o.Verdict != sms.Accepted {
		t.Error(o)
	}
	until(t, "a refused certificate", func() bool { _, why := stranger.State(); return strings.Contains(why, "certificate") })
	if far.events("bind") != 1 {
		t.Error("the password went to a far end that nobody vouches for")
	}
}

func TestSettings(t *testing.T) {
	good := DefaultSettings()
	good.Address, good.SystemID, good.Password = "smsc.example:2775", "wissel", wissel.NewSecret(password)
	if ps := good.Check("texts.north"); len(ps) != 0 {
		t.Error(ps)
	}
	if ps := (Settings{Address: "smsc.example", SystemType: "a type too long"}).Check("texts.north"); len(ps) != 7 {
		t.Errorf("%d faults of 7: %v", len(ps), ps)
	}
}

func FuzzReceive(f *testing.F) {
	b := make([]byte, 16)
	b[3], b[7] = 16, 5
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := receive(&reader{b})
		if d, ok := p.(interface{ GetSequenceNumber() int32 }); err == nil && !ok {
			t.Errorf("%T has no number", d)
		}
		fuzzed(p)
	})
}

// reader gives b in small pieces, as a network does.
type reader struct{ b []byte }

func (r *reader) Read(to []byte) (int, error) {
	if len(r.b) == 0 {
		return 0, io.EOF
	}
	n := copy(to[:min(len(to), 7)], r.b)
	r.b = r.b[n:]
	return n, nil
}

func fuzzed(p pdu.PDU) {
	if d, ok := p.(*pdu.DeliverSM); ok {
		event(d)
	}
}
