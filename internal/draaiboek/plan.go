package draaiboek

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"wissel"
)

// View is the world as a plan is made against it. It is never changed.
type View struct {
	Snapshot *wissel.Snapshot
	Messages map[wissel.GroupID]wissel.Message // the newest of each group
	Asked    map[wissel.GroupID]int            // numbers that asked for news, and would be sent a text now
	Waiting  map[wissel.GroupID]int            // callbacks that are open
	Teams    map[string][]string               // where each is told: "mail webcare@example.nl"
	Counted  bool                              // Asked and Waiting are known
	Now      time.Time
}

// Change is one thing that a run would do now.
type Change struct {
	Step   string
	If     string // it is done only when this holds
	Object string // a group, with its numbers; a team
	Before string
	After  string
}

// Changes says what a run of a whole scenario would change if it began now and every step of it were done, in order: numbers, routes,
// messages, people who are texted. It changes nothing. Before is what would be in force by then.
func (s Scenario) Changes(v View) (all []Change) {
	p := &planner{s: s, v: v, routes: map[string]string{}, messages: map[string]string{}}
	for i, step := range s.Steps {
		p.step, p.cond = step.Name, s.conditions(i)
		p.action(step.Action)
	}
	return p.all
}

// conditions are those that a step hangs on, of the run steps that it is part of too.
func (s Scenario) conditions(i int) string {
	var all []string
	for k := range i + 1 {
		if one := s.Steps[k]; one.If != "" && (k == i || i < one.Ends) {
			all = append(all, one.If)
		}
	}
	return strings.Join(all, " and ")
}

type planner struct {
	s                Scenario
	v                View
	step, cond       string
	routes, messages map[string]string // as the steps before left them
	all              []Change
}

func (p *planner) add(object, before, after string) {
	p.all = append(p.all, Change{p.step, p.cond, object, before, after})
}

func (p *planner) action(a Action) {
	if a.Notify != nil {
		for _, t := range a.Notify.Teams {
			ways := strings.Join(p.v.Teams[t], ", ")
			after := fmt.Sprintf("is told %q by %s", a.Notify.Say, ways)
			if ways == "" {
				after = fmt.Sprintf("is not told %q: the settings give no way", a.Notify.Say)
			}
			p.add("team "+t, "", after)
		}
		return
	}
	for _, id := range a.Groups() {
		g := p.v.Snapshot.Groups[wissel.GroupID(id)]
		if g == nil {
			p.add("group "+id, "", "is not there")
			continue
		}
		switch {
		case a.Switch != nil:
			p.route(g, p.routed(g, *a.Switch))
		case a.Flow != nil:
			p.route(g, fmt.Sprintf("all callers to flow:%s until %s", a.Flow.Flow, p.clock(a.Flow.For)))
		case a.Message != nil:
			p.message(g, *a.Message)
		case a.Text != nil:
			p.add(object(g), "", p.texted(g, *a.Text))
		case a.Callbacks != nil:
			p.add(object(g), p.waiting(g), "callbacks: "+a.Callbacks.words("en"))
		}
	}
}

// object names a group with its numbers.
func object(g *wissel.Group) string {
	var numbers []string
	for _, l := range g.Lines {
		numbers = append(numbers, string(l.Number))
	}
	slices.Sort(numbers)
	return fmt.Sprintf("group %s (%s)", g.ID, strings.Join(numbers, ", "))
}

func (p *planner) clock(d time.Duration) string {
	if d > 6*24*time.Hour {
		return p.v.Now.Add(d).Format("2 Jan 15:04")
	}
	return p.v.Now.Add(d).Format("Mon 15:04")
}

func (p *planner) route(g *wissel.Group, after string) {
	before, known := p.routes[string(g.ID)]
	if !known {
		before = p.now(g)
	}
	p.routes[string(g.ID)] = after
	if before != after {
		p.add(object(g), before, after)
	}
}

// now is where calls of a group go now, as an operator chose or wissel by itself.
func (p *planner) now(g *wissel.Group) string {
	said := planned(p.v.Snapshot.Plan(g))
	if lead, ok := p.v.Snapshot.Lead(g); ok {
		said += ", led by " + lead.Target.String()
	}
	if pin := p.v.Snapshot.Pins[g.ID]; pin.Live(p.v.Now) {
		said += fmt.Sprintf(", pinned to %s until %s by %s", pin.Target, pin.Until.In(p.v.Now.Location()).Format("Mon 15:04"), pin.Who)
	}
	return said
}

func planned(p wissel.Plan) string {
	var targets []string
	for _, t := range p.Targets {
		targets = append(targets, t.String())
	}
	return fmt.Sprintf("plan %s (%s)", p.ID, strings.Join(targets, ", "))
}

func (p *planner) routed(g *wissel.Group, s Switch) string {
	switch {
	case s.Auto:
		return planned(g.Plans[g.Active])
	case s.Plan != "":
		plan, ok := g.Plans[wissel.PlanID(s.Plan)]
		if !ok {
			return "plan " + s.Plan + ", which is not there"
		}
		return planned(plan)
	}
	share := "all callers"
	if s.Share != "" {
		share = s.Share + " of the callers"
	}
	return fmt.Sprintf("%s to %s first until %s", share, s.To, p.clock(s.For))
}

func (p *planner) message(g *wissel.Group, m Saying) {
	before, known := p.messages[string(g.ID)]
	if !known {
		before = "callers hear the standing wording"
		if live := p.v.Messages[g.ID]; live.ID != "" && live.Ended.IsZero() && (live.Until.IsZero() || p.v.Now.Before(live.Until)) {
			before = "callers hear the message of " + live.Who + " of " + live.Live.In(p.v.Now.Location()).Format("Mon 15:04")
		}
	}
	after := "callers hear the standing wording"
	if !m.End {
		end := "without an end"
		if m.For > 0 {
			end = "until " + p.clock(m.For)
		}
		after = fmt.Sprintf("callers hear the message %q %s, news at %s", m.Say, end, p.clock(m.Next))
	}
	p.messages[string(g.ID)] = after
	p.add(object(g), before, after)
}

func (p *planner) texted(g *wissel.Group, t Texting) string {
	asked, waiting := p.v.Asked[g.ID], p.v.Waiting[g.ID]
	n := map[string]int{"asked": asked, "waiting": waiting, "both": asked + waiting}[t.To]
	if !p.v.Counted {
		return fmt.Sprintf("the text %q goes to those who are %s; how many only the server knows", t.Say, t.To)
	}
	return fmt.Sprintf("the text %q goes to %s", t.Say, plural(n, "number"))
}

func (p *planner) waiting(g *wissel.Group) string {
	if !p.v.Counted {
		return ""
	}
	return plural(p.v.Waiting[g.ID], "callback") + " open"
}
