package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"wissel/internal/web"
)

func TestLoadIsATableThatAPipeCanRead(t *testing.T) {
	l := web.Load{Group: "support", Zone: "Europe/Amsterdam", Days: 7, Since: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)}
	for i := range 7 * 24 {
		c := web.LoadCell{Weekday: time.Weekday((i/24 + 1) % 7).String()[:2], Hour: i % 24}
		if c.Hour >= 8 && c.Hour < 18 && i < 5*24 {
			c.Open = 100
		}
		l.Cells = append(l.Cells, c)
	}
	l.Cells[9].Calls, l.Cells[9].Wishes = 12, 3
	l.Cells[19].Calls = 41
	l.Cells[24+7].Wishes = 2
	l.Calls, l.Wishes, l.CallsClosed, l.WishesClosed = 53, 5, 41, 2
	var b bytes.Buffer
	tellLoad(&b, l)
	lines := strings.Split(b.String(), "\n")
	for n, want := range map[int]string{
		2: "hour Mo Tu We Th Fr Sa Su", 3: "00-01 (.) (.) (.) (.) (.) (.) (.)", 10: "07-08 (.) (0+2) (.) (.) (.) (.) (.)", 12: "09-10 12+3 . . . . (.) (.)", 22: "19-20 (41) (.) (.) (.) (.) (.) (.)",
		27: "while the desk was closed: 41 of 53 calls (77 %), 2 of 5 wishes (40 %)", 28: "most of them: Mo 19-20 (41), Tu 07-08 (2)",
	} {
		if got := strings.Join(strings.Fields(lines[n]), " "); got != want {
			t.Errorf("line %d is %q, want %q", n, got, want)
		}
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Error("there are colours in a pipe")
	}
}
