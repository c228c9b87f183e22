package peers

import (
	"syscall"
	"testing"
	"time"

	"wissel"
)

// paused stops wissel itself for a while, as a virtual machine is stopped when it moves, at 100 calls a second from callers
// who give up after 5 s. Whoever gave up must find his CANCEL obeyed; nobody else may be lost.
func paused(long time.Duration) func(t *testing.T) finding {
	return func(t *testing.T) finding {
		const many = 100
		w, primary, reserve := pair(t, "uas.xml")
		other := w.watch("reserve")
		f := w.strike("uac_patient.xml", many, long+6*time.Second, func() {
			w.signal(syscall.SIGSTOP)
			pause(long)
			w.signal(syscall.SIGCONT)
		}, nothing)
		other.stop()
		if n := other.falls(); n != 0 {
			t.Errorf("the reserve was found to be down %d times", n)
		}
		cdrs, _ := w.records()
		gaveUp := 0
		for _, c := range cdrs {
			if c.Outcome == wissel.Abandoned {
				gaveUp++
			}
		}
		f.GaveUp = gaveUp
		settleBut(t, primary, f.Calls)
		settleBut(t, reserve, f.Calls/50)
		return f
	}
}
