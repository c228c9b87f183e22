package configs

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"wissel"
)

// Located is a problem with its place in a file.
type Located struct {
	wissel.Problem
	File    string `json:"file"`
	Line    int    `json:"line"` // from 1
	Col     int    `json:"col"`  // from 1, in characters
	Source  string `json:"-"`    // the line, without secrets and control characters, cut to a window
	Caret   int    `json:"-"`    // characters in front of the caret in Source
	Warning bool   `json:"warning,omitempty"`

	order int // of the file
}

// String is "file:line:col: key: what is wrong, what would be right", the line, and a caret under the place.
func (l Located) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", l.File, l.Line, l.Col)
	if l.Warning {
		b.WriteString("warning: ")
	}
	if l.Path != "" {
		b.WriteString(l.Path + ": ")
	}
	b.WriteString(l.Msg)
	if l.Source != "" {
		number := fmt.Sprintf("%5d", l.Line)
		fmt.Fprintf(&b, "\n%s | %s\n%s | %s^", number, l.Source, strings.Repeat(" ", len(number)), strings.Repeat(" ", l.Caret))
	}
	return b.String()
}

// Faults is the error of settings that cannot be used: every fault at once, and the warnings there are beside them.
type Faults struct {
	Faults   []Located
	Warnings []Located
}

func (f *Faults) Error() string {
	var b strings.Builder
	for _, p := range f.Faults {
		b.WriteString(p.String() + "\n")
	}
	for _, p := range f.Warnings {
		b.WriteString(p.String() + "\n")
	}
	if len(f.Faults) == 1 {
		b.WriteString("1 fault in the settings")
	} else {
		fmt.Fprintf(&b, "%d faults in the settings", len(f.Faults))
	}
	return b.String()
}

// document is one file while it is being read.
type document struct {
	name  string
	data  []byte
	root  *node
	lines []string
	order int // among the files of one load
	trail []step
	all   *report
	bad   map[string]bool // key paths with a fault: one fault a path is enough, and the first is the cause

	unread map[string]bool // key paths of what is written and could not be read: it counts as given
}

// report collects the problems of all documents of one load.
type report struct {
	found []Located
	over  bool // more were found than are kept
}

// maxProblems are kept and printed; a file of the wrong sort altogether has a problem on every line.
const maxProblems = 200

func (r *report) add(l Located) {
	if len(r.found) >= maxProblems {
		r.over = true
		return
	}
	r.found = append(r.found, l)
}

// split gives faults and warnings, each in the order of the files.
func (r *report) split() (faults, warnings []Located) {
	for _, p := range r.found {
		if p.Warning {
			warnings = append(warnings, p)
		} else {
			faults = append(faults, p)
		}
	}
	byPlace := func(a, b Located) int {
		return cmp.Or(a.order-b.order, a.Line-b.Line, a.Col-b.Col)
	}
	slices.SortStableFunc(faults, byPlace)
	slices.SortStableFunc(warnings, byPlace)
	if n := len(faults); n > 0 && r.over {
		last := faults[n-1]
		faults = append(faults, Located{File: last.File, Line: last.Line, Col: last.Col, Problem: wissel.Problem{Msg: "there are more; these come first"}})
	}
	return faults, warnings
}

// fault reports a problem at a place.
func (doc *document) fault(line, col int, path, format string, args ...any) {
	doc.report(line, col, false, wissel.Problem{Path: path, Msg: fmt.Sprintf(format, args...)})
}

// unreadable is fault for what counts as given, though nobody knows what was meant.
func (doc *document) unreadable(line, col int, path, format string, args ...any) {
	doc.lose(path)
	doc.fault(line, col, path, format, args...)
}

// lose notes that what is written at a key path is not known.
func (doc *document) lose(path string) {
	if doc.unread == nil {
		doc.unread = map[string]bool{}
	}
	if len(doc.unread) < 2*maxProblems { // no more problems than that are reported
		doc.unread[path] = true
	}
}

// lost reports whether what is written at a key path, or around it, could not be read.
func (doc *document) lost(path string) bool {
	if len(doc.unread) == 0 {
		return false
	}
	for ; path != ""; path = path[:max(0, strings.LastIndexAny(path, ".["))] {
		if doc.unread[path] {
			return true
		}
	}
	return false
}

// problem reports a fault by its key path; warn does so with a warning. What is wrong with a whole is held back while one of
// its parts cannot be read.
func (doc *document) problem(path, format string, args ...any) {
	doc.inside(wissel.Problem{Path: path, Msg: fmt.Sprintf(format, args...)})
}

// inside reports a fault that may lie inside the text at its path.
func (doc *document) inside(problem wissel.Problem) {
	path := problem.Path
	if doc.lost(path) {
		return
	}
	for p := range doc.bad {
		if strings.HasPrefix(p, path+".") || strings.HasPrefix(p, path+"[") {
			return
		}
	}
	doc.at(path, false, problem)
}

func (doc *document) warn(path, format string, args ...any) {
	if doc.lost(path) {
		return
	}
	doc.at(path, true, wissel.Problem{Path: path, Msg: fmt.Sprintf(format, args...)})
}

func (doc *document) at(path string, warning bool, p wissel.Problem) {
	if len(doc.all.found) >= maxProblems {
		doc.all.over = true // finding the place of each of a million is work for nothing
		return
	}
	n, line, col, whole := doc.root.locate(path)
	if whole && p.Offset > 0 && n.line == line && n.kind == scalar {
		col += p.Offset
		if n.quoted {
			col++
		}
	}
	if first, _, _ := strings.Cut(strings.ReplaceAll(path, "[", "."), "."); doc.root.get(first) == nil {
		line = 0 // nothing of it is written: there is no line to show
	}
	doc.report(line, col, warning, p)
}

// take reports what a package's Check found.
func (doc *document) take(ps []wissel.Problem) {
	for _, p := range ps {
		doc.inside(p)
	}
}

func (doc *document) report(line, col int, warning bool, p wissel.Problem) {
	if !warning && p.Path != "" {
		if doc.bad[p.Path] {
			return
		}
		if doc.bad == nil {
			doc.bad = map[string]bool{}
		}
		if len(doc.bad) < maxProblems {
			doc.bad[p.Path] = true
		}
	}
	doc.line(1)
	line = min(line, len(doc.lines)) // the scanner counts wrong behind some escapes
	l := Located{Problem: p, File: doc.name, Line: max(line, 1), Col: col, Warning: warning, order: doc.order}
	l.Msg, l.Path = printable(l.Msg), printable(l.Path)
	l.Source, l.Caret = excerpt(doc.line(line), col-1)
	doc.all.add(l)
}

func (doc *document) line(n int) string {
	if doc.lines == nil {
		doc.lines = strings.Split(string(doc.data), "\n")
	}
	if n < 1 || n > len(doc.lines) {
		return ""
	}
	return strings.TrimSuffix(doc.lines[n-1], "\r")
}

// secretKey finds what looks like a secret behind a key that looks like one's, however misspelt. References to secrets
// (${NAME}, file:) are no secrets.
var secretKey = regexp.MustCompile(`(?i)((?:pas+|secret|token|pwd|\bpin\b|\btotp\b|\bcode\b)[\w-]*["']?\s*:\s*)("[^"]*"?|'[^']*'?|[^\s,}\]#][^,}\]#]*)`)

// userInfo is what stands in front of the host in a web address: a user's name and password.
var userInfo = regexp.MustCompile(`//[^/\s"'@]+@`)

// window is how much of a long line is shown, in characters; longLine how much of it is looked at, in bytes.
const (
	window   = 120
	longLine = 64 << 10
)

// excerpt makes a line fit to be shown: secrets as ***, control characters as dots, long lines cut around the caret. It
// gives how many characters stand in front of the caret.
func excerpt(line string, caret int) (string, int) {
	runes := []rune(line[:min(len(line), longLine)])
	caret = min(max(caret, 0), len(runes))
	front, back := hide(string(runes[:caret]), string(runes[caret:]))
	front, back = userInfo.ReplaceAllString(front, "//***@"), userInfo.ReplaceAllString(back, "//***@")
	front, back = printable(strings.ReplaceAll(front, "\t", " ")), printable(strings.ReplaceAll(back, "\t", " "))
	f, b := []rune(front), []rune(back)
	if len(f) > window*2/3 {
		f = append([]rune("…"), f[len(f)-window*2/3:]...)
	}
	if len(f)+len(b) > window {
		b = append(b[:max(window-len(f), 0):max(window-len(f), 0)], '…')
	}
	return strings.TrimRight(string(f)+string(b), " "), len(f)
}

// hide replaces secrets in a line that is cut in two where the caret stands, which may be inside or in front of one.
func hide(front, back string) (string, string) {
	line, cut := front+back, len(front)
	var f, b strings.Builder
	last := 0
	put := func(s string, at int) {
		switch {
		case at >= cut:
			b.WriteString(s)
		case at+len(s) <= cut:
			f.WriteString(s)
		default:
			f.WriteString(s[:cut-at])
			b.WriteString(s[cut-at:])
		}
	}
	for _, m := range secretKey.FindAllStringSubmatchIndex(line, -1) {
		value := strings.Trim(line[m[4]:m[5]], `"' `)
		if strings.HasPrefix(value, "${") || strings.HasPrefix(value, "file:") || value == "" {
			continue
		}
		put(line[last:m[4]], last)
		if m[5] <= cut {
			f.WriteString("***")
		} else {
			b.WriteString("***")
		}
		last = m[5]
	}
	put(line[last:], last)
	return f.String(), b.String()
}

// printable makes text from a file safe for a terminal and a log: one line, no control or direction characters.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return '·'
	}, strings.ReplaceAll(s, "\n", " "))
}
