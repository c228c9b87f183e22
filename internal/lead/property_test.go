package lead

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wissel"
)

// TestWhateverHappens: what must hold for any sequence of verdicts, calls and time, with a restart at any moment.
func TestWhateverHappens(t *testing.T) {
	targets := []wissel.Target{genesys, reserve, third}
	rapid.Check(t, func(t *rapid.T) {
		p, now := DefaultPolicy(), noon
		v := View{
			Group: "support", Plan: wissel.Plan{ID: "normaal"},
			Handback: wissel.Handback{
				Mode: rapid.SampledFrom([]wissel.HandbackMode{wissel.HandbackAuto, wissel.HandbackSticky}).Draw(t, "mode"),
				Calm: time.Minute, Shares: []int{100, 500, 1000}, Samples: rapid.IntRange(1, 5).Draw(t, "samples"), Longest: 10 * time.Minute,
			},
		}
		for _, target := range targets {
			v.Candidates = append(v.Candidates, Candidate{Target: target, Verdict: wissel.Verdict{State: wissel.Up, Since: now}})
		}
		var s State
		falls, switches, worse := 0, 0, 0 // falls of a leader to Down; switches by itself; those for another reason
		share, stage := 0, time.Time{}
		var gap time.Time
		check := func(out []wissel.Decision) {
			lead, away := s.Published()
			for _, d := range out {
				if d.Kind != wissel.DecidedSwitch {
					continue
				}
				switches++
				if len(d.Why) > 0 && !fell(d.Why) {
					worse++
					if !gap.IsZero() && now.Sub(gap) < p.Hold {
						t.Fatalf("two switches within the hold-down: %s", d.Why)
					}
				}
				gap = now
			}
			leader := find(v, s.Leader(v))
			for _, c := range v.Candidates {
				if v.Ours == "" && leader.Verdict.State == wissel.Down && c.Verdict.State != wissel.Down {
					t.Fatalf("%s leads and is down, %s is %s", leader.Target, c.Target, c.Verdict.State)
				}
			}
			if away && (lead.Target == lead.Home || lead.Share < 0 || lead.Share >= 1000 || lead.Single && lead.Share != 0) {
				t.Fatalf("no lead is like that: %+v", lead)
			}
			if away && lead.Share < share && lead.Share != 0 {
				t.Fatalf("the share fell from %d to %d without an abort", share, lead.Share)
			}
			if away && !stage.IsZero() && lead.Stage.Before(stage) {
				t.Fatal("a stage began before the one before it")
			}
			share, stage = lead.Share, lead.Stage
		}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			e := Event{}
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0, 1, 2:
				c := &v.Candidates[rapid.IntRange(0, 2).Draw(t, "whose")]
				state := wissel.State(rapid.IntRange(0, 3).Draw(t, "state"))
				if state == c.Verdict.State {
					break
				}
				if state == wissel.Down {
					falls++
				}
				c.Verdict = wissel.Verdict{State: state, Since: now}
			case 3, 4, 5:
				e = Event{Kind: Tried, Target: rapid.SampledFrom(targets).Draw(t, "target"), Well: rapid.Bool().Draw(t, "well")}
			case 6:
				v.Ours = rapid.SampledFrom([]string{"", "the gateway is silent"}).Draw(t, "ours")
			case 7:
				s = restarted(t, s)
			default:
				now = now.Add(time.Duration(rapid.IntRange(1, 120).Draw(t, "seconds")) * time.Second)
			}
			before := s
			var out, again []wissel.Decision
			s, out = p.Next(s, v, e, now)
			if v.Ours != "" && (s.Lead != before.Lead || s.Leader(v) != before.Leader(v)) {
				t.Fatal("it is us, and something was switched")
			}
			check(out)
			if s, again = p.Next(s, v, Event{}, now); len(again) > 0 && again[0].Kind == wissel.DecidedStay && len(out) > 0 && out[len(out)-1].Kind == wissel.DecidedStay && out[len(out)-1].Why == again[0].Why {
				t.Fatalf("the same stay twice: %s", again[0].Why)
			}
			check(again)
		}
		if switches-worse > falls {
			t.Fatalf("%d switches for %d falls", switches-worse, falls)
		}
	})
}

// fell reports whether a switch says that its leader was down.
func fell(why string) bool {
	for _, target := range []string{"genesys", "reserve", "third"} {
		if len(why) > len(target)+9 && why[:len(target)+9] == target+" is down," {
			return true
		}
	}
	return false
}

func find(v View, target wissel.Target) Candidate {
	for _, c := range v.Candidates {
		if c.Target == target {
			return c
		}
	}
	return Candidate{}
}

// restarted is a state as a restart finds it in the store.
func restarted(t *rapid.T, s State) State {
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var again State
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if again != s {
		t.Fatalf("%+v became %+v", s, again)
	}
	return again
}

// TestFlapping: each 4 s for two minutes, as the verdict comes out of health's hold-down, is one switch.
func TestFlapping(t *testing.T) {
	sc := play(t)
	state := wissel.Up
	for range 30 {
		if state = wissel.Down; sc.candidate(genesys).Verdict.State == wissel.Down {
			state = wissel.Up
		}
		sc.becomes(genesys, state)
		sc.after(4 * time.Second)
	}
	sc.wants("switch", "genesys is down")
}

// TestARepeatCallerStaysOnOneSide as the share grows.
func TestARepeatCallerStaysOnOneSide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		caller := wissel.Number(rapid.StringMatching(`\+31[0-9]{9}`).Draw(t, "caller"))
		chance := rapid.Uint64().Draw(t, "chance")
		was := false
		for _, share := range []int{0, 1, 10, 100, 500, 999, 1000} {
			is := wissel.InShare("support", caller, chance, share)
			if was && !is {
				t.Fatalf("%s was sent back at %d", caller, share)
			}
			if is != wissel.InShare("support", caller, rapid.Uint64().Draw(t, "another chance"), share) {
				t.Fatal("a caller who shows his number is placed by it alone")
			}
			was = is
		}
		if !was || wissel.InShare("support", caller, chance, 0) {
			t.Fatal("none of 0, all of 1000")
		}
	})
}
