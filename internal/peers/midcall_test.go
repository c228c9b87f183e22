package peers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wissel/sip/sim"
)

func TestWhatHappensWithinACall(t *testing.T) {
	const n = 5
	for _, c := range []struct{ name, carrier, platform, ends string }{
		{"the platform hangs up", "uac_follow.xml", "bye.xml", "callee"},
		{"the platform holds and takes back", "uac_follow.xml", "hold.xml", "callee"},
		{"the caller holds and takes back", "uac_hold.xml", "follow.xml", "caller"},
		{"the caller offers nothing until his ACK", "uac_late.xml", "uas.xml", "caller"},
		{"183 twelve times, then 180, then an answer", "uac.xml", "progress.xml", "caller"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			platform := uas(t, s.platform(), "u1", c.platform)
			s.health("platform", "up")
			s.expect(s.uac("u1", c.carrier, n, 5), map[string]int{"answered platform": n})
			settle(t, platform)
			cdrs, _ := s.records()
			for _, r := range cdrs {
				if !strings.HasPrefix(r.EndedBy, c.ends) {
					t.Errorf("ended by %q, want the %s", r.EndedBy, c.ends)
				}
			}
			if c.platform == "progress.xml" {
				row(t, "F13", "sipp sends 183 with a description 12 times, then 180, then 200: %d of %d calls live, both legs end", len(cdrs), n)
			}
		})
	}
}

func TestAPlatformMayAskForCredentials(t *testing.T) {
	// sipp looks at Authorization by itself, and at Proxy-Authorization only as we tell it: whose they are.
	proxy := []string{"401 Unauthorized", "407 Proxy Authentication Required", "WWW-Authenticate", "Proxy-Authenticate",
		`<verifyauth assign_to="ok" username="wissel" password="geheim"/>`,
		`<ereg regexp="username=.wissel., realm=.platform.example." search_in="hdr" header="Proxy-Authorization:" assign_to="ok"/>`}
	for _, c := range []struct {
		name, password, want string
		replace              []string
	}{
		{"the right ones after a 401", "geheim", "answered platform", nil},
		{"wrong ones, once: the reserve", "verkeerd", "answered reserve", nil},
		{"after a 407", "geheim", "answered platform", proxy},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const n = 3
			s := &server{t: t, net: network(), dir: t.TempDir()}
			s.prepare(t, `to: ["sip:NET.3:5060"]`, `to: ["sip:NET.3:5060"], username: wissel, password: "file:DIR/secret", realm: platform.example`)
			write(t, s.dir, "secret", c.password)
			s.restart()
			platform := uas(t, s.platform(), "u1", "digest.xml", c.replace...)
			reserve := uas(t, s.reserve(), "u1", "uas.xml")
			s.health("platform", "up")
			s.health("reserve", "up")
			s.expect(s.uac("u1", "uac.xml", n, 2), map[string]int{c.want: n})
			settle(t, platform)
			settle(t, reserve)
			if got := counted(t, platform, "INVITE_Recv"); got != 2*n {
				t.Errorf("the platform got %d INVITEs, want two of each call", got)
			}
		})
	}
}

func TestACallerWhoGivesUpAtAnyMomentLeavesNoLeg(t *testing.T) {
	t.Parallel()
	const n = 40
	s := serve(t)
	platform := uas(t, s.platform(), "u1", "race.xml") // answers after 300 ms
	carrier := newActor(t, "carrier", s.carrier(), sim.Refuse(480))
	s.health("platform", "up")
	var all []talk
	for i := range n {
		all = append(all, s.rings(carrier, sim.Dial{From: fmt.Sprintf("+316123470%02d", i), Cancel: time.Duration(1+15*i) * time.Millisecond}))
	}
	before, crossed := 0, 0
	for _, c := range all {
		switch r := over(t, c, 10*time.Second); r.Status {
		case 487:
			before++
		case 200:
			crossed++
		default:
			t.Errorf("a caller who gave up got %d", r.Status)
		}
	}
	s.idle(10 * time.Second)
	clean(t, carrier)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	settleBut(t, platform, 3) // sipp gives up on a CANCEL that comes between its timer and its 200
	cdrs, _ := s.records()
	sums := ledger(cdrs)
	if sums["answered platform"] != crossed || len(cdrs) != n {
		t.Errorf("records: %v, and %d callers got 487, %d were answered", sums, before, crossed)
	}
	if before == 0 || crossed == 0 {
		t.Errorf("%d were cancelled and %d answered: no race", before, crossed)
	}
	row(t, "F10", "%d CANCELs from 1 to %d ms against sipp that answers at 300 ms: %d got 487, %d the 200 and a BYE; 0 legs left on either side", n, 15*n, before, crossed)
}

func TestA200ThatComesAfterTheCANCELIsACKedAndEnded(t *testing.T) {
	t.Parallel()
	const n = 3
	s := serve(t, `to: ["sip:NET.3:5060"]`, `to: ["sip:NET.3:5060"], timers: {ring: 1s}`)
	platform := uas(t, s.platform(), "u1", "late.xml")
	s.health("platform", "up")
	carrier := s.carries("u1", "uac.xml", n, 5)
	carrier.wait(40 * time.Second)
	settle(t, platform) // its scenario wants the ACK and the BYE, a second after the CANCEL
	s.expect(statistic(t, carrier, "SuccessfulCall(C)"), map[string]int{"attended flow:storing": n})
	row(t, "F11", "sipp answers 1 s after the CANCEL: ACK and BYE, the caller stays with the flow, %d of %d", n, n)
}

func TestAnACKThatNeverComesEndsTheCall(t *testing.T) {
	t.Parallel()
	const n = 3
	s := serve(t)
	platform := uas(t, s.platform(), "u1", "uas.xml")
	s.health("platform", "up")
	s.expect(s.uac("u1", "uac_noack.xml", n, 5), map[string]int{"answered platform": n})
	settle(t, platform)
	cdrs, _ := s.records()
	var least, most time.Duration
	for i, c := range cdrs {
		up := c.Ended.Sub(c.Answered)
		if most = max(most, up); i == 0 || up < least {
			least = up
		}
	}
	if least < 31900*time.Millisecond || most > 34*time.Second {
		t.Errorf("ended %v to %v after the 200, want 32 s", least, most)
	}
	row(t, "F14", "sipp never ACKs: the 200 is repeated, BYE to both legs after %.1f to %.1f s", least.Seconds(), most.Seconds())
}
