package call

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel"
)

// watch holds what is true of every call, whatever happens to it and in what order.
type watch struct {
	*play
	final    int             // final responses to the caller's INVITE
	heard    map[int]bool    // a 1xx came to the INVITE last sent on a leg
	canceled map[int]bool    // since that INVITE
	acked    map[string]bool // far dialogs that were acknowledged
	due      map[string]bool // far dialogs whose 2xx came while their leg was not over
	closed   map[int]int
	forgot   map[int]int
	tried    map[int]int
	talks    map[int]int // Joined without its Parted
	finished int
	legs     int  // highest leg number seen
	rung     bool // nobody may be invited any more
	waiting  map[int]int
	infos    map[int]int
	unsent   map[int]bool
	callerOK bool // the caller's leg may get a BYE
	answered time.Time
	ours     bool // we placed it: nobody waits for a final response
	early    bool // a 183 with an answer of ours went out
	found    int  // people who were found, and of whom nothing was told yet
}

func newWatch(t tester) *watch {
	p := newPlay(t)
	p.manual = true
	return &watch{
		play: p, heard: map[int]bool{}, canceled: map[int]bool{}, acked: map[string]bool{}, due: map[string]bool{},
		closed: map[int]int{}, forgot: map[int]int{}, tried: map[int]int{}, talks: map[int]int{}, waiting: map[int]int{}, infos: map[int]int{}, unsent: map[int]bool{},
	}
}

func dialogOf(leg int, tag string) string { return fmt.Sprintf("%d/%s", leg, tag) }

// feed takes one event and checks its effects.
func (w *watch) feed(ev Event) {
	w.t.Helper()
	var l Leg
	if ev.Leg < len(w.c.Legs) {
		l = w.c.Legs[ev.Leg]
	}
	known := ev.Leg < len(w.c.Legs) && l.State != Over
	switch ev.Kind {
	case Provisional:
		w.heard[ev.Leg] = w.heard[ev.Leg] || known
		if known && ev.Leg > 0 && !l.Left && l.State <= Early && ev.Status >= 180 && ev.Status < 190 {
			w.rung = w.rung || !l.personal()
		}
	case Refused:
		if known && ev.Leg > 0 && !l.Left && l.State <= Early && spoke(ev.Status) {
			w.rung = w.rung || !l.personal()
		}
	case Answered:
		if known && ev.Leg > 0 {
			w.due[dialogOf(ev.Leg, ev.Tag)] = true
		}
	case Acked, NoAck:
		w.callerOK = w.callerOK || ev.Leg == 0 && known && (l.State == Confirmed || l.byeDue)
	case BodyRefused, NoPorts: // it says that our 200 was not sent
		if known && ev.Leg == 0 && l.State == Confirmed && !l.Acked && l.await == awaitNothing && (ev.Kind == BodyRefused || w.c.flow != flowAsked) {
			w.final = 0
		}
		if known && ev.Kind == BodyRefused {
			w.unsent[ev.Leg] = true
		}
	case Offered:
		if known {
			w.waiting[ev.Leg]++
		}
	case Info:
		if known {
			w.infos[ev.Leg]++
		}
	case FlowDial:
		if known && w.c.flow == flowSpeaks && l.State == Confirmed && !w.c.asks() {
			w.rung = false
		}
	case Found:
		if ev.Leg < len(w.c.Legs) {
			w.found++
		}
	default:
	}
	if ev.Kind == Timer {
		delete(w.timers, [2]int{ev.Leg, int(ev.Which)})
	}
	wasFinished := w.c.Finished
	for _, e := range w.step(ev) {
		w.see(ev, e, wasFinished)
	}
	open := 0
	for _, l := range w.c.Legs {
		if l.State == Confirmed && l.asking == askOffer {
			open++
		}
	}
	if open > 1 {
		w.t.Fatalf("%d offers are open", open)
	}
	if ev.Kind == Answered && ev.Leg > 0 && known && !w.acked[dialogOf(ev.Leg, ev.Tag)] && !w.c.Legs[ev.Leg].noOffer {
		w.t.Fatalf("the 2xx of %s was not acknowledged", dialogOf(ev.Leg, ev.Tag))
	}
}

// see checks one effect.
func (w *watch) see(ev Event, e Effect, wasFinished bool) {
	w.t.Helper()
	switch e := e.(type) {
	case Respond:
		if w.final > 0 {
			w.t.Fatalf("%s after the final response", show(e))
		}
		if e.Status >= 200 {
			w.final = e.Status
		}
		w.early = w.early || e.Status == 183 && e.Body.Kind == OwnAnswer
		if e.Status == 200 && w.c.asks() {
			w.t.Fatalf("%s, and nobody has pressed 1", show(e))
		}
	case Invite:
		if w.rung {
			w.t.Fatalf("%s, though a person has been reached", show(e))
		}
		if wasFinished || e.Leg <= w.legs {
			w.t.Fatalf("%s: finished %v, leg numbers up to %d are used", show(e), wasFinished, w.legs)
		}
		w.legs = e.Leg
	case Again:
		w.heard[e.Leg], w.canceled[e.Leg] = false, false
	case Cancel:
		if !w.heard[e.Leg] || w.canceled[e.Leg] {
			w.t.Fatalf("%s: 1xx %v, cancelled before %v", show(e), w.heard[e.Leg], w.canceled[e.Leg])
		}
		w.canceled[e.Leg] = true
	case Ack:
		w.acked[dialogOf(e.Leg, e.Tag)] = true
	case Bye:
		w.seeBye(e)
	case RespondOffer:
		if w.waiting[e.Leg]--; w.waiting[e.Leg] < 0 && w.unsent[e.Leg] { // again, for one whose body could not be written
			w.waiting[e.Leg] = 0
		}
		if w.waiting[e.Leg] < 0 {
			w.t.Fatalf("%s, which nobody waits for", show(e))
		}
	case RespondInfo:
		if w.infos[e.Leg]--; w.infos[e.Leg] < 0 {
			w.t.Fatalf("%s, which nobody waits for", show(e))
		}
	case Begin:
		theirs := w.ours || w.c.asks()
		if !theirs && w.final != 200 && !w.early || theirs && !w.acked[dialogOf(e.Leg, w.c.Legs[e.Leg].Tag)] {
			w.t.Fatalf("a flow speaks before the answer")
		}
	case Tried:
		if w.tried[e.Leg]++; w.tried[e.Leg] > 1 {
			w.t.Fatalf("what came of leg %d was told twice", e.Leg)
		}
	case Connect:
		if w.ours || w.c.asks() {
			w.t.Fatalf("%s: there is nobody", show(e))
		}
	case Let:
		w.found--
	case Joined:
		w.talks[e.Leg]++
	case Parted:
		w.talks[e.Leg]--
	case Close:
		w.closed[e.Leg]++
	case Forget:
		w.forgot[e.Leg]++
	case Finish:
		w.finished++
		if e.Record.Blame == "" || e.Record.Outcome == "" || e.Record.EndedBy == "" {
			w.t.Fatalf("a record without an end: %+v", e.Record)
		}
	case Wake:
		if !e.At.After(w.now) {
			w.t.Fatalf("a timer %d of leg %d in the past", e.Which, e.Leg)
		}
	}
}

func (w *watch) seeBye(e Bye) {
	w.t.Helper()
	if e.Leg == 0 {
		if l := w.c.Legs[0]; !w.callerOK && !l.Acked && w.now.Sub(w.answered) < goneAfter {
			w.t.Fatalf("BYE to the caller before his ACK")
		}
		return
	}
	tag := e.Tag
	if tag == "" {
		tag = w.c.Legs[e.Leg].Tag
	}
	if !w.acked[dialogOf(e.Leg, tag)] {
		w.t.Fatalf("BYE to %s before its ACK", dialogOf(e.Leg, tag))
	}
}

// settle ends the call and lets every timer ring: then nothing may be left.
func (w *watch) settle() {
	w.t.Helper()
	w.feed(Event{Kind: End, Status: 503})
	for i := 0; len(w.timers) > 0; i++ {
		if i > 100 {
			w.t.Fatalf("timers go on for ever: %v", w.timers)
		}
		ev := Event{Kind: Timer}
		w.nextTimer(&ev)
		w.feed(ev)
	}
	if len(w.c.Legs) == 0 {
		return
	}
	if !w.c.Over() || w.finished != 1 || (w.final == 0) != w.ours {
		w.t.Fatalf("left behind: finished %d times, final response %d, legs %+v", w.finished, w.final, w.c.Legs)
	}
	for n := range w.c.Legs {
		if w.ours && n == 0 {
			continue
		}
		if w.closed[n] != 1 || w.forgot[n] != 1 {
			w.t.Fatalf("leg %d was closed %d times and forgotten %d times", n, w.closed[n], w.forgot[n])
		}
	}
	for n := range w.c.Legs {
		if w.talks[n] != 0 {
			w.t.Fatalf("leg %d was joined %d times more than parted", n, w.talks[n])
		}
		if w.waiting[n] != 0 || w.infos[n] != 0 {
			w.t.Fatalf("leg %d waits for %d answers to offers and %d to INFOs", n, w.waiting[n], w.infos[n])
		}
	}
	if w.found != 0 {
		w.t.Fatalf("of %d people nothing was told", w.found)
	}
	for d := range w.due {
		if !w.acked[d] {
			w.t.Fatalf("the 2xx of %s was never acknowledged", d)
		}
	}
}

var (
	tags     = [...]string{"a", "b", "c"}
	bodies   = [...]string{"", offerSDP, holdSDP, resumeSDP, answerSDP, otherSDP, "no description"}
	statuses = [...]int{0, 100, 180, 183, 200, 302, 401, 404, 408, 422, 481, 486, 488, 491, 500, 503, 600, 603}
)

// likely lists every kind, and more often those that a call gets anywhere by.
var likely = func() (ks []Kind) {
	for k := Incoming; k <= End; k++ {
		ks = append(ks, k)
	}
	for range 4 {
		ks = append(ks, Described, Described, Attended, Provisional, Answered, Acked, Offered, OfferAnswer, Timer, Refused, Found, Pressed)
	}
	return ks
}()

// about reports whether events of that kind are mostly about the caller's leg.
func (w *watch) about(k Kind) bool {
	return !w.ours && (k == Acked || k == Attended && !w.c.asks() || k == FlowDial || k == FlowOver && !w.c.asks() || k == Cancelled || k == Found || k == Nobody)
}

// event makes an event of four chances: any kind, on any leg.
func (w *watch) event(kind, leg, x, y uint8) Event {
	ev := Event{
		Kind: likely[int(kind)%len(likely)], Leg: int(leg) % 4, Status: statuses[int(x)%len(statuses)],
		Tag: tags[int(y)%len(tags)], Method: "INVITE", Repair: Repair(y / 3 % 3), Skip: Skip(y % 4), Which: TimerKind(x % 11),
		Opening: y&8 != 0, Type: "text/plain",
	}
	if leg >= 64 { // the leg that such an event is about
		ev.Leg = w.c.Far
		if w.about(ev.Kind) {
			ev.Leg = 0
		}
	}
	if ev.Kind == Answered {
		ev.Status = 200
	}
	if ev.Kind == Attended {
		ev.Status = []int{0, 0, 480, 404}[y%4]
	}
	if ev.Kind == Provisional && (ev.Status < 100 || ev.Status > 199) {
		ev.Status = 180
	}
	if ev.Kind == Refused && ev.Status < 300 {
		ev.Status = 480
	}
	if spoke(ev.Status) {
		ev.Repair = NoRepair
	}
	if y&16 != 0 {
		ev.Method = "UPDATE"
	}
	if b := bodies[int(x/2)%len(bodies)]; b != "" {
		ev.Body = []byte(b)
	}
	if y&32 != 0 {
		ev.Heard = w.now
	}
	if y&64 != 0 {
		ev.Session = Session{Expires: time.Duration(x) * 10 * time.Second, Ours: x&1 != 0, Capable: x&2 != 0}
		ev.RetryAfter = time.Duration(x%5) * time.Second
	}
	if ev.Kind == FlowDial {
		ev.Route = route("dialled", "flow:after")
	}
	if ev.Kind == Found {
		ev.Person = person([]string{"anna", "bob", "cor"}[y%3])
		if ev.Route = ways(ev.Person.Name, "carrier", "cable"); y&4 != 0 {
			ev.Route = nil
		}
	}
	if ev.Kind == Hangup && y&2 != 0 {
		ev.Tag = ""
	}
	return ev
}

// begin feeds the first event: three trunks, so three far legs may come, and perhaps a flow. One call in two is our own.
func (w *watch) begin(x uint8) {
	st := &Settings{Media: wissel.Anchored}
	if x&1 != 0 {
		st.Media = wissel.Direct
	}
	if x&2 != 0 {
		st.SessionTimer, st.MaxCall = 30*time.Minute, 2*time.Hour
	}
	r := route("north", "south", "carrier")
	if x&4 != 0 {
		r = append(r, try("flow:storing"))
	}
	if x&64 != 0 { // people first, or after one trunk
		r = slices.Insert(r, int(x>>7), try("people:home"))
	}
	if x&16 != 0 { // a short one, so that talking is reached more often
		r = r[len(r)-1:]
	}
	if x&32 != 0 {
		w.ours = true
		w.feed(Event{Kind: Placed, Settings: st, Route: r, Role: Test, Flow: "test"})
		return
	}
	ev := Event{Kind: Incoming, Settings: st, Route: r, Body: []byte(offerSDP)}
	if x&8 != 0 {
		ev.Body = nil
	}
	w.feed(ev)
}

// nextTimer makes ev the timer that rings next, at its time.
func (w *watch) nextTimer(ev *Event) bool {
	var first time.Time
	for k, at := range w.timers {
		which := TimerKind(k[1])
		if first.IsZero() || at.Before(first) || at.Equal(first) && (k[0] < ev.Leg || k[0] == ev.Leg && which < ev.Which) {
			first, ev.Leg, ev.Which = at, k[0], which
		}
	}
	if first.After(w.now) {
		w.now = first
	}
	return !first.IsZero()
}

// any takes one random event after a random while.
func (w *watch) any(kind, leg, x, y uint8) {
	w.now = w.now.Add(time.Duration(x) * 7 * time.Millisecond)
	was := w.final
	ev := w.event(kind, leg, x, y)
	if ev.Kind == Timer && !w.nextTimer(&ev) {
		return
	}
	w.feed(ev)
	if was == 0 && w.final == 200 {
		w.answered = w.now
	}
}

func chances(rt *rapid.T) (b [4]uint8) {
	for i := range b {
		b[i] = rapid.Uint8().Draw(rt, "chance")
	}
	return b
}

// TestEveryOrder plays random orders of events.
func TestEveryOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWatch(rt)
		w.begin(rapid.Uint8().Draw(rt, "begin"))
		for _, b := range rapid.SliceOfN(rapid.Custom(chances), 0, 60).Draw(rt, "events") {
			w.any(b[0], b[1], b[2], b[3])
		}
		w.settle()
	})
}

// TestManyOrders plays more of them, from a source that does not favour small numbers.
func TestManyOrders(t *testing.T) {
	for seed := range uint64(400) {
		chance := rand.New(rand.NewPCG(seed, 1))
		w := newWatch(named{t, seed})
		w.begin(uint8(chance.Uint32()))
		for range chance.IntN(80) {
			x := chance.Uint32()
			w.any(uint8(x), uint8(x>>8), uint8(x>>16), uint8(x>>24))
		}
		w.settle()
	}
}

// named says in a failure which seed it was.
type named struct {
	*testing.T
	seed uint64
}

func (n named) Fatalf(format string, args ...any) {
	n.T.Helper()
	n.T.Fatalf("seed %d: "+format, append([]any{n.seed}, args...)...)
}

// FuzzOrder does the same from bytes: five chances for each event.
func FuzzOrder(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4})
	f.Add([]byte{1, byte(Provisional) - 1, 1, 2, 0, byte(Answered) - 1, 1, 4, 0, byte(Acked) - 1, 0, 0, 0, byte(Offered) - 1, 1, 4, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 || len(b) > 400 {
			return
		}
		w := newWatch(t)
		w.begin(b[0])
		for b = b[1:]; len(b) >= 4; b = b[4:] {
			w.any(b[0], b[1], b[2], b[3])
		}
		w.settle()
	})
}
