// Package condition reads the conditions that people write into flows: "caller.kind == 'mobile' and not hours.open".
// A condition is typed when it is read, against a struct of facts; it compares, and it can neither call, loop nor compute
// at length. It does no I/O. Package ivr compiles and asks conditions.
package condition

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// The most that one condition may be.
const (
	maxSource = 300 // bytes
	maxNodes  = 100 // names, values and operators
	maxMemory = 1000
)

// A Fault says what is wrong with a condition, and where.
type Fault struct {
	Offset int // characters of the source in front of the place
	Msg    string
}

func (f *Fault) Error() string { return f.Msg }

// Condition is a condition that has been read. The zero Condition is never true. It may be asked by many at one time.
type Condition struct {
	source  string
	program *vm.Program
	faults  *atomic.Uint64
	uses    []string // facts, by their first name: "caller" of caller.kind
}

// Compile reads a condition over the facts in env, a struct whose fields carry their names in tags: `expr:"open"`. A field of
// text that has few values lists them in another: `values:"fixed mobile"`; comparing it with anything else is a fault. What a
// condition may hold: names, numbers, text in quotes, true and false, lists of those, and, or, not, ==, !=, <, <=, >, >=, in,
// contains, startsWith, endsWith, + and -. The error is a *Fault.
func Compile(source string, env any) (Condition, error) {
	if strings.TrimSpace(source) == "" {
		return Condition{}, &Fault{Msg: "is empty; write a condition such as: hours.open and not crowd"}
	}
	if len(source) > maxSource || !utf8.ValidString(source) {
		return Condition{}, &Fault{Msg: fmt.Sprintf("is longer than %d bytes, or no text", maxSource)}
	}
	tree, err := parser.Parse(source)
	if err != nil {
		return Condition{}, faultOf(err)
	}
	j := &judge{env: reflect.TypeOf(env)}
	ast.Walk(&tree.Node, j)
	if j.fault != nil {
		return Condition{}, j.fault
	}
	program, err := expr.Compile(source, expr.Env(env), expr.AsBool(), expr.DisableAllBuiltins(), expr.MaxNodes(maxNodes))
	if err != nil {
		return Condition{}, faultOf(err)
	}
	return Condition{source, program, new(atomic.Uint64), j.uses}, nil
}

// faultOf puts an error of the library's in our words: the first line, and the place.
func faultOf(err error) *Fault {
	var e *file.Error
	if !errors.As(err, &e) {
		msg, _, _ := strings.Cut(err.Error(), "\n")
		return &Fault{Msg: msg}
	}
	msg := e.Message
	if m := missing.FindStringSubmatch(msg); m != nil {
		msg = fmt.Sprintf("there is no fact %q", m[1])
	} else if msg == "unexpected token EOF" {
		msg = "it ends where a value should follow, or a bracket is not closed"
	}
	return &Fault{Offset: e.From, Msg: msg}
}

// missing is how the library says that a name is not there; it names types of ours, which tell nobody anything.
var missing = regexp.MustCompile(`^(?:unknown name|type .+ has no field) (\S+)`)

// String is the condition as it was written.
func (c Condition) String() string { return c.source }

// Uses reports whether the condition asks about a fact, or about a field of it: "caller" of "caller.kind == 'mobile'".
func (c Condition) Uses(fact string) bool { return slices.Contains(c.uses, fact) }

// Eval reports whether the condition holds of the facts, which have the type it was compiled with. It never panics: what
// cannot be judged does not hold, and is counted.
func (c Condition) Eval(env any) bool {
	if c.program == nil {
		return false
	}
	machine := vm.VM{MemoryBudget: maxMemory}
	got, err := machine.Run(c.program, env) // it recovers its own panics
	holds, ok := got.(bool)
	if err != nil || !ok {
		c.faults.Add(1)
		return false
	}
	return holds
}

// Faults is how often the condition could not be judged.
func (c Condition) Faults() uint64 {
	if c.faults == nil {
		return 0
	}
	return c.faults.Load()
}

// judge lets through what a condition may hold, and keeps the first thing that it may not.
type judge struct {
	env   reflect.Type
	fault *Fault
	uses  []string
}

var operators = []string{"or", "||", "and", "&&", "==", "!=", "<", "<=", ">", ">=", "in", "contains", "startsWith", "endsWith", "+", "-"}

// Visit implements ast.Visitor.
func (j *judge) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		j.uses = append(j.uses, n.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode:
	case *ast.UnaryNode: // not, !, + and -
	case *ast.ArrayNode:
	case *ast.MemberNode:
		if _, named := n.Property.(*ast.StringNode); !named || n.Method || n.Optional {
			j.say(n, "only a name may stand behind a point or in brackets")
		}
	case *ast.BinaryNode:
		if !slices.Contains(operators, n.Operator) {
			j.say(n, "%q may not stand in a condition; use %s", n.Operator, strings.Join(operators, " "))
			return
		}
		if slices.Contains([]string{"==", "!=", "in"}, n.Operator) {
			j.values(n.Left, n.Right)
			j.values(n.Right, n.Left)
		}
	default:
		j.say(n, "a condition only compares; it has no functions, choices or loops")
	}
}

func (j *judge) say(n ast.Node, format string, args ...any) {
	if j.fault == nil {
		j.fault = &Fault{Offset: n.Location().From, Msg: fmt.Sprintf(format, args...)}
	}
}

// values checks texts that a fact is compared with against those it can have.
func (j *judge) values(fact, with ast.Node) {
	allowed := strings.Fields(j.tag(fact))
	if len(allowed) == 0 {
		return
	}
	all := []ast.Node{with}
	if list, ok := with.(*ast.ArrayNode); ok {
		all = list.Nodes
	}
	for _, one := range all {
		if s, ok := one.(*ast.StringNode); ok && !slices.Contains(allowed, s.Value) {
			j.say(s, "%q is never so; it is one of %s", s.Value, strings.Join(allowed, ", "))
		}
	}
}

// tag gives the values that a fact lists: "caller.kind" is field kind of field caller.
func (j *judge) tag(fact ast.Node) string {
	f, _ := j.field(fact)
	return f.Tag.Get("values")
}

func (j *judge) field(fact ast.Node) (reflect.StructField, bool) {
	in, name := j.env, ""
	switch n := fact.(type) {
	case *ast.IdentifierNode:
		name = n.Value
	case *ast.MemberNode:
		above, ok := j.field(n.Node)
		property, named := n.Property.(*ast.StringNode)
		if !ok || !named {
			return reflect.StructField{}, false
		}
		in, name = above.Type, property.Value
	default:
		return reflect.StructField{}, false
	}
	if in == nil || in.Kind() != reflect.Struct {
		return reflect.StructField{}, false
	}
	for i := range in.NumField() {
		if f := in.Field(i); f.Tag.Get("expr") == name {
			return f, true
		}
	}
	return reflect.StructField{}, false
}
