package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

// A20: what others wrote is shown, and does nothing.
func TestTextOfOthersIsShownAndDoesNothing(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"plain text stays", "genesys is down, zé 'n \"storing\" ☎ 日本", "genesys is down, zé 'n \"storing\" ☎ 日本"},
		{"escapes", "\x1b[2J\x07", `\x1b[2J\a`},
		{"line ends", "a\r\nb\tc", `a\r\nb\tc`},
		{"the other direction", "a\u202eb\u2066", `a\u202eb\u2066`},
		{"C1", "\u0085\u009b31m", `\u0085\u009b31m`},
		{"tags nobody sees", "\U000e0041", `\U000e0041`},
	} {
		if got := visible(row.in); got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
		var b bytes.Buffer
		if err := json.NewEncoder(visibleJSON{&b}).Encode(row.in); err != nil {
			t.Fatal(err)
		}
		text := strings.TrimSuffix(b.String(), "\n")
		if strings.ContainsFunc(text, unseen) {
			t.Errorf("%s: as JSON %q", row.name, text)
		}
		var back string
		if err := json.Unmarshal(b.Bytes(), &back); err != nil || back != row.in {
			t.Errorf("%s: came back as %q, %v", row.name, back, err)
		}
	}
}

func TestANoteWithItsPlaceInTheFileKeepsItsLines(t *testing.T) {
	if got, want := shownLines("w.yaml:3:1: a\x1b\n   3 | b"), "w.yaml:3:1: a\\x1b\n        3 | b"; got != want {
		t.Errorf("shown as %q, want %q", got, want)
	}
}

func TestLogLinesAreOneLineOfText(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		var b bytes.Buffer
		log, err := newLog(&b, "debug", asJSON)
		if err != nil {
			t.Fatal(err)
		}
		log.Info("switched\n", "why", "\x1b[2J\r\nlevel=ERROR\u202e\u009b", "odd\nkey", 1)
		if line, rest, _ := strings.Cut(b.String(), "\n"); rest != "" || strings.ContainsFunc(line, unseen) {
			t.Errorf("JSON %v: %q", asJSON, b.String())
		}
	}
}

func TestACellOfSeveralLinesIsShownInOne(t *testing.T) {
	var b strings.Builder
	rows(io.Writer(&b), []string{"who", "why"}, [][]string{{"root", "x\r\n\x1b[2Jforged"}})
	if got := b.String(); !strings.Contains(got, `root  x\r\n\x1b[2Jforged`) || strings.Count(got, "\n") != 2 {
		t.Errorf("shown as %q", got)
	}
}

func TestHowLongAFallHoldsIsSaid(t *testing.T) {
	for n, want := range map[int]string{0: "no fall of late", 1: "1 fall of late", 3: "3 falls of late, each doubles it"} {
		if got := falls(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
