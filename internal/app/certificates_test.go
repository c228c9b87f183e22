package app

import (
	"bytes"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/configs"
	"wissel/sip/transport"
)

func TestCertificatesThatNearTheirEndAreAlarms(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.Local)
	in := func(days int) time.Time { return now.AddDate(0, 0, days) }
	at := func(s string) wissel.Address {
		return wissel.Address{Transport: wissel.TLS, AddrPort: netip.MustParseAddrPort(s)}
	}
	var log bytes.Buffer
	a := &App{routing: newRouting("node1"), log: slog.New(slog.NewTextHandler(&log, nil))}
	a.settings.Store(&inUse{file: &configs.File{OurTLS: []configs.Certificate{{File: "/etc/wissel/tls.pem", Until: in(10)}}}})
	a.routing.setTrunks(map[wissel.TrunkID]*wissel.Trunk{
		"kpn":     {ID: "kpn", Addresses: []wissel.Address{at("192.0.2.1:5061"), at("192.0.2.2:5061")}},
		"genesys": {ID: "genesys", Addresses: []wissel.Address{at("192.0.2.3:5061")}},
		"plain":   {ID: "plain", Addresses: []wissel.Address{{Transport: wissel.UDP, AddrPort: netip.MustParseAddrPort("192.0.2.1:5060")}}},
	})
	a.certs.seen(transport.PeerCertificate{Peer: at("192.0.2.1:5061"), Until: in(300)})
	a.certs.seen(transport.PeerCertificate{Peer: at("192.0.2.2:40000"), Until: in(2)}) // it called us
	a.certs.seen(transport.PeerCertificate{Peer: at("192.0.2.3:5061"), Until: in(-1)})
	a.certs.seen(transport.PeerCertificate{Peer: at("198.51.100.1:5061"), Until: in(1)}) // of no trunk

	got := strings.Join(a.certificateAlarms(now), "\n")
	want := "our certificate /etc/wissel/tls.pem expires in 10 days, on 11 Jun 2026: peers over TLS refuse us after that. Put a new one in its place, then `wissel reload`\n" +
		"the certificate of trunk genesys expired on 31 May 2026: the trunk is down after that. Ask who runs it to renew it\n" +
		"the certificate of trunk kpn expires in 2 days, on 3 Jun 2026: the trunk is down after that. Ask who runs it to renew it"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	a.tellCertificates(now)
	a.tellCertificates(now.Add(time.Hour))
	if n := strings.Count(log.String(), "\n"); n != 3 {
		t.Errorf("logged %d times, want once for each:\n%s", n, log.String())
	}

	a.settings.Store(&inUse{file: &configs.File{OurTLS: []configs.Certificate{{File: "/etc/wissel/tls.pem", Until: in(365)}}}})
	a.certs.seen(transport.PeerCertificate{Peer: at("192.0.2.2:5061"), Until: in(365)})
	a.certs.seen(transport.PeerCertificate{Peer: at("192.0.2.3:5061"), Until: in(365)})
	if got := a.certificateAlarms(now); len(got) != 0 {
		t.Errorf("all are renewed, and still there is %q", got)
	}
}
