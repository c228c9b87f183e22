package peers

import (
	"fmt"
	"net"
	"testing"
	"time"

	"wissel"
)

// row prints a line of the table of faults and attacks once the test and all its subtests are over, if all went well.
func row(t *testing.T, id, format string, args ...any) {
	t.Helper()
	text := fmt.Sprintf(format, args...)
	t.Cleanup(func() {
		if !t.Failed() {
			t.Logf("ROW %s %s", id, text)
		}
	})
}

func TestARefusalGoesWhereTheTableSays(t *testing.T) {
	row(t, "F5", "sipp refuses with 503, 500, 408, 404: the next target answers; with 486 and 603: the flow; sipp's counts equal the records on both legs")
	for _, c := range []struct{ name, status, want string }{
		{"503 is followed by the reserve", "503 Service Unavailable", "answered reserve"},
		{"500 is followed by the reserve", "500 Server Internal Error", "answered reserve"},
		{"408 is followed by the reserve", "408 Request Timeout", "answered reserve"},
		{"404 is followed by the reserve", "404 Not Found", "answered reserve"},
		{"486 is a person's answer: the flow", "486 Busy Here", "attended flow:storing"},
		{"603 is a person's answer: the flow", "603 Decline", "attended flow:storing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const n = 3
			s := serve(t)
			platform := uas(t, s.platform(), "u1", "refuse.xml", "STATUS", c.status)
			reserve := uas(t, s.reserve(), "u1", "uas.xml")
			s.health("platform", "up")
			s.health("reserve", "up")
			s.expect(s.uac("u1", "uac.xml", n, 1), map[string]int{c.want: n})
			settle(t, platform)
			settle(t, reserve)
			asked, rung := counted(t, platform, "INVITE_Recv"), counted(t, reserve, "INVITE_Recv")
			cdrs, _ := s.records()
			if want := attempts(cdrs, "platform"); asked != want || asked == 0 {
				t.Errorf("the platform was asked %d times, and the records say %d", asked, want)
			}
			if want := attempts(cdrs, "reserve"); rung != want {
				t.Errorf("the reserve was asked %d times, and the records say %d", rung, want)
			}
		})
	}
}

// attempts counts how often the records say that a trunk was sent an INVITE.
func attempts(cdrs []wissel.CDR, trunk wissel.TrunkID) (n int) {
	for _, c := range cdrs {
		for _, a := range c.Attempts {
			if a.Target.Trunk == trunk && !a.Began.IsZero() && a.Leg != 0 {
				n++
			}
		}
	}
	return n
}

func TestTheContactOfA302IsNeverFollowed(t *testing.T) {
	t.Parallel()
	row(t, "A16", "sipp answers 302 with a Contact elsewhere: the address there receives 0 packets, the reserve answers")
	const n = 3
	s := serve(t)
	canary, err := net.ListenPacket("udp", s.net+".9:5060")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := canary.Close(); err != nil {
			t.Error(err)
		}
	}()
	platform := uas(t, s.platform(), "u1", "refuse.xml", "STATUS", "302 Moved Temporarily\nContact: <sip:+31900123456@"+s.net+".9:5060>")
	reserve := uas(t, s.reserve(), "u1", "uas.xml")
	s.health("platform", "up")
	s.health("reserve", "up")
	s.expect(s.uac("u1", "uac.xml", n, 1), map[string]int{"answered reserve": n})
	settle(t, platform)
	settle(t, reserve)
	if got := counted(t, platform, "INVITE_Recv"); got != n {
		t.Errorf("the platform was asked %d times, want %d", got, n)
	}
	if err := canary.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, from, err := canary.ReadFrom(make([]byte, 2048)); err == nil {
		t.Errorf("the Contact of a 302 received %d bytes from %v", n, from)
	}
}

func TestTelephonesThatRingUnansweredEndInTheFlow(t *testing.T) {
	t.Parallel()
	const n = 3
	s := serve(t, `to: ["sip:NET.3:5060"]`, `to: ["sip:NET.3:5060"], timers: {ring: 1s}`)
	ringing := uas(t, s.platform(), "u1", "ring.xml")
	reserve := uas(t, s.reserve(), "u1", "uas.xml")
	s.health("platform", "up")
	s.health("reserve", "up")
	s.expect(s.uac("u1", "uac.xml", n, 5), map[string]int{"attended flow:storing": n})
	settle(t, ringing) // its scenario wants each CANCEL, and an ACK to each 487
	settle(t, reserve)
	if got := counted(t, reserve, "INVITE_Recv"); got != 0 {
		t.Errorf("the reserve was rung %d times, after telephones had rung", got)
	}
	cdrs, _ := s.records()
	worst := time.Duration(0)
	for _, c := range cdrs {
		worst = max(worst, c.Answered.Sub(c.Began))
	}
	if worst > 2*time.Second {
		t.Errorf("the flow answered %v after the call came, with ring: 1s", worst)
	}
	row(t, "F6", "sipp rings for ever: after `ring` (1 s) it is CANCELled, its 487 ACKed, the flow answers at most %d ms after the call came; the reserve never rings", worst.Milliseconds())
}

func TestAPlatformThatSaysTryingAndNoMoreIsLeft(t *testing.T) {
	t.Parallel()
	const n = 3
	s := serve(t)
	trying := uas(t, s.platform(), "u1", "ring.xml", "SIP/2.0 180 Ringing", "SIP/2.0 100 Trying")
	reserve := uas(t, s.reserve(), "u1", "uas.xml")
	s.health("platform", "up")
	s.health("reserve", "up")
	s.expect(s.uac("u1", "uac.xml", n, 5), map[string]int{"answered reserve": n})
	settle(t, trying)
	settle(t, reserve)
	cdrs, _ := s.records()
	var left time.Duration
	for _, c := range cdrs {
		left = max(left, c.Attempts[1].Began.Sub(c.Attempts[0].Began))
	}
	if left < 3900*time.Millisecond || left > 5*time.Second {
		t.Errorf("the platform was left after %v, want `progress`, 4 s", left)
	}
	row(t, "F4", "sipp says 100 and no more: left after %.2f s with CANCEL, the reserve answers, nobody is rung twice", left.Seconds())
}

func TestWithoutAPlatformAndAReserveTheFlowAnswers(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.health("platform", "down")
	s.health("reserve", "down")
	s.expect(s.uac("u1", "uac.xml", calls, 10), map[string]int{"attended flow:storing": calls})
}
