package carriers

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"wissel"
)

func good() Settings {
	s := DefaultSettings(wissel.Carrier)
	s.To = []string{"sip:sbc.example"}
	return s
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Settings)
		want   string // empty: no fault
	}{
		{"the defaults", func(*Settings) {}, ""},
		{"a carrier that only brings calls in", func(s *Settings) {
			s.To, s.From = nil, []netip.Prefix{netip.MustParsePrefix("192.0.2.0/28")}
		}, ""},
		{"no probes", func(s *Settings) { s.Probe = wissel.Probe{Off: true} }, ""},
		{"credentials", func(s *Settings) { s.Username, s.Password = "u", wissel.NewSecret("p") }, ""},
		{"503 moved", func(s *Settings) { s.Move = map[int]bool{503: false, 404: true} }, ""},
		{"no role", func(s *Settings) { s.Role = "" }, "trunks.kpn.role"},
		{"neither to nor from", func(s *Settings) { s.To = nil }, "trunks.kpn: there is neither"},
		{"a number as URI", func(s *Settings) { s.To = []string{"sip:+31@x"} }, "trunks.kpn.to[0]"},
		{"a URI twice", func(s *Settings) { s.To = append(s.To, s.To[0]) }, "trunks.kpn.to[1]"},
		{"the whole internet", func(s *Settings) { s.From = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} }, "trunks.kpn.from[0]"},
		{"a limit below nothing", func(s *Settings) { s.Limits.Calls = -1 }, "limits.calls"},
		{"too many a second", func(s *Settings) { s.Limits.CPS = 1e6 }, "limits.cps"},
		{"a password alone", func(s *Settings) { s.Password = wissel.NewSecret("p") }, "password"},
		{"a username alone", func(s *Settings) { s.Username = "u" }, "username"},
		{"a realm alone", func(s *Settings) { s.Realm = "r" }, "realm"},
		{"a kind that needs no leave", func(s *Settings) { s.Present = []wissel.Kind{wissel.KindFixed} }, "present[0]"},
		{"486 moved", func(s *Settings) { s.Move = map[int]bool{486: true} }, "move.486"},
		{"200 moved", func(s *Settings) { s.Move = map[int]bool{200: true} }, "move.200"},
		{"quiet too long", func(s *Settings) { s.Timers.Quiet = 40 * time.Second }, "timers.quiet: 40s is outside"},
		{"quiet before the probes can be answered", func(s *Settings) { s.Timers.Doubt = 400 * time.Millisecond }, "timers.quiet"},
		{"patience shorter than quiet", func(s *Settings) { s.Timers.Patience = 400 * time.Millisecond }, "timers.patience"},
		{"ring of an hour", func(s *Settings) { s.Timers.Ring = time.Hour }, "timers.ring"},
		{"probes in doubt slower than when up", func(s *Settings) { s.Probe.Fast = time.Minute }, "probe.fast"},
	} {
		s := good()
		c.change(&s)
		ps := s.Check("trunks.kpn")
		if c.want == "" && len(ps) > 0 || c.want != "" && !contains(ps, c.want) {
			t.Errorf("%s: %v, want %q", c.name, ps, c.want)
		}
	}
}

func contains(ps []wissel.Problem, want string) bool {
	for _, p := range ps {
		if strings.Contains(p.String(), want) {
			return true
		}
	}
	return false
}

func TestTrunkCarriesAllSettings(t *testing.T) {
	s := good()
	s.Number, s.Username, s.Password, s.Realm = "+31850000000", "u", wissel.NewSecret("p"), "r"
	s.Move, s.Present = map[int]bool{404: true}, []wissel.Kind{wissel.Kind0800}
	a := wissel.Address{Transport: wissel.UDP, AddrPort: netip.MustParseAddrPort("192.0.2.1:5060")}
	tr := s.Trunk("kpn", []Found{{a, "sbc.example"}}, []wissel.Address{{Transport: wissel.TCP}})
	if tr.ID != "kpn" || tr.Role != wissel.Carrier || len(tr.Addresses) != 1 || tr.Hosts[0] != "sbc.example" || len(tr.Previous) != 1 ||
		tr.Number != s.Number || tr.Username != "u" || tr.Password.Reveal() != "p" || tr.Realm != "r" || !tr.Move[404] ||
		tr.Present[0] != wissel.Kind0800 || tr.Timers.Quiet != 500*time.Millisecond || tr.Probe.Every != 2*time.Second || !tr.Headers.PAI {
		t.Fatalf("%+v", tr)
	}
}
