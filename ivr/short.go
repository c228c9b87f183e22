package ivr

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// What the part of a flow for crowds may take, so that as many as possible hear it.
const (
	shortMessage = 15 * time.Second // until the first choice
	shortStay    = 90 * time.Second // of one who presses nothing
	shortTries   = 3                // a menu is said once, and again twice
	shortWalk    = 8                // steps heard; after them keys mean nothing more
)

// brief checks the part of a flow that is kept short.
func (c *compiler) brief() {
	at := "steps." + c.p.short
	reached := c.reach(c.p.short, false)
	open := c.open(reached)
	for _, in := range c.p.introsFrom(c.p.short) {
		for _, l := range c.p.languages {
			if d := c.sound(l.ID, in.Before); d > shortMessage {
				c.fault(at, "in a crowd callers in language %q hear %v until their first choice; say it in at most %v", l.ID, d.Round(100*time.Millisecond), shortMessage)
			}
		}
		if !open && !c.p.offers("1", in.Step, "text") {
			c.fault("steps."+in.Step, "in a crowd key 1 is for texts; lead it to a wish of kind text")
		}
	}
	for name := range reached {
		n := c.p.steps[name]
		switch {
		case n.Record != nil, n.Dial != nil, n.Collect != nil:
			c.astray("steps."+name, "takes longer than a crowd has; the short part has a message, texts by key 1 and a goodbye")
		case n.Menu != nil && n.Menu.Tries > shortTries:
			c.fault("steps."+name+".menu.tries", "%d are more than a crowd has; a menu is said at most %d times", n.Menu.Tries, shortTries)
		}
	}
	for _, l := range c.p.languages {
		if d := c.stay(c.p.short, l.ID, map[string]time.Duration{}); d > shortStay {
			c.fault(at, "in a crowd one who presses nothing in language %q stays %v; let him go after at most %v", l.ID, d.Round(time.Second), shortStay)
		}
	}
}

// stay is how long one who presses nothing stays at the most from a step on, until he is let go or a call returns.
func (c *compiler) stay(name, lang string, known map[string]time.Duration) time.Duration {
	if d, ok := known[name]; ok {
		return d
	}
	known[name] = 0 // for a circle of steps that are not known to be one
	n := c.p.steps[name]
	d, longest := time.Duration(0), time.Duration(0)
	switch {
	case n.Say != nil:
		d = c.sound(lang, n.Say.Play)
	case n.Place != nil:
		d = c.sound(lang, n.Place.Play) + c.sound(lang, n.Place.Turn) + mostPlace
	case n.Menu != nil:
		d = c.asked(lang, n.Menu.Asking)
	case n.Collect != nil:
		d = c.asked(lang, n.Collect.Asking)
	case n.Language != nil && n.Language.Ask != "other":
		for _, l := range c.p.languages {
			d += c.asked(l.ID, n.Language.Asking)
		}
	case n.Wish != nil:
		w := n.Wish
		d = c.asked(lang, Asking{Play: slices.Concat(w.Own, w.OwnAsk, w.Ask), Silence: w.Silence, Wait: w.Wait, Tries: w.Tries})
	case n.End != nil:
		d = c.sound(lang, n.End.Play)
	}
	for _, next := range n.onward() {
		one := c.stay(next, lang, known)
		if n.Call != nil {
			longest += one // both are walked
		} else {
			longest = max(longest, one)
		}
	}
	known[name] = d + longest
	return known[name]
}

// asked is how long a question takes of one who does not answer.
func (c *compiler) asked(lang string, a Asking) time.Duration {
	return time.Duration(a.Tries)*(c.sound(lang, a.Play)+a.Wait) + time.Duration(a.Tries-1)*c.sound(lang, a.Silence)
}

// offers reports whether a key leads at once to a wish of one of the kinds: from a menu, or because the step is that wish.
func (p *Program) offers(key, step string, kinds ...string) bool {
	if m := p.steps[step].Menu; m != nil {
		step = m.Keys[key]
	}
	for range maxSilent { // past what says nothing
		switch n := p.steps[step]; {
		case n.Goto != "":
			step = n.Goto
		case n.Set != nil:
			step = n.Set.Next
		case n.When != nil: // where nothing stands in the way of it
			step = n.When.Else
		case n.Wish != nil:
			return n.Wish.Kind == "both" || slices.Contains(kinds, n.Wish.Kind)
		default:
			return false
		}
	}
	return false
}

// Paid gives what is wrong with the flow for callers who pay by the minute: they do not wait, hear the message soon, and are
// offered the callback first. have is what it was compiled against.
func (p *Program) Paid(have Catalogue) (wrong []string) {
	c := compiler{p: p, have: have}
	say := func(format string, args ...any) {
		c.fault("", format, args...)
	}
	kept := map[string]bool{} // the part for crowds is short anyway, and key 1 is for texts there
	if p.short != "" {
		kept = c.reach(p.short, false)
	}
	var uncalled []string
	for _, in := range p.Intros() {
		if kept[in.Step] {
			continue
		}
		for _, l := range p.languages {
			if d := c.sound(l.ID, in.Before); d > shortMessage {
				say("step %s: they hear %v in language %s until their first choice; say it in at most %v", in.Step, d.Round(100*time.Millisecond), l.ID, shortMessage)
			}
		}
		first := ""
		if m := p.steps[in.Step].Menu; m != nil {
			first = slices.Min(slices.Collect(maps.Keys(m.Keys)))
		}
		if !p.offers(first, in.Step, "callback", byHand) {
			uncalled = append(uncalled, in.Step)
		}
	}
	if slices.Sort(uncalled); len(uncalled) > 0 {
		say("step %s: the first key leads to no callback; offer that first", strings.Join(slices.Compact(uncalled), ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(p.steps)) {
		if d := p.steps[name].Dial; d != nil && target(d.Target).Trunk != "" {
			say("step %s: they are handed on to %s, where they may wait; call them back instead", name, d.Target)
		}
	}
	if p.back != "" {
		say("step %s: they are handed back to a platform, where they may wait; call them back instead", p.back)
	}
	for _, one := range c.problems {
		wrong = append(wrong, one.Msg)
	}
	return wrong
}
