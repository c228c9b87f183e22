package media

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"wissel/internal/audio"
	"wissel/internal/virtual"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lan is a network in memory: what is sent arrives at once, in order, or is lost when nobody listens.
type lan struct {
	mu    sync.Mutex
	conns map[netip.AddrPort]*lanConn
}

type datagram struct {
	data []byte
	from netip.AddrPort
}

type lanConn struct {
	lan  *lan
	at   netip.AddrPort
	in   chan datagram
	gone chan struct{}
	once sync.Once
}

func newLAN() *lan { return &lan{conns: map[netip.AddrPort]*lanConn{}} }

func (l *lan) listen(at netip.AddrPort) (net.PacketConn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns[at] != nil {
		return nil, fmt.Errorf("listen %s: %w", at, syscall.EADDRINUSE)
	}
	c := &lanConn{lan: l, at: at, in: make(chan datagram, 4096), gone: make(chan struct{})}
	l.conns[at] = c
	return c, nil
}

func (c *lanConn) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case d := <-c.in:
		return copy(b, d.data), net.UDPAddrFromAddrPort(d.from), nil
	case <-c.gone:
		return 0, nil, net.ErrClosed
	}
}

func (c *lanConn) WriteTo(b []byte, to net.Addr) (int, error) {
	at, _ := netip.ParseAddrPort(to.String())
	c.lan.mu.Lock()
	other := c.lan.conns[at]
	c.lan.mu.Unlock()
	if other != nil {
		select {
		case other.in <- datagram{append([]byte(nil), b...), c.at}:
		default:
		}
	}
	return len(b), nil
}

func (c *lanConn) Close() error {
	c.once.Do(func() {
		close(c.gone)
		c.lan.mu.Lock()
		delete(c.lan.conns, c.at)
		c.lan.mu.Unlock()
	})
	return nil
}

func (c *lanConn) LocalAddr() net.Addr              { return net.UDPAddrFromAddrPort(c.at) }
func (c *lanConn) SetDeadline(time.Time) error      { return nil }
func (c *lanConn) SetReadDeadline(time.Time) error  { return nil }
func (c *lanConn) SetWriteDeadline(time.Time) error { return nil }

// bench is an engine on a LAN, in a bubble of virtual time.
type bench struct {
	*testing.T
	lan    *lan
	engine *Engine
}

var ours = netip.MustParseAddr("203.0.113.10")

func settings(l *lan) Settings {
	s := DefaultSettings()
	s.V4 = Face{Bind: ours}
	s.V6 = Face{Bind: netip.MustParseAddr("2001:db8::10")}
	s.SIP = []netip.AddrPort{netip.AddrPortFrom(ours, 5060)}
	s.Listen = l.listen
	return s
}

// inBubble runs a test with an engine that runs, and ends it after.
func inBubble(t *testing.T, change func(*Settings), test func(b *bench)) {
	t.Helper()
	virtual.Time(t, func(t *testing.T) {
		l := newLAN()
		s := settings(l)
		if change != nil {
			change(&s)
		}
		e, err := New(s)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- e.Run(ctx) }()
		test(&bench{t, l, e})
		cancel()
		if err := <-done; err != nil {
			t.Errorf("engine: %v", err)
		}
		if left := len(l.conns); left != 0 && !t.Failed() {
			for at := range l.conns {
				if at.Addr() == ours {
					t.Errorf("%s is still open", at)
				}
			}
		}
	})
}

// after lets virtual time pass until everyone waits.
func after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// leg is a session with what it reported.
type leg struct {
	*Session
	b      *bench
	mu     sync.Mutex
	events []Event
}

func (b *bench) open(n int, peer string) *leg {
	b.Helper()
	l := &leg{b: b}
	s, err := b.engine.Open(At{Call: "test", Leg: n, Peer: netip.MustParseAddr(peer)}, false, func(ev Event) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.events = append(l.events, ev)
	})
	if err != nil {
		b.Fatal(err)
	}
	l.Session = s
	return l
}

// saw is what was reported so far: keys as themselves, "P" played, "L" lost, "H" heard, "S" silent, "a" and "b" the pairs of test tones.
func (l *leg) saw() string {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	var sb strings.Builder
	for _, ev := range l.events {
		switch ev.Kind {
		case Digit:
			sb.WriteByte(byte(ev.Digit))
		case Played:
			sb.WriteByte('P')
		case Lost:
			sb.WriteByte('L')
		case Heard:
			sb.WriteByte('H')
		case Silent:
			sb.WriteByte('S')
		case Tones:
			sb.WriteByte("ab"[ev.Pair-audio.PairOut])
		case Recorded: // its length and sound are what those tests look at
		}
	}
	return sb.String()
}

// phone is a peer: it speaks RTP from one socket and keeps what it gets.
type phone struct {
	b     *bench
	conn  net.PacketConn
	at    netip.AddrPort
	to    netip.AddrPort
	ssrc  uint32
	seq   uint16
	ts    uint32
	mu    sync.Mutex
	got   []heardPacket
	codec audio.Codec
}

type heardPacket struct {
	packet
	payload []byte
	from    netip.AddrPort
	at      time.Time
}

func (b *bench) phone(at string) *phone {
	b.Helper()
	p := &phone{b: b, at: netip.MustParseAddrPort(at), ssrc: 0x1234, seq: 100, ts: 5000, codec: audio.ALaw}
	c, err := b.lan.listen(p.at)
	if err != nil {
		b.Fatal(err)
	}
	p.conn = c
	b.Cleanup(func() { c.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			h, ok := parsePacket(buf[:n])
			if !ok {
				b.Errorf("phone %s got something malformed: %x", at, buf[:n])
				return
			}
			p.mu.Lock()
			p.got = append(p.got, heardPacket{h, append([]byte(nil), buf[h.at:h.end]...), from.(*net.UDPAddr).AddrPort(), time.Now()})
			p.mu.Unlock()
		}
	}()
	return p
}

// hangUp ends the phone, so that the bubble can end.
func (p *phone) hangUp() { p.conn.Close() }

// take is what came since the last take.
func (p *phone) take() []heardPacket {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.got
	p.got = nil
	return got
}

// send sends one packet to where the leg listens.
func (p *phone) send(pt uint8, marker bool, payload []byte) {
	b := make([]byte, headerSize+len(payload))
	putHeader(b, pt, marker, p.seq, p.ts, p.ssrc)
	copy(b[headerSize:], payload)
	_, _ = p.conn.WriteTo(b, net.UDPAddrFromAddrPort(p.to))
	p.seq++
}

// say sends frames of 20 ms of a tone, in time.
func (p *phone) say(d time.Duration, freq float64) {
	pcm := audio.Tone(d, 8000, -12, freq)
	for len(pcm) >= 160 {
		data := make([]byte, 160)
		if p.codec == audio.MuLaw {
			_, _ = audio.EncodeMuLaw(data, pcm[:160])
		} else {
			_, _ = audio.EncodeALaw(data, pcm[:160])
		}
		p.send(p.codec.Static(), false, data)
		p.ts += 160
		pcm = pcm[160:]
		<-time.After(20 * time.Millisecond)
	}
}

// press sends one key as RFC 4733 has it: a packet each 20 ms, three at its end.
func (p *phone) press(pt uint8, event byte, d time.Duration) {
	steps := int(d / (20 * time.Millisecond))
	for i := 1; i <= steps; i++ {
		p.send(pt, i == 1, []byte{event, 10, byte(i * 160 >> 8), byte(i * 160)})
		<-time.After(20 * time.Millisecond)
	}
	for range 3 {
		p.send(pt, false, []byte{event, 0x8A, byte(steps * 160 >> 8), byte(steps * 160)})
	}
	p.ts += uint32(steps*160 + 800)
}

// sound is what packets carry, decoded.
func sound(got []heardPacket, codec audio.Codec) []int16 {
	var data []byte
	for _, p := range got {
		data = append(data, p.payload...)
	}
	pcm, _ := audio.Decode(data, codec)
	return pcm
}

// smooth fails unless packets are one stream: one SSRC, each sequence number once and in order, time that never goes back.
func smooth(t *testing.T, name string, got []heardPacket) {
	t.Helper()
	for i := 1; i < len(got); i++ {
		a, b := got[i-1], got[i]
		if a.ssrc != b.ssrc || b.seq != a.seq+1 {
			t.Fatalf("%s: packet %d is %08x/%d after %08x/%d", name, i, b.ssrc, b.seq, a.ssrc, a.seq)
		}
		wall, clock := b.at.Sub(a.at), time.Duration(int32(b.ts-a.ts))*time.Second/8000
		if clock < 0 || wall-clock > 25*time.Millisecond || clock-wall > 25*time.Millisecond {
			t.Fatalf("%s: packet %d came after %v, its timestamp moved by %v", name, i, wall, clock)
		}
	}
}

// description is what a phone says of itself.
func (p *phone) description(payloads, more string) []byte {
	family := "IP4"
	if p.at.Addr().Is6() {
		family = "IP6"
	}
	return []byte(fmt.Sprintf("v=0\r\no=- 1 1 IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\nm=audio %d RTP/AVP %s\r\n%s",
		family, p.at.Addr(), family, p.at.Addr(), p.at.Port(), payloads, more))
}

const withEvents = "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"

// call is a leg answered to a phone's offer, ready to speak.
func (b *bench) call(n int, at, payloads, more string) (*leg, *phone) {
	b.Helper()
	p := b.phone(at)
	l := b.open(n, p.at.Addr().String())
	answer, err := l.Answer(p.description(payloads, more))
	if err != nil {
		b.Fatal(err)
	}
	p.to = target(b.T, answer)
	return l, p
}

// target is where a description says that RTP goes.
func target(t *testing.T, body []byte) netip.AddrPort {
	t.Helper()
	lines, err := parseDescription(body)
	if err != nil {
		t.Fatalf("our own description: %v\n%s", err, body)
	}
	for _, l := range lines {
		if l.port != 0 {
			return netip.AddrPortFrom(l.addr, uint16(l.port))
		}
	}
	t.Fatalf("no stream in\n%s", body)
	return netip.AddrPort{}
}

func clip700(d time.Duration) *audio.Clip {
	return audio.MakeClip("700", audio.Tone(d, 16000, -12, 700), 16000)
}

func contains(body []byte, part string) bool { return strings.Contains(string(body), part) }
