package lead

import (
	"strings"
	"testing"
	"time"

	"wissel"
)

var (
	noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

	genesys = wissel.Target{Trunk: "genesys"}
	reserve = wissel.Target{Trunk: "reserve"}
	third   = wissel.Target{Trunk: "third"}
	storing = wissel.Target{Flow: "storing"}
)

// scene is one group as its days go by: plan normaal of genesys, reserve, third and a flow.
type scene struct {
	t   *testing.T
	p   Policy
	v   View
	s   State
	now time.Time
	all []wissel.Decision
}

func play(t *testing.T, change ...func(*scene)) *scene {
	sc := &scene{t: t, p: DefaultPolicy(), now: noon, v: View{
		Group:    "support",
		Plan:     wissel.Plan{ID: "normaal", Targets: []wissel.Target{genesys, reserve, third, storing}},
		Handback: wissel.Handback{Mode: wissel.HandbackAuto, Calm: time.Minute, Shares: []int{100, 500, 1000}, Samples: 20, Longest: time.Hour},
	}}
	for _, target := range []wissel.Target{genesys, reserve, third} {
		sc.v.Candidates = append(sc.v.Candidates, Candidate{Target: target, Verdict: wissel.Verdict{State: wissel.Up, Since: noon.Add(-time.Hour), Evidence: "answers OPTIONS"}})
	}
	for _, c := range change {
		c(sc)
	}
	sc.look()
	return sc
}

func sticky(sc *scene)             { sc.v.Handback.Mode = wissel.HandbackSticky }
func freshWeek(sc *scene)          { sc.v.Plan.Fresh = 7 * 24 * time.Hour }
func shares(n ...int) func(*scene) { return func(sc *scene) { sc.v.Handback.Shares = n } }

func proven(target wissel.Target, ago time.Duration) func(*scene) {
	return func(sc *scene) { sc.candidate(target).Proof = wissel.Proof{At: noon.Add(-ago)} }
}

func is(target wissel.Target, state wissel.State) func(*scene) {
	return func(sc *scene) {
		sc.candidate(target).Verdict = wissel.Verdict{State: state, Since: sc.now, Evidence: "so it is said"}
	}
}

func (sc *scene) candidate(target wissel.Target) *Candidate {
	for i := range sc.v.Candidates {
		if sc.v.Candidates[i].Target == target {
			return &sc.v.Candidates[i]
		}
	}
	sc.t.Fatalf("no %s", target)
	return nil
}

func (sc *scene) next(e Event) []wissel.Decision {
	var out []wissel.Decision
	sc.s, out = sc.p.Next(sc.s, sc.v, e, sc.now)
	sc.all = append(sc.all, out...)
	return out
}

func (sc *scene) look() []wissel.Decision { return sc.next(Event{}) }

// becomes changes the verdict on a target, and looks.
func (sc *scene) becomes(target wissel.Target, state wissel.State) []wissel.Decision {
	is(target, state)(sc)
	return sc.look()
}

// after lets time pass, with a look each second.
func (sc *scene) after(d time.Duration) {
	for end := sc.now.Add(d); sc.now.Before(end); {
		sc.now = sc.now.Add(time.Second)
		sc.look()
	}
}

// calls tells of so many calls, of which so many went well, evenly mixed.
func (sc *scene) calls(target wissel.Target, well, all int) {
	for i := range all {
		sc.next(Event{Kind: Tried, Target: target, Well: (i+1)*well/all > i*well/all})
	}
}

// story is what was decided, by kind: "switch, handback, abort".
func (sc *scene) story() string {
	kinds := make([]string, len(sc.all))
	for i, d := range sc.all {
		kinds[i] = string(d.Kind)
	}
	return strings.Join(kinds, ", ")
}

func (sc *scene) wants(story, why string) {
	sc.t.Helper()
	if got := sc.story(); got != story {
		sc.t.Errorf("decided %q, want %q", got, story)
	}
	if why == "" {
		return
	}
	if len(sc.all) == 0 || !strings.Contains(sc.all[len(sc.all)-1].Why, why) {
		sc.t.Errorf("the last decision does not say %q: %+v", why, sc.all)
	}
}

func TestWhoLeads(t *testing.T) {
	for _, row := range []struct {
		name   string
		scene  []func(*scene)
		events func(sc *scene)
		leader wissel.Target
		story  string
		why    string // a part of the last decision's
	}{
		{"all is well", nil, func(sc *scene) { sc.after(time.Hour) }, genesys, "", ""},
		{"the first of the plan goes down", nil, func(sc *scene) { sc.becomes(genesys, wissel.Down) }, reserve, "switch", "genesys is down, reserve is up"},
		{"it stays down: that is one switch", nil, func(sc *scene) { sc.becomes(genesys, wissel.Down); sc.after(time.Hour) }, reserve, "switch", ""},
		{"suspect never switches", nil, func(sc *scene) { sc.becomes(genesys, wissel.Suspect); sc.after(time.Hour) }, genesys, "", ""},
		{"unknown never switches", nil, func(sc *scene) { sc.becomes(genesys, wissel.Unknown); sc.after(time.Hour) }, genesys, "", ""},
		{"up before unknown", []func(*scene){is(reserve, wissel.Unknown)}, func(sc *scene) { sc.becomes(genesys, wissel.Down) }, third, "switch", "third is up"},
		{"unknown before suspect", []func(*scene){is(reserve, wissel.Suspect), is(third, wissel.Unknown)}, func(sc *scene) { sc.becomes(genesys, wissel.Down) }, third, "switch", "third is unknown"},
		{"suspect before down", []func(*scene){is(reserve, wissel.Down), is(third, wissel.Suspect)}, func(sc *scene) { sc.becomes(genesys, wissel.Down) }, third, "switch", "third is suspect"},
		{"never to one that is down", []func(*scene){is(reserve, wissel.Down), is(third, wissel.Down)}, func(sc *scene) { sc.becomes(genesys, wissel.Down); sc.after(time.Hour) }, genesys, "stay", "reserve is no better: down since " + wissel.Moment(noon)},
		{"another cause is another record", []func(*scene){is(reserve, wissel.Down), is(third, wissel.Down), freshWeek}, func(sc *scene) {
			sc.becomes(genesys, wissel.Down)
			sc.becomes(reserve, wissel.Up)
			sc.after(time.Minute)
		}, genesys, "stay, stay", "reserve's way was never proven"},
		{"a proof that is too old stands in the way", []func(*scene){freshWeek, proven(reserve, 9*24*time.Hour), proven(third, 8*24*time.Hour)}, func(sc *scene) { sc.becomes(genesys, wissel.Down) }, genesys, "stay", "reserve's last proof is 9 days old, the plan asks 7 days"},
		{"a fresh proof does not", []func(*scene){freshWeek, proven(reserve, 9*24*time.Hour), proven(third, 24*time.Hour)}, func(sc *scene) { sc.becomes(genesys, wissel.Down) }, third, "switch", ""},
		{"it is us: nothing is switched", []func(*scene){func(sc *scene) { sc.v.Ours = "the gateway does not answer" }}, func(sc *scene) { sc.becomes(genesys, wissel.Down); sc.after(time.Hour) }, genesys, "stay", "it is us: the gateway does not answer"},
		{"it was us, and is not any more", nil, func(sc *scene) {
			sc.v.Ours = "the gateway does not answer"
			sc.becomes(genesys, wissel.Down)
			sc.v.Ours = ""
			sc.look()
		}, reserve, "stay, switch", ""},
		{"one without an address is nobody", []func(*scene){func(sc *scene) { sc.candidate(reserve).Absent = true }}, func(sc *scene) { sc.becomes(genesys, wissel.Down) }, third, "switch", ""},
		{"a plan of one trunk has nowhere to go but its flow", []func(*scene){func(sc *scene) { sc.v.Candidates = sc.v.Candidates[:1] }}, func(sc *scene) { sc.becomes(genesys, wissel.Down); sc.after(time.Hour) }, genesys, "stay", "it has no other trunk"},
		{"a plan of a flow alone", []func(*scene){func(sc *scene) { sc.v.Candidates = nil }}, func(sc *scene) { sc.after(time.Hour) }, wissel.Target{}, "", ""},

		{"the backup goes down too: the next", nil, func(sc *scene) { sc.becomes(genesys, wissel.Down); sc.becomes(reserve, wissel.Down) }, third, "switch, switch", "reserve is down, third is up"},
		{"the backup goes down and the first is well: back at once", nil, func(sc *scene) {
			sc.becomes(genesys, wissel.Down)
			sc.becomes(third, wissel.Down)
			sc.becomes(genesys, wissel.Up)
			sc.becomes(reserve, wissel.Down)
		}, genesys, "switch, switch", "reserve is down, genesys is up"},
		{"a doubtful backup is left for one that is up", nil, func(sc *scene) {
			sc.becomes(genesys, wissel.Down)
			sc.after(time.Minute)
			sc.becomes(reserve, wissel.Suspect)
		}, third, "switch, switch", "reserve leads and does worse (suspect"},
		{"not for one that is no better", []func(*scene){is(third, wissel.Suspect)}, func(sc *scene) {
			sc.becomes(genesys, wissel.Down)
			sc.after(time.Minute)
			sc.becomes(reserve, wissel.Suspect)
			sc.after(time.Minute)
		}, reserve, "switch, stay", "third is no better: suspect"},
		{"not within the hold-down", nil, func(sc *scene) {
			sc.becomes(genesys, wissel.Down)
			sc.becomes(reserve, wissel.Suspect)
			sc.after(2 * time.Second)
		}, reserve, "switch, stay", "1 switches in a row hold the next one back until " + wissel.Moment(noon.Add(5*time.Second))},
		{"but after it", nil, func(sc *scene) {
			sc.becomes(genesys, wissel.Down)
			sc.becomes(reserve, wissel.Suspect)
			sc.after(6 * time.Second)
		}, third, "switch, stay, switch", ""},
		{"a backup whose calls begin to fail is left", nil, func(sc *scene) {
			sc.becomes(genesys, wissel.Down)
			sc.calls(reserve, 40, 40)
			sc.after(time.Minute)
			sc.calls(reserve, 10, 20)
		}, third, "switch, switch", "10 of 20 calls went well (50.0 %) of late, 40 of 40 calls went well (100.0 %) before"},
		{"one failure among many is none", nil, func(sc *scene) {
			sc.becomes(genesys, wissel.Down)
			sc.calls(reserve, 40, 40)
			sc.after(time.Minute)
			sc.calls(reserve, 19, 20)
		}, reserve, "switch", ""},

		{"settings without the backup void it, and the next leads", nil, func(sc *scene) {
			sc.becomes(genesys, wissel.Down)
			sc.v.Candidates = []Candidate{*sc.candidate(genesys), *sc.candidate(third)}
			sc.look()
		}, third, "switch, handback, switch", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			sc := play(t, row.scene...)
			row.events(sc)
			if got := sc.s.Leader(sc.v); got != row.leader {
				t.Errorf("%q leads, want %q", got, row.leader)
			}
			sc.wants(row.story, row.why)
			for _, d := range sc.all {
				if d.At.IsZero() || d.Group != "support" || d.Actor != "wissel" || d.Why == "" || d.Before == "" || d.After == "" {
					t.Errorf("a record without what it must have: %+v", d)
				}
			}
		})
	}
}

func TestTheWayBack(t *testing.T) {
	// away has the reserve leading and genesys well again for just under a minute.
	away := func(sc *scene) {
		sc.becomes(genesys, wissel.Down)
		sc.after(time.Minute)
		sc.becomes(genesys, wissel.Up)
		sc.after(59 * time.Second)
		sc.all = nil
	}
	begun := func(sc *scene) { away(sc); sc.after(time.Second) }
	first := func(sc *scene) { begun(sc); sc.calls(genesys, 1, 1) }
	second := func(sc *scene) { first(sc); sc.calls(reserve, 180, 180); sc.calls(genesys, 20, 20) }
	third := func(sc *scene) { second(sc); sc.calls(reserve, 20, 20); sc.calls(genesys, 20, 20) }
	for _, row := range []struct {
		name   string
		scene  []func(*scene)
		events func(sc *scene)
		share  int // -1: the plan's own order holds
		single bool
		story  string
		why    string
	}{
		{"not before the first has been up for calm", nil, away, 0, false, "", ""},
		{"then one call tries it", nil, begun, 0, true, "handback", "genesys has been up for 1m0s"},
		{"nobody calls: it waits", nil, func(sc *scene) { begun(sc); sc.after(time.Hour) }, 0, true, "handback", ""},
		{"the one call went well", nil, first, 100, false, "handback, handback", ""},
		{"the one call failed", nil, func(sc *scene) { begun(sc); sc.calls(genesys, 0, 1) }, 0, false, "handback, abort", "did not get through; the next way back begins after 2m0s"},
		{"calls of the backup say nothing of the one call", nil, func(sc *scene) { begun(sc); sc.calls(reserve, 0, 10) }, 0, true, "handback", ""},
		{"too few calls: it waits", nil, func(sc *scene) {
			first(sc)
			sc.calls(genesys, 19, 19)
			sc.calls(reserve, 190, 190)
			sc.after(time.Hour)
		}, 100, false, "handback, handback", ""},
		{"too few calls of the backup: it waits", nil, func(sc *scene) { first(sc); sc.calls(genesys, 40, 40); sc.calls(reserve, 19, 19) }, 100, false, "handback, handback", ""},
		{"as good as the backup: on to half", nil, second, 500, false, "handback, handback, handback", ""},
		{"then all, on trial", nil, third, -1, false, "handback, handback, handback, handback", ""},
		{"and home", nil, func(sc *scene) { third(sc); sc.calls(genesys, 20, 20) }, -1, false, "handback, handback, handback, handback, handback", "the stage went well"},
		{"a quiet line comes home by time", nil, func(sc *scene) { third(sc); sc.after(time.Hour) }, -1, false, "handback, handback, handback, handback, handback", ""},
		{"worse than the backup: broken off, with both figures", nil, func(sc *scene) { first(sc); sc.calls(reserve, 180, 180); sc.calls(genesys, 16, 20) }, 0, false, "handback, handback, abort", "genesys does worse than reserve by more than chance explains"},
		{"a little worse is chance", nil, func(sc *scene) { first(sc); sc.calls(reserve, 180, 180); sc.calls(genesys, 19, 20) }, 500, false, "handback, handback, handback", ""},
		{"poor, but no worse than a poor backup", nil, func(sc *scene) { first(sc); sc.calls(reserve, 126, 180); sc.calls(genesys, 14, 20) }, 500, false, "handback, handback, handback", ""},
		{"suspect on the way: broken off at once", nil, func(sc *scene) { first(sc); sc.becomes(genesys, wissel.Suspect) }, 0, false, "handback, handback, abort", "genesys is suspect"},
		{"down on the way: broken off at once", nil, func(sc *scene) { second(sc); sc.becomes(genesys, wissel.Down) }, 0, false, "handback, handback, handback, abort", "genesys is down"},
		{"unknown on the way: there is no evidence, it waits", nil, func(sc *scene) { first(sc); sc.becomes(genesys, wissel.Unknown); sc.after(time.Hour) }, 100, false, "handback, handback", ""},
		{"it is us: the way back waits", nil, func(sc *scene) { first(sc); sc.v.Ours = "x"; sc.becomes(genesys, wissel.Suspect) }, 100, false, "handback, handback", ""},
		{"worse on trial: the backup leads again", nil, func(sc *scene) { third(sc); sc.calls(genesys, 12, 20) }, 0, false, "handback, handback, handback, handback, abort", "does worse than reserve"},
		{"down on trial: the backup leads again", nil, func(sc *scene) { third(sc); sc.becomes(genesys, wissel.Down) }, 0, false, "handback, handback, handback, handback, abort", "genesys went down"},
		{"one doubt on trial is none", nil, func(sc *scene) { third(sc); sc.becomes(genesys, wissel.Suspect) }, -1, false, "handback, handback, handback, handback", ""},
		{"the backup goes down meanwhile: home at once", nil, func(sc *scene) {
			first(sc)
			sc.becomes(wissel.Target{Trunk: "third"}, wissel.Down)
			sc.becomes(reserve, wissel.Down)
		}, -1, false, "handback, handback, switch", "reserve is down, genesys is up"},
		{"sticky waits, and says so once", []func(*scene){sticky}, func(sc *scene) { away(sc); sc.after(time.Hour) }, 0, false, "stay", "genesys is well again; sticky: waiting for `wissel handback support`"},
		{"no shares: home after the one call, on trial", []func(*scene){shares()}, first, -1, false, "handback, handback", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			sc := play(t, row.scene...)
			row.events(sc)
			lead, ok := sc.s.Published()
			if !ok {
				lead.Share = -1
			}
			if lead.Share != row.share || lead.Single != row.single {
				t.Errorf("share %d, single %v; want %d, %v", lead.Share, lead.Single, row.share, row.single)
			}
			sc.wants(row.story, row.why)
		})
	}
}

func TestAnAbortTellsBothFigures(t *testing.T) {
	sc := play(t)
	sc.becomes(genesys, wissel.Down)
	sc.becomes(genesys, wissel.Up)
	sc.after(time.Minute)
	sc.calls(genesys, 1, 1)
	sc.calls(reserve, 178, 180)
	sc.calls(genesys, 14, 20)
	d := sc.all[len(sc.all)-1]
	text := strings.Join(append(d.Evidence, d.Thresholds...), "\n")
	for _, want := range []string{"genesys: 14 of 20 calls went well (70.0 %)", "reserve: 178 of 180 calls went well (98.9 %)", "one that stands in for genesys is also left when it is suspect", "Fisher's exact test", "20 calls of either side"} {
		if d.Kind != wissel.DecidedAbort || !strings.Contains(text, want) {
			t.Errorf("%s does not say %q:\n%s", d.Kind, want, text)
		}
	}
}

func TestTheWaitGrowsWithEachAbortAndShrinksAgain(t *testing.T) {
	sc := play(t)
	sc.becomes(genesys, wissel.Down)
	sc.becomes(genesys, wissel.Up)
	for _, want := range []time.Duration{2, 4, 8, 16, 32, 60, 60} {
		for sc.s.Stage == 0 {
			sc.after(time.Second)
		}
		sc.calls(genesys, 0, 1)
		if sc.s.Wait != want*time.Minute {
			t.Fatalf("the wait is %v, want %v", sc.s.Wait, want*time.Minute)
		}
	}
	var err error
	if sc.s, _, err = sc.p.Handback(sc.s, sc.v, true, "anna", "x", sc.now); err != nil {
		t.Fatal(err)
	}
	sc.now = sc.now.Add(2 * time.Hour) // two of the longest without a fall: two halvings
	sc.becomes(genesys, wissel.Down)
	if sc.s.Wait != 15*time.Minute {
		t.Errorf("the wait is %v after two good hours", sc.s.Wait)
	}
	if sc.s, _, err = sc.p.Handback(sc.s, sc.v, true, "anna", "x", sc.now); err == nil || !strings.Contains(err.Error(), "genesys is down") {
		t.Errorf("a way back to one that is down: %v", err)
	}
}

func TestAFallSoonAfterTheWayBackMakesTheNextWaitLonger(t *testing.T) {
	sc := play(t, shares())
	home := func() {
		sc.becomes(genesys, wissel.Up)
		for sc.s.Stage == 0 {
			sc.after(time.Second)
		}
		sc.calls(genesys, 1, 1)
		sc.calls(reserve, 20, 20)
		sc.calls(genesys, 20, 20)
		sc.after(time.Hour)
		if sc.s.away() {
			t.Fatalf("not home: %+v", sc.s)
		}
	}
	sc.becomes(genesys, wissel.Down)
	home()
	sc.becomes(genesys, wissel.Down)
	if sc.s.Wait != 2*time.Minute {
		t.Errorf("the wait is %v", sc.s.Wait)
	}
}

func TestAnOperatorsHandback(t *testing.T) {
	away := func(sc *scene) { sc.becomes(genesys, wissel.Down); sc.becomes(genesys, wissel.Up) }
	for _, row := range []struct {
		name   string
		scene  []func(*scene)
		events func(sc *scene)
		all    bool
		fault  string
		share  int // -1: home
		single bool
	}{
		{"nothing to go back from", nil, func(*scene) {}, false, "nothing was switched by itself", -1, false},
		{"it begins before the calm is over", nil, away, false, "", 0, true},
		{"sticky needs it", []func(*scene){sticky}, away, false, "", 0, true},
		{"now completes it", []func(*scene){sticky}, away, true, "", -1, false},
		{"twice is told", nil, func(sc *scene) { away(sc); sc.after(time.Minute) }, false, "has begun: one call tries genesys first; --now completes it", 0, true},
		{"now completes one that has begun", nil, func(sc *scene) { away(sc); sc.after(time.Minute) }, true, "", -1, false},
		{"not to one that is down", nil, func(sc *scene) { sc.becomes(genesys, wissel.Down) }, true, "it would be left again at once", 0, false},
		{"but to one that may be tried again", nil, func(sc *scene) { sc.becomes(genesys, wissel.Down); sc.candidate(genesys).Verdict.Retry = true }, false, "", 0, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			sc := play(t, row.scene...)
			row.events(sc)
			next, out, err := sc.p.Handback(sc.s, sc.v, row.all, "anna", "ticket 4711", sc.now)
			if row.fault == "" && (err != nil || len(out) != 1 || out[0].Actor != "anna" || out[0].Why != "ticket 4711") || row.fault != "" && (err == nil || !strings.Contains(err.Error(), row.fault)) {
				t.Fatalf("%+v, %v", out, err)
			}
			lead, ok := next.Published()
			if !ok {
				lead.Share = -1
			}
			if lead.Share != row.share || lead.Single != row.single {
				t.Errorf("share %d, single %v", lead.Share, lead.Single)
			}
		})
	}
}

func TestWorseIsFishersExactTest(t *testing.T) {
	for _, row := range []struct {
		name string
		a, b Tally
		want float64
	}{
		{"the lady tasting tea, the other way round", Tally{1, 4}, Tally{3, 4}, 17.0 / 70},
		{"none of three against all of 27", Tally{0, 3}, Tally{27, 27}, 1.0 / 4060},
		{"18 of 20 against all of 180", Tally{18, 20}, Tally{180, 180}, 190.0 / 19900},
		{"19 of 20 against all of 180", Tally{19, 20}, Tally{180, 180}, 20.0 / 200},
		{"all against all", Tally{20, 20}, Tally{180, 180}, 1},
		{"nothing to compare", Tally{}, Tally{5, 5}, 1},
	} {
		if got := Worse(row.a, row.b); got < row.want*0.999999 || got > row.want*1.000001 {
			t.Errorf("%s: %v, want %v", row.name, got, row.want)
		}
	}
}

func TestTheSingleCallIsGivenOnce(t *testing.T) {
	var c Claims
	taken := 0
	for ms := range 59_000 {
		if c.Take("support", noon, noon.Add(time.Duration(ms)*time.Millisecond)) {
			taken++
		}
	}
	if taken != 1 {
		t.Errorf("%d calls took it", taken)
	}
	if !c.Take("support", noon, noon.Add(time.Minute)) {
		t.Error("nothing came of it for a minute, and no other may try")
	}
	if !c.Take("support", noon.Add(time.Hour), noon.Add(time.Hour)) || !c.Take("sales", noon, noon) {
		t.Error("another stage or group has no call of its own")
	}
}
