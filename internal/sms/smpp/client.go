// Package smpp sends texts by SMPP 3.4, as a transceiver: it is a sms.Provider, and keeps all of its contract. It is the home
// of the gosmpp library, of which it uses the messages alone. The connection is our own: one bind at a time, a window of
// submits under way, a map of their sequence numbers, enquire_link when nothing was heard, an end by force whenever something
// is not as it should be, and a new bind after a pause that grows.
package smpp

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"wissel"
	"wissel/internal/sms"
)

// Settings is one account at one SMSC.
type Settings struct {
	Address    string        // host:port
	TLS        *tls.Config   // nil: in the clear
	SystemID   string        // at most 15 bytes
	Password   wissel.Secret // at most 8 bytes by the standard; longer ones are in use
	SystemType string        // mostly empty
	Window     int           // submits under way at a time
	Answer     time.Duration // how long an answer may take, of a bind, an enquire_link or a write
	Enquire    time.Duration // of silence, before we ask whether the far end is there

	// Dial makes the connection; nil: a plain net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// DefaultSettings are those that most operators' guides agree with.
func DefaultSettings() Settings {
	return Settings{Window: 10, Answer: 10 * time.Second, Enquire: 30 * time.Second}
}

// Check reports every fault by its path.
func (s Settings) Check(at string) (ps []wissel.Problem) {
	add := func(key, format string, args ...any) {
		ps = append(ps, wissel.Problem{Path: at + "." + key, Msg: fmt.Sprintf(format, args...)})
	}
	if host, port, err := net.SplitHostPort(s.Address); err != nil || host == "" || port == "" {
		add("address", "%q is not host:port", s.Address)
	}
	if s.SystemID == "" || len(s.SystemID) > 15 {
		add("system-id", "1 to 15 bytes are needed (SMPP 3.4 §4.1.5)")
	}
	if n := len(s.Password.Reveal()); n == 0 || n > 32 {
		add("password", "1 to 32 bytes are needed")
	}
	if len(s.SystemType) > 12 {
		add("system-type", "longer than 12 bytes (SMPP 3.4 §4.1.5)")
	}
	if s.Window < 1 || s.Window > 500 {
		add("window", "%d is outside 1 to 500", s.Window)
	}
	if s.Answer < time.Second || s.Answer > time.Minute {
		add("answer", "%v is outside 1s to 1m", s.Answer)
	}
	if s.Enquire < 5*time.Second || s.Enquire > 10*time.Minute {
		add("enquire", "%v is outside 5s to 10m", s.Enquire)
	}
	return ps
}

// Client is one account at one SMSC.
type Client struct {
	set Settings

	mu    sync.Mutex
	now   *session      // nil: not bound
	why   string        // it is not bound
	next  time.Time     // when a bind is tried again
	hold  time.Time     // until when the SMSC asked us not to submit
	pause time.Duration // of that, which doubles as long as it goes on
}

// New makes a client of settings that Check found no fault with.
func New(s Settings) *Client { return &Client{set: s, why: "not started"} }

// Traits says that SMPP has no key by which an SMSC would know a submit again.
func (c *Client) Traits() sms.Traits { return sms.Traits{} }

// State says for people how the account is.
func (c *Client) State() (bound bool, why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now != nil, c.why
}

// Send submits the parts of a text one after another: a part that was not taken leaves those behind it unsent.
func (c *Client) Send(ctx context.Context, t sms.Text) sms.Outcome {
	if err := t.Check(); err != nil {
		return sms.Outcome{Verdict: sms.Refused, Fault: sms.OfText, Reason: sms.Because("%v", err)}
	}
	encoding, parts, err := sms.Split(t.Body, sms.Ref(t.Key))
	if err != nil {
		return sms.Outcome{Verdict: sms.Refused, Fault: sms.OfText, Reason: sms.Because("%v", err)}
	}
	ids := make([]string, len(parts))
	copy(ids, t.Had)
	for i, p := range parts {
		if ids[i] != "" {
			continue
		}
		o := c.submit(ctx, &pending{key: t.Key, ids: slices.Clone(ids), part: i, pdu: submitSM(t, encoding, p, i)})
		if o.Verdict != sms.Accepted {
			o.IDs = had(ids)
			return o
		}
		ids[i] = o.IDs[0]
	}
	return sms.Outcome{Verdict: sms.Accepted, IDs: ids}
}

// had is the ids of a text that is not whole: nil when there are none.
func had(ids []string) []string {
	for _, id := range ids {
		if id != "" {
			return ids
		}
	}
	return nil
}

func (c *Client) submit(ctx context.Context, p *pending) sms.Outcome {
	c.mu.Lock()
	s, why, again := c.now, c.why, max(time.Until(c.next), 0)
	held := time.Until(c.hold)
	c.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return later(0, "no time left to submit it")
	case s == nil:
		return later(max(again, time.Second), "not bound: "+why)
	case held > 0:
		return later(held, "the SMSC asked for a slower pace")
	}
	return c.pace(s.submit(ctx, p), p)
}

// pace remembers that the SMSC wants a slower one. Each throttling after another doubles the pause, from 1 s to 32 s.
func (c *Client) pace(o sms.Outcome, p *pending) sms.Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case o.Verdict == sms.Accepted:
		c.pause = 0
	case p.throttled:
		if !c.hold.After(time.Now()) {
			c.pause = min(max(2*c.pause, time.Second), 32*time.Second)
			c.hold = time.Now().Add(c.pause)
		}
		o.After = time.Until(c.hold)
	}
	return o
}

func later(after time.Duration, why string) sms.Outcome {
	return sms.Outcome{Verdict: sms.Later, After: after, Reason: sms.Because("%s", why)}
}
