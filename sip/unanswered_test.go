package sip

import (
	"testing"
	"time"

	"wissel"
	"wissel/carriers/unanswered"
)

// begun notes which calls came.
type begun struct {
	watches bool
	all     []unanswered.Call
}

func (b *begun) Ended(unanswered.Call, int) {}
func (b *begun) Watches(time.Time) bool     { return b.watches }
func (b *begun) Began(c unanswered.Call)    { b.all = append(b.all, c) }

// A call that comes by another way is the same one, though it is refused as that; and while nobody wants to know, none is told of.
func TestCallsAreToldOfAsTheyCome(t *testing.T) {
	told := &begun{watches: true}
	inHouseWith(t, wissel.Anchored, func(_ *house, o *Options) { o.Unanswered = told }, func(h *house) {
		caller, north := h.peer(callerAt), h.peer(northAt)
		caller.invite("call1", string(rungTest), testOffer)
		north.request("INVITE")
		caller.response(100)
		caller.write(caller.build("INVITE", "sip:"+string(rungTest)+"@192.0.2.1", "call1", "", "z9hG4bKother", testOffer))
		caller.response(482)
		told.watches = false
		caller.write(caller.build("INVITE", "sip:"+string(rungTest)+"@192.0.2.1", "call1", "", "z9hG4bKthird", testOffer))
		caller.response(482)
		if len(told.all) != 2 || told.all[0].From == "" || told.all[0].To != rungTest || told.all[0].Tag == "" {
			t.Fatalf("told of %+v", told.all)
		}
		if first, second := told.all[0], told.all[1]; second.CallID != first.CallID || second.Tag != first.Tag || second.To != first.To || second.Trunk != first.Trunk {
			t.Errorf("told of %+v", told.all)
		}
	})
}
