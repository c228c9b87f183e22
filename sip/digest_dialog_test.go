package sip

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"wissel"
)

// Within a dialog a trunk may ask for its credentials once more; who called us may not, and neither may a place that the
// trunk's Contact points to (FAULTS A9).
func TestCredentialsWithinADialog(t *testing.T) {
	const challenge = `Proxy-Authenticate: Digest realm="north", nonce="abc", algorithm=SHA-256, qop="auth"`
	hold := strings.Replace(testOffer, "1 1 IN", "1 2 IN", 1) + "a=sendonly\r\n"
	for _, row := range []struct {
		name    string
		holder  string // who puts the other on hold; the other asks for credentials
		contact string // north's, if not its own address
		proved  bool
	}{
		{"the trunk asks with a re-INVITE", "caller", "", true},
		{"who called us asks", "north", "", false},
		{"another place asks, to which the trunk's Contact points", "caller", "192.0.2.99:5060", false},
	} {
		inHouse(t, wissel.Anchored, func(h *house) {
			for _, id := range []wissel.TrunkID{"north", "carrier"} {
				trunk := *h.snap.Trunks[id]
				trunk.Username, trunk.Password = "wissel", wissel.NewSecret("geheim")
				h.snap.Trunks[id] = &trunk
			}
			caller, north := h.peer(callerAt), h.peer(northAt)
			asker := north
			caller.invite("call1", string(rungTest), testOffer)
			invite := north.request("INVITE")
			if row.contact == "" {
				north.answer(invite, 200, testOffer)
			} else {
				asker = h.peer(row.contact)
				asker.tag = north.tag
				north.write("SIP/2.0 200 OK\r\nVia: " + string(invite.via) + "\r\nFrom: " + string(invite.from) + "\r\nTo: " + string(invite.to) + ";tag=" + north.tag +
					"\r\nCall-ID: " + string(invite.callID) + "\r\nCSeq: 1 INVITE\r\nContact: <sip:peer@" + row.contact + ">\r\nContent-Type: application/sdp\r\nContent-Length: " +
					strconv.Itoa(len(testOffer)) + "\r\n\r\n" + testOffer)
			}
			asker.request("ACK")
			ok := caller.response(200)
			caller.within("ACK", ok, "")
			if row.holder == "caller" {
				caller.within("INVITE", ok, hold)
				caller.response(200)
				caller.within("ACK", ok, "")
			} else {
				asker = caller
				north.back("INVITE", invite, hold)
				north.response(200)
			}
			re := asker.request("INVITE")
			asker.answer(re, 407, "", challenge)
			asker.request("ACK")
			again := asker.maybe(time.Second)
			if again != nil != row.proved {
				t.Errorf("%s: sent again: %v", row.name, again != nil)
			}
			if again != nil && (!again.is("INVITE") || !strings.Contains(again.raw, "\r\nProxy-Authorization: Digest ") || again.cseq != re.cseq+1) {
				t.Errorf("%s: sent again as %q", row.name, again.raw)
			}
		})
	}
}
