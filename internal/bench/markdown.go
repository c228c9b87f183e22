//go:build linux

package main

import (
	"fmt"
	"strings"
	"time"
)

// markdown is the whole report, with the raw output at its end.
func (r *report) markdown(raw string) string {
	var b strings.Builder
	b.WriteString("# Benchmarks\n\nWritten by `go run ./internal/bench` (`make bench`); do not edit it, run it again. wissel runs as it is shipped: probes, call\nrecords and metrics on. " +
		"Everything runs on one machine over loopback, the load generators on the same processors, so rates\nsay little by themselves: read the ratios. " +
		"xUAS is CPU of the system divided by CPU of sipp's answering side in the same trial.\nSystems take turns, and medians are given. " +
		"The load average below tells what else the machine did: above the count of its processors,\nlateness, retransmissions and failures are the machine's as much as the system's.\n\n```\n")
	fmt.Fprintf(&b, "command   go run ./internal/bench %s\n%s\ntook      %s\n```\n\n## Held against the goals\n\n", strings.Join(r.args, " "), r.machine, r.ended.Sub(r.began).Round(time.Second))
	for _, line := range r.ratios() {
		b.WriteString("- " + line + "\n")
	}
	b.WriteString("\nNot shown: it was not counted, or the machine was too busy for the figure to say anything of wissel.\n\n")
	var rows [][]string
	for _, g := range r.goals() {
		rows = append(rows, []string{g.what, g.want, number(g.got) + g.unit, g.verdict()})
	}
	table(&b, "what | to reach first | this run | verdict", rows)
	for _, f := range r.faults {
		b.WriteString("Not measured: " + f + "\n\n")
	}
	r.signallingTables(&b)
	r.failoverTable(&b)
	r.voiceTables(&b)
	r.startTables(&b)
	b.WriteString("## Raw output\n\n```\n" + raw + "```\n")
	return b.String()
}

// table writes a table; head has its columns with bars between. Without rows it writes nothing.
func table(b *strings.Builder, head string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	b.WriteString("| " + head + " |\n|" + strings.Repeat("---|", strings.Count(head, "|")+1) + "\n")
	for _, row := range rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	b.WriteString("\n")
}

func (r *report) signallingTables(b *strings.Builder) {
	var rows [][]string
	for _, m := range middles(r.trials) {
		rows = append(rows, []string{m.system, fmt.Sprint(m.rate), number(m.perCall), number(m.xUAS), number(m.p50), number(m.p99), number(m.added50),
			number(m.added99), fmt.Sprintf("%d of %d", m.failed, m.calls), fmt.Sprint(m.retransmitted), number(m.memory), number(m.growth)})
	}
	if len(rows) > 0 {
		b.WriteString("## Signalling\n\nINVITE, 100, 180, 200, ACK, 0.05 to 0.95 s, BYE, 200. Times to 180 are those of 50 calls a second beside the load, by the kernel's clock;\nadded is over sipp alone. Memory is the whole of the process tree, pages that are shared counted once.\n\n")
	}
	table(b, "system | calls/s | CPU ms per call | xUAS | to 180 p50 ms | p99 ms | added p50 | added p99 | failed | retransmitted | memory MB | MB over idle per call/s", rows)
	rows = nil
	for _, t := range r.steady {
		rows = append(rows, []string{t.System, fmt.Sprint(t.Rate), number(t.xUAS()), ms(quantile(t.Ring, 0.5)), ms(quantile(t.Ring, 0.99)),
			fmt.Sprintf("%d of %d", t.Failed, t.Calls), fmt.Sprint(t.Retransmitted), fmt.Sprint(t.Memory >> 20)})
	}
	if len(rows) > 0 {
		b.WriteString("For a minute:\n\n")
	}
	table(b, "system | calls/s | xUAS | to 180 p50 ms | p99 ms | failed | retransmitted | memory MB", rows)
	rows = nil
	for _, g := range r.greatest {
		dirty := "-"
		if g.Dirty > 0 {
			dirty = fmt.Sprint(g.Dirty)
		}
		rows = append(rows, []string{g.System, fmt.Sprint(g.Rate), dirty, fmt.Sprint(g.Confirms)})
	}
	if len(rows) > 0 {
		b.WriteString("Greatest clean rate (no call failed, under 1 % retransmitted, rate held), by bisection in runs of 3 s:\n\n")
	}
	table(b, "system | clean at calls/s | not clean at | runs at each rate", rows)
}

func (r *report) failoverTable(b *strings.Builder) {
	var rows [][]string
	for _, m := range r.moved {
		tried, until := "not counted", "not counted"
		if m.Tried >= 0 {
			tried, until = fmt.Sprint(m.Tried), ms(m.Until)
		}
		rows = append(rows, []string{m.System, m.Death, fmt.Sprint(m.Calls), fmt.Sprint(m.Delayed), ms(m.P50), ms(m.Most), tried, until, fmt.Sprint(m.Lost), fmt.Sprint(m.Ringing)})
	}
	if len(rows) > 0 {
		b.WriteString("## Failover of new calls\n\nThe primary dies a third of the way: killed (its port is closed) or stopped (silent). Delayed: rang 100 ms or more later than before.\nTried it: INVITEs to the dead one seen on the wire. Left ringing: calls that the primary had answered with 180 when it died.\nsipp's clock ticks in 4 ms. Sample and tuned are Kamailio with fr_timer 2 s, ping 60 s, and 0.5 s, 1 s, marked on the first failure.\n\n")
	}
	table(b, "system | death | calls | delayed | delay p50 ms | max ms | tried it once dead | until none did ms | lost | left ringing", rows)
}

func (r *report) voiceTables(b *strings.Builder) {
	var rows [][]string
	for _, v := range r.relayed {
		rows = append(rows, []string{fmt.Sprint(v.Calls), v.System, fmt.Sprintf("%d of %d", v.Sent, v.Wanted), fmt.Sprint(v.Lost), fmt.Sprint(v.Deaf), ms(v.P50), ms(v.P99), number(v.CPU),
			number(float64(v.Memory-v.Idle) / 1024 / float64(v.Calls))})
	}
	if len(rows) > 0 {
		b.WriteString("## Relay\n\nTwo-way calls, A-law 20 ms; from the sender's clock just before the packet leaves until the kernel has it at the far end. rtpengine relays in userspace\nand is driven over its ng protocol; wissel's calls are set up over SIP. Where fewer were sent than wanted, the bench itself lacked processor.\n\n")
	}
	table(b, "calls | system | sent | lost | of these unread by the bench | relay p50 ms | p99 ms | processors per 100 calls | KB per call over idle", rows)
	rows = nil
	for _, p := range r.played {
		clean := "yes"
		if !p.clean() {
			clean = "no"
		}
		rows = append(rows, []string{fmt.Sprint(p.Calls), fmt.Sprintf("%d of %d", p.Got, p.Wanted), ms(p.P50), ms(p.P99), ms(p.P3), ms(p.Most), clean, number(p.CPU),
			number(float64(p.PerCall) / 1024)})
	}
	if len(rows) > 0 {
		b.WriteString("## Playout\n\nCallers who hear one long prompt; the time between two packets of a stream, by the kernel's clock. Clean: p99.9 within 40 ms, rate held.\n\n")
	}
	table(b, "listeners | packets | p50 ms | p99 ms | p99.9 ms | max ms | clean | processors per 100 calls | KB per call over idle", rows)
}

func (r *report) startTables(b *strings.Builder) {
	var rows [][]string
	for _, l := range r.loaded {
		rows = append(rows, []string{fmt.Sprint(l.Numbers), ms(l.Load), fmt.Sprint(l.Look.Nanoseconds())})
	}
	if len(rows)+len(r.starts) > 0 {
		b.WriteString("## Numbers and start\n\nThe same without the rest of the bench: `go test -run - -bench 'Load|Lookup|Route' ./configs ./internal/plan`.\n\n")
	}
	table(b, "numbers | load ms | ns for one look-up", rows)
	if len(r.starts) > 0 {
		fmt.Fprintf(b, "From the start of `wissel serve` with 1,000 numbers to the first answered call: median %s ms, longest %s ms of %d.\n\n",
			ms(quantile(r.starts, 0.5)), ms(quantile(r.starts, 1)), len(r.starts))
	}
}
