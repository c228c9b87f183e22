package draaiboek

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"wissel"
)

func TestWhatIsRefused(t *testing.T) {
	act := func(a Action) func(*Scenario) { return func(s *Scenario) { s.Steps[0].Action = a } }
	step := func(f func(*Step)) func(*Scenario) { return func(s *Scenario) { f(&s.Steps[0]) } }
	for _, row := range []struct {
		name string
		with func(*Scenario)
		path string
		msg  string
	}{
		{"a group that is not there", act(Action{Switch: &Switch{Groups: []string{"suport"}, Plan: "storing"}}), "steps[0].switch.groups[0]", `no group "suport"`},
		{"a plan that the group has not", act(Action{Switch: &Switch{Groups: []string{"sales"}, Plan: "storing"}}), "steps[0].switch.plan", `group sales has no plan "storing"`},
		{"a target that is not there", act(Action{Switch: &Switch{Groups: []string{"sales"}, To: "flow:strng"}}), "steps[0].switch.to", "no target"},
		{"a flow that is not there", act(Action{Flow: &ToFlow{Groups: []string{"sales"}, Flow: "x"}}), "steps[0].flow.flow", "no flow"},
		{"a team that is not there", act(Action{Notify: &Notify{Teams: []string{"press"}, Say: "down"}}), "steps[0].notify.teams[0]", "no team"},
		{"a message that is not there", act(Action{Message: &Saying{Groups: []string{"sales"}, Say: "up"}}), "steps[0].message.say", `no message "up" under messages; there are: down`},
		{"a team that reads what is not written", func(s *Scenario) {
			s.Messages["down"]["en"] = Forms{Staff: "x", Text: "x"}
			s.Steps[0].Action = Action{Notify: &Notify{Teams: []string{"webcare"}, Say: "down"}}
		}, "steps[0].notify.say", `team webcare reads the form "post", and message down has none in en`},
		{"an owner that is not there", func(s *Scenario) { s.Owner = "home/carl" }, "owner", "no person"},
		{"a duty list that is not there", func(s *Scenario) { s.Duty = "night" }, "duty", "no duty"},
		{"a role that is not there", func(s *Scenario) { s.Starters = []string{"boss"} }, "starters[0]", "no role"},
		{"a switch to nothing", act(Action{Switch: &Switch{Groups: []string{"sales"}}}), "steps[0].switch", "0 things"},
		{"a switch to two things", act(Action{Switch: &Switch{Groups: []string{"sales"}, Plan: "normaal", Auto: true}}), "steps[0].switch", "2 things"},
		{"a share that is none", act(Action{Switch: &Switch{Groups: []string{"sales"}, To: "kpn", Share: "a bit"}}), "steps[0].switch.share", "no share"},
		{"two steps in one", step(func(s *Step) { s.Note = both("x") }), "steps[0]", "2 steps in one (switch, note)"},
		{"a step that does nothing", step(func(s *Step) { s.Action = Action{} }), "steps[0]", "does nothing"},
		{"an ask without a default", step(func(s *Step) { *s = asking("a"); s.Ask.Default = "" }), "steps[0].ask.default", "when nobody answers"},
		{"an ask in words without a default", step(func(s *Step) { *s = Step{Name: "a", Ask: &Ask{Text: both("x"), Form: Link}} }), "steps[0].ask.default", "none leaves the answer out"},
		{"a default that is no choice", step(func(s *Step) { *s = asking("a"); s.Ask.Default = "yse" }), "steps[0].ask.default", `"yse" is none of the choices`},
		{"an until without a deadline", step(func(s *Step) { *s = untilUp("a"); s.Until.Deadline = 0 }), "steps[0].until.deadline", "for ever"},
		{"an until that can never be", step(func(s *Step) { *s = untilUp("a"); s.Until.For = 2 * time.Hour }), "steps[0].until.for", "never hold"},
		{"an undo that names what is not there", step(func(s *Step) { s.Undo = &Undo{Action: Action{Switch: &Switch{Groups: []string{"x"}, Auto: true}}} }), "steps[0].undo.switch.groups[0]", `no group "x"`},
		{"an undo of two things", step(func(s *Step) {
			s.Undo = &Undo{Keep: true, Action: Action{Switch: &Switch{Groups: []string{"sales"}, Auto: true}}}
		}), "steps[0].undo", "give one"},
		{"an undo of a note", step(func(s *Step) { *s = Step{Name: "a", Note: both("x"), Undo: &Undo{Keep: true}} }), "steps[0].undo", "changes nothing"},
		{"a condition on what is not there", step(func(s *Step) { s.If = "health.gensys == 'down'" }), "steps[0].if", `no fact "gensys"`},
		{"a condition that can never hold", step(func(s *Step) { s.If = "health.genesys == 'dwon'" }), "steps[0].if", "never so"},
		{"a condition on an answer that can never be", func(s *Scenario) { s.Steps = append(s.Steps, asking("sure")); s.Steps[0].If = "answers.sure == 'yse'" }, "steps[0].if", "never so"},
		{"an expectation of a note", step(func(s *Step) {
			*s = Step{Name: "a", Note: both("x"), Expect: &Expect{Observation: Observation{That: "crowd"}}}
		}), "steps[0].expect", "could be seen"},
		{"a name twice", func(s *Scenario) { s.Steps = append(s.Steps, s.Steps[0]) }, "steps[1].name", "step 1 is called a already"},
		{"a language that the title has not", func(s *Scenario) { s.Steps[0].Title = Words{"nl": "x", "en": "x", "fy": "x"} }, "steps[0].title.fy", `no "fy"`},
		{"a language too few", func(s *Scenario) { s.Steps[0].Title = Words{"nl": "x"} }, "steps[0].title", "missing in en"},
		{"a post that is too long", func(s *Scenario) { s.Messages["down"]["nl"] = Forms{Post: strings.Repeat("x", 281)} }, "messages.down.nl.post", "281 characters"},
		{"a field that there is not", func(s *Scenario) { s.Messages["down"]["nl"] = Forms{Post: "[tot {utnil}]"} }, "messages.down.nl.post", "no field {utnil}"},
		{"a field that may not be known", func(s *Scenario) { s.Messages["down"]["nl"] = Forms{Post: "tot {until}"} }, "messages.down.nl.post", "square brackets"},
		{"a bracket that is open", func(s *Scenario) { s.Messages["down"]["nl"] = Forms{Post: "[tot {until}"} }, "messages.down.nl.post", "not closed"},
		{"a date that is none", func(s *Scenario) { s.Blocked = []Blocked{{Date: "24-12", Why: "x"}} }, "blocked[0].date", "no date"},
		{"a name that is not under uses", act(Action{Switch: &Switch{Groups: []string{"$lines"}, Auto: true}}), "steps[0].switch.groups[0]", "not under uses"},
		{"a name of another kind", func(s *Scenario) {
			s.Uses = map[string]string{"platform": "trunk"}
			s.Steps[0].Action = Action{Switch: &Switch{Groups: []string{"$platform"}, Auto: true}}
		}, "steps[0].switch.groups[0]", "$platform is a trunk, and a group is meant here"},
		{"a longest time of a note", step(func(s *Step) { *s = Step{Name: "a", Note: both("x"), Max: time.Minute} }), "steps[0].max", "no maximum time"},
		{"an else that is none", step(func(s *Step) { s.Else = "pray" }), "steps[0].else", `"pray" is none of`},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := plain(toPlan("a", "support", "storing"))
			row.with(&s)
			_, problems, _ := Check(s, map[string]Names{"platform": {"genesys"}}, place{}, nil)
			for _, p := range problems {
				if p.Path == row.path && strings.Contains(p.Msg, row.msg) {
					return
				}
			}
			t.Errorf("want %s: %s; got %v", row.path, row.msg, wissel.Problems(problems))
		})
	}
}

func TestALoopOfRunsIsRefused(t *testing.T) {
	one := func(name, runs string) Scenario {
		s := plain(Step{Name: "x", Note: both("x")}, Step{Name: "r", Run: runs})
		s.Name = name
		return s
	}
	all := map[string]Scenario{"a": one("a", "b"), "b": one("b", "c"), "c": one("c", "a"), "self": one("self", "self")}
	for name, want := range map[string]string{"a": "a runs b runs c runs a", "self": "self runs self"} {
		if _, problems := Whole(name, all); len(problems) != 1 || problems[0].Path != "steps[1]" || !strings.Contains(problems[0].Msg, want) {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

func TestHowLongADraaiboekMayBe(t *testing.T) {
	long := func(n int) (s Scenario) {
		s = plain()
		for i := range n {
			s.Steps = append(s.Steps, toPlan(fmt.Sprintf("s%d", i), "support", "storing"))
		}
		return s
	}
	s := whole(t, long(200))
	p := begun(t, s)
	for i := range 200 {
		p.did(Do, fmt.Sprintf("s%d/do.1", i), "x")
	}
	p.state(Finished)
	if _, problems, _ := Check(long(401), nil, place{}, nil); len(problems) != 1 || !strings.Contains(problems[0].Msg, "401 steps, and a draaiboek has 400 at most") {
		t.Errorf("%v", problems)
	}
	many := plain()
	for i := range 3 {
		many.Steps = append(many.Steps, Step{Name: fmt.Sprintf("r%d", i), Run: "long"})
	}
	if _, problems := Whole("many", map[string]Scenario{"many": many, "long": s}); len(problems) != 1 || problems[0].Path != "steps[1]" || !strings.Contains(problems[0].Msg, "more than 400 steps") {
		t.Errorf("%v", problems)
	}
}

func TestNamesOfTheSettings(t *testing.T) {
	s := plain(Step{Name: "a", If: "health.platform == 'down'", Action: Action{Switch: &Switch{Groups: []string{"$lines"}, To: "$platform"}}})
	s.Uses = map[string]string{"lines": "group", "platform": "trunk"}
	_, problems, missing := Check(s, nil, place{}, nil)
	if len(problems) > 0 || fmt.Sprint(missing) != "[lines platform]" {
		t.Fatalf("%v %v", problems, missing)
	}
	got, problems, missing := Check(s, map[string]Names{"lines": {"support", "sales"}, "platform": {"genesys"}}, place{}, nil)
	if sw := got.Steps[0].Switch; len(problems)+len(missing) > 0 || fmt.Sprint(sw.Groups) != "[support sales]" || sw.To != "genesys" {
		t.Errorf("%v %v %+v", problems, missing, got.Steps[0])
	}
	if s.Steps[0].Switch.To != "$platform" {
		t.Error("what was given is changed")
	}
	if _, problems, _ = Check(s, map[string]Names{"lines": {"support"}, "platform": {"genesys", "kpn"}}, place{}, nil); len(problems) == 0 {
		t.Error("two trunks where one is meant")
	}
	if holds, evidence, err := got.Holds(got.Steps[0].If, "", Facts{Health: map[string]string{"genesys": "down"}}, place{}); !holds || err != nil || evidence != "genesys is down" {
		t.Errorf("%v %q %v", holds, evidence, err)
	}
	if _, _, err := got.Holds("health.gone == 'up'", "", Facts{}, place{}); err == nil {
		t.Error("a name that is gone is judged")
	}
}

func TestTheVersionIsOfTheContent(t *testing.T) {
	a, b := whole(t, plain(toPlan("a", "support", "storing"))), whole(t, plain(toPlan("a", "support", "normaal")))
	if a.Version() == b.Version() || a.Version() != whole(t, plain(toPlan("a", "support", "storing"))).Version() || len(a.Version()) != 12 {
		t.Errorf("%s %s", a.Version(), b.Version())
	}
	p := begun(t, a)
	a.Steps[0].Name = "changed"
	if p.r.Scenario.Steps[0].Name != "a" {
		t.Error("a run follows the file")
	}
}

func TestFill(t *testing.T) {
	for text, want := range map[string]string{
		"Het is uit.[ Kijk op {link}.][ Nieuws om {next}.]": "Het is uit. Nieuws om 17:30.", "[{link} {next}]x": "x", "a  b\n[{link}]\nc": "a b\n\nc",
	} {
		if got := Fill(text, map[string]string{"next": "17:30"}); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// till is open until a moment.
type till struct{ at time.Time }

func (c till) Open(t time.Time, _ wissel.Override) bool { return t.Before(c.at) }
func (c till) At(t time.Time, o wissel.Override) wissel.Opening {
	return wissel.Opening{Open: c.Open(t, o)}
}
func (c till) Next(time.Time, wissel.Override) time.Time             { return time.Time{} }
func (c till) EndOfNextDay(time.Time, wissel.Override) (z time.Time) { return z }

func TestWhoIsOnDuty(t *testing.T) {
	list := []Shift{
		{People: []string{"anna"}, From: "2026-12-24", To: "2026-12-26"}, {People: []string{"bob", "carl"}, When: till{noon}}, {People: []string{"carl", "dora"}},
	}
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Time]string{
		noon.Add(-time.Hour): "[bob carl dora]", noon: "[carl dora]", time.Date(2026, 12, 24, 3, 0, 0, 0, time.UTC): "[anna carl dora]",
		time.Date(2026, 12, 23, 23, 30, 0, 0, time.UTC): "[anna carl dora]", time.Date(2026, 12, 26, 23, 30, 0, 0, time.UTC): "[carl dora]", // by the clock of the zone
	} {
		if got := fmt.Sprint(OnDuty(list, at, zone)); got != want {
			t.Errorf("%v: %s, want %s", at, got, want)
		}
	}
}

func TestWhoMayStart(t *testing.T) {
	s := plain(Step{Name: "a", Note: both("x")})
	s.Starters = []string{"lead", "carl"}
	s.Blocked = []Blocked{{Date: "2026-06-01", To: "2026-06-05", Why: "the fair", Drills: true}, {Date: "2026-06-03", Why: "the audit"}}
	lead := []string{"lead"}
	for _, row := range []struct {
		name           string
		who            string
		roles          []string
		drill, despite bool
		day            int
		want           string
	}{
		{"a lead", "anna", lead, false, false, 6, ""}, {"by name", "carl", nil, false, false, 6, ""}, {"nobody", "dora", []string{"viewer"}, false, false, 6, "is not one of them"},
		{"a drill on a blocked day", "anna", lead, true, false, 5, "the fair"}, {"the real thing on a day without drills", "anna", lead, false, false, 5, ""},
		{"on a blocked day", "anna", lead, false, false, 3, "the audit"}, {"on a blocked day despite that", "anna", lead, false, true, 3, ""},
	} {
		got := s.MayStart(row.who, row.roles, row.drill, row.despite, time.Date(2026, 6, row.day, 12, 0, 0, 0, time.UTC))
		if row.want == "" && got != "" || !strings.Contains(got, row.want) {
			t.Errorf("%s: %q", row.name, got)
		}
	}
}
