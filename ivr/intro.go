package ivr

import (
	"maps"
	"slices"
)

// mostIntros are looked at; a flow with more ways to its first choice is judged by these.
const mostIntros = 200

// Intro is one way from a flow's start to the first choice.
type Intro struct {
	Step   string   // where the choice is, or where the caller is let go without one
	Before []string // prompts that he hears until then; the question for a language is left out
	Choice []string // prompts that offer it
}

// Intros gives the ways from the start to the first choice, as callers who press nothing walk them.
func (p *Program) Intros() []Intro {
	return p.introsFrom(p.start)
}

func (p *Program) introsFrom(step string) []Intro {
	w := introducer{p: p, walking: map[string]bool{}}
	w.walk(step, nil, nil)
	return w.all
}

type introducer struct {
	p       *Program
	walking map[string]bool
	all     []Intro
}

func (w *introducer) walk(name string, before, calls []string) {
	n := w.p.steps[name]
	if w.walking[name] || len(w.all) >= mostIntros {
		return
	}
	w.walking[name] = true
	defer delete(w.walking, name)
	choice := []string(nil)
	switch {
	case n.Menu != nil:
		choice = n.Menu.Play
	case n.Collect != nil:
		choice = n.Collect.Play
	case n.Record != nil:
		choice = n.Record.Play
	case n.Wish != nil:
		choice = slices.Concat(n.Wish.Own, n.Wish.OwnAsk, n.Wish.Ask)
	case n.Dial != nil:
		choice = n.Dial.Play
	case n.End != nil:
		choice = n.End.Play
	case n.Call != nil:
		w.walk(n.Call.Step, before, append(slices.Clip(calls), n.Call.Next))
		return
	case n.Return != nil:
		if last := len(calls) - 1; last >= 0 {
			w.walk(calls[last], before, calls[:last])
		}
		return
	default:
		if n.Say != nil {
			before = slices.Concat(before, n.Say.Play)
		}
		for _, next := range n.onward() {
			w.walk(next, before, calls)
		}
		return
	}
	o := Intro{Step: name, Before: before, Choice: choice}
	if !slices.ContainsFunc(w.all, func(other Intro) bool {
		return other.Step == o.Step && slices.Equal(other.Before, o.Before)
	}) {
		w.all = append(w.all, o)
	}
}

// Said is what a flow plays in one go.
type Said struct {
	Path    string // in the flow's file: "steps.menu.menu.play"
	Prompts []string
}

// Says gives all that the flow plays, in the order of the paths.
func (p *Program) Says() (all []Said) {
	for _, name := range slices.Sorted(maps.Keys(p.steps)) {
		lists := p.steps[name].prompts()
		for _, key := range slices.Sorted(maps.Keys(lists)) {
			if len(lists[key]) > 0 {
				all = append(all, Said{"steps." + name + "." + key, lists[key]})
			}
		}
	}
	return all
}
