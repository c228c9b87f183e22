package call

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// told are the effects that tell of attempts.
func (p *play) told() (all []Tried) {
	for _, e := range p.all {
		if t, ok := e.(Tried); ok {
			all = append(all, t)
		}
	}
	return all
}

func TestEachAttemptIsToldOnce(t *testing.T) {
	const s = time.Second
	for _, r := range []struct {
		name string
		do   func(p *play)
		want []Tried
	}{
		{"it rings, is answered, and ends", func(p *play) {
			p.in(trying(1), rings(1, "n"), rings(1, "n"), answers(1, "n", answerSDP), acks(), hangsUp(1))
		}, []Tried{{1, 180, true}}},
		{"it has early media", func(p *play) { p.in(early(1, "n", answerSDP)) }, []Tried{{1, 183, true}}},
		{"it is answered at once", func(p *play) { p.in(answers(1, "n", answerSDP)) }, []Tried{{1, 200, true}}},
		{"its answer is of no use", func(p *play) { p.in(answers(1, "n", "")) }, []Tried{{1, 488, false}}},
		{"it refuses, the next one rings", func(p *play) { p.in(refuses(1, 503), rings(2, "s")) }, []Tried{{1, 503, false}, {2, 180, true}}},
		{"a person refuses", func(p *play) { p.in(refuses(1, 486)) }, []Tried{{1, 486, true}}},
		{"it rings, and then it is refused", func(p *play) { p.in(rings(1, "n"), refuses(1, 503)) }, []Tried{{1, 180, true}}},
		{"a challenge that can be met is no refusal", func(p *play) {
			p.in(Event{Kind: Refused, Leg: 1, Status: 407, Repair: Auth}, rings(1, "n"))
		}, []Tried{{1, 180, true}}},
		{"its port is closed", func(p *play) { p.in(Event{Kind: Failed, Leg: 1, Reason: "refused"}) }, []Tried{{1, 0, false}}},
		{"it is silent", func(p *play) { p.wait(2*s + 100*time.Millisecond) }, []Tried{{1, 0, false}}},
		{"another call found it silent", func(p *play) { p.in(Event{Kind: Silent, Leg: 1}) }, []Tried{{1, 0, false}}},
		{"it says 100 and no more", func(p *play) { p.in(trying(1)).wait(5 * s) }, []Tried{{1, 0, false}}},
		{"it rings for too long", func(p *play) { p.in(rings(1, "n")).wait(50 * s) }, []Tried{{1, 180, true}}},
		{"its answer comes after it was left", func(p *play) { p.in(Event{Kind: Silent, Leg: 1}, answers(1, "n", answerSDP)) }, []Tried{{1, 0, false}}},
		{"it is passed over as down", func(p *play) { p.in(Event{Kind: Skipped, Leg: 1, Skip: SkipDown}) }, nil},
		{"we could not send", func(p *play) { p.in(Event{Kind: Skipped, Leg: 1, Skip: SkipUnable}) }, nil},
		{"we have no ports", func(p *play) { p.in(Event{Kind: NoPorts, Leg: 1}) }, nil},
		{"the caller gives up", func(p *play) { p.in(trying(1), cancels()) }, nil},
	} {
		t.Run(r.name, func(t *testing.T) {
			p := newPlay(t).incoming(direct(), "north", "south", "flow:storing")
			p.opening = true
			r.do(p)
			if got := p.told(); !cmp.Equal(got, r.want) {
				t.Errorf("told %v, want %v", got, r.want)
			}
		})
	}
}

// TestHowATalkEnds: health counts those that end in a mass by a fault.
func TestHowATalkEnds(t *testing.T) {
	reason := func(r string) Event { return Event{Kind: Hangup, Leg: 1, Reason: r} }
	for _, r := range []struct {
		name string
		end  func(p *play)
		want bool // normal
	}{
		{"the caller hangs up", func(p *play) { p.in(hangsUp(0)) }, true},
		{"the caller's side fails", func(p *play) { p.in(Event{Kind: Hangup, Reason: "SIP;cause=503"}) }, true},
		{"the agent hangs up", func(p *play) { p.in(hangsUp(1)) }, true},
		{"with normal clearing", func(p *play) { p.in(reason("Q.850;cause=16")) }, true},
		{"the platform says that it is out of order", func(p *play) { p.in(reason("Q.850;cause=38")) }, false},
		{"the platform says 503", func(p *play) { p.in(reason("SIP;cause=503;text=\"shut down\"")) }, false},
		{"the platform knows the call no longer", func(p *play) { p.in(Event{Kind: Lost, Leg: 1, Reason: "481"}) }, false},
		{"the caller's carrier is gone", func(p *play) { p.in(Event{Kind: Lost, Leg: 0}) }, true},
		{"the operator ends it", func(p *play) { p.in(Event{Kind: End, Status: 503}) }, true},
		{"the caller never acknowledges", func(p *play) { p.in(Event{Kind: NoAck, Leg: 0}) }, true},
		{"the platform never acknowledges our answer to its re-INVITE", func(p *play) { p.in(Event{Kind: NoAck, Leg: 1}) }, false},
	} {
		t.Run(r.name, func(t *testing.T) {
			p := newPlay(t).up(anchored())
			r.end(p)
			p.wait(2 * time.Hour)
			var got []Effect
			for _, e := range p.all {
				switch e.(type) {
				case Joined, Parted:
					got = append(got, e)
				}
			}
			if want := []Effect{Joined{1}, Parted{1, r.want}}; !cmp.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}
