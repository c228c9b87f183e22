package configs

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"wissel"
	"wissel/internal/access"
	"wissel/internal/callbacks"
	"wissel/internal/nearest"
	"wissel/internal/number"
)

type personShape struct {
	Name  string        `yaml:"name" doc:"as wissel people shows it"`
	Phone string        `yaml:"phone" doc:"rung when he is logged on"`
	Code  string        `yaml:"code" doc:"with which he logs on and off by text, from any phone: 4 to 12 digits, best 6 or more, in file:/path or ${NAME}; by wissel people alone when left out"`
	Ring  time.Duration `yaml:"ring" doc:"a caller's call rings there for so long, and then the next one's telephone: less than his voicemail takes to answer; 20s"`
}

func (s *personShape) fill(*node) { s.Ring = 20 * time.Second }

const (
	mostLists = 50
	mostStaff = 200 // of a list
)

// people reads the lists of people. They come before the groups, whose desks they are.
func (l *loader) people(lists map[string][]personShape) {
	l.out.People = make(map[string][]callbacks.Person, len(lists))
	if len(lists) > mostLists {
		l.doc.problem("people", "these are %d lists; at most %d are read", len(lists), mostLists)
		return
	}
	for _, id := range names(lists) {
		at := "people." + id
		l.name(at, "list of people", id)
		if len(lists[id]) == 0 || len(lists[id]) > mostStaff {
			l.doc.problem(at, "a list has 1 to %d people, and this one %d", mostStaff, len(lists[id]))
			continue
		}
		var all []callbacks.Person
		for i, w := range lists[id] {
			all = append(all, l.person(fmt.Sprintf("%s[%d]", at, i), w, all))
		}
		l.out.People[id] = all
	}
}

// codes sees that a code is one person's alone, whatever lists he is on: by text it says who he is.
func (l *loader) codes() {
	type owner struct {
		name  string
		phone wissel.Number
	}
	of := map[string]owner{}
	for _, id := range names(l.out.People) {
		for i, p := range l.out.People[id] {
			code, at := p.Code.Reveal(), fmt.Sprintf("people.%s[%d].code", id, i)
			if p.Code.IsZero() || code == unusable {
				continue
			}
			if o, there := of[code]; there && o.phone != p.Phone {
				l.doc.problem(at, "it is the code of %s too, and a code says who somebody is; give each his own", o.name)
			}
			of[code] = owner{p.Name, p.Phone}
			if len(code) < 6 {
				l.doc.warn(at, "a code of %d digits can be guessed by text in days; 6 or more are better", len(code))
			}
		}
	}
}

// staff sees that no telephone of theirs is a line of ours. It comes after all of those.
func (l *loader) staff() {
	for _, id := range names(l.out.People) {
		for i, p := range l.out.People[id] {
			if line, ours := l.out.Lines[p.Phone]; ours {
				l.doc.problem(fmt.Sprintf("people.%s[%d].phone", id, i), "it is a number of group %s: we would ring ourselves; give a telephone's", line.Group)
			}
		}
	}
}

func (l *loader) person(at string, w personShape, others []callbacks.Person) callbacks.Person {
	p := callbacks.Person{Name: w.Name, Code: l.secret(at+".code", w.Code), Ring: w.Ring}
	if p.Ring < 5*time.Second || p.Ring > time.Minute {
		l.doc.problem(at+".ring", "%v is outside 5s to 1m; a voicemail takes over after 20s or so, and the next is to be rung before", p.Ring)
	}
	if err := access.CheckName(w.Name); err != nil {
		l.doc.problem(at+".name", "%v", err)
	}
	n, ok := l.number(at+".phone", w.Phone)
	p.Phone = n
	switch {
	case !ok:
	case number.Costly(n):
		l.doc.problem(at+".phone", "%s is a premium, satellite or personal number, and such are not rung", w.Phone)
	}
	for _, o := range others {
		if strings.EqualFold(o.Name, w.Name) {
			l.doc.problem(at+".name", "there is a %q in this list already", o.Name)
		}
		if ok && o.Phone == n {
			l.doc.problem(at+".phone", "it is the telephone of %s already", o.Name)
		}
	}
	if c := p.Code; !c.IsZero() && c.Reveal() != unusable && (!digitsOnly(c.Reveal()) || len(c.Reveal()) < 4 || len(c.Reveal()) > 12) {
		l.doc.problem(at+".code", "a code has 4 to 12 digits, and nothing else")
	}
	return p
}

// planned reads a target of a plan: what target reads, or "people:home".
func (l *loader) planned(path, written string) (t wissel.Target, ok bool) {
	list, people := strings.CutPrefix(written, "people:")
	if !people {
		return l.target(l.doc, path, written)
	}
	t.People = list
	switch _, ok = l.out.People[list]; {
	case ok, l.doc.lost("people." + list):
	case len(l.out.People) == 0:
		l.doc.problem(path, "there is no list of people; people: {%s: [{name: anna, phone: \"+31612345678\"}]} at the top of the file would be one", list)
	default:
		l.doc.problem(path, "there is no list of people %q%s", list, nearest.Suggest(list, names(l.out.People)))
	}
	return t, ok
}

// rung sees that people can be rung for the callers of a group: over some carrier, which shows a number. It comes after its plans and its
// callbacks.
func (l *loader) rung(g *wissel.Group) {
	over := map[wissel.TrunkID]bool{}
	for _, id := range l.out.Callbacks[g.ID].Over {
		over[id] = true
	}
	if len(over) == 0 {
		for id := range g.Present {
			over[id] = l.out.Trunks[id].Role == wissel.Carrier
		}
		for _, p := range g.Plans {
			for _, t := range p.Targets {
				over[t.Trunk] = over[t.Trunk] || l.out.Trunks[t.Trunk].Role == wissel.Carrier
			}
		}
	}
	maps.DeleteFunc(over, func(id wissel.TrunkID, carrier bool) bool { return !carrier || len(l.out.Trunks[id].To) == 0 })
	for _, plan := range names(g.Plans) {
		for i, t := range g.Plans[wissel.PlanID(plan)].Targets {
			switch at := l.placeOf(string(g.ID), plan, i); {
			case t.People == "" || l.out.People[t.People] == nil:
			case len(over) == 0:
				l.doc.problem(at, "no carrier brings calls of this group to telephones, so nobody of %s can be rung; put one under groups.%s.present", t.People, g.ID)
			case len(g.Present) == 0:
				l.doc.warn(at, "group %s shows no number over its carriers, so who is rung sees none and may not answer; put one under groups.%s.present", g.ID, g.ID)
			}
		}
	}
}
