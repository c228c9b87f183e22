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

// The 200 to a CANCEL has the To tag of the answer to the INVITE, whether that is a 487 or a 200 that was on its way, so that
// who takes its tag for the dialog's has the right one (RFC 3261 §9.2).
func TestACancelIsAnsweredInTheDialogOfItsInvite(t *testing.T) {
	cancel := func(p *peer) *msg {
		t.Helper()
		p.write(p.build("CANCEL", "sip:"+string(rungTest)+"@192.0.2.1", "call1", "", "z9hG4bKinvcall1", ""))
		m := p.response(200)
		if string(m.cseqMethod) != "CANCEL" || len(m.toTag()) == 0 {
			t.Fatalf("got %.60q", m.raw)
		}
		return m
	}
	same := func(a, b *msg) {
		t.Helper()
		if x, y := string(a.toTag()), string(b.toTag()); x != y {
			t.Errorf("the CANCEL was answered with To tag %q, the INVITE with %q", x, y)
		}
	}
	t.Run("before anything was said", func(t *testing.T) {
		inHouse(t, wissel.Anchored, func(h *house) {
			caller, north := h.peer(callerAt), h.peer(northAt)
			caller.invite("call1", string(rungTest), testOffer)
			north.request("INVITE")
			same(cancel(caller), caller.response(487))
		})
	})
	t.Run("while it rings", func(t *testing.T) {
		inHouse(t, wissel.Anchored, func(h *house) {
			caller, north := h.peer(callerAt), h.peer(northAt)
			caller.invite("call1", string(rungTest), testOffer)
			north.answer(north.request("INVITE"), 180, "")
			ringing := caller.response(180)
			ok := cancel(caller)
			same(ok, ringing)
			same(ok, caller.response(487))
		})
	})
	t.Run("just answered", func(t *testing.T) {
		inHouse(t, wissel.Anchored, func(h *house) {
			caller, north := h.peer(callerAt), h.peer(northAt)
			caller.invite("call1", string(rungTest), testOffer)
			north.answer(north.request("INVITE"), 200, testOffer)
			north.request("ACK")
			ok := caller.response(200)
			given := cancel(caller)
			same(given, ok)
			caller.within("ACK", ok, "")
			caller.within("BYE", given, "")
			caller.response(200)
			north.request("BYE")
		})
	})
}
