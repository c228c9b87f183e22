package media

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"wissel"
	"wissel/internal/audio"
)

// Stats counts packets of one leg. Dropped are packets that came and were malformed, of another source, or of no use.
type Stats struct {
	Received, Sent, Dropped uint64
	LastReceived            time.Time
}

func (s Stats) add(o Stats) Stats {
	s.Received, s.Sent, s.Dropped = s.Received+o.Received, s.Sent+o.Sent, s.Dropped+o.Dropped
	if o.LastReceived.After(s.LastReceived) {
		s.LastReceived = o.LastReceived
	}
	return s
}

// Session is the media of one leg: one port pair, one SSRC towards the peer for its whole life. Its methods may be
// called from anywhere and do not block. Engine.Open makes it.
type Session struct {
	engine *Engine
	at     At
	id     uint64
	pool   *pool
	pair   pair
	wheel  *wheel
	events func(Event)
	name   string // CNAME of our RTCP
	number uint64 // session id in o=

	mu     sync.Mutex
	closed bool
	stats  Stats
	peer   *Session // relayed to and from

	version     uint64 // in o=
	local, rest []byte // our description as sent, and what of it follows o=
	offered     *offer // ours, waiting for its answer or answered
	next        *terms // by the peer's offer, not yet answered
	terms       *terms // in force

	latch latch
	out   stream
	in    reception

	digits  bool
	tones   bool // test tones are listened for
	presses presses
	kept    bool // the last press was reported: what still comes of it is not relayed
	flood   throttle
	keys    audio.Keys
	pairs   audio.Pairs
	found   [4]wissel.Digit
	taken   taking          // what the peer says, for a flow
	wide    *audio.Wideband // decodes G.722, made when first needed
	enc     *transcoder     // to or from G.722 for this peer, made when first needed

	play    playing
	plays   uint32 // how many there were
	onWheel bool

	wait expectation
	rtcp control
}

func newSession(e *Engine, at At, p *pool, sockets pair, events func(Event)) *Session {
	var r [32]byte
	_, _ = rand.Read(r[:]) // never fails (crypto/rand)
	le := binary.LittleEndian
	s := &Session{
		engine: e, at: at, id: e.ids.Add(1), pool: p, pair: sockets, events: events,
		number: le.Uint64(r[0:])>>2 + 1,
		name:   cname(r[24:]),
	}
	s.wheel = e.wheels[s.id%uint64(len(e.wheels))]
	s.latch.signalling = at.Peer.Unmap()
	s.out.ssrc, s.out.ts, s.out.seq = le.Uint32(r[8:]), le.Uint32(r[12:]), le.Uint16(r[16:])
	return s
}

// apply puts terms in force. The lock is held.
func (s *Session) apply(t *terms) {
	if t.remote.IsValid() { // on hold at 0.0.0.0 the music still comes from where it came
		s.latch.describe(t.remote)
	}
	s.terms = t
	s.wait.since = time.Now()
}

// Connect relays between s and other, both ways. Either is first parted from whom it was connected to. What plays goes
// on, and is heard instead of the other leg, until Stop or its end.
func (s *Session) Connect(other *Session) {
	s.engine.links.Lock()
	defer s.engine.links.Unlock()
	if s == other || other == nil || s.over() || other.over() {
		return
	}
	s.part()
	other.part()
	s.join(other)
	other.join(s)
}

// Disconnect ends the relay, both ways.
func (s *Session) Disconnect() {
	s.engine.links.Lock()
	defer s.engine.links.Unlock()
	s.part()
}

// part takes s from its peer and its peer from s. The lock over links is held.
func (s *Session) part() {
	if other := s.join(nil); other != nil {
		other.join(nil)
	}
}

// join sets the peer and returns the one before.
func (s *Session) join(other *Session) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.peer
	if s.closed {
		other = nil
	}
	s.peer = other
	s.wait.since = time.Now()
	return before
}

// Digits turns the reporting of keys on (a flow listens), or off (they are relayed).
func (s *Session) Digits(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on && !s.digits {
		s.keys = audio.Keys{}
	}
	s.digits = on
}

// Listen turns the listening for test tones (audio.Pair) on or off: Tones tells of each. While it is on, keys in the sound
// are heard also where telephone-event was negotiated, until the first of those comes: what comes back of our own keys may
// have been through gear that made sound of them.
func (s *Session) Listen(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on && !s.tones {
		s.pairs = audio.Pairs{}
	}
	s.tones = on
}

// Stats is what came and went.
func (s *Session) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Close says goodbye in RTCP, sends nothing more and lets the ports rest. Closing twice is closing once.
func (s *Session) Close() {
	s.Disconnect()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	s.play = playing{}
	counted := s.stats
	bye, to := s.goodbye(time.Now())
	s.mu.Unlock()
	if bye != nil {
		_, _ = s.pair.rtcp.WriteToUDPAddrPort(bye, to) // a courtesy: nothing depends on it
	}
	s.pair.close()
	s.pool.release(s.pair.port)
	s.engine.forget(s, counted)
}

// emit reports an event; no lock is held.
func (s *Session) emit(kind EventKind, digit wissel.Digit) {
	if s.events != nil {
		s.events(Event{Leg: s.at.Leg, Kind: kind, Digit: digit})
	}
}

// maxDatagram is more than any RTP or RTCP packet of a telephone call has.
const maxDatagram = 2048

// failures is how many reads in a row may fail before a socket is given up.
const failures = 100

// read hands each datagram of a socket to take until the session is closed.
func (s *Session) read(c conn, take func(data []byte, from netip.AddrPort)) {
	defer s.engine.reading.Done()
	defer s.rescue()
	buf := make([]byte, maxDatagram)
	for failed := 0; failed < failures; {
		n, from, err := c.ReadFromUDPAddrPort(buf)
		if err != nil {
			if s.over() {
				return
			}
			failed++
			continue
		}
		failed = 0
		take(buf[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
	}
	s.unreadable()
}

// unreadable tells that a socket is given up.
func (s *Session) unreadable() {
	defer s.rescue()
	s.engine.log.Error("media socket given up", "call", s.at.Call, "leg", s.at.Leg)
	s.emit(Lost, 0)
}

// safely hands one datagram to take; false when that failed by a fault of ours.
func (s *Session) safely(take func(data []byte, from netip.AddrPort), data []byte, from netip.AddrPort) (ok bool) {
	defer s.rescue()
	take(data, from)
	return true
}

func (s *Session) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// rescue keeps a fault of ours, or of who listens to events, to the leg it happened on (FAULTS F35): what ran is ended and
// the call is told that its media is lost. It is deferred.
func (s *Session) rescue() {
	r := recover()
	if r == nil {
		return
	}
	s.engine.mu.Lock()
	s.engine.panics++
	s.engine.mu.Unlock()
	s.engine.log.Error("media of one leg ended by a fault of ours", "call", s.at.Call, "leg", s.at.Leg, "fault", r, "stack", string(debug.Stack()))
	defer func() { _ = recover() }() // who listens may be at fault himself
	s.emit(Lost, 0)
}
