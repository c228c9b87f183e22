package selfcheck

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"wissel"
)

func TestJudge(t *testing.T) {
	gateway := func(s standing) answer { return answer{what: "gateway", is: s} }
	beside := func(s standing) answer { return answer{what: "name server on our segment", is: s} }
	beyond := func(s standing) answer { return answer{what: "name server beyond", beyond: true, is: s} }
	second := func(s standing) answer { return answer{what: "second", beyond: true, is: s} }
	rows := []struct {
		name    string
		answers []answer
		want    string
	}{
		{"nothing is asked", nil, ""},
		{"all answer", []answer{gateway(answered), beyond(answered), second(answered)}, "well"},
		{"nobody answers", []answer{gateway(silent), beyond(silent), second(silent)}, "failed"},
		{"the router alone answers: the line behind it is cut", []answer{gateway(answered), beyond(silent), second(silent)}, "failed"},
		{"a name server beyond it answers, the router does not", []answer{gateway(silent), beyond(answered)}, "well"},
		{"a name server beyond it answers, the second address does not", []answer{gateway(answered), beyond(answered), second(silent)}, "well"},
		{"the second address answers, the name server does not", []answer{beyond(silent), second(answered)}, "well"},
		{"the router answers, and nothing beyond it is asked", []answer{gateway(answered)}, ""},
		{"the router does not answer, and nothing beyond it is asked", []answer{gateway(silent)}, "failed"},
		{"router and name server on our segment answer", []answer{gateway(answered), beside(answered)}, ""},
		{"of router and name server on our segment one answers", []answer{gateway(silent), beside(answered)}, ""},
		{"nothing could be asked", []answer{gateway(untold), beyond(untold)}, ""},
		{"the router keeps silent by rule, and the name server beyond it is not reached", []answer{gateway(untold), beyond(silent)}, "failed"},
		{"the router keeps silent by rule, and nothing else is asked", []answer{gateway(untold)}, ""},
	}
	for _, row := range rows {
		n := judge(row.answers)
		got := ""
		switch {
		case n.Well && n.Failed:
			t.Errorf("%s: both", row.name)
		case n.Well:
			got = "well"
		case n.Failed:
			got = "failed"
		}
		if got != row.want || len(n.Checked) != len(row.answers) || len(n.Evidence) != len(row.answers) {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

const header = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"

func TestDefaultRoute(t *testing.T) {
	rows := []struct{ name, text, want string }{
		{"one", header + "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\neth0\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n", "192.0.2.1"},
		{"two: the lower metric", header + "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\nwlan0\t00000000\tFE6433C6\t0003\t0\t0\t20\t00000000\t0\t0\t0\n", "198.51.100.254"},
		{"one that is down", header + "eth0\t00000000\t010200C0\t0002\t0\t0\t100\t00000000\t0\t0\t0\n", ""},
		{"a line without a router", header + "ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n", ""},
		{"half of all", header + "tun0\t00000000\t010200C0\t0003\t0\t0\t0\t00000080\t0\t0\t0\n", ""},
		{"none", header, ""},
		{"empty", "", ""},
		{"nonsense", header + "eth0\t00000000\tXYZ\t0003\t0\t0\t0\t00000000\t0\t0\t0\nshort\t00000000\n", ""},
	}
	for _, row := range rows {
		ip, ok := defaultRoute(row.text)
		if ok != (row.want != "") || ok && ip.String() != row.want {
			t.Errorf("%s: %v", row.name, ip)
		}
	}
}

func TestKnownByARP(t *testing.T) {
	const text = "IP address       HW type     Flags       HW address            Mask     Device\n" +
		"192.0.2.1        0x1         0x2         02:00:00:00:00:01     *        eth0\n" +
		"192.0.2.2        0x1         0x0         00:00:00:00:00:00     *        eth0\n"
	for ip, want := range map[string]bool{"192.0.2.1": true, "192.0.2.2": false, "192.0.2.3": false} {
		if got := knownByARP(text, netip.MustParseAddr(ip)); got != want {
			t.Errorf("%s: %v", ip, got)
		}
	}
}

func TestWhatIsAsked(t *testing.T) {
	stub := "# made by systemd\nnameserver 127.0.0.53\noptions edns0\n"
	rows := []struct {
		name     string
		set      wissel.SelfCheck
		files    map[string]string
		gateway  string
		resolver string
	}{
		{"nothing", wissel.SelfCheck{}, map[string]string{"etc/resolv.conf": "nameserver 192.0.2.53\n"}, "invalid IP", "invalid AddrPort"},
		{"as given", wissel.SelfCheck{Gateway: "192.0.2.1", Resolver: "192.0.2.53"}, nil, "192.0.2.1", "192.0.2.53:53"},
		{"with a port", wissel.SelfCheck{Resolver: "[2001:db8::53]:5353"}, nil, "invalid IP", "[2001:db8::53]:5353"},
		{"auto on a host with both", wissel.SelfCheck{Gateway: "auto", Resolver: "auto"}, map[string]string{
			"proc/net/route":  header + "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n",
			"etc/resolv.conf": "search example\nnameserver 192.0.2.53\nnameserver 192.0.2.54\n"}, "192.0.2.1", "192.0.2.53:53"},
		{"auto on a host without a network", wissel.SelfCheck{Gateway: "auto", Resolver: "auto"}, map[string]string{
			"proc/net/route": header, "etc/resolv.conf": ""}, "invalid IP", "invalid AddrPort"},
		{"auto without the files", wissel.SelfCheck{Gateway: "auto", Resolver: "auto"}, nil, "invalid IP", "invalid AddrPort"},
		{"a stub on this host, and the one behind it", wissel.SelfCheck{Resolver: "auto"}, map[string]string{
			"etc/resolv.conf": stub, "run/systemd/resolve/resolv.conf": "nameserver 198.51.100.53\n"}, "invalid IP", "198.51.100.53:53"},
		{"a stub on this host, and nothing behind it", wissel.SelfCheck{Resolver: "auto"}, map[string]string{"etc/resolv.conf": stub}, "invalid IP", "invalid AddrPort"},
	}
	for _, row := range rows {
		c := &Checker{root: t.TempDir()}
		for name, text := range row.files {
			at := filepath.Join(c.root, name)
			if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		gateway, _ := c.gateway(row.set.Gateway)
		resolver, _ := c.resolver(row.set.Resolver)
		if got, want := []string{gateway.String(), resolver.String()}, []string{row.gateway, row.resolver}; !slices.Equal(got, want) {
			t.Errorf("%s: asks %q, want %q", row.name, got, want)
		}
	}
}
