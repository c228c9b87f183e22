package call

import (
	"testing"
	"time"

	"wissel"
)

func TestOffersInTheCall(t *testing.T) {
	update := func(leg int) Event { return Event{Kind: Offered, Leg: leg, Method: "UPDATE"} }
	bare := func(leg int) Event { return Event{Kind: Offered, Leg: leg, Method: "INVITE"} }
	tell(t, []row{
		{"direct: hold passes through", func(p *play) {
			p.up(direct()).in(offers(0, holdSDP)).ladder("offer 1 hold").in(takes(1, 200, otherSDP))
		}, []string{"ack-offer 1", "respond-offer 0 200 other"}},
		{"direct: a refusal passes back", func(p *play) {
			p.up(direct()).in(offers(1, otherSDP)).ladder("offer 0 other").in(takes(0, 488, ""))
		}, []string{"respond-offer 1 488"}},
		{"direct: a 491 passes back to who can try again", func(p *play) {
			p.up(direct()).in(offers(1, otherSDP), takes(0, 491, ""), offers(1, otherSDP))
		}, []string{"offer 0 other", "respond-offer 1 491", "offer 0 other"}},
		{"direct: both at once: the second gets 491", func(p *play) {
			p.up(direct()).in(offers(0, holdSDP), offers(1, otherSDP), takes(1, 200, answerSDP))
		}, []string{"offer 1 hold", "respond-offer 1 491", "ack-offer 1", "respond-offer 0 200 answer"}},
		{"two from one leg: the second gets 500 with Retry-After", func(p *play) {
			p.up(direct()).in(offers(0, holdSDP), offers(0, resumeSDP))
		}, []string{"offer 1 hold", "respond-offer 0 500"}},
		{"direct: an unchanged description is answered on its own leg", func(p *play) {
			p.up(direct()).in(offers(0, offerSDP), offers(1, answerSDP))
		}, []string{"respond-offer 0 200 answer", "respond-offer 1 200 offer"}},
		{"anchored: an unchanged description is answered on its own leg", func(p *play) {
			p.up(anchored()).in(offers(0, offerSDP))
		}, []string{"respond-offer 0 200 own-last"}},
		{"an UPDATE without a description is answered on its own leg", func(p *play) {
			p.up(direct()).in(update(0), update(1))
		}, []string{"respond-offer 0 200", "respond-offer 1 200"}},
		{"anchored: hold and resume reach the other leg as a change of direction", func(p *play) {
			p.up(anchored()).in(offers(0, holdSDP)).
				ladder("describe 0 offer hold", "respond-offer 0 200 own-answer", "offer 1 own-offer sendonly").
				in(takes(1, 200, otherSDP)).ladder("ack-offer 1", "describe 1 answer other").
				in(offers(0, resumeSDP))
		}, []string{"describe 0 offer resume", "respond-offer 0 200 own-answer", "offer 1 own-offer"}},
		{"anchored: new codecs or a new address stay on their own leg", func(p *play) {
			p.up(anchored()).in(offers(1, otherSDP))
		}, []string{"describe 1 offer other", "respond-offer 1 200 own-answer"}},
		{"anchored: media cannot use it", func(p *play) {
			p.up(anchored())
			p.manual = true
			p.in(offers(1, otherSDP), Event{Kind: BodyRefused, Leg: 1, Status: 488}, offers(1, holdSDP))
		}, []string{"describe 1 offer other", "respond-offer 1 488", "describe 1 offer hold"}},
		{"anchored: our offer meets a 491, and the other's is taken while ours waits", func(p *play) {
			p.up(anchored()).in(offers(0, holdSDP)).hush().in(offers(1, otherSDP)).ladder("respond-offer 1 491").
				in(takes(1, 491, ""), offers(1, otherSDP)).ladder("describe 1 offer other", "respond-offer 1 200 own-answer").
				wait(2090 * time.Millisecond).ladder().wait(1910 * time.Millisecond)
		}, []string{"offer 1 own-offer sendonly"}},
		{"anchored: towards the caller, whose Call-ID it is, we wait less", func(p *play) {
			p.up(anchored()).in(offers(1, holdSDP)).hush().in(takes(0, 491, "")).wait(2 * time.Second)
		}, []string{"offer 0 own-offer sendonly"}},
		{"anchored: a hold that is refused changes nothing", func(p *play) {
			p.up(anchored()).in(offers(0, holdSDP)).hush().in(takes(1, 488, "")).wait(time.Minute)
		}, nil},
		{"anchored: 500 with Retry-After is tried again then", func(p *play) {
			p.up(anchored()).in(offers(0, holdSDP)).hush().
				in(Event{Kind: OfferAnswer, Leg: 1, Method: "INVITE", Status: 500, RetryAfter: 5 * time.Second}).
				wait(4 * time.Second).ladder().wait(time.Second)
		}, []string{"offer 1 own-offer sendonly"}},
		{"a challenge of our offer is met once", func(p *play) {
			again := Event{Kind: OfferAnswer, Leg: 1, Method: "INVITE", Status: 401, Repair: Auth}
			p.up(direct()).in(offers(0, holdSDP)).hush().in(again, again)
		}, []string{"again 1 1", "respond-offer 0 488"}},
		{"anchored: a re-INVITE without an offer gets ours", func(p *play) {
			p.up(anchored()).in(bare(0), offers(1, otherSDP)).
				ladder("respond-offer 0 200 own-offer", "respond-offer 1 491").
				in(Event{Kind: OfferAcked, Body: []byte(resumeSDP)})
		}, []string{"describe 0 answer resume"}},
		{"direct: a re-INVITE without an offer passes through, to the ACK", func(p *play) {
			p.up(direct()).in(bare(0)).ladder("offer 1").in(takes(1, 200, otherSDP)).ladder("respond-offer 0 200 other").
				in(Event{Kind: OfferAcked, Body: []byte(resumeSDP)})
		}, []string{"ack-offer 1 resume"}},
		{"direct: its ACK never comes", func(p *play) {
			p.up(direct()).in(bare(0), takes(1, 200, otherSDP)).hush().in(Event{Kind: NoAck})
		}, []string{"bye 0", "ack-offer 1 inactive", "bye 1", "finish 200 answered carrier"}},
		{"direct: its ACK brings no answer", func(p *play) {
			p.up(direct()).in(bare(0), takes(1, 200, otherSDP)).hush().in(Event{Kind: OfferAcked})
		}, []string{"ack-offer 1 inactive", "bye 0", "bye 1", "finish 200 answered caller"}},
		{"the other leg does not know the dialog: the call is over", func(p *play) {
			p.up(direct()).in(offers(0, holdSDP)).hush().in(takes(1, 481, ""))
		}, []string{"respond-offer 0 487", "bye 0", "bye 1", "finish 200 answered platform"}},
		{"our offer is never answered: the call is over", func(p *play) {
			p.up(anchored()).in(offers(0, holdSDP)).hush().in(takes(1, 0, ""))
		}, []string{"bye 0", "bye 1", "disconnect 1", "finish 200 answered platform"}},
		{"he hangs up while his offer waits; the late answer is acknowledged", func(p *play) {
			p.up(direct()).in(offers(0, holdSDP)).hush().in(hangsUp(0), takes(1, 200, otherSDP))
		}, []string{"respond-offer 0 487", "bye 1", "finish 200 answered caller", "ack-offer 1"}},
		{"an UPDATE with an offer before the answer", func(p *play) {
			u := offers(0, holdSDP)
			u.Method = "UPDATE"
			v := offers(1, otherSDP)
			v.Method = "UPDATE"
			p.incoming(direct(), "north").in(rings(1, "n")).hush().in(u, v, update(1))
		}, []string{"respond-offer 0 500", "respond-offer 1 491", "respond-offer 1 200"}},
		{"an offer after the BYE", func(p *play) { p.up(direct()).in(hangsUp(0)).hush().in(offers(1, otherSDP)) },
			[]string{"respond-offer 1 481"}},
		{"while a flow speaks", func(p *play) {
			p.incoming(direct(), "flow:storing").in(acks()).hush().in(offers(0, holdSDP))
		}, []string{"describe 0 offer hold", "respond-offer 0 200 own-answer"}},
	})
}

func TestInfo(t *testing.T) {
	asks := func(leg int, body string) Event {
		return Event{Kind: Info, Leg: leg, Type: "application/dtmf-relay", Body: []byte(body)}
	}
	tell(t, []row{
		{"passes both ways", func(p *play) {
			p.up(direct()).in(asks(0, "Signal=1"), Event{Kind: InfoAnswer, Leg: 1, Status: 200}, asks(1, "x"), Event{Kind: InfoAnswer, Leg: 0, Status: 415})
		}, []string{
			"send-info 1 application/dtmf-relay", "respond-info 0 200", "send-info 0 application/dtmf-relay", "respond-info 1 415",
		}},
		{"a timeout is told and ends nothing", func(p *play) {
			p.up(direct()).in(asks(0, "x"), Event{Kind: InfoAnswer, Leg: 1})
		}, []string{"send-info 1 application/dtmf-relay", "respond-info 0 408"}},
		{"a 481 ends the call", func(p *play) {
			p.up(direct()).in(asks(0, "x"), Event{Kind: InfoAnswer, Leg: 1, Status: 481})
		}, []string{"send-info 1 application/dtmf-relay", "respond-info 0 481", "bye 0", "bye 1", "finish 200 answered platform"}},
		{"the call ends before its answer", func(p *play) {
			p.up(direct()).in(asks(0, "x")).hush().in(hangsUp(1))
		}, []string{"respond-info 0 487", "bye 0", "finish 200 answered callee"}},
		{"with nobody to take it", func(p *play) {
			p.incoming(direct(), "north").hush().in(asks(0, ""), asks(0, "x"))
		}, []string{"respond-info 0 200", "respond-info 0 415"}},
	})
}

// TestSession: session timers, per leg and in both roles (RFC 4028).
func TestSession(t *testing.T) {
	const half = 15 * time.Minute
	settings := func() *Settings { return &Settings{Media: wissel.Direct, SessionTimer: 30 * time.Minute} }
	start := func(p *play, his, far Session) *play {
		ans := answers(1, "n", answerSDP)
		ans.Session = far
		return p.in(Event{Kind: Incoming, Settings: settings(), Route: route("north"), Body: []byte(offerSDP), Session: his}, ans, acks()).hush()
	}
	refreshed := Session{Expires: 30 * time.Minute, Ours: true, Capable: true}
	tell(t, []row{
		{"we refresh the far leg at half time, and again", func(p *play) {
			start(p, Session{Capable: true}, refreshed).wait(half).ladder("refresh 1").
				in(Event{Kind: OfferAnswer, Leg: 1, Method: "UPDATE", Status: 200, Session: refreshed},
					Event{Kind: Offered, Method: "UPDATE", Session: Session{Capable: true}}).hush().wait(half)
		}, []string{"refresh 1"}},
		{"a refresh by re-INVITE is acknowledged", func(p *play) {
			start(p, Session{Capable: true}, refreshed).wait(half).hush().
				in(Event{Kind: OfferAnswer, Leg: 1, Method: "INVITE", Status: 200, Body: []byte(answerSDP), Session: refreshed})
		}, []string{"ack-offer 1"}},
		{"our refresh is not answered: the call ends", func(p *play) {
			start(p, Session{Capable: true}, refreshed).wait(half).hush().in(Event{Kind: OfferAnswer, Leg: 1, Method: "UPDATE"})
		}, []string{"bye 0", "bye 1", "finish 200 answered platform"}},
		{"our refresh meets 491: again, 2.1 to 4 s later", func(p *play) {
			start(p, Session{Capable: true}, refreshed).wait(half).hush().
				in(Event{Kind: OfferAnswer, Leg: 1, Method: "UPDATE", Status: 491}).wait(2 * time.Second).ladder().wait(2 * time.Second)
		}, []string{"refresh 1"}},
		{"our refresh is refused: tried again until the session expires", func(p *play) {
			start(p, Session{Capable: true}, Session{Expires: 90 * time.Second, Ours: true}).wait(45 * time.Second).hush().
				in(Event{Kind: OfferAnswer, Leg: 1, Method: "UPDATE", Status: 500}).wait(10 * time.Second).ladder("refresh 1").
				wait(35 * time.Second)
		}, []string{"bye 0", "bye 1", "finish 200 answered platform"}},
		{"the far end is to refresh and does not: the call ends 32 s before the expiry", func(p *play) {
			start(p, Session{Capable: true}, Session{Expires: 20 * time.Minute}).wait(20*time.Minute - 33*time.Second).ladder().wait(time.Second)
		}, []string{"bye 0", "bye 1", "finish 200 answered platform"}},
		{"the far end refreshes", func(p *play) {
			start(p, Session{}, Session{Expires: 10 * time.Minute}).wait(5 * time.Minute).
				in(Event{Kind: Offered, Leg: 1, Method: "UPDATE", Session: Session{Expires: 10 * time.Minute, Capable: true}}).
				ladder("respond-offer 1 200").wait(5 * time.Minute)
		}, nil},
		{"the far end knows no timers: there is none", func(p *play) {
			start(p, Session{Expires: 10 * time.Hour, Capable: true, Ours: false}, Session{}).wait(29 * time.Minute)
		}, nil},
		{"the caller cannot: we refresh him", func(p *play) { start(p, Session{}, Session{}).wait(half) }, []string{"refresh 0"}},
		{"the caller asked that we do", func(p *play) {
			start(p, Session{Expires: 20 * time.Minute, Capable: true, Ours: true}, Session{}).wait(10 * time.Minute)
		}, []string{"refresh 0"}},
		{"his interval is too small", func(p *play) {
			p.in(Event{Kind: Incoming, Settings: settings(), Route: route("north"), Body: []byte(offerSDP),
				Session: Session{Expires: time.Minute, Capable: true}})
		}, []string{"respond 422", "finish 422 refused caller"}},
		{"a too small one in a re-INVITE", func(p *play) {
			ev := offers(0, offerSDP)
			ev.Session = Session{Expires: time.Minute, Capable: true}
			p.up(direct()).in(ev)
		}, []string{"respond-offer 0 422"}},
		{"a refresh waits for an offer that is open", func(p *play) {
			start(p, Session{Capable: true}, refreshed).wait(half - time.Second).in(offers(0, holdSDP)).ladder("offer 1 hold").
				wait(2 * time.Second).ladder().
				in(Event{Kind: OfferAnswer, Leg: 1, Method: "INVITE", Status: 200, Body: []byte(otherSDP)}).hush().wait(time.Minute)
		}, nil},
	})
}

func TestAccept(t *testing.T) {
	const s = time.Second
	ours := &Settings{SessionTimer: 1800 * s, MinSE: 90 * s}
	for _, r := range []struct {
		name     string
		asked    Session
		settings *Settings
		want     Session
	}{
		{"nobody wants one", Session{}, &Settings{}, Session{}},
		{"we alone do, and he can", Session{Capable: true}, ours, Session{Expires: 1800 * s, Capable: true}},
		{"we alone do, and he cannot: we refresh", Session{}, ours, Session{Expires: 1800 * s, Ours: true}},
		{"he asks for less", Session{Expires: 600 * s, Capable: true}, ours, Session{Expires: 600 * s, Capable: true}},
		{"he asks for more", Session{Expires: 3600 * s, Capable: true}, ours, Session{Expires: 1800 * s, Capable: true}},
		{"he asks for more and has a minimum", Session{Expires: 3600 * s, MinSE: 2000 * s, Capable: true}, ours, Session{Expires: 2000 * s, Capable: true}},
		{"a proxy asked for too little, he cannot", Session{Expires: 30 * s}, ours, Session{Expires: 90 * s, Ours: true}},
		{"he does, we need not", Session{Expires: 600 * s, Capable: true, Ours: true}, &Settings{}, Session{Expires: 600 * s, Capable: true, Ours: true}},
	} {
		t.Run(r.name, func(t *testing.T) {
			if got := accept(r.asked, r.settings); got != r.want {
				t.Errorf("got %+v, want %+v", got, r.want)
			}
		})
	}
}

// TestGlare: the waits of RFC 3261 §14.1, in steps of 10 ms.
func TestGlare(t *testing.T) {
	s := step{Call: New("x", 42)}
	own, his := &Leg{Number: 1, Role: Target}, &Leg{Role: Caller}
	for range 10_000 {
		if d := s.glare(own); d < 2100*time.Millisecond || d > 4*time.Second || d%(10*time.Millisecond) != 0 {
			t.Fatalf("we own the Call-ID and wait %s", d)
		}
		if d := s.glare(his); d <= 0 || d > 2*time.Second || d%(10*time.Millisecond) != 0 {
			t.Fatalf("he owns the Call-ID and we wait %s", d)
		}
	}
}
