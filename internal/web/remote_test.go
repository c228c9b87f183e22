package web

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestAWrongAddressIsToldInTheOperatorsWords: what was tried, what came back, what to do.
func TestAWrongAddressIsToldInTheOperatorsWords(t *testing.T) {
	cert, authority := selfSigned(t)
	_, _, plain := networked(t, &doors{}, nil)
	_, _, secure := networked(t, &doors{}, cert)
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(secure, ":")
	for _, c := range []struct {
		name, control, word string
		ca                  []byte
	}{
		{"http to TLS", "http://" + secure, "speaks TLS only: say https:// instead", nil},
		{"https to none", "https://" + plain, "speaks without TLS: say http:// instead", authority},
		{"an authority of their own", "https://" + secure, "for an authority of your own give its certificate with --ca", nil},
		{"another name", "https://localhost:" + port, "say a name that its certificate is for", authority},
		{"nobody", "https://" + nobody, "nobody listens there: is `wissel serve` running", authority},
		{"another server", other.URL, "what answers there (404 Not Found) is no wissel", nil},
	} {
		_, err := NewRemote(c.control, "wissel_x", c.ca).Status(t.Context())
		if err == nil || !strings.HasPrefix(err.Error(), c.control+": ") || !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestAListenerThatFailsIsNamed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err = NewControl(&board{}, http.NotFoundHandler(), slog.New(slog.DiscardHandler)).Run(ctx, l)
	if err == nil || !strings.Contains(err.Error(), "serve the control API at tcp "+l.Addr().String()) {
		t.Errorf("%v", err)
	}
}
