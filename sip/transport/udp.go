package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"wissel"
)

// packetSocket is one UDP socket. On Linux a real one also has packet info and an error queue (udp_linux.go).
type packetSocket struct {
	conn  net.PacketConn
	info  bool            // packet info is on: the local address of each datagram is known, and can be chosen
	raw   syscall.RawConn // nil: conn is in memory, or of another system
	v4    bool
	fixed netip.Addr  // the address it is bound to
	queue *errorQueue // nil: none
}

func (l *listener) openPacket(bind netip.AddrPort) (*packetSocket, error) {
	if l.set.o.ListenPacket != nil {
		c, err := l.set.o.ListenPacket(l.s.Bind)
		if err != nil {
			return nil, err
		}
		return &packetSocket{conn: c}, nil
	}
	return openUDP(bind, l.s.Buffer)
}

func (p *packetSocket) close() {
	if p.queue != nil {
		p.queue.stop()
	}
	_ = p.conn.Close() // it is given up either way
}

// servePacket reads until the socket is closed under it. The error queue has a goroutine of its own beside it.
func (l *listener) servePacket(ctx context.Context, p *packetSocket) error {
	if p.queue != nil {
		var beside sync.WaitGroup
		beside.Go(func() {
			p.queue.run(func(e ICMPError) { l.icmp(&e) })
		})
		defer beside.Wait()
		defer p.queue.stop()
	}
	read := l.reader(p)
	wait, broken := backoff{}, 0
	for {
		err := read()
		if err == nil {
			wait, broken = backoff{}, 0
			continue
		}
		if errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
			return fmt.Errorf("read from %s: %w", l.s.Bind, err)
		}
		if icmp := (*ICMPError)(nil); errors.As(err, &icmp) {
			l.icmp(icmp)
		} else if !passing(err) { // an error of some peer is no reason to wait; one of our own socket is
			if broken++; broken > 8 || !wait.pause(ctx) {
				return fmt.Errorf("read from %s: %w", l.s.Bind, err)
			}
		}
	}
}

// datagramRoom is room for any UDP datagram.
const datagramRoom = 1 << 16

// readOne hands on the next datagram of a socket that knows no batches.
func (l *listener) readOne(p *packetSocket, buf []byte) error {
	n, from, err := p.conn.ReadFrom(buf)
	if err != nil {
		return err
	}
	l.datagram(buf[:n], addrPort(from), p.fixed, time.Now(), 1)
	return nil
}

// datagram hands one datagram on, as a copy, when its source may speak and there is a message in it.
// crowd is how many were read at once with it.
func (l *listener) datagram(data []byte, peer netip.AddrPort, local netip.Addr, at time.Time, crowd int) {
	from := wissel.Address{Transport: wissel.UDP, AddrPort: peer}
	if !l.set.allowed(from) {
		l.set.stranger(from)
		return
	}
	data = bytes.TrimLeft(data, "\r\n\x00") // line ends before a message are none (RFC 3261 §7.5); alone they keep a NAT open
	if len(data) == 0 {
		l.set.n.junk.Add(1)
		return
	}
	l.set.deliver(Packet{Path: Path{Listener: l.index, Peer: from, Local: local}, Data: bytes.Clone(data), At: at, Crowd: crowd})
}

func (l *listener) icmp(e *ICMPError) {
	l.set.failed(Failure{
		Path: Path{Listener: l.index, Peer: wissel.Address{Transport: wissel.UDP, AddrPort: unmap(e.Peer)}},
		Err:  e.Err, Quoted: e.Quoted,
	})
}

// repeats bounds how often a datagram is sent once more because of another peer's error. Each entry that is taken off the
// error queue shows the next one's error to whoever sends, so with a full queue there are many in a row. A refused
// connection is never about a UDP send itself; the other errors may be, and then they come every time.
const (
	refusedRepeats = 2000
	otherRepeats   = 32
)

// sendPacket writes one datagram. An error that may be about another peer (a socket reports the last ICMP to whoever comes
// next) is no answer to this send: it is repeated at once.
func (l *listener) sendPacket(to Path, data []byte) error {
	p := l.packet.Load()
	if p == nil {
		return fmt.Errorf("send to %s: %s is no UDP listener", to.Peer, l.s.Bind)
	}
	if len(data) > maxDatagram {
		return fmt.Errorf("send to %s: %d bytes: %w", to.Peer, len(data), ErrTooLong)
	}
	err, left := p.write(to, data), otherRepeats
	for refused := refusedRepeats; err != nil && passing(err) && left > 0 && refused > 0; refused-- {
		if !errors.Is(err, syscall.ECONNREFUSED) {
			left--
		}
		l.set.n.repeated.Add(1)
		err = p.write(to, data)
	}
	if err == nil {
		l.set.n.sent.Add(1)
		return nil
	}
	return fmt.Errorf("send to %s: %w", to.Peer, err)
}

func (p *packetSocket) writePlain(to Path, data []byte) error {
	_, err := p.conn.WriteTo(data, net.UDPAddrFromAddrPort(to.Peer.AddrPort))
	return err
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// addrPort reads a net.Addr; one that is no IP address with a port gives the zero AddrPort.
func addrPort(a net.Addr) netip.AddrPort {
	if u, ok := a.(*net.UDPAddr); ok {
		return unmap(u.AddrPort())
	}
	if t, ok := a.(*net.TCPAddr); ok {
		return unmap(t.AddrPort())
	}
	if a == nil {
		return netip.AddrPort{}
	}
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return unmap(ap)
}
