package peers

import (
	"os"
	"testing"
	"time"
)

// kamailio starts a carrier's edge at a host; next is where calls from wissel go on to.
func (s *server) kamailio(host, next string) *process {
	s.t.Helper()
	text, err := os.ReadFile("testdata/kamailio.cfg")
	if err != nil {
		s.t.Fatal(err)
	}
	dir := s.t.TempDir()
	write(s.t, dir, "kamailio.cfg", string(text), "HOST", host, "DIR", dir, "WISSEL", s.wissel(), "NEXT", next)
	write(s.t, dir, "dispatcher.list", "1 sip:"+s.wissel()+":5060\n")
	p := start(s.t, dir, "kamailio", "-DD", "-E", "-f", dir+"/kamailio.cfg", "-Y", dir, "-w", dir, "-m", "64", "-M", "8")
	listening(s.t, "udp", host+":5060")
	return p
}

func TestCallsPassThroughACarriersEdge(t *testing.T) {
	for _, c := range []struct {
		name, carrier, far string
		platform           bool
		want               string
	}{
		{"in, and the caller hangs up", "uac.xml", "uas.xml", true, "answered platform"},
		{"in, and the platform hangs up", "uac_follow.xml", "bye.xml", true, "answered platform"},
		{"in, and the platform holds and takes back", "uac_follow.xml", "hold.xml", true, "answered platform"},
		{"in and out again, and the caller hangs up", "uac.xml", "uas.xml", false, "answered reserve"},
		{"in and out again, and the reserve hangs up", "uac_follow.xml", "bye.xml", false, "answered reserve"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const n = 5
			s := &server{t: t, net: network(), dir: t.TempDir()}
			edge, behind := s.net+".5", s.net+".6"
			// The carrier's calls come from the edge, and the reserve is reached through it.
			s.prepare(t, `carrier:  {role: carrier,  to: ["sip:NET.2:5060"], probe: {off: true}}`, `carrier:  {role: carrier,  to: ["sip:NET.5:5060"]}`,
				`to: ["sip:NET.4:5060"]`, `to: ["sip:NET.6:5060"]`)
			s.restart()
			far := s.platform()
			if !c.platform {
				far = s.reserve()
			}
			target := uas(t, far, "u1", c.far)
			s.kamailio(edge, s.reserve())
			s.kamailio(behind, s.reserve())
			s.health("carrier", "up")
			s.health("reserve", "up")
			if c.platform {
				s.health("platform", "up")
			} else {
				s.health("platform", "down")
			}
			p := s.towards(edge, "u1", c.carrier, n, 5)
			p.wait(60 * time.Second)
			s.expect(statistic(t, p, "SuccessfulCall(C)"), map[string]int{c.want: n})
			settle(t, target)
			if got := counted(t, target, "INVITE_Recv"); got != n {
				t.Errorf("the far end was rung %d times, want %d", got, n)
			}
		})
	}
}
