package sip

import (
	"strings"
	"testing"

	"wissel"
)

// National numbers are those of the country that the settings name: who is dialled, who calls, and who forwarded him.
func TestNationalNumbersAreOfTheCountryInTheSettings(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		const ours = wissel.Number("+3222345678")
		line := wissel.Line{Number: ours, Group: "support"}
		h.mu.Lock()
		snap := *h.snap
		snap.Country, snap.Lines = "BE", map[wissel.Number]wissel.Line{ours: line}
		trunk := *snap.Trunks["north"]
		trunk.Headers.Diversion = true
		snap.Trunks["north"] = &trunk
		h.snap = &snap
		h.mu.Unlock()
		caller, north := h.peer(callerAt), h.peer(northAt)
		caller.invite("call1", "022345678", testOffer, "P-Asserted-Identity: <sip:0470123456@carrier.example>", "Diversion: <sip:023456789@carrier.example>;reason=no-answer")
		raw := north.request("INVITE").raw
		for _, want := range []string{
			"INVITE sip:" + string(ours) + "@north.example SIP/2.0\r\n", "\r\nFrom: <sip:+32470123456@", "\r\nP-Asserted-Identity: <sip:+32470123456@",
			"\r\nDiversion: <sip:+3223456789@",
		} {
			if !strings.Contains(raw, want) {
				t.Errorf("no %q in\n%s", want, raw)
			}
		}
	})
}
