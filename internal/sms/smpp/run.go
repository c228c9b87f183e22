package smpp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"wissel/internal/sms"
)

// A bind that fails is tried again after a second, then two, up to a minute; a wrong password at once after a minute: an SMSC
// locks an account that tries too often.
const firstPause, lastPause = time.Second, time.Minute

// errRefused is a bind that the SMSC answered, and refused.
var errRefused = errors.New("bind refused")

// Run keeps the account bound until ctx ends. What is under way then is Unknown: end the Sends first.
func (c *Client) Run(ctx context.Context, keep func(sms.Event) error) error {
	pause := firstPause
	for {
		began := time.Now()
		err := c.once(ctx, keep)
		if ctx.Err() != nil {
			c.become(nil, "stopped", time.Time{})
			return ctx.Err()
		}
		if time.Since(began) > lastPause { // it was well for a while
			pause = firstPause
		}
		if errors.Is(err, errRefused) {
			pause = lastPause
		}
		wait := pause/2 + rand.N(pause/2) // not all nodes at once
		c.become(nil, err.Error(), time.Now().Add(wait))
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		pause = min(2*pause, lastPause)
	}
}

func (c *Client) become(s *session, why string, next time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.why, c.next = s, why, next
}

// once is one connection, from dial to end.
func (c *Client) once(ctx context.Context, keep func(sms.Event) error) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", c.set.Address, err)
	}
	s := newSession(conn, c.set, keep)
	return s.serve(ctx, func() { c.become(s, "", time.Time{}) }, func() { c.become(nil, "the connection ended", time.Now().Add(firstPause)) })
}

func (c *Client) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.set.Answer)
	defer cancel()
	dial := c.set.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, "tcp", c.set.Address)
	if err != nil || c.set.TLS == nil {
		return conn, err
	}
	over := tls.Client(conn, c.tls())
	if err := over.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return over, nil
}

// tls is the settings with the name that the certificate must bear.
func (c *Client) tls() *tls.Config {
	if c.set.TLS.ServerName != "" {
		return c.set.TLS
	}
	named := c.set.TLS.Clone()
	named.ServerName, _, _ = net.SplitHostPort(c.set.Address)
	return named
}
