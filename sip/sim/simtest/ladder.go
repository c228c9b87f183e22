package simtest

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel/sip/sim"
)

var update = flag.Bool("update", false, "rewrite the ladders of testdata from what happens now")

// line is one SIP datagram between wissel and a named party, or one sound that a party began to hear.
type line struct {
	at       time.Duration // since wissel was started and the scene began
	from, to string
	what     string // "INVITE", "180 INVITE"
	key      string // names the datagram from one run to the next: "north -> wissel 180 INVITE #1"
	fate     sim.Fate
}

// rule is the network's: it writes the ladder and loses the datagram that is to be lost.
func (n *Net) rule(d sim.Datagram) sim.Fate {
	from, ok := n.names[d.From]
	to, ok2 := n.names[d.To]
	if !ok || !ok2 { // RTP
		if n.Voice != nil {
			return n.Voice(d)
		}
		return sim.Fate{}
	}
	m, err := sim.Read(d.Data)
	if err != nil {
		n.T.Errorf("%s sent %s what cannot be read: %v: %.100q", from, to, err, d.Data)
		return sim.Fate{}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.shows(m, from, to, d.At) || n.t0.IsZero() {
		return sim.Fate{}
	}
	l := line{at: d.At.Sub(n.t0), from: from, to: to, what: m.Summary()}
	l.key = fmt.Sprintf("%s -> %s %s", from, to, l.what)
	n.seen[l.key]++
	l.key = fmt.Sprintf("%s #%d", l.key, n.seen[l.key])
	var fate sim.Fate
	if n.Fate != nil {
		fate = n.Fate(d)
	}
	fate.Lost = fate.Lost || l.key == n.lose
	l.fate = fate
	n.lines = append(n.lines, l)
	return fate
}

// shows reports whether a datagram belongs into the ladder. Of the OPTIONS that wissel sends those do that a call asked
// for, half a second after its INVITE at the latest; the probes of every day do not.
func (n *Net) shows(m *sim.Message, from, to string, at time.Time) bool {
	_, method := m.CSeq()
	switch {
	case from == "wissel" && m.Method == "OPTIONS":
		n.probes[to] = at
		n.shown[m.Get("Call-ID")] = at.Sub(n.invites[to]) < 500*time.Millisecond
	case from == "wissel" && m.Method == "INVITE":
		n.invites[to] = at
	}
	return method != "OPTIONS" || from != "wissel" && m.Status == 0 || from == "wissel" && m.Status != 0 || n.shown[m.Get("Call-ID")]
}

// text is the ladder: its lines in order of time, those of one moment by sender and receiver, so that it comes out the
// same however the goroutines of one moment took turns.
func (n *Net) text() string {
	n.mu.Lock()
	lines := slices.Clone(n.lines)
	n.mu.Unlock()
	slices.SortStableFunc(lines, func(a, b line) int {
		return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.from, b.from), strings.Compare(a.to, b.to), probes(a)-probes(b))
	})
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%.3f %s -> %s %s", l.at.Seconds(), l.from, l.to, l.what)
		switch {
		case l.fate.Lost:
			b.WriteString(" (lost)")
		case l.fate.Late > 0:
			fmt.Fprintf(&b, " (%v late)", l.fate.Late)
		case l.fate.Copies > 0:
			b.WriteString(" (twice)")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func probes(l line) int {
	if strings.HasSuffix(l.what, "OPTIONS") {
		return 1
	}
	return 0
}

// Ladder lets the scene settle and compares what went over the wire, and its outcome, with a file; with -update it
// writes the file. When a datagram was lost on purpose the ladder is another, and only the outcome counts.
func (n *Net) Ladder(t *testing.T, file string) {
	t.Helper()
	n.Start()
	if n.Lost() {
		return
	}
	<-time.After(settle)
	got := n.text() + "\n" + n.Outcome()
	if *update {
		// Not Fatal: t may be the test outside the bubble.
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Error(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Error(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Errorf("%v; -update writes it. It went:\n%s", err, got)
		return
	}
	if !bytes.Equal(want, []byte(got)) {
		t.Errorf("%s differs.\ngot:\n%s\nwant:\n%s", file, got, want)
	}
}
