package grammar

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// What a grammar may be: enough for any language.
const (
	maxFile  = 64 << 10 // bytes
	maxLines = 1000
	maxVars  = 5
	maxSpan  = 1000 // clips that one "number.{n}" stands for
	maxClips = 5000 // in all
)

// entries are the rules that Go asks for, with how many values it gives them. Others help them.
var entries = map[string]int{"number": 1, "time": 2, "clock": 2, "date": 3, "full-date": 4, "day-part": 5, "duration": 2}

var (
	nameForm  = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	clipForm  = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)
	glueForm  = regexp.MustCompile(`^([a-z0-9]+(?:[.-][a-z0-9]+)*\.)\{([a-z]+)\}$`)
	pieceForm = regexp.MustCompile(`[{\[][^{}\[\]]*[}\]]|[^\s{}\[\]]+(?:\{[^{}\[\]]*\})?`)
	termForm  = regexp.MustCompile(`^([-+/%]?)([a-z]+|[0-9]{1,6})`)
)

// Parse reads a grammar. Its form is explained at the top of the shipped ones (languages/en/grammar.txt). The error names
// the first line that cannot be read, and what is expected there.
func Parse(data []byte) (Grammar, error) {
	if len(data) > maxFile {
		return Grammar{}, fmt.Errorf("the grammar holds %d bytes, more than %d", len(data), maxFile)
	}
	p := parser{g: Grammar{rules: map[string]*rule{}}}
	lines := strings.Split(string(data), "\n")
	if len(lines) > maxLines {
		return Grammar{}, fmt.Errorf("the grammar has %d lines, more than %d", len(lines), maxLines)
	}
	for i, text := range lines {
		p.at = i + 1
		if err := p.line(strings.TrimSpace(text)); err != nil {
			return Grammar{}, fmt.Errorf("line %d of the grammar: %w", p.at, err)
		}
	}
	for _, c := range p.calls {
		switch r := p.g.rules[c.rule]; {
		case r == nil:
			return Grammar{}, fmt.Errorf("line %d of the grammar: there is no rule [%s]", c.at, c.rule)
		case len(r.vars) != c.args:
			return Grammar{}, fmt.Errorf("line %d of the grammar: [%s] takes %d values, not %d", c.at, c.rule, len(r.vars), c.args)
		}
	}
	slices.Sort(p.g.clips)
	p.g.clips = slices.Compact(p.g.clips)
	return p.g, nil
}

type parser struct {
	g     Grammar
	at    int
	phone bool
	rule  *rule // under way
	calls []call
}

// A call is a use of a rule that may stand further down.
type call struct {
	rule     string
	args, at int
}

func (p *parser) line(s string) error {
	switch {
	case s == "" || s[0] == '#':
		return nil
	case s[0] == '[':
		return p.head(s)
	case p.phone:
		found, why := parsePattern(s)
		if why != "" {
			return errors.New(why)
		}
		p.g.patterns = append(p.g.patterns, found)
		if slices.ContainsFunc(found, func(g group) bool { return g[0] == Pause }) {
			p.g.clips = append(p.g.clips, Pause)
		}
		return nil
	case p.rule == nil:
		return errors.New("stands under no rule; begin one with [number n]")
	}
	when, say, ok := strings.Cut(s, ":")
	if !ok {
		return fmt.Errorf("%q says nothing; write when it holds, a colon and the clips: \"0..9: digit.{n}\"", s)
	}
	var l line
	var err error
	if l.when, err = p.conditions(when); err == nil {
		l.say, err = p.pieces(say, l.when)
	}
	p.rule.lines = append(p.rule.lines, l)
	if err == nil && len(p.g.clips) > maxClips {
		err = fmt.Errorf("asks for more than %d clips", maxClips)
	}
	return err
}

// head begins a rule: "[time hour minute]", or "[phone]".
func (p *parser) head(s string) error {
	name, closed := strings.CutSuffix(s[1:], "]")
	words := strings.Fields(name)
	if !closed || len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return !nameForm.MatchString(w) }) {
		return fmt.Errorf("%q begins no rule; write its name and its values: [time hour minute]", s)
	}
	name, vars := words[0], words[1:]
	others := slices.Compact(slices.Sorted(slices.Values(vars)))
	if p.phone = name == "phone"; p.phone {
		if len(vars) > 0 {
			return errors.New("[phone] has patterns, not values")
		}
		return nil
	}
	if p.g.rules[name] != nil {
		return fmt.Errorf("[%s] is there already", name)
	}
	if want := entries[name]; want > 0 && len(vars) != want {
		return fmt.Errorf("[%s] takes %d values, not %d", name, want, len(vars))
	}
	if len(vars) == 0 || len(vars) > maxVars || len(others) != len(vars) {
		return fmt.Errorf("[%s] needs one to %d values, each of another name", name, maxVars)
	}
	p.rule = &rule{vars: vars}
	p.g.rules[name] = p.rule
	return nil
}

// conditions reads "any", "10..99", "minute=0", "hour=0..11 minute=30" or "n%10=1".
func (p *parser) conditions(s string) ([]condition, error) {
	if strings.TrimSpace(s) == "any" {
		return nil, nil
	}
	var all []condition
	for _, word := range strings.Fields(s) {
		left, right, ok := strings.Cut(word, "=")
		if !ok {
			if len(p.rule.vars) != 1 {
				return nil, fmt.Errorf("%q of which value? Write %s=%s", word, p.rule.vars[0], word)
			}
			left, right = p.rule.vars[0], word
		}
		value, err := p.expr(left)
		if err != nil {
			return nil, err
		}
		low, high, ranged := strings.Cut(right, "..")
		lo, errLow := strconv.ParseUint(low, 10, 20)
		hi := lo
		if ranged {
			hi = Largest
			if high != "" {
				hi, err = strconv.ParseUint(high, 10, 20)
			}
		}
		if errLow != nil || err != nil || lo > hi || hi > Largest {
			return nil, fmt.Errorf("%q is no number and no range up to %d; write 1000.., 10..99 or 5", right, Largest)
		}
		all = append(all, condition{value: value, lo: int(lo), hi: int(hi)})
	}
	if len(all) == 0 {
		return nil, errors.New("has no condition before its colon; write \"any\" for one that always holds")
	}
	return all, nil
}

// pieces reads what a line says: "{number n/100} hundred [and n%100]".
func (p *parser) pieces(s string, when []condition) ([]piece, error) {
	words := pieceForm.FindAllString(s, -1)
	if strings.TrimSpace(pieceForm.ReplaceAllString(s, "")) != "" {
		return nil, fmt.Errorf("the brackets in %q do not match", strings.TrimSpace(s))
	}
	var all []piece
	for _, w := range words {
		var one piece
		var err error
		switch m := glueForm.FindStringSubmatch(w); {
		case m != nil:
			one, err = p.glued(m[1], m[2], when)
		case w[0] == '{' && w[len(w)-1] == '}', w[0] == '[' && w[len(w)-1] == ']':
			one, err = p.call(w)
		case clipForm.MatchString(w):
			one = piece{clip: w}
			p.g.clips = append(p.g.clips, w)
		default:
			err = fmt.Errorf("%q is no clip, no {rule value} and no [rule value]", w)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return nil, errors.New("says nothing; name at least one clip")
	}
	if len(all) > maxPieces {
		return nil, fmt.Errorf("says more than %d clips", maxPieces)
	}
	return all, nil
}

// glued reads "number.{n}". The line's own conditions must bound n, so that it is known which clips there must be.
func (p *parser) glued(clip, name string, when []condition) (piece, error) {
	value, err := p.expr(name)
	if err != nil {
		return piece{}, err
	}
	for _, c := range when {
		if len(c.value) == 1 && c.value[0].index == value[0].index && c.hi-c.lo < maxSpan {
			for n := c.lo; n <= c.hi; n++ {
				if slices.ContainsFunc(when, func(other condition) bool { return other.excludes(value[0].index, n) }) {
					continue
				}
				p.g.clips = append(p.g.clips, clip+strconv.Itoa(n))
			}
			return piece{clip: clip, value: value}, nil
		}
	}
	return piece{}, fmt.Errorf("which clips are %s{%s}? Give the line a range of %s with both ends, at most %d wide", clip, name, name, maxSpan)
}

// call reads "{number n/100}", or "[number n%100]", which is left out when its first value is zero.
func (p *parser) call(w string) (piece, error) {
	name, rest, _ := strings.Cut(strings.TrimSpace(w[1:len(w)-1]), " ")
	one := piece{rule: name, optional: w[0] == '['}
	if !nameForm.MatchString(name) || name == "phone" || strings.TrimSpace(rest) == "" {
		return one, fmt.Errorf("%s names no rule and its values; write {number n/100} or {part hour}", w)
	}
	for arg := range strings.SplitSeq(rest, ",") {
		value, err := p.expr(strings.TrimSpace(arg))
		if err != nil {
			return one, err
		}
		one.args = append(one.args, value)
	}
	p.calls = append(p.calls, call{rule: name, args: len(one.args), at: p.at})
	return one, nil
}

// expr reads "n", "n/100", "30-minute", "hour+11%12+1".
func (p *parser) expr(s string) (expr, error) {
	var e expr
	for rest := s; rest != ""; {
		m := termForm.FindStringSubmatch(rest)
		if m == nil || (m[1] == "") != (len(e) == 0) || len(e) > 8 {
			return nil, fmt.Errorf("%q cannot be worked out; write values, numbers and + - / %% without spaces", s)
		}
		t := term{op: '+', index: slices.Index(p.rule.vars, m[2])}
		if m[1] != "" {
			t.op = m[1][0]
		}
		if t.index < 0 {
			n, err := strconv.Atoi(m[2])
			if err != nil {
				return nil, fmt.Errorf("there is no value %q here; there are %s", m[2], strings.Join(p.rule.vars, ", "))
			}
			t.n = n
		}
		if (t.op == '/' || t.op == '%') && t.n < 1 {
			return nil, fmt.Errorf("%q divides by something else than a number from 1", s)
		}
		e, rest = append(e, t), rest[len(m[0]):]
	}
	if len(e) == 0 {
		return nil, errors.New("a value is missing")
	}
	return e, nil
}
