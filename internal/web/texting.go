package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// TextDoor finds who takes what a provider of texts tells; nil: there is no such provider.
type TextDoor interface {
	TextReceipts(provider string) http.Handler
	TextIncoming(provider string) http.Handler
}

// mostTelling is how many requests of providers are served at a time; more are told to come again, on twice as many connections.
const mostTelling = 64

// ServeTexts serves what providers of texts tell over HTTP, on a listener of its own, until ctx ends. Who is let in the handlers
// themselves decide, by the provider's signature; whoever else comes learns nothing.
func ServeTexts(ctx context.Context, l net.Listener, door TextDoor, log *slog.Logger) error {
	server := &http.Server{
		Handler: TextHandler(door), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 15 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		stopped <- server.Shutdown(grace)
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve what providers of texts tell at %s: %w", l.Addr(), err)
	}
	if err := <-stopped; err != nil {
		return errors.Join(server.Close(), nil) // it was to end
	}
	return nil
}

// TextHandler serves the paths of ReceiptsPath and IncomingPath in package configs.
func TextHandler(door TextDoor) http.Handler {
	room := make(chan struct{}, mostTelling)
	serve := func(find func(string) http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			select {
			case room <- struct{}{}:
				defer func() { <-room }()
			default:
				w.Header().Set("Retry-After", "5")
				http.Error(w, "too many at once: send it again", http.StatusServiceUnavailable)
				return
			}
			h := find(r.PathValue("provider"))
			if h == nil {
				http.NotFound(w, r)
				return
			}
			h.ServeHTTP(w, r)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /texts/{provider}/receipts", serve(door.TextReceipts))
	mux.HandleFunc("POST /texts/{provider}/incoming", serve(door.TextIncoming))
	return mux
}

// ListenTexts opens the listener of ServeTexts. certificate nil: without TLS, on loopback alone.
func ListenTexts(ctx context.Context, bind netip.AddrPort, certificate func() *tls.Certificate) (net.Listener, error) {
	if certificate == nil && !bind.Addr().IsLoopback() {
		return nil, fmt.Errorf("texts.listen %s can be reached from elsewhere, so it takes cert and key", bind)
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", bind.String())
	if err != nil {
		return nil, fmt.Errorf("open the listener for providers of texts at %s: %w", bind, err)
	}
	l = &capped{Listener: l, places: make(chan struct{}, 2*mostTelling), closed: make(chan struct{})}
	if certificate == nil {
		return l, nil
	}
	return tls.NewListener(l, &tls.Config{
		MinVersion:     tls.VersionTLS12, // providers choose their own libraries
		NextProtos:     []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate(), nil },
	}), nil
}
