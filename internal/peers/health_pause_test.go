package peers

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"wissel"
)

// paused stops wissel itself for a while, as a virtual machine is stopped when it moves, at so many calls a second. Callers
// give up when nobody has answered after patience: each CANCEL must be obeyed, and nobody be lost. What waits for who sleeps,
// and what he says when he wakes, comes all at once: sipp takes it with as large a buffer as it may have.
func paused(long time.Duration, rate int, patience time.Duration) func(t *testing.T) finding {
	return func(t *testing.T) finding {
		w, primary, reserve := pair(t, "uas.xml")
		w.words = []string{`timeout="5000"`, fmt.Sprintf(`timeout="%d"`, patience.Milliseconds())}
		other := w.watch("reserve")
		f := w.strike("uac_patient.xml", rate, long+6*time.Second, func() {
			w.signal(syscall.SIGSTOP)
			pause(long)
			w.signal(syscall.SIGCONT)
		}, nothing, "-recv_timeout", "90000", "-max_retrans", "40", "-max_non_invite_retrans", "40", "-buff_size", "4194304") // they wait until it is back
		other.stop()
		if n := other.falls(); n != 0 {
			t.Errorf("the reserve was found to be down %d times", n)
		}
		cdrs, _ := w.records()
		sums := ledger(cdrs)
		f.GaveUp = sums[string(wissel.Abandoned)]
		if gone := counted(t, f.carrier, "CANCEL_Sent"); gone == 0 {
			t.Error("nobody gave up")
		}
		ended, answered := counted(t, f.carrier, "487_Recv"), counted(t, f.carrier, "BYE_Sent")
		if ended != f.GaveUp || answered != sums["answered platform"] || ended+answered != len(cdrs) {
			t.Errorf("sipp counts %d calls that ended with 487 and %d answered ones, the records say %v", ended, answered, sums)
		}
		settleBut(t, primary, 2*f.Calls) // one that is cancelled counts as aborted, and what still comes of it as another
		settleBut(t, reserve, f.Calls/50)
		return f
	}
}
