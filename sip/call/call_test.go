package call

import (
	"testing"
	"time"

	"wissel"
)

// row is one story: what happens, and everything that the call does.
type row struct {
	name string
	do   func(p *play)
	want []string
}

func tell(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			p := newPlay(t)
			r.do(p)
			p.ladder(r.want...)
		})
	}
}

func TestPlainCall(t *testing.T) {
	tell(t, []row{
		{"anchored: rings, answers, the caller hangs up", func(p *play) {
			p.incoming(anchored(), "north", "flow:storing").
				in(trying(1), rings(1, "n"), answers(1, "n", answerSDP), acks(), hangsUp(0))
		}, []string{
			"describe 0 offer offer", "invite 1 north own-offer", "respond 180",
			"ack 1 n", "describe 1 answer answer", "connect 0 1", "respond 200 own-answer",
			"bye 1", "disconnect 1", "finish 200 answered caller",
		}},
		{"direct: rings, answers, the agent hangs up", func(p *play) {
			p.incoming(direct(), "north", "flow:storing").
				in(trying(1), rings(1, "n"), answers(1, "n", answerSDP), acks(),
					Event{Kind: Hangup, Leg: 1, Reason: "Q.850;cause=16"})
		}, []string{
			"invite 1 north offer", "respond 180", "ack 1 n", "respond 200 answer",
			"bye 0 because Q.850;cause=16", "finish 200 answered callee",
		}},
		{"anchored: early media, and the same answer again in the 200", func(p *play) {
			p.incoming(anchored(), "north").
				in(early(1, "n", answerSDP), rings(1, "n"), early(1, "n", answerSDP), answers(1, "n", answerSDP))
		}, []string{
			"describe 0 offer offer", "invite 1 north own-offer",
			"describe 1 answer answer", "connect 0 1", "respond 183 own-answer", "respond 180", "respond 183 own-answer",
			"ack 1 n", "respond 200 own-answer",
		}},
		{"anchored: two forks ring with media, the second answers: media goes by its own description", func(p *play) {
			p.incoming(anchored(), "north").
				in(early(1, "a", answerSDP), early(1, "b", otherSDP), answers(1, "a", answerSDP), answers(1, "b", otherSDP))
		}, []string{
			"describe 0 offer offer", "invite 1 north own-offer",
			"describe 1 answer answer", "connect 0 1", "respond 183 own-answer",
			"describe 1 answer other", "respond 183 own-answer",
			"ack 1 a", "describe 1 answer answer", "respond 200 own-answer",
			"ack 1 b", "bye 1 b",
		}},
		{"direct: each fork that sent a description has its own To tag", func(p *play) {
			p.incoming(direct(), "north").
				in(rings(1, "a"), early(1, "a", answerSDP), early(1, "b", otherSDP), rings(1, "a"), answers(1, "b", otherSDP))
		}, []string{
			"invite 1 north offer", "respond 180", "respond 183 answer", "respond 183 tag 1 other", "respond 180",
			"ack 1 b", "respond 200 tag 1 other",
		}},
		{"copies of the 200 are acknowledged again", func(p *play) {
			p.incoming(direct(), "north").in(answers(1, "n", answerSDP), answers(1, "n", answerSDP), acks(), hangsUp(0),
				answers(1, "n", answerSDP))
		}, []string{
			"invite 1 north offer", "ack 1 n", "respond 200 answer", "ack 1 n",
			"bye 1", "finish 200 answered caller", "ack 1 n",
		}},
		{"the agent hangs up before the caller's ACK: his BYE waits for it", func(p *play) {
			p.incoming(direct(), "north").in(answers(1, "n", answerSDP), hangsUp(1)).ladder(
				"invite 1 north offer", "ack 1 n", "respond 200 answer", "finish 200 answered callee").in(acks())
		}, []string{"bye 0"}},
		{"the ACK never comes: both get a BYE", func(p *play) {
			p.incoming(direct(), "north").in(answers(1, "n", answerSDP)).hush().in(Event{Kind: NoAck})
		}, []string{"bye 0", "bye 1", "finish 200 answered carrier"}},
		{"the adapter never says that the ACK came or not: the BYE goes in the end", func(p *play) {
			p.incoming(direct(), "north").in(answers(1, "n", answerSDP), hangsUp(1)).hush().wait(time.Hour)
		}, []string{"bye 0"}},
	})
}

func TestLateOffer(t *testing.T) {
	lateAck := Event{Kind: Acked, Body: []byte(offerSDP)}
	tell(t, []row{
		{"anchored: we offer in the 200 and the far end is acknowledged at once", func(p *play) {
			p.lateIncoming(anchored(), "north").in(early(1, "n", answerSDP), answers(1, "n", answerSDP), lateAck)
		}, []string{
			"invite 1 north own-offer", "respond 180", "ack 1 n", "describe 1 answer answer", "connect 0 1",
			"respond 200 own-offer", "describe 0 answer offer",
		}},
		{"direct: the far ACK waits for the caller's, copies of the 200 too", func(p *play) {
			p.lateIncoming(direct(), "north").in(rings(1, "n"), answers(1, "n", answerSDP), answers(1, "n", answerSDP), lateAck,
				answers(1, "n", answerSDP))
		}, []string{
			"invite 1 north", "respond 180", "respond 200 answer", "ack 1 n offer", "ack 1 n offer",
		}},
		{"direct: the caller's ACK never comes", func(p *play) {
			p.lateIncoming(direct(), "north").in(answers(1, "n", answerSDP)).hush().in(Event{Kind: NoAck}, answers(1, "n", answerSDP))
		}, []string{"bye 0", "ack 1 n inactive", "bye 1", "finish 200 answered carrier", "ack 1 n inactive"}},
		{"direct: he hangs up instead", func(p *play) {
			p.lateIncoming(direct(), "north").in(answers(1, "n", answerSDP)).hush().in(hangsUp(0))
		}, []string{"ack 1 n inactive", "bye 1", "finish 200 answered caller"}},
		{"direct: his ACK brings no answer", func(p *play) {
			p.lateIncoming(direct(), "north").in(answers(1, "n", answerSDP)).hush().in(acks())
		}, []string{"bye 0", "ack 1 n inactive", "bye 1", "finish 200 answered caller"}},
		{"direct: a second fork answers too", func(p *play) {
			p.lateIncoming(direct(), "north").in(answers(1, "a", answerSDP), answers(1, "b", otherSDP)).hush().in(lateAck)
		}, []string{"ack 1 a offer"}},
		{"to a flow: it speaks once his answer is there", func(p *play) {
			p.lateIncoming(direct(), "flow:storing").ladder("attend storing", "respond 200 own-offer").in(lateAck)
		}, []string{"describe 0 answer offer", "begin"}},
		{"his answer cannot be used", func(p *play) {
			p.manual = true
			p.lateIncoming(anchored(), "flow:storing").in(Event{Kind: Attended}, lateAck).hush().in(Event{Kind: BodyRefused, Status: 488})
		}, []string{"bye 0", "dismiss", "finish 200 refused caller"}},
	})
}

func TestCancel(t *testing.T) {
	tell(t, []row{
		{"before anything was heard: no CANCEL until a 1xx", func(p *play) {
			p.incoming(direct(), "north").hush().in(cancels()).
				ladder("respond 487", "stop 1", "finish 487 abandoned caller").in(trying(1), trying(1), rings(1, "n"), refuses(1, 487))
		}, []string{"cancel 1"}},
		{"while it rings", func(p *play) {
			p.incoming(direct(), "north").in(rings(1, "n")).hush().in(cancels(), cancels(), refuses(1, 487))
		}, []string{"respond 487", "cancel 1", "finish 487 abandoned caller"}},
		{"crossing a 200: acknowledged, and a BYE", func(p *play) {
			p.incoming(direct(), "north").in(rings(1, "n"), cancels()).hush().in(answers(1, "n", answerSDP), answers(1, "n", answerSDP))
		}, []string{"ack 1 n", "bye 1 n", "ack 1 n"}},
		{"crossing our own 200: too late", func(p *play) {
			p.incoming(direct(), "north").in(answers(1, "n", answerSDP)).hush().in(cancels())
		}, nil},
		{"between the far 200 and ours", func(p *play) {
			p.manual = true
			p.incoming(anchored(), "north").in(Event{Kind: Described}, answers(1, "n", answerSDP)).hush().
				in(cancels(), Event{Kind: Described, Leg: 1})
		}, []string{"respond 487", "bye 1", "finish 487 abandoned caller"}},
		{"while a flow is being opened", func(p *play) {
			p.manual = true
			p.incoming(direct(), "flow:storing").hush().in(cancels(), Event{Kind: Attended})
		}, []string{"respond 487", "dismiss", "finish 487 abandoned caller"}},
	})
}

func TestFlow(t *testing.T) {
	tell(t, []row{
		{"anchored: one To tag, our own answer, and it ends the call", func(p *play) {
			p.incoming(anchored(), "flow:storing").in(acks(), Event{Kind: FlowOver})
		}, []string{
			"describe 0 offer offer", "attend storing", "respond 200 own-answer", "begin",
			"bye 0", "dismiss", "finish 200 attended wissel",
		}},
		{"direct: a To tag of its own after a target with media", func(p *play) {
			p.incoming(direct(), "north", "flow:storing").in(early(1, "n", answerSDP), refuses(1, 503))
		}, []string{
			"invite 1 north offer", "respond 183 answer", "attend storing", "describe 0 offer offer",
			"respond 200 tag 1 own-answer", "begin",
		}},
		{"it hands the caller on: our media for both, no new answer", func(p *play) {
			p.incoming(direct(), "flow:storing").in(acks()).hush().
				in(Event{Kind: FlowDial, Route: route("north", "south")}, refuses(1, 503), rings(2, "s"), answers(2, "s", answerSDP),
					hangsUp(2))
		}, []string{
			"dismiss", "invite 1 north own-offer", "invite 2 south own-offer",
			"ack 2 s", "describe 2 answer answer", "connect 0 2", "bye 0", "finish 200 answered callee", "disconnect 2",
		}},
		{"it hands the caller on and nobody answers: the flow of that route", func(p *play) {
			p.incoming(anchored(), "flow:storing").in(acks()).hush().
				in(Event{Kind: FlowDial, Route: route("north", "flow:sorry")}, refuses(1, 486))
		}, []string{"dismiss", "invite 1 north own-offer", "attend sorry", "begin"}},
		{"it hands the caller on and nothing is left", func(p *play) {
			p.incoming(anchored(), "flow:storing").in(acks()).hush().in(Event{Kind: FlowDial, Route: route("north")}, refuses(1, 480))
		}, []string{"dismiss", "invite 1 north own-offer", "bye 0", "finish 200 attended platform"}},
		{"there is no such flow", func(p *play) {
			p.manual = true
			p.incoming(direct(), "flow:a", "flow:b").in(Event{Kind: Failed, Reason: "no flow a"}, Event{Kind: FlowOver})
		}, []string{"attend a", "attend b", "respond 480", "finish 480 refused wissel"}},
		{"no ports for the far leg: to the flow before anything rings", func(p *play) {
			p.incoming(anchored(), "north", "south", "flow:storing").hush().in(Event{Kind: NoPorts, Leg: 1})
		}, []string{"attend storing", "respond 200 own-answer", "begin"}},
		{"no ports for the caller: to the flow, which has its own", func(p *play) {
			p.manual = true
			p.incoming(anchored(), "north", "flow:storing").in(Event{Kind: NoPorts}, Event{Kind: Attended}, Event{Kind: Described})
		}, []string{
			"describe 0 offer offer", "attend storing", "describe 0 offer offer", "respond 200 own-answer", "begin",
		}},
		{"no ports for the flow either", func(p *play) {
			p.manual = true
			p.incoming(anchored(), "north", "flow:storing").in(Event{Kind: NoPorts}, Event{Kind: NoPorts})
		}, []string{"describe 0 offer offer", "attend storing", "respond 503", "finish 503 refused wissel"}},
	})
}

func TestBodies(t *testing.T) {
	tell(t, []row{
		{"the caller's offer cannot be used: nobody is rung", func(p *play) {
			p.manual = true
			p.incoming(anchored(), "north", "flow:storing").in(Event{Kind: BodyRefused, Status: 400})
		}, []string{"describe 0 offer offer", "respond 400", "finish 400 refused caller"}},
		{"a target's answer cannot be used: it is left for the next", func(p *play) {
			p.manual = true
			p.incoming(anchored(), "north", "south").in(Event{Kind: Described}, answers(1, "n", answerSDP)).hush().
				in(Event{Kind: BodyRefused, Leg: 1, Status: 488})
		}, []string{"bye 1", "invite 2 south own-offer"}},
		{"a target that rang answers with what cannot be used: to the flow", func(p *play) {
			p.manual = true
			p.incoming(anchored(), "north", "south", "flow:storing").in(Event{Kind: Described}, rings(1, "n"), answers(1, "n", answerSDP)).hush().
				in(Event{Kind: BodyRefused, Leg: 1, Status: 488})
		}, []string{"bye 1", "attend storing"}},
		{"our answer cannot be written: his INVITE is refused after all", func(p *play) {
			p.incoming(anchored(), "north").in(answers(1, "n", answerSDP)).hush().in(Event{Kind: BodyRefused, Status: 488})
		}, []string{"respond 488", "bye 1", "disconnect 1", "finish 488 refused caller"}},
		{"our offer in the 200 finds no ports: to the flow, which has its own", func(p *play) {
			p.lateIncoming(anchored(), "north", "flow:storing").in(answers(1, "n", answerSDP)).hush().in(Event{Kind: NoPorts})
		}, []string{"bye 1", "disconnect 1", "attend storing", "respond 200 own-offer"}},
		{"a flow's answer cannot be written", func(p *play) {
			p.incoming(anchored(), "flow:storing").hush().in(Event{Kind: BodyRefused, Status: 488})
		}, []string{"respond 488", "dismiss", "finish 488 refused caller"}},
		{"our answer to an offer cannot be written", func(p *play) {
			p.up(anchored()).in(offers(1, otherSDP)).hush().in(Event{Kind: BodyRefused, Leg: 1, Status: 488})
		}, []string{"respond-offer 1 488"}},
		{"our offer cannot be written: the next is not held up", func(p *play) {
			p.up(anchored()).in(offers(0, holdSDP)).hush().in(Event{Kind: BodyRefused, Leg: 1}, offers(1, otherSDP))
		}, []string{"describe 1 offer other", "respond-offer 1 200 own-answer", "offer 1 own-offer sendonly"}},
		{"a 200 without any description", func(p *play) {
			p.incoming(direct(), "north", "south").hush().in(Event{Kind: Answered, Leg: 1, Tag: "n"})
		}, []string{"ack 1 n", "bye 1", "invite 2 south offer"}},
		{"a 200 without one after early media: that was it", func(p *play) {
			p.incoming(direct(), "north").in(early(1, "n", answerSDP)).hush().in(Event{Kind: Answered, Leg: 1, Tag: "n"})
		}, []string{"ack 1 n", "respond 200 answer"}},
		{"early media that cannot be used", func(p *play) {
			p.manual = true
			p.incoming(anchored(), "north", "flow:storing").in(Event{Kind: Described}, early(1, "n", answerSDP)).hush().
				in(Event{Kind: BodyRefused, Leg: 1})
		}, []string{"cancel 1", "disconnect 1", "attend storing"}},
	})
}

func TestEnd(t *testing.T) {
	tell(t, []row{
		{"a drain before the answer", func(p *play) {
			p.incoming(direct(), "north").in(rings(1, "n")).hush().in(Event{Kind: End, Status: 503, Reason: "drain"})
		}, []string{"respond 503", "cancel 1", "finish 503 refused wissel"}},
		{"a drain after it", func(p *play) {
			p.up(anchored()).in(Event{Kind: End, Status: 503, Reason: "drain"}, Event{Kind: End})
		}, []string{"bye 0", "bye 1", "disconnect 1", "finish 200 answered wissel"}},
		{"the far leg is lost", func(p *play) {
			p.up(direct()).in(Event{Kind: Lost, Leg: 1, Reason: "481"})
		}, []string{"bye 0", "bye 1", "finish 200 answered platform"}},
		{"the caller's leg is lost", func(p *play) {
			p.up(direct()).in(Event{Kind: Lost, Leg: 0})
		}, []string{"bye 0", "bye 1", "finish 200 answered carrier"}},
		{"a BYE that tells of a fault", func(p *play) {
			p.up(direct()).in(Event{Kind: Hangup, Leg: 1, Reason: `SIP;cause=503;text="x"`})
		}, []string{`bye 0 because SIP;cause=503;text="x"`, "finish 200 answered platform"}},
		{"the longest call is over", func(p *play) {
			p.up(&Settings{Media: wissel.Direct, MaxCall: time.Hour}).wait(59 * time.Minute).ladder().wait(time.Minute)
		}, []string{"bye 0", "bye 1", "finish 200 answered wissel"}},
		{"the target answers and hangs up before the caller is through", func(p *play) {
			p.manual = true
			p.incoming(anchored(), "north", "south", "flow:storing").in(Event{Kind: Described}, answers(1, "n", answerSDP)).hush().in(hangsUp(1))
		}, []string{"attend storing"}},
		{"a BYE in place of a CANCEL", func(p *play) {
			p.incoming(direct(), "north").in(rings(1, "n")).hush().in(hangsUp(0))
		}, []string{"respond 487", "cancel 1", "finish 487 abandoned caller"}},
	})
}
