package configs

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"wissel"
	"wissel/internal/callbacks"
	"wissel/internal/hours"
	"wissel/internal/nearest"
	"wissel/internal/number"
)

type deskShape struct {
	Trunk  string `yaml:"trunk" doc:"the platform that has the queue"`
	Queue  string `yaml:"queue" doc:"what is dialled there: a number or a name"`
	People string `yaml:"people" doc:"instead of a queue: a list of people"`
}

type callbacksShape struct {
	Over      []string        `yaml:"over" doc:"carriers over which telephones are rung, in order; those of the group's plans by default"`
	First     string          `yaml:"first" doc:"who is rung first: agent, or customer; agent"`
	Release   string          `yaml:"release" doc:"who lets them go: desk (as soon as it is open and can be rung) or operator (wissel callbacks release); desk"`
	Agents    int             `yaml:"agents" doc:"calls in flight at one time, at the most; 2"`
	Rate      int             `yaml:"rate" doc:"calls that begin in a second; 1"`
	Attempts  int             `yaml:"attempts" doc:"how often somebody's telephone is rung; 3"`
	Gaps      []time.Duration `yaml:"gaps" doc:"between them, each no shorter than the one before; 10m, 1h, 3h"`
	Each      time.Duration   `yaml:"each" doc:"how long one takes an agent, until that was measured; 6m"`
	Through   time.Duration   `yaml:"through" doc:"a call so long to a person's line cancels its caller's callback; 180s"`
	Horizon   time.Duration   `yaml:"horizon" doc:"by when a promise is to be kept; the end of the next day that the desk opens by default"`
	Countries []string        `yaml:"countries" doc:"whose numbers may be rung, two letters each; the settings' own country by default"`
	Kinds     []string        `yaml:"kinds" doc:"kinds of Dutch numbers that may be rung: fixed, 088 (085 too), mobile; all three by default"`
	PerNumber int             `yaml:"per_number" doc:"times a day that one number is rung; 4"`
	PerDay    int             `yaml:"per_day" doc:"calls a day in all; 500"`
	Hours     string          `yaml:"hours" doc:"when people may be rung, by our clock and by theirs; Mo-Su 09:00-21:00"`
}

// humane is when people are rung where nothing is said.
const humane = "Mo-Su 09:00-21:00"

func (s *callbacksShape) fill(*node) {
	d := callbacks.DefaultSettings()
	*s = callbacksShape{
		First: string(d.First), Release: string(d.Release), Agents: d.Agents, Rate: d.Rate, Attempts: d.Attempts, Gaps: d.Gaps, Each: d.Each, Through: d.Through,
		PerNumber: d.PerNumber, PerDay: d.PerDay, Hours: humane,
	}
}

// queueForm is what may be dialled at a platform: the user of a SIP address.
var queueForm = regexp.MustCompile(`^[A-Za-z0-9+][A-Za-z0-9+._-]{0,63}$`)

// callbacks reads how a group's callbacks are made. It comes after its hours, trunks and present numbers.
func (l *loader) callbacks(at string, g *wissel.Group, desk *deskShape, w *callbacksShape) {
	if g.Test {
		if desk != nil || w != nil {
			l.doc.problem(at+".desk", "a test line has no desk: nobody is called back from it; leave desk and callbacks out")
		}
		return
	}
	if w == nil {
		w = &callbacksShape{}
		w.fill(nil)
	}
	s := callbacks.Settings{
		First: callbacks.First(w.First), Release: callbacks.ReleaseBy(w.Release), Agents: w.Agents, Rate: w.Rate, Attempts: w.Attempts, Gaps: w.Gaps, Each: w.Each,
		Through: w.Through, Horizon: w.Horizon, PerNumber: w.PerNumber, PerDay: w.PerDay,
	}
	in := at + ".callbacks"
	l.kindsAndCountries(in, &s, w)
	l.desk(at+".desk", &s, desk)
	for i, id := range w.Over {
		l.over(fmt.Sprintf("%s.over[%d]", in, i), g, &s, wissel.TrunkID(id))
	}
	l.humane(in+".hours", g, &s, w.Hours)
	l.doc.take(s.Check(in))
	l.out.Callbacks[g.ID] = s
}

func (l *loader) kindsAndCountries(at string, s *callbacks.Settings, w *callbacksShape) {
	if s.Countries = w.Countries; w.Countries == nil {
		s.Countries = []string{l.out.Country}
	}
	for i, c := range w.Countries {
		if !number.Country(c) {
			l.doc.problem(fmt.Sprintf("%s.countries[%d]", at, i), "%q is no country we know; two capital letters such as NL or BE would be right", c)
		}
	}
	if w.Kinds == nil {
		s.Kinds = callbacks.DefaultSettings().Kinds
	}
	for i, k := range w.Kinds {
		s.Kinds = append(s.Kinds, l.kind(fmt.Sprintf("%s.kinds[%d]", at, i), k))
	}
}

// desk reads who calls back: a queue, or people.
func (l *loader) desk(at string, s *callbacks.Settings, w *deskShape) {
	if w == nil {
		return
	}
	switch {
	case w.People != "" && (w.Trunk != "" || w.Queue != ""):
		l.doc.problem(at+".people", "a desk is a queue (trunk and queue) or people, and not both")
	case w.People != "":
		staff, ok := l.out.People[w.People]
		if !ok && !l.doc.lost("people."+w.People) {
			l.doc.problem(at+".people", "there is no list of people %q%s", w.People, nearest.Suggest(w.People, names(l.out.People)))
		}
		s.People, s.Staff = w.People, staff
	case w.Trunk == "" || w.Queue == "":
		l.doc.problem(at, `a desk is a queue, {trunk: genesys, queue: "7000"}, or people, {people: home}`)
	default:
		if _, ok := l.out.Trunks[wissel.TrunkID(w.Trunk)]; ok {
			l.leads(at+".trunk", wissel.TrunkID(w.Trunk))
		} else {
			l.noTrunk(l.doc, at+".trunk", w.Trunk)
		}
		if !queueForm.MatchString(w.Queue) || number.IsEmergency(w.Queue) {
			l.doc.problem(at+".queue", "%q cannot be dialled; a number such as +31201239000, or letters, digits, dots, hyphens, are", w.Queue)
		}
		s.Trunk, s.Queue = wissel.TrunkID(w.Trunk), wissel.Number(w.Queue)
	}
}

// over reads a carrier over which telephones are rung.
func (l *loader) over(at string, g *wissel.Group, s *callbacks.Settings, id wissel.TrunkID) {
	t, ok := l.out.Trunks[id]
	switch {
	case !ok:
		l.noTrunk(l.doc, at, string(id))
	case t.Role == wissel.Platform:
		l.doc.problem(at, "%s is a platform, and telephones are rung over a carrier", id)
	case !l.leads(at, id):
	case slices.Contains(s.Over, id):
		l.doc.problem(at, "%s stands here already", id)
	default:
		if _, shown := g.Present[id]; !shown {
			l.doc.warn(at, "group %s shows no number over %s, so who is called back sees none and may not answer; put %s under groups.%s.present", g.ID, id, id, g.ID)
		}
		s.Over = append(s.Over, id)
	}
}

// humane reads when people may be rung; a public holiday is a day like another to them.
func (l *loader) humane(at string, g *wissel.Group, s *callbacks.Settings, written string) {
	s.Zone = time.UTC
	if h, ok := g.Hours.(*hours.Hours); ok {
		s.Zone = h.Zone()
	}
	h, problems := hours.New(hours.Settings{Open: written, Zone: s.Zone, NoHolidays: true}, at)
	for _, p := range problems {
		p.Path = at
		l.doc.take([]wissel.Problem{p})
	}
	if h != nil {
		s.Humane = func(zone *time.Location) wissel.Schedule { return h.In(zone) }
	}
}
