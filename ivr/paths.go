package ivr

import (
	"maps"
	"slices"
	"strings"
	"time"

	"wissel/internal/nearest"
)

// maxSilent is the most steps that one who presses nothing walks before he is let go.
const maxSilent = 1000

// FirstChoice is how much a caller hears at the most before the first choice that is of use to him has been offered.
const FirstChoice = 20 * time.Second

// silent is the step that follows one which awaits the caller when he does nothing; awaits is false at the others.
func (n Node) silent() (step string, awaits bool) {
	switch {
	case n.Menu != nil:
		return n.Menu.After, true
	case n.Collect != nil:
		return n.Collect.After, true
	case n.Language != nil && n.Language.Ask != "other":
		return n.Language.After, true
	case n.Record != nil:
		return n.Record.After, true
	case n.Wish != nil && n.Wish.Kind != byHand:
		return n.Wish.After, true
	}
	return "", false
}

// onward gives the steps that may follow for a caller who does nothing, in a fixed order.
func (n Node) onward() []string {
	silent, awaits := n.silent()
	switch {
	case n.End != nil, n.Dial != nil, n.Return != nil, n.TransferBack != nil:
		return nil
	case n.Language != nil && n.Language.Ask == "unknown": // some are asked, and some go on at once
		return []string{n.Language.After, n.Language.Next}
	case awaits && n.Record == nil: // to speak is to press no key: its other ways end too
		return []string{silent}
	}
	exits := n.exits()
	var all []string
	for _, k := range slices.Sorted(maps.Keys(exits)) {
		all = append(all, exits[k])
	}
	return all
}

// paths finds steps that nobody reaches; calls and returns that do not fit; steps from which a caller who does nothing is
// never let go: dead ends, and circles of menus, says and steps that say nothing; and a first choice that comes late. A way that
// could not be read, or leads to no step, may lead anywhere.
func (c *compiler) paths() {
	before := len(c.problems)
	reached := c.reach(c.p.start, false)
	if c.p.back != "" && reached[c.p.back] {
		c.astray("steps."+c.p.back, "a step leads here; no step does, since it is heard wherever a caller is")
	}
	reached[c.p.back] = true
	open := c.to(c.p.start) == "" || c.open(reached)
	ends := map[string]int{}
	var circles []string // by their first step
	for _, name := range slices.Sorted(maps.Keys(c.p.steps)) {
		switch {
		case !reached[name] && !open:
			c.astray("steps."+name, "no step leads here; remove it or lead a way to it")
		case c.ends(name, ends) < 0:
			if round := c.circle(name, ends); !slices.Contains(circles, round[0]) {
				circles = append(circles, round[0])
				c.astray("steps."+round[0], "is a dead end: a caller who does nothing goes round for ever, by %s, and comes to no end and no dial", strings.Join(append(round, round[0]), ", "))
			}
		case ends[name] > maxSilent:
			c.astray("steps."+name, "leads a caller who does nothing through more than %d steps", maxSilent)
		}
	}
	if len(c.problems) == before {
		c.calls()
	}
	if len(c.problems) > before {
		return // what follows goes where callers go, and would go round
	}
	c.early()
	if c.p.early {
		c.unanswered()
	}
	if _, there := c.p.steps[c.p.short]; there {
		c.brief()
	}
}

// mostMeant is of how many names that are no step's it is asked which was meant.
const mostMeant = 200

// to gives the step that an exit leads to: the one of that name, or the one that was probably meant; empty: that is not known.
func (c *compiler) to(step string) string {
	if _, ok := c.p.steps[step]; ok || step == "" {
		return step
	}
	if _, asked := c.meant[step]; !asked && len(c.meant) < mostMeant {
		if one, near := nearest.Of(step, slices.Sorted(maps.Keys(c.p.steps))); near {
			c.meant[step] = one
		} else {
			c.meant[step] = ""
		}
	}
	return c.meant[step]
}

// open reports whether one of the steps that are reached may lead to others than it is known to.
func (c *compiler) open(reached map[string]bool) bool {
	if c.lost("steps") {
		return true
	}
	for name := range reached {
		if n, ok := c.p.steps[name]; ok && c.vague("steps."+name, n) {
			return true
		}
	}
	return false
}

// vague reports whether it is not known what a step is, or where a way out of it leads.
func (c *compiler) vague(at string, n Node) bool {
	if n.kinds() != 1 || c.lost(at) {
		return true
	}
	exits := n.exits()
	for _, to := range exits {
		if c.to(to) == "" {
			return true
		}
	}
	for _, part := range c.unreadIn(at) {
		path, _, _ := strings.Cut(part[1:], "[") // behind a [ stands what is one of several
		_, exit := exits[path]
		_, key, inside := strings.Cut(path, ".")
		if exit || !inside || key == "keys" || key == "ask" || key == "kind" || key == "cases" && !strings.HasSuffix(part, ".if") {
			return true
		}
	}
	return false
}

// reach gives the steps that can follow a step, itself included. Within one level of calls, what a call walks through is
// left out.
func (c *compiler) reach(from string, level bool) map[string]bool {
	reached := map[string]bool{}
	for todo := []string{from}; len(todo) > 0; {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if name = c.to(name); reached[name] {
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
	n, sum := c.p.steps[name], 1
	if n.kinds() != 1 || c.lost("steps."+name) {
		return 1 // it may end there
	}
	known[name] = -1 // until we are back: who comes here meanwhile goes in a circle
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

// circle gives the steps of the circle that a step leads into, as known from ends, the first by its name in front.
func (c *compiler) circle(name string, ends map[string]int) []string {
	var walked []string
	for !slices.Contains(walked, name) {
		walked = append(walked, name)
		onward := c.p.steps[name].onward()
		name = onward[slices.IndexFunc(onward, func(next string) bool { return ends[next] < 0 })]
	}
	round := walked[slices.Index(walked, name):]
	first := slices.Index(round, slices.Min(round))
	return slices.Concat(round[first:], round[:first])
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
	known[name] = s // for a circle of steps that are not known to be one
	switch {
	case n.Menu != nil:
		s.first, s.at = c.sound(lang, n.Menu.Play[:min(1, len(n.Menu.Play))]), name // each prompt of a menu is one choice
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
		} else if _, asks := n.silent(); asks { // the question for a language, in each
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
	if c.have == nil {
		return 0
	}
	for _, id := range ids {
		d += c.have.Duration(lang, id)
	}
	return d
}
