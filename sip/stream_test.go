package sip

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
)

// pipe is one end of an in-memory connection with addresses.
type pipe struct {
	net.Conn
	local, remote netip.AddrPort
}

func (p pipe) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(p.local) }
func (p pipe) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(p.remote) }

// streamPeer is a far end on one connection.
type streamPeer struct {
	peer
	c net.Conn
	r *bufio.Reader
}

func newStreamPeer(h *house, c net.Conn, at string) *streamPeer {
	return &streamPeer{peer: peer{t: h.t, conn: &memConn{addr: netip.MustParseAddrPort(at)}, tag: "stream", seq: 1}, c: c, r: bufio.NewReader(c)}
}

// read gives the next message that is not an OPTIONS.
func (p *streamPeer) read() *msg {
	p.t.Helper()
	for {
		_ = p.c.SetReadDeadline(time.Now().Add(5 * time.Second))
		var b strings.Builder
		length := 0
		for {
			line, err := p.r.ReadString('\n')
			if err != nil {
				p.t.Fatalf("read from the connection: %v", err)
			}
			b.WriteString(line)
			if v, ok := strings.CutPrefix(line, "Content-Length: "); ok {
				length, _ = strconv.Atoi(strings.TrimSpace(v))
			}
			if line == "\r\n" {
				break
			}
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(p.r, body); err != nil {
			p.t.Fatal(err)
		}
		m := &msg{raw: b.String() + string(body)}
		if !m.scan([]byte(m.raw)) {
			p.t.Fatalf("got what is no message: %q", m.raw)
		}
		if !m.is("OPTIONS") {
			return m
		}
	}
}

// say writes the text that f would have sent over UDP.
func (p *streamPeer) say(f func(to *peer)) {
	captured := &memNet{conns: map[netip.AddrPort]*memConn{}}
	us := captured.listen(ourAddr)
	p.conn.net = captured
	f(&p.peer)
	d := <-us.in
	text := strings.Replace(string(d.data), "SIP/2.0/UDP "+p.conn.addr.String(), "SIP/2.0/TCP "+p.conn.addr.String(), 1)
	if _, err := p.c.Write([]byte(text)); err != nil {
		p.t.Fatal(err)
	}
}

func TestATrunkOverTCP(t *testing.T) {
	var dialled []wissel.Address
	ends := make(chan net.Conn, 4)
	change := func(h *house, o *Options) {
		north := *h.snap.Trunks["north"]
		north.Addresses = []wissel.Address{{Transport: wissel.TCP, AddrPort: netip.MustParseAddrPort(northAt)}}
		h.snap.Trunks["north"] = &north
		o.Dial = func(_ context.Context, a wissel.Address) (net.Conn, error) {
			dialled = append(dialled, a)
			if len(dialled) > 1 {
				return nil, &net.OpError{Op: "dial", Err: errRefused}
			}
			near, far := net.Pipe()
			ends <- far
			return pipe{near, netip.MustParseAddrPort("192.0.2.1:40000"), a.AddrPort}, nil
		}
	}
	inHouseWith(t, wissel.Direct, change, func(h *house) {
		caller, south := h.peer(callerAt), h.peer(southAt)
		caller.invite("call1", string(rungTest), testOffer)
		north := newStreamPeer(h, <-ends, northAt)
		invite := north.read()
		if !strings.Contains(string(invite.via), "SIP/2.0/TCP") || !strings.Contains(invite.value(fieldContact), "transport=tcp") {
			t.Errorf("Via %s, Contact %s", invite.via, invite.value(fieldContact))
		}
		north.say(func(p *peer) { p.answer(invite, 200, testOffer) })
		if m := north.read(); !m.is("ACK") {
			t.Fatalf("got %.40q", m.raw)
		}
		ok := caller.response(200)
		caller.within("ACK", ok, "")
		caller.within("BYE", ok, "")
		caller.response(200)
		bye := north.read()
		north.say(func(p *peer) { p.answer(bye, 200, "") })

		caller.tag, caller.seq = "second", 1
		caller.invite("call2", string(rungTest), testOffer)
		if m := north.read(); !m.is("INVITE") {
			t.Fatalf("got %.40q", m.raw)
		}
		_ = north.c.Close() // its process is gone: the caller goes on at once
		began := time.Now()
		south.request("INVITE")
		if d := time.Since(began); d > 20*time.Millisecond {
			t.Errorf("the second trunk was tried after %v", d)
		}
		synctest.Wait()
		caller.tag = "third"
		caller.invite("call3", string(rungTest), testOffer) // and nobody takes a new connection
		south.request("INVITE")
		if len(dialled) > 2 {
			t.Errorf("dialled %d times, wanted 1 or 2", len(dialled))
		}
	})
}
