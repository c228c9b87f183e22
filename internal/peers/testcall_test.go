package peers

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/internal/store/sqlite"
	"wissel/internal/web"
)

// echoNumber is dialled to test a platform, testLine is a test line of wissel's own.
const (
	echoNumber = "+31881112233"
	testLine   = "+31887654321"
)

// serveTesting is serve with a test call over the platform.
func serveTesting(t *testing.T, expect string) *server {
	t.Helper()
	return serve(t, `to: ["sip:NET.3:5060"]`, `to: ["sip:NET.3:5060"], test: {number: "`+echoNumber+`", expect: `+expect+`}`)
}

// tests runs `wissel carriers test`, and gives what it prints and its exit code.
func (s *server) tests(trunk string, more ...string) (out string, code int) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), binary, append([]string{"carriers", "test", trunk, "--control", s.control()}, more...)...)
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatalf("wissel carriers test %s: %v", trunk, err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// holds fails when a part is missing in what a test printed.
func holds(t *testing.T, out string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(out, part) {
			t.Errorf("it does not say %q:\n%s", part, out)
		}
	}
}

// echoes starts sipp as a platform that sends all RTP back as it is; media is what its answer says behind the port.
func (s *server) echoes(media string) *process {
	s.t.Helper()
	p := sipp(s.t, "uas.xml", []string{"RTP/AVP 8\n", media + "\n"}, "-i", s.platform(), "-mi", s.platform(), "-mp", "6000", "-p", "5060",
		"-t", "u1", "-timeout", "120", "-rtp_echo")
	listening(s.t, "udp", s.platform()+":5060")
	s.health("platform", "up")
	return p
}

// tested reads what was kept of test calls, once the server has stopped.
func (s *server) tested() (decisions []wissel.Decision, proofs map[wissel.TrunkID]wissel.Proof, audit []wissel.AuditRow) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	store, err := sqlite.Open(ctx, sqlite.DefaultSettings(filepath.Join(s.dir, "store")), "reader", slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatal(err)
	}
	decisions, err1 := store.Decisions(ctx, time.Time{}, "", 0)
	proofs, err2 := store.Proofs(ctx)
	audit, err3 := store.AuditRows(ctx, time.Time{}, 0)
	cancel()
	if err := errors.Join(err1, err2, err3, store.Run(ctx)); err != nil { // Run closes it
		s.t.Fatal(err)
	}
	return slices.DeleteFunc(decisions, func(d wissel.Decision) bool { return d.Kind != wissel.DecidedTest }), proofs, audit
}

// sipp echoes RTP as it is: keys come back as events where those were negotiated, else as sound.
func TestTestCallOverAPlatformThatEchoes(t *testing.T) {
	for name, media := range map[string]string{
		"events": "RTP/AVP 8 101\na=rtpmap:101 telephone-event/8000", "sound": "RTP/AVP 8",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveTesting(t, "digits")
			platform := s.echoes(media)
			out, code := s.tests("platform")
			if code != 0 {
				t.Errorf("exit code %d", code)
			}
			holds(t, out, "dialling "+echoNumber+" over platform", "answered after 0.", "over udp:"+s.platform()+":5060", "tones came back", "came back",
				"passed  platform: answered after", "sound goes both ways, digits too")
			s.idle(10 * time.Second)
			settle(t, platform)
			if code := s.stop(); code != 0 {
				t.Errorf("wissel ended with %d", code)
			}
			cdrs, _ := s.records()
			if len(cdrs) != 1 || !cdrs[0].Test || cdrs[0].Target.Trunk != "platform" || cdrs[0].Outcome != wissel.Answered {
				t.Errorf("records %+v", cdrs)
			}
			decisions, proofs, audit := s.tested()
			if len(decisions) != 1 || decisions[0].Object != "platform" || decisions[0].After != "passed" || decisions[0].Version == "" {
				t.Errorf("decisions %+v", decisions)
			}
			if p := proofs["platform"]; !p.Test || p.Call != cdrs[0].Call {
				t.Errorf("proofs %+v", proofs)
			}
			if !slices.ContainsFunc(audit, func(a wissel.AuditRow) bool {
				return a.What == "test" && a.Object == "platform" && strings.Contains(a.After, "passed")
			}) {
				t.Errorf("audit %+v", audit)
			}
		})
	}
}

// A platform that answers and sends nothing takes no caller anywhere.
func TestTestCallOverAPlatformWithoutAudio(t *testing.T) {
	t.Parallel()
	s := serveTesting(t, "audio")
	uas(t, s.platform(), "u1", "uas.xml")
	s.health("platform", "up")
	out, code := s.tests("platform")
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	holds(t, out, "no tone  platform: it was answered after 0.", "but no tone came back within 8s", "firewall and NAT for RTP", "wissel: carriers test platform: no tone")
	if status, err := s.client.Status(t.Context()); err != nil || !strings.Contains(strings.Join(status.Alarms, "\n"), "the test call over platform failed") {
		t.Errorf("alarms %q, %v", status.Alarms, err)
	}
	if out, code = s.tests("platfrom"); code != 1 || !strings.Contains(out, `did you mean "platform"`) {
		t.Errorf("a wrong name: exit code %d: %s", code, out)
	}
}

// What a day may cost is counted over restarts.
func TestTheDaysTestCallsAreCountedOverARestart(t *testing.T) {
	t.Parallel()
	s := serveTesting(t, "audio, per_day: 1")
	s.echoes("RTP/AVP 8")
	if out, code := s.tests("platform"); code != 0 {
		t.Errorf("exit code %d: %s", code, out)
	}
	s.stop()
	s.restart()
	out, code := s.tests("platform")
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	holds(t, out, "1 test calls were made over platform today", "the next may go at 00:00", "trunks.platform.test.per_day")
}

// baresip decodes what it hears and encodes it anew, as an echo service does.
func TestTestCallOverBaresip(t *testing.T) {
	t.Parallel()
	s := serveTesting(t, "audio")
	baresipWith(t, echoNumber, s.platform(), 550, "audio_source aufile,DIR/tone.wav", "audio_source aubridge,echo", "aubridge,sink", "aubridge,echo", "module sndfile.so", "")
	s.health("platform", "up")
	out, code := s.tests("platform", "-o", "json")
	var r web.TestResult
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 || !r.Passed || r.TonesMS <= 0 || r.Expect != wissel.ExpectAudio {
		t.Errorf("exit code %d, %v: %s", code, err, out)
	}
}

// public is another wissel that stands for the public network: the test line's number, dialled over our carrier, it rings
// over our reserve. more are settings of the trunk that it rings us over, and of its group.
func (s *server) public(trunk, group string) *server {
	s.t.Helper()
	p := &server{t: s.t, net: s.net, dir: s.t.TempDir()}
	text := `
node: public
listen:
  sip:
    - {bind: "udp://NET.2:5060"}
    - {bind: "udp://NET.4:5060"}
  media: {address: NET.2, ports: 30000-30999}
  control: unix://DIR/control.sock
store: DIR/store
trunks:
  from-us: {role: carrier, from: ["NET.1/32"], listener: "udp://NET.2:5060", headers: {trusted: true}}
  to-us: {role: ` + trunk + `, to: ["sip:NET.1:5060"], listener: "udp://NET.4:5060", probe: {off: true}}
groups:
  numbers:
    numbers: ["` + testLine + `"]
    plans: {normaal: [to-us, flow:storing]}
    active: normaal
` + group
	write(s.t, p.dir, "wissel.yaml", text, "NET", s.net, "DIR", p.dir)
	p.client = web.NewClient(p.control())
	p.restart()
	return p
}

// Out over the carrier, through the public network, in over the reserve.
func TestLoopTest(t *testing.T) {
	for _, c := range []struct {
		name, trunk, group string
		mark               string
	}{
		{"the caller id arrives as it was shown", "platform", "", ""},
		{"the caller id is changed", "carrier", `    present: {to-us: "+31850000000"}` + "\n", "shows another number: +31850000000 instead of +31201234567"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, `probe: {off: true}}`, `probe: {off: true}, test: {number: "`+testLine+`", show: "+31201234567"}}`,
				"groups:\n", "groups:\n  tests:\n    numbers: [\""+testLine+"\"]\n    test: true\n")
			s.public(c.trunk, c.group)
			out, code := s.tests("carrier")
			if code != 0 {
				t.Errorf("exit code %d", code)
			}
			holds(t, out, "it came back in over reserve", "digits", "went out over carrier and came back in over reserve")
			status, err := s.client.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if c.mark == "" {
				holds(t, out, "with the caller id that was shown, +31201234567")
				if strings.Contains(out+strings.Join(status.Alarms, "\n"), "another number") {
					t.Errorf("alarms %q:\n%s", status.Alarms, out)
				}
				return
			}
			holds(t, out, c.mark)
			holds(t, strings.Join(status.Alarms, "\n"), "carrier "+c.mark)
			all, err := s.client.Carriers(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range all {
				if one.Trunk == "carrier" {
					holds(t, strings.Join(one.Notes, "\n"), c.mark)
				}
			}
		})
	}
}
