// Package simtest runs the whole of wissel, as internal/app wires it, against the parties of package sim, in a bubble of
// testing/synctest: virtual time, a network in memory, a ladder of every SIP datagram. Tests alone import it.
package simtest

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel"
	"wissel/internal/virtual"
	"wissel/sip/sim"
)

// Number is the support number that scenes ring unless they name another.
const Number = "+31201234567"

// settle is longer than anything a dialog leaves behind: 64*T1, twice.
const settle = 70 * time.Second

var wisselAt = netip.MustParseAddrPort("192.0.2.1:5060")

// Net is one scene: wissel and the named parties around it. Trunks and phones are named first; the first call (or Start)
// starts wissel with the settings that follow from them.
type Net struct {
	T   *testing.T // of this bubble
	Sim *sim.Net
	Env map[string]string // the environment that the settings see
	// Shards of wissel's; 0: one, so that a ladder comes out the same each time.
	Shards int
	// Quiet leaves out of wissel's log what is no warning: a scene may have calls by the thousand.
	Quiet bool
	// Log gets wissel's log too, all of it; nil: nobody does.
	Log io.Writer
	// Fate decides about each SIP datagram of the scene, beside the one that Lossy loses; nil: all arrive.
	Fate func(sim.Datagram) sim.Fate
	// Voice decides about each RTP datagram; nil: all arrive. It is called with the network locked.
	Voice func(sim.Datagram) sim.Fate

	ctx     context.Context
	lose    string // the datagram that is lost this time; "": none
	lossy   bool
	started bool
	t0      time.Time

	names   map[netip.AddrPort]string
	parties []*party
	group   sync.WaitGroup
	wissel  *instance
	stop    context.CancelFunc

	media  wissel.Media
	plan   []string
	trunks string // more trunks, as the settings write them
	others string // more plans, as the settings write them
	number string
	extra  string // more settings, YAML at the top level

	mu      sync.Mutex
	lines   []line
	seen    map[string]int
	probes  map[string]time.Time // when wissel last sent OPTIONS to a party
	invites map[string]time.Time // when wissel last sent INVITE to a party
	shown   map[string]bool      // Call-IDs of OPTIONS that belong into the ladder
	outcome string
}

type party struct {
	*sim.Party
	role  wissel.Role
	extra string // more settings of its trunk: "limits: {calls: 1}"
	asks  bool   // it can hear OPTIONS
}

// Run plays a scene in a bubble of its own. When the scene asked for Lossy, it is played again for each SIP datagram of
// the first time, with that datagram lost, and must come to the same outcome. Each time ends with the common ledger: no
// party complains of a broken rule, and no leg is left alive.
func Run(t *testing.T, f func(n *Net)) {
	t.Helper()
	first := play(t, "", f)
	if !first.lossy || t.Failed() {
		return
	}
	for _, l := range first.lines {
		t.Run("lost "+l.key, func(t *testing.T) {
			n := play(t, l.key, f)
			if n.outcome != first.outcome {
				t.Errorf("outcome:\n%swithout the loss:\n%sladder:\n%s", n.outcome, first.outcome, n.text())
			}
		})
	}
}

func play(t *testing.T, lose string, f func(n *Net)) *Net {
	t.Helper()
	n := &Net{
		Sim: sim.NewNet(), lose: lose, names: map[netip.AddrPort]string{wisselAt: "wissel"}, seen: map[string]int{},
		probes: map[string]time.Time{}, invites: map[string]time.Time{}, shown: map[string]bool{},
		media: wissel.Anchored, number: Number,
	}
	n.Sim.Rule = n.rule
	virtual.Time(t, func(t *testing.T) {
		n.T = t
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n.ctx, n.stop = ctx, cancel
		f(n)
		n.close()
	})
	return n
}

// close lets the scene settle, reads the ledgers and ends everything.
func (n *Net) close() {
	n.Start()
	<-time.After(settle)
	n.outcome = n.Outcome()
	for _, p := range n.parties {
		l := p.Ledger()
		for _, c := range l.Complaints {
			n.T.Errorf("%s complains: %s", l.Name, c)
		}
		if l.Alive() != 0 {
			n.T.Errorf("%s is left with %d legs: %+v", l.Name, l.Alive(), l.Calls)
		}
	}
	n.wissel.close(n.T)
	n.stop()
	n.group.Wait()
	if n.T.Failed() {
		n.T.Logf("ladder:\n%s", n.text())
	}
}

// add names a party at an address of its own.
func (n *Net) add(name, host string, role wissel.Role, b sim.Behaviour) *party {
	n.T.Helper()
	if n.started {
		n.T.Fatalf("%s is named after wissel was started", name)
	}
	at := netip.AddrPortFrom(netip.MustParseAddr(fmt.Sprintf("%s.%d", host, len(n.parties)+1)), 5060)
	p, err := sim.New(sim.Options{Name: name, Listen: n.Sim.Listen, At: at, Behave: b})
	if err != nil {
		n.T.Fatal(err)
	}
	n.names[at] = name
	added := &party{Party: p, role: role, asks: !b.Silent}
	n.parties = append(n.parties, added)
	n.group.Go(func() {
		if err := p.Run(n.ctx); err != nil {
			n.T.Errorf("%s: %v", name, err)
		}
	})
	return added
}

// Trunk adds a platform that behaves so. Without Plan the plan is the trunks in the order in which they were added, then
// the shipped flow. extra is more settings of the trunk, as in "limits: {calls: 1}".
func (n *Net) Trunk(name string, b sim.Behaviour, extra ...string) *sim.Party {
	n.T.Helper()
	p := n.add(name, "203.0.113", wissel.Platform, b)
	p.extra = strings.Join(extra, ", ")
	p.asks = p.asks && !strings.Contains(p.extra, "off: true")
	return p.Party
}

// Beside adds the trunk of a carrier whose part the test plays itself, at an address of its own; it is not in the ladder.
func (n *Net) Beside(name string, at netip.AddrPort, extra string) {
	n.trunks += fmt.Sprintf("  %s: {role: carrier, to: [\"sip:%s\"], probe: {off: true}, %s}\n", name, at, extra)
}

// Plan sets the targets of the group's plan, as the settings write them.
func (n *Net) Plan(targets ...string) { n.plan = targets }

// Other adds a plan that an operator may choose.
func (n *Net) Other(plan string, targets ...string) {
	n.others += fmt.Sprintf("      %s: [%s]\n", plan, strings.Join(targets, ", "))
}

// Direct lets media flow between the legs instead of through wissel.
func (n *Net) Direct() { n.media = wissel.Direct }

// Settings adds YAML at the top level of the settings.
func (n *Net) Settings(yaml string) { n.extra += yaml + "\n" }

// Lossy asks Run to play the scene again with every SIP datagram lost in turn.
func (n *Net) Lossy() { n.lossy = true }

// Lost reports whether this is such a time: what a scene asserts of exact times holds only when it is not.
func (n *Net) Lost() bool { return n.lose != "" }

// CDRs are wissel's records of the scene's calls so far, a few seconds after now: the store writes in batches.
func (n *Net) CDRs() []wissel.CDR {
	n.T.Helper()
	<-time.After(settle)
	cdrs, _ := n.wissel.rows(n.T)
	return cdrs
}

// Wishes are those that are on disk, a few seconds after now, as CDRs.
func (n *Net) Wishes() []wissel.Wish {
	n.T.Helper()
	<-time.After(settle)
	_, wishes := n.wissel.rows(n.T)
	return wishes
}

// Recordings are the names of what callers said that is on disk.
func (n *Net) Recordings() (names []string) {
	n.T.Helper()
	all, err := filepath.Glob(filepath.Join(n.wissel.store, "recordings", "*"))
	if err != nil {
		n.T.Error(err)
	}
	for _, path := range all {
		names = append(names, filepath.Base(path))
	}
	return names
}

// Store is the folder in which wissel keeps what outlives it.
func (n *Net) Store() string {
	n.T.Helper()
	n.Start()
	return n.wissel.store
}

// Wissel is the SIP address of wissel.
func (n *Net) Wissel() netip.AddrPort { return wisselAt }

// Start starts wissel, once, and begins the ladder.
func (n *Net) Start() {
	n.T.Helper()
	if n.started {
		return
	}
	n.started = true
	n.wissel = n.launch()
	n.greet()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.t0 = time.Now()
}

// greet waits until wissel has found every party that answers to be Up, and has just asked those that do not: so no
// scheduled probe falls into the first seconds of the scene.
func (n *Net) greet() {
	n.T.Helper()
	<-time.After(30 * time.Second)
	for _, p := range n.parties {
		if p.asks && p.Ledger().Options == 0 {
			n.T.Fatalf("wissel sent no OPTIONS to %s", p.Name())
		}
		if p.asks {
			continue
		}
		for since := time.Now(); !n.probed(p.Name()).After(since) && time.Since(since) < time.Minute; {
			<-time.After(10 * time.Millisecond)
		}
	}
}

// probed is when wissel last sent OPTIONS to a party.
func (n *Net) probed(name string) time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.probes[name]
}

// yaml is the settings file of the scene.
func (n *Net) yaml(store string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "listen:\n  sip:\n    - {bind: \"udp://%s\"}\n  media: {address: %s, ports: 20000-25999}\nstore: %q\ntrunks:\n", wisselAt, wisselAt.Addr(), store)
	plan := n.plan
	for _, p := range n.parties {
		// Once it is Up nothing is asked for the length of a scene; what a call itself asks for is what a ladder is about.
		extra := p.extra
		if !strings.Contains(extra, "probe:") {
			extra = strings.TrimPrefix(extra+", probe: {every: 10m, fast: 5s}", ", ")
		}
		fmt.Fprintf(&b, "  %s: {role: %s, to: [\"sip:%s\"], %s}\n", p.Name(), p.role, p.Addr(), extra)
		if n.plan == nil && p.role == wissel.Platform {
			plan = append(plan, p.Name())
		}
	}
	b.WriteString(n.trunks)
	if n.plan == nil {
		plan = append(plan, "flow:storing")
	}
	fmt.Fprintf(&b, "groups:\n  support:\n    numbers: [%q]\n    media: %s\n    plans:\n      normaal: [%s]\n%s    active: normaal\n", n.number, n.media, strings.Join(plan, ", "), n.others)
	return b.String() + n.extra
}

// Outcome is what a lost datagram must not change: each caller's final code and what he heard, who rang, who answered,
// the keys that arrived, how each call's record says that it ended, and what was promised.
func (n *Net) Outcome() string {
	var b strings.Builder
	for _, p := range n.parties {
		l := p.Ledger()
		for _, r := range l.Calls {
			word := map[bool]string{true: "calls", false: "is called"}[r.Outgoing]
			fmt.Fprintf(&b, "%s %s: %d", l.Name, word, r.Status)
			if !r.Outgoing && !r.Rang.IsZero() { // to the caller a 18x is a courtesy, sent once
				b.WriteString(", rings")
			}
			for _, s := range hears(r) {
				b.WriteString(", hears " + s)
			}
			if r.Digits != "" {
				b.WriteString(", keys " + r.Digits)
			}
			if r.EndedBy != "" {
				fmt.Fprintf(&b, ", ended by %s", map[string]string{"us": l.Name, "them": "wissel"}[r.EndedBy])
			}
			b.WriteString("\n")
		}
	}
	cdrs, wishes := n.wissel.rows(n.T)
	for _, c := range cdrs {
		fmt.Fprintf(&b, "record: %s, %d, %s, ended by %s\n", c.Outcome, c.Status, c.Target, c.EndedBy)
	}
	for _, w := range wishes {
		fmt.Fprintf(&b, "wish: %s, %s\n", w.Kind, w.Number)
	}
	return b.String()
}

// hears lists what was heard, each sound once, in the order in which it was first heard.
func hears(r sim.Record) (all []string) {
	seen := map[string]bool{}
	for _, s := range r.Sounds {
		if name := soundName(s); !seen[name] {
			seen[name] = true
			all = append(all, name)
		}
	}
	return all
}

func soundName(s sim.Sound) string {
	if s.Hz == 0 {
		return "a voice"
	}
	return fmt.Sprintf("%d Hz", s.Hz)
}
