//go:build linux

package main

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// trial is one run of calls through one system.
type trial struct {
	System        string
	Rate          int // calls a second wanted
	Calls         int
	Failed        int
	Retransmitted int // by both ends
	Elapsed       time.Duration
	Wanted        time.Duration
	Ring          []time.Duration // INVITE to 180, in order of size
	CPU, UAS      time.Duration
	Memory, Idle  int64 // bytes, at the end of the calls and before the first
}

func (t trial) xUAS() float64 { return ratio(t.CPU, t.UAS) }

// perCall is CPU of the system for one call, in milliseconds.
func (t trial) perCall() float64 {
	return float64(t.CPU) / float64(time.Millisecond) / float64(max(t.Calls, 1))
}

// clean says that no call failed, less than one in a hundred messages' worth of calls was retransmitted, and the rate was
// held: the calls last up to 0.95 s after the last one began.
func (t trial) clean() bool {
	return t.Failed == 0 && t.Retransmitted*100 < t.Calls && t.Elapsed < t.Wanted*105/100+1200*time.Millisecond
}

// opener starts a system.
type opener func(context.Context) (*system, error)

// openers start the systems that take turns under the same calls.
func (b *bench) openers() []opener {
	return []opener{b.direct, func(ctx context.Context) (*system, error) { return b.kamailio(ctx, "Kamailio", "FR_TIMER=5000") }, b.wisselServer}
}

// trial starts a system and runs calls through it. Each trial has a system of its own: what an overload taught one about
// its platform, or how much memory it made one take, is no part of the next.
func (b *bench) trial(ctx context.Context, open opener, rate int, length time.Duration) (t trial, err error) {
	s, err := open(ctx)
	if err != nil {
		return t, err
	}
	defer s.stop()
	t = trial{System: s.name, Rate: rate, Wanted: length, Idle: s.idle}
	uas, err := b.answers(ctx, s, 3)
	if err != nil {
		return t, err
	}
	defer uas.stop(time.Second)
	if err := s.up(ctx, "platform"); err != nil {
		return t, err
	}
	cpu, uasCPU := s.cpu(), uas.cpu()
	uac, err := b.calls(s, rate, int(float64(rate)*length.Seconds()))
	if err != nil {
		return t, err
	}
	defer uac.stop(time.Second)
	if t.Ring, err = b.probe(ctx, s, length); err != nil {
		return t, err
	}
	late := uac.wait(ctx, 8*time.Second)
	t.CPU, t.UAS, t.Memory = s.cpu()-cpu, uas.cpu()-uasCPU, s.memory()
	if ctx.Err() != nil {
		return t, ctx.Err()
	}
	uas.stop(2 * time.Second)
	uac.stop(2 * time.Second)
	if err := t.read(uac, uas); err != nil {
		return t, err
	}
	if late != nil { // calls that hang are calls that failed
		t.Failed = max(t.Failed, 1)
	}
	return t, nil
}

// read fills in what the two sides counted.
func (t *trial) read(uac, uas *process) error {
	for _, p := range []*process{uac, uas} {
		text, err := sippFile(p.dir, "ua[cs]_[0-9]*_.csv")
		if err != nil {
			return fmt.Errorf("%w; it printed: %s", err, p.printed())
		}
		c, err := parseCounts(text)
		if err != nil {
			return err
		}
		t.Retransmitted += c.Retransmitted
		if p == uac {
			t.Calls, t.Failed, t.Elapsed = c.Created, c.Created-c.Good, c.Elapsed
		}
	}
	return nil
}

// probes is how many calls a second measure the set-up time beside sipp's: its own clock ticks in 4 ms, ours is the
// kernel's.
const probes = 50

// probe places calls beside the load for a while and gives the times from INVITE to 180, in order of size. A call that
// got none counts as lasting to the end.
func (b *bench) probe(ctx context.Context, s *system, length time.Duration) (times []time.Duration, err error) {
	p, err := newPhone(s.host(5), netip.MustParseAddrPort(s.target()+":5060"))
	if err != nil {
		return nil, err
	}
	defer p.close()
	tick := time.NewTicker(time.Second / probes)
	defer tick.Stop()
	for i := range int(length.Seconds() * probes) {
		select {
		case <-tick.C:
			p.dial(i, numberDirect, netip.AddrPortFrom(p.sock.addr.Addr(), 6000), "sendrecv")
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if err := pause(ctx, 200*time.Millisecond); err != nil {
		return nil, err
	}
	end := now()
	p.each(func(d *dialled) {
		if d.rang == 0 {
			d.rang = end
		}
		times = append(times, d.rang-d.sent)
	})
	slices.Sort(times)
	return times, p.hangUp(ctx)
}

// signalling measures CPU per call and set-up time, systems taking turns.
func (b *bench) signalling(ctx context.Context) error {
	all := b.openers()
	for round := range b.rounds {
		for _, rate := range b.rates {
			for i := range all {
				t, err := b.trial(ctx, all[(i+round)%len(all)], rate, b.length) // none is always the first
				if err != nil {
					return fmt.Errorf("%s at %d calls a second: %w", t.System, rate, err)
				}
				b.sayTrial(t)
				b.report.trials = append(b.report.trials, t)
			}
		}
	}
	if !b.long {
		return nil
	}
	for _, open := range all {
		t, err := b.trial(ctx, open, b.steady, time.Minute)
		if err != nil {
			return fmt.Errorf("%s for a minute: %w", t.System, err)
		}
		b.sayTrial(t)
		b.report.steady = append(b.report.steady, t)
	}
	return nil
}

func (b *bench) sayTrial(t trial) {
	b.say("%-13s %5d/s: %6d calls in %5.2fs, failed %d, retransmitted %d; CPU %s ms a call (%s xUAS); to 180 p50 %s p99 %s ms; memory %d MB (idle %d)",
		t.System, t.Rate, t.Calls, t.Elapsed.Seconds(), t.Failed, t.Retransmitted, number(t.perCall()), number(t.xUAS()),
		ms(quantile(t.Ring, 0.5)), ms(quantile(t.Ring, 0.99)), t.Memory>>20, t.Idle>>20)
}

// greatest finds the greatest rate that each system carries cleanly, by bisection.
func (b *bench) greatest(ctx context.Context) error {
	for _, open := range b.openers() {
		g, err := b.bisect(ctx, open)
		if err != nil {
			return fmt.Errorf("greatest rate of %s: %w", g.System, err)
		}
		b.say("%s: clean up to %d calls a second", g.System, g.Rate)
		b.report.greatest = append(b.report.greatest, g)
	}
	return nil
}

// greatest is the greatest clean rate of a system.
type greatest struct {
	System   string
	Rate     int // calls a second; 0: none was clean
	Dirty    int // the lowest rate that was not clean; 0: the top was
	Confirms int
}

func (b *bench) bisect(ctx context.Context, open opener) (g greatest, err error) {
	const step = 250
	low, high := 0, b.top/step+1 // in steps: low is clean, high is not
	confirms := 1
	if b.long {
		confirms = 3
	}
	try := func(rate int) (bool, error) {
		t, err := b.trial(ctx, open, rate, 3*time.Second)
		if err != nil {
			return false, err
		}
		g.System = t.System
		b.sayTrial(t)
		return t.clean(), nil
	}
	for high-low > 1 {
		middle := (low + high) / 2
		clean := true
		for i := 0; clean && i < confirms; i++ {
			ok, err := try(middle * step)
			if err != nil {
				return g, err
			}
			clean = ok
		}
		if clean {
			low = middle
		} else {
			high = middle
		}
	}
	g.Rate, g.Confirms = low*step, confirms
	if high*step <= b.top {
		g.Dirty = high * step
	}
	return g, nil
}
