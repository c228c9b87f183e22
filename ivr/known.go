package ivr

import (
	"fmt"
	"maps"
	"slices"

	"wissel"
)

// Untold gives where callers who have pressed no key go by what is known of the number they ring from, or hear their place: whoever
// listens learns of it that somebody called, or asked for something, from a telephone that may be many people's. Such a flow works, so
// these are warnings, by key path within its file.
func (p *Program) Untold() (all []wissel.Problem) {
	reached := p.unpressed()
	for _, name := range slices.Sorted(maps.Keys(reached)) {
		at := "steps." + name
		if p.steps[name].Place != nil {
			all = append(all, wissel.Problem{Path: at, Msg: "the place of a callback is said to one who has pressed no key yet; lead here by a key, since his number may be many people's"})
		}
		for i, c := range p.conditions[name] {
			for _, fact := range []string{"repeat", "place"} {
				if c.Uses(fact) {
					all = append(all, wissel.Problem{Path: fmt.Sprintf("%s.when.cases[%d].if", at, i), Msg: fmt.Sprintf(
						"goes by %s of one who has pressed no key yet: what he hears then tells who called from a number that may be many people's; offer a key to all, and ask this behind it", fact)})
				}
			}
		}
	}
	return all
}

// unpressed gives the steps that one who presses no key can come to.
func (p *Program) unpressed() map[string]bool {
	reached, back := map[string]bool{}, map[string]bool{}
	p.silently(p.start, reached, back)
	if p.short != "" {
		p.silently(p.short, reached, back)
	}
	return reached
}

// silently adds the steps that follow from one on without a key, and reports whether a return is among them. What is called adds its
// own steps; what comes behind the call follows where that returns. back holds what is known of calls.
func (p *Program) silently(from string, all, back map[string]bool) (returns bool) {
	level := map[string]bool{}
	for todo := []string{from}; len(todo) > 0; {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if level[name] {
			continue
		}
		level[name], all[name] = true, true
		n := p.steps[name]
		if n.Call == nil {
			returns = returns || n.Return != nil
			todo = append(todo, n.onward()...)
			continue
		}
		comes, known := back[n.Call.Step]
		if !known {
			comes = p.silently(n.Call.Step, all, back)
			back[n.Call.Step] = comes
		}
		if comes {
			todo = append(todo, n.Call.Next)
		}
	}
	return returns
}
