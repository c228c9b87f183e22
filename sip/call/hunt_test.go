package call

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wissel"
)

// TestHunting is DESIGN's table of hunting, direct and with two targets and a flow.
func TestHunting(t *testing.T) {
	toNext := []string{"invite 2 south offer"}
	toFlow := []string{"attend storing", "describe 0 offer offer", "respond 200 own-answer", "begin"}
	for _, r := range []struct {
		name string
		do   []Event
		want []string
	}{
		{"503", []Event{refuses(1, 503)}, toNext},
		{"500", []Event{refuses(1, 500)}, toNext},
		{"408, which proves that the far end lives", []Event{refuses(1, 408)}, toNext},
		{"480", []Event{refuses(1, 480)}, toNext},
		{"404", []Event{refuses(1, 404)}, toNext},
		{"488", []Event{refuses(1, 488)}, toNext},
		{"604", []Event{refuses(1, 604)}, toNext},
		{"302, whose Contact is never followed", []Event{refuses(1, 302)}, toNext},
		{"486 is a person's answer", []Event{refuses(1, 486)}, toFlow},
		{"600 is a person's answer", []Event{refuses(1, 600)}, toFlow},
		{"603 is a person's answer", []Event{refuses(1, 603)}, toFlow},
		{"503 after it rang", []Event{rings(1, "n"), refuses(1, 503)}, append([]string{"respond 180"}, toFlow...)},
		{"a challenge we cannot meet", []Event{refuses(1, 401)}, toNext},
		{"a challenge we can", []Event{{Kind: Refused, Leg: 1, Status: 407, Repair: Auth}}, []string{"again 1 1"}},
		{"a second challenge", []Event{{Kind: Refused, Leg: 1, Status: 407, Repair: Auth}, {Kind: Refused, Leg: 1, Status: 401, Repair: Auth}},
			[]string{"again 1 1", "invite 2 south offer"}},
		{"422 once, after a challenge", []Event{{Kind: Refused, Leg: 1, Status: 407, Repair: Auth}, {Kind: Refused, Leg: 1, Status: 422, Repair: MinSE},
			{Kind: Refused, Leg: 1, Status: 422, Repair: MinSE}}, []string{"again 1 1", "again 1 2", "invite 2 south offer"}},
		{"a cancel of a mended INVITE waits for its own 1xx", []Event{trying(1), {Kind: Refused, Leg: 1, Status: 407, Repair: Auth}, cancels(), trying(1)},
			[]string{"again 1 1", "respond 487", "stop 1", "finish 487 abandoned caller", "cancel 1"}},
		{"ICMP", []Event{{Kind: Failed, Leg: 1, Reason: "port unreachable"}}, toNext},
		{"ICMP after it rang", []Event{rings(1, "n"), {Kind: Failed, Leg: 1}}, append([]string{"respond 180"}, toFlow...)},
		{"silence, as another call found", []Event{{Kind: Silent, Leg: 1}}, append([]string{"stop 1"}, toNext...)},
		{"silence that another call found does not concern who was heard", []Event{trying(1), {Kind: Silent, Leg: 1}}, nil},
		{"down", []Event{{Kind: Skipped, Leg: 1, Skip: SkipDown}}, toNext},
		{"full", []Event{{Kind: Skipped, Leg: 1, Skip: SkipFull}}, toNext},
		{"unable", []Event{{Kind: Skipped, Leg: 1, Skip: SkipUnable}}, toNext},
		{"no ports", []Event{{Kind: NoPorts, Leg: 1}}, toFlow},
		{"one event twice is one", []Event{refuses(1, 503), refuses(1, 503), refuses(1, 486)}, toNext},
	} {
		t.Run(r.name, func(t *testing.T) {
			newPlay(t).incoming(direct(), "north", "south", "flow:storing").hush().in(r.do...).ladder(r.want...)
		})
	}
}

func TestHuntingWithoutAFlow(t *testing.T) {
	for _, r := range []struct {
		name   string
		status int
		want   []string
	}{
		{"503 is never copied", 503, []string{"respond 480", "finish 480 refused platform"}},
		{"486 is passed on", 486, []string{"respond 486", "finish 486 refused callee"}},
		{"404 is passed on", 404, []string{"respond 404", "finish 404 refused platform"}},
	} {
		t.Run(r.name, func(t *testing.T) {
			newPlay(t).incoming(direct(), "north").hush().in(refuses(1, r.status)).ladder(r.want...)
		})
	}
	t.Run("no target at all", func(t *testing.T) {
		newPlay(t).incoming(direct()).ladder("respond 480", "finish 480 refused wissel")
	})
	t.Run("a full trunk's other addresses are full too", func(t *testing.T) {
		newPlay(t).incoming(direct(), "north/1", "north/2", "south").hush().
			in(Event{Kind: Skipped, Leg: 1, Skip: SkipFull}).ladder("invite 2 south offer")
	})
	t.Run("the next address of the same trunk", func(t *testing.T) {
		p := newPlay(t).incoming(direct(), "north/1", "north/2").hush().in(refuses(1, 503)).ladder("invite 2 north offer")
		if a, b := p.c.Legs[1].Try.Address, p.c.Legs[2].Try.Address; a == b {
			t.Errorf("%s was tried twice", a)
		}
	})
}

func TestMovedCodes(t *testing.T) {
	for _, r := range []struct {
		name   string
		status int
		move   bool
		want   string
	}{
		{"486 moved to the next target", 486, true, "invite 2 south own-offer"},
		{"404 moved to the flow", 404, false, "attend storing"},
	} {
		t.Run(r.name, func(t *testing.T) {
			p := newPlay(t)
			way := route("north", "south", "flow:storing")
			way[0].Move = map[int]bool{r.status: r.move}
			p.in(Event{Kind: Incoming, Settings: anchored(), Route: way, Body: []byte(offerSDP)}).hush().in(refuses(1, r.status))
			if len(p.log) == 0 || p.log[0] != r.want {
				t.Errorf("got %q, want %q first", p.log, r.want)
			}
		})
	}
}

func TestSilence(t *testing.T) {
	const ms = time.Millisecond
	tell(t, []row{
		{"one burst at 250 ms, left at 500 ms", func(p *play) {
			p.incoming(direct(), "north", "south").hush().wait(249 * ms).ladder().
				wait(1 * ms).ladder("doubt 1").wait(249 * ms).ladder().wait(1 * ms)
		}, []string{"stop 1", "invite 2 south offer"}},
		{"while its connection opens it has 2 s", func(p *play) {
			p.opening = true
			p.incoming(direct(), "north", "south").hush().wait(1999 * ms).ladder("doubt 1").wait(1 * ms)
		}, []string{"stop 1", "invite 2 south offer"}},
		{"it answers a probe, and nothing to the INVITE: 2 s", func(p *play) {
			p.incoming(direct(), "north", "south").hush().wait(300 * ms)
			p.heard = p.now
			p.wait(1699 * ms).ladder("doubt 1").wait(1 * ms)
		}, []string{"stop 1", "invite 2 south offer"}},
		{"it spoke to another call since: no burst at all", func(p *play) {
			p.incoming(direct(), "north", "south").hush().wait(100 * ms)
			p.heard = p.now
			p.wait(1899 * ms).ladder().wait(1 * ms)
		}, []string{"stop 1", "invite 2 south offer"}},
		{"it says 100 at last, and no more: 4 s from there", func(p *play) {
			p.incoming(direct(), "north", "south").hush().wait(100 * ms)
			p.heard = p.now
			p.wait(1600 * ms).in(trying(1)).wait(3999 * ms).ladder().wait(1 * ms)
		}, []string{"cancel 1", "invite 2 south offer"}},
		{"it rings at last: left alone", func(p *play) {
			p.incoming(direct(), "north", "south").hush().wait(100 * ms)
			p.heard = p.now
			p.wait(1600 * ms).in(rings(1, "n")).wait(10 * time.Second)
		}, []string{"respond 180"}},
		{"what it said before the INVITE left does not count", func(p *play) {
			p.heard = began
			p.incoming(direct(), "north", "south").hush().wait(500 * ms)
		}, []string{"doubt 1", "stop 1", "invite 2 south offer"}},
		{"100 and no more: left after 4 s, with CANCEL", func(p *play) {
			p.incoming(direct(), "north", "south").hush().wait(200 * ms).in(trying(1)).wait(3999 * ms).ladder().wait(1 * ms)
		}, []string{"cancel 1", "invite 2 south offer"}},
		{"it rings: left alone for 45 s, then nobody else is rung", func(p *play) {
			p.incoming(direct(), "north", "south", "flow:storing").hush().in(rings(1, "n")).wait(44 * time.Second).ladder("respond 180").wait(time.Second)
		}, []string{"cancel 1", "attend storing", "describe 0 offer offer", "respond 200 own-answer", "begin"}},
		{"it rings for 45 s and there is no flow", func(p *play) {
			p.incoming(direct(), "north", "south").in(rings(1, "n")).hush().wait(45 * time.Second)
		}, []string{"cancel 1", "respond 480", "finish 480 refused callee"}},
		{"a second 18x does not begin the time anew", func(p *play) {
			p.incoming(direct(), "north").in(rings(1, "n")).wait(44 * time.Second).in(rings(1, "n")).hush().wait(time.Second)
		}, []string{"cancel 1", "respond 480", "finish 480 refused callee"}},
		{"we were away for 10 s: what came meanwhile is heard first", func(p *play) {
			p.incoming(direct(), "north", "south").hush()
			p.now = p.now.Add(10 * time.Second)
			p.ring(p.now)
			p.ladder("doubt 1").wait(249 * ms).ladder().in(rings(1, "n"))
		}, []string{"respond 180"}},
	})
}

// TestLeft: what a leg that was left still says gets its due, and changes nothing.
func TestLeft(t *testing.T) {
	left := func(p *play) *play {
		return p.incoming(direct(), "north", "south").hush().wait(500 * time.Millisecond).hush()
	}
	tell(t, []row{
		{"a 1xx gets CANCEL, once", func(p *play) { left(p).in(trying(1), rings(1, "n")) }, []string{"cancel 1"}},
		{"a 2xx gets ACK and BYE, its copies ACK", func(p *play) {
			left(p).in(answers(1, "n", answerSDP), answers(1, "n", answerSDP), answers(1, "m", otherSDP))
		}, []string{"ack 1 n", "bye 1 n", "ack 1 n", "ack 1 m", "bye 1 m"}},
		{"a refusal gets nothing more from us", func(p *play) { left(p).in(refuses(1, 486), rings(1, "n")) }, nil},
		{"a CANCEL's 487", func(p *play) { left(p).in(rings(1, "n"), refuses(1, 487)) }, []string{"cancel 1"}},
		{"ICMP", func(p *play) { left(p).in(Event{Kind: Failed, Leg: 1}, answers(1, "n", answerSDP)) }, nil},
		{"a 2xx after 32 s is nobody's", func(p *play) {
			left(p).in(rings(2, "s")).hush().wait(32 * time.Second).in(answers(1, "n", answerSDP))
		}, nil},
		{"its 18x rings for nobody, so the next may still be tried", func(p *play) {
			left(p).in(rings(1, "n")).hush().in(refuses(2, 503))
		}, []string{"respond 480", "finish 480 refused platform"}},
		{"a late offer's 2xx is acknowledged with an answer", func(p *play) {
			p.lateIncoming(direct(), "north", "south").wait(500 * time.Millisecond).hush().in(answers(1, "n", answerSDP))
		}, []string{"ack 1 n inactive", "bye 1 n"}},
	})
}

// TestReports: what health learns of a call.
func TestReports(t *testing.T) {
	north := try("north").Address
	for _, r := range []struct {
		name string
		do   func(p *play)
		want []Report
	}{
		{"silence", func(p *play) { p.wait(500 * time.Millisecond) }, []Report{{Leg: 1, Address: north, Why: "silent for 500ms"}}},
		{"silence that another call found is not told twice", func(p *play) { p.in(Event{Kind: Silent, Leg: 1}) }, nil},
		{"503 with Retry-After, capped", func(p *play) {
			p.in(Event{Kind: Refused, Leg: 1, Status: 503, RetryAfter: time.Hour})
		}, []Report{{Leg: 1, Address: north, Status: 503, Why: "refused with 503", RetryAfter: time.Minute}}},
		{"ICMP", func(p *play) { p.in(Event{Kind: Failed, Leg: 1, Reason: "refused"}) },
			[]Report{{Leg: 1, Address: north, Unreachable: true, Why: "refused"}}},
		{"an answer", func(p *play) { p.in(answers(1, "n", answerSDP)) }, []Report{{Leg: 1, Address: north, Status: 200}}},
		{"100 and no more", func(p *play) { p.in(trying(1)).wait(4 * time.Second) },
			[]Report{{Leg: 1, Address: north, Status: 100, Alive: true, Why: "100 and no more for 4s"}}},
		{"rings and rings", func(p *play) { p.in(rings(1, "n")).wait(45 * time.Second) },
			[]Report{{Leg: 1, Address: north, Status: 180}}},
		{"skipped says nothing", func(p *play) { p.in(Event{Kind: Skipped, Leg: 1, Skip: SkipUnable}) }, nil},
	} {
		t.Run(r.name, func(t *testing.T) {
			p := newPlay(t).incoming(direct(), "north")
			r.do(p)
			var got []Report
			for _, e := range p.all {
				if x, ok := e.(Report); ok {
					got = append(got, x)
				}
			}
			if d := cmp.Diff(r.want, got, comparable()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestRecord(t *testing.T) {
	p := newPlay(t).incoming(direct(), "north", "south", "carrier", "flow:storing").
		in(Event{Kind: Skipped, Leg: 1, Skip: SkipDown}).wait(700*time.Millisecond).in(rings(3, "c")).wait(1300*time.Millisecond).
		in(answers(3, "c", answerSDP), acks()).wait(time.Minute).in(hangsUp(0))
	var got Record
	for _, e := range p.all {
		if f, ok := e.(Finish); ok {
			got = f.Record
		}
	}
	sec := func(n float64) time.Time { return began.Add(time.Duration(n * float64(time.Second))) }
	at := func(leg int, name string, s float64, status int, why string, rang bool) wissel.Attempt {
		x := try(name)
		return wissel.Attempt{Leg: leg, Target: x.Target, Address: x.Address, Began: sec(s), Status: status, Why: why, Rang: rang}
	}
	want := Record{
		Began: began, Rung: sec(0.7), Answered: sec(2), Ended: sec(62), Status: 200, Outcome: wissel.Answered,
		Blame: wissel.BlameCaller, EndedBy: "caller: BYE", Target: try("carrier").Target,
		Attempts: []wissel.Attempt{at(1, "north", 0, 0, "down", false), at(2, "south", 0, 0, "silent for 500ms", false), at(3, "carrier", 0.5, 200, "", true)},
	}
	if d := cmp.Diff(want, got, comparable()); d != "" {
		t.Error(d)
	}
}

// A caller for whose voice there were no ports hears the flow, and his record says why he was not sent on.
func TestTheRecordOfACallerWithoutPorts(t *testing.T) {
	p := newPlay(t)
	p.manual = true
	p.incoming(anchored(), "north", "flow:storing").in(Event{Kind: NoPorts}, Event{Kind: Attended}, Event{Kind: Described}, acks(), hangsUp(0))
	var got []string
	for _, e := range p.all {
		if f, ok := e.(Finish); ok {
			for _, a := range f.Record.Attempts {
				got = append(got, fmt.Sprintf("%s %d %s", a.Target, a.Status, a.Why))
			}
		}
	}
	if want := []string{"north 0 no media ports left", "flow:storing 200 "}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestStatusOf(t *testing.T) {
	for last, want := range map[int]int{0: 480, 300: 480, 302: 480, 401: 480, 407: 480, 503: 480, 422: 480,
		404: 404, 408: 408, 480: 480, 486: 486, 500: 500, 504: 504, 600: 600, 603: 603, 999: 480} {
		if got := StatusOf(last); got != want {
			t.Errorf("after %d he gets %d, want %d", last, got, want)
		}
	}
}

func TestFailingReason(t *testing.T) {
	for reason, want := range map[string]bool{
		"": false, "Q.850;cause=16": false, `Q.850 ;cause=41 ;text="temporary"`: true, "SIP;cause=200": false,
		`SIP;cause=503;text="down"`: true, "SIP;cause=408": true, "SIP;cause=603": false, `Q.850;cause=16, SIP;cause=500`: true,
		"nonsense": false, "q.850;Cause=38": true,
	} {
		if got := failing(reason); got != want {
			t.Errorf("%q: %v", reason, got)
		}
	}
}

// TestVerdict has a row for each cause.
func TestVerdict(t *testing.T) {
	for _, r := range []struct {
		name               string
		e                  ending
		answered, attended bool
		outcome            wissel.Outcome
		blame              wissel.Blame
		by                 string
	}{
		{"he gave up", ending{cause: callerGaveUp}, false, false, wissel.Abandoned, wissel.BlameCaller, "caller: CANCEL"},
		{"he hung up", ending{cause: callerHungUp}, true, false, wissel.Answered, wissel.BlameCaller, "caller: BYE"},
		{"he hung up on a flow", ending{cause: callerHungUp}, false, true, wissel.Attended, wissel.BlameCaller, "caller: BYE"},
		{"the agent hung up", ending{cause: calleeHungUp}, true, false, wissel.Answered, wissel.BlameCallee, "callee: BYE"},
		{"the platform broke down", ending{cause: calleeFailed, blame: wissel.BlamePlatform}, true, false, wissel.Answered, wissel.BlamePlatform, "callee: BYE that tells of a fault"},
		{"busy, and no flow", ending{cause: nothingLeft, person: true}, false, false, wissel.Refused, wissel.BlameCallee, "callee: refused"},
		{"the last carrier failed", ending{cause: nothingLeft, blame: wissel.BlameCarrier}, false, false, wissel.Refused, wissel.BlameCarrier, "wissel: no target left"},
		{"nowhere to go", ending{cause: nothingLeft}, false, false, wissel.Refused, wissel.BlameWissel, "wissel: no target left"},
		{"his offer", ending{cause: badOffer}, false, false, wissel.Refused, wissel.BlameCaller, "wissel: the caller's session description cannot be used"},
		{"his answer", ending{cause: badAnswer}, true, false, wissel.Answered, wissel.BlameCaller, "wissel: no usable answer in the caller's ACK"},
		{"his timer", ending{cause: tooSmall}, false, false, wissel.Refused, wissel.BlameCaller, "wissel: the caller's session interval is too small"},
		{"no ACK", ending{cause: noAck, blame: wissel.BlameCarrier}, true, false, wissel.Answered, wissel.BlameCarrier, "wissel: no ACK"},
		{"the platform is gone", ending{cause: legLost, blame: wissel.BlamePlatform}, true, false, wissel.Answered, wissel.BlamePlatform, "callee: gone"},
		{"he is gone", ending{cause: legLost, blame: wissel.BlameCarrier, caller: true}, false, false, wissel.Abandoned, wissel.BlameCarrier, "caller: gone"},
		{"nobody refreshed", ending{cause: expired, blame: wissel.BlamePlatform}, true, false, wissel.Answered, wissel.BlamePlatform, "wissel: session expired"},
		{"the flow ended", ending{cause: flowEnded, why: "said goodbye"}, false, true, wissel.Attended, wissel.BlameWissel, "wissel: the flow ended, said goodbye"},
		{"too long", ending{cause: longCall}, true, false, wissel.Answered, wissel.BlameWissel, "wissel: longest call"},
		{"drain", ending{cause: ordered, why: "drain"}, true, false, wissel.Answered, wissel.BlameWissel, "wissel: ended, drain"},
		{"a trunk of no known kind", ending{cause: legLost}, true, false, wissel.Answered, wissel.BlameUnknown, "callee: gone"},
	} {
		t.Run(r.name, func(t *testing.T) {
			o, b, by := verdict(r.e, r.answered, r.attended)
			if got, want := fmt.Sprint(o, b, by), fmt.Sprint(r.outcome, r.blame, r.by); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}
