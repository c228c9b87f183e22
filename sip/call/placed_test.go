package call

import (
	"testing"
	"time"

	"wissel"
)

// places begins a call of our own over trunks, attended by the flow "test".
func (p *play) places(targets ...string) *play {
	return p.in(Event{Kind: Placed, Settings: &Settings{Media: wissel.Direct, MaxCall: time.Minute}, Route: route(targets...), Role: Test, Flow: "test"})
}

func TestCallOfOurOwn(t *testing.T) {
	over := Event{Kind: FlowOver, Leg: 1, Reason: "passed"}
	tell(t, []row{
		{"who answers is attended, and released at the flow's end", func(p *play) {
			p.places("north").in(trying(1), rings(1, "n"), answers(1, "n", answerSDP), over)
		}, []string{
			"invite 1 north own-offer", "ack 1 n", "describe 1 answer answer", "attend test", "begin",
			"bye 1", "dismiss", "finish 200 answered wissel",
		}},
		{"he hangs up first", func(p *play) {
			p.places("north").in(answers(1, "n", answerSDP)).hush().in(hangsUp(1))
		}, []string{"dismiss", "finish 200 answered callee"}},
		{"early media is described and joined to nobody", func(p *play) {
			p.places("north").in(early(1, "n", answerSDP), answers(1, "n", answerSDP))
		}, []string{
			"invite 1 north own-offer", "describe 1 answer answer", "ack 1 n", "attend test", "begin",
		}},
		{"each address is tried, and the last refusal told", func(p *play) {
			p.places("north", "north/2").in(refuses(1, 503), refuses(2, 404))
		}, []string{"invite 1 north own-offer", "invite 2 north own-offer", "finish 404 refused platform"}},
		{"silence everywhere", func(p *play) { p.places("north").wait(time.Minute) },
			[]string{"invite 1 north own-offer", "doubt 1", "stop 1", "finish 0 refused platform"}},
		{"nobody is rung twice", func(p *play) { p.places("north", "north/2").in(rings(1, "n")).wait(time.Minute) },
			[]string{"invite 1 north own-offer", "cancel 1", "finish 0 refused callee"}},
		{"a flow in its route is no place to go", func(p *play) { p.places("flow:storing", "north").in(refuses(1, 486)) },
			[]string{"invite 1 north own-offer", "finish 486 refused callee"}},
		{"an empty route is over at once", func(p *play) { p.places() }, []string{"finish 0 refused wissel"}},
		{"the trunk is full", func(p *play) { p.places("north", "north/2").in(Event{Kind: Skipped, Leg: 1, Skip: SkipFull}) },
			[]string{"invite 1 north own-offer", "finish 0 refused wissel"}},
		{"the flow cannot attend", func(p *play) {
			p.manual = true
			p.places("north").in(answers(1, "n", answerSDP), Event{Kind: Described, Leg: 1}).hush().in(Event{Kind: Failed, Leg: 1, Reason: "busy"})
		}, []string{"bye 1", "finish 200 answered wissel"}},
		{"an operator ends it while it rings", func(p *play) {
			p.places("north").in(rings(1, "n")).hush().in(Event{Kind: End, Status: 480}, answers(1, "n", answerSDP))
		}, []string{"cancel 1", "finish 0 refused wissel", "ack 1 n", "bye 1 n"}},
		{"it lasts no longer than it may", func(p *play) {
			p.places("north").in(answers(1, "n", answerSDP)).hush().wait(2 * time.Minute)
		}, []string{"bye 1", "dismiss", "finish 200 answered wissel"}},
		{"the answer cannot be used: the next address", func(p *play) {
			p.manual = true
			p.places("north", "north/2").in(answers(1, "n", "x")).hush().in(Event{Kind: BodyRefused, Leg: 1, Status: 488})
		}, []string{"bye 1", "invite 2 north own-offer"}},
		{"he holds us and takes us back", func(p *play) {
			p.places("north").in(answers(1, "n", answerSDP)).hush().in(offers(1, holdSDP), offers(1, resumeSDP))
		}, []string{"describe 1 offer hold", "respond-offer 1 200 own-answer", "describe 1 offer resume", "respond-offer 1 200 own-answer"}},
		{"a second beginning changes nothing", func(p *play) { p.places("north").hush().places("south") }, nil},
	})
}

// The record of a call of our own names the trunk that it talked to, not the flow.
func TestRecordOfACallOfOurOwn(t *testing.T) {
	p := newPlay(t)
	p.places("north").in(answers(1, "n", answerSDP), hangsUp(1))
	r := p.all[len(p.all)-1]
	for _, e := range p.all {
		if f, ok := e.(Finish); ok {
			r = f
		}
	}
	rec := r.(Finish).Record
	if rec.Target != (wissel.Target{Trunk: "north"}) || len(rec.Attempts) != 1 || rec.Attempts[0].Status != 200 || rec.Answered.IsZero() {
		t.Errorf("%+v", rec)
	}
}
