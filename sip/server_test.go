package sip

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
)

// talk sets up a plain call over north; it gives the caller, north, his 200 and north's INVITE.
func talk(h *house) (caller, north *peer, ok, invite *msg) {
	caller, north = h.peer(callerAt), h.peer(northAt)
	caller.invite("call1", string(rungTest), testOffer)
	caller.response(100)
	invite = north.request("INVITE")
	north.answer(invite, 100, "")
	north.answer(invite, 180, "")
	caller.response(180)
	north.answer(invite, 200, testOffer)
	north.request("ACK")
	ok = caller.response(200)
	caller.within("ACK", ok, "")
	synctest.Wait()
	return caller, north, ok, invite
}

func (h *house) oneCDR() wissel.CDR {
	h.t.Helper()
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.cdrs) != 1 {
		h.t.Fatalf("%d records, wanted 1", len(h.cdrs))
	}
	return h.cdrs[0]
}

func TestPlainCall(t *testing.T) {
	for _, media := range []wissel.Media{wissel.Anchored, wissel.Direct} {
		t.Run(string(media), func(t *testing.T) {
			inHouse(t, media, func(h *house) {
				caller, north, ok, invite := talk(h)
				own := strings.Contains(string(invite.body), "wissel")
				if own != (media == wissel.Anchored) {
					t.Errorf("%s: the far leg's offer is %q", media, invite.body)
				}
				if v := invite.value(fieldMaxForwards); v != "69" {
					t.Errorf("Max-Forwards %s on the far leg, wanted 69", v)
				}
				if v := invite.value(fieldWisselCall); v == "" {
					t.Error("the platform was not told the call's name")
				}
				if h.srv.Live() != 1 || len(h.srv.Calls()) != 1 {
					t.Error("the call is not listed")
				}
				caller.within("BYE", ok, "", "Reason: Q.850;cause=16")
				caller.response(200)
				bye := north.request("BYE")
				if v := bye.value(fieldReason); !strings.Contains(v, "cause=16") {
					t.Errorf("Reason %q was not carried over", v)
				}
				north.answer(bye, 200, "")
				cdr := h.oneCDR()
				if cdr.Status != 200 || cdr.Outcome != wissel.Answered || cdr.Target.Trunk != "north" || cdr.From != hisNumber {
					t.Errorf("record %+v", cdr)
				}
				if h.srv.Live() != 0 {
					t.Error("the call is still live")
				}
				<-time.After(40 * time.Second)
				synctest.Wait()
				for _, sh := range h.srv.shards {
					if len(sh.calls)+len(sh.dialogs)+len(sh.owners)+len(sh.timers.heap) != 0 {
						t.Errorf("left behind: %d calls, %d dialogs, %d owners, %d timers", len(sh.calls), len(sh.dialogs), len(sh.owners), len(sh.timers.heap))
					}
				}
			})
		})
	}
}

func TestTheFarSideHangsUp(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north, _, invite := talk(h)
		north.back("BYE", invite, "")
		north.response(200)
		bye := caller.request("BYE")
		caller.answer(bye, 200, "")
		if cdr := h.oneCDR(); cdr.Outcome != wissel.Answered {
			t.Errorf("record %+v", cdr)
		}
	})
}

func TestCancel(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north := h.peer(callerAt), h.peer(northAt)
		caller.invite("call1", string(rungTest), testOffer)
		invite := north.request("INVITE")
		north.answer(invite, 180, "")
		caller.response(180)
		caller.write(caller.build("CANCEL", "sip:"+string(rungTest)+"@192.0.2.1", "call1", "", "z9hG4bKinvcall1", ""))
		caller.response(200)
		caller.response(487)
		cancel := north.request("CANCEL")
		north.answer(cancel, 200, "")
		north.answer(invite, 487, "")
		north.request("ACK")
		if cdr := h.oneCDR(); cdr.Outcome != wissel.Abandoned || cdr.Status != 487 {
			t.Errorf("record %+v", cdr)
		}
	})
}

func Test503GoesToTheSecondTrunk(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north, south := h.peer(callerAt), h.peer(northAt), h.peer(southAt)
		caller.invite("call1", string(rungTest), testOffer)
		invite := north.request("INVITE")
		north.answer(invite, 503, "", "Retry-After: 10")
		north.request("ACK")
		second := south.request("INVITE")
		south.answer(second, 200, testOffer)
		caller.response(200)
		caller.seq, caller.tag = 1, "other"
		caller.invite("call2", string(rungTest), testOffer)
		south.request("ACK")
		south.request("INVITE")
		north.quiet(0)
	})
}

// After a pause of the process what waits in the sockets is read before any timer rings (FAULTS F30).
func TestAPauseOfTheProcess(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		sh, rang := h.srv.shards[0], 0
		done := make(chan struct{})
		sh.post(func() {
			defer close(done)
			now := time.Now()
			one := &timer{ring: func() { rang++ }}
			sh.timers.set(one, now.Add(-time.Second))
			sh.armed = now.Add(-time.Second)
			sh.rang(now)
			if rang != 0 {
				t.Error("a timer rang at once after a pause")
			}
		})
		<-done
		<-time.After(graceTime + time.Millisecond)
		synctest.Wait()
		if rang != 1 || h.srv.Stats().Pauses.Load() != 1 {
			t.Errorf("it rang %d times, and %d pauses were counted", rang, h.srv.Stats().Pauses.Load())
		}
	})
}

func TestUnknownNumber(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller := h.peer(callerAt)
		caller.invite("call1", "+31209999999", testOffer)
		caller.response(404)
		if n := h.srv.Stats().Refused()[404]; n != 1 {
			t.Errorf("%d calls refused with 404, wanted 1", n)
		}
	})
}

func TestUnknownSourceHearsNothing(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		stranger := h.peer("192.0.2.99:5060")
		stranger.invite("call1", string(rungTest), testOffer)
		stranger.write(stranger.build("OPTIONS", "sip:192.0.2.1", "o1", "", "z9hG4bKo1", ""))
		stranger.quiet(time.Second)
	})
}

func TestOptions(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller := h.peer(callerAt)
		ask := func(id string, want int) {
			t.Helper()
			caller.write(caller.build("OPTIONS", "sip:192.0.2.1", id, "", "z9hG4bK"+id, ""))
			if m := caller.response(want); want == 503 && m.value(fieldRetryAfter) == "" {
				t.Error("503 without Retry-After")
			}
		}
		ask("o1", 200)
		h.srv.SetReady(false)
		ask("o2", 503)
	})
}

// TestAFlowThatPanicsLetsGo: it is not asked again, and gives back what it held.
func TestAFlowThatPanicsLetsGo(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller := h.peer(callerAt)
		caller.invite("call1", string(rungTest), testOffer)
		ok := caller.response(200)
		caller.within("ACK", ok, "")
		synctest.Wait()
		h.media.leg(0).events(MediaEvent{Leg: 0, Kind: MediaDigit, Digit: 'D'})
		caller.answer(caller.request("BYE"), 200, "")
		if cdr := h.oneCDR(); cdr.Blame != wissel.BlameWissel || h.attend.letGo != 1 || h.attend.gone != 0 {
			t.Errorf("let go %d times, hung up %d times, record %+v", h.attend.letGo, h.attend.gone, cdr)
		}
	})
}

func TestFlowAttends(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller := h.peer(callerAt) // north and south do not exist: ICMP
		caller.invite("call1", string(rungTest), testOffer)
		ok := caller.response(200)
		caller.within("ACK", ok, "")
		synctest.Wait()
		if h.attend.began != 1 {
			t.Fatalf("the flow began %d times", h.attend.began)
		}
		h.media.leg(0).events(MediaEvent{Leg: 0, Kind: MediaDigit, Digit: '2'})
		synctest.Wait()
		caller.within("INFO", ok, "Signal=3\r\nDuration=160\r\n", "Content-Type: application/dtmf-relay")
		caller.response(200)
		h.media.leg(0).events(MediaEvent{Leg: 0, Kind: MediaDigit, Digit: '#'})
		bye := caller.request("BYE")
		caller.answer(bye, 200, "")
		if cdr := h.oneCDR(); h.attend.heard != "23#" || cdr.Digits != 3 || cdr.Outcome != wissel.Attended {
			t.Errorf("heard %q, record %+v", h.attend.heard, cdr)
		}
	})
}
