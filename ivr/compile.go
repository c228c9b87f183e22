package ivr

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"wissel"
	"wissel/internal/condition"
)

// Catalogue says which prompts there are; package prompts has one.
type Catalogue interface {
	Has(lang, prompt string) bool
	// Duration is how long the prompt sounds; 0 when there is no sound to measure.
	Duration(lang, prompt string) time.Duration
}

// Numbers knows telephone numbers; internal/app joins it to internal/number and to the numbers we own.
type Numbers interface {
	// Parse reads what a caller keyed ("0612345678", "0031612345678") or a Number's own text; false: it is no number.
	Parse(keyed string) (wissel.Number, wissel.Kind, bool)
	// Own reports whether the number is one of ours: to call it back would be to call ourselves.
	Own(n wissel.Number) bool
}

// Program is a flow that has been checked. It is never changed, so that all callers may share it.
type Program struct {
	id         string
	languages  []Language
	start      string
	early      bool                     // it is heard unanswered
	room       map[string]time.Duration // of an early flow, by language: how much longer it may be
	short      string                   // where the part for crowds begins; empty: there is none
	back       string                   // the transfer-back; empty: there is none
	promise    Promise
	steps      map[string]Node
	conditions map[string][]condition.Condition // of a when, by name of the step
	numbers    Numbers
}

// ID is the flow's name.
func (p *Program) ID() wissel.FlowID { return wissel.FlowID(p.id) }

// Languages are the flow's languages, the default first.
func (p *Program) Languages() []string {
	ids := make([]string, len(p.languages))
	for i, l := range p.languages {
		ids[i] = l.ID
	}
	return ids
}

// With gives the program with what knows numbers. Without it no number can be promised anything.
func (p *Program) With(n Numbers) *Program {
	next := *p
	next.numbers = n
	return &next
}

// Numbers is what With was given.
func (p *Program) Numbers() Numbers { return p.numbers }

// Targets are what the flow dials, by name of the step.
func (p *Program) Targets() map[string]wissel.Target { return targets(p.steps) }

// Targets are what the flow dials, sound or not, for package configs to check against the trunks and flows.
func (s Source) Targets() map[string]wissel.Target { return targets(s.Steps) }

func targets(steps map[string]Node) map[string]wissel.Target {
	all := map[string]wissel.Target{}
	for name, n := range steps {
		if n.Dial != nil && n.Dial.Target != "" {
			all[name] = target(n.Dial.Target)
		}
	}
	return all
}

// Prompts are the ids of all prompts the flow plays, sorted.
func (p *Program) Prompts() []string {
	all := map[string]bool{}
	for _, n := range p.steps {
		for _, ps := range n.prompts() {
			for _, id := range ps {
				all[id] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func target(s string) wissel.Target {
	if flow, ok := strings.CutPrefix(s, "flow:"); ok {
		return wissel.Target{Flow: wissel.FlowID(flow)}
	}
	return wissel.Target{Trunk: wissel.TrunkID(s)}
}

// Faults is how often a condition of the flow could not be judged, and was taken for false.
func (p *Program) Faults() (n uint64) {
	for _, all := range p.conditions {
		for _, c := range all {
			n += c.Faults()
		}
	}
	return n
}

// Compile checks a flow and makes it ready: no dead end, every step reached, every menu with its ways out, each prompt
// there in each language. It reports every problem at once, by key path within the flow's file; the Program is nil when
// there is one. What follows from another fault alone is none: a step to which the way is misspelt may be reached. src is not
// changed and not kept.
func Compile(src Source, have Catalogue) (*Program, []wissel.Problem) {
	c := compiler{have: have, unread: src.Unread, meant: map[string]string{}, p: &Program{
		id: src.Flow, start: src.Start, short: src.Short, early: src.Answer == early, promise: src.Promise.withDefaults(), languages: slices.Clone(src.Languages), steps: make(map[string]Node, len(src.Steps)),
		conditions: map[string][]condition.Condition{},
	}}
	c.name("flow", src.Flow)
	c.checkLanguages()
	c.checkPromise()
	if len(src.Steps) == 0 {
		c.fault("steps", "there are none; a flow needs at least one step that ends it")
	}
	if len(src.Steps) > 500 {
		c.fault("steps", "%d steps are more than 500", len(src.Steps))
		return nil, c.problems
	}
	for _, name := range slices.Sorted(maps.Keys(src.Steps)) {
		c.name("steps."+name, name)
		c.p.steps[name] = src.Steps[name].withDefaults()
	}
	for _, name := range slices.Sorted(maps.Keys(c.p.steps)) {
		c.step("steps."+name, c.p.steps[name])
	}
	c.reference("start", src.Start)
	if src.Answer != "" && src.Answer != "true" && src.Answer != early {
		c.fault("answer", "%q is neither true (the call is answered) nor early (heard unanswered, and not billed)", src.Answer)
	}
	if src.Short != "" {
		c.reference("short", src.Short)
	}
	c.paths()
	if len(c.problems) > 0 || len(src.Unread) > 0 {
		return nil, c.problems
	}
	return c.p, nil
}

type compiler struct {
	p        *Program
	have     Catalogue
	problems []wissel.Problem
	unread   map[string]bool   // Source.Unread
	meant    map[string]string // the step that a name probably means which is no step's
}

// fault reports what is wrong at a key path, unless what stands there, around it or in it could not be read.
func (c *compiler) fault(path, format string, args ...any) {
	if len(c.unreadIn(path)) == 0 {
		c.astray(path, format, args...)
	}
}

// astray reports what is wrong with a step's place among the others. What could not be read inside it has nothing to do with that.
func (c *compiler) astray(path, format string, args ...any) {
	if !c.lost(path) {
		c.problems = append(c.problems, wissel.Problem{Path: path, Msg: fmt.Sprintf(format, args...)})
	}
}

// lost reports whether what is written at a key path, or around it, could not be read.
func (c *compiler) lost(path string) bool {
	if len(c.unread) == 0 {
		return false
	}
	for ; path != ""; path = path[:max(0, strings.LastIndexAny(path, ".["))] {
		if c.unread[path] {
			return true
		}
	}
	return false
}

// unreadIn gives what could not be read within the value at a key path, from there on: ".say.next", "[2]".
func (c *compiler) unreadIn(path string) (parts []string) {
	for p := range c.unread {
		if rest, in := strings.CutPrefix(p, path); in && rest != "" && (rest[0] == '.' || rest[0] == '[') {
			parts = append(parts, rest)
		}
	}
	return parts
}

var (
	nameForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	prefixForm = regexp.MustCompile(`^\+[1-9][0-9]{0,14}$`)
	neverForm  = regexp.MustCompile(`^[0-9]{2,15}\*?$`)
)

func (c *compiler) name(path, name string) {
	if !nameForm.MatchString(name) {
		c.fault(path, "%q is no name; use a-z, 0-9 and -, at most 40 of them", name)
	}
}

func (c *compiler) checkLanguages() {
	if len(c.p.languages) == 0 {
		c.fault("languages", "there are none; name at least one: {id: nl, key: \"1\"}")
	}
	ids, keys, prefixes := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, l := range c.p.languages {
		at := fmt.Sprintf("languages[%d]", i)
		c.name(at+".id", l.ID)
		if !key(l.Key) {
			c.fault(at+".key", "%q is no key; use one of 0 to 9", l.Key)
		}
		if ids[l.ID] || keys[l.Key] {
			c.fault(at, "language %q or key %q is there already", l.ID, l.Key)
		}
		ids[l.ID], keys[l.Key] = true, true
		for j, p := range l.Prefixes {
			in := fmt.Sprintf("%s.prefixes[%d]", at, j)
			if !prefixForm.MatchString(p) {
				c.fault(in, "%q is no prefix; write a + and digits: \"+31\"", p)
			} else if prefixes[p] {
				c.fault(in, "%q already belongs to a language", p)
			}
			prefixes[p] = true
		}
	}
}

func (c *compiler) checkPromise() {
	pr := c.p.promise
	for key, list := range map[string][]string{"home": {pr.Home}, "texts": pr.Texts, "calls": pr.Calls} {
		for i, p := range list {
			at := "promise." + key
			if key != "home" {
				at += fmt.Sprintf("[%d]", i)
			}
			if !prefixForm.MatchString(p) {
				c.fault(at, "%q is no prefix; write a + and digits: \"+31\"", p)
			}
		}
	}
	for i, n := range pr.Never {
		if !neverForm.MatchString(n) {
			c.fault(fmt.Sprintf("promise.never[%d]", i), "%q is neither digits (\"112\") nor digits and a star (\"0900*\")", n)
		}
	}
	if pr.National < 5 || pr.National > 15 {
		c.fault("promise.national", "%d is outside 5 to 15", pr.National)
	}
	slices.SortStableFunc(c.problems, func(a, b wissel.Problem) int { return cmp.Compare(a.Path, b.Path) })
}

func (pr Promise) withDefaults() Promise {
	d := DefaultPromise()
	or := func(a, b []string) []string {
		if len(a) == 0 {
			return b
		}
		return slices.Clone(a)
	}
	return Promise{
		Home: cmp.Or(pr.Home, d.Home), National: cmp.Or(pr.National, d.National),
		Texts: or(pr.Texts, d.Texts), Calls: or(pr.Calls, d.Calls), Never: or(pr.Never, d.Never),
	}
}

// withDefaults gives a deep enough copy of the node: its lists are shared, and only read.
func (n Node) withDefaults() Node {
	if n.Menu != nil {
		m := *n.Menu
		m.Asking = m.withDefaults()
		n.Menu = &m
	}
	if n.Language != nil {
		l := *n.Language
		l.Asking, l.Ask = l.withDefaults(), cmp.Or(l.Ask, "unknown")
		n.Language = &l
	}
	if n.Collect != nil {
		k := *n.Collect
		k.Asking = k.withDefaults()
		k.Min, k.Max, k.Pause = cmp.Or(k.Min, 1), cmp.Or(k.Max, maxKeys), cmp.Or(k.Pause, 4*time.Second)
		n.Collect = &k
	}
	if n.Wish != nil {
		w := *n.Wish
		w.Wait, w.Pause, w.Patience = cmp.Or(w.Wait, 8*time.Second), cmp.Or(w.Pause, 5*time.Second), cmp.Or(w.Patience, 5*time.Second)
		w.Tries = cmp.Or(w.Tries, 3)
		n.Wish = &w
	}
	if n.Record != nil {
		r := *n.Record
		r.Longest, r.Quiet, r.Least = cmp.Or(r.Longest, time.Minute), cmp.Or(r.Quiet, 4*time.Second), cmp.Or(r.Least, 2*time.Second)
		r.Wait, r.Tries = cmp.Or(r.Wait, 4*time.Second), cmp.Or(r.Tries, 2)
		n.Record = &r
	}
	if n.TransferBack != nil {
		t := *n.TransferBack
		t.Wait = cmp.Or(t.Wait, offerWait)
		n.TransferBack = &t
	}
	if n.End != nil {
		e := *n.End
		e.Reason = cmp.Or(e.Reason, "flow ended")
		n.End = &e
	}
	return n
}

func (a Asking) withDefaults() Asking {
	a.Wait, a.Tries = cmp.Or(a.Wait, 6*time.Second), cmp.Or(a.Tries, 3)
	return a
}

func key(s string) bool { return len(s) == 1 && (s[0] >= '0' && s[0] <= '9' || s == "*" || s == "#") }
