package ivr

import (
	"strings"
	"testing"

	"wissel"
)

func withBack() Source {
	src := outage()
	src.Steps["back"] = Node{TransferBack: &TransferBack{Play: []string{"offer"}, Failed: []string{"sorry"}}}
	return src
}

// listens is a caller in a flow with a transfer-back, before its message.
func listens(t *testing.T) *caller {
	t.Helper()
	p, ps := Compile(withBack(), everything{})
	if len(ps) > 0 {
		t.Fatal(wissel.Problems(ps))
	}
	c := &caller{t: t, p: p.With(plan{own: ours}), s: NewState(Caller{Call: "c1", From: mobile, Rung: ours, Group: "support", Flow: "outage"})}
	c.event(Event{Kind: Begin})
	return c
}

// room lets the n-th return offer him a colleague from now on; busy is the event that nobody could take him.
func (c *caller) room(n int) *caller {
	c.facts = Facts{Handback: HandbackFacts{Room: true, Return: n}}
	return c
}

func (c *caller) busy() *caller {
	c.event(Event{Kind: Returned})
	return c
}

func (c *caller) keys(script string) *caller {
	c.do(script)
	return c
}

// The offer comes between two things that are said, once for each return; he goes on where he was.
func TestTransferBack(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(c *caller)
		want string // the end of what happened
	}{
		{"not while the message plays, but after it", func(c *caller) { c.room(1).keys(".") }, "play nl/offer"},
		{"he takes it", func(c *caller) { c.room(1).keys(".1") }, "stop, transfer"},
		{"he takes it once it was said", func(c *caller) { c.room(1).keys("..1") }, "wait 5s, unwait, transfer"},
		{"nobody could take him", func(c *caller) { c.room(1).keys(".1").busy().keys(".") }, "transfer, play nl/sorry, play nl/menu"},
		{"no key", func(c *caller) { c.room(1).keys("..~") }, "play nl/offer, wait 5s, play nl/menu"},
		{"a key of the menu", func(c *caller) { c.room(1).keys(".2") }, "play nl/offer, stop, play nl/own nl:0612345678 nl/own-ask"},
		{"once for a return", func(c *caller) { c.room(1).keys("..~.~") }, "wait 6s, play nl/silent nl/menu"},
		{"and again for the next", func(c *caller) { c.room(1).keys("..~.").room(2).keys("~") }, "wait 6s, play nl/offer"},
		{"in the middle of the tries of a menu, which are not forgotten", func(c *caller) { c.keys("..~.").room(1).keys("~.~.~") }, "play nl/offer, wait 5s, play nl/menu, wait 6s, play nl/bye"},
		{"not while he keys a number", func(c *caller) { c.keys(".1206").room(1).keys("~") }, "play nl/invalid nl/ask"},
		{"back from a restart while he was away", func(c *caller) { c.room(1).keys(".1@.") }, "transfer, play nl/sorry, play nl/menu"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := listens(t)
			row.do(c)
			if got := strings.Join(c.log, ", "); !strings.HasSuffix(got, row.want) {
				t.Errorf("%s\nwant it to end with %s", got, row.want)
			}
		})
	}
}

// Nobody is moved who pressed nothing, whatever comes; and one who is away hears nothing.
func TestNobodyIsMovedWhoPressedNothing(t *testing.T) {
	c := listens(t).room(1)
	for n := range 60 {
		c.room(n).keys(".~")
	}
	if log := strings.Join(c.log, ", "); strings.Contains(log, "transfer") || !c.s.Over() || c.s.Offers != mostOffers {
		t.Errorf("%s", log)
	}
	c = listens(t).room(1).keys(".1")
	before := len(c.log)
	c.keys("2.~+r")
	if len(c.log) != before || c.s.Phase != Away {
		t.Errorf("%v", c.log[before:])
	}
	if c.keys("!"); !c.s.Over() {
		t.Error("he is gone, and still there")
	}
}

func TestTransferBackIsChecked(t *testing.T) {
	for _, row := range []struct {
		name string
		edit func(*Source)
		want string
	}{
		{"a step that leads to it", func(s *Source) { s.Steps["menu"].Menu.Keys["4"] = "back" }, "steps.back: a step leads here"},
		{"two of them", func(s *Source) { s.Steps["back2"] = s.Steps["back"] }, "there is a transfer-back already, back"},
		{"a long wait", func(s *Source) { s.Steps["back"].TransferBack.Wait = 1e12 }, "steps.back.transfer-back.wait"},
		{"nothing to say", func(s *Source) { s.Steps["back"].TransferBack.Failed = nil }, "steps.back.transfer-back.failed: is missing"},
		{"a flow that is heard unanswered", func(s *Source) {
			*s = Source{Flow: "a", Answer: "early", Start: "bye", Languages: s.Languages, Steps: map[string]Node{"bye": s.Steps["bye"], "back": s.Steps["back"]}}
		}, "steps.back: needs a call that is answered"},
	} {
		src := withBack()
		row.edit(&src)
		if _, ps := Compile(src, everything{}); !strings.Contains(wissel.Problems(ps).Error(), row.want) {
			t.Errorf("%s: %v", row.name, ps)
		}
	}
	p, _ := Compile(withBack(), everything{})
	if wrong := strings.Join(p.Paid(everything{}), "; "); !strings.Contains(wrong, "step back: they are handed back to a platform") {
		t.Errorf("of a flow that callers pay for: %s", wrong)
	}
	all := p.Outline()
	if last := all[len(all)-1]; last.Step != "back" || last.Kind != "transfer-back" || len(last.Exits) != 2 {
		t.Errorf("%+v", last)
	}
}
