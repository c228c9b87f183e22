package configs

import (
	"cmp"
	"fmt"
	"hash"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"wissel"
	"wissel/internal/access"
	"wissel/internal/draaiboek"
	"wissel/internal/nearest"
)

type draaiboekenShape struct {
	Files    []string                `yaml:"files" doc:"draaiboeken beside the shipped ones: YAML files, or folders of them; one of the same name takes a shipped one's place"`
	Language string                  `yaml:"language" doc:"in which people are asked and told; nl by default"`
	Zone     string                  `yaml:"zone" doc:"of times and duty lists, as an IANA zone; Europe/Amsterdam by default where country is NL"`
	Names    map[string][]string     `yaml:"names" doc:"what the names under uses stand for: {platform: genesys, lines: [support]}"`
	Teams    map[string]teamShape    `yaml:"teams" doc:"who is told: webcare, mail, chat, staff"`
	Duty     map[string][]shiftShape `yaml:"duty" doc:"who is asked, when: lists of lines, of which the first that holds comes first"`
	Commands map[string]commandShape `yaml:"commands" doc:"programs whose exit code is a fact of conditions: command.ups == 2"`
}

type teamShape struct {
	Reads   string   `yaml:"reads" doc:"the form of messages that it gets: post, mail, chat, staff, status or text; staff by default"`
	Mail    []string `yaml:"mail" doc:"addresses that are mailed"`
	Text    string   `yaml:"text" doc:"list of people that are sent a text"`
	Webhook string   `yaml:"webhook" doc:"address that is posted to"`
	Form    string   `yaml:"form" doc:"of the webhook: slack, teams or json; json by default"`
	Inside  []string `yaml:"inside" doc:"networks of our own that the webhook may be in: 10.1.2.0/24"`
}

type shiftShape struct {
	People []string `yaml:"people" doc:"in the order in which they are asked: home/anna"`
	Open   string   `yaml:"open" doc:"hours, as of a desk: Mo-Fr 08:00-18:00; always by default"`
	From   string   `yaml:"from" doc:"the first day: 2026-12-24"`
	To     string   `yaml:"to" doc:"the last day"`
}

type commandShape struct {
	Run     []string      `yaml:"run" doc:"the program, by its whole path, and what it is given; there is no shell"`
	Every   time.Duration `yaml:"every" doc:"between two runs of it; 30s"`
	Timeout time.Duration `yaml:"timeout" doc:"how long it may take; 10s"`
}

// Draaiboeken are the plans for an outage, with those whom they ask and tell.
type Draaiboeken struct {
	All      map[string]Draaiboek
	Language string
	Zone     *time.Location
	Teams    map[string]Team
	Duty     map[string][]draaiboek.Shift
	Commands map[string]Command
}

// Draaiboek is one plan for an outage: a whole scenario, which can be run once nothing is missing.
type Draaiboek struct {
	draaiboek.Scenario
	File    string
	Missing []string // names that draaiboeken.names does not give
}

// Command is a program whose exit code is a fact.
type Command struct {
	Run            []string
	Every, Timeout time.Duration
}

const (
	mostTeams    = 50
	mostShifts   = 500
	mostCommands = 20
)

// draaiboeken reads the plans for an outage. It comes after all that they name.
func (l *loader) draaiboeken(s draaiboekenShape, version hash.Hash) {
	out := &l.out.Draaiboeken
	*out = Draaiboeken{All: map[string]Draaiboek{}, Language: cmp.Or(s.Language, "nl"), Teams: map[string]Team{},
		Duty: map[string][]draaiboek.Shift{}, Commands: map[string]Command{}, Zone: time.UTC}
	if s.Zone != "" || homeZone[l.out.Country] != "" {
		out.Zone, _ = l.zone("draaiboeken.zone", s.Zone)
	} else if len(s.Duty) > 0 {
		l.doc.problem("draaiboeken.zone", "the zone is missing, and country %s has no usual one here; Europe/Brussels would be one", l.out.Country)
	}
	for _, id := range names(s.Teams) {
		l.team("draaiboeken.teams."+id, id, s.Teams[id])
	}
	if len(s.Teams) > mostTeams || len(s.Commands) > mostCommands {
		l.doc.problem("draaiboeken", "there are at most %d teams and %d commands", mostTeams, mostCommands)
	}
	for _, id := range names(s.Duty) {
		l.duty("draaiboeken.duty."+id, id, s.Duty[id])
	}
	for _, id := range names(s.Commands) {
		l.command("draaiboeken.commands."+id, id, s.Commands[id])
	}
	l.scenarios(l.readDraaiboeken(s, version), s.Names)
}

// readPlan is a draaiboek as it was read, with its file.
type readPlan struct {
	doc *document
	s   draaiboek.Scenario
	bad bool // it could not be read whole: it is there, so that others may run it
}

// readDraaiboeken reads the files of the settings, and the shipped ones that none of those takes the place of.
func (l *loader) readDraaiboeken(s draaiboekenShape, version hash.Hash) map[string]readPlan {
	all := map[string]readPlan{}
	for i, name := range s.Files {
		path := "draaiboeken.files[" + strconv.Itoa(i) + "]"
		for _, file := range l.flowFiles(path, l.path(name)) {
			data, err := l.read(file)
			if err != nil {
				l.doc.problem(path, "%s cannot be read: %v", file, cause(err))
				continue
			}
			version.Write(data)
			w := readDraaiboek(&document{name: file, data: data, all: l.report, order: len(l.out.Files)})
			if first, twice := all[w.s.Name]; twice && w.s.Name != "" {
				w.doc.problem("draaiboek", "%s stands in %s already; a draaiboek has one file", w.s.Name, first.doc.name)
			}
			all[w.s.Name] = w
		}
	}
	files, err := fs.Glob(shipped, "draaiboeken/*.yaml")
	if err != nil {
		panic("configs: " + err.Error()) // the pattern is ours
	}
	for _, file := range files {
		w := readDraaiboek(&document{name: "shipped " + file, data: embedded(shipped, file), all: l.report, order: 1 << 30})
		if _, own := all[w.s.Name]; !own {
			all[w.s.Name] = w
		}
	}
	return all
}

func readDraaiboek(doc *document) (w readPlan) {
	w.doc = doc
	before := len(doc.all.found)
	if doc.root = parseYAML(doc, "draaiboek, title, owner, duty and steps are what it should hold"); doc.root != nil {
		doc.decodeInto(doc.root, &w.s, "")
	}
	w.bad = doc.root == nil || len(doc.all.found) > before || doc.all.over
	return w
}

// scenarios checks them all, and makes them whole.
func (l *loader) scenarios(all map[string]readPlan, given map[string][]string) {
	w := l.world()
	used := map[string]bool{}
	checked, missing := map[string]draaiboek.Scenario{}, map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		one := all[name]
		bound := l.names(one.s, given, used)
		if one.bad {
			continue // what is missing because it could not be read is not reported twice
		}
		s, problems, lacks := draaiboek.Check(one.s, bound, w, func(run string) string {
			if _, ok := all[run]; ok {
				return ""
			}
			return fmt.Sprintf("there is no draaiboek %q%s", run, nearest.Suggest(run, names(all)))
		})
		one.doc.take(problems)
		if checked[name], missing[name] = s, lacks; len(problems) > 0 {
			delete(checked, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(checked)) {
		s, problems := draaiboek.Whole(name, checked)
		all[name].doc.take(problems)
		lacks := slices.Clone(missing[name])
		for _, step := range s.Steps {
			lacks = append(lacks, missing[step.Run]...)
		}
		slices.Sort(lacks)
		l.out.Draaiboeken.All[name] = Draaiboek{s, all[name].doc.name, slices.Compact(lacks)}
	}
	for _, name := range names(given) {
		if !used[name] {
			known := map[string]bool{}
			for _, one := range all {
				for use := range one.s.Uses {
					known[use] = true
				}
			}
			l.doc.warn("draaiboeken.names."+name, "no draaiboek uses it%s", nearest.Suggest(name, names(known)))
		}
	}
}

// names gives what the names of a scenario stand for, without those that are not there: that is said once, where they are given.
func (l *loader) names(s draaiboek.Scenario, given map[string][]string, used map[string]bool) map[string]draaiboek.Names {
	bound := map[string]draaiboek.Names{}
	for use, kind := range s.Uses {
		used[use] = true
		for i, n := range given[use] {
			at := "draaiboeken.names." + use
			if l.doc.root.get("draaiboeken").get("names").get(use).isList() {
				at += "[" + strconv.Itoa(i) + "]"
			}
			if why := l.world().Missing(draaiboek.Kind(kind), n); why != "" {
				l.doc.problem(at, "%s", why)
				delete(bound, use)
				break
			}
			bound[use] = append(bound[use], n)
		}
	}
	return bound
}

func (n *node) isList() bool { return n != nil && n.kind == sequence }

// World says what there is in these settings, for the conditions of a run.
func (f *File) World() draaiboek.World { return world{out: f} }

func (l *loader) world() world {
	w := world{out: l.out, broken: names(l.broken)}
	for path := range l.doc.unread {
		w.people = w.people || strings.HasPrefix(path, "people")
	}
	return w
}

// world says what there is, for draaiboeken.
type world struct {
	out    *File
	broken []string // flows with faults: they are there
	people bool     // not all people could be read, so nobody is said to be missing
}

func (w world) known(k draaiboek.Kind) []string {
	out := w.out
	switch k {
	case draaiboek.Group:
		var all []string
		for id, g := range out.Groups {
			if !g.Test {
				all = append(all, string(id))
			}
		}
		slices.Sort(all)
		return all
	case draaiboek.Trunk:
		return names(out.Trunks)
	case draaiboek.Flow:
		return slices.Sorted(slices.Values(append(names(out.Flows), w.broken...)))
	case draaiboek.Team:
		return names(out.Draaiboeken.Teams)
	case draaiboek.Duty:
		return names(out.Draaiboeken.Duty)
	case draaiboek.Command:
		return names(out.Draaiboeken.Commands)
	case draaiboek.Person:
		return out.everybody()
	case draaiboek.Role:
		var all []string
		for _, r := range access.Roles {
			all = append(all, string(r))
		}
		return all
	case draaiboek.Plan:
		all := map[string]bool{}
		for _, g := range out.Groups {
			for id := range g.Plans {
				all[string(id)] = true
			}
		}
		return names(all)
	case draaiboek.Target:
	}
	return nil
}

// everybody are the people of all lists: home/anna.
func (f *File) everybody() (all []string) {
	for _, list := range names(f.People) {
		for _, p := range f.People[list] {
			all = append(all, list+"/"+p.Name)
		}
	}
	return all
}

func (w world) Missing(k draaiboek.Kind, name string) string {
	known := w.known(k)
	if slices.Contains(known, name) || k == draaiboek.Person && w.people {
		return ""
	}
	return fmt.Sprintf("there is no %s %q%s", k, name, nearest.Suggest(name, known))
}

func (w world) MissingOf(group string, k draaiboek.Kind, name string) string {
	g := w.out.Groups[wissel.GroupID(group)]
	if g == nil {
		return "" // that is said of the group
	}
	if k == draaiboek.Plan {
		if _, ok := g.Plans[wissel.PlanID(name)]; ok {
			return ""
		}
		return fmt.Sprintf("group %s has no plan %q%s", group, name, nearest.Suggest(name, names(g.Plans)))
	}
	known := names(w.out.Trunks)
	for _, p := range g.Plans {
		for _, t := range p.Targets {
			if t.Flow != "" {
				known = append(known, t.String())
			}
		}
	}
	slices.Sort(known)
	if known = slices.Compact(known); slices.Contains(known, name) {
		return ""
	}
	return fmt.Sprintf("calls of group %s cannot go to %q: neither a trunk nor a flow of one of its plans%s", group, name, nearest.Suggest(name, known))
}

func (w world) Names(k draaiboek.Kind) []string { return w.known(k) }

func (w world) Plans(group string) []string {
	if g := w.out.Groups[wissel.GroupID(group)]; g != nil {
		return names(g.Plans)
	}
	return nil
}

func (w world) Reads(team string) string { return w.out.Draaiboeken.Teams[team].Reads }
