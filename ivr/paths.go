package ivr

import (
	"maps"
	"slices"
	"time"
)

// maxSilent is the most steps that one who presses nothing walks before he is let go.
const maxSilent = 1000

// FirstChoice is how much a caller hears at the most before the first choice that is of use to him has been offered.
const FirstChoice = 20 * time.Second

// silent is the step that follows one which awaits the caller when he does nothing; empty at the others.
func (n Node) silent() string {
	switch {
	case n.Menu != nil:
		return n.Menu.After
	case n.Collect != nil:
		return n.Collect.After
	case n.Language != nil && n.Language.Ask != "other":
		return n.Language.After
	case n.Record != nil:
		return n.Record.After
	case n.Wish != nil && n.Wish.Kind != byHand:
		return n.Wish.After
	}
	return ""
}

// onward gives the steps that may follow for a caller who does nothing, in a fixed order.
func (n Node) onward() []string {
	switch {
	case n.End != nil, n.Dial != nil, n.Return != nil, n.TransferBack != nil:
		return nil
	case n.Language != nil && n.Language.Ask == "unknown": // some are asked, and some go on at once
		return []string{n.Language.After, n.Language.Next}
	case n.silent() != "" && n.Record == nil: // to speak is to press no key: its other ways end too
		return []string{n.silent()}
	}
	exits := n.exits()
	var all []string
	for _, k := range slices.Sorted(maps.Keys(exits)) {
		all = append(all, exits[k])
	}
	return all
}

// paths finds steps that nobody reaches; calls and returns that do not fit; steps from which a caller who does nothing is
// never let go: dead ends, and circles of menus, says and steps that say nothing; and a first choice that comes late.
func (c *compiler) paths() {
	reached := c.reach(c.p.start, false)
	if reached[c.p.back] {
		c.fault("steps."+c.p.back, "a step leads here; no step does, since it is heard wherever a caller is")
	}
	reached[c.p.back] = true
	ends := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(c.p.steps)) {
		switch {
		case !reached[name]:
			c.fault("steps."+name, "no step leads here; remove it or lead a way to it")
		case c.ends(name, ends) < 0:
			c.fault("steps."+name, "is a dead end: a caller who does nothing from here on goes round in a circle, and comes to no end and no dial")
		case ends[name] > maxSilent:
			c.fault("steps."+name, "leads a caller who does nothing through more than %d steps", maxSilent)
		}
	}
	if len(c.problems) == 0 {
		c.calls()
	}
	if len(c.problems) == 0 {
		c.early()
	}
	if len(c.problems) == 0 && c.p.early {
		c.unanswered()
	}
	if len(c.problems) == 0 && c.p.short != "" {
		c.brief()
	}
}

// reach gives the steps that can follow a step, itself included. Within one level of calls, what a call walks through is
// left out.
func (c *compiler) reach(from string, level bool) map[string]bool {
	reached := map[string]bool{}
	for todo := []string{from}; len(todo) > 0; {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if reached[name] {
			continue
		}
		reached[name] = true
		n := c.p.steps[name]
		if n.Call != nil && level {
			todo = append(todo, n.Call.Next)
			continue
		}
		todo = append(todo, slices.Collect(maps.Values(n.exits()))...)
	}
	return reached
}

// ends counts the steps that a caller who does nothing walks at the most, from name until he is let go or a call returns; -1
// when he goes round for ever. known holds what was counted before.
func (c *compiler) ends(name string, known map[string]int) int {
	if n, ok := known[name]; ok {
		return n
	}
	known[name] = -1 // until we are back: who comes here meanwhile goes in a circle
	n, sum := c.p.steps[name], 1
	for _, next := range n.onward() {
		one := c.ends(next, known)
		switch {
		case one < 0:
			return -1
		case n.Call != nil: // both are walked, one after the other
			sum = min(sum+one, maxSilent+1)
		default:
			sum = max(sum, min(1+one, maxSilent+1))
		}
	}
	known[name] = sum
	return sum
}

// calls finds returns without a call, and calls in a circle or too deep.
func (c *compiler) calls() {
	level := c.reach(c.p.start, true)
	depth := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(c.p.steps)) {
		n := c.p.steps[name]
		switch {
		case n.Return != nil && level[name]:
			c.fault("steps."+name, "returns, but a way leads here without a call")
		case n.Call == nil:
		case c.depth(name, depth) < 0:
			c.fault("steps."+name+".call.step", "leads back to a call that it is in; end what is called with return")
		case depth[name] > maxDepth:
			c.fault("steps."+name+".call.step", "calls go %d deep from here; they go at most %d deep", depth[name], maxDepth)
		}
	}
}

// depth is how deep calls go from a call; -1 when they come back to it.
func (c *compiler) depth(name string, known map[string]int) int {
	if d, ok := known[name]; ok {
		return d
	}
	known[name] = -1
	deepest := 1
	for inner := range c.reach(c.p.steps[name].Call.Step, true) {
		if c.p.steps[inner].Call == nil {
			continue
		}
		d := c.depth(inner, known)
		if d < 0 {
			return -1
		}
		deepest = max(deepest, d+1)
	}
	known[name] = deepest
	return deepest
}

// early checks in each language that the first choice comes soon. The choice of a language is none: what it takes counts.
func (c *compiler) early() {
	for _, l := range c.p.languages {
		s := c.speech(c.p.start, l.ID, map[string]speech{})
		if s.first > FirstChoice {
			c.fault("steps."+s.at, "callers in language %q hear %v of speech until their first choice here; say less before it: at most %v",
				l.ID, s.first.Round(100*time.Millisecond), FirstChoice)
		}
	}
}

// speech is what a caller hears at the most from a step on.
type speech struct {
	first time.Duration // to the end of the first choice, which is made in step at; "": there is none
	at    string
	out   time.Duration // to a return, without a choice; -1: none comes
}

func (c *compiler) speech(name, lang string, known map[string]speech) speech {
	if s, ok := known[name]; ok {
		return s
	}
	n, s := c.p.steps[name], speech{out: -1}
	switch {
	case n.Menu != nil:
		s.first, s.at = c.sound(lang, n.Menu.Play[:1]), name // each prompt of a menu is one choice
	case n.Collect != nil:
		s.first, s.at = c.sound(lang, n.Collect.Play), name
	case n.Record != nil:
		s.first, s.at = c.sound(lang, n.Record.Play), name
	case n.Wish != nil:
		s.at = name // it is a choice already
	case n.Return != nil:
		s.out = 0
	case n.Call != nil:
		s = c.speech(n.Call.Step, lang, known)
		if through := s.out; through >= 0 {
			s.out = -1
			s = s.or(through, c.speech(n.Call.Next, lang, known))
		}
	default:
		before := time.Duration(0)
		if n.Say != nil {
			before = c.sound(lang, n.Say.Play)
		} else if n.Place != nil {
			before = c.sound(lang, n.Place.Play) + c.sound(lang, n.Place.Turn) + mostPlace
		} else if n.silent() != "" { // the question for a language, in each
			for _, l := range c.p.languages {
				before += c.sound(l.ID, n.Language.Play)
			}
		}
		for _, next := range n.onward() {
			s = s.or(before, c.speech(next, lang, known))
		}
	}
	known[name] = s
	return s
}

// or gives the longer of s and what follows after before.
func (s speech) or(before time.Duration, next speech) speech {
	if next.at != "" && (s.at == "" || before+next.first > s.first) {
		s.first, s.at = before+next.first, next.at
	}
	if next.out >= 0 {
		s.out = max(s.out, before+next.out)
	}
	return s
}

func (c *compiler) sound(lang string, ids []string) (d time.Duration) {
	for _, id := range ids {
		d += c.have.Duration(lang, id)
	}
	return d
}
