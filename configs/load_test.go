package configs

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wissel"
)

var update = flag.Bool("update", false, "write the golden files anew")

// quiet are options that take nothing from the machine.
func quiet() Options {
	return Options{
		Getenv: func(name string) (string, bool) {
			return map[string]string{"SECRET": "hunter2", "EMPTY": ""}[name], name != "UNSET"
		},
		Hostname: func() (string, error) { return "Node-7", nil },
		Now:      func() time.Time { return time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC) },
	}
}

func load(t *testing.T, yaml string) *File {
	t.Helper()
	f, err := Parse("wissel.yaml", []byte(yaml), quiet())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestExampleIsFaultless(t *testing.T) {
	f := load(t, string(Example()))
	if len(f.Warnings) != 0 {
		t.Errorf("warnings: %v", f.Warnings)
	}
	if f.Node != "wissel-1" || f.Drain != time.Minute || f.Store != "/var/lib/wissel" || f.Control != "/run/wissel/control.sock" || f.Country != "NL" {
		t.Errorf("top: %+v", f)
	}
	if len(f.Listeners) != 2 || f.Listeners[1].Bind != "tcp://0.0.0.0:5060" || f.Listeners[1].Advertise != "203.0.113.10" || f.Listeners[0].Buffer != 8<<20 {
		t.Errorf("listeners: %+v", f.Listeners)
	}
	if want := (Media{netip.MustParseAddr("0.0.0.0"), netip.MustParseAddr("203.0.113.10"), 20000, 29999}); f.Media != want {
		t.Errorf("media: %+v", f.Media)
	}
	kpn, genesys, reserve := f.Trunks["kpn"], f.Trunks["genesys"], f.Trunks["reserve"]
	if kpn.Limits != (wissel.Limits{Calls: 500, CPS: 30}) || kpn.From[0] != netip.MustParsePrefix("192.0.2.0/28") || kpn.Forward || kpn.Timers.Ring != 45*time.Second {
		t.Errorf("kpn: %+v", kpn)
	}
	if !genesys.Forward || !genesys.Move[480] || genesys.Move[500] || genesys.Headers.History || reserve.Number != "+31850000000" {
		t.Errorf("genesys: %+v, reserve: %+v", genesys, reserve)
	}
	want := map[wissel.Number]wissel.Line{
		"+31201234567": {Number: "+31201234567", Kind: wissel.KindFixed, Charge: wissel.ChargeNormal, Group: "support"},
		"+31201234568": {Number: "+31201234568", Kind: wissel.Kind0800, Charge: wissel.ChargeFree, Dialled: "0800-1234", Group: "support"},
		"+318001234":   {Number: "+31201234568", Kind: wissel.Kind0800, Charge: wissel.ChargeFree, Dialled: "0800-1234", Group: "support"},
		"+31201239999": {Number: "+31201239999", Kind: wissel.KindFixed, Charge: wissel.ChargeNormal, Group: "testlines"},
	}
	if d := cmp.Diff(want, f.Lines); d != "" {
		t.Errorf("lines: %s", d)
	}
	s := f.Snapshot(nil)
	g := s.Groups["support"]
	if d := cmp.Diff([]wissel.Target{{Trunk: "genesys"}, {Trunk: "reserve"}, {Flow: "storing"}}, s.Plan(g).Targets); d != "" || len(g.Lines) != 2 || g.Present["reserve"] != "+31201234567" {
		t.Errorf("plan: %s %+v", d, g)
	}
	if len(s.Version) != 12 || f.Flows["storing"] == nil {
		t.Errorf("version %q, flows %v", s.Version, f.Flows)
	}
}

func TestDemoIsFaultless(t *testing.T) {
	f := load(t, string(Demo()))
	if len(f.Warnings) != 0 || f.Listeners[0].Bind != "udp://127.0.0.1:15060" || f.Media.Advertise.String() != "127.0.0.1" || f.Trunks["platform"].To[0] != "sip:127.0.0.1:15080" {
		t.Errorf("%v %+v", f.Warnings, f)
	}
}

// TestMessages reads each file of testdata as a person does who made that mistake, and compares with what he was told.
func TestMessages(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for name, mode := range map[string]os.FileMode{"open": 0o644, "good": 0o600, "empty": 0o600} { // git keeps no more of a mode than the x
		if err := os.Chmod("testdata/"+name+".secret", mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			got := told(t, file)
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Errorf("%s", d)
			}
			if strings.Contains(got, "hunter2") {
				t.Errorf("a secret is shown:\n%s", got)
			}
		})
	}
}

func told(t *testing.T, file string) string {
	f, err := Load(file, quiet())
	if err != nil {
		var faults *Faults
		if !errors.As(err, &faults) {
			t.Fatal(err)
		}
		return err.Error() + "\n"
	}
	var b strings.Builder
	for _, w := range f.Warnings {
		fmt.Fprintln(&b, w)
	}
	return b.String()
}

// TestFirstShape reads settings as they were first drawn: lists of URIs without quotes inside braces.
func TestFirstShape(t *testing.T) {
	f := load(t, `
listen:
  sip:                                                  # a wildcard needs advertise; tls takes cert and key
    - {bind: "udp://0.0.0.0:5060", advertise: 203.0.113.10}
    - {bind: "tcp://0.0.0.0:5060", advertise: 203.0.113.10}
  media:   {address: 0.0.0.0, advertise: 203.0.113.10, ports: 20000-29999}
  control: unix:///run/wissel/control.sock
store: /var/lib/wissel
trunks:
  kpn:      {role: carrier,  to: [sip:sbc1.kpn.example, sip:sbc2.kpn.example:5070], from: [192.0.2.0/28], limits: {calls: 500, cps: 30}}
  genesys:  {role: platform, to: ["sip:byoc.example:5061;transport=tls"], probe: {every: 2s}}
  reserve:  {role: carrier,  to: [sip:gw.reserve.example], number: "+31850000000"}
groups:
  support: {numbers: ["+31201234567", {number: "+31201234568", kind: 0800, dialled: 0800-1234}], present: {reserve: "+31201234567"},
    media: anchored, plans: {normaal: [genesys, reserve, flow:storing], storing: [flow:storing]}, active: normaal}
`)
	if d := cmp.Diff([]string{"sip:sbc1.kpn.example", "sip:sbc2.kpn.example:5070"}, f.Trunks["kpn"].To); d != "" || len(f.Warnings) != 0 {
		t.Error(d, f.Warnings)
	}
	g := f.Groups["support"]
	if p := g.Plans["normaal"].Targets; len(p) != 3 || p[2].Flow != "storing" || g.Lines[1].Kind != wissel.Kind0800 {
		t.Errorf("%+v", g)
	}
}
