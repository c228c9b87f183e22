package peers

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"wissel/sip/sim"
)

// A lead hears the flow on her own telephone, over real sockets and by the command line.
func TestAFlowOnALeadsOwnTelephone(t *testing.T) {
	t.Parallel()
	s := serve(t)
	phone := newActor(t, "platform", s.platform(), sim.Answer(300*time.Millisecond).Pressing(3*time.Second, "2").Pressing(13*time.Second, "1").HangupAfter(18*time.Second))
	s.health("platform", "up")
	call := func(args ...string) (string, int) {
		cmd := exec.CommandContext(t.Context(), binary, append([]string{"flow", "call", "storing", "--control", s.control()}, args...)...)
		text, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return string(text), cmd.ProcessState.ExitCode()
	}
	out, code := call("--to", "sip:+31612345678@"+s.platform()+":5060")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	holds(t, out, "ringing +316****5678 over platform with flow storing, as callers of support hear it", "INVITE to udp:"+s.platform()+":5060", "answered after 0.", "heard  storing for 18s, 2 keys pressed; ended by callee: BYE",
		"a caller would be noted: callback +316****5678; nothing is written")
	if out, code = call("--to", "sip:anna@"+s.platform()+":5999"); code != 1 || !strings.Contains(out, "is the address of no trunk") {
		t.Errorf("exit code %d: %s", code, out)
	}
	clean(t, phone)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	if cdrs, wishes := s.records(); len(cdrs) != 1 || !cdrs[0].Test || len(wishes) != 0 {
		t.Errorf("records %+v, %v wishes", cdrs, wishes)
	}
}
