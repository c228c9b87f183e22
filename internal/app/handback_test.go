package app

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"wissel"
	"wissel/internal/virtual"
	"wissel/ivr"
	"wissel/sip"
)

// returning is a group's trunk that was down and has been up since a while, as those who listen see it.
func risen(t *testing.T, a *attendant, calm time.Duration) (down func(bool)) {
	t.Helper()
	s := *a.snapshot()
	at := wissel.Address{Transport: wissel.UDP, AddrPort: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), 5060)}
	s.Trunks = map[wissel.TrunkID]*wissel.Trunk{"platform": {ID: "platform", Role: wissel.Platform, Addresses: []wissel.Address{at}}}
	g := &wissel.Group{ID: "support", Active: "normaal", Plans: map[wissel.PlanID]wissel.Plan{
		"normaal": {ID: "normaal", Targets: []wissel.Target{{Trunk: "platform"}, {Flow: "storing"}}},
	}, Handback: wissel.Handback{Calm: calm, Shares: []int{100, 500, 1000}, Longest: time.Hour}}
	s.Groups = map[wissel.GroupID]*wissel.Group{"support": g}
	s.Lines = map[wissel.Number]wissel.Line{"+31201234567": {Number: "+31201234567", Group: "support"}}
	now := &s
	a.snapshot = func() *wissel.Snapshot { return now }
	a.returns = newReturns(a.snapshot, nobodyDue)
	return func(down bool) {
		next := s
		next.Health = map[wissel.Address]wissel.Verdict{at: {State: wissel.Up, Since: time.Now()}}
		if down {
			next.Health[at] = wissel.Verdict{State: wissel.Down, Since: time.Now()}
		}
		now = &next
	}
}

// A thousand callers listen while the platform is gone. As it comes back they are offered a colleague in stages; each who
// presses 1 is tried there once, and nobody else is.
func TestAThousandListenersDoNotFallUponAPlatformThatHasRisen(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		_, a := attendIn(t, &slowStore{})
		down := risen(t, a, time.Minute)
		down(true)
		var all []*host
		for i := range 1000 {
			h := &host{wakes: map[int]time.Time{}, posted: make(chan func(), 8)}
			x, err := a.Attend(sip.AttendedCall{Call: wissel.CallID(fmt.Sprint(i)), Group: "support", Flow: "storing", From: wissel.Number(fmt.Sprintf("+3161%07d", i)), Rung: "+31201234567"}, h)
			if err != nil {
				t.Fatal(err)
			}
			h.x = x
			h.x.Begin()
			h.x.Digit('3')
			all = append(all, h)
		}
		down(false)
		offers := func() (n int) { // each hears the message again: a place between two things that are said
			for _, h := range all {
				if x := h.x.(*attending); x.state.Phase != ivr.Away && x.state.Phase != ivr.Offered {
					h.x.Digit('3')
					if x.state.Phase == ivr.Offered {
						n++
					}
				}
			}
			return n
		}
		if n := offers(); n != 0 {
			t.Errorf("%d are offered a colleague at once", n)
		}
		<-time.After(time.Minute)
		for i, most := range []int{1, 100, 500, 1000} {
			n := offers()
			if n < 1 || n > most || i < 3 && n < most*4/5 {
				t.Fatalf("stage %d: %d are offered a colleague, want %d at the most", i+1, n, most)
			}
			t.Logf("stage %d: %d of 1000", i+1, n)
			for k, h := range all {
				x := h.x.(*attending)
				switch {
				case x.state.Phase != ivr.Offered:
				case k%2 == 0 || i == 0:
					h.x.Digit('1')
					if h.hunts != 1 {
						t.Fatalf("he is tried %d times", h.hunts)
					}
					x.Took()
				default: // he presses nothing
					h.x.Wake(x.state.Waiting)
					h.x.Played()
					h.x.Digit('3')
				}
			}
		}
		hunts := 0
		for _, h := range all {
			hunts += h.hunts
		}
		if hunts < 300 || hunts > 501 {
			t.Errorf("%d were tried at the platform", hunts)
		}
	})
}

// One whom nobody could take is in the flow again, where he was; and the next is left in peace for a while.
func TestWhomNobodyCouldTakeGoesOnInTheFlow(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		h, a := attendIn(t, &slowStore{})
		h.x.Hangup()
		down := risen(t, a, time.Minute)
		down(true)
		rings := func() *host {
			h := &host{wakes: map[int]time.Time{}, posted: make(chan func(), 8)}
			x, err := a.Attend(sip.AttendedCall{Call: aCall, Group: "support", Flow: "storing", From: "+31612345678", Rung: "+31201234567"}, h)
			if err != nil {
				t.Fatal(err)
			}
			h.x = x
			h.x.Begin()
			h.x.Digit('3')
			return h
		}
		first, second := rings(), rings()
		down(false)
		<-time.After(time.Minute)
		first.x.Digit('3')
		first.x.Digit('1')
		if first.hunts != 1 {
			t.Fatalf("he is not tried: %v", first.heard)
		}
		again := &host{wakes: map[int]time.Time{}, posted: make(chan func(), 8), x: first.x}
		first.x.(sip.HeldAttending).Resume(again)
		first.x.Begin()
		again.hears(t, "nl/back.failed")
		again.hears(t, "nl/menu.text")
		if x := first.x.(*attending); x.state.Caller.From != "+31612345678" || x.offer {
			t.Errorf("%+v", x.state)
		}
		second.x.Digit('3')
		if second.x.(*attending).state.Phase == ivr.Offered {
			t.Error("the next is offered a colleague at once")
		}
		<-time.After(time.Minute)
		second.x.Digit('3')
		if second.x.(*attending).state.Phase != ivr.Offered {
			t.Error("the next is never offered one")
		}
		first.x.Hangup()
		second.x.Hangup()
		if r := a.returns.groups["support"]; r.listeners != 0 {
			t.Errorf("%d listen, and nobody is there", r.listeners)
		}
	})
}

// One who came after the platform had come back is here because it did not take him: it is no news to him, and he is offered nothing
// before it is gone and comes back again. Nor does a share of the callers, whom an operator leads to the flow, make it come back anew.
func TestOnlyWhoWasHereAsThePlatformCameBackIsOfferedAColleague(t *testing.T) {
	virtual.Time(t, func(t *testing.T) {
		h, a := attendIn(t, &slowStore{})
		h.x.Hangup()
		down := risen(t, a, time.Minute)
		down(true)
		rings := func(from wissel.Number) *host {
			h := &host{wakes: map[int]time.Time{}, posted: make(chan func(), 8)}
			x, err := a.Attend(sip.AttendedCall{Call: aCall, Group: "support", Flow: "storing", From: from, Rung: "+31201234567"}, h)
			if err != nil {
				t.Fatal(err)
			}
			h.x = x
			h.x.Begin()
			h.x.Digit('3')
			return h
		}
		offers := func(h *host) int {
			h.x.Digit('3')
			return h.x.(*attending).state.Offers
		}
		rings("+31612345001").x.Hangup() // what is down is seen by those who listen
		down(false)
		<-time.After(time.Minute)
		late := rings("+31612345002")
		if offers(late) != 0 {
			t.Error("he is offered what has just not taken him")
		}
		down(true)
		late.x.Digit('3')
		down(false)
		<-time.After(time.Minute)
		if offers(late) != 1 {
			t.Error("it came back while he was here, and he is not told")
		}
		late.x.Hangup()
		s := *a.snapshot()
		s.Pins = map[wissel.GroupID]wissel.Pin{"support": {ID: "pin", Target: wissel.Target{Flow: "storing"}, Share: 500, Until: time.Now().Add(time.Hour)}}
		a.returns.snapshot = func() *wissel.Snapshot { return &s }
		before := a.returns.groups["support"].room.Return
		for i := range 20 {
			rings(wissel.Number(fmt.Sprintf("+3161234%04d", i)))
		}
		if now := a.returns.groups["support"].room.Return; now != before {
			t.Errorf("it came back %d times, and was never gone", now-before)
		}
	})
}
