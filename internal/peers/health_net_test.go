package peers

import (
	"strings"
	"testing"
	"time"
)

// cutOff drops all that our own interface sends and receives for 30 s, the router's answers too. Callers try on: sipp repeats
// an INVITE for longer than that. Nothing may be switched, the alarm must say that it is us, and calls must resume.
func cutOff(t *testing.T) finding {
	const long = 30 * time.Second
	w := newFarWorld(t)
	primary := w.answers(w.platform(), "uas.xml", nil)
	reserve := w.answers(w.reserve(), "uas.xml", nil)
	w.begin("platform", "reserve")
	other := w.watch("reserve")
	var alarms []string
	f := w.strike("uac.xml", steady/2, long+12*time.Second, func() {
		// At the receiving end of either way: who sends must not be told.
		w.iptables("-A", "INPUT", "-i", "out", "-j", "DROP")
		must(t, "nsenter", "-t", w.far, "-n", "iptables", "-w", "-A", "INPUT", "-i", "in", "-j", "DROP")
		pause(long)
		status, err := w.client.Status(t.Context())
		if err != nil {
			t.Errorf("status: %v", err)
		}
		alarms = status.Alarms
		w.iptables("-F")
		must(t, "nsenter", "-t", w.far, "-n", "iptables", "-w", "-F")
	}, nothing, "-max_retrans", "40", "-max_invite_retrans", "40", "-max_non_invite_retrans", "40")
	other.stop()
	if n := other.falls(); n != 0 {
		t.Errorf("the reserve was found to be down %d times", n)
	}
	if !strings.Contains(strings.Join(alarms, "\n"), "it is us") {
		t.Errorf("the alarms do not say that it is us: %q", alarms)
	}
	settleBut(t, primary, f.Calls)
	settleBut(t, reserve, f.Calls)
	return f
}
