package transport

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"wissel"
)

// Bounds of what waits on a connection: a slow peer costs its own messages, never the sender's time.
const (
	maxQueue      = 512
	maxQueueBytes = 1 << 20
)

// conn is one TCP or TLS connection, accepted or opened by us.
type conn struct {
	l       *listener
	path    Path // with its number; never changed after the table has it
	ip      netip.Addr
	cert    bool // set before the first message is read
	strange bool // accepted from a source that may speak only with a certificate
	opening atomic.Bool
	held    atomic.Int64 // dialogs that need it
	wrote   atomic.Int64 // when, Unix nanoseconds
	gone    chan struct{}

	mu      sync.Mutex
	nc      net.Conn // what is read and written: nil while it is being opened
	raw     net.Conn // what is closed: TLS must not wait for a last word
	waiting [][]byte
	bytes   int
	up      bool // open, and its handshake done
	writing bool // a goroutine writes
	closed  bool
}

func newConn(l *listener, p Path) *conn {
	c := &conn{l: l, path: p, ip: source(p.Peer.AddrPort.Addr()), gone: make(chan struct{})}
	c.opening.Store(true)
	return c
}

// source is what a cap counts: an IPv4 address, or an IPv6 /64.
func source(a netip.Addr) netip.Addr {
	if a.Is4() {
		return a
	}
	if p, err := a.Prefix(64); err == nil {
		return p.Addr()
	}
	return a
}

// attach gives the connection its net.Conn, or closes that when the connection has ended meanwhile.
func (c *conn) attach(nc net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nc = nc
	if c.raw == nil {
		c.raw = nc
		tune(nc)
	}
	if c.closed {
		_ = nc.Close() // it was given up before it was there
	}
}

func (c *conn) net() net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nc
}

// ready lets what waits be written.
func (c *conn) ready() {
	c.opening.Store(false)
	c.mu.Lock()
	c.up = true
	begin := c.takeWriter()
	c.mu.Unlock()
	c.begin(begin)
}

// queue puts a message behind those that wait.
func (c *conn) queue(data []byte) error {
	c.mu.Lock()
	switch {
	case c.closed:
		c.mu.Unlock()
		return fmt.Errorf("send to %s: %w", c.path.Peer, ErrClosed)
	case len(c.waiting) >= maxQueue || c.bytes+len(data) > maxQueueBytes:
		c.mu.Unlock()
		return fmt.Errorf("send to %s: %w", c.path.Peer, ErrFull)
	}
	c.waiting = append(c.waiting, data)
	c.bytes += len(data)
	begin := c.takeWriter()
	c.mu.Unlock()
	c.begin(begin)
	return nil
}

// takeWriter reports whether a writer is to be started now. The lock is held.
func (c *conn) takeWriter() bool {
	if !c.up || c.writing || c.closed || len(c.waiting) == 0 {
		return false
	}
	c.writing = true
	return true
}

func (c *conn) begin(begin bool) {
	if begin && !c.l.set.start(func(context.Context) { c.write() }) {
		c.end(errStopped)
	}
}

// write writes until nothing waits.
func (c *conn) write() {
	nc := c.net()
	for {
		c.mu.Lock()
		batch := c.waiting
		c.waiting, c.bytes = nil, 0
		if len(batch) == 0 || c.closed {
			c.writing = false
			c.mu.Unlock()
			c.unsent(batch, ErrClosed)
			return
		}
		c.mu.Unlock()
		for i, data := range batch {
			_ = nc.SetWriteDeadline(time.Now().Add(c.l.s.Message)) // on a closed connection the write says so
			if _, err := nc.Write(data); err != nil {
				err = fmt.Errorf("write to %s: %w", c.path.Peer, err)
				c.unsent(batch[i:], err)
				c.end(err)
				return
			}
			c.wrote.Store(time.Now().UnixNano())
			c.l.set.n.sent.Add(1)
		}
	}
}

// unsent tells of messages that never left, each by itself, so that who sent it can go on elsewhere.
func (c *conn) unsent(batch [][]byte, err error) {
	for _, data := range batch {
		if len(data) > len(crlf) {
			c.l.set.failed(Failure{Path: c.path, Err: err, Quoted: data})
		}
	}
}

// end closes the connection, once, takes it from the table and tells.
func (c *conn) end(err error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.closed = true
	batch := c.waiting
	c.waiting = nil
	raw := c.raw
	c.mu.Unlock()
	close(c.gone)
	if raw != nil {
		_ = raw.Close() // it is given up either way
	}
	c.l.set.table.remove(c)
	c.opening.Store(false)
	if err == nil {
		err = ErrClosed
	}
	c.unsent(batch, err)
	c.l.set.failed(Failure{Path: c.path, Err: err, Closed: true})
}

// busy reports whether the connection is in use although nothing comes in.
func (c *conn) busy() bool {
	return c.held.Load() > 0 || time.Since(time.Unix(0, c.wrote.Load())) < c.l.s.Idle
}

// table is the connections that are open or being opened (RFC 3261 §18). The zero table is not ready: init.
type table struct {
	mu     sync.Mutex
	last   uint64
	ids    map[uint64]*conn
	peers  map[Path]*conn // by Listener, Peer and Host alone
	source map[netip.Addr]int
	shut   bool
}

func (t *table) init() {
	t.ids, t.peers, t.source = map[uint64]*conn{}, map[Path]*conn{}, map[netip.Addr]int{}
}

func key(p Path) Path { return Path{Listener: p.Listener, Peer: p.Peer, Host: p.Host} }

// add takes an accepted connection in, unless a cap of its listener is reached.
func (t *table) add(c *conn, l *listener) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.shut || t.source[c.ip] >= l.s.PerSource || l.count.Load() >= int64(l.s.Connections) {
		return false
	}
	t.source[c.ip]++
	l.count.Add(1)
	t.put(c)
	if c.path.Peer.Transport == wissel.TCP { // a request of ours may use it; over TLS only one whose name we checked
		if _, taken := t.peers[key(c.path)]; !taken {
			t.peers[key(c.path)] = c
		}
	}
	return true
}

func (t *table) put(c *conn) {
	t.last++
	c.path.Conn = t.last
	t.ids[t.last] = c
}

// findOrAdd gives the connection that p means, or makes one; fresh says that it is to be dialled.
func (t *table) findOrAdd(p Path, dialled func() *conn) (c *conn, fresh bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c = t.peers[key(p)]; c != nil {
		return c, false
	}
	c = dialled()
	c.ip = netip.Addr{} // caps are for those who come to us
	t.put(c)
	t.peers[key(p)] = c
	return c, true
}

func (t *table) find(p Path) *conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p.Conn != 0 {
		return t.ids[p.Conn]
	}
	return t.peers[key(p)]
}

func (t *table) byID(id uint64) *conn { return t.find(Path{Conn: id}) }

func (t *table) remove(c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ids[c.path.Conn] != c {
		return
	}
	delete(t.ids, c.path.Conn)
	if t.peers[key(c.path)] == c {
		delete(t.peers, key(c.path))
	}
	if c.ip.IsValid() {
		c.l.count.Add(-1)
		if t.source[c.ip]--; t.source[c.ip] <= 0 {
			delete(t.source, c.ip)
		}
	}
}

func (t *table) closeAll() {
	t.mu.Lock()
	t.shut = true
	all := make([]*conn, 0, len(t.ids))
	for _, c := range t.ids {
		all = append(all, c)
	}
	t.mu.Unlock()
	for _, c := range all {
		c.end(errStopped)
	}
}

func (t *table) count() (open, opening int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.ids {
		if c.opening.Load() {
			opening++
		}
	}
	return len(t.ids) - opening, opening
}
