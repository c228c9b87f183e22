//go:build linux

package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// report is what a run found.
type report struct {
	began, ended time.Time
	args         []string
	machine      string
	faults       []string
	trials       []trial
	steady       []trial
	greatest     []greatest
	moved        []moved
	relayed      []relayed
	played       []played
	loaded       []loaded
	starts       []time.Duration
}

// middle are the medians of a system's trials at one rate.
type middle struct {
	system                           string
	rate                             int
	perCall, xUAS, p50, p99, added50 float64 // milliseconds, but for xUAS
	added99                          float64
	base99                           float64 // of sipp alone
	memory                           float64 // MB
	growth                           float64 // MB over idle, per call a second
	failed, retransmitted, calls     int
}

// middles gives the medians, and what each adds to the set-up time over sipp alone in the same run.
func middles(trials []trial) (all []middle) {
	for _, t := range trials {
		if slices.ContainsFunc(all, func(m middle) bool { return m.system == t.System && m.rate == t.Rate }) {
			continue
		}
		m := middle{system: t.System, rate: t.Rate}
		var perCall, xUAS, p50, p99, memory, growth []float64
		for _, u := range trials {
			if u.System != t.System || u.Rate != t.Rate {
				continue
			}
			perCall, xUAS = append(perCall, u.perCall()), append(xUAS, u.xUAS())
			p50, p99 = append(p50, inMS(quantile(u.Ring, 0.5))), append(p99, inMS(quantile(u.Ring, 0.99)))
			memory = append(memory, float64(u.Memory)/(1<<20))
			growth = append(growth, float64(u.Memory-u.Idle)/(1<<20)/float64(u.Rate))
			m.failed, m.retransmitted, m.calls = m.failed+u.Failed, m.retransmitted+u.Retransmitted, m.calls+u.Calls
		}
		m.perCall, m.xUAS, m.p50, m.p99 = median(perCall), median(xUAS), median(p50), median(p99)
		m.memory, m.growth = median(memory), median(growth)
		m.added50, m.added99 = math.NaN(), math.NaN()
		all = append(all, m)
	}
	for i := range all {
		for _, base := range all {
			if base.rate == all[i].rate && strings.HasPrefix(base.system, "sipp") && base.system != all[i].system {
				all[i].added50, all[i].added99, all[i].base99 = all[i].p50-base.p50, all[i].p99-base.p99, base.p99
			}
		}
	}
	slices.SortStableFunc(all, func(a, b middle) int { return a.rate - b.rate })
	return all
}

func inMS(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// goal is one line of FIGURES held against this run.
type goal struct {
	what, want string
	got        float64
	most       float64 // got is to be at most this; at least, when atLeast
	atLeast    bool
	unit       string
}

func (g goal) reached() bool {
	if g.atLeast {
		return g.got >= g.most
	}
	return g.got <= g.most
}

func (g goal) verdict() string {
	switch {
	case math.IsNaN(g.got):
		return "not shown"
	case g.reached():
		return "reached"
	default:
		return "**not reached**"
	}
}

// goals holds the run against the figures to reach first.
func (r *report) goals() (all []goal) {
	add := func(what, want string, got, limit float64, unit string) {
		all = append(all, goal{what: what, want: want, got: got, most: limit, unit: unit})
	}
	for _, m := range middles(r.trials) {
		if m.system != "wissel" {
			continue
		}
		at := fmt.Sprintf(" at %d calls a second", m.rate)
		add("CPU per call"+at, "1.7 xUAS", m.xUAS, 1.7, " xUAS")
		add("added to the time to 180, p50"+at, "0.5 ms", m.added50, 0.5, " ms")
		if m.base99 > 3 { // sipp alone is later than that: it is the machine that is late
			m.added99 = math.NaN()
		}
		add("added to the time to 180, p99"+at, "3 ms", m.added99, 3, " ms")
		add("failed calls"+at, "0", float64(m.failed), 0, "")
		if m.rate <= 1000 {
			add("memory"+at, "100 MB", m.memory, 100, " MB")
		}
	}
	for _, g := range r.greatest {
		if g.System == "wissel" {
			all = append(all, goal{"greatest clean rate", "3000 calls a second", float64(g.Rate), 3000, true, " calls a second"})
		}
	}
	for _, m := range r.moved {
		if m.System != "wissel" {
			continue
		}
		per := 1000 / float64(max(m.Calls, 1))
		if m.Death == "silent" {
			add("failover, silent: calls delayed", "50 of 1000", float64(m.Delayed)*per, 50, " of 1000")
			add("failover, silent: delay p50", "500 ms", inMS(m.P50), 500, " ms")
			add("failover, silent: longest delay", "600 ms", inMS(m.Most), 600, " ms")
			add("failover, silent: until no new call tries it", "500 ms", m.untilMS(), 500, " ms")
		} else {
			add("failover, closed port: calls that tried it", "3 of 1000", m.tried()*per, 3, " of 1000")
			add("failover, closed port: until no new call tries it", "20 ms", m.untilMS(), 20, " ms")
		}
		add("failover, "+m.Death+": calls lost", "0", float64(m.Lost), 0, "")
	}
	for _, v := range r.relayed {
		if v.System == "wissel" {
			at := fmt.Sprintf("relay of %d calls: ", v.Calls)
			add(at+"relay time p99", "3 ms", inMS(v.P99), 3, " ms")
			add(at+"packets lost", "0", float64(v.Lost-v.Deaf), 0, "")
		}
	}
	for _, p := range r.played {
		at := fmt.Sprintf(" for %d listeners", p.Calls)
		all = append(all, goal{"playout, packets of those due" + at, "99.5 %", 100 * float64(p.Got) / float64(max(p.Wanted, 1)), 99.5, true, " %"})
		add("playout, p99.9 between packets"+at, "25 ms", inMS(p.P3), 25, " ms")
		if p.Calls >= 1000 { // below that, the fixed cost is most of it
			add("playout, processors per 100 calls"+at, "0.03", p.CPU, 0.03, "")
			add("playout, memory per call"+at, "20 KB", float64(p.PerCall)/1024, 20, " KB")
		}
	}
	for _, l := range r.loaded {
		if l.Numbers >= 100_000 {
			add(fmt.Sprintf("loading %d numbers", l.Numbers), "2000 ms", inMS(l.Load), 2000, " ms")
		}
	}
	if len(r.starts) > 0 {
		add("start to the first answered call, 1,000 numbers, median", "300 ms", inMS(quantile(r.starts, 0.5)), 300, " ms")
	}
	return all
}

func (m moved) tried() float64 {
	if m.Tried < 0 {
		return math.NaN()
	}
	return float64(m.Tried)
}

func (m moved) untilMS() float64 {
	if m.Tried < 0 {
		return math.NaN()
	}
	return inMS(m.Until)
}

// ratios compares wissel with its peers in this run: below 1 wissel takes less.
func (r *report) ratios() (lines []string) {
	all := middles(r.trials)
	for _, w := range all {
		for _, k := range all {
			if w.system == "wissel" && k.system == "Kamailio" && w.rate == k.rate {
				lines = append(lines, fmt.Sprintf("CPU per call at %d calls a second: wissel / Kamailio = %s (in xUAS: %s / %s)", w.rate, number(w.xUAS/k.xUAS), number(w.xUAS), number(k.xUAS)))
			}
		}
	}
	for _, w := range r.greatest {
		for _, k := range r.greatest {
			if w.System == "wissel" && k.System == "Kamailio" && k.Rate > 0 {
				lines = append(lines, fmt.Sprintf("greatest clean rate: wissel / Kamailio = %s (%d / %d calls a second)", number(float64(w.Rate)/float64(k.Rate)), w.Rate, k.Rate))
			}
		}
	}
	for _, w := range r.relayed {
		for _, k := range r.relayed {
			if w.System == "wissel" && k.System == "rtpengine" && w.Calls == k.Calls {
				lines = append(lines, fmt.Sprintf("CPU of %d relayed calls: wissel / rtpengine = %s (%s / %s processors per 100 calls)", w.Calls, number(w.CPU/k.CPU), number(w.CPU), number(k.CPU)))
			}
		}
	}
	return lines
}

// summary is the short form, for a terminal.
func (r *report) summary() string {
	var b strings.Builder
	for _, line := range r.ratios() {
		b.WriteString(line + "\n")
	}
	for _, g := range r.goals() {
		fmt.Fprintf(&b, "%-12s %s: %s%s, to reach %s\n", strings.Trim(g.verdict(), "*"), g.what, number(g.got), g.unit, g.want)
	}
	return b.String()
}
