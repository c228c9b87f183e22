package peers

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// calls is how many a usual run places.
const calls = 20

// uas starts sipp as a platform or reserve on a host, with a scenario of testdata; replace are pairs to replace in it.
func uas(t *testing.T, host, transport, scenario string, replace ...string) *process {
	t.Helper()
	p := sipp(t, scenario, replace, "-i", host, "-p", "5060", "-t", transport, "-timeout", "120")
	listening(t, map[string]string{"u1": "udp", "t1": "tcp"}[transport], host+":5060")
	return p
}

// carries starts sipp as the carrier that places n calls, rate a second, each by a caller of his own. extra are more
// arguments for sipp.
func (s *server) carries(transport, scenario string, n, rate int, extra ...string) *process {
	s.t.Helper()
	return s.towards(s.wissel(), transport, scenario, n, rate, extra...)
}

// towards is carries, with the calls sent to another host.
func (s *server) towards(host, transport, scenario string, n, rate int, extra ...string) *process {
	s.t.Helper()
	args := append([]string{host + ":5060", "-s", number, "-i", s.carrier(), "-p", "5060", "-t", transport, "-inf", "callers.csv",
		"-m", fmt.Sprint(n), "-l", fmt.Sprint(n), "-r", fmt.Sprint(rate), "-timeout", "90", "-recv_timeout", "45000"}, extra...)
	return sipp(s.t, scenario, nil, args...)
}

// uac places n calls from the carrier, rate a second, and gives how many went as the scenario says.
func (s *server) uac(transport, scenario string, n, rate int, extra ...string) int {
	s.t.Helper()
	p := s.carries(transport, scenario, n, rate, extra...)
	p.wait(95 * time.Second)
	return statistic(s.t, p, "SuccessfulCall(C)")
}

// sipp starts the program in a folder of its own.
func sipp(t *testing.T, scenario string, replace []string, args ...string) *process {
	t.Helper()
	return sippAt(t, func(args ...string) []string { return args }, scenario, replace, args...)
}

// sippAt is sipp with its command line put into the place where it is to run.
func sippAt(t *testing.T, place func(args ...string) []string, scenario string, replace []string, args ...string) *process {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", scenario))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, "scenario.xml", string(text), replace...)
	callers := []string{"SEQUENTIAL"}
	for i := range 2000 {
		callers = append(callers, fmt.Sprintf("+3161234%04d", i))
	}
	write(t, dir, "callers.csv", strings.Join(callers, "\n")+"\n")
	line := place(append(append([]string{"sipp"}, args...), "-sf", "scenario.xml", "-nostdin", "-trace_err", "-trace_stat", "-fd", "1", "-trace_counts")...)
	return start(t, dir, line[0], line[1:]...)
}

// csv reads the columns of a file that sipp wrote: its names, and the last line.
func csv(t *testing.T, p *process, pattern string) (names, values []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(p.cmd.Dir, pattern))
	if err != nil || len(files) != 1 {
		t.Fatalf("sipp's %s: %v, %v", pattern, files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Split(lines[0], ";"), strings.Split(lines[len(lines)-1], ";")
}

// statistic reads a column of sipp's own count.
func statistic(t *testing.T, p *process, column string) (n int) {
	t.Helper()
	names, values := csv(t, p, "scenario_[0-9]*_.csv")
	i := slices.Index(names, column)
	if i < 0 || i >= len(values) {
		t.Fatalf("sipp counts no %s", column)
	}
	if _, err := fmt.Sscan(values[i], &n); err != nil {
		t.Fatalf("sipp's %s: %v", column, err)
	}
	return n
}

// counted sums sipp's count of a message, such as "INVITE_Recv", over all places of its scenario.
func counted(t *testing.T, p *process, what string) (sum int) {
	t.Helper()
	names, values := csv(t, p, "scenario_[0-9]*_counts.csv")
	for i, name := range names {
		if _, message, ok := strings.Cut(name, "_"); ok && message == what && i < len(values) {
			var n int
			if _, err := fmt.Sscan(values[i], &n); err != nil {
				t.Fatalf("sipp's %s: %v", name, err)
			}
			sum += n
		}
	}
	return sum
}

// settle ends a sipp that takes calls once it has none any more, so that no leg can be left behind on its side.
func settle(t *testing.T, p *process) {
	t.Helper()
	settleBut(t, p, 0)
}

// settleBut is settle where so many calls may have gone otherwise than the scenario says.
func settleBut(t *testing.T, p *process, most int) {
	t.Helper()
	p.signal(syscall.SIGUSR1)
	p.wait(40 * time.Second)
	if n := statistic(t, p, "CurrentCall"); n != 0 {
		t.Errorf("%d calls are left at sipp's side", n)
	}
	if n := statistic(t, p, "FailedCall(C)"); n > most {
		t.Errorf("%d calls did not go as sipp's scenario says", n)
	}
}

// idle waits until no call is left in wissel.
func (s *server) idle(most time.Duration) {
	s.t.Helper()
	eventually(s.t, most, "wissel has no call left", func() bool {
		status, err := s.client.Status(s.t.Context())
		return err == nil && status.Calls.Now == 0
	})
}

// expect stops the server and holds its records against what sipp counted at the carrier.
func (s *server) expect(answered int, want map[string]int) {
	s.t.Helper()
	s.idle(10 * time.Second)
	if code := s.stop(); code != 0 {
		s.t.Errorf("wissel ended with %d", code)
	}
	total := 0
	for _, n := range want {
		total += n
	}
	if answered != total {
		s.t.Errorf("sipp counts %d calls that went well, want %d", answered, total)
	}
	cdrs, _ := s.records()
	if got := ledger(cdrs); !maps.Equal(got, want) {
		s.t.Errorf("records: %v, want %v", got, want)
	}
}

func TestSippTalksToSippThroughWissel(t *testing.T) {
	for _, transport := range []struct{ name, flag, parameter string }{{"udp", "u1", ""}, {"tcp", "t1", ";transport=tcp"}} {
		t.Run(transport.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, `"sip:NET.3:5060"`, `"sip:NET.3:5060`+transport.parameter+`"`)
			platform := uas(t, s.platform(), transport.flag, "uas.xml")
			s.health("platform", "up")
			s.expect(s.uac(transport.flag, "uac.xml", calls, 10), map[string]int{"answered platform": calls})
			settle(t, platform)
			if in, bye := counted(t, platform, "INVITE_Recv"), counted(t, platform, "BYE_Recv"); in != calls || bye != calls {
				t.Errorf("the platform counts %d INVITEs and %d BYEs, want %d of each", in, bye, calls)
			}
		})
	}
}
