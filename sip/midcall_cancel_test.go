package sip

import (
	"strings"
	"testing"

	"wissel"
)

// A CANCEL of a re-INVITE gets its 200 and ends nothing: the re-INVITE is answered as the other side answers it, and the
// call goes on (RFC 3261 §9.2, §14.1).
func TestACancelOfAReinviteEndsNothing(t *testing.T) {
	inHouse(t, wissel.Direct, func(h *house) {
		caller, north, ok, _ := talk(h)
		caller.within("INVITE", ok, strings.Replace(testOffer, "1 1 IN", "1 2 IN", 1))
		re := north.request("INVITE")
		uri, _ := addrOf(ok.get(fieldContact))
		caller.write(caller.build("CANCEL", string(uri), string(ok.callID), string(ok.toTag()), "z9hG4bKINVITE2", ""))
		if m := caller.response(200); string(m.cseqMethod) != "CANCEL" {
			t.Errorf("got %.60q", m.raw)
		}
		north.answer(re, 200, testOffer)
		if m := caller.response(200); string(m.cseqMethod) != "INVITE" {
			t.Errorf("got %.60q", m.raw)
		}
		caller.within("ACK", ok, "")
		north.request("ACK")
		caller.within("BYE", ok, "")
		caller.response(200)
		north.request("BYE")
	})
}
