package sip

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
	"wissel/carriers"
	"wissel/carriers/health"
	"wissel/internal/audio"
	"wissel/internal/virtual"
	"wissel/sip/transport"
)

// memNet is a network of in-memory UDP sockets. A datagram to nobody gives the sender an ICMP error.
type memNet struct {
	mu    sync.Mutex
	conns map[netip.AddrPort]*memConn
}

type memConn struct {
	net    *memNet
	addr   netip.AddrPort
	in     chan memDatagram
	closed chan struct{}
	once   sync.Once
}

type memDatagram struct {
	from netip.AddrPort
	data []byte
	err  error
}

func (n *memNet) listen(addr string) *memConn {
	c := &memConn{net: n, addr: netip.MustParseAddrPort(addr), in: make(chan memDatagram, 4096), closed: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns[c.addr] = c
	return c
}

func (c *memConn) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case d := <-c.in:
		if d.err != nil {
			return 0, nil, d.err
		}
		return copy(b, d.data), net.UDPAddrFromAddrPort(d.from), nil
	case <-c.closed:
		return 0, nil, net.ErrClosed
	}
}

func (c *memConn) WriteTo(b []byte, to net.Addr) (int, error) {
	dst := to.(*net.UDPAddr).AddrPort()
	dst = netip.AddrPortFrom(dst.Addr().Unmap(), dst.Port())
	c.net.mu.Lock()
	peer := c.net.conns[dst]
	c.net.mu.Unlock()
	d := memDatagram{from: c.addr, data: bytes.Clone(b)}
	if peer == nil {
		d = memDatagram{err: &transport.ICMPError{Peer: dst, Quoted: d.data, Err: syscall.ECONNREFUSED}}
		peer = c
	}
	select {
	case peer.in <- d:
	default:
	}
	return len(b), nil
}

func (c *memConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

func (c *memConn) LocalAddr() net.Addr              { return net.UDPAddrFromAddrPort(c.addr) }
func (c *memConn) SetDeadline(time.Time) error      { return nil }
func (c *memConn) SetReadDeadline(time.Time) error  { return nil }
func (c *memConn) SetWriteDeadline(time.Time) error { return nil }

// The addresses of the tests.
const (
	ourAddr   = "192.0.2.1:5060"
	callerAt  = "192.0.2.10:5060"
	northAt   = "192.0.2.20:5060"
	southAt   = "192.0.2.30:5060"
	rungTest  = wissel.Number("+31201234567")
	hisNumber = wissel.Number("+31612345678")
)

// house is a server on a memNet, with its surroundings.
type house struct {
	t      *testing.T
	net    *memNet
	srv    *Server
	board  *health.Board
	snap   *wissel.Snapshot
	mu     sync.Mutex
	cdrs   []wissel.CDR
	media  *fakeMedia
	attend *fakeAttendant
}

func (h *house) CDR(c wissel.CDR) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cdrs = append(h.cdrs, c)
}

func (h *house) snapshot() *wissel.Snapshot {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.snap
}

// inHouse runs f in a synctest bubble with a server that is ready; both trunks are platforms.
func inHouse(t *testing.T, media wissel.Media, f func(h *house)) {
	inHouseWith(t, media, nil, f)
}

// inHouseWith is inHouse with options changed.
func inHouseWith(t *testing.T, media wissel.Media, change func(h *house, o *Options), f func(h *house)) {
	virtual.Time(t, func(t *testing.T) {
		h := &house{t: t, net: &memNet{conns: map[netip.AddrPort]*memConn{}}, media: &fakeMedia{}, attend: &fakeAttendant{}}
		h.snap = testSnapshot(media)
		h.board = health.NewBoard(health.DefaultPolicy(), func(m map[wissel.Address]wissel.Verdict) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.snap = h.snap.WithHealth(m)
		})
		h.board.Set(h.snap.Trunks)
		ls := transport.DefaultSettings()
		ls.Bind = "udp://" + ourAddr
		o := Options{
			Listeners: []transport.Settings{ls}, ListenPacket: func(string) (net.PacketConn, error) { return h.net.listen(ourAddr), nil },
			Snapshot: h.snapshot, Health: h.board, Limits: carriers.NewLimits(), Media: h.media, Attendant: h.attend, Ledger: h,
			Node: "node1", Shards: 2,
		}
		if change != nil {
			change(h, &o)
		}
		srv, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		h.srv = srv
		ctx, stop := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			if err := srv.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		group.Go(func() { _ = h.board.Run(ctx, srv) })
		srv.SetReady(true)
		synctest.Wait()
		defer func() {
			stop()
			group.Wait()
		}()
		f(h)
	})
}

func testSnapshot(media wissel.Media) *wissel.Snapshot {
	udp := func(s string) wissel.Address {
		return wissel.Address{Transport: wissel.UDP, AddrPort: netip.MustParseAddrPort(s)}
	}
	timers := wissel.Timers{Doubt: 250 * time.Millisecond, Quiet: 500 * time.Millisecond, Patience: 2 * time.Second, Progress: 4 * time.Second, Ring: 45 * time.Second}
	probe := wissel.Probe{Every: 2 * time.Second, Fast: 500 * time.Millisecond, Timeout: time.Second, Off: true}
	trunk := func(id wissel.TrunkID, role wissel.Role, at string) *wissel.Trunk {
		return &wissel.Trunk{
			ID: id, Role: role, Addresses: []wissel.Address{udp(at)}, Hosts: []wissel.Host{{Name: string(id) + ".example"}}, Timers: timers, Probe: probe,
			Headers: wissel.HeaderPolicy{Trusted: true, PAI: true, Privacy: true},
		}
	}
	group := &wissel.Group{
		ID: "support", Media: media, Active: "normaal", Present: map[wissel.TrunkID]wissel.Number{},
		Plans: map[wissel.PlanID]wissel.Plan{"normaal": {ID: "normaal", Targets: []wissel.Target{{Trunk: "north"}, {Trunk: "south"}, {Flow: "storing"}}}},
	}
	line := wissel.Line{Number: rungTest, Group: "support"}
	group.Lines = []wissel.Line{line}
	return &wissel.Snapshot{
		Version: "test", Lines: map[wissel.Number]wissel.Line{rungTest: line}, Groups: map[wissel.GroupID]*wissel.Group{"support": group},
		Trunks: map[wissel.TrunkID]*wissel.Trunk{
			"carrier": trunk("carrier", wissel.Carrier, callerAt), "north": trunk("north", wissel.Platform, northAt), "south": trunk("south", wissel.Platform, southAt),
		},
		Health: map[wissel.Address]wissel.Verdict{},
	}
}

// peer is a hand-driven far end.
type peer struct {
	t    *testing.T
	conn *memConn
	tag  string
	seq  int
}

func (h *house) peer(addr string) *peer {
	return &peer{t: h.t, conn: h.net.listen(addr), tag: "tag" + addr[8:9], seq: 1}
}

// msg is a message that a peer received, scanned.
type msg struct {
	head
	raw string
}

func (m *msg) value(id fieldID) string { return string(m.get(id)) }

// next gives the next message within d that is not an OPTIONS, or fails.
func (p *peer) next(d time.Duration) *msg {
	p.t.Helper()
	if m := p.maybe(d); m != nil {
		return m
	}
	p.t.Fatalf("%s: nothing came in %v", p.conn.addr, d)
	return nil
}

func (p *peer) maybe(d time.Duration) *msg {
	timeout := time.NewTimer(d)
	defer timeout.Stop()
	for {
		select {
		case dg := <-p.conn.in:
			m := &msg{raw: string(dg.data)}
			if !m.scan(dg.data) {
				p.t.Fatalf("%s got what is no message: %q", p.conn.addr, dg.data)
			}
			if m.request && m.is("OPTIONS") {
				continue
			}
			return m
		case <-timeout.C:
			return nil
		}
	}
}

// request waits for a request of this method; response for a response with this status.
func (p *peer) request(method string) *msg {
	p.t.Helper()
	for {
		m := p.next(5 * time.Second)
		if m.request && m.is(method) {
			return m
		}
		p.t.Logf("%s passes over %.40q", p.conn.addr, m.raw)
	}
}

func (p *peer) response(status int) *msg {
	p.t.Helper()
	m := p.next(5 * time.Second)
	for !m.request && m.status == 100 && status != 100 {
		m = p.next(5 * time.Second)
	}
	if m.request || m.status != status {
		p.t.Fatalf("%s got %.60q, wanted %d", p.conn.addr, m.raw, status)
	}
	return m
}

// quiet fails when anything but OPTIONS comes within d.
func (p *peer) quiet(d time.Duration) {
	p.t.Helper()
	if m := p.maybe(d); m != nil {
		p.t.Fatalf("%s got %.60q, wanted nothing", p.conn.addr, m.raw)
	}
}

func (p *peer) write(s string) {
	_, _ = p.conn.WriteTo([]byte(s), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(ourAddr)))
}

const testOffer = "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"

// invite sends a first INVITE to a number.
func (p *peer) invite(callID, number, body string, extra ...string) {
	p.write(p.build("INVITE", "sip:"+number+"@192.0.2.1", callID, "", "z9hG4bKinv"+callID, body, extra...))
}

func (p *peer) build(method, uri, callID, toTag, branch, body string, extra ...string) string {
	to := "<" + uri + ">"
	if toTag != "" {
		to += ";tag=" + toTag
	}
	b := &strings.Builder{}
	fmt.Fprintf(b, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\nFrom: <sip:%s@carrier.example>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:peer@%s>\r\n",
		method, uri, p.conn.addr, branch, hisNumber, p.tag, to, callID, p.seq, method, p.conn.addr)
	for _, e := range extra {
		b.WriteString(e + "\r\n")
	}
	if body != "" && !strings.Contains(strings.Join(extra, ""), "Content-Type") {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return b.String()
}

// answer responds to a request that came.
func (p *peer) answer(m *msg, status int, body string, extra ...string) {
	b := &strings.Builder{}
	fmt.Fprintf(b, "SIP/2.0 %d Whatever\r\n", status)
	for _, f := range m.fields {
		switch f.id {
		case fieldVia, fieldFrom, fieldCallID, fieldCSeq, fieldRecordRoute:
			b.Write(f.line)
			b.WriteString("\r\n")
		default:
		}
	}
	b.WriteString("To: " + string(m.to))
	if status > 100 && m.toTag() == nil {
		b.WriteString(";tag=" + p.tag)
	}
	fmt.Fprintf(b, "\r\nContact: <sip:peer@%s>\r\nAllow: INVITE, ACK, BYE, UPDATE\r\n", p.conn.addr)
	for _, e := range extra {
		b.WriteString(e + "\r\n")
	}
	if body != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	p.write(b.String())
}

// within sends a request in the caller's dialog, whose 200 (or other response) was ok.
func (p *peer) within(method string, ok *msg, body string, extra ...string) {
	if method != "ACK" {
		p.seq++
	}
	uri, _ := addrOf(ok.get(fieldContact))
	p.write(p.build(method, string(uri), string(ok.callID), string(ok.toTag()), "z9hG4bK"+method+strconv.Itoa(p.seq), body, extra...))
}

// back sends a request in the far dialog that the INVITE m made.
func (p *peer) back(method string, m *msg, body string, extra ...string) {
	p.seq++
	uri, _ := addrOf(m.get(fieldContact))
	b := &strings.Builder{}
	fmt.Fprintf(b, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKback%d;rport\r\nMax-Forwards: 70\r\nFrom: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:peer@%s>\r\n",
		method, uri, p.conn.addr, p.seq, m.to, p.tag, m.from, m.callID, p.seq, method, p.conn.addr)
	for _, e := range extra {
		b.WriteString(e + "\r\n")
	}
	if body != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	p.write(b.String())
}

// fakeMedia writes descriptions that say who they are for.
type fakeMedia struct {
	mu   sync.Mutex
	open []*fakeSession
	full bool
}

type fakeSession struct {
	at     MediaAt
	events func(MediaEvent)
	log    []string
	local  []byte
	closed bool
	heard  uint64    // packets that came in
	last   time.Time // when the last did
}

func (m *fakeMedia) Open(at MediaAt, kept bool, events func(MediaEvent)) (MediaSession, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.full && !kept {
		return nil, ErrNoPorts
	}
	s := &fakeSession{at: at, events: events}
	m.open = append(m.open, s)
	return s, nil
}

func (m *fakeMedia) leg(n int) *fakeSession {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := len(m.open) - 1; i >= 0; i-- {
		if m.open[i].at.Leg == n {
			return m.open[i]
		}
	}
	return nil
}

func (s *fakeSession) note(f string) { s.log = append(s.log, f) }
func (s *fakeSession) sdp(what string) []byte {
	s.note(what)
	s.local = []byte("v=0\r\no=wissel 1 1 IN IP4 192.0.2.1\r\ns=" + what + strconv.Itoa(s.at.Leg) + "\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 8\r\n")
	return s.local
}
func (s *fakeSession) Offer(MediaSession) ([]byte, error) { return s.sdp("offer"), nil }
func (s *fakeSession) Answer([]byte) ([]byte, error)      { return s.sdp("answer"), nil }
func (s *fakeSession) Accept([]byte) error                { s.note("accept"); return nil }
func (s *fakeSession) Describe([]byte) error              { s.note("describe"); return nil }
func (s *fakeSession) Local() []byte                      { return s.local }
func (s *fakeSession) Connect(MediaSession)               { s.note("connect") }
func (s *fakeSession) Disconnect()                        { s.note("disconnect") }
func (s *fakeSession) Play([]*audio.Clip)                 { s.note("play") }
func (s *fakeSession) Stop()                              { s.note("stop") }
func (s *fakeSession) Digits(on bool)                     { s.note("digits " + strconv.FormatBool(on)) }
func (s *fakeSession) Press(keys []wissel.Digit)          { s.note("press") }
func (s *fakeSession) Listen(on bool)                     { s.note("listen " + strconv.FormatBool(on)) }
func (s *fakeSession) Record(max, quiet time.Duration)    { s.note("record " + max.String()) }
func (s *fakeSession) StopRecord()                        { s.note("stop recording") }
func (s *fakeSession) Sound() audio.Sound                 { return audio.Sound{} }
func (s *fakeSession) Expect()                            { s.note("expect") }
func (s *fakeSession) Stats() MediaStats                  { return MediaStats{Received: s.heard, LastReceived: s.last} }
func (s *fakeSession) Close()                             { s.closed = true; s.note("close") }

// fakeAttendant plays a clip, repeats each key it hears in heard, and ends at "#".
type fakeAttendant struct {
	mu    sync.Mutex
	heard string
	began int
	out   int // how often it was told that its clips are out
	gone  int
	letGo int
	none  bool
	last  AttendedCall
}

type fakeAttending struct {
	a *fakeAttendant
	h Host
}

func (a *fakeAttendant) Attend(c AttendedCall, h Host) (Attending, error) {
	a.last = c
	if a.none {
		return nil, fmt.Errorf("no such flow")
	}
	return &fakeAttending{a, h}, nil
}

func (f *fakeAttending) Begin() {
	f.a.mu.Lock()
	f.a.began++
	f.a.mu.Unlock()
	f.h.Play(nil)
	f.h.Wake(1, 30*time.Second)
}

func (f *fakeAttending) Digit(d wissel.Digit) {
	f.a.heard += d.String()
	if d == '0' {
		f.h.Stop()
	}
	if d == '*' {
		f.h.Play(nil)
	}
	if d == 'D' {
		panic("for the test")
	}
	if d == '#' {
		f.h.Post(func() { f.h.End("he is done") })
	}
}
func (f *fakeAttending) Tones(p audio.Pair) { f.a.heard += string("ab"[p-audio.PairOut]) }
func (f *fakeAttending) Played()            { f.a.out++ }
func (f *fakeAttending) Wake(int)           { f.h.End("nothing was pressed") }
func (f *fakeAttending) Hangup()            { f.a.gone++ }
func (f *fakeAttending) LetGo()             { f.a.letGo++ }
