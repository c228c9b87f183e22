package webtext

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// build writes the body of a request: a form, or JSON in which each path is made of objects and lists.
func build(r Request, text func(string) string) (string, error) {
	if r.As == "form" {
		form := url.Values{}
		for k, v := range r.Fields {
			form.Set(k, text(v))
		}
		for k, v := range r.Numbers {
			form.Set(k, strconv.Itoa(v))
		}
		return form.Encode(), nil
	}
	leaves := map[string]any{}
	for k, v := range r.Fields {
		leaves[k] = text(v)
	}
	for k, v := range r.Numbers {
		leaves[k] = v
	}
	tree, err := grow(leaves)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(tree)
	return string(b), err
}

// grow makes a tree of the leaves at their paths.
func grow(leaves map[string]any) (any, error) {
	if leaf, ok := leaves[""]; ok && len(leaves) == 1 {
		return leaf, nil
	}
	under := map[string]map[string]any{}
	for path, leaf := range leaves {
		head, rest, _ := strings.Cut(path, ".")
		if head == "" {
			return nil, errors.New("a path ends where another goes on, or has an empty part")
		}
		if under[head] == nil {
			under[head] = map[string]any{}
		}
		under[head][rest] = leaf
	}
	object, list := map[string]any{}, make([]any, len(under))
	isList := true
	for head, below := range under {
		child, err := grow(below)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", head, err)
		}
		object[head] = child
		if i, err := strconv.Atoi(head); err != nil || i < 0 || i >= len(list) {
			isList = false
		} else {
			list[i] = child
		}
	}
	if isList {
		return list, nil
	}
	return object, nil
}

// tree is an answer or a receipt, read.
type tree struct {
	root any
	form url.Values
}

func parse(as string, body []byte) (tree, error) {
	if as == "form" {
		form, err := url.ParseQuery(string(body))
		return tree{form: form}, err
	}
	var t tree
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.UseNumber()
	err := d.Decode(&t.root)
	return t, err
}

// at gives the text or number at a path; empty: there is none.
func (t tree) at(path string) string {
	if t.form != nil {
		return t.form.Get(path)
	}
	if path == "" {
		return ""
	}
	now := t.root
	for _, part := range strings.Split(path, ".") {
		switch n := now.(type) {
		case map[string]any:
			now = n[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(n) {
				return ""
			}
			now = n[i]
		default:
			return ""
		}
	}
	switch n := now.(type) {
	case string:
		return n
	case json.Number:
		return n.String()
	case bool:
		return strconv.FormatBool(n)
	}
	return ""
}

// signed is what a signature over an address and a form is made of.
func signed(address string, form url.Values) string {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	sort.Strings(names)
	var b strings.Builder
	b.WriteString(address)
	for _, name := range names {
		all := slices.Clone(form[name])
		sort.Strings(all)
		for _, v := range slices.Compact(all) {
			b.WriteString(name + v)
		}
	}
	return b.String()
}
