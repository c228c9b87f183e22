package sip

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wissel"
)

// A caller for whom only the ports kept for flows are left hears the flow, and people are told that ports run out.
func TestThatNoPortIsFreeIsSaid(t *testing.T) {
	var told []string
	inHouseWith(t, wissel.Anchored, func(h *house, o *Options) {
		h.media.full = true
		o.Alarm = func(what string, _ ...any) { told = append(told, what) }
	}, func(h *house) {
		north := h.peer(northAt)
		caller := h.peer(callerAt)
		caller.invite("call1", string(rungTest), testOffer)
		caller.within("ACK", caller.response(200), "")
		north.quiet(time.Second)
	})
	if len(told) != 1 || !strings.Contains(told[0], "no port for voice is free") {
		t.Errorf("people are told %q", told)
	}
}

// A flow is told once that its clips are out, and never of clips that it has stopped or replaced: what media says of those
// may still be on its way.
func TestPlayedIsOfTheLastPlay(t *testing.T) {
	inHouse(t, wissel.Anchored, func(h *house) {
		caller := h.peer(callerAt) // north and south do not exist: ICMP
		caller.invite("call1", string(rungTest), testOffer)
		ok := caller.response(200)
		caller.within("ACK", ok, "")
		synctest.Wait() // the flow has begun: the first Play
		media := h.media.leg(0)
		said := func(play uint32) { media.events(MediaEvent{Leg: 0, Kind: MediaPlayed, Play: play}) }
		key := func(d wissel.Digit) { media.events(MediaEvent{Leg: 0, Kind: MediaDigit, Digit: d}) }
		for _, row := range []struct {
			name string
			do   func()
			want int
		}{
			{"a key replaces the first Play while its end is on its way", func() { key('*'); said(1) }, 0},
			{"the second Play is out", func() { said(2) }, 1},
			{"and says so twice", func() { said(2) }, 1},
			{"a key stops the third Play while its end is on its way", func() { key('*'); key('0'); said(3) }, 1},
			{"the fourth is out", func() { key('*'); said(4) }, 2},
		} {
			row.do()
			synctest.Wait()
			if h.attend.out != row.want {
				t.Errorf("%s: the flow was told %d times, want %d", row.name, h.attend.out, row.want)
			}
		}
	})
}
