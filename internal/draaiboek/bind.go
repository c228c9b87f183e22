package draaiboek

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"wissel"
)

// binder puts names in the place of "$name", wherever a field's tag says of which kind its names are, and sees that they exist.
type binder struct {
	uses    map[string]string
	bound   map[string]Names
	world   World // nil: what exists is not asked
	faults  []wissel.Problem
	missing map[string]bool // names that the settings do not give
}

func (b *binder) fault(path, format string, args ...any) {
	b.faults = append(b.faults, wissel.Problem{Path: path, Msg: fmt.Sprintf(format, args...)})
}

// walk goes through all that has names. groups are those that a plan or a target beside them is asked of.
func (b *binder) walk(v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			b.walk(v.Elem(), path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			b.walk(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	case reflect.Struct:
		b.fields(v, path)
	default: // maps hold words, which have no names
	}
}

func (b *binder) fields(v reflect.Value, path string) {
	var groups []string
	for i := range v.NumField() { // the groups first: plans and targets are theirs
		f := v.Type().Field(i)
		key, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		at := join(path, key)
		kind := Kind(f.Tag.Get("is"))
		switch {
		case key == "-":
		case option == "inline":
			b.fields(v.Field(i), path)
		case kind == "":
			b.walk(v.Field(i), at)
		case f.Type.Kind() == reflect.Slice:
			names := b.several(v.Field(i).Interface().([]string), kind, at)
			v.Field(i).Set(reflect.ValueOf(names))
			if kind == Group {
				groups = names
			}
		default:
			v.Field(i).SetString(b.one(v.Field(i).String(), kind, groups, at))
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// several binds a list: one "$name" may stand for many.
func (b *binder) several(written []string, kind Kind, path string) (names []string) {
	for i, w := range written {
		at := fmt.Sprintf("%s[%d]", path, i)
		for _, n := range b.meant(w, kind, at) {
			switch {
			case slices.Contains(names, n):
				if !strings.HasPrefix(w, "$") { // two names of the settings may be one thing
					b.fault(at, "%s stands here already", n)
				}
			default:
				b.exists(n, kind, at)
				names = append(names, n)
			}
		}
	}
	return names
}

func (b *binder) one(written string, kind Kind, groups []string, at string) string {
	if written == "" {
		return ""
	}
	rest, prefix := written, ""
	if kind == Target {
		if flow, ok := strings.CutPrefix(written, "flow:"); ok {
			rest, prefix = flow, "flow:"
		}
	}
	names := b.meant(rest, kind, at)
	if len(names) == 0 {
		return ""
	}
	if len(names) > 1 {
		b.fault(at, "%s stands for %s, and one name is meant here", written, strings.Join(names, ", "))
		return ""
	}
	name := prefix + names[0]
	if kind != Plan && kind != Target {
		b.exists(name, kind, at)
		return name
	}
	for _, g := range groups {
		if b.world != nil && !open(g) && !open(name) {
			if why := b.world.MissingOf(g, kind, name); why != "" {
				b.fault(at, "%s", why)
				break
			}
		}
	}
	return name
}

func (b *binder) exists(name string, kind Kind, at string) {
	if b.world == nil || open(name) {
		return
	}
	if why := b.world.Missing(kind, name); why != "" {
		b.fault(at, "%s", why)
	}
}

// open reports whether a name is still to be given.
func open(name string) bool { return strings.HasPrefix(strings.TrimPrefix(name, "flow:"), "$") }

// fits are the kinds of Uses that may stand where a kind is meant.
func fits(use string, kind Kind) bool {
	return use == string(kind) || kind == Target && (use == string(Trunk) || use == string(Flow))
}

// meant gives what a name as written stands for.
func (b *binder) meant(written string, kind Kind, at string) []string {
	name, ok := strings.CutPrefix(written, "$")
	if !ok {
		return []string{written}
	}
	use, said := b.uses[name]
	switch {
	case !said:
		b.fault(at, "$%s is not under uses; say there what it is: {%s: %s}", name, name, kind)
	case !fits(use, kind):
		b.fault(at, "$%s is a %s, and a %s is meant here", name, use, kind)
	case len(b.bound[name]) == 0:
		b.missing[name] = true
		return []string{written} // as people see it until the settings give it
	default:
		return b.bound[name]
	}
	return nil
}
