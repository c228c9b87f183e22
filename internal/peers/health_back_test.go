package peers

import (
	"testing"
	"time"
)

// comesBackWorse kills the primary, and lets it come back such that it answers OPTIONS and refuses three calls in ten. The way
// back to it must be broken off by its own measure, and the reserve, which takes every call, must go on leading.
func comesBackWorse(t *testing.T) finding {
	w, primary, reserve := pair(t, "uas.xml", "    active: normaal", "    active: normaal\n    handback: {calm: 2s, shares: [50%, 100%], samples: 10}")
	f := w.strike("uac.xml", steady, 30*time.Second, func() {
		primary.kill()
		w.health("platform", "down")
		w.answers(w.platform(), "third.xml", nil)
	}, nothing)
	settleBut(t, reserve, f.Calls/50)
	if f.Stages == 0 || f.Aborts == 0 {
		t.Errorf("%d stages of a way back and %d broken off, want both", f.Stages, f.Aborts)
	}
	return f
}
