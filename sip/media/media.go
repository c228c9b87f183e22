// Package media carries the voice of calls: RTP port pairs and their rest, session descriptions (offer and answer), the
// relay between two legs, the playing of clips to a leg, and the keys that a leg presses. It decides nothing about
// calls, resolves no name, and decodes sound only to look for keys or test tones, or when one leg speaks nothing but G.722. Package sip
// uses it through the interfaces it declares; internal/app joins the two.
//
// A Session is guarded by one mutex, which is never held over a callback or a send. Real sockets are read by a goroutine
// per core, others by one each; a packet is relayed on the goroutine that read it. Clips are played by wheels, one per
// core, that sleep until the next frame is due anywhere; one more goroutine sends RTCP and looks for silence.
package media

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"wissel"
	"wissel/internal/audio"
)

// The errors of Open.
var (
	ErrNoPorts = errors.New("no media ports left")
	ErrClosed  = errors.New("media is stopped")
)

// Face is our side of one address family: the address that sockets are bound to, and the one that peers are told.
// Advertise may be zero when Bind is one address.
type Face struct {
	Bind, Advertise netip.Addr
}

// Settings of the media engine.
type Settings struct {
	V4, V6      Face             // zero Bind: this family is not spoken
	First, Last int              // the range of ports, even RTP and odd RTCP; 20000-29999
	Rest        time.Duration    // how long a pair rests before it is used again; 30 s
	Lost        time.Duration    // without RTP for this long while some is due (Expect): Silent is told; 2.5 s; 0: never
	Loopback    bool             // peers may be on loopback addresses; they may in any case when we advertise one
	SIP         []netip.AddrPort // our SIP sockets, as bound or advertised: RTP is never sent there
	Wheels      int              // goroutines that play clips; 0: one per core
	// Listen opens a UDP socket; nil: a real one. A socket that has ReadFromUDPAddrPort and WriteToUDPAddrPort, as
	// *net.UDPConn does, is used through them.
	Listen func(netip.AddrPort) (net.PacketConn, error)
	Log    *slog.Logger // nil: slog.Default
}

// DefaultSettings speaks IPv4 on all addresses; Advertise must be added.
func DefaultSettings() Settings {
	return Settings{
		V4:    Face{Bind: netip.IPv4Unspecified()},
		First: 20000, Last: 29999,
		Rest: 30 * time.Second,
		Lost: 2500 * time.Millisecond, // and it is known within the 3 s that a verdict may take
	}
}

// Check reports what is wrong with s, by key path below at.
func (s Settings) Check(at string) (ps []wissel.Problem) {
	wrong := func(key, format string, args ...any) {
		ps = append(ps, wissel.Problem{Path: at + "." + key, Msg: fmt.Sprintf(format, args...)})
	}
	if !s.V4.Bind.IsValid() && !s.V6.Bind.IsValid() {
		wrong("address", "missing; an address to bind to, such as 0.0.0.0")
	}
	for _, f := range []Face{s.V4, s.V6} {
		if !f.Bind.IsValid() {
			continue
		}
		if f.Bind.IsUnspecified() && !f.Advertise.IsValid() {
			wrong("advertise", "missing; %s is every address of this machine, so say which one peers send to", f.Bind)
		}
		if f.Advertise.IsValid() && (f.Advertise.IsUnspecified() || f.Advertise.IsMulticast() || f.Advertise.Is4() != f.Bind.Is4()) {
			wrong("advertise", "%s is not an address that peers of %s can send to", f.Advertise, f.Bind)
		}
	}
	if s.First < 1024 || s.Last > 65535 || pairs(s.First, s.Last) < 1 {
		wrong("ports", "%d-%d is not a range of at least one even and one odd port within 1024-65535", s.First, s.Last)
	}
	if s.Rest < 0 || s.Rest > 10*time.Minute {
		wrong("rest", "%v is outside 0s to 10m", s.Rest)
	}
	if s.Lost != 0 && (s.Lost < time.Second || s.Lost > time.Hour) {
		wrong("lost", "%v is neither 0 (off) nor within 1s to 1h", s.Lost)
	}
	return ps
}

// At names the leg that media is opened for. Peer is where its signalling comes from; it chooses between IPv4 and IPv6.
type At struct {
	Call wissel.CallID
	Leg  int
	Peer netip.Addr
	Last bool // it may take the last pairs
}

// Event is something that media saw on a leg.
type Event struct {
	Leg   int
	Kind  EventKind
	Digit wissel.Digit
	Play  uint32 // of Played: which Play or Press it was, the session's first being 1; of Recorded: which Record
	Pair  audio.Pair
}

// EventKind says what media saw.
type EventKind uint8

// Digit: a key, once per press. Played: the clips of a Play, or the keys of a Press, are out. Lost: a fault of ours ended the
// leg's media. Tones: a pair of test tones has begun (Listen). Heard, Silent: the peer's voice came, or did not (Expect).
// Recorded: a recording has ended (Record).
const (
	Digit EventKind = iota + 1
	Played
	Lost
	Tones
	Heard
	Silent
	Recorded
)

// Engine opens sessions and runs what they share. Make it with New.
type Engine struct {
	set    Settings
	log    *slog.Logger
	guard  guard
	v4, v6 *pool
	wheels []*wheel
	listen opener

	readers readers        // of real sockets
	reading sync.WaitGroup // goroutines that read one other socket each
	ids     atomic.Uint64
	links   sync.Mutex // guards who is connected to whom, over two sessions at a time

	mu       sync.Mutex
	sessions map[*Session]struct{}
	stopped  bool
	wake     chan struct{} // tells the keeper that there is a session again
	ended    Stats         // what closed sessions have counted
	panics   uint64
}

// New makes an engine; it opens and starts nothing. Its error names every fault in s.
func New(s Settings) (*Engine, error) {
	if err := wissel.Problems(s.Check("listen.media")); err != nil {
		return nil, fmt.Errorf("start media: %w", err)
	}
	e := &Engine{set: s, log: s.Log, sessions: map[*Session]struct{}{}, wake: make(chan struct{}, 1)}
	if e.log == nil {
		e.log = slog.Default()
	}
	e.listen = hooked(s.Listen)
	e.guard = newGuard(s)
	if s.V4.Bind.IsValid() {
		e.v4 = newPool(s.V4, s.First, s.Last, s.Rest)
	}
	if s.V6.Bind.IsValid() {
		e.v6 = newPool(s.V6, s.First, s.Last, s.Rest)
	}
	n := s.Wheels
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	if s.Listen == nil {
		e.readers = newReaders(n)
	}
	for range n {
		e.wheels = append(e.wheels, newWheel())
	}
	return e, nil
}

// Run reads, plays clips and sends RTCP until ctx ends; then it closes every session and returns once all goroutines are
// gone. It fails when the system cannot wait for sockets.
func (e *Engine) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	faults := make([]error, len(e.readers))
	for i, r := range e.readers {
		group.Go(func() {
			if faults[i] = r.run(); faults[i] != nil {
				cancel()
			}
		})
	}
	for _, w := range e.wheels {
		group.Go(func() { w.run(ctx) })
	}
	group.Go(func() { e.keep(ctx) })
	<-ctx.Done()
	e.mu.Lock()
	e.stopped = true
	left := make([]*Session, 0, len(e.sessions))
	for s := range e.sessions {
		left = append(left, s)
	}
	e.mu.Unlock()
	for _, s := range left {
		s.Close()
	}
	for _, r := range e.readers {
		r.stop()
	}
	group.Wait()
	e.reading.Wait()
	return errors.Join(faults...)
}

// Open takes a port pair for a leg and listens on it. events is called from media's goroutines, must not block, and is
// not called after Close has returned, but for one that was on its way. A flow may use the pairs kept for flows (kept), and
// at.Last those that even flows leave.
// Errors: ErrNoPorts, ErrClosed, or a socket's.
func (e *Engine) Open(at At, kept bool, events func(Event)) (*Session, error) {
	p := e.pool(at.Peer)
	pair, err := p.open(e.listen, p.leave(kept, at.Last))
	if err != nil {
		return nil, fmt.Errorf("open media of leg %d: %w", at.Leg, err)
	}
	s := newSession(e, at, p, pair, events)
	e.mu.Lock()
	if e.stopped {
		e.mu.Unlock()
		pair.close()
		p.release(pair.port)
		return nil, fmt.Errorf("open media of leg %d: %w", at.Leg, ErrClosed)
	}
	e.sessions[s] = struct{}{}
	shared, err := e.readers.add(s) // under the lock: Run ends only after it has set stopped
	if !shared {
		e.reading.Add(2)
	}
	e.mu.Unlock()
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("open media of leg %d: %w", at.Leg, err)
	}
	select {
	case e.wake <- struct{}{}:
	default:
	}
	if !shared {
		go s.read(pair.rtp, s.packet)
		go s.read(pair.rtcp, s.report)
	}
	return s, nil
}

// pool is the one for the peer's family, or the one there is.
func (e *Engine) pool(peer netip.Addr) *pool {
	v6 := peer.Is6() && !peer.Is4In6()
	if e.v4 == nil || v6 && e.v6 != nil {
		return e.v6
	}
	return e.v4
}

// keepEvery is how often sessions are looked after: RTCP and silence.
const keepEvery = 250 * time.Millisecond

// keep looks after every session until ctx ends. Without sessions it does not tick.
func (e *Engine) keep(ctx context.Context) {
	timer := time.NewTimer(keepEvery)
	defer timer.Stop()
	var list []*Session
	last := time.Now()
	for {
		e.mu.Lock()
		list = list[:0]
		for s := range e.sessions {
			list = append(list, s)
		}
		e.mu.Unlock()
		if len(list) == 0 {
			select {
			case <-e.wake:
				last = time.Now()
				continue
			case <-ctx.Done():
				return
			}
		}
		now := time.Now()
		round(list, now, now.Sub(last) > keepEvery+stood)
		last = now
		clear(list)
		timer.Reset(keepEvery)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// round looks after each session once. After a pause of the process what each peer sent meanwhile is not looked for.
func round(list []*Session, now time.Time, paused bool) {
	for _, s := range list {
		if paused {
			s.forgive(now)
		}
		s.keep(now)
	}
}

// Totals is what the engine as a whole has done.
type Totals struct {
	Sessions int // open now
	Free     int // port pairs that could be opened now, the kept ones included
	Resting  int // port pairs at rest
	Stats        // of all sessions, open and closed
	Late     Lateness
	Panics   uint64 // broken invariants of ours that ended the reading of one socket
}

// Stats counts; it costs time in proportion to the open sessions.
func (e *Engine) Stats() Totals {
	e.mu.Lock()
	t := Totals{Sessions: len(e.sessions), Stats: e.ended, Panics: e.panics}
	list := make([]*Session, 0, len(e.sessions))
	for s := range e.sessions {
		list = append(list, s)
	}
	e.mu.Unlock()
	for _, s := range list {
		t.Stats = t.add(s.Stats())
	}
	for _, p := range []*pool{e.v4, e.v6} {
		if p != nil {
			free, resting := p.count()
			t.Free, t.Resting = t.Free+free, t.Resting+resting
		}
	}
	t.Late = lateness(e.wheels)
	return t
}

// forget drops a closed session and keeps its counts.
func (e *Engine) forget(s *Session, counted Stats) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ok := e.sessions[s]; ok {
		delete(e.sessions, s)
		e.ended = e.ended.add(counted)
	}
}
