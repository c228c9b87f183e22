package lastresort

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wissel"
	"wissel/configs"
)

var update = flag.Bool("update", false, "write the golden files anew")

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// settings has each kind of destination: URIs with and without a port, an address, a telephone number, a platform behind a
// password, and a listener that carriers find by name.
const settings = `
listen:
  sip:
    - {bind: "udp://192.0.2.1:5060", advertise: sbc.company.example}
    - {bind: "tcp://192.0.2.1:5070", advertise: "sbc.company.example:5071"}
    - {bind: "udp://[2001:db8::1]:5060"}
  media: {address: 192.0.2.1, ports: 20000-29999}
trunks:
  kpn: {role: carrier, from: [198.18.0.0/24], listener: "udp://192.0.2.1:5060"}
  colt: {role: carrier, to: [sip:gw.colt.example]}
  genesys: {role: platform, to: ["sip:byoc.example:5080", "sip:eu.byoc.example;transport=tls"]}
  spare_2: {role: platform, to: ["sip:203.0.113.9:5062", "sip:[2001:db8:9::9]", "sips:tls.example:5061"], username: us, password: "${SECRET}"}
  branch: {role: platform, to: ["sip:branch.example:5060;transport=tcp"], number: "+31207654321"}
  reserve: {role: carrier, to: [sip:gw.reserve.example], number: "+31850000000"}
groups:
  support:
    numbers: ["+31201234567", {number: "+31201234568", dialled: "0800-1234"}, "+31201234569"]
    present: {reserve: "+31201234567"}
    plans: {normaal: [genesys, spare_2, reserve, flow:storing], nacht: [flow:storing]}
    active: normaal
  sales: {numbers: ["+31201234500"], plans: {a: [branch, flow:storing]}}
  closed: {numbers: ["+31201234501"], plans: {a: [flow:storing]}}
  lines: {numbers: ["+31201239999"], test: true}
`

func file(t *testing.T, yaml string) *configs.File {
	t.Helper()
	f, err := configs.Parse("wissel.yaml", []byte(yaml), configs.Options{
		Getenv: func(string) (string, bool) { return "hunter2", true }, Hostname: func() (string, error) { return "node", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func sheet(t *testing.T, yaml string, only ...wissel.GroupID) *Sheet {
	t.Helper()
	s, err := Make(file(t, yaml), only, noon)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// saved is a sheet as it comes back from a file.
func saved(t *testing.T, s *Sheet) (*Sheet, []byte) {
	t.Helper()
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	back, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return back, data
}

func TestSheet(t *testing.T) {
	s := sheet(t, settings)
	_, data := saved(t, s)
	for name, got := range map[string]string{"testdata/sheet.txt": s.Text(), "testdata/sheet.json": string(data) + "\n"} {
		if *update {
			if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if strings.Contains(got, "hunter2") || strings.Contains(got, "39999") {
			t.Errorf("%s holds a secret, or a test line", name)
		}
	}
}

func TestASheetOfSomeGroups(t *testing.T) {
	s := sheet(t, settings, "sales")
	if r := s.Carriers[0].Routes; len(r) != 1 || r[0].Group != "sales" || s.Names[0].Group != "sales" || !slices.Equal(s.Groups, []wissel.GroupID{"sales"}) {
		t.Errorf("%+v", s)
	}
	if f := s.Carriers[0].Routes[0].Numbers[0].Final; f != "sip:+31207654321@branch.example:5060;transport=tcp" {
		t.Errorf("a platform that is dialled under a number of its own: %s", f)
	}
	for _, id := range []wissel.GroupID{"suport", "lines"} {
		if _, err := Make(file(t, settings), []wissel.GroupID{id}, noon); err == nil || !strings.Contains(err.Error(), `there is no group "`+string(id)+`"`) {
			t.Errorf("group %s: %v", id, err)
		}
	}
}

func TestDifferences(t *testing.T) {
	for _, c := range []struct {
		name      string
		from, to  string // replaced in the settings
		want      []string
		unchanged bool // the checksum too
	}{
		{"nothing but a comment", "trunks:\n", "# nothing\ntrunks:\n", nil, true},
		{"a threshold", "trunks:\n", "health: {fall: 4}\ntrunks:\n", nil, true},
		{"the platform has moved", "sip:byoc.example:5080", "sip:new.example:5080", []string{
			"carrier colt: the order of group support was wissel  sip:sbc.company.example:5060, then wissel  sip:sbc.company.example:5071;transport=tcp, then wissel  sip:[2001:db8::1]:5060, then genesys  sip:byoc.example:5080, then genesys",
			"carrier colt: the final destination of +31201234567 was sip:+31201234567@byoc.example:5080, and is now sip:+31201234567@new.example:5080",
			"carrier colt: the final destination of +31201234568 was",
			"carrier colt: the final destination of +31201234569 was",
			"carrier kpn: the order of group support was wissel  sip:sbc.company.example:5060, then genesys",
			"carrier kpn: the final destination of +31201234567 was",
			"carrier kpn: the final destination of +31201234568 was",
			"carrier kpn: the final destination of +31201234569 was",
			"DNS: take out   _sip._udp.sbc.company.example. 300 IN SRV 20 100 5080 byoc.example.",
			"DNS: put in     _sip._udp.sbc.company.example. 300 IN SRV 20 100 5080 new.example.",
		}, false},
		{"a number is new", `sales: {numbers: ["+31201234500"`, `sales: {numbers: ["+31201234502", "+31201234500"`, []string{
			"carrier colt: +31201234502 is new, and its final destination is sip:+31207654321@branch.example:5060;transport=tcp", "carrier kpn: +31201234502 is new",
		}, false},
		{"a number is gone", `"+31201234567", {number: "+31201234568", dialled: "0800-1234"}, `, `"+31201234567", `, []string{
			"carrier colt: +31201234568 is no number of ours any more; its final destination was sip:+31201234568@byoc.example:5080", "carrier kpn: +31201234568",
		}, false},
		{"a group is gone", `  closed: {numbers: ["+31201234501"], plans: {a: [flow:storing]}}` + "\n", "", []string{
			"carrier colt: group closed is gone", "carrier colt: +31201234501 is no number of ours any more; its final destination was announcement", "carrier kpn: group closed", "carrier kpn: +31201234501",
		}, false},
		{"a carrier is new", "  colt:", `  tele2: {role: carrier, from: [198.18.1.0/24]}` + "\n  colt:", []string{"carrier tele2 is new: set all of its part"}, false},
		{"a carrier is gone", "  colt: {role: carrier, to: [sip:gw.colt.example]}\n", "", []string{"carrier colt is gone, or brings no calls in any more"}, false},
		{"a carrier takes calls out from now on", "to: [sip:gw.colt.example]", `to: [sip:gw.colt.example], number: "+31850000001"`, []string{"carrier colt is gone, or brings no calls in any more"}, false},
		{"another password", "username: us", "username: me", nil, true},
		{"another name for a plan", "plans: {a: [branch", "plans: {b: [branch", nil, false},
	} {
		yaml := strings.Replace(settings, c.from, c.to, 1)
		if yaml == settings && c.from != c.to {
			t.Fatalf("%s: nothing was changed", c.name)
		}
		old, _ := saved(t, sheet(t, settings))
		now := sheet(t, yaml)
		got := Differences(old, now)
		ok := len(got) == len(c.want) && (old.Checksum == now.Checksum) == c.unchanged
		for i := 0; ok && i < len(got); i++ {
			ok = strings.HasPrefix(got[i], c.want[i])
		}
		if !ok {
			t.Errorf("%s: checksum unchanged %v\n%s\nwant\n%s", c.name, old.Checksum == now.Checksum, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

func TestASheetThatWasChangedIsRefused(t *testing.T) {
	_, data := saved(t, sheet(t, settings))
	for name, c := range map[string]struct{ from, to, want string }{
		"a destination is another": {"sip:byoc.example:5080", "sip:evil.example:5080", "was changed after it was written"},
		"a key is new":             {`"carriers"`, `"colour": 1, "carriers"`, "this is no sheet"},
		"it is cut off":            {`"carriers"`, ``, "this is no sheet"},
	} {
		text := strings.Replace(string(data), c.from, c.to, 1)
		if _, err := Read([]byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestSettingsWithoutACarrierSaySo(t *testing.T) {
	s := sheet(t, strings.NewReplacer("  colt: {role: carrier, to: [sip:gw.colt.example]}\n", "", `{role: carrier, from: [198.18.0.0/24], listener: "udp://192.0.2.1:5060"}`, `{role: platform, from: [198.18.0.0/24]}`).Replace(settings))
	if len(s.Carriers) != 0 || !strings.Contains(s.Text(), "who brings the calls in") {
		t.Errorf("%s", s.Text())
	}
}
