package outside

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"wissel"
)

const well = `{"status":{"indicator":"none","description":"All Systems Operational"}}`

// TestAsk asks real web servers, each with its own whim.
func TestAsk(t *testing.T) {
	web := func(t *testing.T, f http.HandlerFunc) string {
		s := httptest.NewServer(f)
		t.Cleanup(s.Close)
		return s.URL
	}
	say := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
	}
	to := func(url string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, url, http.StatusFound) }
	}
	for _, c := range []struct {
		name string
		url  func(t *testing.T) string
		err  string // empty: it says that all is well
	}{
		{"it says so", func(t *testing.T) string { return web(t, say(well)) }, ""},
		{"it says so elsewhere on its host", func(t *testing.T) string {
			return web(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/v2" {
					http.Redirect(w, r, "/v2", http.StatusMovedPermanently)
					return
				}
				fmt.Fprint(w, well)
			})
		}, ""},
		{"it sends us to another host", func(t *testing.T) string {
			return web(t, to(strings.Replace(web(t, say(well)), "127.0.0.1", "localhost", 1)))
		}, "another host (localhost:"},
		{"it sends us round in a circle", func(t *testing.T) string {
			return web(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"x", http.StatusFound) })
		}, "more than 3 times"},
		{"it never ends", func(t *testing.T) string {
			return web(t, func(w http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					if _, err := w.Write(make([]byte, 64<<10)); err != nil {
						return
					}
				}
			})
		}, "more than 1048576 bytes"},
		{"it breaks off", func(t *testing.T) string {
			return web(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "1000")
				fmt.Fprint(w, well)
			})
		}, "unexpected EOF"},
		{"its headers never end", func(t *testing.T) string {
			return web(t, func(w http.ResponseWriter, _ *http.Request) {
				for i := range 2000 {
					w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 100))
				}
			})
		}, "header"},
		{"it is a web page", func(t *testing.T) string { return web(t, say("<html>")) }, "no Statuspage summary"},
		{"it is out itself", func(t *testing.T) string { return web(t, http.NotFound) }, "answers 404"},
		{"nobody is there", func(t *testing.T) string {
			s := httptest.NewServer(say(well))
			s.Close()
			return s.URL
		}, "connection refused"},
		{"its certificate is nobody's", func(t *testing.T) string {
			s := httptest.NewUnstartedServer(say(well))
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.StartTLS()
			t.Cleanup(s.Close)
			return s.URL
		}, "certificate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := c.url(t)
			word, _, err := ask(t.Context(), newClient(), wissel.StatusPage{URL: url, Form: wissel.StatusSummary}, Word{}, "")
			switch {
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), url)):
				t.Errorf("%+v, %v, want an error with %q", word, err, c.err)
			case c.err == "" && (err != nil || !word.Well):
				t.Errorf("%+v, %v", word, err)
			}
		})
	}
}

func TestAskOverTLS(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, well) }))
	defer plain.Close()
	down := false
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down {
			http.Redirect(w, r, plain.URL, http.StatusFound)
			return
		}
		fmt.Fprint(w, well)
	}))
	defer s.Close()
	client, pool := newClient(), x509.NewCertPool()
	pool.AddCert(s.Certificate())
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	page := wissel.StatusPage{URL: s.URL, Form: wissel.StatusSummary}
	if word, _, err := ask(t.Context(), client, page, Word{}, ""); err != nil || !word.Well {
		t.Errorf("%+v, %v", word, err)
	}
	down = true
	if word, _, err := ask(t.Context(), client, page, Word{}, ""); err == nil || !strings.Contains(err.Error(), "from https to http") {
		t.Errorf("from https to http: %+v, %v", word, err)
	}
}

func TestAskIsConditional(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"one"`)
		if r.Header.Get("If-None-Match") == `"one"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if r.Header.Get("User-Agent") != "wissel" || r.Header.Get("Accept") != "application/json" {
			t.Errorf("headers: %v", r.Header)
		}
		fmt.Fprint(w, voice)
	}))
	defer s.Close()
	page := wissel.StatusPage{URL: s.URL, Form: wissel.StatusSummary}
	first, tag, err := ask(t.Context(), newClient(), page, Word{}, "")
	if err != nil || first.Well || tag != `"one"` {
		t.Fatalf("%+v, tag %q, %v", first, tag, err)
	}
	if second, tag, err := ask(t.Context(), newClient(), page, first, tag); err != nil || second != first || tag != `"one"` {
		t.Errorf("unchanged: %+v, tag %q, %v", second, tag, err)
	}
}

func TestAnErrorIsShortAndTellsNoKey(t *testing.T) {
	key := "?key=hunter2"
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	for _, url := range []string{s.URL + "/x" + key, "http://127.0.0.1:1/x" + key} {
		_, _, err := ask(t.Context(), newClient(), wissel.StatusPage{URL: url, Form: wissel.StatusSummary}, Word{}, "")
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "/x: ") {
			t.Errorf("%v", err)
		}
	}
	if err := plain(errors.New(strings.Repeat("host.example, ", 1000))); utf8.RuneCountInString(err.Error()) > maxError+1 {
		t.Errorf("%d bytes: %v", len(err.Error()), err)
	}
}

func TestNoProxyOfTheEnvironmentIsUsed(t *testing.T) {
	if newClient().Transport.(*http.Transport).Proxy != nil {
		t.Error("what a status page says would depend on the environment that the server was started in")
	}
}
