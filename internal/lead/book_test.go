package lead

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel"
)

// shelf is a group of two plans: normaal, of scene, and stil, of a flow alone.
type shelf struct {
	*scene
	b    Book
	stil bool // it is in force
	gone bool // the settings no longer have plan normaal
}

func shelved(t *testing.T, change ...func(*scene)) *shelf {
	return &shelf{scene: play(t, change...)}
}

var flowOnly = wissel.Plan{ID: "stil", Targets: []wissel.Target{storing}}

func (sh *shelf) turn(e Event) {
	stil := View{Group: "support", Plan: flowOnly, Handback: sh.v.Handback}
	force, rest := sh.v, stil
	if sh.stil {
		force, rest = stil, sh.v
	}
	var out []wissel.Decision
	sh.b, out = sh.p.Turn(sh.b, force, func(id wissel.PlanID) (View, bool) { return rest, id == rest.Plan.ID && !(sh.gone && id == "normaal") }, e, sh.now)
	sh.all = append(sh.all, out...)
}

func (sh *shelf) becomes(target wissel.Target, state wissel.State) {
	is(target, state)(sh.scene)
	sh.turn(Event{})
}

func (sh *shelf) choose(stil bool) { sh.stil = stil; sh.turn(Event{}) }

func (sh *shelf) after(d time.Duration) {
	for end := sh.now.Add(d); sh.now.Before(end); {
		sh.now = sh.now.Add(time.Second)
		sh.turn(Event{})
	}
}

func (sh *shelf) calls(target wissel.Target, n int) {
	for range n {
		sh.turn(Event{Kind: Tried, Target: target, Well: true})
	}
}

func TestAPlanThatIsLeftAndChosenAgain(t *testing.T) {
	fell := func(sh *shelf) { sh.becomes(genesys, wissel.Down) }
	single := func(sh *shelf) { fell(sh); sh.becomes(genesys, wissel.Up); sh.after(time.Minute) }
	tenth := func(sh *shelf) { single(sh); sh.calls(genesys, 1) }
	trial := func(sh *shelf) {
		tenth(sh)
		for range 2 {
			sh.calls(reserve, 20)
			sh.calls(genesys, 20)
		}
	}
	away := func(before func(*shelf), while ...func(*shelf)) func(*shelf) {
		return func(sh *shelf) {
			before(sh)
			sh.all = nil
			sh.choose(true)
			for _, f := range while {
				f(sh)
			}
			sh.choose(false)
		}
	}
	for _, row := range []struct {
		name   string
		scene  []func(*scene)
		events func(sh *shelf)
		lead   wissel.Target // zero: the plan's own order
		single bool
		share  int
		story  string
		why    string
	}{
		{"the backup leads still, and nothing was decided", nil, away(fell), reserve, false, 0, "", ""},
		{"after hours too", nil, away(fell, func(sh *shelf) { sh.after(time.Hour) }), reserve, false, 0, "", ""},
		{"in its own order, it is so again", nil, away(func(sh *shelf) { sh.after(time.Second) }), wissel.Target{}, false, 0, "", ""},
		{"the one call waited: the way back stops, and begins with one call", nil, away(single), reserve, true, 0, "handback, handback", "genesys has been up for 1m0s"},
		{"a share went back: the same", nil, away(tenth), reserve, true, 0, "handback, handback", "genesys has been up"},
		{"all were back on trial: the same", nil, away(trial), reserve, true, 0, "handback, handback", "genesys has been up"},
		{"not before the first has been well for long enough", nil, away(tenth, func(sh *shelf) { sh.becomes(genesys, wissel.Down); sh.becomes(genesys, wissel.Up) }), reserve, false, 0, "handback", "another plan is active"},
		{"sticky waits again", []func(*scene){sticky}, away(fell, func(sh *shelf) { sh.becomes(genesys, wissel.Up); sh.after(time.Hour) }), reserve, false, 0, "stay", "genesys is well again; sticky"},
		{"the backup fell meanwhile: the next", nil, away(fell, func(sh *shelf) { sh.becomes(reserve, wissel.Down) }), third, false, 0, "switch", "reserve is down, third is up"},
		{"the settings lost the backup meanwhile", nil, away(fell, func(sh *shelf) {
			sh.becomes(genesys, wissel.Up)
			sh.v.Candidates = []Candidate{*sh.candidate(genesys), *sh.candidate(third)}
			sh.after(time.Second)
		}), wissel.Target{}, false, 0, "handback", "the settings no longer have the plan, or the targets"},
		{"the settings lost the plan, and had it again", nil, away(fell, func(sh *shelf) {
			sh.becomes(genesys, wissel.Up)
			sh.gone = true
			sh.after(time.Second)
			if len(sh.b) != 0 {
				sh.t.Errorf("a plan that is gone is remembered: %+v", sh.b)
			}
			sh.gone = false
		}), wissel.Target{}, false, 0, "handback", "the settings no longer have the plan"},
	} {
		t.Run(row.name, func(t *testing.T) {
			sh := shelved(t, row.scene...)
			row.events(sh)
			lead, _ := sh.b["normaal"].Published()
			if lead.Target != row.lead || lead.Single != row.single || lead.Share != row.share {
				t.Errorf("the lead is %+v", lead)
			}
			sh.wants(row.story, row.why)
		})
	}
}

// TestAWayBackThatWasLeftGoesOnFromTheFirstStage, through all of them, and is recorded.
func TestAWayBackThatWasLeftGoesOnFromTheFirstStage(t *testing.T) {
	sh := shelved(t)
	sh.becomes(genesys, wissel.Down)
	sh.becomes(genesys, wissel.Up)
	sh.after(time.Minute)
	sh.calls(genesys, 1)
	sh.calls(genesys, 19) // one short of what the stage of 10 % is judged by
	sh.calls(reserve, 20)
	sh.choose(true)
	d := sh.all[len(sh.all)-1]
	if d.Kind != wissel.DecidedHandback || d.Before != "plan normaal: 10 % of the callers try genesys first" || !strings.HasPrefix(d.After, "reserve leads it when it is chosen again") || d.Actor != "wissel" {
		t.Errorf("recorded as %+v", d)
	}
	sh.choose(false)
	sh.calls(genesys, 1)
	if l := sh.b["normaal"].Lead; l.Share != 100 {
		t.Fatalf("after the one call: %+v", l)
	}
	sh.calls(genesys, 1)
	if l := sh.b["normaal"].Lead; l.Share != 100 {
		t.Errorf("what the stage had counted before counts again: %+v", l)
	}
	for range 3 {
		sh.calls(reserve, 20)
		sh.calls(genesys, 20)
	}
	if l, away := sh.b["normaal"].Published(); away {
		t.Errorf("not home: %+v", l)
	}
}

// TestWhateverPlanIsInForce: what must hold of a group whose plans are chosen, changed and lost, with a restart at any moment.
func TestWhateverPlanIsInForce(t *testing.T) {
	all := []wissel.Target{genesys, reserve, third}
	rapid.Check(t, func(t *rapid.T) {
		p, now := DefaultPolicy(), noon
		plans := map[wissel.PlanID][]wissel.Target{"a": {genesys, reserve, third}, "b": {reserve, genesys}, "c": nil}
		verdicts := map[wissel.Target]wissel.Verdict{}
		for _, target := range all {
			verdicts[target] = wissel.Verdict{State: wissel.Up, Since: now}
		}
		view := func(id wissel.PlanID) (View, bool) {
			targets, ok := plans[id]
			v := View{Group: "support", Plan: wissel.Plan{ID: id, Targets: targets}, Handback: wissel.Handback{Mode: wissel.HandbackAuto, Calm: time.Minute, Shares: []int{100, 1000}, Samples: 2, Longest: 10 * time.Minute}}
			for _, target := range targets {
				v.Candidates = append(v.Candidates, Candidate{Target: target, Verdict: verdicts[target]})
			}
			return v, ok
		}
		var b Book
		force := wissel.PlanID("a")
		for range rapid.IntRange(1, 150).Draw(t, "steps") {
			e := Event{}
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0, 1:
				verdicts[rapid.SampledFrom(all).Draw(t, "whose")] = wissel.Verdict{State: wissel.State(rapid.IntRange(0, 3).Draw(t, "state")), Since: now}
			case 2, 3, 4:
				e = Event{Kind: Tried, Target: rapid.SampledFrom(all).Draw(t, "target"), Well: rapid.Bool().Draw(t, "well")}
			case 5, 6:
				force = rapid.SampledFrom([]wissel.PlanID{"a", "b", "c"}).Draw(t, "plan")
			case 7: // the settings change a plan, lose it or have it again
				id := rapid.SampledFrom([]wissel.PlanID{"a", "b"}).Draw(t, "changed")
				if plans[id] = slices.Clone(all[:rapid.IntRange(0, 3).Draw(t, "targets")]); len(plans[id]) == 0 && id != force {
					delete(plans, id)
				}
			case 8:
				text, err := json.Marshal(b)
				if err == nil {
					b = nil
					err = json.Unmarshal(text, &b)
				}
				if err != nil {
					t.Fatal(err)
				}
			default:
				now = now.Add(time.Duration(rapid.IntRange(1, 120).Draw(t, "seconds")) * time.Second)
			}
			if _, ok := plans[force]; !ok {
				force = "c" // as the routing does: a plan that is gone is not in force
			}
			v, _ := view(force)
			before := b
			next, _ := p.Turn(b, v, view, e, now)
			for id, s := range next {
				targets, ok := plans[id]
				switch was := before[id]; {
				case !ok:
					t.Fatalf("plan %s is gone and remembered", id)
				case s.away() && (len(targets) == 0 || targets[0] != s.Lead.Home || !slices.Contains(targets, s.Lead.Target) || s.Lead.Plan != id):
					t.Fatalf("plan %s of %v does not hold %+v", id, targets, s.Lead)
				case id == force:
				case s.Stage != 0 || s.Lead.Share != 0 || s.Lead.Single:
					t.Fatalf("a way back goes on while its plan rests: %+v", s)
				case s.away() && s.Lead.Target != was.Lead.Target:
					t.Fatalf("while plan %s rested, %s followed %s", id, s.Lead.Target, was.Lead.Target)
				}
			}
			for id, was := range before {
				if _, known := plans[id]; !known || id == force || !was.away() {
					continue
				}
				if still := slices.Contains(plans[id], was.Lead.Target) && len(plans[id]) > 0 && plans[id][0] == was.Lead.Home; still != next[id].away() {
					t.Fatalf("plan %s rests, its targets hold the lead: %v, it is remembered: %v", id, still, next[id].away())
				}
			}
			b = next
		}
	})
}
