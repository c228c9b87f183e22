package sip

import (
	"bytes"
	"context"
	"maps"
	"runtime/debug"
	"sync"
	"time"

	"wissel"
	"wissel/sip/call"
	"wissel/sip/transaction"
	"wissel/sip/transport"
)

// A shard owns calls: their transactions, dialogs, timers and state. Everything in it happens in the order of the wire, on
// one goroutine at a time (docs/decisions/0001): its own, or the reader's that brings a message while nobody is at it. To
// wake another goroutine for each message would cost as much as handling it.
type shard struct {
	srv    *Server
	index  int
	chance chance
	inbox  chan transport.Packet
	woken  chan struct{} // one place: messages or posts wait
	turn   sync.Mutex    // held by who is at it

	mu    sync.Mutex
	posts []func() // what other goroutines have to say
	ended bool

	// The rest belongs to who holds turn.
	running bool // run runs
	table   *transaction.Table
	owners  map[transaction.ID]owner
	calls   map[wissel.CallID]*live
	dialogs map[dialogKey]*leg
	silent  map[wissel.Address]map[*leg]struct{} // legs whose INVITE has heard nothing yet
	sent    map[wissel.Address]time.Time         // when something was last sent to an address
	timers  timers
	queue   []happening
	effects []call.Effect // of the event that is being handled; one at a time (feed)
	feeding bool
	now     time.Time // of what is being handled
	head    head
	spare   []func()
	buf     []byte // scratch for header lines
	out     []byte // scratch for whole requests

	clock *time.Timer
	armed time.Time // when clock rings; zero: it does not
	grace time.Time // timers wait until here, after a pause of the process
}

// happening is an event on its way to a call.
type happening struct {
	call *live
	ev   call.Event
}

// pause is how late a timer may ring before we suspect that the process stood still (FAULTS F30): then what waits in the
// sockets is read first, for graceTime.
const (
	pause     = 150 * time.Millisecond
	graceTime = 30 * time.Millisecond
)

// transactionLimit is per shard.
const transactionLimit = 100_000

func newShard(srv *Server, index int) *shard {
	s := &shard{
		srv: srv, index: index,
		inbox: make(chan transport.Packet, srv.o.Settings.Inbox), woken: make(chan struct{}, 1),
		table: transaction.NewTable(transactionLimit), owners: map[transaction.ID]owner{}, calls: map[wissel.CallID]*live{},
		dialogs: map[dialogKey]*leg{}, silent: map[wissel.Address]map[*leg]struct{}{}, sent: map[wissel.Address]time.Time{},
	}
	if srv.o.Random != nil {
		s.chance = newChance(srv.o.Random(index))
	} else {
		s.chance = newChance(nil)
	}
	return s
}

// run handles what comes until ctx ends.
func (s *shard) run(ctx context.Context) error {
	s.turn.Lock()
	s.clock = time.NewTimer(time.Hour)
	s.clock.Stop()
	s.running = true
	s.drain() // what came before
	s.arm()
	s.turn.Unlock()
	defer s.close()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.woken:
			s.turn.Lock()
			s.runPosts()
			s.drain()
		case <-s.clock.C:
			s.turn.Lock()
			s.rang(time.Now())
		}
		s.arm()
		s.turn.Unlock()
	}
}

// take handles what waits in the inbox on the goroutine that brought it. When another is at it, or when it goes on after
// what was there at first, the shard's own goroutine is woken for the rest.
func (s *shard) take() {
	if !s.turn.TryLock() {
		s.wake()
		return
	}
	if s.running {
		s.drain()
		s.arm()
	}
	s.turn.Unlock()
	if len(s.inbox) > 0 {
		s.wake()
	}
}

// wake lets the shard's own goroutine look for work.
func (s *shard) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// drain handles the messages that wait now.
func (s *shard) drain() {
	for n := len(s.inbox); n > 0; n-- {
		s.guard(s.next)
	}
}

// next handles one message. Only who holds turn takes messages out, so there is one.
func (s *shard) next() { s.packet(<-s.inbox) }

// close frees the media of the calls that are left. Their dialogs are not ended: a restart is not an outage.
func (s *shard) close() {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.running = false
	s.clock.Stop()
	s.mu.Lock()
	s.ended, s.posts = true, nil
	s.mu.Unlock()
	for _, c := range s.calls {
		for _, l := range c.legs {
			if l != nil {
				l.closeMedia()
			}
		}
	}
}

// post runs f on the shard's goroutine. It never blocks; after the shard's end f is dropped.
func (s *shard) post(f func()) {
	s.mu.Lock()
	if !s.ended {
		s.posts = append(s.posts, f)
	}
	s.mu.Unlock()
	s.wake()
}

func (s *shard) runPosts() {
	s.mu.Lock()
	posts := s.posts
	s.posts, s.spare = s.spare[:0], nil
	s.mu.Unlock()
	for i, f := range posts {
		s.now = time.Now()
		s.guard(f)
		posts[i] = nil
	}
	s.spare = posts[:0]
}

// guard keeps a panic in what is not yet a call's own from ending the process (FAULTS F35): what was handled is lost.
func (s *shard) guard(f func()) {
	defer func() {
		if r := recover(); r != nil {
			s.srv.stats.Panics.Add(1)
			s.srv.alarm("a panic while handling a message", "panic", r, "stack", string(debug.Stack()))
			s.feeding = false
		}
	}()
	f()
	s.settle()
}

// rang does what is due. What already waits in the inbox goes first: after a pause it may hold the very answers that a
// timer would miss.
func (s *shard) rang(now time.Time) {
	late := now.Sub(s.armed)
	s.armed = time.Time{}
	s.drain()
	if late > pause && s.grace.IsZero() {
		s.srv.stats.Pauses.Add(1)
		s.grace = now.Add(graceTime)
		return
	}
	s.grace = time.Time{}
	s.now = time.Now()
	// Calls first: what they leave in this moment is not sent once more in the same.
	for t := s.timers.due(s.now); t != nil; t = s.timers.due(s.now) {
		s.guard(t.ring)
	}
	s.guard(func() {
		s.table.Advance(s.now)
		s.flush()
	})
}

// arm sets the clock to the next deadline. A clock that rings too early costs less than one that is set anew each time.
func (s *shard) arm() {
	at, ok := s.table.Next()
	if t, has := s.timers.next(); has && (!ok || t.Before(at)) {
		at, ok = t, true
	}
	if !ok {
		return
	}
	if at.Before(s.grace) {
		at = s.grace
	}
	if s.armed.IsZero() || at.Before(s.armed) {
		s.armed = at
		s.clock.Reset(time.Until(at))
	}
}

// feed puts an event in line for its call; settle hands them over, one after another.
func (s *shard) feed(c *live, ev call.Event) {
	s.queue = append(s.queue, happening{c, ev})
}

func (s *shard) settle() {
	if s.feeding {
		return
	}
	s.feeding = true
	for i := 0; i < len(s.queue); i++ { // it grows while it is walked
		h := s.queue[i]
		s.queue[i] = happening{}
		s.step(h.call, h.ev)
	}
	s.queue, s.feeding = s.queue[:0], false
}

// step lets a call take one event and carries out the effects.
func (s *shard) step(c *live, ev call.Event) {
	if c.crashed {
		return
	}
	defer s.rescue(c)
	s.effects = c.state.Take(ev, s.now, s.effects[:0])
	for i, e := range s.effects {
		s.effects[i] = nil // what it holds of a message goes with it
		s.do(c, e)
	}
}

// protect runs what is a call's own, such as a step of its flow.
func (s *shard) protect(c *live, f func()) {
	defer s.rescue(c)
	f()
}

// rescue is deferred around what is one call's own: a panic there ends that call alone (FAULTS F35).
func (s *shard) rescue(c *live) {
	if r := recover(); r != nil {
		s.srv.stats.Panics.Add(1)
		s.srv.alarm("a panic in a call, which is ended", "call", c.id, "panic", r, "stack", string(debug.Stack()))
		s.crash(c)
	}
}

// flush carries out what the transactions want done.
func (s *shard) flush() {
	for e := range s.table.Effects() {
		switch e.Kind {
		case transaction.Transmit:
			err := s.send(transport.Path(e.Path), e.Data)
			if err != nil && !s.astray(e, err) {
				s.table.Failed(e.ID, s.now)
				s.failed(e.ID, err)
			}
		case transaction.Timeout:
			s.timeout(e.ID)
		case transaction.NoAck:
			if o, ok := s.owners[e.ID]; ok && o.leg != nil && !o.leg.gone {
				s.feed(o.leg.call, call.Event{Kind: call.NoAck, Leg: o.leg.n})
			}
		case transaction.Gone:
			delete(s.owners, e.ID)
		}
	}
}

// astray sends a request within a dialog, whose connection is gone, over another.
func (s *shard) astray(e transaction.Effect, err error) bool {
	o, ok := s.owners[e.ID]
	if !ok || o.leg == nil || o.leg.gone || bytes.HasPrefix(e.Data, sip2) {
		return false
	}
	return s.detour(o.leg.current(), e.Path.Conn, e.Data, err)
}

// send writes one message. When a request last left is noted, for an ICMP that quotes too little to tell (DESIGN, "ICMP").
func (s *shard) send(p transport.Path, data []byte) error {
	if p.Peer.Transport == wissel.UDP && !bytes.HasPrefix(data, sip2) {
		if len(s.sent) >= 4096 {
			maps.DeleteFunc(s.sent, func(_ wissel.Address, at time.Time) bool { return s.now.Sub(at) > time.Second })
		}
		s.sent[p.Peer] = s.now
	}
	return s.srv.set.Send(p, data)
}
