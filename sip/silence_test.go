package sip

import (
	"testing"
	"testing/synctest"
	"time"

	"wissel"
)

// alive answers the OPTIONS that have come to p until it has answered one.
func (p *peer) alive() { p.t.Helper(); p.answers(200) }

// answers gives the next OPTIONS its answer.
func (p *peer) answers(status int, extra ...string) {
	p.t.Helper()
	for range 100 {
		select {
		case d := <-p.conn.in:
			m := &msg{raw: string(d.data)}
			if m.scan(d.data) && m.is("OPTIONS") {
				p.answer(m, status, "", extra...)
				synctest.Wait()
				return
			}
		case <-time.After(100 * time.Millisecond):
		}
	}
	p.t.Fatalf("%s was not asked OPTIONS", p.conn.addr)
}

// probing turns the probes of both platforms on.
func (h *house) probing() {
	for _, id := range []wissel.TrunkID{"north", "south"} {
		trunk := *h.snap.Trunks[id]
		trunk.Probe.Off = false
		h.snap.Trunks[id] = &trunk
	}
	h.board.Set(h.snap.Trunks)
}

func TestASilentTrunkIsLeftAfterHalfASecond(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north, south := h.peer(callerAt), h.peer(northAt), h.peer(southAt)
		h.probing()
		north.alive()
		south.alive()
		began := time.Now()
		caller.invite("call1", string(rungTest), testOffer)
		north.request("INVITE")
		<-time.After(200 * time.Millisecond)
		caller.tag = "later"
		caller.invite("call2", string(rungTest), testOffer)
		north.request("INVITE")
		south.alive() // it is asked as a witness that our network is well
		south.request("INVITE")
		south.request("INVITE") // what one call learnt, the other knew
		if d := time.Since(began); d < 500*time.Millisecond || d > 510*time.Millisecond {
			t.Errorf("both calls were at the second trunk after %v, wanted 500ms", d)
		}
		if v := h.board.Verdicts()[h.snap.Trunks["north"].Addresses[0]]; v.State != wissel.Down {
			t.Errorf("north is %v: %s", v.State, v.Evidence)
		}
		caller.tag = "third"
		caller.invite("call3", string(rungTest), testOffer)
		south.request("INVITE")
		north.quiet(0) // no new call tries it
	})
}

func TestOneLostInviteMovesNoCall(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north, south := h.peer(callerAt), h.peer(northAt), h.peer(southAt)
		h.probing()
		north.alive()
		south.alive()
		caller.invite("call1", string(rungTest), testOffer)
		north.request("INVITE") // lost
		north.alive()           // the burst finds it alive
		again := north.request("INVITE")
		north.answer(again, 180, "")
		caller.response(180)
		south.quiet(0)
	})
}

func TestAnUnreachablePortIsLeftAtOnce(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, south := h.peer(callerAt), h.peer(southAt)
		began := time.Now()
		caller.invite("call1", string(rungTest), testOffer)
		south.request("INVITE")
		if d := time.Since(began); d > 20*time.Millisecond {
			t.Errorf("the second trunk was tried after %v", d)
		}
	})
}

func TestAPortThatTurnsOutClosedIsLeftByAllWhoWaitThere(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller, north, south := h.peer(callerAt), h.peer(northAt), h.peer(southAt)
		h.probing()
		north.alive()
		south.alive()
		caller.invite("call0", string(rungTest), testOffer)
		rings := north.request("INVITE")
		<-time.After(time.Millisecond)
		caller.tag = "call1"
		caller.invite("call1", string(rungTest), testOffer)
		north.request("INVITE") // taken in, and then its process dies
		<-time.After(time.Millisecond)
		north.answer(rings, 180, "") // so something came from it since
		synctest.Wait()
		h.net.mu.Lock()
		delete(h.net.conns, north.conn.addr)
		h.net.mu.Unlock()
		began := time.Now()
		for _, id := range []string{"call2", "call3"} {
			caller.tag = id
			caller.invite(id, string(rungTest), testOffer)
		}
		for range 3 { // two refusals prove the port closed, for the first call too
			south.request("INVITE")
		}
		if d := time.Since(began); d > 100*time.Millisecond {
			t.Errorf("the three calls were at the second trunk after %v", d)
		}
	})
}

func TestProbeAnswers(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		trunk := h.snap.Trunks["north"]
		if o := h.srv.Probe(h.t.Context(), trunk, trunk.Addresses[0]); !o.Unreachable {
			t.Errorf("a closed port was observed as %+v", o)
		}
		north := h.peer(northAt)
		done := make(chan int, 1)
		go func() { done <- h.srv.Probe(h.t.Context(), trunk, trunk.Addresses[0]).Status }()
		north.alive()
		if status := <-done; status != 200 {
			t.Errorf("observed status %d, wanted 200", status)
		}
	})
}
