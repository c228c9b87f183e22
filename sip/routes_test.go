package sip

import (
	"strings"
	"testing"

	"wissel"
)

// A route without lr is a strict router's: it is the Request-URI, and the remote target comes last in Route (RFC 3261
// §12.2.1.1). One with lr is a loose router's, and the remote target stays the Request-URI. Either way the request goes to
// the first route.
func TestStrictAndLooseRouters(t *testing.T) {
	for _, row := range []struct{ name, record, uri, routes string }{
		{"no route", "", "sip:peer@192.0.2.20:5060", ""},
		{"a loose router", "<sip:192.0.2.20:5062;lr>", "sip:peer@192.0.2.20:5060", "<sip:192.0.2.20:5062;lr>"},
		{"a strict router", "<sip:192.0.2.20:5062>", "sip:192.0.2.20:5062", "<sip:peer@192.0.2.20:5060>"},
		{"a loose one behind a strict one", "<sip:far.example;lr>, <sip:192.0.2.20:5062>", "sip:192.0.2.20:5062", "<sip:far.example;lr>|<sip:peer@192.0.2.20:5060>"},
		{"a strict one behind a loose one", "<sip:far.example>, <sip:192.0.2.20:5062;lr>", "sip:peer@192.0.2.20:5060", "<sip:192.0.2.20:5062;lr>|<sip:far.example>"},
	} {
		inHouse(t, wissel.Anchored, func(h *house) {
			caller, north := h.peer(callerAt), h.peer(northAt)
			router := north
			var extra []string
			if row.record != "" {
				router = h.peer("192.0.2.20:5062")
				extra = []string{"Record-Route: " + row.record}
			}
			caller.invite("call1", string(rungTest), testOffer)
			north.answer(north.request("INVITE"), 200, testOffer, extra...)
			ok := caller.response(200)
			caller.within("ACK", ok, "")
			caller.within("BYE", ok, "")
			for _, method := range []string{"ACK", "BYE"} {
				m := router.request(method)
				var routes []string
				for _, f := range m.fields {
					if f.id == fieldRoute {
						routes = append(routes, string(f.value))
					}
				}
				if got := strings.Join(routes, "|"); string(m.uri) != row.uri || got != row.routes {
					t.Errorf("%s: %s to %s by %s, want %s by %s", row.name, method, m.uri, got, row.uri, row.routes)
				}
			}
		})
	}
}
