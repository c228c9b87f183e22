package sms

import (
	"fmt"
	"slices"
	"strings"
	"text/template/parse"
	"unicode/utf8"
)

// visitor walks a parsed template, and finds all in it that a text has no need of.
type visitor struct {
	t      *Template
	faults []TemplateFault
}

func (v *visitor) fault(at parse.Pos, format string, args ...any) {
	before := v.t.source[:min(int(at), len(v.t.source))]
	line := strings.Count(before, "\n") + 1
	col := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	v.faults = append(v.faults, TemplateFault{line, col, fmt.Sprintf(format, args...)})
}

func (v *visitor) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.TextNode, *parse.CommentNode:
		case *parse.ActionNode:
			v.printed(n.Pipe)
		case *parse.IfNode:
			v.value(n.Pipe)
			v.list(n.List)
			v.list(n.ElseList)
		default:
			v.fault(n.Position(), "%.20s: a text has fields, functions and {{if}} alone", n)
		}
	}
}

// printed checks what stands in the text.
func (v *visitor) printed(p *parse.PipeNode) {
	switch got := v.value(p); got {
	case moment:
		v.fault(p.Pos, "a time is written by clock, date or daypart: {{clock %s}}", p)
	case yes:
		v.fault(p.Pos, "%s is true or false, which is for {{if}}", p)
	case words, count:
	}
}

// yes is the sort of what is true or false.
const yes sort = 100

// value checks an expression and gives its sort; 0: it has a fault.
func (v *visitor) value(p *parse.PipeNode) sort {
	if len(p.Decl) > 0 || len(p.Cmds) != 1 {
		v.fault(p.Pos, "%s: no variables, and no |; a function stands before what it takes", p)
		return 0
	}
	c := p.Cmds[0]
	name, ok := c.Args[0].(*parse.IdentifierNode)
	if !ok {
		if len(c.Args) > 1 {
			v.fault(c.Pos, "%s takes nothing behind it", c.Args[0])
			return 0
		}
		return v.operand(c.Args[0])
	}
	takes, known := functions[name.Ident]
	if !known {
		v.fault(name.Pos, "there is no function %s; there are %s", name.Ident, listOf(functions))
		return 0
	}
	want := map[sort]int{moment: 1, count: 2, 0: 2}[takes]
	if name.Ident == "not" {
		want = 1
	}
	if n := len(c.Args) - 1; n != want {
		v.fault(name.Pos, "%s takes %d, not %d", name.Ident, want, n)
		return 0
	}
	for _, a := range c.Args[1:] {
		if got := v.operand(a); got != 0 && takes != 0 && got != takes {
			v.fault(a.Position(), "%s does not take %s", name.Ident, a)
		}
	}
	if takes == moment {
		return words
	}
	return yes
}

func (v *visitor) operand(n parse.Node) sort {
	switch n := n.(type) {
	case *parse.FieldNode:
		f, known := fields[n.Ident[0]]
		if !known || len(n.Ident) > 1 {
			v.fault(n.Pos, "there is no %s; there are .%s", n, strings.Join(strings.Split(listOf(fields), ", "), ", ."))
			return 0
		}
		return f
	case *parse.NumberNode:
		if n.IsInt {
			return count
		}
	case *parse.PipeNode:
		return v.value(n)
	}
	v.fault(n.Position(), "%s is neither a field nor a whole number", n)
	return 0
}

func listOf[V any](m map[string]V) string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
