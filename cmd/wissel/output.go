package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
	"github.com/urfave/cli/v2"

	"wissel"
)

// outputFlag chooses between tables for people and JSON for programs.
func outputFlag() cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "table", Usage: "table, or json (its names are stable)"}
}

// print writes v as JSON, or lets people tell it in words.
func print(c *cli.Context, v any, people func(w io.Writer)) error {
	switch o := c.String("output"); o {
	case "json":
		e := json.NewEncoder(visibleJSON{c.App.Writer})
		e.SetIndent("", "  ")
		if err := e.Encode(v); err != nil {
			return fmt.Errorf("write the answer: %w", err)
		}
	case "table":
		people(c.App.Writer)
	default:
		return usagef("--output %q: table or json", o)
	}
	return nil
}

// The colours of states; lipgloss leaves them out in a pipe and where NO_COLOR is set.
var (
	good  = lipgloss.NewStyle().Foreground(lipgloss.Color("2"))
	bad   = lipgloss.NewStyle().Foreground(lipgloss.Color("1")).Bold(true)
	doubt = lipgloss.NewStyle().Foreground(lipgloss.Color("3"))
	faint = lipgloss.NewStyle().Faint(true)
	head  = lipgloss.NewStyle().Bold(true)
)

// styleOf a word that says how something is.
func styleOf(state string) lipgloss.Style {
	switch state {
	case "up", "ready", "serving", "ok", "works", "live":
		return good
	case "down", "outage", "failed":
		return bad
	case "suspect", "draining", "starting", "trouble", "pending":
		return doubt
	default:
		return lipgloss.NewStyle()
	}
}

// screenText is what a screen draws. Its colours stay in: bubbletea leaves them out where they are not wanted.
type screenText struct{ strings.Builder }

// say writes a line to people, without colours where they are not wanted.
func say(w io.Writer, format string, args ...any) {
	if s, ok := w.(*screenText); ok {
		_, _ = fmt.Fprintf(s, format+"\n", args...) // it never fails
		return
	}
	_, _ = lipgloss.Fprintln(w, fmt.Sprintf(format, args...)) // to a terminal or pipe that may be gone: nobody is left to tell
}

// rows writes a table without lines, its header in bold, states in their colours.
func rows(w io.Writer, headers []string, body [][]string) {
	if len(body) == 0 {
		return
	}
	for _, row := range body {
		for i := range row {
			row[i] = visible(row[i])
		}
	}
	t := table.New().Border(lipgloss.HiddenBorder()).BorderTop(false).BorderBottom(false).BorderLeft(false).BorderRight(false).
		BorderColumn(false).BorderHeader(false).BorderRow(false).Wrap(false).
		Headers(headers...).Rows(body...).
		StyleFunc(func(row, col int) lipgloss.Style {
			style := lipgloss.NewStyle().PaddingRight(2)
			if row == table.HeaderRow {
				return style.Inherit(head)
			}
			return style.Inherit(styleOf(body[row][col]))
		})
	lines := strings.Split(t.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	say(w, "%s", strings.Join(lines, "\n"))
}

// ago is how long ago something was: "12s ago", "3h20m ago", or never.
func ago(t time.Time, never string) string {
	if t.IsZero() {
		return never
	}
	return wissel.Span(time.Since(t).Truncate(time.Second)) + " ago"
}

// when is a moment: a time of day, with the day when it is not today's, and the year when it is not this one.
func when(t time.Time) string { return whenThere(t.Local(), time.Now()) }

// whenTold is when, of what callers were told: by the clock of their desk. Where that is not this machine's clock, as on a server
// in UTC, it says so: "16:00:00 +01:00".
func whenTold(t, now time.Time) string {
	_, there := t.Zone()
	if _, here := t.Local().Zone(); here != there {
		return whenThere(t, now) + t.Format(" -07:00")
	}
	return whenThere(t, now)
}

func whenThere(t, now time.Time) string {
	switch y, m, d := now.In(t.Location()).Date(); {
	case t.Year() != y:
		return t.Format("2 Jan 2006 15:04")
	case t.Month() != m || t.Day() != d:
		return t.Format("2 Jan 15:04:05")
	}
	return t.Format(time.TimeOnly)
}
