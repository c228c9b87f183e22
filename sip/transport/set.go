package transport

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"wissel"
)

// Set is all sockets of one server. Its methods may be called from any goroutine.
type Set struct {
	o         Options
	log       *slog.Logger
	listeners []*listener
	allow     atomic.Pointer[func(wissel.Address) bool]
	table     table
	n         counters

	mu      sync.Mutex
	ctx     context.Context         // of Run, while it runs; nil before
	early   []func(context.Context) // what is to start with Run
	group   sync.WaitGroup          // all that Run started
	done    bool                    // Run has ended, or Close was called
	hinted  time.Time               // when a stranger was last logged
	reserve *reserve
}

// listener is one bound socket, which may be opened anew when it breaks.
type listener struct {
	set    *Set
	index  int
	s      Settings
	info   ListenerInfo
	packet atomic.Pointer[packetSocket] // udp
	stream atomic.Pointer[streamSocket] // tcp, tls
	count  atomic.Int64                 // connections it holds
	tls    atomic.Pointer[tls.Config]   // in force for new connections; nil: none
}

// New opens all sockets, and starts nothing: what arrives waits in them until Run. An address that is in use is told
// with who holds it. On an error everything opened is closed again.
func New(o Options) (*Set, error) {
	s := &Set{o: o, log: o.Log, reserve: newReserve()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.table.init()
	if o.Allow != nil {
		s.allow.Store(&o.Allow)
	}
	for i, ls := range o.Listeners {
		l := &listener{set: s, index: i, s: ls}
		l.tls.Store(ls.TLS)
		if err := l.open(); err != nil {
			s.Close()
			return nil, err
		}
		s.listeners = append(s.listeners, l)
	}
	return s, nil
}

// open binds the listener's socket, the first time and after it broke.
func (l *listener) open() error {
	kind, bind, err := ParseBind(l.s.Bind)
	if err != nil {
		return err
	}
	host, port := "", 0
	if l.s.Advertise != "" {
		if host, port, err = splitAdvertise(l.s.Advertise); err != nil {
			return fmt.Errorf("advertise of %s: %w", l.s.Bind, err)
		}
	}
	if l.info.Bind.IsValid() {
		bind = l.info.Bind // a port that the system chose before stays ours
	}
	var local netip.AddrPort
	if kind == wissel.UDP {
		p, err := l.openPacket(bind)
		if err != nil {
			return fmt.Errorf("listen on %s: %w", l.s.Bind, inUse(kind, bind, err))
		}
		if local = addrPort(p.conn.LocalAddr()); !local.Addr().IsUnspecified() {
			p.fixed = local.Addr()
		}
		l.packet.Store(p)
	} else {
		st, err := l.openStream(bind)
		if err != nil {
			return fmt.Errorf("listen on %s: %w", l.s.Bind, inUse(kind, bind, err))
		}
		local = addrPort(st.ln.Addr())
		l.stream.Store(st)
	}
	if l.info.Bind.IsValid() { // known since the first time, and read by others
		return nil
	}
	if !local.IsValid() { // an in-memory socket may not know
		local = bind
	}
	l.info = ListenerInfo{Transport: kind, Name: l.s.Bind, Bind: local, AdvertiseHost: host, AdvertisePort: port}
	if host == "" {
		l.info.AdvertiseHost = local.Addr().String()
	}
	if port == 0 {
		l.info.AdvertisePort = int(local.Port())
	}
	return nil
}

// Run reads until ctx ends, then closes every socket and connection, and returns after all that it started. It may be
// called once.
func (s *Set) Run(ctx context.Context) error {
	s.mu.Lock()
	if s.done || s.ctx != nil {
		s.mu.Unlock()
		return errStopped
	}
	s.ctx = ctx
	early := s.early
	s.early = nil
	s.mu.Unlock()
	for _, f := range early {
		s.start(f)
	}
	for _, l := range s.listeners {
		s.start(func(ctx context.Context) { l.supervise(ctx) })
	}
	<-ctx.Done()
	s.Close()
	s.group.Wait()
	return nil
}

// start runs f in Run's group, or once Run begins. It reports false, having started nothing, when Run has ended.
func (s *Set) start(f func(context.Context)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done {
		return false
	}
	if s.ctx == nil {
		s.early = append(s.early, f)
		return true
	}
	ctx := s.ctx
	s.group.Go(func() { f(ctx) })
	return true
}

// Close closes every socket and connection. Only a Set that was never run needs it.
func (s *Set) Close() {
	s.mu.Lock()
	s.done = true
	s.mu.Unlock()
	for _, l := range s.listeners {
		l.close()
	}
	s.table.closeAll()
	s.reserve.close()
}

func (l *listener) close() {
	if p := l.packet.Load(); p != nil {
		p.close()
	}
	if st := l.stream.Load(); st != nil {
		_ = st.ln.Close() // it is given up either way
	}
}

// supervise serves the listener, and opens it again whenever serving ends before ctx: an error on a socket never ends a
// port (H3, H4, H5).
func (l *listener) supervise(ctx context.Context) {
	wait := backoff{}
	for {
		began := time.Now()
		err := l.serve(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > 10*time.Second {
			wait = backoff{}
		}
		l.set.n.restarts.Add(1)
		l.set.log.Error("a listener broke and is opened again", "listener", l.s.Bind, "error", err)
		l.close()
		for {
			if !wait.pause(ctx) {
				return
			}
			if err = l.open(); err == nil {
				break
			}
			l.set.log.Error("a listener cannot be opened again yet", "listener", l.s.Bind, "error", err)
		}
		if ctx.Err() != nil { // Close went past while we were opening
			l.close()
			return
		}
	}
}

func (l *listener) serve(ctx context.Context) error {
	if p := l.packet.Load(); p != nil {
		return l.servePacket(ctx, p)
	}
	return l.serveStream(ctx, l.stream.Load())
}

// backoff is the pause after one more error: 1 ms, doubled up to 1 s.
type backoff struct{ d time.Duration }

// pause waits, and reports false when ctx ended.
func (b *backoff) pause(ctx context.Context) bool {
	b.d = min(max(2*b.d, time.Millisecond), time.Second)
	t := time.NewTimer(b.d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// SetAllow replaces Options.Allow; nil lets every source speak. Connections that are open stay.
func (s *Set) SetAllow(f func(wissel.Address) bool) {
	if f == nil {
		s.allow.Store(nil)
		return
	}
	s.allow.Store(&f)
}

// SetTLS puts other certificates and authorities in force, for the listener of each that has its Bind. Connections that are
// open stay as they are; new ones, either way, shake hands by the new.
func (s *Set) SetTLS(listeners []Settings) {
	for _, l := range s.listeners {
		for i := range listeners {
			if listeners[i].Bind == l.s.Bind {
				l.tls.Store(listeners[i].TLS)
			}
		}
	}
}

func (s *Set) allowed(a wissel.Address) bool {
	f := s.allow.Load()
	return f == nil || (*f)(a)
}

// Send sends one message. UDP is written at once. On a connection the message is queued, never waited for: data must not
// be changed afterwards. With Conn 0 an open connection to Peer (and Host) is used, or one is dialled within Run; with
// Conn set, that connection or ErrClosed, and never a dial: an answer goes back where its request came from, or nowhere.
// What goes wrong later comes as Failed, with the message as Quoted.
func (s *Set) Send(p Path, data []byte) error {
	if p.Listener < 0 || p.Listener >= len(s.listeners) {
		return fmt.Errorf("send to %s: there is no listener %d", p.Peer, p.Listener)
	}
	l := s.listeners[p.Listener]
	if p.Peer.Transport == wissel.UDP {
		return l.sendPacket(p, data)
	}
	return s.sendStream(l, p, data)
}

// Opening reports whether the connection that p means is still being opened.
func (s *Set) Opening(p Path) bool {
	c := s.table.find(p)
	return c != nil && c.opening.Load()
}

// Hold counts the dialogs (by +1 and -1) that need connection conn: while there are any it is never closed for idleness.
func (s *Set) Hold(conn uint64, delta int) {
	if c := s.table.byID(conn); c != nil {
		c.held.Add(int64(delta))
	}
}

// Listener describes listener i, and Listeners says how many there are.
func (s *Set) Listener(i int) ListenerInfo { return s.listeners[i].info }

// Listeners is the number of listeners.
func (s *Set) Listeners() int { return len(s.listeners) }

// Pick says which listener sends to a: of its transport and family, and called bind when that is not empty. For a stream
// without a listener of its own (a platform over TLS, where we listen on UDP and TCP only) another of its family lends
// its advertised name: connections to it are opened by us, and what it sends comes back on them.
func (s *Set) Pick(a wissel.Address, bind string) (listener int, ok bool) {
	best, rank := 0, 0
	for i, l := range s.listeners {
		if l.info.Bind.Addr().Is4() != a.AddrPort.Addr().Unmap().Is4() || bind != "" && bind != l.s.Bind {
			continue
		}
		r := 0
		switch {
		case l.info.Transport == a.Transport:
			r = 3
		case a.Transport == wissel.UDP:
		case l.info.Transport.Reliable():
			r = 2
		default:
			r = 1
		}
		if r > rank {
			best, rank = i, r
		}
	}
	return best, rank > 0
}

// deliver hands a packet over. A panic of the handler costs that packet, not the socket (H22).
func (s *Set) deliver(p Packet) {
	defer s.survive("packet", p.Path)
	s.n.received.Add(1)
	s.o.Handler.Packet(p)
}

func (s *Set) failed(f Failure) {
	defer s.survive("failure", f.Path)
	s.n.failures.Add(1)
	s.o.Handler.Failed(f)
}

func (s *Set) survive(what string, p Path) {
	if r := recover(); r != nil {
		s.n.panics.Add(1)
		s.log.Error("handling what came from a socket panicked", "what", what, "peer", p.Peer.String(), "panic", r)
	}
}

// stranger counts a message of a source that is no trunk, and says once a minute how to let it in (F42).
func (s *Set) stranger(a wissel.Address) {
	s.n.dropped.Add(1)
	s.mu.Lock()
	now := time.Now()
	tell := s.hinted.IsZero() || now.Sub(s.hinted) >= time.Minute
	if tell {
		s.hinted = now
	}
	s.mu.Unlock()
	if tell {
		ip := a.AddrPort.Addr()
		s.log.Warn("dropped: this source belongs to no trunk; if it should, add it to the trunk's from",
			"source", a.String(), "line", fmt.Sprintf("from: [%s/%d]", ip, ip.BitLen()), "dropped", s.n.dropped.Load())
	}
}
