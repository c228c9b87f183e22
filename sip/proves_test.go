package sip

import (
	"testing"
	"testing/synctest"
	"time"

	"wissel"
)

func TestWhatACallProves(t *testing.T) {
	for _, row := range []struct {
		name           string
		media          wissel.Media
		caller, target uint64 // packets that came in
		farEnds        bool   // it is the target that hangs up
		proves         bool
	}{
		{"answered, and both sides heard", wissel.Anchored, 50, 50, false, true},
		{"the same, ended by the target", wissel.Anchored, 50, 50, true, true},
		{"answered, and the target sent nothing", wissel.Anchored, 50, 0, false, false},
		{"answered, and the caller sent nothing", wissel.Anchored, 0, 50, false, false},
		{"direct: we do not hear it, an answer is enough", wissel.Direct, 0, 0, false, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			var told []wissel.Proof
			inHouseWith(t, row.media, func(_ *house, o *Options) {
				o.Shards = 1
				o.Proved = func(id wissel.TrunkID, p wissel.Proof) {
					if id != "north" {
						t.Errorf("proved %s", id)
					}
					told = append(told, p)
				}
			}, func(h *house) {
				caller, north, ok, invite := talk(h)
				synctest.Wait()
				if row.media == wissel.Anchored {
					for n, heard := range []uint64{row.caller, row.target} {
						h.media.leg(n).heard, h.media.leg(n).last = heard, time.Now()
					}
				}
				last := time.Now()
				<-time.After(10 * time.Second) // it may have died meanwhile
				if row.media == wissel.Direct {
					last = time.Now()
				}
				if row.farEnds {
					north.back("BYE", invite, "")
					caller.request("BYE")
				} else {
					caller.within("BYE", ok, "")
					north.request("BYE")
				}
				synctest.Wait()
				if len(told) != map[bool]int{true: 1}[row.proves] {
					t.Fatalf("told %+v", told)
				}
				if row.proves && (told[0].Call == "" || told[0].Test || !told[0].At.Equal(last)) {
					t.Errorf("told %+v, last heard at %s", told[0], last)
				}
			})
		})
	}
}

func TestACallThatNobodyAnsweredProvesNothing(t *testing.T) {
	inHouseWith(t, wissel.Anchored, func(_ *house, o *Options) {
		o.Proved = func(id wissel.TrunkID, p wissel.Proof) { t.Errorf("%s: %+v", id, p) }
	}, func(h *house) {
		caller, north := h.peer(callerAt), h.peer(northAt)
		caller.invite("call1", string(rungTest), testOffer)
		invite := north.request("INVITE")
		north.answer(invite, 486, "")
		synctest.Wait()
	})
}

// TestTheWayBackBeginsWithOneCall: of three callers at once, the one that gets the single call tries the first of the plan first.
func TestTheWayBackBeginsWithOneCall(t *testing.T) {
	asked := 0
	inHouseWith(t, wissel.Anchored, func(h *house, o *Options) {
		stage := time.Now()
		h.snap.Leads = map[wissel.PlanOf]wissel.Lead{{Group: "support", Plan: "normaal"}: {
			Plan: "normaal", Home: wissel.Target{Trunk: "north"}, Target: wissel.Target{Trunk: "south"}, Single: true, Stage: stage,
		}}
		o.Shards = 1
		o.Single = func(g wissel.GroupID, at, _ time.Time) bool {
			if asked++; g != "support" || !at.Equal(stage) {
				t.Errorf("asked for %s, of %s", g, at)
			}
			return asked == 1
		}
	}, func(h *house) {
		caller, north, south := h.peer(callerAt), h.peer(northAt), h.peer(southAt)
		for _, id := range []string{"call1", "call2", "call3"} {
			caller.invite(id, string(rungTest), testOffer)
			synctest.Wait()
		}
		north.answer(north.request("INVITE"), 486, "")
		for range 2 {
			south.answer(south.request("INVITE"), 486, "")
		}
		north.request("ACK")
		if asked != 3 {
			t.Errorf("the single call was asked for %d times", asked)
		}
	})
}
