package peers

import (
	"testing"
	"time"

	"wissel/internal/audio"
)

// Two callers hear the flow while the platform is gone. It comes back: one of them is offered a colleague, presses 1 and talks to
// him, with sound both ways. The other presses nothing: he is offered one after that, and stays in the flow.
func TestACallerInTheFlowGoesBackToAColleague(t *testing.T) {
	t.Parallel()
	s := serve(t, `to: ["sip:NET.2:5060"],`, `to: ["sip:NET.2:5060"], from: ["NET.5"],`, "    active: normaal", "    active: normaal\n    handback: {calm: 2s}")
	s.health("platform", "down")
	talks := baresip(t, "+31612345001", s.carrier(), 440)
	stays := baresip(t, "+31612345002", s.net+".5", 660)
	for _, p := range []*softphone{talks, stays} {
		p.command("dial", "sip:"+number+"@"+s.wissel())
		p.tells("CALL_ESTABLISHED")
	}
	hears := func(p *softphone, id string, most time.Duration) bool {
		prompt := pcm(t, id)
		for until := time.Now().Add(most); time.Now().Before(until); {
			if all := p.heard(); len(all) >= len(prompt) && likeness(all, prompt) > 0.9 {
				return true
			}
			<-time.After(200 * time.Millisecond)
		}
		return false
	}
	if !hears(talks, "outage.welcome", 20*time.Second) || !hears(stays, "outage.welcome", 20*time.Second) {
		t.Fatal("the callers do not hear the flow")
	}
	other := make(chan bool, 1)
	go func() { other <- hears(stays, "back.offer", 3*time.Minute) }()
	platform := baresip(t, number, s.platform(), 550)
	s.health("platform", "up")
	offered := false
	for range 4 {
		talks.command("sndcode", "3") // the message again: a place between two things that are said
		if offered = hears(talks, "back.offer", 20*time.Second); offered {
			break
		}
	}
	if !offered {
		t.Fatal("nobody is offered a colleague")
	}
	talks.command("sndcode", "1")
	platform.tells("CALL_ESTABLISHED")
	const second = 8000
	tone := func(p *softphone, hz float64) float64 {
		share := 0.0
		eventually(t, 15*time.Second, "a tone is heard through the platform's call", func() bool {
			all := p.heard()
			if len(all) < 2*second {
				return false
			}
			share = audio.Goertzel(all[len(all)-second:], second, hz)
			return share > 0.9
		})
		return share
	}
	to, from := tone(platform, 440), tone(talks, 550)
	if !<-other {
		t.Error("the other is never offered a colleague")
	}
	<-time.After(8 * time.Second) // longer than the offer waits for a key
	stays.command("hangup", "")
	talks.command("hangup", "")
	platform.tells("CALL_CLOSED")
	s.expect(2, map[string]int{"answered platform": 1, "attended flow:storing": 1})
	row(t, "handback", "two baresip in the flow, the platform comes back: one is offered a colleague, presses 1 and talks (440 Hz %.2f there, 550 Hz %.2f here); one presses nothing and stays", to, from)
}
