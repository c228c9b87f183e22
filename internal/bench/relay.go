//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// relayed is one measurement of voice through a relay.
type relayed struct {
	System     string
	Calls      int // two-way
	Sent, Lost int
	Wanted     int // packets that the bench should have sent
	Deaf       int // packets that the bench itself failed to read, counted in Lost
	P50, P99   time.Duration
	CPU        float64 // processors per 100 calls, by what a packet took
	Memory     int64   // bytes the system holds, with the calls
	Idle       int64   // before them
}

// ends are the two sides of relayed calls: all callers share one socket, all who answer another.
type ends struct {
	a, b   *socket
	ea, eb ear
}

func newEnds(ipA, ipB string) (e *ends, err error) {
	e = new(ends)
	if e.a, err = open(ipA, 0); err != nil {
		return nil, err
	}
	if e.b, err = open(ipB, 0); err != nil {
		e.a.close()
		return nil, err
	}
	e.a.receive(e.ea.hear)
	e.b.receive(e.eb.hear)
	return e, nil
}

func (e *ends) close() {
	e.a.close()
	e.b.close()
}

// measure speaks on all streams and gives what came back. The first second teaches the relay who is who and is not counted.
func (e *ends) measure(ctx context.Context, s *system, streams []stream, calls int, length time.Duration) (r relayed, err error) {
	speak(streams, time.Second)
	if err := pause(ctx, 500*time.Millisecond); err != nil {
		return r, err
	}
	// The ears are read while nothing is under way.
	gotA, gotB := e.ea.got, e.eb.got
	e.ea.times, e.eb.times = histogram{}, histogram{}
	deaf, cpu := e.a.dropped()+e.b.dropped(), s.cpu()
	sent := speak(streams, length)
	used := s.cpu() - cpu
	if err := pause(ctx, time.Second); err != nil {
		return r, err
	}
	r = relayed{System: s.name, Calls: calls, Sent: sent, Memory: s.memory(), Idle: s.idle}
	r.Deaf = e.a.dropped() + e.b.dropped() - deaf
	e.close()
	r.Lost = sent - (e.ea.got - gotA) - (e.eb.got - gotB)
	all := e.ea.times
	all.merge(e.eb.times)
	r.P50, r.P99 = all.quantile(0.5), all.quantile(0.99)
	r.CPU = used.Seconds() / float64(max(sent, 1)) * 100 * 2 * float64(time.Second/frame)
	r.Wanted = int(length/frame) * len(streams)
	return r, nil
}

// relay compares voice through wissel with voice through rtpengine, taking turns.
func (b *bench) relay(ctx context.Context) error {
	for _, n := range b.relays {
		for _, measure := range []func(context.Context, int) (relayed, error){b.relayRTPEngine, b.relayWissel} {
			r, err := measure(ctx, n)
			if err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				b.say("%d calls: %v", n, err)
				b.report.faults = append(b.report.faults, fmt.Sprintf("relay of %d calls: %v", n, err))
				continue
			}
			b.say("%-10s %4d calls: sent %d of %d, lost %d (%d of them unread by the bench); relay time p50 %s p99 %s ms; CPU %s per 100 calls; memory %d MB (idle %d)",
				r.System, r.Calls, r.Sent, r.Wanted, r.Lost, r.Deaf, ms(r.P50), ms(r.P99), number(r.CPU), r.Memory>>20, r.Idle>>20)
			b.report.relayed = append(b.report.relayed, r)
		}
	}
	return nil
}

// relayWissel sets up anchored calls through wissel and measures their voice.
func (b *bench) relayWissel(ctx context.Context, n int) (r relayed, err error) {
	s, err := b.wisselServer(ctx)
	if err != nil {
		return r, err
	}
	defer s.stop()
	e, err := newEnds(s.host(2), s.host(3))
	if err != nil {
		return r, err
	}
	defer e.close()
	desk, err := newDesk(s.host(3), e.b.addr)
	if err != nil {
		return r, err
	}
	defer desk.close()
	if err := s.up(ctx, "platform"); err != nil {
		return r, err
	}
	phone, err := newPhone(s.host(2), netip.MustParseAddrPort(s.host(1)+":5060"))
	if err != nil {
		return r, err
	}
	defer phone.close()
	calls, err := phone.dialAll(ctx, n, 200, numberAnchored, e.a.addr, "sendrecv")
	if err != nil {
		return r, fmt.Errorf("set up %d calls through wissel: %w; it printed: %s", n, err, s.proc.printed())
	}
	var streams []stream
	for i, c := range calls {
		far, ok := desk.caller(i)
		if !ok || !far.IsValid() || !c.media.IsValid() {
			return r, fmt.Errorf("call %d is answered, but not by the desk", i)
		}
		streams = append(streams, stream{to: c.media, from: e.a, ssrc: uint32(2*i + 1)}, stream{to: far, from: e.b, ssrc: uint32(2*i + 2)})
	}
	if r, err = e.measure(ctx, s, streams, n, b.voice); err != nil {
		return r, err
	}
	return r, phone.hangUp(ctx)
}

// relayRTPEngine sets up calls at rtpengine over its ng protocol and measures their voice.
func (b *bench) relayRTPEngine(ctx context.Context, n int) (r relayed, err error) {
	s := &system{name: "rtpengine", net: b.network()}
	dir, err := b.folder("rtpengine")
	if err != nil {
		return r, err
	}
	if s.proc, err = start(dir, "rtpengine", "--foreground", "--log-stderr", "--log-level=3", "--table=-1", "--interface="+s.host(1),
		"--listen-ng="+s.host(1)+":2223", "--port-min=20000", "--port-max=29999"); err != nil {
		return r, err
	}
	defer s.stop()
	if err := listening(ctx, s.host(1), 2223); err != nil {
		return r, fmt.Errorf("%w; it printed: %s", err, s.proc.printed())
	}
	s.idle = s.memory()
	e, err := newEnds(s.host(2), s.host(3))
	if err != nil {
		return r, err
	}
	defer e.close()
	conn, err := new(net.Dialer).DialContext(ctx, "udp", s.host(1)+":2223")
	if err != nil {
		return r, fmt.Errorf("reach rtpengine: %w", err)
	}
	defer conn.Close() //nolint:errcheck // nothing is buffered
	var streams []stream
	for i := range n {
		callID := fmt.Sprintf("call-%d", i)
		far, err := ask(conn, fmt.Sprintf("%do", i), "offer", callID, "a", "", sessionDescription(e.a.addr, "sendrecv"))
		if err != nil {
			return r, err
		}
		near, err := ask(conn, fmt.Sprintf("%da", i), "answer", callID, "a", "b", sessionDescription(e.b.addr, "sendrecv"))
		if err != nil {
			return r, err
		}
		streams = append(streams, stream{to: near, from: e.a, ssrc: uint32(2*i + 1)}, stream{to: far, from: e.b, ssrc: uint32(2*i + 2)})
	}
	return e.measure(ctx, s, streams, n, b.voice)
}

// ask sends one command of the ng protocol (a cookie, and a bencoded dictionary with its keys in order) and gives the
// address in the session description of the answer.
func ask(conn net.Conn, cookie, command, callID, from, to, sdp string) (a netip.AddrPort, err error) {
	var d strings.Builder
	d.WriteString("d")
	for _, pair := range [][2]string{{"ICE", "remove"}, {"call-id", callID}, {"command", command}, {"from-tag", from}, {"sdp", sdp}, {"to-tag", to}} {
		if pair[1] != "" {
			fmt.Fprintf(&d, "%d:%s%d:%s", len(pair[0]), pair[0], len(pair[1]), pair[1])
		}
	}
	d.WriteString("e")
	if err := conn.SetDeadline(time.Now().Add(3 * time.Second)); err != nil {
		return a, fmt.Errorf("ask rtpengine: %w", err)
	}
	if _, err := conn.Write([]byte(cookie + " " + d.String())); err != nil {
		return a, fmt.Errorf("ask rtpengine: %w", err)
	}
	buf := make([]byte, 16<<10)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return a, fmt.Errorf("rtpengine's answer to %s: %w", command, err)
		}
		text, ours := strings.CutPrefix(string(buf[:n]), cookie+" ")
		if !ours {
			continue // an answer to an earlier question, again
		}
		if a = mediaOf(bencoded(text, "sdp")); !a.IsValid() {
			return a, errors.New("rtpengine answered: " + text)
		}
		return a, nil
	}
}

// bencoded gives the text that stands behind a key: "3:sdp12:v=0 …".
func bencoded(text, key string) string {
	_, rest, ok := strings.Cut(text, fmt.Sprintf("%d:%s", len(key), key))
	var n int
	if _, err := fmt.Sscanf(rest, "%d:", &n); !ok || err != nil {
		return ""
	}
	_, rest, _ = strings.Cut(rest, ":")
	return rest[:min(max(n, 0), len(rest))]
}
