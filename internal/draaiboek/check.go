package draaiboek

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"wissel"
)

// The most that a scenario may be.
const (
	mostSteps   = 400 // with those of the scenarios that it runs
	mostDeep    = 8   // scenarios that run each other
	mostChoices = 9   // each is a key of a telephone
	mostNeeds   = 20
)

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// checker finds what is wrong with one scenario.
type checker struct {
	s      Scenario
	w      World
	bound  map[string]Names
	langs  []string
	c      catalogue
	faults []wissel.Problem
	runs   func(name string) string // what is wrong with the name of a scenario
}

func (c *checker) fault(path, format string, args ...any) {
	c.faults = append(c.faults, wissel.Problem{Path: path, Msg: fmt.Sprintf(format, args...)})
}

// Check gives a scenario with its names bound and its defaults filled in, every fault with its key path, and the names of `uses` that
// bound does not give: as long as there are any it is not ready to be run, and the rest was checked all the same. A nil World: what
// exists is not asked. runs says what is wrong with the name of another scenario. s is not changed.
func Check(s Scenario, bound map[string]Names, w World, runs func(name string) string) (Scenario, []wissel.Problem, []string) {
	s = s.copied()
	b := &binder{uses: s.Uses, bound: bound, world: w, missing: map[string]bool{}}
	for name, kind := range s.Uses {
		switch {
		case !slices.Contains(kindsToUse, Kind(kind)):
			b.fault("uses."+name, "%q is no kind of name; %v are", kind, kindsToUse)
		case !nameForm.MatchString(name):
			b.fault("uses."+name, "a name has letters a-z, digits and hyphens")
		case len(bound[name]) == 0:
			b.missing[name] = true
		default:
			for _, n := range bound[name] {
				if Kind(kind) != Plan && Kind(kind) != Target {
					b.exists(n, Kind(kind), "uses."+name)
				}
			}
		}
	}
	b.walk(reflect.ValueOf(&s), "")
	s.Bound = map[string]Names{}
	for name := range s.Uses {
		if len(bound[name]) > 0 {
			s.Bound[name] = bound[name]
		}
	}
	c := &checker{s: s, w: w, bound: s.Bound, runs: runs, faults: b.faults, langs: slices.Sorted(maps.Keys(s.Title)), c: s.catalogue(w, s.Bound)}
	c.head()
	c.messages()
	c.steps()
	return c.s, c.faults, slices.Sorted(maps.Keys(b.missing))
}

// copied is a copy that shares nothing.
func (s Scenario) copied() (out Scenario) {
	body, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(body, &out)
	}
	if err != nil {
		panic("draaiboek: " + err.Error()) // plain fields always encode
	}
	return out
}

func (c *checker) head() {
	s := &c.s
	if !nameForm.MatchString(s.Name) {
		c.fault("draaiboek", "%q is no name; letters a-z, digits and hyphens are, 40 at most", s.Name)
	}
	if len(s.Title) == 0 {
		c.fault("title", "is missing; {nl: …, en: …} would be right, in the languages that the rest is written in")
	}
	c.words("title", s.Title, false)
	c.words("about", s.About, true)
	for path, name := range map[string]string{"owner": s.Owner, "duty": s.Duty} {
		if name == "" && !c.waits() {
			c.fault(path, "is missing; a person (home/anna) keeps it true, and a duty list is asked")
		}
	}
	if len(s.Starters) == 0 {
		s.Starters = []string{"lead"}
	}
	s.Patience = usually(s.Patience, 30*time.Minute)
	c.within("patience", s.Patience, time.Second, 24*time.Hour)
	s.Attend.Every, s.Attend.Answer = usually(s.Attend.Every, time.Hour), usually(s.Attend.Answer, 15*time.Minute)
	if s.Attend.Then == "" {
		s.Attend.Then = Back
	}
	c.within("attend.every", s.Attend.Every, time.Minute, 24*time.Hour)
	c.within("attend.answer", s.Attend.Answer, time.Minute, 4*time.Hour)
	c.oneOf("attend.then", s.Attend.Then, Back, Keep)
	for path, all := range map[string][]Observation{"trigger": s.Trigger, "needs": s.Needs} {
		if len(all) > mostNeeds {
			c.fault(path, "these are %d; at most %d are right", len(all), mostNeeds)
		}
		for i := range all {
			at := fmt.Sprintf("%s[%d]", path, i)
			c.observation(at, &all[i])
			if path == "needs" {
				c.words(at+".why", all[i].Why, false)
			}
		}
	}
	for i, b := range s.Blocked {
		at := fmt.Sprintf("blocked[%d]", i)
		first, err := time.Parse(time.DateOnly, b.Date)
		if err != nil {
			c.fault(at+".date", "%q is no date; 2026-12-24 is one", b.Date)
		}
		if last, err := time.Parse(time.DateOnly, b.To); b.To != "" && (err != nil || last.Before(first)) {
			c.fault(at+".to", "%q is no date from %s on; 2026-12-26 is how one is written", b.To, b.Date)
		}
		if b.Why == "" {
			c.fault(at+".why", "is missing; whoever wants to start it then hears it")
		}
	}
}

// waits reports whether names are still to be given, so that an empty one is no fault.
func (c *checker) waits() bool {
	for name := range c.s.Uses {
		if len(c.bound[name]) == 0 {
			return true
		}
	}
	return false
}

func usually(d, usual time.Duration) time.Duration {
	if d == 0 {
		return usual
	}
	return d
}

func (c *checker) within(path string, d, low, high time.Duration) {
	if d < low || d > high {
		c.fault(path, "%v is outside %v to %v", d, low, high)
	}
}

func (c *checker) oneOf(path string, got Else, all ...Else) {
	if !slices.Contains(all, got) {
		c.fault(path, "%q is none of %v", got, all)
	}
}

// words sees that a text is there in each language of the title, and in no other.
func (c *checker) words(path string, w Words, optional bool) {
	if len(w) == 0 {
		if !optional {
			c.fault(path, "is missing; write it in %s", strings.Join(c.langs, " and "))
		}
		return
	}
	for _, l := range c.langs {
		if strings.TrimSpace(w[l]) == "" {
			c.fault(path, "is missing in %s, a language of the title", l)
		}
	}
	for _, l := range slices.Sorted(maps.Keys(w)) {
		if !slices.Contains(c.langs, l) {
			c.fault(path+"."+l, "the title has no %q, so nobody would look for it; write the title in it too", l)
		}
		if why := c.s.wrongWords("", w[l]); why != "" {
			c.fault(path+"."+l, "%s", why)
		}
	}
}

func (c *checker) messages() {
	for _, name := range slices.Sorted(maps.Keys(c.s.Messages)) {
		at := "messages." + name
		m := c.s.Messages[name]
		if !nameForm.MatchString(name) {
			c.fault(at, "a name has letters a-z, digits and hyphens")
		}
		for _, l := range c.langs {
			if _, ok := m[l]; !ok {
				c.fault(at, "is missing in %s, a language of the title", l)
			}
		}
		for _, l := range slices.Sorted(maps.Keys(m)) {
			if !slices.Contains(c.langs, l) {
				c.fault(at+"."+l, "the title has no %q; write the title in it too", l)
			}
			for form, text := range m[l].all() {
				if why := c.s.wrongWords(form, text); why != "" {
					c.fault(at+"."+l+"."+form, "%s", why)
				}
			}
		}
	}
}

// message sees that a message is there, with a form.
func (c *checker) message(path, name, form, who string) {
	m, ok := c.s.Messages[name]
	if !ok {
		known := strings.Join(slices.Sorted(maps.Keys(c.s.Messages)), ", ")
		if known == "" {
			known = "none"
		}
		c.fault(path, "there is no message %q under messages; there are: %s", name, known)
		return
	}
	for _, l := range c.langs {
		if form != "" && m[l].In(form) == "" {
			c.fault(path, "%s reads the form %q, and message %s has none in %s", who, form, name, l)
			return
		}
	}
}

func (c *checker) observation(path string, o *Observation) {
	n := 0
	for _, set := range []bool{o.That != "", o.Test != "", o.Gives != nil, o.Heard != nil} {
		if set {
			n++
		}
	}
	if n != 1 {
		c.fault(path, "this looks for %d things; give exactly one of that (a condition), test (a trunk), gives and heard", n)
	}
	if o.That != "" {
		c.condition(path+".that", o.That)
	}
	if h := o.Heard; h != nil {
		if h.Callers == 0 {
			h.Callers = 3
		}
		if h.Callers < 1 || h.Callers > 10 {
			c.fault(path+".heard.callers", "%d is outside 1 to 10", h.Callers)
		}
		c.groups(path+".heard.groups", h.Groups)
	}
	if g := o.Gives; g != nil {
		c.groups(path+".gives.groups", g.Groups)
		if g.To == "" && !c.waits() {
			c.fault(path+".gives.to", "is missing; a trunk, or flow:name")
		}
	}
	if o.For < 0 || o.For > 24*time.Hour {
		c.fault(path+".for", "%v is outside 0s to 24h", o.For)
	}
}

func (c *checker) condition(path, source string) {
	if c.w == nil && c.waits() {
		return // neither trunks nor commands are known
	}
	c.faults = append(c.faults, c.c.check(path, source)...)
}

func (c *checker) groups(path string, all []string) {
	if len(all) == 0 && !c.waits() {
		c.fault(path, "is missing; name the groups, or $name of uses")
	}
}

// Version is the first 12 hex digits of the SHA-256 of a whole scenario.
func (s Scenario) Version() string { return digest(s) }

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}
