package peers

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"wissel/sip/sim"
)

// talking starts a server with a platform that answers, and n calls that talk.
func talking(t *testing.T, n int, replace ...string) (s *server, carrier, platform *actor, all []talk) {
	t.Helper()
	s = serve(t, replace...)
	platform = newActor(t, "platform", s.platform(), sim.RingThenAnswer(10*time.Millisecond, 30*time.Millisecond).Tone(550))
	carrier = newActor(t, "carrier", s.carrier(), sim.Refuse(480))
	s.health("platform", "up")
	for i := range n {
		all = append(all, s.rings(carrier, sim.Dial{From: "+3161234567" + string(rune('0'+i)), Plays: sim.Answers{Hz: 440}}))
	}
	for _, c := range all {
		answered(t, c)
	}
	return s, carrier, platform, all
}

func TestSIGTERMLetsCallsFinishAndEndsThoseThatDoNot(t *testing.T) {
	t.Parallel()
	s, carrier, platform, all := talking(t, 3, "drain: {max: 3s}", "drain: {max: 7s}")
	began := time.Now()
	s.signal(syscall.SIGTERM)
	eventually(t, 5*time.Second, "OPTIONS are answered with 503", func() bool { return carrier.Ask(s.at()) == 503 })
	refused := over(t, s.rings(carrier, sim.Dial{From: "+31612345699"}), 5*time.Second)
	if refused.Status != 503 {
		t.Errorf("a new call got %d, want 503", refused.Status)
	}
	all[0].Hangup("")
	if r := over(t, all[0], 5*time.Second); r.EndedBy != "us" {
		t.Errorf("the call that hung up ended by %s", r.EndedBy)
	}
	for _, c := range all[1:] {
		if r := over(t, c, 15*time.Second); r.EndedBy != "them" {
			t.Errorf("a call that went on ended by %s", r.EndedBy)
		}
	}
	if took := time.Since(began); took < 6900*time.Millisecond || took > 12*time.Second {
		t.Errorf("calls that go on ended %v after SIGTERM, want drain.max, 7s", took)
	}
	if code := s.wait(10 * time.Second); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	if text := s.out.String(); !strings.Contains(text, "draining calls=2") {
		t.Errorf("no line says that 2 calls are left:\n%s", last(text, 1000))
	}
	clean(t, carrier)
	clean(t, platform)
	if in, out := platform.Ledger().ByesIn, carrier.Ledger().ByesIn; in != 3 || out != 2 {
		t.Errorf("the platform got %d BYEs and the carrier %d, want 3 and 2", in, out)
	}
	cdrs, _ := s.records()
	if sums := ledger(cdrs); sums["answered platform"] != 3 {
		t.Errorf("records: %v", sums)
	}
}

func TestDrainCanEndCallsAtOnce(t *testing.T) {
	t.Parallel()
	s, carrier, platform, all := talking(t, 3, "drain: {max: 3s}", "drain: {max: 60s}")
	drain := start(t, s.dir, binary, "drain", "--end-calls", "--control", s.control())
	if code := drain.wait(20 * time.Second); code != 0 {
		t.Errorf("wissel drain ended with %d: %s", code, drain.out.String())
	}
	for _, c := range all {
		if r := over(t, c, 5*time.Second); r.EndedBy != "them" {
			t.Errorf("a call ended by %s, want a BYE of wissel", r.EndedBy)
		}
	}
	if code := s.wait(10 * time.Second); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	clean(t, carrier)
	clean(t, platform)
	cdrs, _ := s.records()
	if sums := ledger(cdrs); sums["answered platform"] != 3 {
		t.Errorf("records: %v", sums)
	}
}
