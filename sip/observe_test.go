package sip

import (
	"testing"
	"testing/synctest"
	"time"

	"wissel"
	"wissel/carriers/health"
	"wissel/sip/call"
)

// notebook is an Observer that keeps what it is told.
type notebook struct{ tried []wissel.Tried }

func (n *notebook) Tried(t wissel.Tried) { n.tried = append(n.tried, t) }

// watched is inHouse with a notebook; its calls run on one shard.
func watched(t *testing.T, f func(h *house, n *notebook)) {
	n := &notebook{}
	inHouseWith(t, wissel.Anchored, func(_ *house, o *Options) { o.Observer, o.Shards = n, 1 }, func(h *house) { f(h, n) })
}

func TestTheObserverIsToldWhileTheCallGoesOn(t *testing.T) {
	watched(t, func(h *house, n *notebook) {
		caller, north, south := h.peer(callerAt), h.peer(northAt), h.peer(southAt)
		caller.invite("call1", string(rungTest), testOffer)
		invite := north.request("INVITE")
		<-time.After(100 * time.Millisecond)
		north.answer(invite, 503, "")
		second := south.request("INVITE")
		south.answer(second, 100, "")
		<-time.After(1200 * time.Millisecond)
		south.answer(second, 180, "")
		synctest.Wait()
		if len(n.tried) != 2 || h.srv.Live() != 1 {
			t.Fatalf("told %+v", n.tried)
		}
		for i, want := range []wissel.Tried{
			{Trunk: "north", Status: 503, Delay: 100 * time.Millisecond},
			{Trunk: "south", Status: 180, Well: true, Delay: 1200 * time.Millisecond},
		} {
			got := n.tried[i]
			if got.Call == "" || !got.At.Equal(time.Now().Add(-time.Duration(1-i)*1200*time.Millisecond)) {
				t.Errorf("call %q at %s", got.Call, got.At)
			}
			want.Call, want.At, want.Group, want.Address = got.Call, got.At, "support", h.snap.Trunks[want.Trunk].Addresses[0]
			if got != want {
				t.Errorf("told %+v, want %+v", got, want)
			}
		}
	})
}

func TestWhoIsPassedOverAsDownIsNotTold(t *testing.T) {
	watched(t, func(h *house, n *notebook) {
		caller, south := h.peer(callerAt), h.peer(southAt)
		h.board.Observe(h.snap.Trunks["north"].Addresses[0], health.Observation{Layer: health.Calls})
		caller.invite("call1", string(rungTest), testOffer)
		south.answer(south.request("INVITE"), 200, testOffer)
		caller.response(200)
		if len(n.tried) != 1 || n.tried[0].Trunk != "south" || n.tried[0].Status != 200 {
			t.Errorf("told %+v", n.tried)
		}
	})
}

func TestTellingAllocatesNothing(t *testing.T) {
	count := &counting{}
	s := &shard{srv: &Server{o: Options{Observer: count}}}
	l := &leg{call: &live{id: "one"}, trunk: &wissel.Trunk{ID: "north"}}
	if n := testing.AllocsPerRun(100, func() { s.doTried(l, call.Tried{Leg: 1, Status: 180, Well: true}) }); n != 0 || count.n == 0 {
		t.Errorf("%v allocations, told %d times", n, count.n)
	}
}

type counting struct{ n int }

func (c *counting) Tried(wissel.Tried) { c.n++ }

// What of the joined legs of an address is up, health knows whatever ends a call.
func TestATalkIsPartedByAFaultOfOursToo(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		talk(h)
		for _, sh := range h.srv.shards {
			done := make(chan struct{})
			sh.post(func() {
				defer close(done)
				for _, c := range sh.calls {
					l := c.leg(1)
					if l.joined.IsZero() {
						t.Error("the answered leg is not joined")
					}
					sh.crash(c)
					if !l.joined.IsZero() {
						t.Error("the leg of a call that failed is still joined")
					}
				}
			})
			<-done
		}
	})
}
