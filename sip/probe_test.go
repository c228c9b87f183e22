package sip

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"wissel"
	"wissel/carriers/health"
)

// A probe and a call ask for the host, port and transport that the settings of the trunk name.
func TestProbesAndCallsAskForWhatTheSettingsName(t *testing.T) {
	for _, row := range []struct {
		name, host string
		port       uint16
		transport  wissel.Transport
		want       string
	}{
		{"no port, as with SRV records", "north.example", 0, wissel.UDP, "north.example"},
		{"the usual port", "north.example", 5060, wissel.UDP, "north.example"},
		{"another port", "127.0.0.1", 15080, wissel.UDP, "127.0.0.1:15080"},
		{"TCP", "north.example", 0, wissel.TCP, "north.example;transport=tcp"},
		{"TCP and another port", "north.example", 5070, wissel.TCP, "north.example:5070;transport=tcp"},
		{"TLS", "north.example", 5061, wissel.TLS, "north.example;transport=tls"},
		{"TLS on the port of others", "north.example", 5060, wissel.TLS, "north.example:5060;transport=tls"},
		{"IPv6", "2001:db8::20", 0, wissel.UDP, "[2001:db8::20]"},
		{"IPv6, another port", "2001:db8::20", 5070, wissel.UDP, "[2001:db8::20]:5070"},
	} {
		h := wissel.Host{Name: row.host, Port: row.port}
		a := wissel.Address{Transport: row.transport, AddrPort: netip.MustParseAddrPort("192.0.2.20:5090")} // where the packet goes
		probed := uriOf("", h, row.transport)
		if got := probed.String(); got != "sip:"+row.want {
			t.Errorf("%s: a probe asks for %s, want sip:%s", row.name, got, row.want)
		}
		f := farLeg{Trunk: &wissel.Trunk{ID: "north", Role: wissel.Platform}, Host: h, Address: a, Rung: rungTest}
		called := f.target()
		if got := called.String(); got != "sip:"+string(rungTest)+"@"+row.want {
			t.Errorf("%s: a call asks for %s", row.name, got)
		}
	}
}

func TestAProbeOnTheWire(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		trunk := *h.snap.Trunks["north"]
		trunk.Addresses = []wissel.Address{{Transport: wissel.UDP, AddrPort: netip.MustParseAddrPort("192.0.2.20:15080")}}
		north := h.net.listen("192.0.2.20:15080")
		go h.srv.Probe(h.t.Context(), &trunk, trunk.Addresses[0])
		d := <-north.in
		for _, want := range []string{
			"OPTIONS sip:north.example SIP/2.0\r\n", "\r\nTo: <sip:north.example>\r\n", "\r\nMax-Forwards: 70\r\n", "\r\nContact: <sip:node1@192.0.2.1",
			"\r\nAccept: application/sdp\r\n",
		} {
			if !strings.Contains(string(d.data), want) {
				t.Errorf("no %q in\n%s", want, d.data)
			}
		}
	})
}

// A leg that is left is not asked once more in the moment of leaving, though its retransmission is due in the same.
func TestLeavingComesBeforeTheRetransmission(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north, south := h.peer(callerAt), h.peer(northAt), h.peer(southAt)
		h.probing()
		north.alive()
		south.alive()
		caller.invite("call1", string(rungTest), testOffer)
		north.request("INVITE")
		south.request("INVITE")
		north.quiet(100 * time.Millisecond)
	})
}

// TestAProbeReadsRetryAfter: what a peer asks for with its 503 reaches who probes, in seconds, whatever else is in the field.
func TestAProbeReadsRetryAfter(t *testing.T) {
	for field, want := range map[string]time.Duration{
		"Retry-After: 20": 20 * time.Second, "Retry-After: 5 (at lunch);duration=60": 5 * time.Second, "Retry-After: never": 0, "X-None: 1": 0,
		"Retry-After: 99999999": time.Hour,
	} {
		inHouse(t, wissel.Anchored, func(h *house) {
			north, trunk := h.peer(northAt), h.snap.Trunks["north"]
			done := make(chan health.Observation, 1)
			go func() { done <- h.srv.Probe(h.t.Context(), trunk, trunk.Addresses[0]) }()
			north.answers(503, field)
			if o := <-done; o.Status != 503 || o.Rest != want {
				t.Errorf("%s: %+v", field, o)
			}
		})
	}
}
