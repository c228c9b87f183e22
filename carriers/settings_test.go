package carriers

import (
	"math"
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
		{"a code that this carrier takes", func(s *Settings) { s.Unanswered = 603 }, ""},
		{"a platform's word for a person", func(s *Settings) { s.Role, s.Reached = wissel.Platform, "X-Agent" }, ""},
		{"with the value that says so", func(s *Settings) { s.Role, s.Reached = wissel.Platform, "X-State: on agent" }, ""},
		{"a header that all messages have", func(s *Settings) { s.Role, s.Reached = wissel.Platform, "Contact" }, "reached: Contact stands in messages whoever"},
		{"no header", func(s *Settings) { s.Role, s.Reached = wissel.Platform, "X Agent" }, "reached: \"X Agent\" is neither"},
		{"a carrier's word", func(s *Settings) { s.Reached = "X-Agent" }, "reached: a carrier does not know"},
		{"a code after which it tries again", func(s *Settings) { s.Unanswered = 503 }, "unanswered: 503 makes a carrier try the same call again"},
		{"a code that asks for credentials", func(s *Settings) { s.Unanswered = 407 }, "unanswered: 407 does not tell"},
		{"486 moved", func(s *Settings) { s.Move = map[int]bool{486: true} }, "move.486"},
		{"200 moved", func(s *Settings) { s.Move = map[int]bool{200: true} }, "move.200"},
		{"quiet too long", func(s *Settings) { s.Timers.Quiet = 40 * time.Second }, "timers.quiet: 40s is outside"},
		{"quiet before the probes can be answered", func(s *Settings) { s.Timers.Doubt = 400 * time.Millisecond }, "timers.quiet"},
		{"patience shorter than quiet", func(s *Settings) { s.Timers.Patience = 400 * time.Millisecond }, "timers.patience"},
		{"ring of an hour", func(s *Settings) { s.Timers.Ring = time.Hour }, "timers.ring"},
		{"probes in doubt slower than when up", func(s *Settings) { s.Probe.Fast = time.Minute }, "probe.fast"},
		{"probes of our own making", func(s *Settings) {
			s.Probe.Jitter, s.Probe.From, s.Probe.Agent, s.Probe.Accept = 0.5, "monitor", "wissel 3 (night)", []int{200, 404}
		}, ""},
		{"probes at any moment at all", func(s *Settings) { s.Probe.Jitter = 0.6 }, "probe.jitter: 0.6 is outside"},
		{"jitter that is no number", func(s *Settings) { s.Probe.Jitter = math.NaN() }, "probe.jitter"},
		{"a whole URI as the user of From", func(s *Settings) { s.Probe.From = "sip:a@b" }, "probe.from"},
		{"a header smuggled into User-Agent", func(s *Settings) { s.Probe.Agent = "wissel\r\nVia: x" }, "probe.agent"},
		{"a provisional answer accepted", func(s *Settings) { s.Probe.Accept = []int{200, 183} }, "probe.accept[1]"},
		{"a test each hour", func(s *Settings) { s.Test.Number, s.Test.Every = "+31201239999", time.Hour }, ""},
		{"a test each minute of the day, 50 allowed", func(s *Settings) { s.Test.Number, s.Test.Every = "+31201239999", time.Minute }, "test.every: one each 1m0s is 1440 a day"},
		{"tests back to back", func(s *Settings) { s.Test.Number, s.Test.Every = "+31201239999", time.Second }, "test.every: 1s is outside"},
		{"a schedule without a number", func(s *Settings) { s.Test.Every = time.Hour }, "test: there is no number"},
		{"a test where no call can go", func(s *Settings) {
			s.To, s.From, s.Test.Number = nil, []netip.Prefix{netip.MustParsePrefix("192.0.2.0/28")}, "+31201239999"
		}, "test.number: the trunk has no to"},
		{"a test call that is paid for", func(s *Settings) { s.Test.Number = "+319001234" }, "test.number"},
		{"a service number shown by tests", func(s *Settings) { s.Test.Number, s.Test.Show = "+31201239999", "+318001234" }, "test.show"},
		{"a service number shown by tests where the carrier lets us", func(s *Settings) {
			s.Test.Number, s.Test.Show, s.Present = "+31201239999", "+318001234", []wissel.Kind{wissel.Kind0800}
		}, ""},
		{"a test that expects nothing", func(s *Settings) { s.Test.Number, s.Test.Expect = "+31201239999", "" }, "test.expect"},
		{"no test allowed a day", func(s *Settings) { s.Test.Number, s.Test.PerDay = "+31201239999", 0 }, "test.per_day"},
		{"a status page", func(s *Settings) {
			s.Status.URL, s.Status.Component = "https://status.example/api/v2/summary.json", "Voice"
		}, ""},
		{"a status page by its code", func(s *Settings) { s.Status.URL, s.Status.Form = "http://127.0.0.1:8080/", wissel.StatusCode }, ""},
		{"a status page in a file", func(s *Settings) { s.Status.URL = "file:///etc/passwd" }, "status.url"},
		{"a status page behind a password", func(s *Settings) { s.Status.URL = "https://a:b@status.example/" }, "status.url: it holds a user name"},
		{"a status page asked all the time", func(s *Settings) { s.Status.URL, s.Status.Every = "https://status.example/", time.Second }, "status.every"},
		{"JSON without a path", func(s *Settings) {
			s.Status.URL, s.Status.Form, s.Status.Good = "https://status.example/", wissel.StatusJSON, []string{"ok"}
		}, "status.path"},
		{"JSON without what is good", func(s *Settings) {
			s.Status.URL, s.Status.Form, s.Status.Path = "https://status.example/", wissel.StatusJSON, "a.0.b"
		}, "status.good"},
		{"a path for a summary", func(s *Settings) { s.Status.URL, s.Status.Path = "https://status.example/", "a" }, "status.form"},
		{"a component for a code", func(s *Settings) {
			s.Status.URL, s.Status.Form, s.Status.Component = "https://status.example/", wissel.StatusCode, "Voice"
		}, "status.form"},
		{"another form", func(s *Settings) { s.Status.URL, s.Status.Form = "https://status.example/", "html" }, "status.form"},
		{"a component without a page", func(s *Settings) { s.Status.Component = "Voice" }, "status: there is no url"},
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
	s.Test.Number, s.Status.URL, s.Family = "+31201239999", "https://status.example/", "kpn"
	a := wissel.Address{Transport: wissel.UDP, AddrPort: netip.MustParseAddrPort("192.0.2.1:5060")}
	tr := s.Trunk("kpn", []Found{{a, wissel.Host{Name: "sbc.example"}}}, []wissel.Address{{Transport: wissel.TCP}})
	if tr.ID != "kpn" || tr.Role != wissel.Carrier || len(tr.Addresses) != 1 || tr.Hosts[0].Name != "sbc.example" || len(tr.Previous) != 1 ||
		tr.Number != s.Number || tr.Username != "u" || tr.Password.Reveal() != "p" || tr.Realm != "r" || !tr.Move[404] ||
		tr.Present[0] != wissel.Kind0800 || tr.Timers.Quiet != 500*time.Millisecond || tr.Probe.Every != 2*time.Second || !tr.Headers.PAI ||
		tr.Test.Number != "+31201239999" || tr.Test.PerDay != 50 || tr.Status.URL != s.Status.URL || tr.Family != "kpn" || tr.Probe.Jitter != 0.1 {
		t.Fatalf("%+v", tr)
	}
}
