package draaiboek

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

func (c *checker) steps() {
	if len(c.s.Steps) == 0 {
		c.fault("steps", "there are none; a draaiboek without steps does nothing")
	}
	if len(c.s.Steps) > mostSteps {
		c.fault("steps", "these are %d steps, and a draaiboek has %d at most; put parts of it into others, and run those", len(c.s.Steps), mostSteps)
		return
	}
	seen := map[string]int{}
	for i := range c.s.Steps {
		at := fmt.Sprintf("steps[%d]", i)
		s := &c.s.Steps[i]
		if !nameForm.MatchString(s.Name) {
			c.fault(at+".name", "%q is no name; letters a-z, digits and hyphens are, 40 at most", s.Name)
		} else if first, twice := seen[s.Name]; twice {
			c.fault(at+".name", "step %d is called %s already; answers, skip and undo go by the name", first+1, s.Name)
		} else {
			seen[s.Name] = i
		}
		c.step(at, s)
	}
}

func (c *checker) step(at string, s *Step) {
	switch all := s.kinds(); {
	case len(all) == 0:
		c.fault(at, "this step does nothing; give one of switch, flow, message, text, callbacks, notify, ask, until, note, run")
		return
	case len(all) > 1:
		c.fault(at, "this is %d steps in one (%s); give each its own", len(all), strings.Join(all, ", "))
		return
	}
	c.words(at+".title", s.Title, true)
	if s.If != "" {
		c.condition(at+".if", s.If)
	}
	c.action(at, s.Action)
	switch {
	case s.Ask != nil:
		c.ask(at+".ask", s.Ask)
	case s.Until != nil:
		c.until(at+".until", s.Until)
	case s.Note != nil:
		c.words(at+".note", s.Note, false)
	case s.Run != "":
		if c.runs != nil {
			if why := c.runs(s.Run); why != "" {
				c.fault(at+".run", "%s", why)
			}
		}
	}
	if s.acts() {
		s.Max = usually(s.Max, 2*time.Minute)
		c.within(at+".max", s.Max, time.Second, 24*time.Hour)
	} else if s.Max != 0 {
		c.fault(at+".max", "a step %s has no maximum time: it does nothing by itself, an ask and an until have their deadline", s.Kind())
	}
	c.elses(at, s)
	c.expects(at, s)
	if s.Undo != nil {
		c.undo(at+".undo", s)
	}
}

func (c *checker) elses(at string, s *Step) {
	if s.Else == "" {
		s.Else = Asks
	}
	if s.Silent == "" {
		s.Silent = On // the rest of the plan still helps
		if s.Switch != nil || s.Flow != nil || s.Until != nil {
			s.Silent = Stop
		}
	}
	c.oneOf(at+".else", s.Else, Asks, On, End, Stop, Back)
	c.oneOf(at+".unanswered", s.Silent, On, End, Stop, Back)
}

func (c *checker) expects(at string, s *Step) {
	if s.Expect == nil {
		return
	}
	if !s.acts() {
		c.fault(at+".expect", "a step %s does nothing that could be seen; an until waits for something", s.Kind())
	}
	s.Expect.Within = usually(s.Expect.Within, 30*time.Second)
	c.within(at+".expect.within", s.Expect.Within, time.Second, 4*time.Hour)
	if s.Expect.For >= s.Expect.Within {
		c.fault(at+".expect.for", "it can never hold for %v within %v", s.Expect.For, s.Expect.Within)
	}
	c.observation(at+".expect", &s.Expect.Observation)
}

func (c *checker) undo(at string, s *Step) {
	all := s.Undo.kinds()
	switch {
	case !s.acts():
		c.fault(at, "a step %s changes nothing, so there is nothing to undo", s.Kind())
	case s.Undo.Keep && len(all) > 0, len(all) > 1:
		c.fault(at, "give one: keep: true, or an action; without either what was changed is put back")
	case !s.Undo.Keep && len(all) == 0:
		c.fault(at, "is empty; keep: true leaves it as it is, and without undo what was changed is put back")
	}
	c.action(at, s.Undo.Action)
}

func (c *checker) action(at string, a Action) {
	switch {
	case a.Switch != nil:
		c.switches(at+".switch", a.Switch)
	case a.Flow != nil:
		c.groups(at+".flow.groups", a.Flow.Groups)
		if a.Flow.Flow == "" && !c.waits() {
			c.fault(at+".flow.flow", "is missing; name the flow")
		}
		a.Flow.For = usually(a.Flow.For, pinned)
		c.within(at+".flow.for", a.Flow.For, time.Minute, longestPin)
	case a.Message != nil:
		c.saying(at+".message", a.Message)
	case a.Text != nil:
		c.groups(at+".text.groups", a.Text.Groups)
		if a.Text.To == "" {
			a.Text.To = "asked"
		}
		if t := a.Text.To; t != "asked" && t != "waiting" && t != "both" {
			c.fault(at+".text.to", "%q is none of asked (for news), waiting (for a callback) and both", t)
		}
		c.message(at+".text.say", a.Text.Say, SMS, "a caller")
	case a.Callbacks != nil:
		c.callbacks(at+".callbacks", a.Callbacks)
	case a.Notify != nil:
		if len(a.Notify.Teams) == 0 && !c.waits() {
			c.fault(at+".notify.teams", "is missing; name the teams that are told")
		}
		c.message(at+".notify.say", a.Notify.Say, "", "")
		for _, t := range a.Notify.Teams {
			if c.w != nil && c.w.Missing(Team, t) == "" {
				c.message(at+".notify.say", a.Notify.Say, c.w.Reads(t), "team "+t)
			}
		}
	}
}

const (
	pinned     = 8 * time.Hour
	longestPin = 30 * 24 * time.Hour
)

func (c *checker) switches(at string, s *Switch) {
	c.groups(at+".groups", s.Groups)
	n := 0
	for _, set := range []bool{s.Plan != "", s.To != "", s.Auto} {
		if set {
			n++
		}
	}
	if n != 1 && !(n == 0 && c.waits()) {
		c.fault(at, "it switches to %d things; give exactly one of plan, to (a trunk, or flow:name) and auto: true", n)
	}
	if s.To == "" {
		if s.Share != "" || s.For != 0 {
			if !c.waits() {
				c.fault(at, "share and for are for a pin: they go with to")
			}
		}
		return
	}
	s.For = usually(s.For, pinned)
	c.within(at+".for", s.For, time.Minute, longestPin)
	if s.Share != "" && Share(s.Share) == 0 {
		c.fault(at+".share", "%q is no share of the callers; 1%% to 100%% are, such as 10%%", s.Share)
	}
}

// Share reads "10%" as 100 of 1000; 0: it is none, or all.
func Share(written string) int {
	percent, ok := strings.CutSuffix(written, "%")
	n, err := strconv.Atoi(percent)
	if !ok || err != nil || n < 1 || n > 100 {
		return 0
	}
	return 10 * n
}

func (c *checker) saying(at string, m *Saying) {
	c.groups(at+".groups", m.Groups)
	if m.End {
		if m.Say != "" || m.For != 0 || m.Next != 0 {
			c.fault(at, "end: true ends the message that is live; say, for and next are of one that goes live")
		}
		return
	}
	c.message(at+".say", m.Say, "", "")
	if m.For < 0 || m.For > 7*24*time.Hour {
		c.fault(at+".for", "%v is outside 0s to 168h", m.For)
	}
	m.Next = usually(m.Next, 30*time.Minute)
	c.within(at+".next", m.Next, time.Minute, 7*24*time.Hour)
}

func (c *checker) callbacks(at string, k *Callbacks) {
	c.groups(at+".groups", k.Groups)
	switch k.Do {
	case "pause", "resume":
		if k.Agents != 0 || k.Most != 0 {
			c.fault(at, "agents goes with do: agents, and most with do: release")
		}
	case "release":
		if k.Most < 0 || k.Most > 100_000 || k.Agents != 0 {
			c.fault(at+".most", "%d is outside 0 (all) to 100000, and agents goes with do: agents", k.Most)
		}
	case "agents":
		if k.Agents < 1 || k.Agents > 1000 || k.Most != 0 {
			c.fault(at+".agents", "%d is outside 1 to 1000, and most goes with do: release", k.Agents)
		}
	default:
		c.fault(at+".do", "%q is none of pause, resume, release and agents", k.Do)
	}
}

func (c *checker) ask(at string, a *Ask) {
	c.words(at+".text", a.Text, false)
	a.Deadline, a.Escalate = usually(a.Deadline, 10*time.Minute), usually(a.Escalate, 2*time.Minute)
	c.within(at+".deadline", a.Deadline, 10*time.Second, 24*time.Hour)
	c.within(at+".escalate", a.Escalate, 10*time.Second, 24*time.Hour)
	switch {
	case a.Form != "" && len(a.Choices) > 0 || a.Form == "" && len(a.Choices) == 0:
		c.fault(at, "an answer is one of choices, or has a form (link, time, minutes, text): give one of the two")
		return
	case a.Form != "" && usual[a.Form] == "":
		c.fault(at+".form", "%q is none of link, time, minutes and text", a.Form)
		return
	case a.Default == "":
		c.fault(at+".default", "is missing: when nobody answers the run has to go on all the same. Name what is taken then%s",
			map[bool]string{true: "; none leaves the answer out", false: ""}[a.Form != ""])
	}
	if a.Form != "" {
		if why := a.Form.Refuse(a.Default); a.Default != None && a.Default != "" && why != "" {
			c.fault(at+".default", "%s", why)
		}
		return
	}
	c.choices(at, a)
}

func (c *checker) choices(at string, a *Ask) {
	if len(a.Choices) < 2 || len(a.Choices) > mostChoices {
		c.fault(at+".choices", "these are %d; 2 to %d can be chosen from", len(a.Choices), mostChoices)
	}
	names := map[string]bool{}
	for i := range a.Choices {
		in := fmt.Sprintf("%s.choices[%d]", at, i)
		one := &a.Choices[i]
		if !nameForm.MatchString(one.Name) || names[one.Name] {
			c.fault(in+".name", "%q is no name, or stands here already", one.Name)
		}
		names[one.Name] = true
		c.words(in+".title", one.Title, false)
		if one.Then == "" {
			one.Then = On
		}
		c.oneOf(in+".then", one.Then, On, End, Stop, Back)
	}
	if a.Default != "" && !names[a.Default] {
		c.fault(at+".default", "%q is none of the choices", a.Default)
	}
}

func (c *checker) until(at string, u *Until) {
	if u.Wait != 0 {
		c.within(at+".wait", u.Wait, time.Second, 7*24*time.Hour)
		if u.That != "" || u.Test != "" || u.Gives != nil || u.Heard != nil || u.Deadline != 0 || u.For != 0 {
			c.fault(at, "wait just passes; what it waits for, and its deadline, are of the other form")
		}
		return
	}
	c.observation(at, &u.Observation)
	if u.Deadline == 0 {
		c.fault(at+".deadline", "is missing: what never comes must not hold the run for ever; say how long it waits, and with else what follows")
		return
	}
	c.within(at+".deadline", u.Deadline, time.Second, 7*24*time.Hour)
	if u.For >= u.Deadline {
		c.fault(at+".for", "it can never hold for %v within %v", u.For, u.Deadline)
	}
}
