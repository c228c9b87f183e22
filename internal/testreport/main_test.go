package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	for _, c := range []struct {
		name, in string
		ok       bool
		want     string
	}{
		{"all pass", `{"Action":"pass","Package":"p","Test":"TestA"}`, true, "1 passed, 0 failed, 0 skipped"},
		{"a failure shows its output", `{"Action":"output","Package":"p","Test":"TestA","Output":"no answer\n"}
{"Action":"fail","Package":"p","Test":"TestA"}`, false, "no answer"},
		{"a process that dies shows what it said", `{"Action":"output","Package":"p","Test":"TestA","Output":"panic: boom\n"}
{"Action":"output","Package":"p2","Test":"TestB","Output":"of another package\n"}
{"Action":"fail","Package":"p"}`, false, "DIED  p TestA\npanic: boom\nfailed: p \ndid not end: p TestA\n\n0 passed"},
		{"a skipped test is not a pass", `{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"skip","Package":"p","Test":"TestB"}`, false, "skipped: p TestB"},
		{"a package without tests is nothing", `{"Action":"skip","Package":"q"}
{"Action":"pass","Package":"p","Test":"TestA"}`, true, "1 passed, 0 failed, 0 skipped"},
		{"no test at all is not a pass", ``, false, "0 passed"},
		{"rows come in order", `{"Action":"output","Package":"p","Test":"T","Output":"    x_test.go:1: ROW F10 cancel\n"}
{"Action":"output","Package":"p","Test":"T","Output":"    x_test.go:1: ROW F2 silence\n"}
{"Action":"pass","Package":"p","Test":"T"}`, true, "  F2    silence\n  F10   cancel"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			ok, err := report(strings.NewReader(c.in), &out)
			if err != nil || ok != c.ok || !strings.Contains(out.String(), c.want) {
				t.Fatalf("ok %v, err %v, printed:\n%s\nwant ok %v and %q", ok, err, out.String(), c.ok, c.want)
			}
		})
	}
}
