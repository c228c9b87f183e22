package ivr

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Edged gives the flow with a step between each step and each that may follow it, which notes a choice: what a walk chose then
// tells which ways it took. ways says which way a choice is: "menu: menu.keys.1 to text".
func (p *Program) Edged() (q *Program, ways map[string]string) {
	next := *p
	next.steps, ways = maps.Clone(p.steps), map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(p.steps)) {
		n, exits := p.steps[name], p.steps[name].exits()
		for _, exit := range slices.Sorted(maps.Keys(exits)) {
			way := fmt.Sprintf("way-%d", len(ways))
			ways[way] = fmt.Sprintf("%s: %s to %s", name, exit, exits[exit])
			next.steps[way] = Node{Set: &Setting{Name: way, Value: "taken", Next: exits[exit]}}
			n = n.rerouted(exit, way)
		}
		next.steps[name] = n
	}
	return &next, ways
}

// Lists gives what each step may say: ids by its name.
func (p *Program) Lists() map[string][]string {
	all := map[string][]string{}
	for name, n := range p.steps {
		if n.Language != nil && n.Language.Ask == "other" {
			continue
		}
		for _, ids := range n.prompts() {
			all[name] = append(all[name], ids...)
		}
	}
	return all
}

// rerouted gives the node with one of its exits leading elsewhere.
func (n Node) rerouted(exit, to string) Node {
	kind, rest, _ := strings.Cut(exit, ".")
	step := tagged(reflect.ValueOf(&n).Elem(), kind)
	if rest == "" {
		step.SetString(to)
		return n
	}
	own := reflect.New(step.Type().Elem())
	own.Elem().Set(step.Elem())
	step.Set(own)
	at := own.Elem()
	switch name, key, _ := strings.Cut(rest, "."); {
	case name == "keys":
		keys := maps.Clone(tagged(at, name).Interface().(map[string]string))
		keys[key] = to
		tagged(at, name).Set(reflect.ValueOf(keys))
	case strings.HasPrefix(name, "cases["):
		i, err := strconv.Atoi(strings.Trim(name[len("cases"):], "[]"))
		if err != nil {
			panic(err)
		}
		cases := slices.Clone(tagged(at, "cases").Interface().([]Case))
		cases[i].Next = to
		tagged(at, "cases").Set(reflect.ValueOf(cases))
	default:
		tagged(at, name).SetString(to)
	}
	return n
}

// tagged is the field of a struct that YAML has under a name.
func tagged(v reflect.Value, name string) reflect.Value {
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag.Get("yaml")
		if tag == name {
			return v.Field(i)
		}
		if strings.HasSuffix(tag, ",inline") {
			if f := tagged(v.Field(i), name); f.IsValid() {
				return f
			}
		}
	}
	return reflect.Value{}
}
