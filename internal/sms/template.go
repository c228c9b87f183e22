package sms

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
	"time"
	"unicode/utf8"
)

// Data is all that a template may say. A template names its fields with a dot before them, "{{.Number}}"; times are said by
// one of the functions clock, date and daypart, "{{clock .Until}}", in the zone and the language of the caller.
type Data struct {
	Group   string     // what callers know the line as
	Number  string     // of the group, as callers know it
	Hours   string     // of its desk, in words
	Message string     // the approved words of the outage; empty: there are none
	Status  string     // where the public page is; empty: nowhere
	Place   int        // which one the caller is in the order of callbacks, from 1; 0: he is in none
	Until   *time.Time // when the outage is expected to be over; nil: nobody says
	Next    *time.Time // when there is news again; nil: nobody says
	Turn    *time.Time // when his callback is due; nil: nobody says
}

// Words is how a language writes days. Spoken makes one of the grammar of the voices.
type Words interface {
	Date(t time.Time) string          // "woensdag 3 juni"
	DayPart(at, now time.Time) string // "vanmiddag"
}

// sort is what a field is.
type sort uint8

const (
	words sort = iota + 1
	count
	moment
)

// fields are those of Data that a template may name.
var fields = map[string]sort{
	"Group": words, "Number": words, "Hours": words, "Message": words, "Status": words, "Place": count, "Until": moment, "Next": moment, "Turn": moment,
}

// functions are those that a template may call, with what they take.
var functions = map[string]sort{
	"clock": moment, "date": moment, "daypart": moment,
	"eq": count, "ne": count, "lt": count, "le": count, "gt": count, "ge": count, "and": 0, "or": 0, "not": 0,
}

// A TemplateFault is what is wrong with a template, and where.
type TemplateFault struct {
	Line, Col int // from 1; a column is a character
	Msg       string
}

func (f TemplateFault) String() string { return fmt.Sprintf("%d:%d: %s", f.Line, f.Col, f.Msg) }

// Template is a text of one kind in one language.
type Template struct {
	source string
	words  Words
	tree   *parse.Tree
}

// Parse reads a template and tries it: with each of its optional fields there and not, it must give a text that the rules let
// through. A field or function that there is not is a fault wherever it stands.
func Parse(source string, w Words, r Rules, samples ...Data) (*Template, []TemplateFault) {
	t := &Template{source: source, words: w, tree: parse.New("text")}
	t.tree.Mode = parse.SkipFuncCheck
	if !utf8.ValidString(source) {
		return nil, []TemplateFault{{1, 1, ErrNotUTF8.Error()}}
	}
	sets := map[string]*parse.Tree{}
	if _, err := t.tree.Parse(source, "", "", sets); err != nil {
		return nil, []TemplateFault{t.syntax(err)}
	}
	if len(sets) > 1 || t.tree.Root == nil {
		return nil, []TemplateFault{{1, 1, "a template within a template is not for texts"}}
	}
	v := &visitor{t: t}
	v.list(t.tree.Root)
	if len(v.faults) > 0 {
		return nil, v.faults
	}
	return t.try(r, samples)
}

var lineOf = regexp.MustCompile(`^template: text:(\d+): (.*)`)

func (t *Template) syntax(err error) TemplateFault {
	f := TemplateFault{Line: 1, Col: 1, Msg: err.Error()}
	if m := lineOf.FindStringSubmatch(err.Error()); m != nil {
		f.Line, _ = strconv.Atoi(m[1])
		f.Msg = m[2]
	}
	if lines := strings.Split(t.source, "\n"); f.Line <= len(lines) { // the library names the line alone
		if at := strings.Index(lines[f.Line-1], "{{"); at >= 0 {
			f.Col = utf8.RuneCountInString(lines[f.Line-1][:at]) + 1
		}
	}
	return f
}

// try renders every sample with each set of its optional fields.
func (t *Template) try(r Rules, samples []Data) (*Template, []TemplateFault) {
	now := time.Date(2026, 9, 30, 22, 45, 0, 0, time.UTC) // a long day of a long month
	later := now.Add(13 * time.Hour)
	if len(samples) == 0 {
		samples = []Data{{Group: "Klantenservice", Number: "0800-1234", Hours: "maandag tot en met vrijdag van 8:00 tot 17:00 uur", Message: "Er is een storing.", Place: 128}}
	}
	var faults []TemplateFault
	seen := map[string]bool{}
	for _, sample := range samples {
		for set := range 64 {
			d := sample
			for bit, clear := range []func(){
				func() { d.Message = "" }, func() { d.Place = 0 }, func() { d.Status = "" }, func() { d.Until = nil }, func() { d.Next = nil }, func() { d.Turn = nil },
			} {
				if set&(1<<bit) == 0 {
					clear()
				} else if bit >= 3 {
					*[]**time.Time{&d.Until, &d.Next, &d.Turn}[bit-3] = &later
				}
			}
			for _, f := range t.fits(d, r, now) {
				if !seen[f.String()] {
					seen[f.String()] = true
					faults = append(faults, f)
				}
			}
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return t, nil
}

func (t *Template) fits(d Data, r Rules, now time.Time) (faults []TemplateFault) {
	text, err := t.Text(d, now)
	if err != nil {
		return []TemplateFault{ran(err)}
	}
	if _, _, err := Split(text, 0); err != nil {
		faults = append(faults, TemplateFault{1, 1, fmt.Sprintf("with some of its fields empty or full: %v", err)})
	}
	r.Mine = append(r.Mine, d.Number)
	for _, msg := range r.Check(text) {
		faults = append(faults, TemplateFault{1, 1, msg})
	}
	return faults
}

// Text gives the text for a caller; now and the times of d are in his zone. White space at its ends is dropped, and lines that
// are left empty become one at most. It never runs away: what is longer than MaxParts is an error.
func (t *Template) Text(d Data, now time.Time) (string, error) {
	some := func(f func(time.Time) string) func(*time.Time) (string, error) {
		return func(at *time.Time) (string, error) {
			if at == nil {
				return "", fmt.Errorf("a time may be unknown: put it between {{if}} and {{end}}")
			}
			return f(at.In(now.Location())), nil
		}
	}
	run, err := template.New("text").Funcs(template.FuncMap{
		"clock":   some(func(at time.Time) string { return at.Format("15:04") }),
		"date":    some(t.words.Date),
		"daypart": some(func(at time.Time) string { return t.words.DayPart(at, now) }),
	}).AddParseTree("text", t.tree)
	if err != nil {
		return "", err
	}
	var out bounded
	if err := run.Execute(&out, d); err != nil {
		return "", err
	}
	text := strings.TrimSpace(out.b.String())
	for strings.Contains(text, "\n\n\n") {
		text = strings.ReplaceAll(text, "\n\n\n", "\n\n")
	}
	return text, nil
}

var ranAt = regexp.MustCompile(`^template: text:(\d+):(\d+): (?:executing "text" at )?(.*)`)

// ran is the fault of a template that did not run; the library counts columns in bytes and from 0.
func ran(err error) TemplateFault {
	m := ranAt.FindStringSubmatch(err.Error())
	if m == nil {
		return TemplateFault{1, 1, err.Error()}
	}
	line, _ := strconv.Atoi(m[1])
	col, _ := strconv.Atoi(m[2])
	return TemplateFault{line, col + 1, m[3]}
}

// bounded refuses more than any text holds.
type bounded struct{ b strings.Builder }

func (w *bounded) Write(p []byte) (int, error) {
	if w.b.Len()+len(p) > 160*MaxParts*4 {
		return 0, ErrTooLong
	}
	return w.b.Write(p)
}
