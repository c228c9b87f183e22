package callbacks

import (
	"testing"
	"time"

	"wissel"
)

// What an end of an attempt makes of a callback: each a sentence.
func TestWhatComesOfAnAttempt(t *testing.T) {
	set := DefaultSettings()
	calling := func(p Progress) Progress {
		p.enter(CallingAgent, noon)
		p.ID = "a1"
		return p
	}
	rung := func(p Progress) Progress { return calling(p).Stage(wissel.CallbackCustomer, noon) }
	talking := func(p Progress) Progress { return rung(p).Stage(wissel.CallbackTalking, noon) }
	talked := func(d time.Duration, k wissel.CallbackKey) wissel.CallbackResult {
		return wissel.CallbackResult{Outcome: wissel.CallbackTalked, Talked: d, Key: k, Rung: true}
	}
	end := func(o wissel.CallbackOutcome) wissel.CallbackResult {
		return wissel.CallbackResult{Outcome: o, Rung: !o.Desk()}
	}
	for _, row := range []struct {
		name  string
		from  Progress
		r     wissel.CallbackResult
		state State
		gap   time.Duration
		front bool
		tries int
	}{
		{"the agent pressed 1", talking(Progress{}), talked(time.Second, wissel.CallbackDone), Done, 0, false, 0},
		{"they spoke for 30 s, and nothing was pressed", talking(Progress{}), talked(30*time.Second, ""), Done, 0, false, 0},
		{"they spoke for less: it goes to the front", talking(Progress{}), talked(29*time.Second, ""), Waiting, 0, true, 0},
		{"and a second time it is an attempt", talking(Progress{Short: true}), talked(29*time.Second, ""), Waiting, 10 * time.Minute, false, 1},
		{"the agent pressed 2 after a long talk", talking(Progress{}), talked(time.Hour, wissel.CallbackAgain), Waiting, 10 * time.Minute, false, 1},
		{"the agent pressed 3", talking(Progress{}), talked(time.Second, wissel.CallbackWrong), Cancelled, 0, false, 0},
		{"no agent answered: it keeps its place", calling(Progress{}), end(wissel.CallbackDeskNone), Waiting, 0, false, 0},
		{"a voicemail took it for the agent", calling(Progress{}), end(wissel.CallbackDeskNoKey), Waiting, 0, false, 0},
		{"the agent was gone once it rang at the customer", rung(Progress{}), end(wissel.CallbackDeskGone), Waiting, 0, true, 0},
		{"the desk could not be reached", calling(Progress{}), end(wissel.CallbackDeskFailed), Waiting, time.Minute, false, 0},
		{"and not for the fourth time", calling(Progress{Faults: 3}), end(wissel.CallbackDeskFull), Waiting, 8 * time.Minute, false, 0},
		{"busy", rung(Progress{}), end(wissel.CallbackBusy), Waiting, 5 * time.Minute, false, 1},
		{"rejected waits for longer", rung(Progress{}), end(wissel.CallbackRejected), Waiting, time.Hour, false, 1},
		{"no answer", rung(Progress{}), end(wissel.CallbackNoAnswer), Waiting, 10 * time.Minute, false, 1},
		{"no answer again", rung(Progress{Tries: 1}), end(wissel.CallbackNoAnswer), Waiting, time.Hour, false, 2},
		{"no answer for the last time", rung(Progress{Tries: 2}), end(wissel.CallbackNoAnswer), Missed, 0, false, 3},
		{"he hung up before a key", rung(Progress{}), end(wissel.CallbackLeft), Waiting, 10 * time.Minute, false, 1},
		{"no key", rung(Progress{}), end(wissel.CallbackNoKey), Waiting, 10 * time.Minute, false, 1},
		{"no key for the second time", rung(Progress{NoKeys: 1, Tries: 1}), end(wissel.CallbackNoKey), Hand, 0, false, 1},
		{"he pressed it away", rung(Progress{}), end(wissel.CallbackCancelled), Cancelled, 0, false, 0},
		{"no such number", rung(Progress{}), end(wissel.CallbackUnknown), Hand, 0, false, 0},
		{"no carrier took it", rung(Progress{}), end(wissel.CallbackFailed), Waiting, time.Minute, false, 0},
		{"an outcome that is not known here", rung(Progress{}), end("new"), Waiting, time.Minute, false, 0},
		{"taken back before he was rung", calling(Progress{}), wissel.CallbackResult{Outcome: wissel.CallbackStopped}, Waiting, 0, false, 0},
		{"taken back while it rang", rung(Progress{}), end(wissel.CallbackStopped), Waiting, 0, true, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := row.from.Result(row.r, set, noon)
			want := noon.Add(row.gap)
			if got.State != Waiting {
				want = time.Time{}
			}
			if got.State != row.state || !got.Due.Equal(want) || got.Front != row.front || got.Tries != row.tries || got.ID != "" || got.Rung {
				t.Errorf("%+v", got)
			}
		})
	}
	once := talking(Progress{}).Vanish(set, "crash", noon)
	if twice := talking(once).Vanish(set, "crash", noon); once.State != Waiting || !once.Front || twice.State != Hand {
		t.Errorf("after one crash %+v, after two %+v", once, twice)
	}
	for k, want := range map[wissel.CallbackKey]State{wissel.CallbackDone: Done, wissel.CallbackWrong: Cancelled, wissel.CallbackAgain: Waiting} {
		said := talking(Progress{Lost: 1}).Stage(wissel.CallbackAfter, noon).Stage(k.Said(), noon)
		if got := said.Vanish(set, "crash", noon); got.State != want || got.Lost != 1 || got.Front || got.Key != "" {
			t.Errorf("a crash after the agent pressed %q: %+v", k, got)
		}
	}
	for _, p := range []Progress{{State: Noted}, {State: Done}, {State: Hand}} {
		if p.Result(end(wissel.CallbackBusy), set, noon) != p || p.Stage(wissel.CallbackTalking, noon) != p || p.Vanish(set, "", noon) != p {
			t.Errorf("%+v is not in flight, and changes", p)
		}
	}
}

func TestSettingsOfCallbacks(t *testing.T) {
	if ps := DefaultSettings().Check("groups.support.callbacks"); len(ps) > 0 {
		t.Errorf("the defaults: %v", ps)
	}
	for _, row := range []struct {
		path   string
		change func(*Settings)
	}{
		{"first", func(s *Settings) { s.First = "both" }}, {"release", func(s *Settings) { s.Release = "soon" }},
		{"agents", func(s *Settings) { s.Agents = 0 }}, {"rate", func(s *Settings) { s.Rate = 51 }}, {"attempts", func(s *Settings) { s.Attempts = 11 }},
		{"gaps", func(s *Settings) { s.Gaps = nil }}, {"gaps[1]", func(s *Settings) { s.Gaps = []time.Duration{time.Hour, time.Minute} }},
		{"kinds[0]", func(s *Settings) { s.Kinds = []wissel.Kind{wissel.Kind0900} }}, {"through", func(s *Settings) { s.Through = time.Second }},
		{"horizon", func(s *Settings) { s.Horizon = time.Second }}, {"each", func(s *Settings) { s.Each = time.Second }},
		{"per_day", func(s *Settings) { s.PerDay = 0 }}, {"per_number", func(s *Settings) { s.PerNumber = 0 }}, {"countries", func(s *Settings) { s.Countries = nil }},
	} {
		s := DefaultSettings()
		row.change(&s)
		if ps := s.Check("at"); len(ps) != 1 || ps[0].Path != "at."+row.path {
			t.Errorf("%s: %+v", row.path, ps)
		}
	}
}
