package ivr

import (
	"slices"
	"strings"
	"testing"

	"wissel"
)

// branches is a flow that chooses by what is known, notes what it found, and calls steps that it shares.
func branches() Source {
	ask := Asking{Play: []string{"menu"}, Wrong: []string{"wrong"}, Silence: []string{"silent"}, After: "bye"}
	return Source{
		Flow:      "branches",
		Languages: []Language{{ID: "nl", Key: "1"}},
		Start:     "route",
		Steps: map[string]Node{
			"route": {When: &When{Cases: []Case{
				{"crowd", "short"},
				{"repeat.calls > 0 and repeat.callback", "again"},
				{"caller.kind == 'fixed' and time.hour >= 18", "evening"},
			}, Else: "desk"}},
			"desk":    {Hours: &Opening{Open: "open", Closed: "closed"}},
			"short":   {Say: &Say{Play: []string{"short"}, Next: "bye"}},
			"again":   {Set: &Setting{"known", "yes", "desk"}},
			"evening": {Say: &Say{Play: []string{"evening"}, Next: "bye"}},
			"open":    {Say: &Say{Play: []string{"open"}, Next: "aside"}},
			"closed":  {Say: &Say{Play: []string{"closed"}, Next: "aside"}},
			"aside":   {Call: &Calling{"tell", "menu"}},
			"menu":    {Menu: &Menu{Asking: ask, Keys: map[string]string{"1": "more", "2": "bye"}}},
			"more":    {Call: &Calling{"tell", "which"}},
			"which":   {When: &When{Cases: []Case{{"choices.known == 'yes' and choices.menu == '1' and language == 'nl'", "known"}}, Else: "bye"}},
			"known":   {Say: &Say{Play: []string{"known"}, Next: "bye"}},
			"tell":    {Say: &Say{Play: []string{"tell"}, Next: "deeper"}},
			"deeper":  {Call: &Calling{"told", "back"}},
			"told":    {Say: &Say{Play: []string{"told"}, Next: "back"}},
			"back":    {Return: &Returning{}},
			"bye":     {End: &Ending{Play: []string{"bye"}}},
		},
	}
}

func TestWhatIsKnownChoosesTheWay(t *testing.T) {
	p, ps := Compile(branches(), everything{})
	if len(ps) > 0 {
		t.Fatal(wissel.Problems(ps))
	}
	evening := TimeFacts{Weekday: "monday", Hour: 19, Date: "2026-03-02"}
	for _, row := range []struct {
		name   string
		facts  Facts
		script string
		want   string
	}{
		{"a crowd hears the short message", Facts{Crowd: true}, ".", "play nl/short, play nl/bye"},
		{"a landline in the evening", Facts{Caller: CallerFacts{Kind: "fixed"}, Time: evening}, ".", "play nl/evening, play nl/bye"},
		{"a mobile in the evening", Facts{Caller: CallerFacts{Kind: "mobile"}, Time: evening}, "", "play nl/closed"},
		{"open", Facts{Hours: HoursFacts{Open: true}}, "", "play nl/open"},
		{"nothing is known", Facts{}, "", "play nl/closed"},
		{"what is called leads back, to where it was called from", Facts{}, "...", "play nl/closed, play nl/tell, play nl/told, play nl/menu"},
		{"and from another place back there", Facts{}, "....1..", "unwait, play nl/tell, play nl/told, play nl/bye"},
		{"what was noted is known later", Facts{Repeat: RepeatFacts{Calls: 1, Callback: true}}, "....1..", "play nl/told, play nl/known"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := &caller{t: t, p: p, s: NewState(Caller{Call: "c1"}), facts: row.facts}
			c.event(Event{Kind: Begin})
			c.do(row.script)
			if got := c.tail(strings.Count(row.want, ", ") + 1); got != row.want {
				t.Errorf("got  %s\nwant %s\nall: %s", got, row.want, strings.Join(c.log, "\n     "))
			}
			if len(c.s.Stack) > 2 || p.Faults() != 0 {
				t.Errorf("%d calls deep, %d conditions could not be judged", len(c.s.Stack), p.Faults())
			}
		})
	}
}

func TestBranchesThatAreRefused(t *testing.T) {
	for _, row := range []struct {
		name string
		edit func(*Source)
		path string
		says string
	}{
		{"a condition that is none", func(s *Source) { s.Steps["route"].When.Cases[1].If = "repeat.calls >" }, "steps.route.when.cases[1].if", "it ends where a value should follow"},
		{"a fact that there is not", func(s *Source) { s.Steps["route"].When.Cases[0].If = "caller.number == '112'" }, "steps.route.when.cases[0].if", `no fact "number"`},
		{"a value that never is", func(s *Source) { s.Steps["route"].When.Cases[0].If = "health.primary == 'gone'" }, "steps.route.when.cases[0].if", "up, suspect, down"},
		{"a when without conditions", func(s *Source) { s.Steps["route"].When.Cases = nil }, "steps.route.when.cases", "there are none"},
		{"a when without an else", func(s *Source) { s.Steps["route"].When.Else = "" }, "steps.route.when.else", "is missing"},
		{"a condition that leads nowhere", func(s *Source) { s.Steps["route"].When.Cases[0].Next = "no" }, "steps.route.when.cases[0].next", `no step "no"`},
		{"hours that lead nowhere when closed", func(s *Source) { s.Steps["desk"].Hours.Closed = "" }, "steps.desk.hours.closed", "is missing"},
		{"a choice without a name", func(s *Source) { s.Steps["again"].Set.Name = "" }, "steps.again.set.name", "is no name"},
		{"a when in a circle", func(s *Source) { s.Steps["again"].Set.Next = "route" }, "steps.again", "dead end"},
		{"a branch that never ends", func(s *Source) { s.Steps["short"].Say.Next = "short" }, "steps.short", "dead end"},
		{"a call in a circle", func(s *Source) { s.Steps["told"].Say.Next = "aside" }, "steps.aside", "dead end"},
		{"a call that a key leads back to", func(s *Source) {
			s.Steps["told"] = Node{Menu: &Menu{Asking: s.Steps["menu"].Menu.Asking, Keys: map[string]string{"1": "aside", "2": "back"}}}
		}, "steps.aside.call.step", "leads back to a call"},
		{"a return without a call", func(s *Source) { s.Steps["short"].Say.Next = "back" }, "steps.back", "without a call"},
		{"six keys", func(s *Source) {
			for _, k := range "34560" {
				s.Steps["menu"].Menu.Keys[string(k)] = "bye"
			}
		}, "steps.menu.menu.keys", "7 keys are more"},
		{"a first choice that comes late", func(s *Source) { s.Steps["told"].Say.Play = slices.Repeat([]string{"told"}, 9) }, "steps.menu", "until their first choice"},
	} {
		t.Run(row.name, func(t *testing.T) {
			src := branches()
			row.edit(&src)
			p, ps := Compile(src, everything{})
			if p != nil {
				t.Error("it was compiled all the same")
			}
			if !slices.ContainsFunc(ps, func(p wissel.Problem) bool { return p.Path == row.path && strings.Contains(p.Msg, row.says) }) {
				t.Errorf("got %v\nwant %s: … %s …", ps, row.path, row.says)
			}
		})
	}
}

// Calls five deep are one too many.
func TestCallsTooDeep(t *testing.T) {
	for deep := 1; deep <= 5; deep++ {
		src := Source{Flow: "deep", Languages: []Language{{ID: "nl", Key: "1"}}, Start: "a0", Steps: map[string]Node{"end": {End: &Ending{}}, "back": {Return: &Returning{}}}}
		for i := range deep {
			next, to := "back", "back"
			if i == 0 {
				next = "end"
			}
			if i < deep-1 {
				to = "a" + string(rune('1'+i))
			}
			src.Steps["a"+string(rune('0'+i))] = Node{Call: &Calling{to, next}}
		}
		p, ps := Compile(src, everything{})
		if (p != nil) != (deep <= maxDepth) {
			t.Errorf("%d deep: %v", deep, ps)
		}
		if p != nil {
			s, effects := p.Step(NewState(Caller{}), Event{Kind: Begin}, noon)
			if !s.Over() || len(effects) != 1 || len(s.Stack) != 0 {
				t.Errorf("%d deep: %+v %v", deep, s, effects)
			}
		}
	}
}

// A call's places are gone after a change of the flow across a restart: he begins anew, and nothing breaks.
func TestReturnToAPlaceThatIsGone(t *testing.T) {
	p, _ := Compile(branches(), everything{})
	for _, stack := range [][]string{nil, {"gone"}, {"menu", "gone"}, {"aside", "aside", "aside", "aside"}} {
		s := NewState(Caller{})
		s.Step, s.Phase, s.Stack, s.Language, s.Playing = "told", Saying, stack, "nl", true
		for range 40 {
			before := s
			var effects []Effect
			s, effects = p.Step(s, Event{Kind: Played}, noon)
			if s.Waiting != 0 {
				s, effects = p.Step(s, Event{Kind: Timeout, Token: s.Waiting}, noon)
			}
			invariants(t, before, s, effects)
		}
		if !s.Over() {
			t.Errorf("%v: he is never let go: %+v", stack, s)
		}
	}
}

// Every loop is bounded: one who presses the same key for ever is let go.
func TestAListenerWithoutEnd(t *testing.T) {
	c := ring(t, mobile)
	for n := range 1000 {
		if c.s.Over() {
			t.Logf("let go after %d rounds", n)
			return
		}
		c.do("..3")
	}
	t.Errorf("he still listens, in %s", c.s.Step)
}

func TestAStateOfVersionOne(t *testing.T) {
	var s State
	if err := s.UnmarshalBinary([]byte(`{"V":1,"S":{"Caller":{"Call":"c1"},"Step":"menu","Phase":2,"Language":"nl","Waiting":3,"Tokens":3}}`)); err != nil {
		t.Fatal(err)
	}
	c := &caller{t: t, p: compiled(t), s: s}
	c.do("@2")
	if got := c.tail(1); got != "play nl/ask" {
		t.Error(got)
	}
}
