package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Tones are the tones that parties tell apart unless their Options name others, in Hz.
var Tones = []int{330, 440, 550, 660, 770, 880, 990}

// Options of a Party.
type Options struct {
	Name   string         // its user name, in Contact
	Listen Listen         // opens its sockets: Net.Listen or ListenUDP
	At     netip.AddrPort // its SIP address; port 0: a free one. Its RTP sockets take free ports of the same host
	Behave Behaviour      // how it takes calls
	Seed   uint64         // of its tags, branches and SSRCs; parties of one network differ by Name
	Tones  []int          // that it tells apart; nil: Tones
	// Watch hears of each call that begins, rings, is answered and ends, with a copy of its record, on the party's
	// goroutine; it must not block. nil: nobody.
	Watch func(Record)
}

// Listen opens a socket.
type Listen func(at netip.AddrPort) (net.PacketConn, error)

// Party is one SIP peer: a carrier, a platform or a phone. It places calls (Place) and takes them (Behaviour). All it
// has belongs to the goroutine of Run; its methods may be called from anywhere while Run runs, and after.
type Party struct {
	opt  Options
	addr netip.AddrPort

	posts   chan func()
	packets chan packet
	quit    chan struct{} // closed when Run is ending: readers leave
	over    chan struct{} // closed when Run has ended
	readers sync.WaitGroup
	after   sync.Mutex // in place of Run's goroutine, after its end

	// Run's goroutine only.
	conn    net.PacketConn
	alarms  alarms
	chance  *rand.Rand
	behave  Behaviour
	to      map[string]Behaviour // how it takes calls to some numbers
	legs    []*leg
	clients map[string]*client
	servers map[string]*server
	nonces  map[string]bool // given out and not used
	streams []*stream       // those that are paced
	pace    time.Time       // when the next packets are due; zero: the pacer rests
	book    Ledger
}

// packet is a datagram read: for SIP when stream is nil.
type packet struct {
	stream *stream
	from   netip.AddrPort
	data   []byte
	err    error
}

// New makes a party and opens its SIP socket. It starts nothing.
func New(o Options) (*Party, error) {
	conn, err := o.Listen(o.At)
	if err != nil {
		return nil, fmt.Errorf("party %s: %w", o.Name, err)
	}
	if o.Tones == nil {
		o.Tones = Tones
	}
	var seed uint64
	for _, b := range []byte(o.Name) {
		seed = seed*131 + uint64(b)
	}
	return &Party{
		opt: o, addr: local(conn), conn: conn, behave: o.Behave,
		posts: make(chan func()), packets: make(chan packet, 64), quit: make(chan struct{}), over: make(chan struct{}),
		chance:  rand.New(rand.NewPCG(o.Seed, seed)),
		clients: map[string]*client{}, servers: map[string]*server{}, nonces: map[string]bool{},
		book: Ledger{Name: o.Name},
	}, nil
}

func local(c net.PacketConn) netip.AddrPort {
	a, ok := c.LocalAddr().(*net.UDPAddr)
	if !ok {
		panic("sim: a socket that is not UDP")
	}
	ap := a.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// Name is its name; Addr its SIP address.
func (p *Party) Name() string { return p.opt.Name }

// Addr is its SIP address.
func (p *Party) Addr() netip.AddrPort { return p.addr }

// Run is the party's life: it returns nil once ctx is done, with its sockets closed and its goroutines gone. It says no
// goodbye to its calls.
func (p *Party) Run(ctx context.Context) error {
	p.read(p.conn, nil)
	ring := time.NewTimer(time.Hour)
	defer ring.Stop()
	for {
		if next := p.alarms.fire(); next.IsZero() {
			ring.Stop()
		} else {
			ring.Reset(time.Until(next))
		}
		select {
		case <-ctx.Done():
			p.leave()
			return nil
		case <-ring.C:
		case f := <-p.posts:
			f()
		case pk := <-p.packets:
			p.take(pk)
		}
	}
}

func (p *Party) leave() {
	close(p.quit)
	p.closeAll()
	p.readers.Wait()
	close(p.over)
}

// closeAll closes every socket.
func (p *Party) closeAll() {
	if p.conn != nil {
		_ = p.conn.Close() // nothing of it is needed any more
		p.conn = nil
	}
	for _, l := range p.legs {
		l.closeMedia()
	}
}

// do runs f on the party's goroutine, and waits for it. Before Run it waits for Run.
func (p *Party) do(f func()) {
	done := make(chan struct{})
	select {
	case p.posts <- func() { f(); close(done) }:
		<-done
	case <-p.over:
		p.after.Lock()
		defer p.after.Unlock()
		f()
	}
}

// Behave changes how it takes calls from now on; calls that it has keep what they began with, but for silence.
func (p *Party) Behave(b Behaviour) { p.do(func() { p.behave = b }) }

// BehaveTo changes how it takes calls to one number; all that goes for the party as a whole stays.
func (p *Party) BehaveTo(number string, b Behaviour) {
	p.do(func() {
		if p.to == nil {
			p.to = map[string]Behaviour{}
		}
		p.to[number] = b
	})
}

// Kill is the sudden death of the party's process: its ports close and it forgets its calls. Revive starts it again.
func (p *Party) Kill() {
	p.do(func() {
		p.closeAll()
		for _, l := range p.legs {
			l.end("us", "killed")
		}
		for _, c := range p.clients {
			c.stop()
		}
		for _, s := range p.servers {
			s.stop()
		}
		clear(p.clients)
		clear(p.servers)
	})
}

// Revive opens the SIP port again after a Kill.
func (p *Party) Revive() error {
	var err error
	p.do(func() {
		if p.conn != nil {
			return
		}
		if p.conn, err = p.opt.Listen(p.addr); err != nil {
			p.conn, err = nil, fmt.Errorf("party %s comes back: %w", p.opt.Name, err)
			return
		}
		p.read(p.conn, nil)
	})
	return err
}

// Ledger is a copy of what it counted so far.
func (p *Party) Ledger() (l Ledger) {
	p.do(func() {
		l = p.book
		l.Complaints = append([]string(nil), p.book.Complaints...)
		l.Calls = nil
		for _, leg := range p.legs {
			l.Calls = append(l.Calls, leg.rec.copy())
		}
	})
	return l
}

// read starts the reader of a socket. An error that is not the socket's end is a peer's ICMP.
func (p *Party) read(conn net.PacketConn, s *stream) {
	p.readers.Go(func() {
		size := 65536
		if s != nil {
			size = 2048 // RTP
		}
		b := make([]byte, size)
		for {
			n, from, err := conn.ReadFrom(b)
			if errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) {
				return
			}
			pk := packet{stream: s, err: err}
			if a, ok := from.(*net.UDPAddr); ok && err == nil {
				pk.from = netip.AddrPortFrom(a.AddrPort().Addr().Unmap(), a.AddrPort().Port())
				pk.data = append([]byte(nil), b[:n]...)
			}
			select {
			case p.packets <- pk:
			case <-p.quit:
				return
			}
		}
	})
}

// take handles one datagram.
func (p *Party) take(pk packet) {
	switch {
	case p.behave.Silent:
	case pk.err != nil:
		p.book.Unreachable++
	case pk.stream != nil:
		pk.stream.take(pk.data, time.Now())
	default:
		p.book.SIPIn++
		if len(strings.TrimSpace(string(pk.data))) == 0 {
			return // a keep-alive
		}
		m, err := Read(pk.data)
		if err != nil {
			p.complain(err.Error())
			return
		}
		p.book.Complaints = append(p.book.Complaints, faults(m)...)
		if m.Status != 0 {
			p.response(m)
			return
		}
		p.request(m, pk.from)
	}
}

func (p *Party) complain(what string) { p.book.Complaints = append(p.book.Complaints, what) }

// write sends SIP; a silent or killed party sends nothing.
func (p *Party) write(data []byte, to netip.AddrPort) {
	if p.behave.Silent || p.conn == nil {
		return
	}
	if _, err := p.conn.WriteTo(data, net.UDPAddrFromAddrPort(to)); err == nil {
		p.book.SIPOut++
	}
}

// in sets an alarm.
func (p *Party) in(d time.Duration, f func()) *alarm { return p.alarms.set(time.Now().Add(d), f) }

// token is a tag, a branch or a Call-ID: 64 bits, enough among friends.
func (p *Party) token() string { return fmt.Sprintf("%016x", p.chance.Uint64()) }

// uri is the party's own, for Contact.
func (p *Party) uri() string { return "<sip:" + p.opt.Name + "@" + p.addr.String() + ">" }

// paced puts a stream on the pacer's list: one tick each 20 ms serves them all.
func (p *Party) paced(s *stream) {
	if s.ticking || s.conn == nil {
		return
	}
	s.ticking = true
	p.streams = append(p.streams, s)
	if p.pace.IsZero() {
		p.pace = time.Now()
		p.tick()
	}
}

func (p *Party) tick() {
	live := p.streams[:0]
	for _, s := range p.streams {
		if s.conn == nil {
			s.ticking = false
			continue
		}
		live = append(live, s)
		if !p.behave.Silent {
			s.tick()
		}
	}
	p.streams = live
	if len(live) == 0 {
		p.pace = time.Time{}
		return
	}
	p.pace = p.pace.Add(ptime)
	p.alarms.set(p.pace, p.tick) // absolute: a late tick is made up for by the next
}
