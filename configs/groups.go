package configs

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"wissel"
	"wissel/internal/callbacks"
	"wissel/internal/nearest"
	"wissel/internal/number"
)

// groups reads groups and makes the table of our numbers.
func (l *loader) groups(shapes map[string]groupShape) {
	if len(shapes) == 0 {
		l.doc.problem("groups", "there is no group, so every number would be unknown (404); give one with its numbers and plans")
	}
	total := 0
	for _, g := range shapes {
		total += len(g.Numbers)
	}
	l.out.Groups = make(map[wissel.GroupID]*wissel.Group, len(shapes))
	l.out.Callbacks = make(map[wissel.GroupID]callbacks.Settings, len(shapes))
	l.out.Lines = make(map[wissel.Number]wissel.Line, total)
	lines := make(map[wissel.Number]int, total)
	var order []string // of the file, so that of two equal numbers the second is the fault
	if n := l.doc.root.get("groups"); n != nil {
		for _, e := range n.keys {
			order = append(order, e.key)
		}
	}
	for _, id := range order {
		w, ok := shapes[id]
		if !ok {
			continue
		}
		at := "groups." + id
		l.name(at, "group", id)
		g := &wissel.Group{ID: wissel.GroupID(id), Media: wissel.Media(w.Media), Active: wissel.PlanID(w.Active), FourEyes: w.FourEyes, Test: w.Test}
		g.Plans = make(map[wissel.PlanID]wissel.Plan, max(len(w.Plans), 1))
		l.lines(at, g, w.Numbers, lines)
		switch g.Media {
		case "":
			g.Media = wissel.Anchored
		case wissel.Anchored, wissel.Direct:
		default:
			l.doc.problem(at+".media", "%q is neither anchored (voice through wissel) nor direct (past it)", w.Media)
		}
		l.present(at, g, w.Present)
		g.Hours = l.hours(at+".hours", g, w.Hours)
		l.callbacks(at, g, w.Desk, w.Callbacks)
		if g.Handback = l.handback(at+".handback", w.Handback); g.Test {
			l.testGroup(at, g, w)
		} else {
			l.plans(at, g, w)
			l.rung(g)
		}
		l.out.Groups[g.ID] = g
	}
}

// lines reads the numbers of a group. seen has the line of the file of each number read so far.
func (l *loader) lines(at string, g *wissel.Group, shapes []numberShape, seen map[wissel.Number]int) {
	if len(shapes) == 0 {
		l.doc.problem(at+".numbers", `a group needs at least one number; ["+31201234567"] would be right`)
	}
	g.Lines = make([]wissel.Line, 0, len(shapes))
	for i, w := range shapes {
		path := func(key string) string { return at + ".numbers[" + strconv.Itoa(i) + "]" + key }
		if w.Number == "" {
			l.doc.problem(path(""), "the number is missing; {number: \"+31201234567\"} would be right")
			continue
		}
		n, err := number.Parse(w.Number, l.out.Country)
		if err != nil {
			l.doc.problem(path(".number"), "%s", numberFault(w.Number, err))
			continue
		}
		line := wissel.Line{Number: n, Kind: number.KindOf(n), Dialled: w.Dialled, Group: g.ID}
		l.line(path(""), line, w.line, seen)
		if w.Dialled != "" {
			if as, ok := l.number(path(".dialled"), w.Dialled); ok && as != n {
				line.Kind = number.KindOf(as)
				l.line(path(".dialled"), wissel.Line{Number: as, Group: g.ID}, w.line, seen) // a carrier may deliver it as dialled
				l.out.Lines[as] = line
			}
		}
		if w.Kind != "" {
			line.Kind = l.kind(path(".kind"), w.Kind)
		}
		line.Charge = l.charge(path(".charge"), line.Kind, w.Charge)
		l.out.Lines[n] = line
		if as, err := number.Parse(w.Dialled, l.out.Country); err == nil {
			l.out.Lines[as] = line
		}
		g.Lines = append(g.Lines, line)
	}
}

// line refuses a number that stands in the file already.
func (l *loader) line(path string, line wissel.Line, at int, seen map[wissel.Number]int) {
	first, twice := seen[line.Number]
	if !twice {
		seen[line.Number] = at
		l.out.Lines[line.Number] = line
		return
	}
	if other := l.out.Lines[line.Number].Group; other != line.Group {
		l.doc.problem(path, "%s belongs to group %s already (line %d); a number has one group", line.Number, other, first)
	} else {
		l.doc.problem(path, "%s stands here already, in line %d; leave one out", line.Number, first)
	}
}

// present reads the numbers shown as caller id.
func (l *loader) present(at string, g *wissel.Group, shapes map[string]string) {
	g.Present = make(map[wissel.TrunkID]wissel.Number, len(shapes))
	for _, trunk := range names(shapes) {
		path := at + ".present." + trunk
		t, ok := l.out.Trunks[wissel.TrunkID(trunk)]
		if !ok {
			l.noTrunk(l.doc, path, trunk)
			continue
		}
		n, ok := l.number(path, shapes[trunk])
		if k := number.KindOf(n); ok && k.Service() && !slices.Contains(t.Present, k) {
			l.doc.problem(path, "%s is of kind %s, and such numbers may not be shown as caller id; show an ordinary number, or write present: [%q] under trunks.%s if that carrier allows it",
				shapes[trunk], k, k, trunk)
		}
		g.Present[wissel.TrunkID(trunk)] = n
	}
}

// plans reads the plans of a group and which is active.
func (l *loader) plans(at string, g *wissel.Group, w groupShape) {
	if len(w.Plans) == 0 && l.doc.lost(at+".test") {
		return
	}
	if len(w.Plans) == 0 {
		l.doc.problem(at+".plans", "a group needs at least one plan; normaal: [a trunk, flow:storing] would be right")
		return
	}
	for _, id := range names(w.Plans) {
		path := at + ".plans." + id
		l.name(path, "plan", id)
		written := w.Plans[id]
		p := wissel.Plan{ID: wissel.PlanID(id), Fresh: written.Fresh}
		if p.Fresh != 0 && (p.Fresh < time.Minute || p.Fresh > 366*24*time.Hour) {
			l.doc.problem(path+".fresh", "%v is outside 1m to 366d; 7d would be right", p.Fresh)
		}
		path += written.in
		for i, t := range written.Targets {
			target, ok := l.planned(path+"["+strconv.Itoa(i)+"]", t)
			if ok && slices.Contains(p.Targets, target) {
				l.doc.problem(path+"["+strconv.Itoa(i)+"]", "%s stands in this plan already; a target is tried once", t)
			}
			if ok && target.Trunk != "" {
				l.outgoing(path+"["+strconv.Itoa(i)+"]", g, target.Trunk)
			}
			p.Targets = append(p.Targets, target)
		}
		l.ending(path, p, written.Targets)
		g.Plans[p.ID] = p
	}
	switch _, ok := g.Plans[g.Active]; {
	case ok:
	case g.Active == "" && len(g.Plans) == 1:
		for id := range g.Plans {
			g.Active = id
		}
	case g.Active == "":
		l.doc.problem(at+".active", "there are several plans; say which is in force: %s", strings.Join(names(w.Plans), ", "))
	default:
		l.doc.problem(at+".active", "there is no plan %q here%s", w.Active, nearest.Suggest(w.Active, names(w.Plans)))
	}
}

// testGroup makes the one plan of a test line: our own responder answers.
func (l *loader) testGroup(at string, g *wissel.Group, w groupShape) {
	if len(w.Plans) > 0 || w.Active != "" {
		l.doc.problem(at+".plans", "a test line has no plans: wissel answers its calls itself, to see whether a call comes back; leave plans and active out, or leave test out")
	}
	g.Active = wissel.PlanID(wissel.Responder)
	g.Plans[g.Active] = wissel.Plan{ID: g.Active, Targets: []wissel.Target{{Flow: wissel.Responder}}}
}

// ending sees that a plan ends with a flow, so that nobody hears nothing (promise 3), and that nothing stands behind it.
func (l *loader) ending(path string, p wissel.Plan, written []string) {
	if len(p.Targets) == 0 {
		l.doc.problem(path, "the plan is empty; [a trunk, flow:storing] would be right")
		return
	}
	last := len(p.Targets) - 1
	for i, t := range p.Targets[:last] {
		if t.Flow != "" {
			l.doc.problem(path+"["+strconv.Itoa(i+1)+"]", "nothing is tried after %s, which answers always; put the flow last", written[i])
			return
		}
	}
	if p.Targets[last].Flow == "" {
		l.doc.problem(path+"["+strconv.Itoa(last)+"]", "the last resort is no flow: a plan ends with one, so that a caller hears something when all else fails; put one behind %s, such as flow:storing", written[last])
	}
}

// target reads "genesys" or "flow:storing"; doc is the file it stands in.
func (l *loader) target(doc *document, path, written string) (t wissel.Target, ok bool) {
	flow, isFlow := strings.CutPrefix(written, "flow:")
	if isFlow {
		t.Flow = wissel.FlowID(flow)
		if _, ok = l.out.Flows[t.Flow]; !ok && !l.broken[t.Flow] && !l.nameless {
			doc.problem(path, "there is no flow %q%s", flow, nearest.Suggest(flow, names(l.out.Flows)))
		}
		return t, ok
	}
	if strings.HasPrefix(written, "people:") {
		doc.problem(path, "people are rung by a plan alone; dial a trunk or a flow here")
		return t, false
	}
	t.Trunk = wissel.TrunkID(written)
	if _, ok = l.out.Trunks[t.Trunk]; ok {
		return t, true
	}
	switch _, isFlow := l.out.Flows[wissel.FlowID(written)]; {
	case isFlow:
		doc.problem(path, "%q is a flow, and a flow is written flow:%s", written, written)
	case number.IsEmergency(written):
		doc.problem(path, "%s", numberFault(written, number.ErrEmergency))
	default:
		l.noTrunk(doc, path, written)
	}
	return t, false
}

// noTrunk reports a trunk that is not there, unless trunks could not be read.
func (l *loader) noTrunk(doc *document, path, id string) {
	if !l.doc.lost("trunks." + id) {
		doc.problem(path, "there is no trunk %q%s", id, nearest.Suggest(id, names(l.out.Trunks)))
	}
}

// leads reports whether calls can go to a trunk, and a fault at path when not.
func (l *loader) leads(path string, id wissel.TrunkID) bool {
	ok := len(l.out.Trunks[id].To) > 0
	if !ok {
		l.doc.problem(path, "trunk %s has no to, so no call can go there; give trunks.%s.to its SIP URIs", id, id)
	}
	return ok
}

// outgoing looks at a trunk as the target of a group: it must lead somewhere, and not back to us.
func (l *loader) outgoing(path string, g *wissel.Group, id wissel.TrunkID) {
	t := l.out.Trunks[id]
	if !l.leads(path, id) || t.Role != wissel.Carrier {
		return
	}
	if t.Number == "" {
		l.doc.warn(path, "over carrier %s the number that the caller rang is dialled, which leads back to us unless that carrier routes it elsewhere; trunks.%s.number says which number to dial instead", id, id)
	}
	if _, shown := g.Present[id]; !shown && !t.Forward {
		l.doc.warn(path, "group %s shows no number over carrier %s, which may refuse such calls; put %s under present", g.ID, id, id)
	}
}
