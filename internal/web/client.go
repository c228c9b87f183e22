package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"wissel"
	"wissel/internal/audit"
)

// Client talks to a running wissel: over its control socket, or over the network with a token.
type Client struct {
	control  string
	base     string        // of URLs
	token    string        // empty over the socket
	fault    error         // why nothing can be asked
	patience time.Duration // how long an answer may take
	http     *http.Client
}

// ErrNotServing says that nobody answers on the control socket.
var ErrNotServing = errors.New("no wissel answers there; is `wissel serve` running, and as a user whose socket you may open?")

// NewClient makes a client for a control address such as unix:///run/wissel/control.sock. It opens nothing yet.
func NewClient(control string) *Client {
	return &Client{control: "control socket " + control, base: "http://wissel", patience: patience, http: &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			path, err := SocketPath(control)
			if err != nil {
				return nil, err
			}
			var d net.Dialer
			conn, err := d.DialContext(ctx, "unix", path)
			if err != nil {
				var cause *net.OpError // says "dial unix PATH" again
				if errors.As(err, &cause) {
					err = cause.Err
				}
				return nil, fmt.Errorf("control socket %s: %w: %w", path, err, ErrNotServing)
			}
			return conn, nil
		},
	}}}
}

// patience is how long a server may take for an answer; one that is stopped or hung takes the connection and says nothing.
const patience = 15 * time.Second

// do sends a request and decodes the answer into into (nil: dropped). A Fault comes back as *Fault.
func (c *Client) do(ctx context.Context, method, path string, body, into any) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.patience, fmt.Errorf("%s: the server took the question and gave no answer in %v; it hangs or is overloaded", c.control, c.patience))
	defer cancel()
	defer func() {
		if cause := context.Cause(ctx); errors.Is(err, context.DeadlineExceeded) && cause != nil {
			err = cause
		}
	}()
	resp, err := c.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("read the answer to %s %s: %w", method, path, err)
	}
	return nil
}

// raw is a body that is sent as it is.
type raw struct {
	kind string // its type
	data io.Reader
}

// send gives the answer when it is a good one, with its body still to be read.
func (c *Client) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	if c.fault != nil {
		return nil, c.fault
	}
	var reader io.Reader
	kind := ""
	if r, ok := body.(raw); ok {
		reader, kind = io.NopCloser(r.data), r.kind // it is the asker's to close
	} else if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode the request: %w", err)
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, reader)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		var u *url.Error // its "Get "http://wissel/v1/status":" means nothing to a reader
		if errors.As(err, &u) {
			err = u.Err
		}
		if c.token != "" {
			err = fmt.Errorf("%s: %w", c.control, advised(err))
		}
		return nil, err
	}
	if resp.StatusCode >= 300 {
		return nil, errors.Join(c.refused(resp), resp.Body.Close())
	}
	return resp, nil
}

// refused reads an answer that is no good one.
func (c *Client) refused(resp *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxRequest))
	fault := &Fault{Code: resp.StatusCode, What: resp.Status}
	switch {
	case err == nil && json.Unmarshal(text, fault) == nil:
		return fault
	case resp.StatusCode == http.StatusBadRequest && bytes.Contains(text, []byte("HTTP request to an HTTPS server")): // as package http says it
		return fmt.Errorf("%s: the server there speaks TLS only: say https:// instead", c.control)
	}
	return fmt.Errorf("%s: what answers there (%s) is no wissel: is this the right address?", c.control, resp.Status)
}

// Status asks how the server is.
func (c *Client) Status(ctx context.Context) (s Status, err error) {
	return s, c.do(ctx, http.MethodGet, "/v1/status", nil, &s)
}

// Calls asks for the live calls.
func (c *Client) Calls(ctx context.Context) (all []Call, err error) {
	return all, c.do(ctx, http.MethodGet, "/v1/calls", nil, &all)
}

// Carriers asks for the trunks and their health.
func (c *Client) Carriers(ctx context.Context) (all []Carrier, err error) {
	return all, c.do(ctx, http.MethodGet, "/v1/carriers", nil, &all)
}

// Why asks what would happen to a call to a number now, or why a call or a decision went as it did.
func (c *Client) Why(ctx context.Context, what, from string) (w Why, err error) {
	return w, c.do(ctx, http.MethodGet, "/v1/why/"+url.PathEscape(what)+"?from="+url.QueryEscape(from), nil, &w)
}

// Switch changes where a group's calls go.
func (c *Client) Switch(ctx context.Context, r SwitchRequest) (s Switched, err error) {
	return s, c.do(ctx, http.MethodPost, "/v1/switch", r, &s)
}

// Reload asks the server to read its settings again.
func (c *Client) Reload(ctx context.Context) (r Reloaded, err error) {
	return r, c.do(ctx, http.MethodPost, "/v1/reload", nil, &r)
}

// Audit asks for the newest audit rows since, oldest first.
func (c *Client) Audit(ctx context.Context, since time.Time, limit int) (rows []wissel.AuditRow, err error) {
	q := url.Values{"limit": {strconv.Itoa(limit)}}
	if !since.IsZero() {
		q.Set("since", since.Format(time.RFC3339))
	}
	return rows, c.do(ctx, http.MethodGet, "/v1/audit?"+q.Encode(), nil, &rows)
}

// VerifyAudit asks the server to check its audit rows, from row from on (0: all), and against a known end (zero: none).
func (c *Client) VerifyAudit(ctx context.Context, from uint64, known audit.End) (all []audit.Report, err error) {
	q := url.Values{}
	if from > 0 {
		q.Set("from", strconv.FormatUint(from, 10))
	}
	if known.Rows > 0 {
		q.Set("head", known.String())
	}
	return all, c.do(ctx, http.MethodGet, "/v1/audit/verify?"+q.Encode(), nil, &all)
}

// Drain asks the server to take no new calls and to end once the live ones have, and tells how many are left as it goes.
func (c *Client) Drain(ctx context.Context, endCalls bool, progress func(left int)) (err error) {
	resp, err := c.send(ctx, http.MethodPost, "/v1/drain?end_calls="+strconv.FormatBool(endCalls), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	lines := json.NewDecoder(resp.Body)
	for {
		var p Progress
		if err := lines.Decode(&p); errors.Is(err, io.EOF) {
			return errors.New("the server ended before it said that the drain was done")
		} else if err != nil {
			return fmt.Errorf("read how the drain goes: %w", err)
		}
		switch {
		case p.Error != "":
			return errors.New(p.Error)
		case p.Done:
			return nil
		default:
			progress(p.Left)
		}
	}
}
