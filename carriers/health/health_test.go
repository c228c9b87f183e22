package health

import (
	"errors"
	"strings"
	"testing"
	"time"

	"wissel"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.Local)

// story is a list of observations, a second apart unless at says otherwise.
type event struct {
	at int // seconds after noon; 0: one after the last
	o  Observation
}

func probe(status int) event { return event{o: Observation{Layer: Probe, Status: status}} }
func called(status int) event {
	return event{o: Observation{Layer: Calls, Status: status}}
}
func kept(status int) event { // waiting, at an address that lives
	return event{o: Observation{Layer: Calls, Status: status, Alive: true}}
}

// repeated is a story told n times.
func repeated(n int, events ...event) (out []event) {
	for range n {
		out = append(out, events...)
	}
	return out
}
func icmp() event {
	return event{o: Observation{Layer: Calls, Unreachable: true, Why: "connection refused"}}
}
func mass() event  { return event{o: Observation{Layer: Ends}} }
func ended() event { return event{o: Observation{Layer: Ends, Status: 200}} }
func mute() event  { return event{o: Observation{Layer: Media}} }
func worse() event {
	return event{o: Observation{Layer: Quality, Why: "answers 31 % of its last 60 calls, usually 82 %"}}
}
func tested(status int) event {
	return event{o: Observation{Layer: Test, Status: status}}
}
func accepted(status int) event {
	return event{o: Observation{Layer: Probe, Status: status, Mark: Good}}
}
func unaccepted(status int) event {
	return event{o: Observation{Layer: Probe, Status: status, Mark: Bad}}
}
func (e event) in(seconds int) event { e.at = seconds; return e }

// play gives the health after a story, and the second at which it ended.
func play(p Policy, events ...event) (Health, time.Time) {
	var h Health
	now := noon
	for _, e := range events {
		if e.at != 0 {
			now = noon.Add(time.Duration(e.at) * time.Second)
		} else {
			now = now.Add(time.Second)
		}
		h = p.Next(h, e.o, now)
	}
	return h, now
}

func TestVerdicts(t *testing.T) {
	unable := event{o: Observation{Layer: Probe, Unable: errors.New("no route")}}
	alone := event{o: Observation{Layer: Probe, Alone: true}}
	up := probe(200)
	rows := []struct {
		name   string
		events []event
		want   wissel.State
	}{
		{"nothing observed is unknown", nil, wissel.Unknown},
		{"what we could not ask is unknown", []event{unable, unable, unable, unable}, wissel.Unknown},
		{"one OPTIONS answered is up", []event{up}, wissel.Up},
		{"one lost OPTIONS is suspect", []event{up, probe(0)}, wissel.Suspect},
		{"two lost OPTIONS are suspect", []event{up, probe(0), probe(0)}, wissel.Suspect},
		{"three lost OPTIONS are down", []event{up, probe(0), probe(0), probe(0)}, wissel.Down},
		{"lost OPTIONS with an answer in between are suspect", []event{up, probe(0), probe(0), probe(200), probe(0), probe(0)}, wissel.Suspect},
		{"a suspect one is up after three answers", []event{up, probe(0), probe(200), probe(200), probe(200)}, wissel.Up},
		{"and not after two", []event{up, probe(0), probe(200), probe(200)}, wissel.Suspect},
		{"one that never answered OPTIONS is suspect at most", []event{probe(0), probe(0), probe(0), probe(0), probe(0)}, wissel.Suspect},
		{"unable among lost ones changes nothing", []event{up, probe(0), unable, probe(0), unable}, wissel.Suspect},
		{"405 to OPTIONS is alive", []event{probe(405)}, wissel.Up},
		{"404 to OPTIONS is alive", []event{probe(404)}, wissel.Up},
		{"481 to OPTIONS is alive", []event{probe(481)}, wissel.Up},
		{"501 to OPTIONS is alive", []event{probe(501)}, wissel.Up},
		{"a 408 that arrives is alive", []event{probe(408)}, wissel.Up},
		{"three 503 to OPTIONS are down", []event{up, probe(503), probe(503), probe(503)}, wissel.Down},
		{"a dwell not over holds it down", []event{up, probe(0).in(2), probe(0).in(3), probe(0).in(4), up.in(5), up.in(6), up.in(7), up.in(8)}, wissel.Down},
		{"three answers and the dwell bring it up", []event{up, probe(0).in(2), probe(0).in(3), probe(0).in(4), up.in(7), up.in(8), up.in(9)}, wissel.Up},
		{"two answers after the dwell do not", []event{up, probe(0).in(2), probe(0).in(3), probe(0).in(4), up.in(18), up.in(19)}, wissel.Down},
		{"silence of everybody at once is suspect at most", []event{up, alone, alone, alone, alone}, wissel.Suspect},
		{"what was lost then does not count once somebody else is heard", []event{up, alone, alone, alone, probe(0), probe(0)}, wissel.Suspect},
		{"three lost while somebody else is heard are down", []event{up, alone, alone, alone, probe(0), probe(0), probe(0)}, wissel.Down},

		{"one ICMP error is suspect", []event{up, icmp()}, wissel.Suspect},
		{"two ICMP errors are down", []event{up, icmp(), icmp()}, wissel.Down},
		{"an ICMP error and a silent burst are down", []event{up, icmp(), {o: Observation{Layer: Transport}}}, wissel.Down},
		{"an ICMP error, an answer, an ICMP error is suspect", []event{up, icmp(), up, icmp()}, wissel.Suspect},
		{"OPTIONS answers bring it back after ICMP errors", []event{up, icmp().in(2), icmp().in(3), up.in(7), up.in(8), up.in(9)}, wissel.Up},
		{"an unreachable one that never answered is down too", []event{icmp(), icmp()}, wissel.Down},

		{"one silent call is down", []event{up, called(0)}, wissel.Down},
		{"one silent call is down even if OPTIONS never were answered", []event{called(0)}, wissel.Down},
		{"one silent call at an address that speaks to others is suspect", []event{up, kept(0)}, wissel.Suspect},
		{"three in a row are down", []event{up, kept(0), kept(0), kept(0)}, wissel.Down},
		{"one that others interrupt is up again", []event{up, kept(0), called(200), kept(0), called(200), called(200), called(200)}, wissel.Up},
		{"one in three, again and again, is down", repeated(8, kept(0), called(180), called(200), called(180), called(200)), wissel.Down},
		{"one in thirty, again and again, is not", repeated(8, append([]event{kept(0)}, repeated(29, called(180), called(200))...)...), wissel.Up},
		{"100 and no more, three times, is down", []event{up, kept(100), up, kept(100), up, kept(100)}, wissel.Down},
		{"OPTIONS do not heal silent calls", []event{up, called(0).in(2), up.in(10), up.in(11), up.in(12), up.in(13)}, wissel.Down},
		{"a call that rings after the dwell puts it on trial", []event{up, called(0).in(2), called(180).in(8)}, wissel.Suspect},
		{"a call that rings within the dwell does not", []event{up, called(0).in(2), called(180).in(4)}, wissel.Down},
		{"three good calls after the dwell bring it up", []event{up, called(0).in(2), called(200).in(8), called(200).in(9), called(200).in(10)}, wissel.Up},
		{"one bad call on trial is down again", []event{up, called(0).in(2), called(200).in(8), called(503).in(9)}, wissel.Down},
		{"three 5xx of calls are down", []event{up, called(503), called(500), called(502)}, wissel.Down},
		{"two are suspect", []event{up, called(503), called(503)}, wissel.Suspect},
		{"a busy callee is a good call", []event{up, called(503), called(503), called(486), called(503), called(503)}, wissel.Suspect},
		{"a 404 is no word on the address", []event{up, called(404), called(404), called(404), called(404)}, wissel.Up},
		{"a 501 is no word on the address", []event{up, called(501), called(501), called(501)}, wissel.Up},
		{"a 408 from the far end is no word on it", []event{up, called(408), called(408), called(408)}, wissel.Up},
		{"a deep test call heals silent calls", []event{up, called(0).in(2), {at: 8, o: Observation{Layer: Test, Status: 200}}, {at: 9, o: Observation{Layer: Test, Status: 200}}, {at: 10, o: Observation{Layer: Test, Status: 200}}}, wissel.Up},
		{"a status page makes suspect at most", []event{up, {o: Observation{Layer: Outside, Status: 503}}, {o: Observation{Layer: Outside, Status: 503}}, {o: Observation{Layer: Outside, Status: 503}}, {o: Observation{Layer: Outside, Status: 503}}}, wissel.Suspect},
		{"and OPTIONS do not heal it", []event{up, {o: Observation{Layer: Outside, Status: 503}}, up, up, up, up}, wissel.Suspect},
		{"one mass hang-up is suspect", []event{up, mass()}, wissel.Suspect},
		{"a second one soon after is down", []event{up, mass(), mass().in(30)}, wissel.Down},
		{"a second one an hour later is suspect", []event{up, mass(), mass().in(3600)}, wissel.Suspect},
		{"calls that end as calls do bring it back", []event{up, mass().in(2), mass().in(3), ended().in(9), ended().in(10), ended().in(11)}, wissel.Up},
		{"calls worse than usual are suspect at most", []event{up, worse(), worse(), worse(), worse(), worse()}, wissel.Suspect},
		{"calls without audio are down after three", []event{up, mute(), mute(), mute()}, wissel.Down},
		{"a test call that passes puts calls without audio on trial", []event{up, mute().in(2), mute().in(3), mute().in(4), tested(200).in(10)}, wissel.Suspect},
		{"a bad one on trial is down at once", []event{up, mute().in(2), mute().in(3), mute().in(4), tested(200).in(10), mute().in(11)}, wissel.Down},
		{"a test call that rings says nothing yet", []event{up, tested(180), tested(180), tested(180)}, wissel.Up},
		{"three failing test calls are down", []event{up, tested(0), tested(0), tested(503)}, wissel.Down},
		{"failing test calls are suspect while real calls are answered", []event{up, tested(0), called(200), tested(0), called(200), tested(0), tested(0)}, wissel.Suspect},
		{"and down once those meet silence too", []event{up, tested(0), called(200), tested(0), tested(0), called(503), tested(0)}, wissel.Down},
		{"OPTIONS do not heal failing test calls", []event{up, tested(0).in(2), tested(0).in(3), tested(0).in(4), up.in(60), up.in(61), up.in(62), up.in(63)}, wissel.Down},
		{"lost OPTIONS of one that takes calls meanwhile are suspect", []event{up, probe(0), called(180), probe(0), probe(0), probe(0)}, wissel.Suspect},
		{"refused OPTIONS of one that takes calls meanwhile are suspect", []event{up, probe(503), called(180), probe(503), probe(503), probe(503)}, wissel.Suspect},
		{"calls taken before the OPTIONS were lost prove nothing", []event{up, called(180), probe(0), probe(0), probe(0)}, wissel.Down},
		{"when a call fails, lost OPTIONS count again", []event{up, probe(0), called(180), probe(0), probe(0), called(503), probe(0)}, wissel.Down},
		{"a status that its settings accept is good", []event{up, accepted(503), accepted(503), accepted(503)}, wissel.Up},
		{"a status that its settings do not accept is bad", []event{up, unaccepted(404), unaccepted(404), unaccepted(404)}, wissel.Down},
		{"the worst layer decides", []event{up, called(200), probe(0), probe(0), probe(0), called(200)}, wissel.Down},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			h, now := play(DefaultPolicy(), row.events...)
			if h.State != row.want {
				t.Errorf("it is %s (%s), want %s", h.State, DefaultPolicy().Verdict(h, now).Evidence, row.want)
			}
		})
	}
}

func TestRetryOffersOneCall(t *testing.T) {
	p := DefaultPolicy()
	rows := []struct {
		name   string
		events []event
		after  time.Duration
		want   bool
	}{
		{"not before the dwell is over", []event{probe(200), called(0)}, 4 * time.Second, false},
		{"when it is", []event{probe(200), called(0)}, 5 * time.Second, true},
		{"also when OPTIONS never were answered", []event{called(0)}, 5 * time.Second, true},
		{"not while OPTIONS are lost", []event{probe(200), called(0), probe(0), probe(0), probe(0)}, time.Minute, false},
		{"not while it is unreachable", []event{probe(200), called(0), icmp(), icmp()}, time.Minute, false},
		{"not to one that is only suspect", []event{probe(200), probe(0)}, time.Minute, false},
		{"a new dwell after the call found it silent again", []event{probe(200), called(0).in(2), called(0).in(8)}, 4 * time.Second, false},
		{"and then again", []event{probe(200), called(0).in(2), called(0).in(8)}, 5 * time.Second, true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			h, now := play(p, row.events...)
			if got := p.Verdict(h, now.Add(row.after)).Retry; got != row.want {
				t.Errorf("retry is %v", got)
			}
		})
	}
}

func TestDwellGrowsWithEachFlapAndCalmTakesOneAwayAtATime(t *testing.T) {
	p := DefaultPolicy()
	var h Health
	now := noon
	var dwells []time.Duration
	flap := func() {
		for h.State != wissel.Up {
			now = now.Add(time.Second)
			h = p.Next(h, Observation{Layer: Probe, Status: 200}, now)
		}
		for h.State != wissel.Down {
			now = now.Add(time.Second)
			h = p.Next(h, Observation{Layer: Probe}, now)
		}
		dwells = append(dwells, h.Layers[Probe].Until.Sub(now))
	}
	for range 9 {
		flap()
	}
	now = now.Add(time.Hour) // an hour of being down is no calm
	flap()
	for h.State != wissel.Up {
		now = now.Add(time.Second)
		h = p.Next(h, Observation{Layer: Probe, Status: 200}, now)
	}
	now = now.Add(time.Hour)
	flap()
	want := []time.Duration{5, 10, 20, 40, 80, 160, 300, 300, 300, 300, 80} // an hour of calm takes six of ten flaps away
	for i := range want {
		if dwells[i] != want[i]*time.Second {
			t.Fatalf("dwells %v, want %v", dwells, want)
		}
	}
}

func TestSuspicionGoesStale(t *testing.T) {
	p := DefaultPolicy()
	h, now := play(p, probe(200), called(503))
	if v := p.Verdict(h, now.Add(59*time.Second)); v.State != wissel.Suspect {
		t.Errorf("after 59 s: %s", v.State)
	}
	if v := p.Verdict(h, now.Add(time.Minute)); v.State != wissel.Up {
		t.Errorf("after a minute: %s", v.State)
	}
	test := Observation{Layer: Test, Status: 200}
	if h := p.Next(h, test, now.Add(time.Minute)); h.State != wissel.Up {
		t.Errorf("after a minute, a test call that passes makes it %s", h.State)
	}
	h, now = play(p, probe(200), called(0), called(180).in(7), probe(200).in(8)) // down, and on trial
	h = p.Next(h, Observation{Layer: Calls, Status: 180}, now.Add(time.Minute))
	if h.State != wissel.Up {
		t.Errorf("a good call when the trial is old makes it %s", h.State)
	}
	if h = p.Next(h, Observation{Layer: Calls, Status: 503}, now.Add(2*time.Minute)); h.State != wissel.Down {
		t.Errorf("a bad call before it was well often enough makes it %s", h.State)
	}
	h, now = play(p, probe(200), called(0))
	if v := p.Verdict(h, now.Add(24*time.Hour)); v.State != wissel.Down {
		t.Errorf("down by its calls, a day later without a call: %s", v.State)
	}
}

func TestEvidenceIsForPeople(t *testing.T) {
	rows := []struct {
		events []event
		want   string
	}{
		{nil, "nothing is known yet"},
		{[]event{probe(200)}, "answers OPTIONS since 12:00:01"},
		{[]event{probe(200), called(180)}, "takes calls since 12:00:02"},
		{[]event{probe(200), called(180), probe(200).in(599)}, "takes calls since 12:00:02"},
		{[]event{probe(200), called(180), probe(200).in(602)}, "answers OPTIONS since 12:00:01"},
		{[]event{called(404)}, "messages arrive since 12:00:01"},
		{[]event{probe(200), icmp(), probe(503)}, "1 OPTIONS answered with 503 since 12:00:03"},
		{[]event{probe(200), probe(0), probe(200)}, "well again 1 of 3 times, last trouble at 12:00:02: OPTIONS without an answer"},
		{[]event{probe(200), icmp(), probe(200)}, "well again 1 of 3 times, last trouble at 12:00:02: unreachable (connection refused)"},
		{[]event{probe(200), probe(0)}, "1 OPTIONS without an answer since 12:00:02"},
		{[]event{probe(200), probe(0), probe(0), probe(0)}, "3 OPTIONS without an answer since 12:00:02"},
		{[]event{probe(0)}, "1 OPTIONS without an answer (it has never answered one: calls decide) since 12:00:01"},
		{[]event{probe(503), probe(503), probe(503)}, "3 OPTIONS answered with 503 since 12:00:01"},
		{[]event{probe(200), icmp(), icmp()}, "unreachable (connection refused) since 12:00:02"},
		{[]event{probe(200), called(0)}, "1 call without an answer since 12:00:02"},
		{[]event{called(503), called(503), called(500)}, "3 calls answered with 500 since 12:00:01"},
	}
	for _, row := range rows {
		h, now := play(DefaultPolicy(), row.events...)
		if got := DefaultPolicy().Verdict(h, now).Evidence; got != row.want {
			t.Errorf("got %q, want %q", got, row.want)
		}
	}
}

func TestATrunkIsAsHealthyAsItsBestAddress(t *testing.T) {
	a := []wissel.Address{{Transport: "udp"}, {Transport: "tcp"}, {Transport: "tls"}}
	rows := []struct {
		name   string
		states []wissel.Verdict
		want   wissel.State
	}{
		{"up and down is up", []wissel.Verdict{{State: wissel.Down}, {State: wissel.Up}}, wissel.Up},
		{"unknown is not down", []wissel.Verdict{{State: wissel.Down}, {State: wissel.Unknown}}, wissel.Unknown},
		{"suspect and down is suspect", []wissel.Verdict{{State: wissel.Suspect}, {State: wissel.Down}}, wissel.Suspect},
		{"all down is down", []wissel.Verdict{{State: wissel.Down}, {State: wissel.Down}, {State: wissel.Down, Retry: true}}, wissel.Down},
		{"no address is unknown", nil, wissel.Unknown},
	}
	for _, row := range rows {
		m := map[wissel.Address]wissel.Verdict{}
		for i, v := range row.states {
			m[a[i]] = v
		}
		v := TrunkVerdict(&wissel.Trunk{Addresses: a[:len(row.states)]}, m)
		if v.State != row.want {
			t.Errorf("%s: %s", row.name, v.State)
		}
		if len(row.states) == 3 && !v.Retry {
			t.Errorf("%s: the one to retry is the best", row.name)
		}
	}
}

func TestPolicyCheckNamesEachFault(t *testing.T) {
	if ps := DefaultPolicy().Check("health"); ps != nil {
		t.Errorf("the default has faults: %v", ps)
	}
	ps := Policy{Fall: 1, Dwell: -1, Longest: -2}.Check("health")
	var all []string
	for _, p := range ps {
		all = append(all, p.String())
	}
	text := strings.Join(all, "\n")
	for _, key := range []string{"health.fall", "health.rise", "health.dwell", "health.longest", "health.calm", "health.stale", "health.slowest"} {
		if !strings.Contains(text, key+":") {
			t.Errorf("%s is not named in\n%s", key, text)
		}
	}
}
