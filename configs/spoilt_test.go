package configs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// eachValue gives each value of a file, by its key path.
func eachValue(n *node, path string, each func(path string, n *node)) {
	for i, item := range n.items {
		eachValue(item, fmt.Sprintf("%s[%d]", path, i), each)
	}
	for _, e := range n.keys {
		eachValue(e.value, join(path, e.key), each)
	}
	each(path, n)
}

// spoil puts something of another sort in the place of a value; false: the value takes more than a line.
func spoil(data []byte, n *node) ([]byte, bool) {
	lines := strings.SplitAfter(string(data), "\n")
	line, with := []rune(lines[n.line-1]), "{no: {such: thing}}"
	end := n.col - 1
	switch opens := line[end]; {
	case n.kind == scalar:
		if end += len([]rune(n.text)); n.quoted {
			end += 2
		}
	case opens != '[' && opens != '{':
		return nil, false
	default:
		if n.kind == mapping {
			with = "[[no]]"
		}
		for open := 0; ; end++ {
			if end == len(line) {
				return nil, false
			}
			if strings.ContainsRune("[{", line[end]) {
				open++
			}
			if strings.ContainsRune("]}", line[end]) {
				open--
			}
			if open == 0 {
				end++
				break
			}
		}
	}
	lines[n.line-1] = string(line[:n.col-1]) + with + string(line[end:])
	return []byte(strings.Join(lines, "")), true
}

// Whatever value of a file cannot be read, that is the one fault told of it: what follows from it is none. Nothing here but the
// place says that it is so, so that each new check is held to it.
func TestAValueThatCannotBeReadIsOneFault(t *testing.T) {
	for name, data := range map[string][]byte{
		"example.yaml": Example(), "demo.yaml": Demo(), "storing": embedded(shipped, "flows/storing.yaml"), "premium": embedded(shipped, "flows/premium.yaml"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, count := t.TempDir(), 0
			eachValue(parseYAML(&document{name: name, data: data, all: &report{}}, ""), "", func(path string, n *node) {
				bad, ok := spoil(data, n)
				if !ok || n.kind == sequence && strings.Contains(path, ".plans.") { // a plan may have keys
					return
				}
				count++
				if !strings.HasSuffix(name, ".yaml") { // a flow
					if err := os.WriteFile(filepath.Join(dir, "flow.yaml"), bad, 0o600); err != nil {
						t.Fatal(err)
					}
					bad = []byte("flows: flow.yaml\n" + bare)
				}
				_, err := Parse(filepath.Join(dir, "wissel.yaml"), bad, quiet())
				if f := (*Faults)(nil); !errors.As(err, &f) || len(f.Faults) != 1 || f.Faults[0].Line != n.line || f.Faults[0].Col < n.col {
					t.Errorf("%s at %d:%d is not the one fault told:\n%v", path, n.line, n.col, err)
				}
			})
			if count < 10 {
				t.Errorf("it has %d values", count)
			}
		})
	}
}

// FuzzFlow holds that no text makes a flow panic or hang, that every fault is inside the file, and that a flow with a fault is none.
func FuzzFlow(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil || len(files) < 5 {
		f.Fatal(files, err)
	}
	for _, name := range append(files, "flows/storing.yaml", "flows/premium.yaml") {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		all := &report{}
		l := &loader{report: all, doc: &document{all: all}, out: &File{}}
		l.begin()
		doc := &document{name: "flow.yaml", data: data, all: all}
		id := l.flow(doc, everything{})
		faults, _ := all.split()
		if made := l.out.Flows[id] != nil; made == (len(faults) > 0) {
			t.Fatalf("made: %v, with the faults %v", made, faults)
		}
		lines := strings.Count(string(data), "\n") + 1
		for _, p := range faults {
			if p.Line < 1 || p.Line > lines+1 || p.Col < 1 || p.Msg == "" {
				t.Fatalf("%d:%d is outside the file of %d lines: %s", p.Line, p.Col, lines, p)
			}
		}
	})
}
