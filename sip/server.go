// Package sip answers calls and hands them on: a back-to-back user agent (RFC 3261, RFC 7092) whose decisions are made by
// sip/call and whose transactions are kept by sip/transaction. It admits messages, knows who sent them, keeps the dialogs,
// carries out the effects of each call, and asks OPTIONS for carriers/health. Every call lives in one shard, on one
// goroutine; nothing in its path waits for a disk, a name server or another node. internal/app gives it what it needs.
package sip

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"wissel"
	"wissel/carriers"
	"wissel/carriers/health"
	"wissel/internal/plan"
	"wissel/sip/call"
	"wissel/sip/transport"
)

// Settings of the server as a whole.
type Settings struct {
	SessionTimer time.Duration // the Session-Expires we ask for (RFC 4028), per leg
	MinSE        time.Duration // the least we accept; RFC 4028 §5: 90 s
	MaxCall      time.Duration // the longest call; 0: none
	Calls        int           // calls at one time; above it new ones get 503
	Inbox        int           // messages that may wait for one shard
}

// DefaultSettings are the figures of DESIGN.
func DefaultSettings() Settings {
	return Settings{SessionTimer: 30 * time.Minute, MinSE: 90 * time.Second, Calls: 20000, Inbox: 4096}
}

// Check reports every fault of the settings, by key path below at.
func (s Settings) Check(at string) (ps []wissel.Problem) {
	bad := func(key, msg string) { ps = append(ps, wissel.Problem{Path: at + "." + key, Msg: msg}) }
	if s.MinSE < 90*time.Second {
		bad("min_se", s.MinSE.String()+" is below the 90s that RFC 4028 asks for")
	}
	if s.SessionTimer < s.MinSE {
		bad("session_timer", s.SessionTimer.String()+" is below min_se, "+s.MinSE.String())
	}
	if s.MaxCall < 0 {
		bad("max_call", "must not be negative")
	}
	if s.Calls < 1 {
		bad("calls", "must be 1 or more")
	}
	if s.Inbox < 64 {
		bad("inbox", "must be 64 or more")
	}
	return ps
}

// Options of a Server. Listeners, Snapshot, Health and Limits are needed; the rest may be left out.
type Options struct {
	Listeners    []transport.Settings
	ListenPacket func(bind string) (net.PacketConn, error) // nil: real sockets; so for the next two
	ListenStream func(bind string) (net.Listener, error)
	Dial         func(context.Context, wissel.Address) (net.Conn, error)
	Snapshot     func() *wissel.Snapshot // the routing in force; called for each call, never nil
	Single       Single                  // nil: no way back begins with a single call
	Health       *health.Board
	Limits       *carriers.Limits
	Media        Media                          // nil: every call is direct, and there are no flows
	Attendant    Attendant                      // nil: there are no flows
	People       People                         // nil: nobody is known
	Ledger       Ledger                         // nil: records are dropped
	Observer     Observer                       // nil: nobody watches attempts
	Reached      Reached                        // nil: nobody asks whom a person took
	Proved       Proved                         // nil: nobody keeps proofs
	Unanswered   Unanswered                     // nil: nobody learns which statuses carriers take
	Alarm        func(what string, args ...any) // nil: only logged. It must not block
	Node         string                         // this node's name, for Contact and records
	Shards       int                            // 0: GOMAXPROCS
	Random       func(shard int) io.Reader      // nil: crypto/rand; only tests set it
	Log          *slog.Logger
	Settings     Settings
	// Certificate is told of each certificate that a peer shows; nil: nobody watches when they end. It must not block.
	Certificate func(transport.PeerCertificate)
}

// Server is the SIP side of wissel. Its methods may be called from any goroutine.
type Server struct {
	o       Options
	log     *slog.Logger
	set     *transport.Set
	faces   map[faceKey]*face
	shards  []*shard
	seed    maphash.Seed
	tokens  *plan.Tokens
	allow   allowance
	loops   loops
	named   names
	tag     string // To tag of what is refused by hand
	holds   holds
	probes  probes
	stats   Stats
	ready   atomic.Bool
	drained atomic.Bool // draining: no new calls
	live    atomic.Int64
	placed  atomic.Int64  // calls of our own
	backs   atomic.Int64  // of callbacks
	crisis  atomic.Int64  // calls of the crisis line
	turn    atomic.Uint64 // which shard is given the next of them
	ended   chan struct{} // closed when Run has ended
	once    sync.Once
}

// faceKey names how we show ourselves over one listener with one transport (a listener may lend its name to another's).
type faceKey struct {
	listener  int
	transport wissel.Transport
}

// New opens the sockets and starts nothing; what arrives waits in them until Run. A server is not ready to take calls
// until SetReady(true).
func New(o Options) (*Server, error) {
	if o.Snapshot == nil || o.Health == nil || o.Limits == nil {
		return nil, errors.New("a SIP server needs Snapshot, Health and Limits")
	}
	if o.Settings == (Settings{}) {
		o.Settings = DefaultSettings()
	}
	if err := wissel.Problems(o.Settings.Check("sip")); err != nil {
		return nil, err
	}
	if o.Shards <= 0 {
		o.Shards = runtime.GOMAXPROCS(0)
	}
	s := &Server{o: o, log: o.Log, seed: maphash.MakeSeed(), tokens: plan.NewTokens(time.Second), ended: make(chan struct{})}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.allow.server = s
	s.loops.init()
	s.tag = newChance(nil).token()
	s.probes.init()
	for i := range o.Shards {
		s.shards = append(s.shards, newShard(s, i))
	}
	set, err := transport.New(transport.Options{
		Listeners: o.Listeners, Handler: s, Allow: s.allow.source, AllowTLS: func() bool { return false },
		ListenPacket: o.ListenPacket, ListenStream: o.ListenStream, Dial: o.Dial, Certificate: o.Certificate, Log: s.log,
	})
	if err != nil {
		return nil, fmt.Errorf("open the SIP sockets: %w", err)
	}
	s.set = set
	s.faces = map[faceKey]*face{}
	for i := range set.Listeners() {
		for _, t := range []wissel.Transport{wissel.UDP, wissel.TCP, wissel.TLS} {
			info := set.Listener(i)
			if info.Transport != t && t == wissel.UDP {
				continue
			}
			info.Transport = t
			f := faceOf(info, o.Node)
			s.faces[faceKey{i, t}] = &f
		}
	}
	return s, nil
}

// face is how we show ourselves over p.
func (s *Server) face(p transport.Path) *face { return s.faces[faceKey{p.Listener, p.Peer.Transport}] }

// Run takes calls until ctx ends; it returns after all that it started. Calls that are up then are not ended (Drain does
// that): a restart is not an outage. It may be called once.
func (s *Server) Run(ctx context.Context) error {
	defer s.once.Do(func() { close(s.ended) })
	g, ctx := errgroup.WithContext(ctx)
	for _, sh := range s.shards {
		g.Go(func() error { return sh.run(ctx) })
	}
	g.Go(func() error { return s.set.Run(ctx) })
	return g.Wait()
}

// SetReady says whether calls can be taken: until then OPTIONS and new calls get 503 with Retry-After.
func (s *Server) SetReady(ready bool) { s.ready.Store(ready) }

// taking reports whether a new call can truly be taken.
func (s *Server) taking() bool {
	return s.ready.Load() && !s.drained.Load() && s.live.Load() < int64(s.o.Settings.Calls)
}

// Listener describes listener i, with the port the system chose when 0 was asked.
func (s *Server) Listener(i int) transport.ListenerInfo { return s.set.Listener(i) }

// SetTLS puts the certificates and authorities of these listeners in force for new connections; open ones stay.
func (s *Server) SetTLS(listeners []transport.Settings) { s.set.SetTLS(listeners) }

// TransportStats are the counters of the sockets.
func (s *Server) TransportStats() transport.Stats { return s.set.Stats() }

// Live is how many calls there are now.
func (s *Server) Live() int { return int(s.live.Load()) }

// Drain lets the calls that are up finish, taking no new ones; progress is told each 5 s how many are left. With endCalls,
// or when ctx ends, those that are left are ended with BYE. It returns nil when no call is left, else how many there were.
func (s *Server) Drain(ctx context.Context, endCalls bool, progress func(left int)) error {
	s.drained.Store(true)
	if !endCalls {
		s.await(ctx.Done(), progress)
	}
	if s.live.Load() == 0 {
		s.lastWords()
		return nil
	}
	left := s.live.Load()
	for _, sh := range s.shards {
		sh.post(func() { sh.endAll("drain") })
	}
	stop := make(chan struct{})
	defer time.AfterFunc(2*time.Second, func() { close(stop) }).Stop()
	s.await(stop, nil)
	s.lastWords()
	if n := s.live.Load(); n > 0 {
		return fmt.Errorf("drain: %d of %d calls did not end", n, left)
	}
	return nil
}

// Part ends the calls of callbacks, each with BYE or CANCEL, begins none any more, and returns when those are answered or parting is over.
// It is for a server that ends without a drain: calls of callers are left as they are, but of a callback nobody else would end either
// side.
func (s *Server) Part(reason string) {
	s.drained.Store(true)
	if s.backs.Load() == 0 {
		return
	}
	over := time.NewTimer(backsEnd)
	defer over.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for left := true; left && s.backs.Load() > 0; {
		for _, sh := range s.shards {
			sh.post(func() { sh.endBacks(reason) })
		}
		select {
		case <-tick.C:
		case <-over.C:
			left = false
		case <-s.ended:
			left = false
		}
	}
	s.lastWords()
}

// backsEnd is how long the calls of callbacks may take to end once they are told to: what their attempts still do about it is done by then.
const backsEnd = 2 * time.Second

// parting is how long a drain waits for the answers to the last BYEs: the copies of RFC 3261 §17.1.2 that leave at 0.5,
// 1.5 and 3.5 s fit, and a peer that is gone does not hold up the end.
const parting = 4 * time.Second

// lastWords returns when every BYE and CANCEL of ours is answered, or after parting. Ending before that would leave a peer
// whose datagram was lost with a call that nobody ends.
func (s *Server) lastWords() {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	over := time.NewTimer(parting)
	defer over.Stop()
	for {
		counts := make(chan int, len(s.shards))
		for _, sh := range s.shards {
			sh.post(func() { counts <- sh.unanswered() })
		}
		sum := 0
		for range s.shards {
			select {
			case n := <-counts:
				sum += n
			case <-over.C:
				return
			case <-s.ended:
				return
			}
		}
		if sum == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-over.C:
			return
		case <-s.ended:
			return
		}
	}
}

// await returns when no call is left, or stop is closed, or Run has ended.
func (s *Server) await(stop <-chan struct{}, progress func(int)) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for told := time.Now(); s.live.Load() > 0; {
		select {
		case <-stop:
			return
		case <-s.ended:
			return
		case now := <-tick.C:
			if progress != nil && now.Sub(told) >= 5*time.Second {
				told = now
				progress(int(s.live.Load()))
			}
		}
	}
}

// Resume takes new calls again after a Drain that was called off.
func (s *Server) Resume() { s.drained.Store(false) }

// CallInfo is one live call, for people.
type CallInfo struct {
	ID       wissel.CallID
	Group    wissel.GroupID
	Trunk    wissel.TrunkID // it came over; empty: we placed it
	From     wissel.Number  // empty when withheld or unknown
	To       wissel.Number
	Target   wissel.Target // whom he talks to, or who is tried now
	State    string        // "hunting", "talking", "flow", "test" or "callback"
	Began    time.Time
	Answered time.Time
}

// Calls lists the live calls, shard by shard. It asks the shards, so it returns what it has when Run ends.
func (s *Server) Calls() []CallInfo {
	answers := make(chan []CallInfo, len(s.shards))
	for _, sh := range s.shards {
		sh.post(func() { answers <- sh.list() })
	}
	var all []CallInfo
	for range s.shards {
		select {
		case one := <-answers:
			all = append(all, one...)
		case <-s.ended:
			return all
		}
	}
	return all
}

// Call is the record of one live call as it would be if it ended now, without an end: its attempts so far are in it, and Target
// is whom he talks to or who is tried. state is as in CallInfo; empty: there is no such call, or Run has ended.
func (s *Server) Call(id wissel.CallID) (cdr wissel.CDR, state string) {
	type found struct {
		cdr   wissel.CDR
		state string
	}
	answers := make(chan found, len(s.shards))
	for _, sh := range s.shards {
		sh.post(func() {
			var f found
			if c := sh.calls[id]; c != nil && !c.over {
				f.cdr, f.state = sh.cdr(c, c.state.Record()), c.doing()
				f.cdr.Target = c.target
			}
			answers <- f
		})
	}
	for range s.shards {
		select {
		case f := <-answers:
			if f.state != "" {
				return f.cdr, f.state
			}
		case <-s.ended:
			return wissel.CDR{}, ""
		}
	}
	return wissel.CDR{}, ""
}

// Post runs f on the goroutine of a live call; without such a call f is dropped. It never blocks.
func (s *Server) Post(id wissel.CallID, f func()) {
	for _, sh := range s.shards {
		sh.post(func() {
			if c := sh.calls[id]; c != nil && !c.over {
				sh.protect(c, f)
			}
		})
	}
}

// End ends one call, as an operator does; it reports nothing back, and a call that is gone is none.
func (s *Server) End(id wissel.CallID, reason string) {
	for _, sh := range s.shards {
		sh.post(func() {
			if c := sh.calls[id]; c != nil {
				sh.feed(c, call.Event{Kind: call.End, Status: 480, Reason: reason})
			}
		})
	}
}

// alarm tells people of something that must not be; args are slog's keys and values.
func (s *Server) alarm(what string, args ...any) {
	s.log.Error(what, args...)
	if s.o.Alarm != nil {
		s.o.Alarm(what, args...)
	}
}
