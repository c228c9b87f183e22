package peers

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write docs/health.md from what is found now")

// page is where the table stands.
const page = "../../docs/health.md"

// bound is what a finding is held against. The exact figures of FIGURES.md are in the table; these leave room for a machine
// of two processors that does other work meanwhile.
type bound struct {
	Never    bool          // it must never be Down
	Down     time.Duration // it must be Down, after so long at most; 0: it may be
	Falls    int           // how often it may become Down; 0: once
	Tried    int           // how many calls may try it until then; 0: any
	Waited   int           // how many callers may wait longer than 2 s, beside those for whom it was ringing
	P99      time.Duration // the longest p99 of the time to the answer; 0: any
	Switches int           // how many, at most
	Shown    string        // what the evidence must say
}

func (b bound) hold(t *testing.T, f finding) {
	t.Helper()
	if b.Never && f.Down >= 0 {
		t.Errorf("it was Down after %s: want never", since(f.Down))
	}
	if b.Down > 0 && (f.Down < 0 || f.Down > b.Down) {
		t.Errorf("Down after %s, want %s at most", since(f.Down), b.Down)
	}
	if !b.Never && f.Falls > max(1, b.Falls) {
		t.Errorf("it fell %d times, want %d at most", f.Falls, max(1, b.Falls))
	}
	if b.Tried > 0 && f.Tried > b.Tried {
		t.Errorf("%d calls tried it until it was Down, want %d at most", f.Tried, b.Tried)
	}
	if most := b.Waited * max(1, f.Times); f.Waited-f.Rang > most {
		t.Errorf("%d callers waited longer than %v, %d because it was ringing for them; want %d others at most", f.Waited, patience, f.Rang, most)
	}
	if b.P99 > 0 && f.P99 > b.P99 {
		t.Errorf("p99 of the time to the answer is %v, want %v at most", f.P99, b.P99)
	}
	if f.Lost != 0 {
		t.Errorf("%d of %d calls were lost", f.Lost, f.Calls)
	}
	if f.Switches > b.Switches || b.Down > 0 && f.Switches == 0 {
		t.Errorf("%d switches, want %d at most, and one for a primary that was Down", f.Switches, b.Switches)
	}
}

// found is what came of each fault that was met as it should be.
var found struct {
	mu  sync.Mutex
	all map[string]finding
}

// met meets a fault and holds what is found against its bound.
func (c fault) met(t *testing.T) {
	f := c.meet(t)
	if !f.shows(c.bound.Shown) {
		t.Errorf("%q is not in any evidence that was shown: %q", c.bound.Shown, f.said)
	}
	t.Log(f)
	c.bound.hold(t, f)
	if c.row != "" {
		row(t, c.row, "%s: %s", c.name, f)
	}
	if t.Failed() {
		return
	}
	found.mu.Lock()
	defer found.mu.Unlock()
	if found.all == nil {
		found.all = map[string]finding{}
	}
	found.all[c.name] = f
}

// Those that need the machine for themselves.
func TestHealthTellsTheTruthOfUs(t *testing.T) {
	for _, c := range faults {
		if c.alone {
			t.Run(c.name, c.met)
		}
	}
}

func TestHealthTellsTheTruth(t *testing.T) {
	t.Parallel()
	side := newSide(t, 10)
	for _, c := range faults {
		if !c.alone {
			side.run(c.name, c.met)
		}
	}
	side.wait()
	if *update {
		writePage(t, found.all)
	}
	checkPage(t)
}

const head = `# How health and the switch behave under faults

Written by a test, from what it found; do not edit it, make it again:
` + "`go test ./internal/peers -run TestHealthTellsTheTruth -update`" + ` (without ` + "`-update`" + ` the test holds its own run against its
bounds, and this page against the list of faults). Each row is one real wissel in a network namespace of its own, with sipp as the
carrier under a steady load of short calls, sipp, or Kamailio with sipp behind it, as the primary, and sipp as the reserve; the
fault begins when the calls of two seconds have come. The rows run side by side on one small machine, so these are no best times.
*Tried* counts the calls that were sent to the primary after the fault had begun and before it was Down; *switches* how often
another target was made to lead. A caller for whom the primary was ringing when it died is left ringing up to ` + "`ring`" + ` (8 s
here), and then hears the flow: nobody is rung twice. Callers of a wissel that is cut off wait until it is back;
those of one that is itself stopped give up after 5 s (1 s where that lasts 2 s), and count as lost unless their CANCEL was obeyed.

`

// writePage writes the page.
func writePage(t *testing.T, found map[string]finding) {
	t.Helper()
	if t.Failed() || len(found) != len(faults) {
		t.Errorf("docs/health.md is written from a whole run that went well: %d of %d faults were met", len(found), len(faults))
		return
	}
	var b bytes.Buffer
	b.WriteString(head)
	b.WriteString("| fault | until Suspect | until Down | tried meanwhile | calls | waited > 2 s | p99 to the answer | lost | switches | evidence shown |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	for _, c := range faults {
		f := found[c.name]
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %d | %d | %s | %d | %d | %s |\n",
			c.name, since(f.Suspect), since(f.Down), f.Tried, f.Calls, f.Waited, since(f.P99), f.Lost, f.Switches, strings.ReplaceAll(f.Shown, "|", "/"))
	}
	if err := os.WriteFile(page, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// checkPage holds the page against the list of faults.
func checkPage(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, c := range faults {
		want = append(want, c.name)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " | "); ok && name != "fault" {
			got = append(got, name)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("docs/health.md has the faults %q, want %q: make it again with -update", got, want)
	}
}
