package call

import (
	"testing"
	"time"

	"wissel"
)

var phones = map[string]wissel.Number{"anna": "+31611111111", "bob": "+31622222222", "cor": "+31633333333"}

func person(name string) Person {
	return Person{List: "home", Name: name, Phone: phones[name], Show: "+31201234567"}
}

// ways are the tries of one person, over trunks.
func ways(name string, trunks ...string) []Try {
	all := route(trunks...)
	for i := range all {
		all[i].Person = person(name)
	}
	return all
}

func finds(name string, trunks ...string) Event {
	return Event{Kind: Found, Person: person(name), Route: ways(name, trunks...)}
}
func none() Event           { return Event{Kind: Nobody, Reason: "nobody is logged on"} }
func presses(leg int) Event { return Event{Kind: Pressed, Leg: leg} }
func lets(leg int) Event    { return Event{Kind: FlowOver, Leg: leg, Reason: "no key"} }
func home(name ...string) []string {
	return append([]string{"people:home"}, append(name, "flow:storing")...)
}

// seeks is a call whose caller's offer was taken, and who waits for somebody to be found.
func (p *play) seeks(st *Settings, targets ...string) *play {
	p.t.Helper()
	return p.incoming(st, home(targets...)...).ladder("describe 0 offer offer", "seek home")
}

// answered is one whose first colleague has answered, and hears what it is about.
func (p *play) whispered(targets ...string) *play {
	p.t.Helper()
	return p.seeks(anchored(), targets...).in(finds("anna", "carrier"), trying(1), rings(1, "a"), answers(1, "a", answerSDP)).
		ladder("invite 1 anna over carrier own-offer", "respond 180", "ack 1 a", "describe 1 answer answer", "respond 180", "attend whisper:", "begin")
}

func TestPeopleAreRung(t *testing.T) {
	flow := []string{"attend storing", "respond 200 own-answer", "begin"}
	next := func(first ...string) []string { return append(first, "let anna passed", "seek home") }
	tell(t, []row{
		{"key 1 connects, and not before", func(p *play) { p.whispered().in(presses(1), acks()) },
			[]string{"dismiss", "connect 0 1", "respond 200 own-answer"}},
		{"after the talk he is free again", func(p *play) { p.whispered().in(presses(1), acks(), hangsUp(1)) },
			[]string{"dismiss", "connect 0 1", "respond 200 own-answer", "bye 0", "let anna took", "finish 200 answered callee", "disconnect 1"}},
		{"no key: the next", func(p *play) { p.whispered().in(lets(1)) }, next("dismiss", "bye 1")},
		{"he hangs up before a key: the next", func(p *play) { p.whispered().in(hangsUp(1)) }, next("dismiss")},
		{"he is lost before a key: the next", func(p *play) { p.whispered().in(Event{Kind: Lost, Leg: 1}) }, next("dismiss", "bye 1")},
		{"the whisper cannot be had: the next", func(p *play) {
			p.manual = true
			p.in(Event{Kind: Incoming, Settings: anchored(), Route: route(home()...), Body: []byte(offerSDP)}, Event{Kind: Described}).
				in(finds("anna", "carrier"), answers(1, "a", answerSDP), Event{Kind: Described, Leg: 1}).hush().in(Event{Kind: Failed, Leg: 1})
		}, next("dismiss", "bye 1")},
		{"busy: the next, and not over another carrier", func(p *play) { p.seeks(anchored()).in(finds("anna", "carrier", "cable"), refuses(1, 486)) },
			next("invite 1 anna over carrier own-offer")},
		{"declined after it rang", func(p *play) {
			p.seeks(anchored()).in(finds("anna", "carrier", "cable"), rings(1, "a"), refuses(1, 603))
		},
			next("invite 1 anna over carrier own-offer", "respond 180")},
		{"no answer while it rings", func(p *play) {
			p.seeks(anchored()).in(finds("anna", "carrier", "cable"), rings(1, "a")).wait(time.Minute)
		},
			append([]string{"invite 1 anna over carrier own-offer", "respond 180", "cancel 1"}, next()...)},
		{"a carrier that fails: another one", func(p *play) { p.seeks(anchored()).in(finds("anna", "carrier", "cable"), refuses(1, 503)) },
			[]string{"invite 1 anna over carrier own-offer", "invite 2 anna over cable own-offer"}},
		{"all carriers fail: nothing that she could help", func(p *play) { p.seeks(anchored()).in(finds("anna", "carrier"), refuses(1, 503)) },
			[]string{"invite 1 anna over carrier own-offer", "let anna spared", "seek home"}},
		{"a carrier that fails after it rang: nobody is rung twice", func(p *play) {
			p.seeks(anchored()).in(finds("anna", "carrier", "cable"), rings(1, "a"), refuses(1, 503))
		}, next("invite 1 anna over carrier own-offer", "respond 180")},
		{"a full carrier's other addresses are full too", func(p *play) {
			p.seeks(anchored()).in(finds("anna", "carrier/1", "carrier/2", "cable"), Event{Kind: Skipped, Leg: 1, Skip: SkipFull})
		}, []string{"invite 1 anna over carrier own-offer", "invite 2 anna over cable own-offer"}},
		{"her voicemail's early media is the ringing tone", func(p *play) { p.seeks(anchored()).in(finds("anna", "carrier"), early(1, "a", answerSDP)) },
			[]string{"invite 1 anna over carrier own-offer", "respond 180"}},
		{"an answer without ringing: he hears the ringing tone", func(p *play) { p.seeks(anchored()).in(finds("anna", "carrier"), answers(1, "a", answerSDP)) },
			[]string{"invite 1 anna over carrier own-offer", "ack 1 a", "describe 1 answer answer", "respond 180", "attend whisper:", "begin"}},
		{"nobody is logged on: the plan goes on, to a trunk too", func(p *play) { p.seeks(anchored(), "north").in(none()) },
			[]string{"invite 1 north own-offer"}},
		{"nobody is left: the plan goes on, to a trunk too", func(p *play) { p.whispered("north").in(lets(1)).hush().in(none()) },
			[]string{"invite 2 north own-offer"}},
		{"nobody is left: the flow", func(p *play) { p.whispered().in(lets(1)).hush().in(none()) }, flow},
		{"for a minute and a half, and no longer", func(p *play) {
			p.seeks(anchored()).in(finds("anna", "carrier"), rings(1, "a")).wait(50*time.Second).in(finds("bob", "carrier"), rings(2, "b")).hush().wait(50 * time.Second)
		}, append([]string{"cancel 2", "let bob passed"}, flow...)},
		{"no ports for her: the flow, and she could not help it", func(p *play) { p.seeks(anchored()).in(finds("anna", "carrier"), Event{Kind: NoPorts, Leg: 1}) },
			append([]string{"invite 1 anna over carrier own-offer", "let anna spared"}, flow...)},
		{"the caller gives up while it rings", func(p *play) { p.seeks(anchored()).in(finds("anna", "carrier"), rings(1, "a"), cancels()) },
			[]string{"invite 1 anna over carrier own-offer", "respond 180", "respond 487", "cancel 1", "let anna spared", "finish 487 abandoned caller"}},
		{"the caller gives up while she listens", func(p *play) { p.whispered().in(cancels()) },
			[]string{"respond 487", "dismiss", "bye 1", "let anna spared", "finish 487 abandoned caller"}},
		{"the caller gives up before somebody was found", func(p *play) { p.seeks(anchored()).in(cancels(), finds("anna", "carrier")) },
			[]string{"respond 487", "finish 487 abandoned caller", "let anna spared"}},
		{"she answers as he gives up", func(p *play) {
			p.seeks(anchored()).in(finds("anna", "carrier"), rings(1, "a"), cancels()).hush().in(answers(1, "a", answerSDP))
		},
			[]string{"ack 1 a", "bye 1 a"}},
		{"a platform that rang is a person's telephone: nobody else is rung", func(p *play) {
			p.incoming(anchored(), "north", "people:home", "flow:storing").in(rings(1, "n"), refuses(1, 503))
		}, append([]string{"describe 0 offer offer", "invite 1 north own-offer", "respond 180"}, flow...)},
		{"a platform that is down: people", func(p *play) {
			p.incoming(anchored(), "north", "people:home", "flow:storing").in(refuses(1, 503))
		}, []string{"describe 0 offer offer", "invite 1 north own-offer", "seek home"}},
		{"in a direct group their media is ours", func(p *play) { p.seeks(direct()).in(finds("anna", "carrier"), answers(1, "a", answerSDP), presses(1)) },
			[]string{"invite 1 anna over carrier own-offer", "ack 1 a", "describe 1 answer answer", "respond 180", "attend whisper:", "begin", "dismiss", "connect 0 1", "respond 200 own-answer"}},
		{"after a late offer too", func(p *play) {
			p.lateIncoming(anchored(), home()...).in(finds("anna", "carrier"), answers(1, "a", answerSDP), presses(1))
		}, []string{"seek home", "invite 1 anna over carrier own-offer", "ack 1 a", "describe 1 answer answer", "respond 180", "attend whisper:", "begin", "dismiss", "connect 0 1", "respond 200 own-offer"}},
		{"a key that comes too late connects nobody", func(p *play) { p.whispered().in(lets(1)).hush().in(presses(1)) }, nil},
		{"a flow that handed him on", func(p *play) {
			p.incoming(anchored(), "flow:storing").in(acks(), Event{Kind: FlowDial, Route: route("people:home", "flow:after")}).hush().
				in(finds("anna", "carrier"), answers(1, "a", answerSDP), offers(1, holdSDP), presses(1))
		}, []string{"invite 1 anna over carrier own-offer", "ack 1 a", "describe 1 answer answer", "attend whisper:", "begin",
			"describe 1 offer hold", "respond-offer 1 200 own-answer", "dismiss", "connect 0 1"}},
	})
}

// The record tells who was rung, over what, and who took the call.
func TestRecordOfPeople(t *testing.T) {
	p := newPlay(t).whispered().in(lets(1), finds("bob", "cable"), answers(2, "b", answerSDP), presses(2), acks(), hangsUp(0))
	r := p.c.Record()
	for _, e := range p.all {
		if f, ok := e.(Finish); ok {
			r = f.Record
		}
	}
	if r.Target.String() != "people:home" || len(r.Attempts) != 2 {
		t.Fatalf("%+v", r)
	}
	anna, bob := r.Attempts[0], r.Attempts[1]
	if anna.Person != "anna" || anna.Over != "carrier" || anna.Status != 200 || anna.Why != "no key" || !anna.Rang || anna.Target != r.Target {
		t.Errorf("%+v", anna)
	}
	if bob.Person != "bob" || bob.Over != "cable" || bob.Status != 200 || bob.Why != "" {
		t.Errorf("%+v", bob)
	}
}

// Nobody is sought twice for one caller, whatever lists he is on.
func TestWhoWasSoughtIsTold(t *testing.T) {
	p := newPlay(t).whispered("people:office").in(lets(1), finds("bob", "carrier"), refuses(2, 486), none())
	for _, e := range p.all {
		if s, ok := e.(Seek); ok && s.List == "office" && (len(s.Rung) != 2 || s.Rung[0] != phones["anna"] || s.Rung[1] != phones["bob"]) {
			t.Errorf("%+v", s)
		}
	}
}
