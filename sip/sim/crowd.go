package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Crowd is a carrier whose callers are many more than its trunk has places: each rings, listens until he is let go, and never rings
// again. It is as small as that allows: nothing is sent twice, and one socket hears the voice of all, told apart by where it is from.
type Crowd struct {
	Listen Listen
	At     netip.AddrPort // its SIP address
	Via    netip.AddrPort // where the INVITEs go
	To     string         // the number rung
	Rate   int            // calls a second
	For    time.Duration
	Whole  [][]byte // the messages, as PCMA: who got all of one from the beginning, byte behind byte, has heard it whole
}

// Rung is what came of a Crowd.
type Rung struct {
	Calls    int
	Answered int
	Whole    int         // heard the whole message
	Refused  map[int]int // by status
	Waits    int         // refusals with Retry-After
	Silent   int         // got no final answer
	Left     int         // were answered, and not let go
	Most     int         // on the line at one time
	Slowest  time.Duration
	Longest  time.Duration // on the line
}

// ringer is one caller.
type ringer struct {
	placed, answered time.Time
	voice            []byte // until it is a whole message
	whole            bool
	from             netip.AddrPort // of his voice
}

type crowd struct {
	Crowd
	sip, rtp net.PacketConn
	mu       sync.Mutex
	calls    map[string]*ringer
	ears     map[netip.AddrPort]*ringer
	out      Rung
}

// Run lets them ring, and returns once the last has been let go, or grace after the last rang.
func (c Crowd) Run(ctx context.Context, grace time.Duration) (Rung, error) {
	w := &crowd{Crowd: c, calls: map[string]*ringer{}, ears: map[netip.AddrPort]*ringer{}, out: Rung{Refused: map[int]int{}}}
	var err error
	if w.sip, err = c.Listen(c.At); err != nil {
		return Rung{}, fmt.Errorf("a crowd: %w", err)
	}
	if w.rtp, err = c.Listen(netip.AddrPortFrom(c.At.Addr(), 0)); err != nil {
		return Rung{}, errors.Join(fmt.Errorf("a crowd: %w", err), w.sip.Close())
	}
	for _, conn := range []net.PacketConn{w.sip, w.rtp} {
		if socket, ok := conn.(*net.UDPConn); ok {
			_ = socket.SetReadBuffer(8 << 20) // as much as the system gives
		}
	}
	var readers sync.WaitGroup
	readers.Go(func() { receive(w.sip, w.message) })
	readers.Go(func() { receive(w.rtp, w.voice) })
	w.ringAll(ctx, grace)
	w.mu.Lock()
	for _, r := range w.calls {
		if r.answered.IsZero() {
			w.out.Silent++
		} else {
			w.out.Left++
		}
	}
	out := w.out
	w.mu.Unlock()
	err = errors.Join(w.sip.Close(), w.rtp.Close(), ctx.Err())
	readers.Wait()
	return out, err
}

// ringAll places the calls at their times, and waits.
func (w *crowd) ringAll(ctx context.Context, grace time.Duration) {
	began := time.Now()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for placed := 0; ctx.Err() == nil && time.Since(began) < w.For+grace; <-tick.C {
		for due := int(min(time.Since(began), w.For).Seconds() * float64(w.Rate)); placed < due; placed++ {
			w.ring(placed)
		}
		w.mu.Lock()
		left := len(w.calls)
		w.mu.Unlock()
		if time.Since(began) > w.For && left == 0 {
			return
		}
	}
}

func receive(conn net.PacketConn, take func(b []byte, from netip.AddrPort)) {
	b := make([]byte, 65536)
	for {
		n, from, err := conn.ReadFrom(b)
		if errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) {
			return
		}
		if at, ok := from.(*net.UDPAddr); ok && err == nil {
			take(b[:n], netip.AddrPortFrom(at.AddrPort().Addr().Unmap(), at.AddrPort().Port()))
		}
	}
}

func (w *crowd) write(format string, args ...any) {
	_, _ = w.sip.WriteTo(fmt.Appendf(nil, format, args...), net.UDPAddrFromAddrPort(w.Via)) // a datagram may be lost
}

func (w *crowd) ring(n int) {
	host := w.At.Addr().String()
	sdp := "v=0\r\no=- 1 1 IN IP4 " + host + "\r\ns=-\r\nc=IN IP4 " + host + "\r\nt=0 0\r\nm=audio " + strconv.Itoa(int(local(w.rtp).Port())) + " RTP/AVP 8\r\n"
	id := "crowd" + strconv.Itoa(n)
	w.mu.Lock()
	w.calls[id] = &ringer{placed: time.Now()}
	w.out.Calls++
	w.mu.Unlock()
	w.write("INVITE sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\nFrom: <sip:+316%08d@%s>;tag=%[4]s\r\nTo: <sip:%[1]s@%[2]s>\r\n"+
		"Call-ID: %[4]s\r\nCSeq: 1 INVITE\r\nContact: <sip:crowd@%[3]s>\r\nContent-Type: application/sdp\r\nContent-Length: %[7]d\r\n\r\n%[8]s",
		w.To, w.Via, w.At, id, n, host, len(sdp), sdp)
}

// message handles what comes: a final answer, or the BYE that lets a caller go.
func (w *crowd) message(b []byte, _ netip.AddrPort) {
	m, err := Read(b)
	if err != nil || m.Method == "OPTIONS" || m.Status != 0 && m.Status < 200 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	id := m.Get("Call-ID")
	r := w.calls[id]
	switch {
	case m.Method == "BYE":
		w.write("SIP/2.0 200 OK\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n", m.Get("Via"), m.Get("From"), m.Get("To"), id, m.Get("CSeq"))
		if r != nil {
			w.out.Longest = max(w.out.Longest, time.Since(r.answered))
			delete(w.calls, id)
			delete(w.ears, r.from)
		}
	case m.Status >= 300:
		w.ack(m, id, "sip:"+w.To+"@"+w.Via.String(), "")
		if r != nil {
			w.out.Refused[m.Status]++
			w.out.Slowest = max(w.out.Slowest, time.Since(r.placed))
			if m.Get("Retry-After") != "" {
				w.out.Waits++
			}
			delete(w.calls, id)
		}
	case m.Status/100 == 2 && strings.HasSuffix(m.Get("CSeq"), "INVITE"):
		w.ack(m, id, uriOf(m.Get("Contact")), "a")
		if d, err := readSDP(m.Body); err == nil && r != nil && r.answered.IsZero() {
			r.answered, r.from = time.Now(), d.addr
			w.ears[d.addr] = r
			w.out.Answered++
			w.out.Most = max(w.out.Most, len(w.ears))
		}
	}
}

// ack acknowledges a final answer; that to a 2xx has a branch of its own.
func (w *crowd) ack(m *Message, id, to, branch string) {
	w.write("ACK %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
		to, w.At, id+branch, m.Get("From"), m.Get("To"), id)
}

// voice follows the message in what a caller hears.
func (w *crowd) voice(b []byte, from netip.AddrPort) {
	if len(b) <= 12 || b[1]&0x7f != byte(PCMA) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.ears[from]
	if r == nil || r.whole {
		return
	}
	r.voice = append(r.voice, b[12:]...)
	for _, whole := range w.Whole {
		if bytes.HasPrefix(r.voice, whole) {
			r.whole, r.voice = true, nil
			w.out.Whole++
			return
		}
	}
}
