package peers

import (
	"net/netip"
	"testing"
	"time"

	"wissel/internal/audio"
	"wissel/sip/sim"
)

// 350 callers a second for 60 s, fifty times what a trunk of 200 calls can carry: who is answered hears the whole message, byte for byte as
// it comes over the wire, the others have their 503 at once, and the calls of another trunk are set up and heard as ever.
func TestACrowdOfFiftyTimesTheTrunk(t *testing.T) {
	const rate, long = 350, time.Minute
	s := serve(t, "active: normaal", "active: storing", `["sip:NET.2:5060"], probe: {off: true}`, `["sip:NET.2:5060"], probe: {off: true}, limits: {calls: 200}`, "  platform:", second)
	other := newActor(t, "other", s.net+".5", sim.Refuse(480))
	law := func(ids ...string) (all []byte) {
		for _, id := range ids {
			all = append(all, clip(t, id).Bytes[audio.ALaw]...)
		}
		return all
	}
	var out sim.Rung
	done := make(chan error, 1)
	go func() {
		var err error
		out, err = sim.Crowd{
			Listen: sim.ListenUDP, At: netip.MustParseAddrPort(s.carrier() + ":5060"), Via: s.at(), To: number, Rate: rate, For: long,
			Whole: [][]byte{law("outage.short"), law("outage.welcome", "menu.language", "outage.message")},
		}.Run(t.Context(), 11*time.Second)
		done <- err
	}()
	calls, served := 0, 0
	short, message := clip(t, "outage.short"), clip(t, "outage.message")
	spent, began := s.cpu(), time.Now()
	for ; time.Since(began) < long-15*time.Second; calls++ {
		c := s.rings(other, sim.Dial{From: "+31612345001", Plays: sim.Answers{Hangup: 20 * time.Second}})
		pause(2 * time.Second)
		if r := c.Record(); r.Status != 200 {
			t.Errorf("a call over the other trunk got %d", r.Status)
		}
		over(t, c, 30*time.Second)
		if c.ear.whole(short) || c.ear.whole(message) {
			served++
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	cost := s.cpu() - spent
	refused := out.Refused[503]
	if out.Whole*100 < out.Answered*95 || out.Answered < 200 || out.Most > 200 {
		t.Errorf("%d of %d who were answered heard the whole message: %+v", out.Whole, out.Answered, out)
	}
	if out.Silent*1000 > out.Calls || out.Answered+refused+out.Silent != out.Calls || out.Waits != refused { // nothing is sent twice, and a socket may overflow
		t.Errorf("%+v", out)
	}
	if served != calls || calls < 2 {
		t.Errorf("over the other trunk %d of %d calls were served", served, calls)
	}
	clean(t, other)
	if code := s.stop(); code != 0 {
		t.Errorf("wissel ended with %d", code)
	}
	row(t, "crowd", "%d callers in %v for a trunk of 200 calls: %d answered, of whom %d heard the whole message; %d refused with 503, the slowest after %d ms; %d lost on the way; over the other trunk %d of %d served; %v of CPU",
		out.Calls, long, out.Answered, out.Whole, refused, out.Slowest.Milliseconds(), out.Silent, served, calls, cost)
}
