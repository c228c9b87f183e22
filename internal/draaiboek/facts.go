package draaiboek

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"wissel"
	"wissel/internal/condition"
)

// Facts are what conditions compare: "health.genesys == 'down' and answers.sure == 'yes'". A name that is bound by Uses may stand in the
// place of a trunk's, a group's or a command's.
type Facts struct {
	Health   map[string]string // of each trunk: up, suspect, down, unknown
	Plan     map[string]string // of each group: the one in force
	Calls    map[string]int    // of each group: calls that are up
	Command  map[string]int    // of each command: its exit code, -1 when it gave none
	Answers  map[string]string // of each ask of the scenario; "" when it was not asked
	Crowd    bool              // more callers than there is room for
	Ours     bool              // all that fails is taken for our own fault
	Networks bool              // our own network reaches out (the self-check)
	Now      time.Time         // in the zone of the settings
}

// catalogue is what a scenario's conditions may name, with the values that each can have.
type catalogue struct {
	trunks, groups, commands map[string]string // name as written to the real one
	plans                    map[string][]string
	answers                  map[string][]string // values; nil: words
}

func (s Scenario) catalogue(w World, bound map[string]Names) catalogue {
	c := catalogue{map[string]string{}, map[string]string{}, map[string]string{}, map[string][]string{}, map[string][]string{}}
	of := map[Kind]map[string]string{Trunk: c.trunks, Group: c.groups, Command: c.commands}
	for kind, all := range of {
		if w != nil {
			for _, n := range w.Names(kind) {
				all[n] = n
			}
		}
	}
	for name, use := range s.Uses {
		if all := of[Kind(use)]; all != nil {
			switch b := bound[name]; len(b) {
			case 0:
				all[name] = ""
			case 1:
				all[name] = b[0]
			} // of several, none can be meant
		}
	}
	for name, real := range c.groups {
		if w != nil && real != "" {
			c.plans[name] = w.Plans(real)
		}
	}
	for _, step := range s.Steps {
		if step.Ask == nil {
			continue
		}
		values := []string(nil)
		for _, choice := range step.Ask.Choices {
			values = append(values, choice.Name)
		}
		c.answers[step.Name] = values
	}
	return c
}

// env makes the struct that conditions are typed against, filled from facts.
func (c catalogue) env(f Facts) any {
	names := func(of map[string]string, t reflect.Type, tag func(string) string, value func(string) any) reflect.Value {
		keys := slices.Sorted(maps.Keys(of))
		fields := make([]reflect.StructField, len(keys))
		for i, k := range keys {
			fields[i] = reflect.StructField{Name: "F" + strconv.Itoa(i), Type: t, Tag: reflect.StructTag(`expr:` + strconv.Quote(k) + tag(k))}
		}
		v := reflect.New(reflect.StructOf(fields)).Elem()
		for i, k := range keys {
			v.Field(i).Set(reflect.ValueOf(value(of[k])))
		}
		return v
	}
	text, number := reflect.TypeFor[string](), reflect.TypeFor[int]()
	plain := func(string) string { return "" }
	values := func(all []string) string { return ` values:` + strconv.Quote(strings.Join(all, " ")) }
	asks := map[string]string{}
	for k := range c.answers {
		asks[k] = k
	}
	parts := []struct {
		name string
		v    reflect.Value
	}{
		{"health", names(c.trunks, text, func(string) string { return values([]string{"up", "suspect", "down", "unknown"}) }, func(n string) any { return f.Health[n] })},
		{"plan", names(c.groups, text, func(k string) string { return values(c.plans[k]) }, func(n string) any { return f.Plan[n] })},
		{"calls", names(c.groups, number, plain, func(n string) any { return f.Calls[n] })},
		{"command", names(c.commands, number, plain, func(n string) any { return f.exit(n) })},
		{"answers", names(asks, text, func(k string) string { return values(c.answers[k]) }, func(n string) any { return f.Answers[n] })},
		{"crowd", reflect.ValueOf(f.Crowd)}, {"ours", reflect.ValueOf(f.Ours)}, {"network", reflect.ValueOf(f.Networks)},
		{"time", reflect.ValueOf(momentOf(f.Now))},
	}
	fields := make([]reflect.StructField, len(parts))
	for i, p := range parts {
		fields[i] = reflect.StructField{Name: "P" + strconv.Itoa(i), Type: p.v.Type(), Tag: reflect.StructTag(`expr:` + strconv.Quote(p.name))}
	}
	v := reflect.New(reflect.StructOf(fields)).Elem()
	for i, p := range parts {
		v.Field(i).Set(p.v)
	}
	return v.Interface()
}

func (f Facts) exit(name string) int {
	if code, ok := f.Command[name]; ok {
		return code
	}
	return -1
}

type moment struct {
	Weekday string `expr:"weekday" values:"monday tuesday wednesday thursday friday saturday sunday"`
	Hour    int    `expr:"hour"`
	Minute  int    `expr:"minute"`
	Date    string `expr:"date"`
}

func momentOf(t time.Time) moment {
	return moment{strings.ToLower(t.Weekday().String()), t.Hour(), t.Minute(), t.Format(time.DateOnly)}
}

// checkCondition types one condition.
func (c catalogue) check(path, source string) []wissel.Problem {
	_, err := condition.Compile(source, c.env(Facts{}))
	var fault *condition.Fault
	if errors.As(err, &fault) {
		return []wissel.Problem{{Path: path, Msg: fault.Msg, Offset: fault.Offset}}
	}
	return nil
}

// Holds judges a condition of a step of a whole scenario against facts; In is the step's. It says what it went by: "health.genesys is
// down". The error: it names what is no longer there, so nothing is known.
func (s Scenario) Holds(source, in string, f Facts, w World) (holds bool, evidence string, err error) {
	own := s
	own.Steps = nil
	answers := map[string]string{}
	for _, step := range s.Steps {
		if name, ok := strings.CutPrefix(step.Name, in); ok && step.In == in {
			answers[name] = f.Answers[step.Name]
			step.Name = name
			own.Steps = append(own.Steps, step)
		}
	}
	f.Answers = answers
	c := own.catalogue(w, s.Bound)
	env := c.env(f)
	cond, err := condition.Compile(source, env)
	if err != nil {
		return false, "", fmt.Errorf("judge %q: %w", source, err)
	}
	return cond.Eval(env), c.told(source, f), nil
}

var factName = regexp.MustCompile(`\b(health|plan|calls|command|answers)(?:\.([a-zA-Z0-9_]+)|\[["']([^"']+)["']\])|\b(crowd|ours|network|time)\b`)

// told says the facts that a condition names.
func (c catalogue) told(source string, f Facts) string {
	var all []string
	for _, m := range factName.FindAllStringSubmatch(source, -1) {
		name := m[2] + m[3]
		said := ""
		switch m[1] + m[4] {
		case "health":
			said = fmt.Sprintf("%s is %s", c.trunks[name], f.Health[c.trunks[name]])
		case "plan":
			said = fmt.Sprintf("%s is on plan %s", c.groups[name], f.Plan[c.groups[name]])
		case "calls":
			said = fmt.Sprintf("%s has %d calls", c.groups[name], f.Calls[c.groups[name]])
		case "command":
			said = fmt.Sprintf("command %s gives %d", c.commands[name], f.exit(c.commands[name]))
		case "answers":
			if said = "the answer to " + name + " is " + f.Answers[name]; f.Answers[name] == "" {
				said = name + " was not answered"
			}
		case "crowd":
			said = yesNo(f.Crowd, "there is a crowd", "there is no crowd")
		case "ours":
			said = yesNo(f.Ours, "it is taken for our own fault", "it is not our own fault")
		case "network":
			said = yesNo(f.Networks, "our network reaches out", "our network does not reach out")
		case "time":
			said = "it is " + f.Now.Format("Monday 15:04")
		}
		if !slices.Contains(all, said) {
			all = append(all, said)
		}
	}
	return strings.Join(all, ", ")
}

func yesNo(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}
