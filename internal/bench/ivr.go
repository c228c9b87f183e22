//go:build linux

package main

import (
	"context"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"
)

// played is one measurement of voice that wissel plays.
type played struct {
	Calls        int
	Got, Wanted  int           // packets
	P50, P99, P3 time.Duration // between two packets of a stream; P3 is p99.9
	Most         time.Duration
	CPU          float64 // processors per 100 calls, by what a packet took
	PerCall      int64   // bytes
	Memory, Idle int64
	Deaf         int
}

// clean is what FIGURES calls so: 99.9 % of the gaps within 40 ms, and the rate held.
func (p played) clean() bool { return p.P3 <= 40*time.Millisecond && p.Got*1000 >= p.Wanted*995 }

// ivr measures how evenly wissel plays to more and more listeners.
func (b *bench) ivr(ctx context.Context) error {
	for _, n := range b.listeners {
		p, err := b.listen(ctx, n)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			b.say("%d listeners: %v", n, err)
			b.report.faults = append(b.report.faults, fmt.Sprintf("%d listeners: %v", n, err))
			continue
		}
		b.say("wissel plays to %4d: %d of %d packets (%d unread by the bench); between packets p50 %s p99 %s p99.9 %s most %s ms; CPU %s per 100 calls; memory %d MB (idle %d), %.1f KB a call",
			p.Calls, p.Got, p.Wanted, p.Deaf, ms(p.P50), ms(p.P99), ms(p.P3), ms(p.Most), number(p.CPU), p.Memory>>20, p.Idle>>20, float64(p.PerCall)/1024)
		b.report.played = append(b.report.played, p)
	}
	return nil
}

func (b *bench) listen(ctx context.Context, n int) (p played, err error) {
	s, err := b.wisselWith(ctx, wisselYAML+"\nprompts: DIR/prompts\nflows: DIR/tale.yaml\n", prompt)
	if err != nil {
		return p, err
	}
	defer s.stop()
	sock, err := open(s.host(2), 0)
	if err != nil {
		return p, err
	}
	defer sock.close()
	m := new(metronome)
	var since atomic.Int64
	sock.receive(func(d datagram) { m.hear(d, time.Duration(since.Load())) })
	phone, err := newPhone(s.host(2), netip.MustParseAddrPort(s.host(1)+":5060"))
	if err != nil {
		return p, err
	}
	defer phone.close()
	if _, err := phone.dialAll(ctx, n, 300, numberOutage, sock.addr, "recvonly"); err != nil {
		return p, fmt.Errorf("set up %d calls: %w; it printed: %s", n, err, s.proc.printed())
	}
	// One long prompt plays everywhere.
	if err := pause(ctx, 8*time.Second); err != nil {
		return p, err
	}
	deaf, cpu, began := sock.dropped(), s.cpu(), time.Now()
	since.Store(int64(now()))
	if err := pause(ctx, b.voice); err != nil {
		return p, err
	}
	took, used := time.Since(began), s.cpu()-cpu
	p = played{Calls: n, Memory: s.memory(), Idle: s.idle, Deaf: sock.dropped() - deaf}
	sock.close()
	p.Got, p.Wanted = m.got, int(took/frame)*n
	p.P50, p.P99, p.P3, p.Most = m.gaps.quantile(0.5), m.gaps.quantile(0.99), m.gaps.quantile(0.999), m.gaps.most
	p.CPU = used.Seconds() / float64(max(p.Got, 1)) * 100 * float64(time.Second/frame)
	p.PerCall = (p.Memory - p.Idle) / int64(n)
	return p, phone.hangUp(ctx)
}
