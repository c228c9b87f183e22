//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/internal/plan"
)

// loaded is what many numbers cost.
type loaded struct {
	Numbers int
	Load    time.Duration // from the file's bytes to a checked routing
	Look    time.Duration // of one call
}

// manyNumbers is wissel.yaml with a group of n more numbers.
func manyNumbers(text string, n int) string {
	var b strings.Builder
	b.WriteString(text)
	b.WriteString("  many:\n    media: direct\n    plans: {normaal: [platform, reserve, \"flow:storing\"]}\n    active: normaal\n    numbers:\n")
	for i := range n {
		fmt.Fprintf(&b, "      - \"+3110%07d\"\n", 2_000_000+i)
	}
	return b.String()
}

// numbers measures loading and looking up, among few numbers and among many.
func (b *bench) numbers(context.Context) error {
	for _, n := range []int{100, 100_000} {
		text := []byte(manyNumbers(strings.NewReplacer("NET", "127.61.1", "DIR", b.dir).Replace(wisselYAML), n))
		var loads []time.Duration
		var file *configs.File
		for range 3 {
			began := time.Now()
			var err error
			if file, err = configs.Parse("wissel.yaml", text, configs.Options{}); err != nil {
				return fmt.Errorf("load %d numbers: %w", n, err)
			}
			loads = append(loads, time.Since(began))
		}
		slices.Sort(loads)
		l := loaded{Numbers: n, Load: quantile(loads, 0.5)}
		trunks := map[wissel.TrunkID]*wissel.Trunk{}
		for id, set := range file.Trunks {
			trunks[id] = set.Trunk(id, nil, nil)
		}
		snapshot := file.Snapshot(trunks)
		const looks = 200_000
		began := time.Now()
		for i := range looks {
			number := wissel.Number(fmt.Sprintf("+3110%07d", 2_000_000+i%n))
			if d := plan.Route(snapshot, plan.Request{To: number, Now: began}); d.Refuse == 404 {
				return fmt.Errorf("number %s is not found among %d", number, n)
			}
		}
		l.Look = time.Since(began) / looks
		b.say("%6d numbers: loaded in %s ms (median of 3), a look-up takes %d ns (making the number included)", l.Numbers, ms(l.Load), l.Look.Nanoseconds())
		b.report.loaded = append(b.report.loaded, l)
	}
	return nil
}

// starts measures from the start of `wissel serve` with 1,000 numbers to its first answered call.
func (b *bench) starts(ctx context.Context) error {
	var all []time.Duration
	for range 5 {
		took, err := b.firstAnswer(ctx)
		if err != nil {
			return err
		}
		all = append(all, took)
		b.say("from start to the first answered call, 1,000 numbers: %s ms", ms(took))
	}
	slices.Sort(all)
	b.report.starts = all
	return nil
}

func (b *bench) firstAnswer(ctx context.Context) (took time.Duration, err error) {
	s := &system{name: "wissel", net: b.network()}
	dir, err := b.folder("start")
	if err != nil {
		return 0, err
	}
	file, err := write(dir, "wissel.yaml", manyNumbers(wisselYAML, 1000), "NET", s.net, "DIR", dir)
	if err != nil {
		return 0, err
	}
	voice, err := open(s.host(3), 0)
	if err != nil {
		return 0, err
	}
	defer voice.close()
	desk, err := newDesk(s.host(3), voice.addr)
	if err != nil {
		return 0, err
	}
	defer desk.close()
	phone, err := newPhone(s.host(2), netip.MustParseAddrPort(s.host(1)+":5060"))
	if err != nil {
		return 0, err
	}
	defer phone.close()
	began := now()
	if s.proc, err = start(dir, b.wissel, "serve", "--settings", file, "--log", "error"); err != nil {
		return 0, err
	}
	defer s.stop()
	d := phone.dial(0, numberDirect, voice.addr, "sendrecv")
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		status, at := 0, time.Duration(0)
		phone.each(func(d *dialled) { status, at = d.status, d.answered })
		if status == 200 {
			return at - began, phone.hangUp(ctx)
		}
		if status != 0 {
			return 0, fmt.Errorf("the first call was refused with %d", status)
		}
		phone.sock.send(phone.to, d.invite) // nobody may have been there for the last one
		if err := pause(ctx, 2*time.Millisecond); err != nil {
			return 0, err
		}
	}
	return 0, errors.New("no call was answered in 10 s; it printed: " + s.proc.printed())
}
