package call

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"wissel"
)

var began = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

const (
	offerSDP  = "v=0\r\no=caller 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"
	holdSDP   = "v=0\r\no=caller 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\na=sendonly\r\n"
	resumeSDP = "v=0\r\no=caller 1 3 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"
	answerSDP = "v=0\r\no=north 7 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 7000 RTP/AVP 8\r\n"
	otherSDP  = "v=0\r\no=fork 8 1 IN IP4 192.0.2.8\r\ns=-\r\nc=IN IP4 192.0.2.8\r\nt=0 0\r\nm=audio 8000 RTP/AVP 8\r\n"
)

// names of the descriptions, so that a ladder can be read.
var names = map[string]string{offerSDP: "offer", holdSDP: "hold", resumeSDP: "resume", answerSDP: "answer", otherSDP: "other"}

// tester is what *testing.T and *rapid.T have in common here.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// play runs one call in virtual time and writes down what it does. It stands in for the adapter: it takes every
// description, opens every flow, and rings timers when their time comes.
type play struct {
	t       tester
	c       Call
	now     time.Time
	heard   time.Time
	opening bool
	manual  bool // nothing is fed back by itself
	log     []string
	all     []Effect
	timers  map[[2]int]time.Time
}

func newPlay(t tester) *play {
	return &play{t: t, c: New("test", 1), now: began, timers: map[[2]int]time.Time{}}
}

// try gives an attempt over a trunk or ("flow:x") a flow.
func try(name string) Try {
	if f, ok := strings.CutPrefix(name, "flow:"); ok {
		return Try{Target: wissel.Target{Flow: wissel.FlowID(f)}}
	}
	if list, ok := strings.CutPrefix(name, "people:"); ok {
		return Try{Target: wissel.Target{People: list}}
	}
	role := wissel.Platform
	if strings.HasPrefix(name, "c") {
		role = wissel.Carrier
	}
	trunk, _, _ := strings.Cut(name, "/") // "north/2" is another address of north
	a := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, name[len(name)-1]}), 5060)
	return Try{Target: wissel.Target{Trunk: wissel.TrunkID(trunk)}, Role: role, Address: wissel.Address{Transport: wissel.UDP, AddrPort: a}}
}

func route(names ...string) (r []Try) {
	for _, n := range names {
		r = append(r, try(n))
	}
	return r
}

func anchored() *Settings { return &Settings{Media: wissel.Anchored} }
func direct() *Settings   { return &Settings{Media: wissel.Direct} }

// incoming begins the call with the caller's offer, lateIncoming without one.
func (p *play) incoming(st *Settings, targets ...string) *play {
	return p.in(Event{Kind: Incoming, Settings: st, Route: route(targets...), Body: []byte(offerSDP)})
}

func (p *play) lateIncoming(st *Settings, targets ...string) *play {
	return p.in(Event{Kind: Incoming, Settings: st, Route: route(targets...)})
}

// in feeds events, each followed by what its effects bring about.
func (p *play) in(evs ...Event) *play {
	p.t.Helper()
	for _, ev := range evs {
		for _, e := range p.step(ev) {
			switch e := e.(type) {
			case Describe:
				if !p.manual {
					p.in(Event{Kind: Described, Leg: e.Leg})
				}
			case Attend:
				if !p.manual {
					p.in(Event{Kind: Attended, Leg: e.Leg})
				}
			}
		}
	}
	return p
}

// step feeds one event, and holds the properties that every Step has: the old call is as it was, a call that was written
// down and read back does the same, and so does Take.
func (p *play) step(ev Event) []Effect {
	p.t.Helper()
	before, _ := p.c.AppendBinary(nil)
	var twin Call
	if err := twin.UnmarshalBinary(before); err != nil {
		p.t.Fatalf("read back: %v", err)
	}
	next, out := p.c.Step(ev, p.now)
	same := twin.Take(ev, p.now, []Effect{})
	if d := cmp.Diff(out, same, comparable()); d != "" {
		p.t.Fatalf("%+v: a call read back, and changed in place, does something else:\n%s", ev, d)
	}
	one, _ := next.AppendBinary(nil)
	if two, _ := twin.AppendBinary(nil); !bytes.Equal(one, two) {
		p.t.Fatalf("%+v: Take makes another call of it than Step", ev)
	}
	if after, _ := p.c.AppendBinary(nil); !bytes.Equal(before, after) {
		p.t.Fatalf("%+v changed the call it was given", ev)
	}
	p.c = next
	for _, e := range out {
		p.all = append(p.all, e)
		switch e := e.(type) {
		case Wake:
			p.timers[[2]int{e.Leg, int(e.Which)}] = e.At
		case Sleep:
			delete(p.timers, [2]int{e.Leg, int(e.Which)})
		}
		if line := show(e); line != "" {
			p.log = append(p.log, line)
		}
	}
	p.checkTimers()
	return out
}

// comparable lets cmp compare addresses.
func comparable() cmp.Option { return cmpopts.EquateComparable(netip.AddrPort{}) }

// checkTimers holds that the call knows of the timers that the adapter has.
func (p *play) checkTimers() {
	p.t.Helper()
	mine := map[[2]int]time.Time{}
	for _, w := range p.c.Timers() {
		mine[[2]int{w.Leg, int(w.Which)}] = w.At
	}
	if d := cmp.Diff(p.timers, mine); d != "" {
		p.t.Fatalf("the timers that were set and those the call knows of differ:\n%s", d)
	}
}

// wait lets time pass, ringing what is due in order.
func (p *play) wait(d time.Duration) *play {
	p.t.Helper()
	end := p.now.Add(d)
	for p.ring(end) {
	}
	p.now = end
	return p
}

// ring rings the next timer that is due until end, and reports whether there was one.
func (p *play) ring(end time.Time) bool {
	p.t.Helper()
	var keys [][2]int
	for k, at := range p.timers {
		if !at.After(end) {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return false
	}
	slices.SortFunc(keys, func(a, b [2]int) int {
		if c := p.timers[a].Compare(p.timers[b]); c != 0 {
			return c
		}
		return slices.Compare(a[:], b[:])
	})
	k := keys[0]
	if at := p.timers[k]; at.After(p.now) {
		p.now = at
	}
	delete(p.timers, k)
	p.in(Event{Kind: Timer, Leg: k[0], Which: TimerKind(k[1]), Heard: p.heard, Opening: p.opening})
	return true
}

// ladder compares what was done with what was to be done, and forgets it.
func (p *play) ladder(want ...string) *play {
	p.t.Helper()
	if d := cmp.Diff(want, p.log); d != "" {
		p.t.Errorf("what was done (-want +got):\n%s", d)
	}
	p.log = nil
	return p
}

// quiet forgets what was done until now.
func (p *play) hush() *play {
	p.log = nil
	return p
}

func body(b Body) string {
	switch b.Kind {
	case OwnOffer:
		if b.Direction != Both {
			return " own-offer " + b.Direction.String()
		}
		return " own-offer"
	case OwnAnswer:
		return " own-answer"
	case OwnLast:
		return " own-last"
	case Raw:
		return " " + sdpName(b.SDP)
	case NoBody:
	}
	return ""
}

func sdpName(sdp []byte) string {
	if n, ok := names[string(sdp)]; ok {
		return n
	}
	if bytes.Contains(sdp, []byte("a=inactive")) {
		return "inactive"
	}
	return fmt.Sprintf("%q", sdp)
}

// show writes an effect as one line of a ladder; timers, reports and what is freed have tests of their own.
func show(e Effect) string {
	text := ""
	switch e := e.(type) {
	case Invite:
		text = fmt.Sprintf("invite %d %s", e.Leg, e.Try.Target) + body(e.Body)
		if who := e.Try.Person.Name; who != "" {
			text = fmt.Sprintf("invite %d %s over %s", e.Leg, who, e.Try.Target) + body(e.Body)
		}
	case Again:
		text = fmt.Sprintf("again %d %d", e.Leg, e.Repair)
	case Cancel:
		text = fmt.Sprintf("cancel %d", e.Leg)
	case Stop:
		text = fmt.Sprintf("stop %d", e.Leg)
	case Ack:
		text = fmt.Sprintf("ack %d %s", e.Leg, e.Tag) + body(e.Body)
	case Bye:
		text = strings.TrimSpace(fmt.Sprintf("bye %d %s", e.Leg, e.Tag))
		if e.Reason != "" {
			text += " because " + e.Reason
		}
	case Respond:
		text = fmt.Sprintf("respond %d", e.Status)
		if e.Tag != 0 {
			text += fmt.Sprintf(" tag %d", e.Tag)
		}
		text += body(e.Body)
	case Offer:
		text = fmt.Sprintf("offer %d", e.Leg) + body(e.Body)
	case RespondOffer:
		text = fmt.Sprintf("respond-offer %d %d", e.Leg, e.Status) + body(e.Body)
	case AckOffer:
		text = fmt.Sprintf("ack-offer %d", e.Leg) + body(e.Body)
	case Refresh:
		text = fmt.Sprintf("refresh %d", e.Leg)
	case SendInfo:
		text = fmt.Sprintf("send-info %d %s", e.Leg, e.Type)
	case RespondInfo:
		text = fmt.Sprintf("respond-info %d %d", e.Leg, e.Status)
	case Describe:
		kind := "answer"
		if e.Offer {
			kind = "offer"
		}
		text = fmt.Sprintf("describe %d %s %s", e.Leg, kind, sdpName(e.SDP))
	case Connect:
		text = fmt.Sprintf("connect %d %d", e.A, e.B)
	case Disconnect:
		text = fmt.Sprintf("disconnect %d", e.Leg)
	case Seek:
		text = fmt.Sprintf("seek %s", e.List)
	case Let:
		text = fmt.Sprintf("let %s %s", e.Person.Name, [...]string{"spared", "passed", "took"}[e.How])
	case Attend:
		text = fmt.Sprintf("attend %s", e.Flow)
	case Begin:
		text = "begin"
	case Dismiss:
		text = "dismiss"
	case Doubt:
		text = fmt.Sprintf("doubt %d", e.Leg)
	case Finish:
		text = fmt.Sprintf("finish %d %s %s", e.Record.Status, e.Record.Outcome, e.Record.Blame)
	}
	return text
}

// Events of legs, short enough for a table.
func rings(leg int, tag string) Event {
	return Event{Kind: Provisional, Leg: leg, Status: 180, Tag: tag}
}
func trying(leg int) Event { return Event{Kind: Provisional, Leg: leg, Status: 100} }
func early(leg int, tag, sdp string) Event {
	return Event{Kind: Provisional, Leg: leg, Status: 183, Tag: tag, Body: []byte(sdp)}
}
func answers(leg int, tag, sdp string) Event {
	return Event{Kind: Answered, Leg: leg, Status: 200, Tag: tag, Body: []byte(sdp)}
}
func refuses(leg, status int) Event { return Event{Kind: Refused, Leg: leg, Status: status} }
func acks() Event                   { return Event{Kind: Acked} }
func hangsUp(leg int) Event         { return Event{Kind: Hangup, Leg: leg} }
func cancels() Event                { return Event{Kind: Cancelled} }
func offers(leg int, sdp string) Event {
	return Event{Kind: Offered, Leg: leg, Method: "INVITE", Body: []byte(sdp)}
}
func takes(leg, status int, sdp string) Event {
	return Event{Kind: OfferAnswer, Leg: leg, Method: "INVITE", Status: status, Body: []byte(sdp)}
}

// up is a call in which the caller talks to north.
func (p *play) up(st *Settings) *play {
	p.t.Helper()
	return p.incoming(st, "north", "flow:storing").in(trying(1), rings(1, "n"), answers(1, "n", answerSDP), acks()).hush()
}
