package configs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBombsAreRefusedFast feeds what A27 and A2 throw: each is refused, or read, in a fraction of what it would cost when
// it were expanded.
func TestBombsAreRefusedFast(t *testing.T) {
	lol := "a: &a [lol]\n"
	for c := 'b'; c < 'k'; c++ {
		lol += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.Repeat(fmt.Sprintf("*%c,", c-1), 9))
	}
	for _, c := range []struct{ name, yaml, want string }{
		{"a billion laughs", lol, "anchors"},
		{"100,000 brackets", "a: " + strings.Repeat("[", 100_000), "deeper"},
		{"100,000 braces", "a: " + strings.Repeat("{a: ", 100_000), "deeper"},
		{"100,000 dashes", strings.Repeat("- ", 100_000) + "x", "deeper"},
		{"deep blocks", deepBlocks(2000), "deeper"},
		{"17 MB", strings.Repeat("# a comment\n", 17<<20/12+1), "at most 16 MB"},
		{"a NUL", "a: \x00b", "NUL"},
		{"100,000 keys", manyKeys(100_000), "more than 5000 keys"},
		{"3,000 unknown keys", manyKeys(3_000), "there are more"},
		{"1 MB in one key", strings.Repeat("k", 1<<20) + ": 1\n", "no such key"},
		{"1 MB in one line", "node: " + strings.Repeat("x", 1<<20) + "\n", "no host name"},
	} {
		began := time.Now()
		_, err := Parse("bomb.yaml", []byte(c.yaml), quiet())
		var f *Faults
		if !errors.As(err, &f) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %.300v, want %q", c.name, err, c.want)
		}
		if took := time.Since(began); took > 20*time.Second { // a second at most on a machine that has time; expanded, none of them would ever end
			t.Errorf("%s took %v", c.name, took)
		}
		if err != nil && len(err.Error()) > 4<<20 {
			t.Errorf("%s: the message has %d bytes", c.name, len(err.Error()))
		}
	}
}

func deepBlocks(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "key%d: 1\n", i)
	}
	return b.String()
}

func TestEndlessFileEnds(t *testing.T) {
	if _, err := Load("/dev/zero", quiet()); err == nil || !strings.Contains(err.Error(), "at most 16 MB") {
		t.Fatal(err)
	}
}

func TestFileThatIsNotThere(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"), quiet())
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "read settings") {
		t.Fatal(err)
	}
	if _, err = Load(t.TempDir(), quiet()); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Fatal(err)
	}
}

// FuzzSettings holds that no text makes Parse panic, hang, or give settings with a fault; that every problem is inside the
// file; and that what is shown of a file is fit for a terminal.
func FuzzSettings(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(Example())
	f.Add(Demo())
	f.Add([]byte(bare))
	f.Fuzz(func(t *testing.T, data []byte) {
		o := quiet()
		o.Getenv = func(string) (string, bool) { return "hunter2", true }
		got, err := Parse("/nonexistent/wissel.yaml", data, o)
		if err == nil {
			if got == nil || len(got.Listeners) == 0 || len(got.Groups) == 0 || len(got.Version) != 12 {
				t.Fatalf("half settings without an error: %+v", got)
			}
			for _, g := range got.Groups {
				if p, ok := g.Plans[g.Active]; !ok || len(p.Targets) == 0 {
					t.Fatalf("group %s has no plan in force", g.ID)
				}
			}
			return
		}
		var faults *Faults
		if !errors.As(err, &faults) || len(faults.Faults) == 0 {
			t.Fatalf("an error that is no fault: %v", err)
		}
		lines := strings.Count(string(data), "\n") + 1
		for _, p := range faults.Faults {
			if strings.HasPrefix(p.File, "/nonexistent") && (p.Line < 1 || p.Line > lines+1 || p.Col < 1) {
				t.Fatalf("%d:%d is outside the file of %d lines: %s", p.Line, p.Col, lines, p)
			}
			if strings.ContainsAny(p.String(), "\x00\x1b\r\a") || p.Msg == "" {
				t.Fatalf("not fit to be shown: %q", p.String())
			}
		}
	})
}

// numbers makes settings with n numbers, as a plain list or with kind and dialled form each.
func numbers(n int, long bool) []byte {
	var b strings.Builder
	b.WriteString("listen: {sip: [{bind: \"udp://192.0.2.1:5060\"}], media: {address: 192.0.2.1, ports: 20000-29999}}\n" +
		"trunks: {kpn: {role: carrier, to: sip:sbc.example}}\ngroups:\n  support:\n    plans: {storing: [flow:storing]}\n    numbers:\n")
	for i := range n {
		if long {
			fmt.Fprintf(&b, "      - {number: \"+3120%07d\", kind: \"0800\"}\n", i)
		} else {
			fmt.Fprintf(&b, "      - \"+3120%07d\"\n", i)
		}
	}
	return []byte(b.String())
}

func TestManyNumbersAreReadAndLookedUp(t *testing.T) {
	f, err := Parse("wissel.yaml", numbers(5_000, true), quiet())
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Lines) != 5_000 || f.Lines["+31200004321"].Kind != "0800" || len(f.Groups["support"].Lines) != 5_000 {
		t.Errorf("%d lines", len(f.Lines))
	}
}

// BenchmarkLoad is to stay under 2 s for 100,000 numbers.
func BenchmarkLoad(b *testing.B) {
	for _, long := range []bool{false, true} {
		data := numbers(100_000, long)
		b.Run(map[bool]string{false: "100000-plain", true: "100000-with-kind"}[long], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse("wissel.yaml", data, quiet()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkLookup(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		f, err := Parse("wissel.yaml", numbers(n, false), quiet())
		if err != nil {
			b.Fatal(err)
		}
		s := f.Snapshot(nil)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, ok := s.Lines["+31200000042"]; !ok {
					b.Fatal("not there")
				}
			}
		})
	}
}
