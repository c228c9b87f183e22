package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"wissel"
)

// streamSocket is one listening TCP socket.
type streamSocket struct{ ln net.Listener }

func (l *listener) openStream(bind netip.AddrPort) (*streamSocket, error) {
	if l.set.o.ListenStream != nil {
		ln, err := l.set.o.ListenStream(l.s.Bind)
		return &streamSocket{ln}, err
	}
	network := "tcp6"
	if bind.Addr().Is4() {
		network = "tcp4"
	}
	ln, err := net.ListenTCP(network, net.TCPAddrFromAddrPort(bind))
	if err != nil {
		return nil, err
	}
	return &streamSocket{ln}, nil
}

// serveStream accepts until the socket is closed under it. No other error ends it: without file descriptors the reserve
// one is spent to take a waiting connection and close it, so that the peer is not left hanging (H5, F32).
func (l *listener) serveStream(ctx context.Context, st *streamSocket) error {
	wait, broken := backoff{}, 0
	for {
		c, err := st.ln.Accept()
		if err == nil {
			wait, broken = backoff{}, 0
			l.accepted(c)
			continue
		}
		if errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
			return fmt.Errorf("accept on %s: %w", l.s.Bind, err)
		}
		l.set.n.accept.Add(1)
		full := errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
		if full && l.set.reserve.spend(st.ln) {
			l.set.n.refused.Add(1)
		}
		if !full && !errors.Is(err, syscall.ECONNABORTED) { // neither is the socket's own fault
			broken++
		}
		if broken > 8 || !wait.pause(ctx) {
			return fmt.Errorf("accept on %s: %w", l.s.Bind, err)
		}
	}
}

// accepted takes a connection into the table, or closes it: from a source that may not speak, or over a cap.
func (l *listener) accepted(nc net.Conn) {
	s := l.set
	peer := wissel.Address{Transport: l.info.Transport, AddrPort: addrPort(nc.RemoteAddr())}
	known := s.allowed(peer)
	if !known && (peer.Transport != wissel.TLS || s.o.AllowTLS == nil || !s.o.AllowTLS()) {
		s.stranger(peer)
		_ = nc.Close() // there is nobody to tell
		return
	}
	c := newConn(l, Path{Listener: l.index, Peer: peer, Local: addrPort(nc.LocalAddr()).Addr()})
	c.strange = !known
	if !s.table.add(c, l) {
		s.n.refused.Add(1)
		_ = nc.Close() // there is nobody to tell
		return
	}
	c.attach(nc)
	if !s.start(func(ctx context.Context) { c.serve(ctx) }) {
		c.end(errStopped)
	}
}

// serve shakes hands when it is TLS, then reads messages until the connection ends.
func (c *conn) serve(ctx context.Context) {
	nc := c.net()
	if c.path.Peer.Transport == wissel.TLS {
		t := tls.Server(nc, serverTLS(c.l.tls.Load()))
		c.attach(t)
		if err := c.shake(ctx, t); err != nil {
			c.end(err)
			return
		}
	}
	c.run(true)
}

// shake completes a TLS handshake within its deadline. A stranger must have proved who he is.
func (c *conn) shake(ctx context.Context, t *tls.Conn) error {
	_ = t.SetDeadline(time.Now().Add(c.l.s.Handshake)) // a connection that is gone fails in the handshake
	if err := t.HandshakeContext(ctx); err != nil {
		c.l.set.n.handshake.Add(1)
		return c.refused(err)
	}
	c.saw(t.ConnectionState().PeerCertificates)
	c.cert = len(t.ConnectionState().VerifiedChains) > 0
	if c.strange && !c.cert {
		c.l.set.stranger(c.path.Peer)
		return fmt.Errorf("tls from %s: no certificate that we trust", c.path.Peer)
	}
	return t.SetDeadline(time.Time{})
}

func serverTLS(cfg *tls.Config) *tls.Config {
	if cfg == nil {
		cfg = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	cfg = cfg.Clone()
	cfg.MinVersion = max(cfg.MinVersion, tls.VersionTLS12)
	cfg.Renegotiation = tls.RenegotiateNever
	if cfg.ClientCAs != nil && cfg.ClientAuth == tls.NoClientCert {
		cfg.ClientAuth = tls.VerifyClientCertIfGiven
	}
	return cfg
}

// sendStream queues a message on its connection, and opens one where that is meant.
func (s *Set) sendStream(l *listener, p Path, data []byte) error {
	if p.Conn != 0 {
		c := s.table.byID(p.Conn)
		if c == nil {
			return fmt.Errorf("send to %s on connection %d: %w", p.Peer, p.Conn, ErrClosed)
		}
		return c.queue(data)
	}
	c, fresh := s.table.findOrAdd(p, func() *conn { return newConn(l, p) })
	if err := c.queue(data); err != nil {
		return err
	}
	if fresh && !s.start(func(ctx context.Context) { c.dial(ctx) }) {
		c.end(errStopped)
		return fmt.Errorf("send to %s: %w", p.Peer, errStopped)
	}
	return nil
}

// dial opens a connection to the Path's Peer, and nowhere else (H8).
func (c *conn) dial(ctx context.Context) {
	nc, err := c.open(ctx)
	if err != nil {
		c.end(fmt.Errorf("connect to %s: %w", c.path.Peer, err))
		return
	}
	c.attach(nc)
	if c.path.Peer.Transport == wissel.TLS {
		cfg := serverTLS(c.l.tls.Load())
		if cfg.ServerName = c.path.Host; cfg.ServerName == "" {
			cfg.ServerName = c.path.Peer.AddrPort.Addr().String()
		}
		t := tls.Client(nc, cfg)
		c.attach(t)
		if err := c.shake(ctx, t); err != nil {
			c.end(err)
			return
		}
	}
	c.run(false)
}

func (c *conn) open(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.l.s.Handshake)
	defer cancel()
	if c.l.set.o.Dial != nil {
		return c.l.set.o.Dial(ctx, c.path.Peer)
	}
	d := net.Dialer{}
	if bind := c.l.info.Bind.Addr(); !bind.IsUnspecified() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(bind, 0))
	}
	return d.DialContext(ctx, "tcp", c.path.Peer.AddrPort.String())
}

// run reads until the connection ends. Writing has a goroutine of its own, for as long as there is something to write.
func (c *conn) run(accepted bool) {
	c.ready()
	err := c.read(accepted)
	if about(err) { // TLS 1.3: a peer says what it thinks of our certificate only after the handshake (RFC 8446 §4.4.2.4)
		err = c.refused(err)
	}
	c.end(err)
}

// read cuts the stream into messages. Its deadlines: the first byte, each message once begun, and idleness between them
// when no dialog holds the connection and nothing was written lately.
func (c *conn) read(accepted bool) error {
	var f Framer
	nc, limits := c.net(), c.l.s
	limit := limits.Idle
	if accepted {
		limit = limits.FirstByte
	}
	idle, deadline := !accepted, time.Now().Add(limit)
	for {
		_ = nc.SetReadDeadline(deadline) // on a closed connection the read says so
		between := f.Empty()
		n, err := nc.Read(f.Space())
		f.Filled(n)
		cut, fault := c.cut(&f)
		switch {
		case fault != nil:
			return fault
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case err != nil && n == 0 && !(idle && f.Empty() && c.busy()):
			c.l.set.n.late.Add(1)
			return err
		}
		if f.Empty() {
			idle, deadline = true, time.Now().Add(limits.Idle)
		} else if between || cut { // another message has begun
			idle, deadline = false, time.Now().Add(limits.Message)
		}
	}
}

// cut hands on what whole messages the framer holds, and reports whether there were any.
func (c *conn) cut(f *Framer) (some bool, err error) {
	for {
		fr, ok, err := f.Next()
		if err != nil {
			return some, c.fault(fr.Data, err)
		}
		if !ok {
			return some, nil
		}
		some = true
		if fr.Ping {
			_ = c.queue(crlf) // a full queue is answer enough
			continue
		}
		c.l.set.deliver(Packet{Path: c.path, Data: fr.Data, Cert: c.cert, At: time.Now()})
	}
}

var crlf = []byte("\r\n")

// fault hands the header part of a stream that has gone wrong to whoever answers it, gives the answer a second to leave,
// and ends the connection.
func (c *conn) fault(head []byte, err error) error {
	c.l.set.n.faults.Add(1)
	fe := (*FrameError)(nil)
	if len(head) == 0 || !errors.As(err, &fe) {
		return err
	}
	c.l.set.deliver(Packet{Path: c.path, Data: head, Cert: c.cert, At: time.Now(), Fault: fe})
	t := time.NewTimer(time.Second)
	defer t.Stop()
	select {
	case <-t.C:
	case <-c.gone:
	}
	return err
}
