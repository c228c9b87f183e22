package grammar

import (
	"slices"
	"strconv"
)

// What saying one value may cost at most; a grammar that wants more is one that goes in a circle.
const (
	maxDepth  = 16
	maxPieces = 64
	maxSteps  = 1000
)

// A rule says the values of its variables with the first line whose conditions hold.
type rule struct {
	vars  []string
	lines []line
}

type line struct {
	when []condition
	say  []piece
}

// A condition holds when the value lies in lo to hi.
type condition struct {
	value  expr
	lo, hi int
}

// A piece is a clip ("hundred"), a clip with a variable's value at its end ("number.{n}"), or what another rule says of
// some values ("{number n/100}"), left out when the first of them is zero if optional ("[number n%100]").
type piece struct {
	clip     string
	value    expr // with clip: appended to it
	rule     string
	args     []expr
	optional bool
}

// An expr is worked out from left to right: "hour+11%12+1" is ((hour+11)%12)+1. The zero expr is none.
type expr []term

type term struct {
	op    byte // '+', '-', '/', '%'; the first term's is '+'
	index int  // of a variable; -1: the constant n
	n     int
}

func (e expr) value(vars []int) int {
	v := 0
	for _, t := range e {
		n := t.n
		if t.index >= 0 {
			n = vars[t.index]
		}
		switch t.op {
		case '+':
			v += n
		case '-':
			v -= n
		case '/':
			v /= n // parse lets only constants from 1 through
		case '%':
			v %= n
		}
	}
	return v
}

// A speech is one value being said.
type speech struct {
	g     Grammar
	ids   []string
	steps int
}

// say gives the clips for values; false: the grammar has no words for them.
func (g Grammar) say(name string, values ...int) ([]string, bool) {
	s := speech{g: g}
	ok := s.rule(name, values, 0)
	return s.ids, ok && len(s.ids) > 0
}

func (s *speech) rule(name string, values []int, depth int) bool {
	r := s.g.rules[name]
	s.steps++
	if r == nil || len(r.vars) != len(values) || depth > maxDepth || s.steps > maxSteps {
		return false
	}
	for _, l := range r.lines {
		if !slices.ContainsFunc(l.when, func(c condition) bool { return !c.holds(values) }) {
			return s.line(l, values, depth)
		}
	}
	return false
}

func (c condition) holds(values []int) bool {
	v := c.value.value(values)
	return v >= c.lo && v <= c.hi
}

// excludes reports that the condition cannot hold while the variable is n, whatever the others are.
func (c condition) excludes(variable, n int) bool {
	values := make([]int, maxVars)
	for _, t := range c.value {
		if t.index >= 0 && t.index != variable {
			return false
		}
	}
	values[variable] = n
	return !c.holds(values)
}

func (s *speech) line(l line, values []int, depth int) bool {
	for _, p := range l.say {
		switch {
		case p.rule == "" && p.value == nil:
			s.ids = append(s.ids, p.clip)
		case p.rule == "":
			s.ids = append(s.ids, p.clip+strconv.Itoa(p.value.value(values)))
		default:
			args := make([]int, len(p.args))
			for i, e := range p.args {
				args[i] = e.value(values)
			}
			if p.optional && args[0] == 0 {
				continue
			}
			if !s.rule(p.rule, args, depth+1) {
				return false
			}
		}
		if len(s.ids) > maxPieces {
			return false
		}
	}
	return true
}
