package sip

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
	"wissel/sip/call"
)

func TestReinviteOfTheCaller(t *testing.T) {
	for _, media := range []wissel.Media{wissel.Anchored, wissel.Direct} {
		t.Run(string(media), func(t *testing.T) {
			inHouse(t, media, func(h *house) {
				caller, north, ok, _ := talk(h)
				hold := strings.Replace(testOffer, "1 1 IN", "1 2 IN", 1) + "a=sendonly\r\n"
				caller.within("INVITE", ok, hold)
				re := north.request("INVITE")
				if !bytes.Contains(re.body, []byte("sendonly")) {
					t.Errorf("the hold was not passed on: %q", re.body)
				}
				north.answer(re, 200, testOffer+"a=recvonly\r\n")
				caller.response(200)
				caller.within("ACK", ok, "")
				north.request("ACK")
				caller.within("BYE", ok, "")
				caller.response(200)
				north.request("BYE")
			})
		})
	}
}

func TestReinviteOfTheFarSide(t *testing.T) {
	inHouse(t, wissel.Direct, func(h *house) {
		caller, north, ok, invite := talk(h)
		north.back("INVITE", invite, strings.Replace(testOffer, "1 1 IN", "1 2 IN", 1)+"a=inactive\r\n")
		re := caller.request("INVITE")
		caller.answer(re, 200, testOffer+"a=inactive\r\n")
		answer := north.response(200)
		if !bytes.Contains(answer.body, []byte("inactive")) {
			t.Errorf("the answer is %q", answer.body)
		}
		caller.request("ACK")
		north.write(strings.Replace(north.lastBuilt("ACK", invite), "\r\n\r\n", "\r\n\r\n", 1))
		caller.within("BYE", ok, "")
		caller.response(200)
		north.request("BYE")
	})
}

func TestUpdateWithoutABodyIsAnsweredOnItsOwnLeg(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north, ok, _ := talk(h)
		caller.within("UPDATE", ok, "", "Session-Expires: 1800;refresher=uac", "Supported: timer")
		if m := caller.response(200); m.value(fieldSessionExpires) == "" {
			t.Error("the 200 says nothing of the session timer")
		}
		north.quiet(time.Second)
	})
}

func TestInfoIsPassedOn(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north, ok, _ := talk(h)
		caller.within("INFO", ok, "Signal=5\r\n", "Content-Type: application/dtmf-relay")
		info := north.request("INFO")
		if v := info.value(fieldContentType); v != "application/dtmf-relay" || string(info.body) != "Signal=5\r\n" {
			t.Errorf("passed on as %s %q", v, info.body)
		}
		north.answer(info, 200, "")
		caller.response(200)
	})
}

func TestWithinADialog(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north, ok, _ := talk(h)
		caller.within("REFER", ok, "", "Refer-To: <sip:x@evil.example>")
		caller.response(603)
		caller.within("OPTIONS", ok, "")
		caller.response(200)
		caller.within("MESSAGE", ok, "")
		caller.response(405)
		caller.seq = 1
		caller.write(strings.Replace(caller.build("BYE", "sip:node1@"+ourAddr, "call1", string(ok.toTag()), "z9hG4bKold", ""), "CSeq: 1 ", "CSeq: 1 ", 1))
		caller.response(500) // its CSeq is the INVITE's
		caller.seq = 50
		caller.write(caller.build("BYE", "sip:node1@"+ourAddr, "call1", "guessed", "z9hG4bKguess", ""))
		caller.response(481)
		spoof := h.peer("192.0.2.30:5060") // south may speak, but not here
		spoof.tag, spoof.seq = caller.tag, 60
		spoof.write(spoof.build("BYE", "sip:node1@"+ourAddr, "call1", string(ok.toTag()), "z9hG4bKspoof", ""))
		spoof.response(481)
		north.quiet(0)
		if h.srv.Live() != 1 {
			t.Error("the call did not live through it")
		}
	})
}

func TestCopiesOfThe200GetTheirAck(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		_, north, _, invite := talk(h)
		for range 3 {
			north.answer(invite, 200, testOffer)
			north.request("ACK")
		}
	})
}

func TestNoAckEndsTheCall(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north := h.peer(callerAt), h.peer(northAt)
		caller.invite("call1", string(rungTest), testOffer)
		invite := north.request("INVITE")
		north.answer(invite, 200, testOffer)
		north.request("ACK")
		began, copies := time.Now(), 0
		for {
			m := caller.next(10 * time.Second)
			if m.request {
				if !m.is("BYE") {
					t.Fatalf("got %.40q", m.raw)
				}
				break
			}
			copies++
		}
		if d := time.Since(began); d < 31*time.Second || d > 33*time.Second || copies < 8 {
			t.Errorf("BYE after %v and %d responses", d, copies)
		}
		north.request("BYE")
		t.Log("ROW A26 a 200 that is never ACKed: repeated, and after 64 T1 (32 s, virtual) BYE on both legs")
	})
}

func TestCredentialsAreGivenOnceToTheTrunk(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		trunk := *h.snap.Trunks["north"]
		trunk.Username, trunk.Password = "wissel", wissel.NewSecret("geheim")
		h.snap.Trunks["north"] = &trunk
		caller, north := h.peer(callerAt), h.peer(northAt)
		caller.invite("call1", string(rungTest), testOffer)
		first := north.request("INVITE")
		challenge := `WWW-Authenticate: Digest realm="north", nonce="abc", algorithm=SHA-256, qop="auth"`
		north.answer(first, 401, "", challenge)
		north.request("ACK")
		again := north.request("INVITE")
		if !strings.Contains(again.raw, "\r\nAuthorization: Digest ") || again.cseq != first.cseq+1 || bytes.Equal(again.branch(), first.branch()) {
			t.Errorf("sent again as %q", again.raw)
		}
		if string(again.callID) != string(first.callID) || string(again.fromTag()) != string(first.fromTag()) {
			t.Error("Call-ID or From tag changed")
		}
		north.answer(again, 200, testOffer)
		if ack := north.request("ACK"); ack.cseq != again.cseq {
			t.Errorf("ACK with CSeq %d, wanted %d", ack.cseq, again.cseq)
		}
		ok := caller.response(200)
		caller.within("ACK", ok, "")
		caller.within("BYE", ok, "")
		caller.response(200)
		bye := north.request("BYE")
		north.answer(bye, 401, "", challenge)
		proved := north.request("BYE")
		if !strings.Contains(proved.raw, "\r\nAuthorization: Digest ") || proved.cseq != bye.cseq+1 || bytes.Equal(proved.branch(), bye.branch()) {
			t.Errorf("sent again as %q", proved.raw)
		}
		north.answer(proved, 401, "", challenge)
		north.quiet(time.Second)
	})
}

func TestTheSessionIntervalIsTooSmall(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north := h.peer(callerAt), h.peer(northAt)
		caller.invite("call0", string(rungTest), testOffer, "Session-Expires: 30", "Supported: timer")
		if m := caller.response(422); m.value(fieldMinSE) != "90" {
			t.Errorf("422 with Min-SE %q", m.value(fieldMinSE))
		}
		caller.write(caller.build("ACK", "sip:"+string(rungTest)+"@192.0.2.1", "call0", "x", "z9hG4bKinvcall0", ""))
		caller.invite("call1", string(rungTest), testOffer)
		first := north.request("INVITE")
		north.answer(first, 422, "", "Min-SE: 3600")
		north.request("ACK")
		if again := north.request("INVITE"); !strings.HasPrefix(again.value(fieldSessionExpires), "3600") || again.value(fieldMinSE) != "3600" {
			t.Errorf("sent again with %q and Min-SE %q", again.value(fieldSessionExpires), again.value(fieldMinSE))
		}
	})
}

func TestACrossing200IsAckedAndEnded(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north := h.peer(callerAt), h.peer(northAt)
		caller.invite("call1", string(rungTest), testOffer)
		invite := north.request("INVITE")
		north.answer(invite, 180, "")
		caller.response(180)
		caller.write(caller.build("CANCEL", "sip:"+string(rungTest)+"@192.0.2.1", "call1", "", "z9hG4bKinvcall1", ""))
		caller.response(200)
		caller.response(487)
		north.request("CANCEL")
		north.answer(invite, 200, testOffer)
		north.request("ACK")
		bye := north.request("BYE")
		north.answer(bye, 200, "")
	})
}

func TestLateOffer(t *testing.T) {
	for _, media := range []wissel.Media{wissel.Anchored, wissel.Direct} {
		t.Run(string(media), func(t *testing.T) {
			inHouse(t, media, func(h *house) {
				caller, north := h.peer(callerAt), h.peer(northAt)
				caller.invite("call1", string(rungTest), "")
				invite := north.request("INVITE")
				if got := len(invite.body) > 0; got != (media == wissel.Anchored) {
					t.Fatalf("the far INVITE has the body %q", invite.body)
				}
				north.answer(invite, 200, testOffer)
				ok := caller.response(200)
				if len(ok.body) == 0 {
					t.Fatal("the 200 carries no offer")
				}
				caller.within("ACK", ok, testOffer)
				ack := north.request("ACK")
				if got := len(ack.body) > 0; got != (media == wissel.Direct) {
					t.Errorf("the far ACK has the body %q", ack.body)
				}
			})
		})
	}
}

func TestRecordRoutes(t *testing.T) {
	inHouse(t, wissel.Direct, func(h *house) {
		caller, north := h.peer(callerAt), h.peer(northAt)
		caller.invite("call1", string(rungTest), testOffer, "Record-Route: <sip:192.0.2.10;lr>", "Record-Route: <sip:edge.example;lr>")
		invite := north.request("INVITE")
		north.answer(invite, 200, testOffer, "Record-Route: <sip:a.example;lr>, <sip:192.0.2.20;lr>")
		ack := north.request("ACK")
		if v := ack.value(fieldRoute); v != "<sip:192.0.2.20;lr>" || !strings.HasPrefix(string(ack.uri), "sip:peer@") {
			t.Errorf("ACK to %s by %s", ack.uri, v)
		}
		ok := caller.response(200)
		if strings.Count(ok.raw, "Record-Route: ") != 2 {
			t.Errorf("the 200 has not the Record-Routes: %q", ok.raw)
		}
		caller.within("ACK", ok, "")
		north.back("BYE", invite, "")
		north.response(200)
		if bye := caller.request("BYE"); bye.value(fieldRoute) != "<sip:192.0.2.10;lr>" {
			t.Errorf("BYE by %s", bye.value(fieldRoute))
		}
	})
}

// lastBuilt is a request in the far dialog, with the CSeq of the last one, as text.
func (p *peer) lastBuilt(method string, m *msg) string {
	uri, _ := addrOf(m.get(fieldContact))
	s := p.build(method, string(uri), string(m.callID), string(m.fromTag()), "z9hG4bKlast", "")
	return s
}

func TestDrain(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north, _, _ := talk(h)
		done := make(chan error, 1)
		told := 0
		go func() { done <- h.srv.Drain(h.t.Context(), false, func(int) { told++ }) }()
		<-time.After(11 * time.Second)
		caller.tag = "second"
		caller.invite("call2", string(rungTest), testOffer)
		caller.response(503)
		go func() { done <- h.srv.Drain(h.t.Context(), true, nil) }()
		caller.request("BYE")
		north.request("BYE")
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if told != 2 {
			t.Errorf("progress was told %d times, wanted 2", told)
		}
		synctest.Wait()
		h.mu.Lock()
		defer h.mu.Unlock()
		if len(h.cdrs) != 2 || h.cdrs[0].Status != 503 || h.cdrs[0].Outcome != wissel.Refused || h.cdrs[0].Blame != wissel.BlameWissel {
			t.Fatalf("the refused call has no record of its own: %+v", h.cdrs)
		}
		if by := h.cdrs[1].EndedBy; !strings.HasPrefix(by, "wissel") {
			t.Errorf("ended by %q", by)
		}
	})
}

func TestAPanicEndsOneCallAlone(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north, _, _ := talk(h)
		caller.tag, caller.seq = "second", 1
		caller.invite("call2", string(rungTest), testOffer)
		invite := north.request("INVITE")
		north.answer(invite, 180, "")
		caller.response(180)
		var second *live
		var sh *shard
		for _, one := range h.srv.shards {
			for _, c := range one.calls {
				if !c.callerLeg().own.confirmed {
					second, sh = c, one
				}
			}
		}
		sh.post(func() { sh.protect(second, func() { panic("for the test") }) })
		caller.response(500)
		cancel := north.request("CANCEL")
		north.answer(cancel, 200, "")
		north.answer(invite, 200, testOffer) // it crossed
		north.request("ACK")
		bye := north.request("BYE")
		north.answer(bye, 200, "")
		if cdr := h.oneCDR(); cdr.Blame != wissel.BlameWissel || cdr.Status != 500 {
			t.Errorf("record %+v", cdr)
		}
		if h.srv.Live() != 1 || h.srv.Stats().Panics.Load() != 1 {
			t.Errorf("%d calls live, %d panics", h.srv.Live(), h.srv.Stats().Panics.Load())
		}
		<-time.After(40 * time.Second)
		synctest.Wait()
		if n := len(sh.calls); n > 1 {
			t.Errorf("%d calls are kept", n)
		}
	})
}

func TestACallerWhoComesBackGoesToTheFlow(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		north := *h.snap.Trunks["north"]
		north.Role = wissel.Carrier
		h.snap.Trunks["north"] = &north
		caller, out := h.peer(callerAt), h.peer(northAt)
		caller.invite("call1", string(rungTest), testOffer)
		invite := out.request("INVITE")
		if invite.get(fieldWisselCall) != nil {
			t.Error("a carrier was told our name of the call")
		}
		out.answer(invite, 180, "")
		caller.response(180)
		caller.tag = "back"
		caller.invite("call2", string(rungTest), testOffer)
		caller.response(200)
		synctest.Wait()
		if h.attend.began != 1 || h.srv.Stats().Loops.Load() != 1 {
			t.Errorf("%d flows, %d loops", h.attend.began, h.srv.Stats().Loops.Load())
		}
	})
}

func TestEveryEffectHasALeg(t *testing.T) {
	for _, e := range []call.Effect{
		call.Again{Leg: 3}, call.Cancel{Leg: 3}, call.Stop{Leg: 3}, call.Ack{Leg: 3}, call.Bye{Leg: 3}, call.Respond{Leg: 3}, call.Offer{Leg: 3},
		call.RespondOffer{Leg: 3}, call.AckOffer{Leg: 3}, call.Refresh{Leg: 3}, call.SendInfo{Leg: 3}, call.RespondInfo{Leg: 3}, call.Describe{Leg: 3},
		call.Disconnect{Leg: 3}, call.Wake{Leg: 3}, call.Sleep{Leg: 3}, call.Doubt{Leg: 3}, call.Report{Leg: 3}, call.Close{Leg: 3}, call.Forget{Leg: 3},
	} {
		if legOf(e) != 3 {
			t.Errorf("%T is for leg %d", e, legOf(e))
		}
	}
}
