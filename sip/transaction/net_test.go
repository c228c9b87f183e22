package transaction

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.UTC)

var (
	peer     = wissel.Address{Transport: wissel.UDP, AddrPort: netip.MustParseAddrPort("192.0.2.1:5060")}
	udp      = Path{Peer: peer}
	tcp      = Path{Conn: 7, Peer: wissel.Address{Transport: wissel.TCP, AddrPort: peer.AddrPort}}
	stranger = Path{Peer: wissel.Address{Transport: wissel.UDP, AddrPort: netip.MustParseAddrPort("192.0.2.66:5060")}}
)

// film records what a Table does and when, in virtual time.
type film struct {
	*Table
	t      testing.TB
	now    time.Time
	frames []string
	wakes  int
}

func newFilm(t testing.TB) *film { return &film{Table: NewTable(1000), t: t, now: start} }

// drain writes down the effects.
func (f *film) drain() {
	for e := range f.Effects() {
		what := map[EffectKind]string{Transmit: "", Timeout: "timeout", NoAck: "no ack", Gone: "gone"}[e.Kind]
		if e.Kind == Transmit {
			what, _, _ = strings.Cut(string(e.Data), " sip:")
			if len(e.Data) == 0 {
				f.t.Errorf("an empty message was sent for %d", e.ID)
			}
		}
		f.frames = append(f.frames, fmt.Sprintf("%.3f %s", f.now.Sub(start).Seconds(), what))
	}
}

// run lets time pass until at.
func (f *film) run(at time.Duration) {
	for {
		next, ok := f.Next()
		if !ok || next.Sub(start) > at {
			break
		}
		if next.Before(f.now) {
			f.t.Fatalf("Next is in the past: %v at %v", next.Sub(start), f.now.Sub(start))
		}
		f.now = next
		f.wakes++
		f.Advance(f.now)
		f.drain()
	}
	f.now = start.Add(at)
	f.Advance(f.now)
	f.drain()
}

// roll gives what happened as one text and forgets it.
func (f *film) roll() string {
	s := strings.Join(f.frames, ", ")
	f.frames = nil
	return s
}

// empty checks that nothing is left behind.
func (f *film) empty() {
	f.t.Helper()
	if s := f.Table.Stats(); s.Live != 0 || s.Tombs != 0 || len(f.index) != 0 || len(f.paths.at) != 0 {
		f.t.Errorf("left behind: %d live, %d tombstones, %d keys, %d paths", s.Live, s.Tombs, len(f.index), len(f.paths.at))
	}
	if at, ok := f.Next(); ok {
		f.t.Errorf("an idle table wants to wake at %v", at.Sub(start))
	}
	if free := len(f.slab.free); free != len(f.slab.pages)*pageSize {
		f.t.Errorf("%d slots free of %d", free, len(f.slab.pages)*pageSize)
	}
}

// start begins a client transaction with a whole message.
func (f *film) start(method string, path Path) ID {
	f.t.Helper()
	id, err := f.Start(method, "z9hG4bKc1", request(method), path, f.now)
	if err != nil {
		f.t.Fatal(err)
	}
	f.drain()
	return id
}

// answer lets a response come to the client transaction that start began, and says whether it was delivered.
func (f *film) answer(method string, status int, path Path) Answer {
	a := f.Match(Response{Branch: "z9hG4bKc1", CSeqMethod: method, Status: status, Data: response(method, status), Path: path}, f.now)
	f.drain()
	return a
}

func (f *film) receive(r Request) Verdict {
	v := f.Receive(r, f.now)
	f.drain()
	return v
}

func (f *film) respond(id ID, status int) {
	f.Respond(id, status, response("INVITE", status), f.now)
	f.drain()
}

func request(method string) []byte {
	return []byte(method + " sip:+31201234567@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKc1;rport\r\n" +
		"Max-Forwards: 69\r\nRoute: <sip:edge.example;lr>\r\nFrom: <sip:a@x>;tag=ours\r\nTo: <sip:b@y>\r\nCall-ID: c@wissel\r\nCSeq: 42 " + method + "\r\n\r\n")
}

func response(method string, status int) []byte {
	return fmt.Appendf(nil, "SIP/2.0 %d\r\nVia: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKc1;rport\r\nf: <sip:a@x>;tag=ours\r\nt: <sip:b@y>;\r\n tag=theirs\r\ni: c@wissel\r\nCSeq: 42 %s\r\nl: 0\r\n\r\n", status, method)
}

// incoming is a request of a caller.
func incoming(method string, path Path) Request {
	return Request{Method: method, Branch: "z9hG4bKs1", SentBy: "192.0.2.1", CallID: "call", FromTag: "caller", CSeq: 7, Path: path}
}

// strip shortens the film: "SIP/2.0 486\r\n..." to "486".
func strip(s string) string {
	parts := strings.Split(s, ", ")
	for i, p := range parts {
		if at, rest, ok := strings.Cut(p, " SIP/2.0 "); ok {
			parts[i] = at + " " + rest[:3]
		}
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}
