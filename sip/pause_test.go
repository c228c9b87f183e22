package sip

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
)

// stand lets every shard stand still for a while, as a stopped process does: messages come in and wait, timers become late.
func (h *house) stand(d time.Duration) {
	for _, sh := range h.srv.shards {
		sh.post(func() { <-time.After(d) })
	}
	synctest.Wait()
}

// After a pause of the process what its peers said meanwhile is heard before anybody is judged: nobody is silent, no CANCEL is
// lost, and health learns of nothing but answers (FAULTS F30).
func TestAPauseJudgesNobody(t *testing.T) {
	for _, d := range []time.Duration{2 * time.Second, 10 * time.Second, 60 * time.Second} {
		t.Run(d.String(), func(t *testing.T) {
			n := &notebook{}
			inHouseWith(t, wissel.Anchored, func(_ *house, o *Options) { o.Observer, o.Shards = n, 1 }, func(h *house) {
				caller, north, south := h.peer(callerAt), h.peer(northAt), h.peer(southAt)
				caller.invite("call1", string(rungTest), testOffer)
				one := north.request("INVITE")
				caller.tag = "second"
				caller.invite("call2", string(rungTest), testOffer)
				two := north.request("INVITE")
				north.answer(two, 100, "")
				synctest.Wait()

				h.stand(d)
				<-time.After(20 * time.Millisecond)
				north.answer(one, 180, "")
				caller.write(caller.build("CANCEL", "sip:"+string(rungTest)+"@192.0.2.1", "call2", "", "z9hG4bKinvcall2", ""))
				<-time.After(d + time.Second)

				var got []string
				for m := caller.maybe(time.Millisecond); m != nil; m = caller.maybe(time.Millisecond) {
					got = append(got, strings.TrimSpace(strings.SplitN(m.raw, "\r\n", 2)[0]))
				}
				if all := strings.Join(got, "; "); !strings.Contains(all, "SIP/2.0 180") || !strings.Contains(all, "SIP/2.0 487") {
					t.Errorf("the caller got %s", all)
				}
				cancelled := false
				for m := north.maybe(time.Millisecond); m != nil; m = north.maybe(time.Millisecond) {
					cancelled = cancelled || m.request && m.is("CANCEL")
				}
				if !cancelled {
					t.Error("the CANCEL was lost")
				}
				south.quiet(time.Millisecond)
				for _, told := range n.tried {
					if !told.Well {
						t.Errorf("an attempt was told as %+v", told)
					}
				}
				if v := h.board.Verdicts()[h.snap.Trunks["north"].Addresses[0]]; v.State == wissel.Down || v.State == wissel.Suspect {
					t.Errorf("north is %s: %s", v.State, v.Evidence)
				}
			})
		})
	}
}
