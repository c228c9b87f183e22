package configs

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"wissel/internal/nearest"
)

// A reader reads itself from YAML: types that have more than one form.
type reader interface {
	read(doc *document, n *node, path string)
}

// A filler sets its own defaults before it is read over them; n is what is written.
type filler interface {
	fill(n *node)
}

var durationType = reflect.TypeFor[time.Duration]()

// decode reads n into v, a settable value, and reports everything that does not fit. What fits is read all the same, so
// that later checks say what they can; what does not is noted as unread, so that none of them takes it for left out.
func (doc *document) decode(n *node, v reflect.Value, path string) {
	if v.CanAddr() {
		if f, ok := v.Addr().Interface().(filler); ok {
			f.fill(n)
		}
		if r, ok := v.Addr().Interface().(reader); ok {
			r.read(doc, n, path)
			return
		}
	}
	if n.kind == null {
		doc.unreadable(n.line, n.col, path, "there is nothing behind this key; give it a value, or leave the key out")
		return
	}
	if v.Type() == durationType {
		doc.duration(n, v, path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		doc.decode(n, p.Elem(), path)
		v.Set(p)
	case reflect.Struct:
		doc.object(n, v, path)
	case reflect.Map:
		doc.dictionary(n, v, path)
	case reflect.Slice:
		doc.list(n, v, path)
	case reflect.String:
		if doc.want(n, scalar, path, "text") {
			v.SetString(n.text)
		}
	case reflect.Int:
		doc.integer(n, v, path)
	case reflect.Float64:
		doc.real(n, v, path)
	case reflect.Bool:
		doc.truth(n, v, path)
	default:
		panic("configs: settings hold a " + v.Type().String() + ", which cannot be read")
	}
}

// want reports whether n has the kind; if not, it says what would be right.
func (doc *document) want(n *node, k kind, path, right string) bool {
	if n.kind == k {
		return true
	}
	doc.unreadable(n.line, n.col, path, "this is %s; %s would be right", n.kind, right)
	return false
}

func (doc *document) integer(n *node, v reflect.Value, path string) {
	if !doc.want(n, scalar, path, "a whole number") {
		return
	}
	i, err := strconv.Atoi(n.text)
	if err != nil || n.quoted {
		doc.unreadable(n.line, n.col, path, "%q is no whole number; digits alone, without quotes, would be right", n.text)
		return
	}
	v.SetInt(int64(i))
}

func (doc *document) real(n *node, v reflect.Value, path string) {
	if !doc.want(n, scalar, path, "a number such as 0.1") {
		return
	}
	f, err := strconv.ParseFloat(n.text, 64)
	if err != nil || n.quoted || math.IsNaN(f) || math.IsInf(f, 0) {
		doc.unreadable(n.line, n.col, path, "%q is no number; 0.1 is one, without quotes", n.text)
		return
	}
	v.SetFloat(f)
}

func (doc *document) truth(n *node, v reflect.Value, path string) {
	if !doc.want(n, scalar, path, "true or false") {
		return
	}
	if n.quoted || n.text != "true" && n.text != "false" {
		doc.unreadable(n.line, n.col, path, "%q is neither true nor false", n.text)
		return
	}
	v.SetBool(n.text == "true")
}

func (doc *document) duration(n *node, v reflect.Value, path string) {
	if !doc.want(n, scalar, path, "a time such as 500ms, 2s or 1m30s") {
		return
	}
	d, err := parseTime(n.text)
	if err != nil {
		right := "500ms, 2s or 1m30s would be right"
		if _, e := strconv.ParseFloat(n.text, 64); e == nil {
			right = n.text + "s or " + n.text + "ms would be right"
		}
		doc.unreadable(n.line, n.col, path, "%q is no length of time with its unit; %s", n.text, right)
		return
	}
	v.SetInt(int64(d))
}

// parseTime reads a length of time as Go writes it, with whole days in front where people count in those: 7d, 1d12h.
func parseTime(s string) (time.Duration, error) {
	days, rest, ok := strings.Cut(s, "d")
	if !ok {
		return time.ParseDuration(s)
	}
	n, err := strconv.ParseUint(days, 10, 16) // 65535 days are 179 years, and fit
	if err != nil {
		return 0, err
	}
	d := time.Duration(n) * 24 * time.Hour
	if rest == "" {
		return d, nil
	}
	more, err := time.ParseDuration(rest)
	if err == nil && (more < 0 || rest[0] == '+') {
		err = errors.New("a sign inside")
	}
	return d + more, err
}

func (doc *document) list(n *node, v reflect.Value, path string) {
	items := n.items
	if n.kind == scalar && v.Type().Elem().Kind() == reflect.String {
		items = []*node{n} // a single value where a list may stand
	} else if !doc.want(n, sequence, path, "a list, as [a, b] or one item a line behind -,") {
		return
	}
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		doc.decode(item, out.Index(i), path+"["+strconv.Itoa(i)+"]")
	}
	v.Set(out)
}

func (doc *document) dictionary(n *node, v reflect.Value, path string) {
	if !doc.want(n, mapping, path, "keys and values, as {name: value},") {
		return
	}
	out := reflect.MakeMapWithSize(v.Type(), len(n.keys))
	for _, e := range n.keys {
		at := join(path, e.key)
		key := reflect.New(v.Type().Key()).Elem()
		if key.Kind() == reflect.Int {
			i, err := strconv.Atoi(e.key)
			if err != nil {
				doc.unreadable(e.line, e.col, at, "%q is no whole number", e.key)
				continue
			}
			key.SetInt(int64(i))
		} else {
			key.SetString(e.key)
		}
		value := reflect.New(v.Type().Elem()).Elem()
		doc.decode(e.value, value, at)
		out.SetMapIndex(key, value)
	}
	v.Set(out)
}

func (doc *document) object(n *node, v reflect.Value, path string) {
	fields := fieldsOf(v.Type())
	if !doc.want(n, mapping, path, "keys and values"+among(fields)) {
		return
	}
	of := func(key string) int { return slices.IndexFunc(fields, func(f field) bool { return f.key == key }) }
	for i := range n.keys {
		e := &n.keys[i]
		if of(e.key) < 0 {
			keys := make([]string, len(fields))
			for i, f := range fields {
				keys[i] = f.key
			}
			at := join(path, e.key)
			doc.fault(e.line, e.col, at, "there is no such key here%s", nearest.Suggest(e.key, keys))
			meant, near := nearest.Of(e.key, keys)
			if !near || n.get(meant) != nil {
				doc.lose(at)
				continue
			}
			e.key = meant // and what stands behind it is looked at as that
		}
		f := fields[of(e.key)]
		doc.decode(e.value, v.FieldByIndex(f.index), join(path, e.key))
	}
}

// among names the keys of a struct that has not too many.
func among(fields []field) string {
	const most = 8
	keys := make([]string, 0, most)
	for _, f := range fields[:min(len(fields), most)] {
		keys = append(keys, f.key)
	}
	if len(fields) == 0 || len(fields) > most {
		return ""
	}
	return " (" + strings.Join(keys, ", ") + ")"
}

// field is one key of a struct.
type field struct {
	key   string
	doc   string // what it means, for the schema
	index []int
	typ   reflect.Type
}

// known keeps what fieldsOf found: a hundred thousand numbers have the same fields.
var known sync.Map // of reflect.Type to []field

// fieldsOf lists the keys of a struct by its yaml tags, those of inline structs among them.
func fieldsOf(t reflect.Type) []field {
	if f, ok := known.Load(t); ok {
		return f.([]field)
	}
	f := lookUpFields(t)
	known.Store(t, f)
	return f
}

func lookUpFields(t reflect.Type) (out []field) {
	for f := range t.Fields() {
		key, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			for _, in := range fieldsOf(f.Type) {
				in.index = append(slices.Clone(f.Index), in.index...)
				out = append(out, in)
			}
		case key != "" && key != "-":
			out = append(out, field{key: key, doc: f.Tag.Get("doc"), index: f.Index, typ: f.Type})
		}
	}
	return out
}
