package peers

import (
	"fmt"
	"testing"
	"time"

	"wissel/sip/sim"
)

func TestWithoutPortsForVoiceCallersHearTheFlowOrGetACode(t *testing.T) {
	t.Parallel()
	const n = 30
	s := serve(t, "ports: 20000-29999", "ports: 20000-20039") // 20 pairs
	platform := newActor(t, "platform", s.platform(), sim.Answer(20*time.Millisecond).Tone(550))
	carrier := newActor(t, "carrier", s.carrier(), sim.Refuse(480))
	s.health("platform", "up")
	var all []talk
	for i := range n {
		all = append(all, s.rings(carrier, sim.Dial{From: fmt.Sprintf("+316123460%02d", i), Plays: sim.Answers{Hz: 440}}))
	}
	eventually(t, 10*time.Second, "every call is answered or refused, and every answered one has sound", func() bool {
		for _, c := range all {
			if r := c.Record(); r.Status == 0 || r.Status == 200 && len(r.Sounds) == 0 {
				return false
			}
		}
		return true
	})
	var bridged, attended, refused int
	for _, c := range all {
		switch r := c.Record(); {
		case r.Status == 200 && len(r.Tones()) == 1 && r.Tones()[0] == 550:
			bridged++
		case r.Status == 200 && len(r.Tones()) == 0:
			attended++
		case r.Status == 503:
			refused++
		default:
			t.Errorf("a caller got %d and heard %v", r.Status, r.Sounds)
		}
		if r := c.Record(); r.Status == 200 {
			c.Hangup("")
			over(t, c, 5*time.Second)
		}
	}
	// A bridged call takes two pairs, one with the flow takes one, and 2 of the 20 are kept for flows. How many of each there
	// are is a race of the callers among themselves; no pair is left over.
	if 2*bridged+attended != 20 || bridged == 0 || attended < 2 || refused != n-bridged-attended {
		t.Errorf("%d were bridged, %d heard the flow, %d got 503, with 20 pairs, 2 of them kept for flows", bridged, attended, refused)
	}
	// Ports rest for 30 s, so none is free yet for who comes now.
	if r := over(t, s.rings(carrier, sim.Dial{From: "+31612346099"}), 5*time.Second); r.Status != 503 {
		t.Errorf("a call right behind got %d, want 503: ports rest", r.Status)
	}
	clean(t, carrier)
	clean(t, platform)
	s.idle(10 * time.Second)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	cdrs, _ := s.records()
	if sums := ledger(cdrs); sums["answered platform"] != bridged || sums["attended flow:storing"] != attended || len(cdrs) != n+1 {
		t.Errorf("records: %v", sums)
	}
	row(t, "F33", "20 port pairs, %d anchored calls: %d bridged, %d hear the flow on the pairs kept for it, %d get 503, 0 without sound; ports rest before reuse", n, bridged, attended, refused)
}
