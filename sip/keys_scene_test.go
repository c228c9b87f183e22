package sip_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// keyEvents decides about the packets of a caller's keys: each, by how many of its key came before it, and whether it tells of the
// end.
func keyEvents(n *simtest.Net, fate func(nth int, end bool) sim.Fate) {
	seen := map[uint32]int{}
	n.Voice = func(d sim.Datagram) sim.Fate {
		if len(d.Data) != 16 || d.Data[1]&0x7f != 101 {
			return sim.Fate{}
		}
		ts := binary.BigEndian.Uint32(d.Data[4:])
		seen[ts]++
		return fate(seen[ts]-1, d.Data[13]&0x80 != 0)
	}
}

// Whatever happens to a key on its way, it is one key: the caller asks to be called back by 2 and 1, and nothing else was chosen.
func TestAKeyIsOneKey(t *testing.T) {
	const held = 30 * time.Second
	for _, row := range []struct {
		name string
		keys []sim.Keys
		fate func(nth int, end bool) sim.Fate
		none bool // no telephone-event is offered: the keys are sound
	}{
		{name: "plain"},
		{name: "in sound", none: true},
		{name: "held for 30 s", keys: []sim.Keys{{After: 3 * time.Second, Digits: "2", Held: held}, {After: 36 * time.Second, Digits: "1"}}},
		{name: "held for 30 s in sound", none: true, keys: []sim.Keys{{After: 3 * time.Second, Digits: "2", Held: held}, {After: 36 * time.Second, Digits: "1"}}},
		{name: "the yes is held for 30 s", keys: []sim.Keys{{After: 3 * time.Second, Digits: "2"}, {After: 8 * time.Second, Digits: "1", Held: held}}},
		{name: "the start is lost", fate: func(nth int, _ bool) sim.Fate { return sim.Fate{Lost: nth < 4} }},
		{name: "all but the last end is lost", fate: func(nth int, _ bool) sim.Fate { return sim.Fate{Lost: nth < 6} }},
		{name: "all but the first packet is lost", fate: func(nth int, _ bool) sim.Fate { return sim.Fate{Lost: nth > 0} }},
		{name: "the ends are lost", fate: func(_ int, end bool) sim.Fate { return sim.Fate{Lost: end} }},
		{name: "doubled", fate: func(int, bool) sim.Fate { return sim.Fate{Copies: 2} }},
		{name: "out of order", fate: func(nth int, _ bool) sim.Fate { return sim.Fate{Late: time.Duration(nth%3) * 50 * time.Millisecond} }},
		{name: "the first packet last", fate: func(nth int, _ bool) sim.Fate {
			if nth == 0 {
				return sim.Fate{Late: 250 * time.Millisecond}
			}
			return sim.Fate{}
		}},
		{name: "the ends come again after the next key", fate: func(nth int, _ bool) sim.Fate {
			if nth == 6 {
				return sim.Fate{Late: 5200 * time.Millisecond}
			}
			return sim.Fate{}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			simtest.Run(t, func(n *simtest.Net) {
				t := n.T
				n.Plan("flow:storing")
				if row.fate != nil {
					keyEvents(n, row.fate)
				}
				keys := row.keys
				if keys == nil {
					keys = []sim.Keys{{After: 3 * time.Second, Digits: "2"}, {After: 8 * time.Second, Digits: "1"}}
				}
				r := n.Phone("caller").Call(number).With(func(d *sim.Dial) {
					d.Keys, d.Plays.Hz = keys, 0
					if row.none {
						d.Event = -1
					}
				}).Hangup(90 * time.Second).Wait()
				wishes := n.Wishes()
				if len(wishes) != 1 || strings.Join(wishes[0].Choices, " ") != "menu=2 callback-wish=1" {
					t.Errorf("wishes %+v", wishes)
				}
				if r.EndedBy != "them" {
					t.Errorf("ended by %q: he was not let go", r.EndedBy)
				}
			})
		})
	}
}

// A listener of twenty minutes, who hears the message again and again, keeps his session: refreshed on time, one stream without a
// jump, its clock that of the wall. In the end he is let go with a goodbye.
func TestAListenerOfTwentyMinutes(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		n.Plan("flow:storing")
		var first, last sim.Heard
		packets, jumps, drift := 0, 0, time.Duration(0)
		call := n.Phone("caller").Call(number).With(func(d *sim.Dial) {
			d.Plays.Hz = 0
			d.Headers = []sim.Header{{Name: "Supported", Value: "timer"}, {Name: "Session-Expires", Value: "180;refresher=uas"}}
			for at := 25 * time.Second; at < 20*time.Minute; at += 25 * time.Second {
				d.Keys = append(d.Keys, sim.Keys{After: at, Digits: "3"})
			}
			d.Hears = func(h sim.Heard) {
				if packets++; packets == 1 {
					first, last = h, h
				}
				if packets > 1 && h.Seq != last.Seq+1 {
					jumps++
				}
				last = h
				last.Payload = nil
				drift = max(drift, (h.At.Sub(first.At) - time.Duration(h.Time-first.Time)*time.Second/8000).Abs())
			}
		})
		r := call.Wait()
		lasted := r.Ended.Sub(r.Answered)
		if r.EndedBy != "them" || lasted < 20*time.Minute || lasted > 22*time.Minute {
			t.Errorf("he was on the line for %v, and ended by %q", lasted, r.EndedBy)
		}
		if r.Refreshes < 12 || r.Refused != 0 {
			t.Errorf("%d refreshes of a session of 3 minutes in %v", r.Refreshes, lasted)
		}
		if r.Sources != 1 || jumps != 0 || drift > 40*time.Millisecond || packets < 40_000 {
			t.Errorf("%d streams, %d jumps, %v of drift in %d packets", r.Sources, jumps, drift, packets)
		}
		cdrs := n.CDRs()
		if len(cdrs) != 1 || !strings.Contains(string(cdrs[0].EndedBy), "no key pressed") {
			t.Errorf("records %+v", cdrs)
		}
		if live := n.Operator().Status(t.Context()).Calls.Now; live != 0 {
			t.Errorf("%d calls are left", live)
		}
	})
}

// One who goes round for as long as he can is let go too.
func TestAListenerWhoGoesRound(t *testing.T) {
	simtest.Run(t, func(n *simtest.Net) {
		n.Plan("flow:storing")
		r := n.Phone("caller").Call(number).With(func(d *sim.Dial) {
			d.Plays.Hz = 0
			for i := range 900 { // the message, the other language, the message …
				d.Keys = append(d.Keys, sim.Keys{After: 2*time.Second + time.Duration(i)*2*time.Second, Digits: "39"[i%2 : i%2+1]})
			}
		}).Hangup(25 * time.Minute).Wait()
		if r.EndedBy != "them" {
			n.T.Errorf("he was not let go in %v", r.Ended.Sub(r.Answered))
		}
		n.T.Logf("let go after %v", r.Ended.Sub(r.Answered))
	})
}
