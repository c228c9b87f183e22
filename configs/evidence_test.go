package configs

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wissel"
	"wissel/carriers/health"
)

func TestExampleHasTheDefaultsOfEvidence(t *testing.T) {
	f, least := load(t, string(Example())), load(t, bare)
	for name, f := range map[string]*File{"the example": f, "all at its barest": least} {
		if f.Self != (wissel.SelfCheck{Gateway: "auto", Resolver: "auto"}) {
			t.Errorf("%s: self: %+v", name, f.Self)
		}
		if f.Health != health.DefaultPolicy() {
			t.Errorf("%s: health: %+v", name, f.Health)
		}
		want := wissel.Handback{Mode: wissel.HandbackAuto, Calm: time.Minute, Shares: []int{100, 500, 1000}, Samples: 20, Longest: time.Hour}
		if d := cmp.Diff(want, f.Groups["support"].Handback); d != "" {
			t.Errorf("%s: handback: %s", name, d)
		}
		if p := f.Trunks["kpn"].Probe; p.Jitter != 0.1 || p.From != "" || p.Agent != "" || p.Accept != nil {
			t.Errorf("%s: probe: %+v", name, p)
		}
	}
	if kpn := f.Trunks["kpn"]; kpn.Family != "kpn" || kpn.Test.Number != "" || kpn.Status.URL != "" {
		t.Errorf("kpn: %+v", kpn)
	}
	if p := f.Groups["support"].Plans["normaal"]; p.Fresh != 7*24*time.Hour || len(p.Targets) != 3 {
		t.Errorf("plan: %+v", p)
	}
}

// evidence has every key that says how trunks are watched and how calls come back.
const evidence = `
listen: {sip: [{bind: "udp://192.0.2.1:5060"}], media: {address: 192.0.2.1, ports: 20000-29999}}
self: {gateway: none, resolver: "[2001:db8::53]:53", second: "www.kpn.example:443"}
health: {fall: 4, dwell: 10s}
trunks:
  genesys:
    role: platform
    to: sip:byoc.example
    probe: {jitter: 0.5, from: monitor, agent: "wissel 3 (night)", accept: [200, 404]}
    test: {number: "020 123 9999", every: 1d12h, expect: digits, per_day: 3, show: "+31201234567"}
    status: {url: "https://status.example/", form: json, path: voice.0.state, good: [ok, fine], every: 30s}
    family: genesys
groups:
  support:
    numbers: [0201234567]
    plans: {normaal: {targets: [genesys, flow:storing], fresh: 7d}, uit: flow:storing}
    active: normaal
    handback: {mode: sticky, shares: [2.5%, 100%]}
    four_eyes: true
  lines: {numbers: [0201239999], test: true}
`

func TestEvidenceIsRead(t *testing.T) {
	f := load(t, evidence)
	if want := (wissel.SelfCheck{Resolver: "[2001:db8::53]:53", Second: "www.kpn.example:443"}); f.Self != want {
		t.Errorf("self: %+v", f.Self)
	}
	if f.Health.Fall != 4 || f.Health.Dwell != 10*time.Second || f.Health.Rise != 3 {
		t.Errorf("health: %+v", f.Health)
	}
	s := f.Trunks["genesys"]
	tr := s.Trunk("genesys", nil, nil) // as calls, probes and tests get it
	if d := cmp.Diff(wissel.Probe{Every: 2 * time.Second, Fast: 500 * time.Millisecond, Timeout: time.Second, Jitter: 0.5, From: "monitor", Agent: "wissel 3 (night)", Accept: []int{200, 404}}, tr.Probe); d != "" {
		t.Errorf("probe: %s", d)
	}
	if d := cmp.Diff(wissel.Test{Number: "+31201239999", Every: 36 * time.Hour, Expect: wissel.ExpectDigits, PerDay: 3, Show: "+31201234567"}, tr.Test); d != "" {
		t.Errorf("test: %s", d)
	}
	if d := cmp.Diff(wissel.StatusPage{URL: "https://status.example/", Form: wissel.StatusJSON, Path: "voice.0.state", Good: []string{"ok", "fine"}, Every: 30 * time.Second}, tr.Status); d != "" {
		t.Errorf("status: %s", d)
	}
	if tr.Family != "genesys" {
		t.Errorf("family: %q", tr.Family)
	}
	support, lines := f.Groups["support"], f.Groups["lines"]
	if d := cmp.Diff([]int{25, 1000}, support.Handback.Shares); d != "" || support.Handback.Mode != wissel.HandbackSticky || !support.FourEyes || support.Test {
		t.Errorf("support: %+v", support)
	}
	if support.Plans["normaal"].Fresh != 7*24*time.Hour || support.Plans["uit"].Fresh != 0 || len(support.Plans["uit"].Targets) != 1 {
		t.Errorf("plans: %+v", support.Plans)
	}
	if p := lines.Plans[lines.Active]; !lines.Test || len(p.Targets) != 1 || p.Targets[0].Flow != wissel.Responder {
		t.Errorf("test lines: %+v", lines)
	}
}

func TestAFlowCannotBeTheResponder(t *testing.T) {
	dir := t.TempDir()
	own := strings.Replace(string(embedded(shipped, "flows/storing.yaml")), "flow: storing", "flow: responder", 1)
	if err := os.WriteFile(dir+"/own.yaml", []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Parse(dir+"/wissel.yaml", []byte(bare+"flows: own.yaml\n"), quiet())
	if err == nil || !strings.Contains(err.Error(), `flow: "responder" is what answers test lines`) {
		t.Error(err)
	}
}

func TestParseTime(t *testing.T) {
	for _, c := range []struct {
		text string
		want time.Duration // 0: refused
	}{
		{"500ms", 500 * time.Millisecond}, {"1m30s", 90 * time.Second}, {"7d", 168 * time.Hour}, {"1d12h", 36 * time.Hour}, {"65535d", 65535 * 24 * time.Hour},
		{"d", 0}, {"-1d", 0}, {"1d-1h", 0}, {"1d+1h", 0}, {"1.5d", 0}, {"1d1d", 0}, {"65536d", 0}, {"7 d", 0}, {"7", 0},
	} {
		if got, err := parseTime(c.text); (err != nil) != (c.want == 0) || err == nil && got != c.want {
			t.Errorf("%q: %v, %v", c.text, got, err)
		}
	}
}

func TestParseShare(t *testing.T) {
	for _, c := range []struct {
		text string
		want share // 0: refused
	}{
		{"10%", 100}, {"100%", 1000}, {"0.1%", 1}, {"2.5%", 25}, {"100.0%", 1000},
		{"10", 0}, {"0%", 0}, {"100.1%", 0}, {"-5%", 0}, {"2.55%", 0}, {"%", 0}, {".5%", 0}, {"256%", 0}, {"half", 0}, {"5.+1%", 0},
	} {
		if got, ok := parseShare(c.text); ok != (c.want != 0) || got != c.want {
			t.Errorf("%q: %d, %v", c.text, got, ok)
		}
	}
	for s, want := range map[share]string{100: "10%", 25: "2.5%", 1: "0.1%", 1000: "100%"} {
		if s.String() != want {
			t.Errorf("%d is shown as %s, want %s", int(s), s, want)
		}
	}
}
