package sip_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"wissel/internal/audio"
	"wissel/internal/virtual"
	"wissel/prompts"
	"wissel/sip/sim"
	"wissel/sip/sim/simtest"
)

// said is what a caller in Dutch hears, byte for byte.
func said(t *testing.T, ids ...string) (law []byte) {
	t.Helper()
	sounds, err := prompts.Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		law = append(law, sounds.Clip("nl", id).Bytes[audio.ALaw]...)
	}
	return law
}

// Fifty times as many callers as a trunk has places, for ten minutes: who is answered hears the whole message, the others are refused
// at once with 503 and Retry-After, and callers over another trunk are served as ever. One who presses nothing in the short part is on the
// line for 28 s, so a trunk of 200 places serves 7 a second. The race detector gets a trunk of 5 places, which is as crowded.
func TestACrowd(t *testing.T) {
	const long, times, stay = 10 * time.Minute, 50, 28 * time.Second
	places := 200
	if virtual.Raced {
		places = 5
	}
	simtest.Run(t, func(n *simtest.Net) {
		t := n.T
		at := netip.MustParseAddrPort("198.51.100.99:5060")
		n.Plan("flow:storing")
		n.Quiet = true
		n.Beside("crowded", at, fmt.Sprintf("limits: {calls: %d}", places))
		other := n.Phone("other")
		n.Start()
		short, whole := said(t, "outage.short"), said(t, "outage.welcome", "menu.language", "outage.message")
		over := make(chan struct{})
		var group sync.WaitGroup
		calls, served := 0, 0
		group.Go(func() {
			for {
				select {
				case <-over:
					return
				case <-time.After(5 * time.Second):
				}
				var voice []byte
				r := other.Call(number).With(func(d *sim.Dial) {
					d.Hears = func(h sim.Heard) { voice = append(voice, h.Payload...) }
				}).For(20 * time.Second)
				if calls++; r.Status == 200 && (bytes.HasPrefix(voice, short) || bytes.HasPrefix(voice, whole)) {
					served++
				}
			}
		})
		out, err := sim.Crowd{
			Listen: n.Sim.Listen, At: at, Via: n.Wissel(), To: number, Rate: int(times * time.Duration(places) * time.Second / stay), For: long,
			Whole: [][]byte{short, whole},
		}.Run(t.Context(), 5*time.Minute)
		close(over)
		group.Wait()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d callers in %v for a trunk of %d calls: %d answered, of whom %d heard the whole message; %d refused with 503 within %v; %d at one time; over the other trunk %d of %d served",
			out.Calls, long, places, out.Answered, out.Whole, out.Refused[503], out.Slowest, out.Most, served, calls)
		if out.Whole*100 < out.Answered*95 || out.Answered < int(long/stay)*places*9/10 {
			t.Errorf("%d of %d who were answered heard the whole message", out.Whole, out.Answered)
		}
		if out.Most != places || out.Answered+out.Refused[503] != out.Calls || out.Waits != out.Refused[503] || out.Slowest > 100*time.Millisecond || out.Silent+out.Left != 0 {
			t.Errorf("%+v", out)
		}
		if calls < 10 || served != calls {
			t.Errorf("over the other trunk %d of %d calls were served", served, calls)
		}
	})
}
