package configs

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"wissel"
	"wissel/carriers"
)

// Seen is what was found of a trunk outside the file, for a check that may look: configs itself opens no socket.
type Seen struct {
	Addresses    []netip.Addr
	Certificates []string // issuer and name of each, as "R11 for sbc.example"
	Trouble      []string // what could not be looked up, and why
}

// slowest is how long it may take until a silent address counts as down, before check warns: each call until then meets it.
const slowest = 10 * time.Second

// The prefixes that commonly are one network, with one way in.
const (
	near4 = 24
	near6 = 48
)

// diversity warns of what fails together and of what is noticed late. It looks at sound settings only.
func (l *loader) diversity() {
	if slices.ContainsFunc(l.report.found, func(p Located) bool { return !p.Warning }) {
		return
	}
	pairs := map[[2]wissel.TrunkID]*pair{}
	var order []*pair
	used, doubted := map[wissel.TrunkID]bool{}, map[wissel.TrunkID]bool{}
	for _, group := range names(l.out.Groups) {
		g := l.out.Groups[wissel.GroupID(group)]
		for _, plan := range names(g.Plans) {
			p := g.Plans[wissel.PlanID(plan)]
			for i, t := range p.Targets {
				if t.Trunk == "" {
					continue
				}
				used[t.Trunk] = true
				if why := l.unproven(t.Trunk, p.Fresh); i > 0 && why != "" && !doubted[t.Trunk] {
					doubted[t.Trunk] = true
					l.doc.warn(l.placeOf(group, plan, i), "%s", why)
				}
				for _, before := range p.Targets[:i] {
					if before.Trunk == "" {
						continue
					}
					key := [2]wissel.TrunkID{before.Trunk, t.Trunk}
					if one := pairs[key]; one != nil {
						one.more++
						continue
					}
					pairs[key] = &pair{at: l.placeOf(group, plan, i), a: before.Trunk, b: t.Trunk}
					order = append(order, pairs[key])
				}
			}
		}
	}
	for _, one := range order {
		l.together(one)
	}
	for _, id := range names(used) {
		l.late(id)
		for _, why := range l.o.Seen[wissel.TrunkID(id)].Trouble {
			l.doc.warn("trunks."+id+".to", "%s", why)
		}
	}
}

// placeOf is the key path of a target: a plan may be a list, or keys with a list among them.
func (l *loader) placeOf(group, plan string, i int) string {
	at := "groups." + group + ".plans." + plan
	if n := l.doc.root.get("groups").get(group).get("plans").get(plan); n != nil && n.kind == mapping {
		at += ".targets"
	}
	return at + "[" + strconv.Itoa(i) + "]"
}

// pair is two targets of one plan, at the place of the second.
type pair struct {
	at   string
	a, b wissel.TrunkID
	more int // plans beside this one that have them too
}

// together warns when what takes one of two targets away may well take the other too.
func (l *loader) together(p *pair) {
	shared := inCommon(l.out.Trunks[p.a], l.out.Trunks[p.b], l.o.Seen[p.a], l.o.Seen[p.b])
	if len(shared) == 0 {
		return
	}
	also := ""
	switch {
	case p.more == 1:
		also = " (in one more plan too)"
	case p.more > 1:
		also = fmt.Sprintf(" (in %d more plans too)", p.more)
	}
	l.doc.warn(p.at, "%s is to help when %s fails, and both %s%s: one fault can take both; put a target of another carrier, network and machine between or behind them",
		p.b, p.a, strings.Join(shared, ", and both "), also)
}

// inCommon says what two trunks share, each as what stands behind "both".
func inCommon(a, b carriers.Settings, seenA, seenB Seen) (shared []string) {
	hosts := hostsOf(b)
	for _, host := range hostsOf(a) {
		if slices.Contains(hosts, host) {
			shared = append(shared, "go to "+host)
		}
	}
	if a.Family != "" && a.Family == b.Family {
		shared = append(shared, "are of family "+a.Family)
	}
	nets := networksOf(b, seenB)
	for _, n := range networksOf(a, seenA) {
		if slices.Contains(nets, n) {
			shared = append(shared, "are in "+n.String())
		}
	}
	for _, c := range seenA.Certificates {
		if slices.Contains(seenB.Certificates, c) {
			shared = append(shared, "show a certificate of "+c)
		}
	}
	return shared
}

// hostsOf lists the names behind a trunk's URIs: the names of SRV records, or of hosts.
func hostsOf(s carriers.Settings) (hosts []string) {
	for _, uri := range s.To {
		host, _, _ := strings.Cut(strings.TrimPrefix(carriers.Canonical(uri), "sip:"), ";")
		if _, literal := carriers.Literal(uri); literal {
			continue // its network says more
		}
		host, _, _ = strings.Cut(host, ":")
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// networksOf lists the networks of a trunk's addresses. Those on this machine are somebody's rehearsal.
func networksOf(s carriers.Settings, seen Seen) (nets []netip.Prefix) {
	add := func(a netip.Addr) {
		bits := near6
		if a = a.Unmap(); a.Is4() {
			bits = near4
		}
		if p, err := a.Prefix(bits); err == nil && !a.IsLoopback() && !slices.Contains(nets, p) {
			nets = append(nets, p)
		}
	}
	for _, uri := range s.To {
		if a, ok := carriers.Literal(uri); ok {
			add(a.AddrPort.Addr())
		}
	}
	for _, a := range seen.Addresses {
		add(a)
	}
	return nets
}

// late warns of thresholds by which a trunk that is gone is found out late.
func (l *loader) late(id string) {
	s := l.out.Trunks[wissel.TrunkID(id)]
	at := "trunks." + id
	if t := s.Timers.Patience; t > slowest {
		l.doc.warn(at+".timers.patience", "a call waits so long for an address that answers nothing before it goes on, and so does its caller: %v is more than %v; 2s is usual", t, slowest)
	}
	if t := s.Timers.Progress; t > slowest {
		l.doc.warn(at+".timers.progress", "a call that gets 100 Trying and no more waits so long before it goes on, and so does its caller: %v is more than %v; 4s is usual", t, slowest)
	}
	if p := s.Probe; !p.Off {
		if worst := untilDown(p, l.out.Health.Fall); worst > slowest {
			usual := carriers.DefaultSettings(s.Role).Probe
			l.doc.warn(at+".probe", "with every %v, fast %v, timeout %v, jitter %v and health.fall %d, a silent address counts as down only after up to %v, and calls meet it until then; every %v, fast %v, timeout %v and fall 3 take %v",
				p.Every, p.Fast, p.Timeout, p.Jitter, l.out.Health.Fall, worst.Round(100*time.Millisecond), usual.Every, usual.Fast, usual.Timeout, untilDown(usual, 3).Round(100*time.Millisecond))
		}
	}
}

// untilDown is the longest that an address, silent from the moment it answered a probe, stays away from Down when no call
// finds it out: an interval, the first lost probe, then one after the other, each sent when the last was due or lost,
// whichever is later.
func untilDown(p wissel.Probe, fall int) time.Duration {
	stretch := func(d time.Duration) time.Duration { return time.Duration(float64(d) * (1 + p.Jitter)) }
	fast := stretch(p.Fast)
	return stretch(p.Every) + p.Timeout + fast + time.Duration(fall-2)*max(fast, p.Timeout) + p.Timeout
}

// unproven says why a backup cannot be relied on: no call ever proved it (wissel.Proof), or none of late enough for its
// plan. It is empty when it can, and when nobody looked.
func (l *loader) unproven(id wissel.TrunkID, fresh time.Duration) string {
	if l.o.Proofs == nil {
		return ""
	}
	proof, ok := l.o.Proofs[id]
	if ok && (fresh == 0 || l.o.Now().Sub(proof.At) <= fresh) {
		return ""
	}
	todo := fmt.Sprintf("`wissel carriers test %s` shows it now", id)
	if t := l.out.Trunks[id].Test; t.Number == "" {
		todo = fmt.Sprintf("give trunks.%s.test a number, and an every", id)
	} else if t.Every == 0 {
		todo += fmt.Sprintf(", and every under trunks.%s.test does so by itself", id)
	}
	if !ok {
		return fmt.Sprintf("no call over %s is known that was answered and heard both ways, so nobody knows whether this backup works; %s", id, todo)
	}
	return fmt.Sprintf("the last call that proved %s was at %s, longer ago than the plan's fresh (%v), so it is not switched to by itself; %s",
		id, proof.At.Format("2006-01-02 15:04"), fresh, todo)
}
