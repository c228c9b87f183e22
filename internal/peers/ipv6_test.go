package peers

import (
	"net"
	"testing"
	"time"
)

// The whole of a call over IPv6: probes, the caller's leg, the far leg, and the media of both. Loopback has one address of
// IPv6, so the parties differ by their ports.
func TestACallOverIPv6(t *testing.T) {
	try, err := net.ListenPacket("udp6", "[::1]:0")
	if err != nil {
		t.Fatalf("loopback has no IPv6 here, so nothing can be shown: give it ::1 (sysctl net.ipv6.conf.lo.disable_ipv6=0): %v", err)
	}
	if err := try.Close(); err != nil {
		t.Fatal(err)
	}
	const n = 3
	s := serve(t, `"udp://NET.1:5060"`, `"udp://[::1]:5960"`, "\n    - {bind: \"tcp://NET.1:5060\"}", "", "address: NET.1", `address: "::1"`,
		"sip:NET.2:5060", "sip:[::1]:5970", "sip:NET.3:5060", "sip:[::1]:5980", "sip:NET.4:5060", "sip:[::1]:5990")
	platform := sipp(t, "uas.xml", nil, "-i", "::1", "-mi", "::1", "-p", "5980", "-mp", "16000", "-t", "u1", "-timeout", "60")
	s.health("platform", "up")
	carrier := sipp(t, "uac.xml", nil, "[::1]:5960", "-s", number, "-i", "::1", "-mi", "::1", "-p", "5970", "-mp", "17000", "-t", "u1", "-inf", "callers.csv",
		"-m", "3", "-l", "3", "-r", "3", "-timeout", "30", "-recv_timeout", "15000")
	carrier.wait(35 * time.Second)
	s.expect(statistic(t, carrier, "SuccessfulCall(C)"), map[string]int{"answered platform": n})
	settle(t, platform)
	if asked := counted(t, platform, "INVITE_Recv"); asked != n {
		t.Errorf("the platform was asked %d times, want %d", asked, n)
	}
}
