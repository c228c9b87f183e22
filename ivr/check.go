package ivr

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"wissel"
	"wissel/internal/condition"
	"wissel/internal/nearest"
)

// mostChoices is how many keys a menu may offer.
const mostChoices = 5

// prompts gives the node's lists of prompts by their key.
func (n Node) prompts() map[string][]string {
	switch {
	case n.Say != nil:
		return map[string][]string{"say.play": n.Say.Play}
	case n.Place != nil:
		return map[string][]string{"place.play": n.Place.Play, "place.turn": n.Place.Turn}
	case n.Menu != nil:
		return n.Menu.lists("menu")
	case n.Collect != nil:
		return n.Collect.lists("collect")
	case n.Language != nil:
		return n.Language.lists("language")
	case n.Record != nil:
		r := n.Record
		return map[string][]string{"record.play": r.Play, "record.silence": r.Silence, "record.review": r.Review, "record.wrong": r.Wrong, "record.failed": r.Failed}
	case n.Wish != nil && n.Wish.Kind == byHand:
		return map[string][]string{"wish.saving": n.Wish.Saving, "wish.done": n.Wish.Done, "wish.failed": n.Wish.Failed}
	case n.Wish != nil:
		w := n.Wish
		return map[string][]string{
			"wish.own": w.Own, "wish.own-ask": w.OwnAsk, "wish.hidden": w.Hidden, "wish.hidden-ask": w.HidAsk, "wish.ask": w.Ask, "wish.invalid": w.Invalid, "wish.readback": w.Readback,
			"wish.confirm": w.Confirm, "wish.wrong": w.Wrong, "wish.silence": w.Silence, "wish.saving": w.Saving, "wish.done": w.Done, "wish.failed": w.Failed,
			"wish.refused": w.Refused,
		}
	case n.Dial != nil:
		return map[string][]string{"dial.play": n.Dial.Play}
	case n.TransferBack != nil:
		return map[string][]string{"transfer-back.play": n.TransferBack.Play, "transfer-back.failed": n.TransferBack.Failed}
	case n.End != nil:
		return map[string][]string{"end.play": n.End.Play}
	}
	return nil
}

func (a Asking) lists(at string) map[string][]string {
	return map[string][]string{at + ".play": a.Play, at + ".wrong": a.Wrong, at + ".silence": a.Silence}
}

// exits gives the steps that follow the node, by key.
func (n Node) exits() map[string]string {
	switch {
	case n.Say != nil:
		return map[string]string{"say.next": n.Say.Next}
	case n.Place != nil:
		return map[string]string{"place.next": n.Place.Next}
	case n.Menu != nil:
		all := map[string]string{"menu.after": n.Menu.After}
		for k, to := range n.Menu.Keys {
			all["menu.keys."+k] = to
		}
		return all
	case n.Collect != nil:
		return map[string]string{"collect.next": n.Collect.Next, "collect.after": n.Collect.After}
	case n.Language != nil:
		if n.Language.Ask == "other" {
			return map[string]string{"language.next": n.Language.Next}
		}
		return map[string]string{"language.next": n.Language.Next, "language.after": n.Language.After}
	case n.Record != nil:
		r := n.Record
		return map[string]string{"record.next": r.Next, "record.after": r.After, "record.else": r.Else}
	case n.Wish != nil && n.Wish.Kind == byHand:
		return map[string]string{"wish.next": n.Wish.Next, "wish.else": n.Wish.Else, "wish.after": n.Wish.After}
	case n.Wish != nil:
		w := n.Wish
		return map[string]string{"wish.next": w.Next, "wish.else": w.Else, "wish.back": w.Back, "wish.after": w.After}
	case n.Goto != "":
		return map[string]string{"goto": n.Goto}
	case n.When != nil:
		all := map[string]string{"when.else": n.When.Else}
		for i, one := range n.When.Cases {
			all[fmt.Sprintf("when.cases[%d].next", i)] = one.Next
		}
		return all
	case n.Hours != nil:
		return map[string]string{"hours.open": n.Hours.Open, "hours.closed": n.Hours.Closed}
	case n.Set != nil:
		return map[string]string{"set.next": n.Set.Next}
	case n.Call != nil:
		return map[string]string{"call.step": n.Call.Step, "call.next": n.Call.Next}
	}
	return nil
}

func (n Node) kinds() int {
	count := 0
	for _, set := range []bool{
		n.Say != nil, n.Menu != nil, n.Collect != nil, n.Language != nil, n.When != nil, n.Hours != nil, n.Set != nil, n.Call != nil, n.Return != nil,
		n.Record != nil, n.Place != nil, n.Wish != nil, n.Goto != "", n.Dial != nil, n.End != nil, n.TransferBack != nil,
	} {
		if set {
			count++
		}
	}
	return count
}

const kindNames = "say, menu, collect, language, when, hours, set, call, return, record, place, wish, goto, dial, transfer-back, end"

// mayBeEmpty are the lists that need not say anything.
var mayBeEmpty = map[string]bool{"end.play": true, "dial.play": true, "record.review": true, "wish.hidden": true, "wish.hidden-ask": true, "wish.refused": true}

func (c *compiler) step(at string, n Node) {
	if n.kinds() != 1 {
		c.fault(at, "this is %d steps in one; give exactly one of %s", n.kinds(), kindNames)
		return
	}
	vague := c.lost(at+".language.ask") || c.lost(at+".wish.kind") // which keys it has is not known
	lists := n.prompts()
	for _, k := range slices.Sorted(maps.Keys(lists)) {
		if n.Language != nil && n.Language.Ask == "other" {
			continue // asks nothing
		}
		c.checkPrompts(at+"."+k, lists[k], vague || mayBeEmpty[k] || k == "record.wrong" && len(n.Record.Review) == 0)
	}
	exits := n.exits()
	for _, k := range slices.Sorted(maps.Keys(exits)) {
		if exits[k] != "" || !vague {
			c.reference(at+"."+k, exits[k])
		}
	}
	switch {
	case n.Menu != nil:
		c.asking(at+".menu", n.Menu.Asking)
		if len(n.Menu.Keys) == 0 {
			c.fault(at+".menu.keys", "there are none; a menu needs at least one key")
		}
		for _, k := range slices.Sorted(maps.Keys(n.Menu.Keys)) {
			if !key(k) {
				c.fault(at+".menu.keys."+k, "%q is no key; use one of 0 to 9, * and #", k)
			}
		}
		if len(n.Menu.Keys) > mostChoices {
			c.fault(at+".menu.keys", "%d keys are more than a caller keeps in mind; offer at most %d, and the rest in a menu behind one", len(n.Menu.Keys), mostChoices)
		}
	case n.Collect != nil:
		c.checkCollect(at+".collect", n.Collect)
	case n.Language != nil:
		c.checkChoose(at+".language", n.Language)
	case n.When != nil:
		c.checkWhen(at+".when", n.When)
	case n.Set != nil:
		c.name(at+".set.name", n.Set.Name)
		c.name(at+".set.value", n.Set.Value)
	case n.Record != nil:
		c.checkRecord(at+".record", n.Record)
	case n.Wish != nil:
		c.checkWish(at+".wish", n.Wish)
	case n.TransferBack != nil:
		c.within(at+".transfer-back.wait", n.TransferBack.Wait, time.Second, 30*time.Second)
		if c.p.back != "" {
			c.fault(at, "there is a transfer-back already, %s; a flow has one, which is heard wherever a caller is", c.p.back)
		}
		c.p.back = strings.TrimPrefix(at, "steps.")
	case n.Dial != nil:
		if n.Dial.Target == "" || n.Dial.Target == "flow:" {
			c.fault(at+".dial.target", "is empty; name a trunk, or a flow as flow:name")
		}
	}
}

// checkWhen types the conditions, and keeps them.
func (c *compiler) checkWhen(at string, w *When) {
	if len(w.Cases) == 0 {
		c.fault(at+".cases", "there are none; write {if: a condition, next: a step}, or a goto in place of the when")
	}
	step := strings.TrimSuffix(strings.TrimPrefix(at, "steps."), ".when")
	for i, one := range w.Cases {
		cond, err := condition.Compile(one.If, Facts{})
		var fault *condition.Fault
		if path := fmt.Sprintf("%s.cases[%d].if", at, i); errors.As(err, &fault) && !c.lost(path) {
			c.problems = append(c.problems, wissel.Problem{Path: path, Msg: fault.Msg, Offset: fault.Offset})
		}
		c.p.conditions[step] = append(c.p.conditions[step], cond)
	}
}

func (c *compiler) checkCollect(at string, k *Collect) {
	c.asking(at, k.Asking)
	c.name(at+".as", k.As)
	c.within(at+".pause", k.Pause, time.Second, 30*time.Second)
	if k.Min < 1 || k.Max > maxKeys || k.Min > k.Max {
		c.fault(at, "min %d and max %d must be 1 to %d, and min at most max", k.Min, k.Max, maxKeys)
	}
}

func (c *compiler) checkChoose(at string, l *Choose) {
	switch l.Ask {
	case "unknown", "always":
		c.asking(at, l.Asking)
	case "other":
		if len(c.p.languages) < 2 && !c.lost("languages") {
			c.fault(at+".ask", "there is no other language; the flow has %d", len(c.p.languages))
		}
	default:
		c.fault(at+".ask", "%q is none of unknown, always, other", l.Ask)
	}
}

func (c *compiler) checkRecord(at string, r *Recording) {
	c.within(at+".longest", r.Longest, 10*time.Second, 2*time.Minute)
	c.within(at+".quiet", r.Quiet, 2*time.Second, 15*time.Second)
	c.within(at+".least", r.Least, 500*time.Millisecond, 10*time.Second)
	c.within(at+".wait", r.Wait, time.Second, 60*time.Second)
	c.tries(at+".tries", r.Tries)
}

func (c *compiler) checkWish(at string, w *WishStep) {
	if !slices.Contains([]string{"text", "callback", "both", byHand}, w.Kind) {
		c.fault(at+".kind", "%q is none of text, callback, both, %s", w.Kind, byHand)
	}
	switch hidden := len(w.Hidden) > 0; {
	case c.lost(at + ".hidden-ask"), c.lost(at + ".kind"):
	case hidden != (len(w.HidAsk) > 0):
		c.fault(at+".hidden", "hidden and hidden-ask go together: one is said before the last digits of a hidden number, and one after them")
	case hidden && (w.Kind == "text" || w.Kind == "both"):
		c.fault(at+".hidden", "a hidden number is offered for a callback alone: it is never sent a text")
	}
	c.within(at+".wait", w.Wait, time.Second, 60*time.Second)
	c.within(at+".pause", w.Pause, time.Second, 30*time.Second)
	c.within(at+".patience", w.Patience, time.Second, 30*time.Second)
	c.tries(at+".tries", w.Tries)
}

func (c *compiler) asking(at string, a Asking) {
	c.within(at+".wait", a.Wait, time.Second, 60*time.Second)
	c.tries(at+".tries", a.Tries)
}

func (c *compiler) tries(path string, n int) {
	if n < 1 || n > 9 {
		c.fault(path, "%d is outside 1 to 9", n)
	}
}

func (c *compiler) within(path string, d, low, high time.Duration) {
	if d < low || d > high {
		c.fault(path, "%v is outside %v to %v", d, low, high)
	}
}

func (c *compiler) reference(path, step string) {
	if step == "" {
		c.fault(path, "is missing; name the step that follows")
	} else if _, ok := c.p.steps[step]; !ok && !c.lost("steps") {
		c.fault(path, "there is no step %q%s", step, nearest.Suggest(step, slices.Sorted(maps.Keys(c.p.steps))))
	}
}

func (c *compiler) checkPrompts(path string, ids []string, optional bool) {
	if len(ids) == 0 && !optional {
		c.fault(path, "is missing; name at least one prompt, so that nobody hears silence")
	}
	for i, id := range ids {
		var without []string
		for _, l := range c.p.languages {
			if nameForm.MatchString(l.ID) && (c.have == nil || !c.have.Has(l.ID, id)) {
				without = append(without, strconv.Quote(l.ID))
			}
		}
		if len(without) > 0 {
			c.fault(fmt.Sprintf("%s[%d]", path, i), "prompt %q is not there in language %s", id, strings.Join(without, " and "))
		}
	}
}
