package peers

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The tests here measure, so they do not run beside others of this package.

const (
	rate    = 100 // calls a second
	load    = 800 // calls of a run
	delayed = 200 * time.Millisecond
)

// setups are the times from INVITE to 200 as sipp measured them, in order of size.
func setups(t *testing.T, p *process) (all []time.Duration) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(p.cmd.Dir, "scenario_[0-9]*_rtt.csv"))
	if err != nil || len(files) != 1 {
		t.Fatalf("sipp's response times: %v, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		field := strings.Split(line, ";")
		ms, err := strconv.ParseFloat(field[1], 64)
		if err != nil {
			t.Fatalf("sipp's response time %q: %v", line, err)
		}
		all = append(all, time.Duration(ms*float64(time.Millisecond)))
	}
	slices.Sort(all)
	return all
}

// slow gives how many of sorted times are delayed, their median, and the longest of all.
func slow(all []time.Duration) (n int, p50, most time.Duration) {
	i, _ := slices.BinarySearch(all, delayed)
	if n = len(all) - i; n > 0 {
		p50 = all[i+n/2]
	}
	return n, p50, all[len(all)-1]
}

// underLoad sends load calls, lets strike befall the platform in the midst of them, and holds every count against the
// records. It gives the set-up times.
func underLoad(t *testing.T, strike, after func(platform *process)) (*server, []time.Duration) {
	t.Helper()
	s := serve(t)
	platform := uas(t, s.platform(), "u1", "answer.xml")
	reserve := uas(t, s.reserve(), "u1", "answer.xml")
	s.health("platform", "up")
	s.health("reserve", "up")
	carrier := s.carries("u1", "uac.xml", load, rate, "-trace_rtt", "-rtt_freq", "1")
	eventually(t, 20*time.Second, "a quarter of the calls have come", func() bool {
		status, err := s.client.Status(t.Context())
		return err == nil && status.Calls.Total >= load/4
	})
	strike(platform)
	carrier.wait(60 * time.Second)
	after(platform)
	s.idle(40 * time.Second)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	settle(t, reserve)
	if n := statistic(t, carrier, "SuccessfulCall(C)"); n != load {
		t.Errorf("%d of %d calls were answered and ended well", n, load)
	}
	cdrs, _ := s.records()
	sums := ledger(cdrs)
	if got := counted(t, reserve, "BYE_Recv"); got != sums["answered reserve"] {
		t.Errorf("the reserve counts %d calls, and the records say %v", got, sums)
	}
	if sums["answered platform"]+sums["answered reserve"] != load || len(sums) != 2 {
		t.Errorf("records: %v, want %d calls answered by the platform and the reserve", sums, load)
	}
	return s, setups(t, carrier)
}

func TestAPlatformThatIsStoppedUnderLoadIsLeft(t *testing.T) {
	_, times := underLoad(t, func(platform *process) { platform.signal(syscall.SIGSTOP) }, func(platform *process) {
		// It comes back and answers what it had been asked: all that is ACKed and ended, so no leg is left (F11).
		platform.signal(syscall.SIGCONT)
		settle(t, platform)
	})
	n, p50, most := slow(times)
	if n == 0 || n > load/10 || p50 > 600*time.Millisecond || most > 1500*time.Millisecond {
		t.Errorf("%d calls delayed, p50 %v, longest %v", n, p50, most)
	}
	row(t, "F2", "sipp stopped (SIGSTOP) at %d CPS: 0 of %d calls lost, %d delayed, delay p50 %d ms, max %d ms; what it answers on waking is ACKed and ended",
		rate, load, n, p50.Milliseconds(), most.Milliseconds())
}

func TestAPlatformThatIsKilledUnderLoadIsLeft(t *testing.T) {
	s, times := underLoad(t, func(platform *process) { platform.kill() }, func(*process) {})
	tried := 0
	cdrs, _ := s.records()
	for _, c := range cdrs {
		for _, a := range c.Attempts {
			if a.Target.Trunk == "platform" && a.Status != 200 && !a.Began.IsZero() && a.Leg != 0 {
				tried++
			}
		}
	}
	n, _, most := slow(times)
	// FIGURES says 3 calls and 20 ms; a machine that does other work meanwhile gets some room.
	if tried > 10 || n > 20 || most > time.Second {
		t.Errorf("%d calls tried the dead platform, %d were delayed, the longest %v", tried, n, most)
	}
	row(t, "F1", "sipp killed at %d CPS: 0 of %d calls lost, %d tried the closed port, %d delayed, longest set-up %d ms", rate, load, tried, n, most.Milliseconds())
}
