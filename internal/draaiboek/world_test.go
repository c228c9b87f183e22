package draaiboek

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
)

var noon = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)

// both is a text in both languages.
func both(s string) Words { return Words{"nl": s, "en": s} }

// place is a World of plain lists.
type place struct{}

var there = map[Kind][]string{
	Group: {"support", "sales"}, Trunk: {"genesys", "reserve", "kpn"}, Flow: {"storing"}, Team: {"webcare", "staff"}, Person: {"home/anna", "home/bob"},
	Duty: {"crisis"}, Role: {"lead", "operator"}, Command: {"ups"},
}

func (place) Missing(k Kind, name string) string {
	if slices.Contains(there[k], name) {
		return ""
	}
	return fmt.Sprintf("there is no %s %q", k, name)
}

func (p place) MissingOf(group string, k Kind, name string) string {
	flow, is := strings.CutPrefix(name, "flow:")
	switch {
	case k == Plan && slices.Contains(p.Plans(group), name), k == Target && !is && p.Missing(Trunk, name) == "", k == Target && is && p.Missing(Flow, flow) == "":
		return ""
	}
	return fmt.Sprintf("group %s has no %s %q", group, k, name)
}

func (place) Names(k Kind) []string { return there[k] }

func (place) Plans(group string) []string {
	if group == "sales" {
		return []string{"normaal"}
	}
	return []string{"normaal", "storing"}
}

func (place) Reads(team string) string {
	return map[string]string{"webcare": Post, "staff": Staff}[team]
}

// plain is a sound scenario with these steps.
func plain(steps ...Step) Scenario {
	return Scenario{
		Name: "test", Title: both("a test"), Owner: "home/anna", Duty: "crisis", Steps: steps,
		Messages: map[string]Message{"down": {"nl": {Text: "Uit.", Post: "Uit.", Staff: "Uit."}, "en": {Text: "Down.", Post: "Down.", Staff: "Down."}}},
	}
}

func toPlan(name, group, plan string) Step {
	return Step{Name: name, Action: Action{Switch: &Switch{Groups: []string{group}, Plan: plan}}}
}

func asking(name string, then ...Else) Step {
	a := &Ask{Text: both("Sure?"), Default: "yes"}
	for i, c := range []string{"yes", "no"} {
		one := Choice{Name: c, Title: both(c)}
		if i < len(then) {
			one.Then = then[i]
		}
		a.Choices = append(a.Choices, one)
	}
	return Step{Name: name, Ask: a}
}

func untilUp(name string) Step {
	return Step{Name: name, Until: &Until{Observation: Observation{That: "health.genesys == 'up'"}, Deadline: time.Hour}}
}

// whole makes a scenario ready to be run.
func whole(t interface {
	Helper()
	Fatalf(string, ...any)
}, s Scenario, others ...Scenario) Scenario {
	t.Helper()
	all := map[string]Scenario{}
	for _, one := range append(others, s) {
		checked, problems, missing := Check(one, nil, place{}, nil)
		if len(problems) > 0 || len(missing) > 0 {
			t.Fatalf("%v, missing %v", wissel.Problems(problems), missing)
		}
		all[one.Name] = checked
	}
	out, problems := Whole(s.Name, all)
	if len(problems) > 0 {
		t.Fatalf("%v", wissel.Problems(problems))
	}
	return out
}

// on is who is on duty.
var on = map[string][]string{"crisis": {"home/anna", "home/bob"}}

// play carries a run along by hand.
type play struct {
	t   testing.TB
	r   Run
	log []Event
	out []Effect // of the last event
	all []Effect
}

func begun(t testing.TB, s Scenario, with ...func(*Event)) *play {
	p := &play{t: t}
	ev := Event{Kind: Started, Run: "r1", Scenario: &s, Seed: []byte("chance"), By: "anna", Via: "cli", Reason: "a test"}
	for _, f := range with {
		f(&ev)
	}
	ev.At = noon
	p.send(ev)
	return p
}

func (p *play) send(ev Event) {
	p.t.Helper()
	if ev.At.IsZero() {
		ev.At = p.r.Now
	}
	ev.On = on
	p.log = append(p.log, ev)
	p.r, p.out = Next(p.r, ev)
	p.all = append(p.all, p.out...)
	if wake, ok := p.find(Wake, ""); !p.r.State.Over() && (!ok || wake.At.IsZero()) {
		p.t.Fatalf("stuck in %s after %s: nothing wakes it", p.r.State, ev.Kind)
	}
}

// find gives the last effect of a kind of the last event, whose key ends so.
func (p *play) find(k EffectKind, end string) (Effect, bool) {
	for _, e := range slices.Backward(p.out) {
		if e.Kind == k && strings.HasSuffix(e.Key, end) {
			return e, true
		}
	}
	return Effect{}, false
}

func (p *play) want(k EffectKind, end string) Effect {
	p.t.Helper()
	e, ok := p.find(k, end)
	if !ok {
		p.t.Fatalf("no %s …%s among %s", k, end, told(p.out))
	}
	return e
}

func (p *play) none(k EffectKind) {
	p.t.Helper()
	if e, ok := p.find(k, ""); ok {
		p.t.Fatalf("there is a %s %s", k, e.Key)
	}
}

func (p *play) state(s State) {
	p.t.Helper()
	if p.r.State != s {
		p.t.Fatalf("it is %s (%s), want %s", p.r.State, p.r.Why, s)
	}
}

// did tells that the last effect of a kind was done.
func (p *play) did(k EffectKind, end, before string) {
	p.t.Helper()
	p.send(Event{Kind: Did, Key: p.want(k, end).Key, Result: Yes, Before: before})
}

func (p *play) pass(d time.Duration) { p.t.Helper(); p.send(Event{Kind: Ticked, At: p.r.Now.Add(d)}) }

func told(all []Effect) string {
	var lines []string
	for _, e := range all {
		lines = append(lines, string(e.Kind)+" "+e.Key)
	}
	return strings.Join(lines, ", ")
}
