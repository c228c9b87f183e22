package peers

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// settings of the running server, as they stand in its file.
func (s *server) settings() string {
	s.t.Helper()
	text, err := os.ReadFile(s.file())
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func (s *server) file() string { return filepath.Join(s.dir, "wissel.yaml") }

// put writes the settings file.
func (s *server) put(text string) {
	s.t.Helper()
	if err := os.WriteFile(s.file(), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// version is that of the settings in force, and why the newest file is not.
func (s *server) version() (version, rejected string) {
	s.t.Helper()
	status, err := s.client.Status(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return status.Settings.Version, status.Settings.Rejected
}

func TestSettingsAreReadAgainOnSIGHUPAndWhenTheirFileChanges(t *testing.T) {
	t.Parallel()
	s := serve(t)
	uas(t, s.platform(), "u1", "answer.xml")
	s.health("platform", "up")
	text := s.settings()
	first, _ := s.version()
	s.put(strings.Replace(text, "active: normaal", "active: storing", 1))
	eventually(t, 10*time.Second, "the changed file is in force", func() bool {
		v, _ := s.version()
		return v != first
	})
	if n := s.uac("u1", "uac.xml", 1, 1); n != 1 {
		t.Errorf("%d calls went well after the first change", n)
	}
	s.put(text + "\nunknown: key\n")
	s.signal(syscall.SIGHUP)
	eventually(t, 10*time.Second, "the faulty file is refused", func() bool {
		_, why := s.version()
		return strings.Contains(why, "unknown")
	})
	if n := s.uac("u1", "uac.xml", 1, 1); n != 1 {
		t.Errorf("%d calls went well while the file was faulty", n)
	}
	s.put(text)
	s.signal(syscall.SIGHUP)
	eventually(t, 10*time.Second, "the first settings are in force again", func() bool {
		v, why := s.version()
		return v == first && why == ""
	})
	s.expect(1+s.uac("u1", "uac.xml", 1, 1)+1, map[string]int{"attended flow:storing": 2, "answered platform": 1})
}

func TestAHundredReloadsASecondWithHalfWrittenFilesLoseNoCall(t *testing.T) {
	t.Parallel()
	const n = 100
	s := serve(t)
	platform := uas(t, s.platform(), "u1", "answer.xml")
	s.health("platform", "up")
	normal := s.settings()
	outage := strings.Replace(normal, "active: normaal", "active: storing", 1)
	first, _ := s.version()
	carrier := s.carries("u1", "uac.xml", n, 20)
	chance := rand.New(rand.NewPCG(28, 2))
	reloads, began := 0, time.Now()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for busy := true; busy; {
		select {
		case <-carrier.done:
			busy = false
		case <-tick.C:
			text := normal
			switch chance.IntN(4) {
			case 0:
				text = outage
			case 1: // cut off anywhere
				text = normal[:chance.IntN(len(normal))]
			case 2: // one half of each
				cut := chance.IntN(len(normal))
				text = normal[:cut] + strings.Repeat("\x00", 16) + outage[min(cut, len(outage)):]
			}
			s.put(text)
			s.signal(syscall.SIGHUP)
			reloads++
		}
	}
	took := time.Since(began)
	s.put(normal)
	s.signal(syscall.SIGHUP)
	eventually(t, 10*time.Second, "the settings are whole again", func() bool {
		v, why := s.version()
		return v == first && why == ""
	})
	s.idle(10 * time.Second)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	settle(t, platform)
	if ok := statistic(t, carrier, "SuccessfulCall(C)"); ok != n {
		t.Errorf("%d of %d calls went well", ok, n)
	}
	cdrs, _ := s.records()
	sums, by := ledger(cdrs), map[string]map[string]int{}
	for _, c := range cdrs {
		if by[c.Version] == nil {
			by[c.Version] = map[string]int{}
		}
		by[c.Version][c.Target.String()]++
	}
	for version, targets := range by {
		if len(targets) != 1 || version == first && targets["platform"] == 0 {
			t.Errorf("the calls of settings %s went to %v: that is a mix of two", version, targets)
		}
	}
	if sums["answered platform"]+sums["attended flow:storing"] != n || len(sums) != 2 || len(by) != 2 {
		t.Errorf("records %v by %d versions, want %d calls by two, some at each place", sums, len(by), n)
	}
	if got := counted(t, platform, "BYE_Recv"); got != sums["answered platform"] {
		t.Errorf("the platform counts %d calls, and the records say %v", got, sums)
	}
	row(t, "F28", "%.0f reloads a second (%d), half of files cut off or mixed, in %d calls: 0 lost, %v; each call by one generation of the settings or the other",
		float64(reloads)/took.Seconds(), reloads, n, sums)
}
