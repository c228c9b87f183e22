package web

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/user"
	"strconv"
	"sync"
)

// maxConns over the network at one time; more wait to be accepted.
const maxConns = 64

// ListenNetwork opens the control API on an address of this machine. certificate gives the one of now, and nil serves
// without TLS, which is refused off loopback: tokens would go over the network as they are.
func ListenNetwork(ctx context.Context, bind netip.AddrPort, certificate func() *tls.Certificate) (net.Listener, error) {
	if certificate == nil && !bind.Addr().IsLoopback() {
		return nil, fmt.Errorf("listen.api %s can be reached from elsewhere, so it takes cert and key", bind)
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", bind.String())
	if err != nil {
		return nil, fmt.Errorf("open the control API at %s: %w", bind, err)
	}
	l = &capped{Listener: l, places: make(chan struct{}, maxConns), closed: make(chan struct{})}
	if certificate == nil {
		return l, nil
	}
	return tls.NewListener(l, &tls.Config{
		MinVersion:     tls.VersionTLS13,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate(), nil },
	}), nil
}

// capped accepts so many connections at one time.
type capped struct {
	net.Listener
	places chan struct{}
	once   sync.Once
	closed chan struct{}
}

func (c *capped) Accept() (net.Conn, error) {
	select {
	case c.places <- struct{}{}:
	case <-c.closed:
		return nil, net.ErrClosed
	}
	conn, err := c.Listener.Accept()
	if err != nil {
		<-c.places
		return nil, err
	}
	return &place{Conn: conn, leave: sync.OnceFunc(func() { <-c.places })}, nil
}

func (c *capped) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Listener.Close()
}

// place is a connection that gives its place back when it is closed.
type place struct {
	net.Conn
	leave func()
}

func (p *place) Close() error {
	defer p.leave()
	return p.Conn.Close()
}

// OpenToGroup lets the members of a group of this machine open the control socket, which its owner alone can until then.
func OpenToGroup(control, group string) error {
	path, err := SocketPath(control)
	if err != nil {
		return err
	}
	g, err := user.LookupGroup(group)
	if err != nil {
		return fmt.Errorf("access.group %q: there is no such group on this machine (%w)", group, err)
	}
	gid, err := strconv.Atoi(g.Gid)
	if err != nil {
		return fmt.Errorf("access.group %q: its id %s is no number", group, g.Gid)
	}
	if err := os.Chown(path, -1, gid); err != nil {
		return fmt.Errorf("give the control socket to group %s: %w", group, err)
	}
	if err := os.Chmod(path, 0o660); err != nil {
		return fmt.Errorf("open the control socket to group %s: %w", group, err)
	}
	return nil
}
