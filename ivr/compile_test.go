package ivr

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wissel"
)

// lacks has every prompt but one, in one language.
type lacks struct{ lang, id string }

func (l lacks) Has(lang, id string) bool              { return l.lang != lang || l.id != id }
func (l lacks) Duration(string, string) time.Duration { return 0 }

func TestFlowsThatAreRefused(t *testing.T) {
	end := Node{End: &Ending{}}
	for _, row := range []struct {
		name string
		edit func(*Source)
		path string
		says string
	}{
		{"no name", func(s *Source) { s.Flow = "" }, "flow", "is no name"},
		{"no languages", func(s *Source) { s.Languages = nil }, "languages", "there are none"},
		{"two languages on one key", func(s *Source) { s.Languages[1].Key = "1" }, "languages[1]", "there already"},
		{"a language on no key", func(s *Source) { s.Languages[0].Key = "12" }, "languages[0].key", "is no key"},
		{"a prefix without a plus", func(s *Source) { s.Languages[0].Prefixes[0] = "31" }, "languages[0].prefixes[0]", "is no prefix"},
		{"a prefix of two languages", func(s *Source) { s.Languages[1].Prefixes[0] = "+31" }, "languages[1].prefixes[0]", "already belongs"},
		{"no steps", func(s *Source) { s.Steps = nil }, "steps", "there are none"},
		{"start that is no step", func(s *Source) { s.Start = "nowhere" }, "start", `no step "nowhere"`},
		{"a step with capitals", func(s *Source) { s.Steps["Menu"] = end }, "steps.Menu", "is no name"},
		{"an empty step", func(s *Source) { s.Steps["menu"] = Node{} }, "steps.menu", "0 steps in one"},
		{"two steps in one", func(s *Source) { s.Steps["bye"] = Node{End: &Ending{}, Goto: "menu"} }, "steps.bye", "2 steps in one"},
		{"a say that says nothing", func(s *Source) { s.Steps["message"].Say.Play = nil }, "steps.message.say.play", "hears silence"},
		{"a say that leads nowhere", func(s *Source) { s.Steps["message"].Say.Next = "" }, "steps.message.say.next", "is missing"},
		{"a menu without a wrong-key path", func(s *Source) { s.Steps["menu"].Menu.Wrong = nil }, "steps.menu.menu.wrong", "is missing"},
		{"a menu without words for silence", func(s *Source) { s.Steps["menu"].Menu.Silence = nil }, "steps.menu.menu.silence", "is missing"},
		{"a menu without a way out", func(s *Source) { s.Steps["menu"].Menu.After = "" }, "steps.menu.menu.after", "is missing"},
		{"a menu with a key that is none", func(s *Source) { s.Steps["menu"].Menu.Keys["10"] = "bye" }, "steps.menu.menu.keys.10", "is no key"},
		{"a key that leads nowhere", func(s *Source) { s.Steps["menu"].Menu.Keys["1"] = "nope" }, "steps.menu.menu.keys.1", `no step "nope"`},
		{"a menu without keys", func(s *Source) { s.Steps["more"].Menu.Keys = nil }, "steps.more.menu.keys", "there are none"},
		{"a menu that hardly waits", func(s *Source) { s.Steps["menu"].Menu.Wait = time.Millisecond }, "steps.menu.menu.wait", "outside 1s to 1m"},
		{"a menu that asks for ever", func(s *Source) { s.Steps["menu"].Menu.Tries = 100 }, "steps.menu.menu.tries", "outside 1 to 9"},
		{"a menu that silence leads back to", func(s *Source) { s.Steps["menu"].Menu.After = "message" }, "steps.menu", "dead end"},
		{"gotos in a circle", func(s *Source) { s.Steps["again"] = Node{Goto: "again"} }, "steps.again", "dead end"},
		{"a circle for those whose language is known", func(s *Source) { s.Steps["language"].Language.Next = "language" }, "steps.language", "dead end"},
		{"a step nobody reaches", func(s *Source) { s.Steps["attic"] = end }, "steps.attic", "no step leads here"},
		{"a way of asking that is none", func(s *Source) { s.Steps["language"].Language.Ask = "sometimes" }, "steps.language.language.ask", "none of"},
		{"the other of one language", func(s *Source) { s.Languages = s.Languages[:1] }, "steps.other.language.ask", "no other language"},
		{"a wish of no kind", func(s *Source) { s.Steps["text"].Wish.Kind = "fax" }, "steps.text.wish.kind", "none of text, callback, both, by-hand"},
		{"a wish without words for failure", func(s *Source) { s.Steps["text"].Wish.Failed = nil }, "steps.text.wish.failed", "is missing"},
		{"a wish that leads nowhere when it fails", func(s *Source) { s.Steps["text"].Wish.Else = "" }, "steps.text.wish.else", "is missing"},
		{"a wish too patient with the store", func(s *Source) { s.Steps["text"].Wish.Patience = time.Hour }, "steps.text.wish.patience", "outside"},
		{"a collect of none", func(s *Source) { s.Steps["account"].Collect.Max = 2 }, "steps.account.collect", "min 3 and max 2"},
		{"a collect of 33", func(s *Source) { s.Steps["account"].Collect.Max = 33 }, "steps.account.collect", "max 33"},
		{"a dial to nobody", func(s *Source) { s.Steps["desk"].Dial.Target = "" }, "steps.desk.dial.target", "is empty"},
		{"a country that is none", func(s *Source) { s.Promise.Calls = []string{"NL"} }, "promise.calls[0]", "is no prefix"},
		{"a rule that is none", func(s *Source) { s.Promise.Never = []string{"*"} }, "promise.never[0]", "neither digits"},
	} {
		t.Run(row.name, func(t *testing.T) {
			src := outage()
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

// Every prompt of every step must be there in every language.
func TestMissingPrompts(t *testing.T) {
	p := compiled(t)
	for _, id := range p.Prompts() {
		for _, lang := range p.Languages() {
			_, ps := Compile(outage(), lacks{lang, id})
			if len(ps) == 0 || !strings.Contains(ps[0].Msg, `"`+id+`" is not there in language "`+lang+`"`) {
				t.Errorf("%s/%s is missing and nobody says so: %v", lang, id, ps)
			}
		}
	}
	if _, ps := Compile(outage(), nil); len(ps) == 0 {
		t.Error("a flow without a catalogue was compiled")
	}
}

func TestEveryFaultAtOnce(t *testing.T) {
	src := outage()
	src.Start, src.Languages[0].Key = "nowhere", ""
	src.Steps["menu"].Menu.After = ""
	src.Steps["text"].Wish.Kind = ""
	if _, ps := Compile(src, lacks{"nl", "menu"}); len(ps) != 5 {
		t.Errorf("%d problems: %v", len(ps), ps)
	}
}

// What could not be read may be what is missed elsewhere; what it has nothing to do with is told all the same.
func TestWhatFollowsFromWhatCouldNotBeReadIsNoFault(t *testing.T) {
	for _, row := range []struct {
		name   string
		unread string
		edit   func(*Source)
		want   string // the paths of what is told
	}{
		{"a way out that could not be read may lead to any step", "steps.rest.menu.keys.3", func(s *Source) { s.Steps["rest"].Menu.Keys["3"] = "" }, ""},
		{"so may a step of which nothing could be read", "steps.rest", func(s *Source) { s.Steps["rest"] = Node{} }, ""},
		{"a step whose way is misspelt is reached", "", func(s *Source) { s.Steps["rest"].Menu.Keys["3"] = "leagl" }, "steps.rest.menu.keys.3"},
		{"a whole that could not be read leads nobody elsewhere", "steps.legal.say.whole", func(s *Source) { s.Steps["attic"] = Node{End: &Ending{}} }, "steps.attic"},
		{"a circle is told of a step with a value that could not be read", "steps.menu.menu.wait", func(s *Source) { s.Steps["menu"].Menu.After = "message" }, "steps.menu"},
		{"a circle is told once", "", func(s *Source) { s.Steps["menu"].Menu.After = "again" }, "steps.again"},
		{"nothing is missed of a wish whose kind could not be read", "steps.text.wish.kind", func(s *Source) { s.Steps["text"] = Node{Wish: &WishStep{Next: "more"}} }, ""},
		{"languages that could not be read may be two", "languages", func(s *Source) { s.Languages = nil }, ""},
		{"a flow without steps that could be read", "steps", func(s *Source) { s.Steps = nil }, ""},
	} {
		src := outage()
		row.edit(&src)
		if row.unread != "" {
			src.Unread = map[string]bool{row.unread: true}
		}
		p, ps := Compile(src, everything{})
		var got []string
		for _, one := range ps {
			got = append(got, one.Path)
		}
		if strings.Join(got, " ") != row.want || p != nil {
			t.Errorf("%s: %v, and compiled: %v; want %q", row.name, ps, p != nil, row.want)
		}
	}
}

func TestWhatAProgramSaysOfItself(t *testing.T) {
	p := compiled(t)
	if got := p.Targets()["desk"]; got != (wissel.Target{Trunk: "reserve"}) || len(p.Targets()) != 1 {
		t.Error(p.Targets())
	}
	if target("flow:storing") != (wissel.Target{Flow: "storing"}) || p.ID() != "outage" {
		t.Error("targets or id")
	}
}
