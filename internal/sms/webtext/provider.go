package webtext

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"wissel"
	"wissel/internal/sms"
)

// Settings is what one customer of a provider has.
type Settings struct {
	Values   map[string]string        // what the description needs, and may be seen: addresses, names of accounts
	Secrets  map[string]wissel.Secret // what it needs, and may not
	Receipts string                   // our public address for receipts, as the provider calls it
	Incoming string                   // the same for texts to us
	Inside   []netip.Prefix           // addresses of our own networks that may be connected to all the same
	TLS      *tls.Config              // nil: that of the machine
	Patience time.Duration            // for one request, whatever its ctx allows
}

// Provider is one account at one provider.
type Provider struct {
	d    Description
	set  Settings
	http *http.Client

	mu   sync.Mutex
	keep func(sms.Event) error // nil: Run does not run
}

// most is how much of an answer is read, and of a receipt.
const most = 64 << 10

// New makes a provider of a description without faults. The error says what the settings lack.
func New(d Description, s Settings) (*Provider, error) {
	if ps := d.Check(); len(ps) > 0 {
		return nil, fmt.Errorf("%s: %s", ps[0].Path, ps[0].Msg)
	}
	for _, name := range d.Needs {
		if s.Values[name] == "" && s.Secrets[name].IsZero() {
			return nil, fmt.Errorf("provider %s needs a value for %q", d.Provider, name)
		}
	}
	if s.Secrets[d.Proof.Secret].IsZero() {
		return nil, fmt.Errorf("provider %s needs %q as a secret: it proves who sends receipts", d.Provider, d.Proof.Secret)
	}
	p := &Provider{d: d, set: s}
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: p.guard}
	p.http = &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSClientConfig: s.TLS, MaxConnsPerHost: 50, TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: most,
			DisableKeepAlives: true, // a second answer would be taken for that of the next text, and a connection that ends while it rests leaves a text unknown
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return p, nil
}

// errInside is a connection that would have gone to a house's own network.
var errInside = errors.New("an address inside a network, which settings must allow by name")

// guard looks at the address that a name came to, so that no name leads inside whatever its DNS says the second time.
func (p *Provider) guard(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errInside
	}
	ip := at.Addr().Unmap().WithZone("")
	if slices.ContainsFunc(p.set.Inside, func(n netip.Prefix) bool { return n.Contains(ip) }) {
		return nil
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || slices.ContainsFunc(inside, func(n netip.Prefix) bool { return n.Contains(ip) }) {
		return errInside
	}
	return nil
}

// inside is what IsGlobalUnicast and IsPrivate leave: this network, shared (RFC 6598), benchmarks, reserved, and IPv6 that leads
// to IPv4 (NAT64, 6to4, Teredo).
var inside = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("2001::/32"),
}

// Traits says that a key is no promise: none of the providers described here refuses a second request with it.
func (p *Provider) Traits() sms.Traits { return sms.Traits{} }

// Run takes receipts and texts from the handlers until ctx ends.
func (p *Provider) Run(ctx context.Context, keep func(sms.Event) error) error {
	p.become(keep)
	<-ctx.Done()
	p.become(nil)
	p.http.CloseIdleConnections()
	return ctx.Err()
}

func (p *Provider) become(keep func(sms.Event) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keep = keep
}

func (p *Provider) keeper() func(sms.Event) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keep
}

// Send makes one request. It is Later as long as its headers were not all written.
func (p *Provider) Send(ctx context.Context, t sms.Text) sms.Outcome {
	if err := t.Check(); err != nil {
		return sms.Outcome{Verdict: sms.Refused, Fault: sms.OfText, Reason: sms.Because("%v", err)}
	}
	switch {
	case ctx.Err() != nil:
		return sms.Outcome{Verdict: sms.Later, Reason: "no time left to send it"}
	case p.keeper() == nil:
		return sms.Outcome{Verdict: sms.Later, After: time.Second, Reason: "not started"}
	}
	r, err := p.request(t)
	if err != nil {
		return sms.Outcome{Verdict: sms.Refused, Reason: sms.Because("%v", err)}
	}
	if p.set.Patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.set.Patience)
		defer cancel()
	}
	var sent atomic.Bool // the headers at least: without all of them nobody has a request
	r = r.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }}))
	r.GetBody = nil // the client would send it once more over a new connection when an old one ends: that may be twice
	answer, err := p.http.Do(r)
	if err != nil {
		return failed(err, sent.Load())
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, most))
	if err != nil {
		return sms.Outcome{Reason: sms.Because("status %d, and the rest of the answer did not come", answer.StatusCode)}
	}
	return p.judge(t, answer, body)
}

// failed is the outcome of a request without an answer. The error itself shows the address, which may hold what is secret.
func failed(err error, sent bool) sms.Outcome {
	switch {
	case errors.Is(err, errInside):
		return sms.Outcome{Verdict: sms.Refused, Reason: "the provider's name leads to " + errInside.Error()}
	case !sent:
		return sms.Outcome{Verdict: sms.Later, After: 5 * time.Second, Reason: "no connection to the provider: is its address right, and is it up?"}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return sms.Outcome{Reason: "no answer in time"}
	}
	return sms.Outcome{Reason: "the connection ended before the answer"}
}

// judge says what an answer means.
func (p *Provider) judge(t sms.Text, answer *http.Response, body []byte) sms.Outcome {
	a, status := p.d.Answer, answer.StatusCode
	said, err := parse("json", body)
	reason := sms.Because("status %d %s", status, p.hide(t, said.at(a.Code)+" "+said.at(a.Reason)))
	switch {
	case slices.Contains(a.Later, status):
		after, bad := strconv.Atoi(answer.Header.Get("Retry-After"))
		if bad != nil || after < 1 || after > 3600 {
			after = 5
		}
		return sms.Outcome{Verdict: sms.Later, After: time.Duration(after) * time.Second, Reason: reason}
	case slices.Contains(a.Refused, status):
		return p.refused(said, reason)
	case !slices.Contains(a.Accepted, status) || err != nil:
		return sms.Outcome{Reason: sms.Because("status %d with an answer that says neither yes nor no", status)}
	}
	for path, want := range a.Where {
		if got := said.at(path); got == "" {
			return sms.Outcome{Reason: sms.Because("status %d, and the answer has no %s", status, path)}
		} else if got != want {
			return p.refused(said, reason)
		}
	}
	id := t.Key
	if a.ID != "" {
		id = said.at(a.ID)
	}
	if id == "" || len(id) > 200 {
		return sms.Outcome{Reason: sms.Because("status %d, and the answer has no %s", status, a.ID)}
	}
	return sms.Outcome{Verdict: sms.Accepted, IDs: []string{id}}
}

func (p *Provider) refused(said tree, reason string) sms.Outcome {
	o := sms.Outcome{Verdict: sms.Refused, Reason: reason}
	if slices.Contains(p.d.Answer.OfText, said.at(p.d.Answer.Code)) {
		o.Fault = sms.OfText
	}
	return o
}
