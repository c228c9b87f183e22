package ivr

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"wissel"
)

// Outline is one step as people look at a flow.
type Outline struct {
	Step  string
	Kind  string   // "menu", as the file names it
	Plays []string // ids of the prompts that it begins with
	Exits []Exit
}

// Exit is one way on from a step.
type Exit struct {
	When string // "key 1", "no key", "crowd"
	To   string // a step; empty: Out
	Out  string // where he leaves the flow: "hangs up", a target, or "back" to where the steps were called from
}

// Outline gives the steps in the order in which they are first reached, the start first.
func (p *Program) Outline() (all []Outline) {
	seen := map[string]bool{p.start: true}
	for todo := []string{p.start}; len(todo) > 0; todo = todo[1:] {
		o := p.steps[todo[0]].outline()
		o.Step = todo[0]
		all = append(all, o)
		for _, e := range o.Exits {
			if e.To != "" && !seen[e.To] {
				seen[e.To] = true
				todo = append(todo, e.To)
			}
		}
	}
	if p.back != "" {
		o := p.steps[p.back].outline()
		o.Step = p.back
		all = append(all, o)
	}
	return all
}

// exitNames says in words what leads on, by the key in the file; the rest is named by the file's own word.
var exitNames = map[string]string{
	"after": "no key", "next": "then", "else": "otherwise", "back": "key *", "step": "first", "open": "open", "closed": "closed", "goto": "then",
}

func (n Node) outline() (o Outline) {
	exits := n.exits()
	for _, key := range slices.Sorted(maps.Keys(exits)) {
		kind, rest, _ := strings.Cut(key, ".")
		o.Kind = kind
		name := exitNames[key[strings.LastIndexByte(key, '.')+1:]]
		switch {
		case strings.HasPrefix(rest, "keys."):
			name = "key " + strings.TrimPrefix(rest, "keys.")
		case n.When != nil && rest != "else":
			name = n.condition(rest)
		case n.Record != nil && rest == "after":
			name = "nothing said"
		case (n.Wish != nil || n.Record != nil) && rest == "else":
			name = "it failed"
		}
		o.Exits = append(o.Exits, Exit{When: name, To: exits[key]})
	}
	lists := n.prompts()
	for _, key := range slices.Sorted(maps.Keys(lists)) {
		kind, rest, _ := strings.Cut(key, ".")
		o.Kind = kind
		if rest == "play" {
			o.Plays = lists[key]
		}
	}
	switch {
	case n.Wish != nil:
		o.Kind = "wish: " + n.Wish.Kind
	case n.Set != nil:
		o.Kind = fmt.Sprintf("set %s=%s", n.Set.Name, n.Set.Value)
	case n.Return != nil:
		o.Kind, o.Exits = "return", []Exit{{When: "then", Out: "back"}}
	case n.Dial != nil:
		o.Exits = []Exit{{When: "then", Out: target(n.Dial.Target).String()}}
	case n.TransferBack != nil:
		o.Exits = []Exit{{When: "key 1", Out: "a colleague"}, {When: "no key", Out: "back to where he was"}}
	case n.End != nil:
		o.Exits = []Exit{{When: "then", Out: "hangs up"}}
	}
	slices.SortStableFunc(o.Exits, func(a, b Exit) int { return rank(a.When) - rank(b.When) })
	return o
}

// condition gives the text of the condition that an exit ("cases[2].next") hangs on.
func (n Node) condition(exit string) string {
	for i, c := range n.When.Cases {
		if exit == fmt.Sprintf("cases[%d].next", i) {
			return c.If
		}
	}
	return exit
}

// rank puts what the caller does before what happens when he does nothing.
func rank(when string) int {
	switch when {
	case "no key", "nothing said", "otherwise":
		return 1
	case "it failed":
		return 2
	}
	return 0
}

// CallerIn gives a caller for a rehearsal of whom only the language is asked for: one whose number begins as those of its callers do.
func (p *Program) CallerIn(lang string) (wissel.Number, bool) {
	for _, l := range p.languages {
		if l.ID == lang && len(l.Prefixes) > 0 {
			return wissel.Number(l.Prefixes[0] + "612345678"), true
		}
	}
	return "", false
}
