package peers

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// urgent lets the kernel serve a process before all else that runs on this machine (sched(7), SCHED_RR): who listens for gaps
// of 60 ms must not hear those that others make. Where that is not allowed the witness tells.
func urgent(p *process) {
	args := asRoot("chrt", "-a", "-r", "-p", "1", strconv.Itoa(p.cmd.Process.Pid))
	_ = exec.Command(args[0], args[1:]...).Run()
}

// witnessEnv, when set, makes this program a witness: it wants to run every 5 ms, and prints when it did not.
const witnessEnv = "WISSEL_PEERS_WITNESS"

const every = 5 * time.Millisecond

func witnessed() int {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for last := time.Now(); ; {
		<-tick.C
		now := time.Now()
		if by := now.Sub(last) - every; by > 2*every {
			fmt.Println(now.UnixNano(), by.Nanoseconds())
		}
		last = now
	}
}

// A witness tells when this machine was late, to those that are urgent as it is itself.
type witness struct{ *process }

// startWitness lets it look until the test ends.
func startWitness(t *testing.T) witness {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := witness{start(t, t.TempDir(), "env", witnessEnv+"=1", self)}
	urgent(w.process)
	return w
}

// between is the longest lateness between two moments.
func (w witness) between(from, to time.Time) (most time.Duration) {
	for line := range strings.Lines(w.out.String()) {
		var at, by int64
		if _, err := fmt.Sscan(line, &at, &by); err != nil {
			continue // not written to its end yet
		}
		if ran := time.Unix(0, at); ran.After(from) && ran.Add(-time.Duration(by)).Before(to) {
			most = max(most, time.Duration(by))
		}
	}
	return most
}
