// Command testreport reads `go test -json` and prints what a person wants of it: a line per package, the whole output of
// each test that failed, the table of faults and attacks that the tests report, and the sums. It exits 1 when a test
// failed or was skipped: a skipped row proves nothing.
//
// A test reports a row of that table by logging "ROW <id> <what was shown>".
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// event is one line of `go test -json` (see `go doc test2json`).
type event struct {
	Action  string
	Package string
	// ImportPath names the package in the events of the build.
	ImportPath string
	Test       string
	Output     string
	Elapsed    float64
}

func main() {
	ok, err := report(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
	if !ok {
		os.Exit(1)
	}
}

// report reads events from r until its end and writes the report to w. It tells whether all went well.
func report(r io.Reader, w io.Writer) (bool, error) {
	var passed, failed, skipped int
	output := map[string][]string{} // by package and test, until it ends
	var rows, bad []string
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil { // a compiler's or linker's message between the events
			fmt.Fprintln(w, lines.Text())
			continue
		}
		key := e.Package + e.ImportPath + " " + e.Test
		switch e.Action {
		case "output", "build-output":
			output[key] = append(output[key], e.Output)
			if _, row, ok := strings.Cut(e.Output, "ROW "); ok {
				rows = append(rows, strings.TrimSpace(row))
			}
		case "pass":
			if e.Test != "" {
				passed++
			} else {
				fmt.Fprintf(w, "ok    %-44s %6.1fs\n", e.Package, e.Elapsed)
			}
			delete(output, key)
		case "skip":
			if e.Test != "" { // a package without tests is skipped too, and that is no fault
				skipped++
				bad = append(bad, "skipped: "+key)
			}
			delete(output, key)
		case "fail":
			if e.Test != "" {
				failed++
			}
			bad = append(bad, "failed: "+key)
			fmt.Fprintf(w, "FAIL  %s\n%s", key, strings.Join(output[key], ""))
			delete(output, key)
			if e.Test == "" {
				for _, test := range unended(output, e.Package) {
					bad = append(bad, "did not end: "+test)
					fmt.Fprintf(w, "DIED  %s\n%s", test, strings.Join(output[test], ""))
					delete(output, test)
				}
			}
		case "build-fail":
			bad = append(bad, "does not build: "+e.ImportPath)
			fmt.Fprint(w, strings.Join(output[key], ""))
		}
	}
	if err := lines.Err(); err != nil {
		return false, fmt.Errorf("reading the events of go test: %w", err)
	}
	printRows(w, rows)
	for _, b := range bad {
		fmt.Fprintln(w, b)
	}
	fmt.Fprintf(w, "\n%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	return len(bad) == 0 && passed > 0, nil
}

// unended lists, in order, the tests of pkg that ran when their process died (a panic, a fatal error, a signal): what it
// said is in their output, and no event of its own tells that they failed.
func unended(output map[string][]string, pkg string) []string {
	var tests []string
	for key := range output {
		if strings.HasPrefix(key, pkg+" ") {
			tests = append(tests, key)
		}
	}
	slices.Sort(tests)
	return tests
}

// printRows prints the table of faults and attacks, in order of kind and number: A1, A2, A10, F1.
func printRows(w io.Writer, rows []string) {
	if len(rows) == 0 {
		return
	}
	slices.SortStableFunc(rows, func(a, b string) int {
		return strings.Compare(padded(a), padded(b))
	})
	fmt.Fprintln(w, "\nFaults and attacks (the rows of a table, each shown by a test):")
	for _, r := range rows {
		id, what, _ := strings.Cut(r, " ")
		fmt.Fprintf(w, "  %-5s %s\n", id, what)
	}
}

// padded makes "F2 …" sort before "F10 …".
func padded(row string) string {
	id, _, _ := strings.Cut(row, " ")
	if len(id) < 2 {
		return row
	}
	return id[:1] + fmt.Sprintf("%4s", id[1:])
}
