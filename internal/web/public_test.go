package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"wissel/internal/statuspage"
)

func somePages() *PublicPages {
	return NewPublicPages([]statuspage.File{
		{Name: "nl.html", Type: "text/html; charset=utf-8", Body: []byte("<p>nl</p>")}, {Name: statuspage.Data, Type: "application/json", Body: []byte("{}")},
		{Name: statuspage.Index, Type: "text/html; charset=utf-8", Body: []byte("<p>nl</p>")},
	})
}

func TestWhatAnybodyMayRead(t *testing.T) {
	for _, row := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/", 200, "<p>nl</p>"},
		{"GET", "/index.html", 200, "<p>nl</p>"},
		{"GET", "/nl.html?utm=1", 200, "<p>nl</p>"},
		{"GET", "/status.json", 200, "{}"},
		{"GET", "/api/v2/summary.json", 200, "{}"},
		{"HEAD", "/", 200, ""},
		{"POST", "/", 405, "this page is only read\n"},
		{"DELETE", "/nl.html", 405, "this page is only read\n"},
		{"GET", "/v1/status", 404, "there is no such page\n"},
		{"GET", "/metrics", 404, "there is no such page\n"},
		{"GET", "/../../etc/passwd", 404, "there is no such page\n"},
		{"GET", "/%2e%2e/%2e%2e/etc/passwd", 404, "there is no such page\n"},
		{"GET", "/nl.html/..%2fnl.html", 404, "there is no such page\n"},
		{"GET", "//nl.html", 404, "there is no such page\n"},
		{"GET", "/nl.html%00", 404, "there is no such page\n"},
		{"GET", `/..\nl.html`, 404, "there is no such page\n"},
	} {
		r := httptest.NewRequest(row.method, "http://x/", http.NoBody)
		path, query, _ := strings.Cut(row.path, "?")
		plain, err := unescaped(path)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Path, r.URL.RawQuery = plain, query
		w := httptest.NewRecorder()
		PublicHandler(somePages).ServeHTTP(w, r)
		if w.Code != row.status || w.Body.String() != row.body {
			t.Errorf("%s %s: %d %q", row.method, row.path, w.Code, w.Body)
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; ") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s %s: %v", row.method, row.path, w.Header())
		}
	}
}

// unescaped is a path as net/http gives it to a handler.
func unescaped(path string) (string, error) {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n")))
	if err != nil {
		return "", err
	}
	return r.URL.Path, nil
}

func TestACacheAsksWhetherItIsStillTheSame(t *testing.T) {
	pages := somePages()
	ask := func(tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		PublicHandler(func() *PublicPages { return pages }).ServeHTTP(w, r)
		return w
	}
	tag := ask("").Header().Get("ETag")
	if w := ask(tag); tag == "" || w.Code != http.StatusNotModified || w.Body.Len() > 0 || w.Header().Get("Cache-Control") != "public, max-age=15" {
		t.Errorf("%q: %d %v", tag, w.Code, w.Header())
	}
	pages = NewPublicPages([]statuspage.File{{Name: statuspage.Index, Type: "text/html", Body: []byte("other")}})
	if w := ask(tag); w.Code != http.StatusOK {
		t.Errorf("a page that says something else is told to be the same: %d", w.Code)
	}
	pages = nil
	if w := ask(""); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("before there is a page: %d", w.Code)
	}
}

// open serves pages on loopback until the test ends.
func open(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := ListenPublic(t.Context(), netip.MustParseAddrPort("127.0.0.1:0"), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- ServePublic(ctx, l, somePages, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return netip.MustParseAddrPort(l.Addr().String())
}

// from dials from another address of this machine.
func from(t *testing.T, source string, to netip.AddrPort) (net.Conn, error) {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}, Timeout: 5 * time.Second}
	conn, err := d.DialContext(t.Context(), "tcp", to.String())
	if err == nil {
		t.Cleanup(func() { _ = conn.Close() }) // it may be closed already
	}
	return conn, err
}

// read asks for the page, and says how long that took.
func read(t *testing.T, source string, to netip.AddrPort) (time.Duration, error) {
	t.Helper()
	began := time.Now()
	conn, err := from(t, source, to)
	if err != nil {
		return 0, err
	}
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return 0, err
	}
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
		return 0, err
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	body, err := io.ReadAll(answer.Body)
	if err == nil && (answer.StatusCode != 200 || string(body) != "<p>nl</p>") {
		err = fmt.Errorf("%s %q", answer.Status, body)
	}
	return time.Since(began), err
}

func TestAThousandSlowReadersKeepNobodyOut(t *testing.T) {
	at := open(t)
	var slow []net.Conn
	for i := range 1000 {
		conn, err := from(t, fmt.Sprintf("127.0.0.%d", 2+i%4), at)
		if err != nil {
			continue // it was turned away before it was open
		}
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: "); err == nil {
			slow = append(slow, conn)
		}
	}
	if took, err := read(t, "127.0.0.99", at); err != nil || took > 2*time.Second {
		t.Errorf("beside %d slow readers somebody else had his page after %v, %v", len(slow), took, err)
	}
	held := 0
	for _, conn := range slow {
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		n, err := io.Copy(io.Discard, conn)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			held++
		}
		if n > 0 && time.Since(began) > 8*time.Second {
			t.Errorf("a slow reader was served after %v", time.Since(began))
		}
	}
	if held > 0 {
		t.Errorf("%d slow readers were held for 10 s", held)
	}
	if took, err := read(t, "127.0.0.2", at); err != nil {
		t.Errorf("a source of slow readers is kept out once they are gone: %v, %v", took, err)
	}
}

func TestOneSourceHoldsNoMoreThanItsPart(t *testing.T) {
	c := &crowd{from: map[netip.Addr]int{}}
	one, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for range mostFrom {
		if !c.enter(one) {
			t.Fatal("it has room")
		}
	}
	if c.enter(one) || !c.enter(other) {
		t.Error("one too many was let in, or another kept out")
	}
	c.leave(one)
	if !c.enter(one) {
		t.Error("a place that was left is not free")
	}
	for i := range 2 * mostPublic {
		c.enter(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
	}
	if c.all != mostPublic {
		t.Errorf("%d are in", c.all)
	}
	for ip, n := range c.from {
		for range n {
			c.leave(ip)
		}
	}
	if c.all != 0 || len(c.from) != 0 {
		t.Errorf("%d are left, of %d sources", c.all, len(c.from))
	}
	a := sourceOf(&net.TCPAddr{IP: net.ParseIP("2001:db8::1")})
	if a != sourceOf(&net.TCPAddr{IP: net.ParseIP("2001:db8::ffff:2")}) || a == sourceOf(&net.TCPAddr{IP: net.ParseIP("2001:db8:0:1::1")}) {
		t.Error("one customer's network is not one source")
	}
}

func TestABodyOrALongHeaderCostsLittle(t *testing.T) {
	at := open(t)
	for name, request := range map[string]string{
		"a header of a megabyte": "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 1<<20),
		"no HTTP":                strings.Repeat("\x00\xff", 1<<16),
	} {
		conn, err := from(t, "127.0.0.1", at)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, request) // it is closed while we write
		answer, _ := io.ReadAll(conn)
		if strings.Contains(string(answer), "200 OK") {
			t.Errorf("%s is answered %q", name, answer)
		}
	}
	if _, err := read(t, "127.0.0.1", at); err != nil {
		t.Error(err)
	}
}
