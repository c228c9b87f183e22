package outside

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"wissel"
)

// What one question may take.
const (
	askTimeout = 5 * time.Second // all of it: name, connection, handshake, answer
	maxBody    = 1 << 20         // bytes of an answer; a summary of a large platform has some 50 kB
	maxTag     = 256             // of an ETag that is remembered
	maxError   = 300             // characters of what the network says went wrong
	maxHops    = 3               // redirects, none of which leaves the host
)

// newClient makes the client for all pages. It keeps no connection between two questions, uses no proxy of the
// environment, and trusts the system's authorities.
func newClient() *http.Client {
	dialer := &net.Dialer{Timeout: askTimeout, KeepAlive: -1}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, DisableKeepAlives: true, DisableCompression: true,
			TLSHandshakeTimeout: askTimeout, ResponseHeaderTimeout: askTimeout, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: redirect,
	}
}

// redirect follows a page that has moved on its own host. Elsewhere may be anybody: a maintenance page that answers 200, or
// a machine inside our own network.
func redirect(to *http.Request, via []*http.Request) error {
	from := via[len(via)-1].URL
	switch {
	case to.URL.Hostname() != via[0].URL.Hostname():
		return fmt.Errorf("it sends us to another host (%s), where we do not follow; if that is right, put it in status.url", words(to.URL.Host))
	case from.Scheme == "https" && to.URL.Scheme != "https":
		return errors.New("it sends us from https to http, where we do not follow")
	case len(via) > maxHops:
		return fmt.Errorf("it sends us on more than %d times", maxHops)
	}
	return nil
}

// ask puts one question. tag is the ETag of the answer that last is the word of; when the page has not changed since, last
// is returned again.
func ask(ctx context.Context, client *http.Client, p wissel.StatusPage, last Word, tag string) (Word, string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL, nil)
	if err != nil {
		return Word{}, "", fmt.Errorf("ask %s: %w", shown(p.URL), err)
	}
	req.Header.Set("User-Agent", "wissel")
	if p.Form != wissel.StatusCode {
		req.Header.Set("Accept", "application/json")
		if tag != "" {
			req.Header.Set("If-None-Match", tag)
		}
	}
	res, err := client.Do(req)
	if err != nil {
		return Word{}, "", fmt.Errorf("ask %s: %w", shown(p.URL), plain(err))
	}
	defer res.Body.Close() //nolint:errcheck // it was only read
	if res.StatusCode == http.StatusNotModified && tag != "" {
		return last, tag, nil
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return Word{}, "", fmt.Errorf("read the answer of %s: %w", shown(p.URL), plain(err))
	}
	if len(body) > maxBody {
		return Word{}, "", fmt.Errorf("ask %s: its answer has more than %d bytes", shown(p.URL), maxBody)
	}
	word, err := Read(p, res.StatusCode, body)
	if err != nil {
		return Word{}, "", fmt.Errorf("ask %s: %w", shown(p.URL), err)
	}
	if tag = res.Header.Get("ETag"); len(tag) > maxTag {
		tag = ""
	}
	return word, tag, nil
}

// shown is a page's address without its query, where keys stand that are nobody else's business.
func shown(page string) string {
	before, _, _ := strings.Cut(page, "?")
	return before
}

// plain is an error of the client without the method and URL around it, a timeout in our own words, and no longer than a
// person reads: a certificate may name a thousand hosts.
func plain(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no whole answer within %v", askTimeout)
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return errors.New(clip(err.Error(), maxError))
}
