package ivr

import (
	"strings"
	"testing"

	"wissel"
	"wissel/internal/condition"
)

// What is known of a number may be asked behind a key alone: neither at once, nor after one has waited, spoken, or come back from a
// call without a key.
func TestWhatIsKnownBeforeAnyKey(t *testing.T) {
	ask := Asking{Play: []string{"menu"}, Wrong: []string{"wrong"}, Silence: []string{"silent"}, After: "bye"}
	for _, row := range []struct {
		name string
		edit func(map[string]Node)
		want string // paths
	}{
		{"behind a key", func(map[string]Node) {}, ""},
		{"at once", func(s map[string]Node) { s["hello"].Say.Next = "known" }, "steps.known.when.cases[1].if steps.known.when.cases[2].if"},
		{"his place, at once", func(s map[string]Node) { s["hello"].Say.Next = "place" }, "steps.place"},
		{"one who waits", func(s map[string]Node) { s["menu"].Menu.After = "place" }, "steps.place"},
		{"one who speaks", func(s map[string]Node) { s["record"].Record.Next = "place" }, "steps.place"},
		{"by a language that is chosen for him", func(s map[string]Node) {
			s["hello"].Say.Next = "tongue"
			s["tongue"] = Node{Language: &Choose{Ask: "unknown", Asking: ask, Next: "known"}}
		}, "steps.known.when.cases[1].if steps.known.when.cases[2].if"},
		{"by a language that all are asked for", func(s map[string]Node) {
			s["hello"].Say.Next = "tongue"
			s["tongue"] = Node{Language: &Choose{Ask: "always", Asking: ask, Next: "known"}}
		}, ""},
		{"behind a call that comes back", func(s map[string]Node) {
			s["hello"].Say.Next = "call"
			s["call"] = Node{Call: &Calling{"aside", "place"}}
			s["aside"] = Node{Say: &Say{Play: []string{"a"}, Next: "back"}}
			s["back"] = Node{Return: &Returning{}}
		}, "steps.place"},
		{"behind a call that comes back by a key alone", func(s map[string]Node) {
			s["hello"].Say.Next = "call"
			s["call"] = Node{Call: &Calling{"aside", "place"}}
			s["aside"] = Node{Menu: &Menu{Asking: ask, Keys: map[string]string{"1": "back"}}}
			s["back"] = Node{Return: &Returning{}}
		}, ""},
		{"within a call", func(s map[string]Node) {
			s["hello"].Say.Next = "call"
			s["call"] = Node{Call: &Calling{"known", "menu"}}
		}, "steps.known.when.cases[1].if steps.known.when.cases[2].if"},
		{"a wish, which takes a key", func(s map[string]Node) {
			s["hello"].Say.Next = "wish"
			s["wish"] = Node{Wish: &WishStep{Kind: "callback", Next: "place", Else: "place", Back: "menu", After: "menu"}}
		}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			steps := map[string]Node{
				"hello":  {Say: &Say{Play: []string{"hello"}, Next: "menu"}},
				"menu":   {Menu: &Menu{Asking: ask, Keys: map[string]string{"4": "known", "2": "place", "3": "record"}}},
				"record": {Record: &Recording{Play: []string{"speak"}, Next: "bye", After: "bye", Else: "bye"}},
				"known":  {When: &When{Cases: []Case{{"hours.open", "bye"}, {"crowd or not repeat.text", "bye"}, {"place.number in [1, 2]", "bye"}}, Else: "bye"}},
				"place":  {Place: &Placing{Play: []string{"place"}, Turn: []string{"turn"}, Next: "bye"}},
				"bye":    {End: &Ending{Play: []string{"bye"}}},
			}
			steps["menu"].Menu.After = "record"
			row.edit(steps)
			c := compiler{p: &Program{start: "hello", steps: steps, conditions: map[string][]condition.Condition{}}}
			for name, n := range steps {
				if n.When != nil {
					c.checkWhen("steps."+name+".when", n.When)
				}
			}
			if len(c.problems) > 0 {
				t.Fatal(wissel.Problems(c.problems))
			}
			var got []string
			for _, one := range c.p.Untold() {
				got = append(got, one.Path)
			}
			if strings.Join(got, " ") != row.want {
				t.Errorf("got  %v\nwant %s", got, row.want)
			}
		})
	}
}
