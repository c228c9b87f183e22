package sim

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// Datagram is one datagram on its way through a Net.
type Datagram struct {
	From, To netip.AddrPort
	Data     []byte
	At       time.Time // when it was sent
}

// Fate is what a Net does to one datagram. The zero Fate delivers it.
type Fate struct {
	Lost   bool
	Late   time.Duration // added to the link's delay
	Copies int           // delivered this many times more
}

// Net is a network in memory: one Conn per address, datagrams in the order in which they were sent, a delay per link.
// It uses no system call, no goroutine and no chance, so that it runs whole, and the same each time, under testing/synctest.
type Net struct {
	// Delay is the time a datagram takes, one way. Set before the first Conn is opened.
	Delay time.Duration
	// Link gives another delay for one pair of addresses; nil: Delay everywhere. Set before the first Conn is opened.
	Link func(from, to netip.AddrPort) time.Duration
	// Rule decides about each datagram, in the order of sending; nil: all are delivered. It is called with the Net
	// locked: it must not call back. Set before the first Conn is opened.
	Rule func(Datagram) Fate

	mu    sync.Mutex
	conns map[netip.AddrPort]*Conn
	hole  map[netip.Addr]bool
	seq   uint64
	port  uint16
}

// NewNet makes an empty network with a delay of 1 ms.
func NewNet() *Net {
	return &Net{Delay: time.Millisecond, conns: map[netip.AddrPort]*Conn{}, hole: map[netip.Addr]bool{}, port: 30000}
}

// Listen opens an address; port 0 takes a free even one. It fails when the address is taken.
func (n *Net) Listen(at netip.AddrPort) (net.PacketConn, error) {
	c, err := n.Open(at)
	if err != nil {
		return nil, err // a nil *Conn would be a PacketConn that is not nil
	}
	return c, nil
}

// Open is Listen with the concrete type.
func (n *Net) Open(at netip.AddrPort) (*Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if at.Port() == 0 {
		for n.conns[netip.AddrPortFrom(at.Addr(), n.port)] != nil {
			n.port += 2
		}
		at = netip.AddrPortFrom(at.Addr(), n.port)
		n.port += 2
	}
	if n.conns[at] != nil {
		return nil, fmt.Errorf("listen on %s: the address is taken", at)
	}
	c := &Conn{net: n, at: at, news: make(chan struct{}, 1), closed: make(chan struct{})}
	n.conns[at] = c
	return c, nil
}

// BlackHole swallows everything from and to the addresses of a host, without a sign; off brings it back.
func (n *Net) BlackHole(host netip.Addr, on bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hole[host] = on
}

// send puts a datagram under way. To an address that nobody holds goes nothing, but a refusal comes back, as ICMP does.
func (n *Net) send(from *Conn, to netip.AddrPort, data []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	d := Datagram{From: from.at, To: to, Data: append([]byte(nil), data...), At: time.Now()}
	var fate Fate
	if n.Rule != nil {
		fate = n.Rule(d)
	}
	if fate.Lost || n.hole[d.From.Addr()] || n.hole[to.Addr()] {
		return
	}
	delay := n.Delay
	if n.Link != nil {
		delay = n.Link(d.From, to)
	}
	due := d.At.Add(delay + fate.Late)
	dest := n.conns[to]
	if dest == nil {
		if from.refused != nil {
			n.seq++
			from.put(item{due: due.Add(delay), seq: n.seq, from: to, err: from.refused(to, d.Data)})
		}
		return
	}
	for range fate.Copies + 1 {
		n.seq++
		dest.put(item{due: due, seq: n.seq, from: d.From, data: d.Data})
	}
}

// item is a datagram or a refusal that waits for its time.
type item struct {
	due  time.Time
	seq  uint64
	from netip.AddrPort
	data []byte
	err  error
}

// Conn is one address of a Net: a net.PacketConn.
type Conn struct {
	net     *Net
	at      netip.AddrPort
	refused func(peer netip.AddrPort, quoted []byte) error

	mu       sync.Mutex
	queue    []item // by due, then sender, then seq
	deadline time.Time
	news     chan struct{} // something in the fields above changed
	closed   chan struct{}
	once     sync.Once
}

// maxQueue bounds what waits for one reader, as a socket's buffer does.
const maxQueue = 16384

// Refused makes ReadFrom return what f makes of a refusal: peer has nobody at that port, and quoted is what was sent to
// it. Without it refusals are not told, as with a plain UDP socket. Call it before the first send.
func (c *Conn) Refused(f func(peer netip.AddrPort, quoted []byte) error) { c.refused = f }

func (c *Conn) put(it item) {
	c.mu.Lock()
	if len(c.queue) >= maxQueue {
		c.mu.Unlock()
		return
	}
	i := len(c.queue)
	// What is due in one moment comes in the order of its senders: however their goroutines took turns, it is the same.
	for i > 0 && (c.queue[i-1].due.After(it.due) || c.queue[i-1].due.Equal(it.due) && c.queue[i-1].from.Compare(it.from) > 0) {
		i--
	}
	c.queue = append(c.queue, item{})
	copy(c.queue[i+1:], c.queue[i:])
	c.queue[i] = it
	c.mu.Unlock()
	c.wake()
}

func (c *Conn) wake() {
	select {
	case c.news <- struct{}{}:
	default:
	}
}

// take gives the first item that is due, or how long to wait for the next (0: for ever).
func (c *Conn) take() (it item, ok bool, wait time.Duration, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.closed:
		return item{}, false, 0, net.ErrClosed
	default:
	}
	now := time.Now()
	if !c.deadline.IsZero() {
		if !c.deadline.After(now) {
			return item{}, false, 0, os.ErrDeadlineExceeded
		}
		wait = c.deadline.Sub(now)
	}
	if len(c.queue) == 0 {
		return item{}, false, wait, nil
	}
	if until := c.queue[0].due.Sub(now); until > 0 {
		if wait == 0 || until < wait {
			wait = until
		}
		return item{}, false, wait, nil
	}
	it = c.queue[0]
	c.queue = append(c.queue[:0], c.queue[1:]...)
	if len(c.queue) > 0 {
		c.wake() // for a second reader
	}
	return it, true, 0, nil
}

// ReadFromUDPAddrPort waits for the next datagram. A longer one than b is cut off, as UDP does.
func (c *Conn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		it, ok, wait, err := c.take()
		if err != nil {
			return 0, netip.AddrPort{}, &net.OpError{Op: "read", Net: "udp", Source: net.UDPAddrFromAddrPort(c.at), Err: err}
		}
		if ok {
			return copy(b, it.data), it.from, it.err
		}
		var ring <-chan time.Time
		if wait > 0 {
			ring = time.After(wait)
		}
		select {
		case <-c.news:
		case <-ring:
		case <-c.closed:
		}
	}
}

// ReadFrom is ReadFromUDPAddrPort in the form of net.PacketConn.
func (c *Conn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromUDPAddrPort(b)
	if !from.IsValid() {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), err
}

// WriteToUDPAddrPort sends a datagram; it never blocks.
func (c *Conn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	select {
	case <-c.closed:
		return 0, &net.OpError{Op: "write", Net: "udp", Source: net.UDPAddrFromAddrPort(c.at), Err: net.ErrClosed}
	default:
	}
	c.net.send(c, netip.AddrPortFrom(to.Addr().Unmap(), to.Port()), b)
	return len(b), nil
}

// WriteTo is WriteToUDPAddrPort in the form of net.PacketConn.
func (c *Conn) WriteTo(b []byte, to net.Addr) (int, error) {
	a, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, &net.OpError{Op: "write", Net: "udp", Addr: to, Err: errors.New("not a UDP address")}
	}
	return c.WriteToUDPAddrPort(b, a.AddrPort())
}

// Close frees the address: what comes for it is refused from now on.
func (c *Conn) Close() error {
	c.once.Do(func() {
		c.net.mu.Lock()
		delete(c.net.conns, c.at)
		c.net.mu.Unlock()
		close(c.closed)
	})
	return nil
}

// LocalAddr is the address it was opened on.
func (c *Conn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.at) }

// SetReadDeadline ends a waiting read with os.ErrDeadlineExceeded.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	c.deadline = t
	c.mu.Unlock()
	c.wake()
	return nil
}

// SetWriteDeadline has no effect: writing never waits.
func (c *Conn) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline is SetReadDeadline.
func (c *Conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// ListenUDP opens a real UDP socket; for Options.Listen where the actors meet the real network.
func ListenUDP(at netip.AddrPort) (net.PacketConn, error) {
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", at, err)
	}
	return c, nil
}
