package webtext_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/internal/sms"
	"wissel/internal/sms/smstest"
	"wissel/internal/sms/webtext"
)

var shipped = map[string]api{"twilio": twilio{new(sync.Map)}, "cm": cm{}}

func TestContract(t *testing.T) {
	for name, a := range shipped {
		t.Run(name, func(t *testing.T) {
			smstest.Run(t, func(t *testing.T) smstest.Subject {
				s, _ := start(t, name, a)
				return s
			})
		})
	}
}

// A receipt is taken from nobody but the provider: not without proof, nor with that of another receipt.
func TestReceiptsOfOthers(t *testing.T) {
	for name, a := range shipped {
		s, f := start(t, name, a)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		events := 0
		go func() {
			defer close(done)
			_ = s.Provider.Run(ctx, func(sms.Event) error { events++; return nil })
		}()
		_, kind, body := a.receipt("SM1", true)
		if got := f.post("/receipts", "", kind, body, false); got != http.StatusForbidden {
			t.Errorf("%s: without proof: %d", name, got)
		}
		if got := f.post("/receipts", "?proof=wrong", kind, body, false); got != http.StatusForbidden {
			t.Errorf("%s: with a wrong one: %d", name, got)
		}
		if got := f.post("/receipts", "?proof="+secret, kind, strings.Repeat("a", 65<<10), true); got != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: 65 KiB: %d", name, got)
		}
		cancel()
		<-done
		if events != 0 {
			t.Errorf("%s: %d events of others", name, events)
		}
	}
}

// A description that somebody else wrote, or a name whose DNS changed, leads nowhere inside (FAULTS A27).
func TestNothingInsideIsCalled(t *testing.T) {
	called := make(chan struct{}, 10)
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called <- struct{}{} }))
	defer inner.Close()
	d, err := configs.ShippedTextProvider("twilio")
	if err != nil {
		t.Fatal(err)
	}
	port := inner.URL[strings.LastIndex(inner.URL, ":"):]
	for _, base := range []string{
		"http://127.0.0.1" + port, "http://localhost" + port, "http://[::1]" + port, "http://[::ffff:127.0.0.1]" + port, "http://10.0.0.1:9",
		"http://169.254.169.254", "http://192.168.1.1", "http://0.0.0.0" + port, "http://100.64.0.1", "http://[fe80::1]", "http://[fd00::1]",
		"http://[64:ff9b::7f00:1]", "http://224.0.0.1", "http://255.255.255.255",
	} {
		p := serving(t, d, webtext.Settings{Values: map[string]string{"base": base, "account": "AC1"}, Patience: 5 * time.Second})
		o := p.Send(t.Context(), hello)
		if o.Verdict != sms.Refused && o.Verdict != sms.Later || strings.Contains(o.Reason, "://") {
			t.Errorf("%s: %+v", base, o)
		}
		if o.Verdict == sms.Later && !strings.Contains(base, "[") && !strings.Contains(base, "localhost") { // a machine may lack IPv6
			t.Errorf("%s was dialled", base)
		}
	}
	if len(called) != 0 {
		t.Errorf("%d calls came through", len(called))
	}
}

// An answer that leads elsewhere is not followed: the text would go there, and the secret with it.
func TestNoRedirectIsFollowed(t *testing.T) {
	called := make(chan struct{}, 10)
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called <- struct{}{} }))
	defer other.Close()
	first := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	defer first.Close()
	d, err := configs.ShippedTextProvider("twilio")
	if err != nil {
		t.Fatal(err)
	}
	p := serving(t, d, webtext.Settings{
		Values: map[string]string{"base": first.URL, "account": "AC1"}, Inside: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	if o := p.Send(t.Context(), hello); o.Verdict != sms.Unknown || len(called) != 0 {
		t.Errorf("%+v, and %d calls elsewhere", o, len(called))
	}
}

// Where nobody listens nothing was taken, so that the text may go elsewhere at once.
func TestNobodyListens(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	d, err := configs.ShippedTextProvider("twilio")
	if err != nil {
		t.Fatal(err)
	}
	p := serving(t, d, webtext.Settings{
		Values: map[string]string{"base": closed.URL, "account": "AC1"}, Inside: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	if o := p.Send(t.Context(), hello); o.Verdict != sms.Later || o.After == 0 {
		t.Errorf("%+v", o)
	}
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	d, err := configs.ShippedTextProvider("cm")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []webtext.Settings{
		{}, {Values: map[string]string{"base": "https://gateway.example", "token": "t", "proof": "not a secret"}},
	} {
		if _, err := webtext.New(d, s); err == nil || !strings.Contains(err.Error(), "needs") {
			t.Errorf("%v", err)
		}
	}
}

var hello = sms.Text{Key: "k", From: "Wissel", To: "+31612345678", Body: "Er is een storing.", Valid: time.Hour}

func serving(t *testing.T, d webtext.Description, s webtext.Settings) *webtext.Provider {
	t.Helper()
	s.Secrets = map[string]wissel.Secret{"token": wissel.NewSecret(secret)}
	p, err := webtext.New(d, s)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx, func(sms.Event) error { return nil }) }()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for p.Send(t.Context(), hello).Reason == "not started" {
		<-tick.C
	}
	return p
}
