package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"wissel/internal/statuspage"
)

// What anybody may take of the listener of the status page: it is open to the world, and each connection is a file of a process that
// needs its files for calls.
const (
	mostPublic = 512
	mostFrom   = 64 // of them from one address, or from one /64 of IPv6
)

// PublicPages are the files of the status page, ready to be sent. They are never changed.
type PublicPages struct{ files map[string]publicFile }

type publicFile struct {
	kind, tag string
	body      []byte
}

// NewPublicPages makes them ready.
func NewPublicPages(files []statuspage.File) *PublicPages {
	p := &PublicPages{files: map[string]publicFile{}}
	for _, f := range files {
		sum := sha256.Sum256(f.Body)
		one := publicFile{f.Type, `"` + hex.EncodeToString(sum[:12]) + `"`, f.Body}
		p.files["/"+f.Name] = one
		switch f.Name {
		case statuspage.Index:
			p.files["/"] = one
		case statuspage.Data:
			p.files["/api/v2/summary.json"] = one // where programs look that know Statuspage
		}
	}
	return p
}

// PublicHandler serves the pages of now to anybody: whole paths that there are, and nothing else. Each answer is bytes that were made before.
func PublicHandler(now func() *PublicPages) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", statuspage.Policy+"; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "this page is only read", http.StatusMethodNotAllowed)
			return
		}
		pages := now()
		if pages == nil {
			h.Set("Retry-After", "5")
			http.Error(w, "the page is not made yet", http.StatusServiceUnavailable)
			return
		}
		f, ok := pages.files[r.URL.Path]
		if !ok {
			http.Error(w, "there is no such page", http.StatusNotFound)
			return
		}
		h.Set("Content-Type", f.kind)
		h.Set("Cache-Control", statuspage.CacheControl)
		h.Set("ETag", f.tag)
		h.Set("Access-Control-Allow-Origin", "*") // it is public, and other sites may show it
		r.Header.Del("Range")                     // a page is sent whole
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.body))
	})
}

// ListenPublic opens the listener of the status page. certificate gives the one of now; nil serves without TLS.
func ListenPublic(ctx context.Context, bind netip.AddrPort, certificate func() *tls.Certificate) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", bind.String())
	if err != nil {
		return nil, fmt.Errorf("open the status page at %s: %w", bind, err)
	}
	l = &crowd{Listener: l, from: map[netip.Addr]int{}}
	if certificate == nil {
		return l, nil
	}
	return tls.NewListener(l, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate(), nil },
	}), nil
}

// ServePublic serves the pages on l until ctx ends.
func ServePublic(ctx context.Context, l net.Listener, now func() *PublicPages, log *slog.Logger) error {
	server := &http.Server{
		Handler: PublicHandler(now), ReadHeaderTimeout: 3 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: 10 * time.Second,
		MaxHeaderBytes: 4 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug), // strangers write what is told there
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		stopped <- server.Close() // whoever reads it reads it again
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the status page at %s: %w", l.Addr(), err)
	}
	return <-stopped
}

// crowd closes connections at once that are too many, in all or from one source: who holds many open, saying nothing, keeps nobody else out.
type crowd struct {
	net.Listener
	mu   sync.Mutex
	all  int
	from map[netip.Addr]int // never zero
}

func (c *crowd) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := sourceOf(conn.RemoteAddr())
		if c.enter(from) {
			return &place{Conn: conn, leave: sync.OnceFunc(func() { c.leave(from) })}, nil
		}
		_ = conn.Close() // it is one too many, and nothing was said on it
	}
}

func (c *crowd) enter(from netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= mostPublic || c.from[from] >= mostFrom {
		return false
	}
	c.all++
	c.from[from]++
	return true
}

func (c *crowd) leave(from netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.from[from]--; c.from[from] == 0 {
		delete(c.from, from)
	}
}

// sourceOf is what counts as one source: an address, or the network that one customer has of IPv6.
func sourceOf(a net.Addr) netip.Addr {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	ip := at.Addr().Unmap().WithZone("")
	if ip.Is6() {
		if net64, err := ip.Prefix(64); err == nil {
			return net64.Addr()
		}
	}
	return ip
}
