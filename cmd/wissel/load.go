package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/web"
)

func hoursLoad(c *cli.Context, group wissel.GroupID) error {
	l, err := client(c).Load(c.Context, group, c.Int("days"))
	if err != nil {
		return err
	}
	return print(c, l, func(w io.Writer) { tellLoad(w, l) })
}

// tellLoad writes a table of the week. A cell is calls, and wishes behind a +; in brackets where the desk is closed for
// most of the hour.
func tellLoad(w io.Writer, l web.Load) {
	say(w, "calls of %s by the hour, over %d days, %s to %s (%s)", l.Group, l.Days, l.Since.Format(time.DateOnly), l.Until.Format(time.DateOnly), l.Zone)
	say(w, "%s", faint.Render("12+3 is 12 calls and 3 wishes; (12+3) while the desk is closed; . is none"))
	headers := []string{"hour"}
	for i := 0; i < len(l.Cells); i += 24 {
		headers = append(headers, l.Cells[i].Weekday)
	}
	var body [][]string
	for hour := range 24 {
		row := []string{fmt.Sprintf("%02d-%02d", hour, hour+1)}
		for i := hour; i < len(l.Cells); i += 24 {
			row = append(row, loadCell(l.Cells[i]))
		}
		body = append(body, row)
	}
	rows(w, headers, body)
	if l.Calls+l.Wishes == 0 {
		say(w, "nobody called in that time")
		return
	}
	say(w, "while the desk was closed: %d of %d calls%s, %d of %d wishes%s", l.CallsClosed, l.Calls, partOf(l.CallsClosed, l.Calls), l.WishesClosed, l.Wishes, partOf(l.WishesClosed, l.Wishes))
	if worst := busiestClosed(l.Cells); len(worst) > 0 {
		say(w, "most of them: %s", strings.Join(worst, ", "))
	}
}

func loadCell(c web.LoadCell) string {
	text := strconv.Itoa(c.Calls)
	if c.Wishes > 0 {
		text += "+" + strconv.Itoa(c.Wishes)
	}
	if c.Calls+c.Wishes == 0 {
		text = "."
	}
	if c.Open < 50 {
		text = "(" + text + ")"
	}
	return text
}

func partOf(n, all int) string {
	if all == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d %%)", (100*n+all/2)/all)
}

// busiestClosed are the hours in which most people called a closed desk, at most five.
func busiestClosed(all []web.LoadCell) (out []string) {
	var closed []web.LoadCell
	for _, c := range all {
		if c.Open < 50 && c.Calls+c.Wishes > 0 {
			closed = append(closed, c)
		}
	}
	slices.SortStableFunc(closed, func(a, b web.LoadCell) int { return cmp.Compare(b.Calls+b.Wishes, a.Calls+a.Wishes) })
	for _, c := range closed[:min(len(closed), 5)] {
		out = append(out, fmt.Sprintf("%s %02d-%02d (%d)", c.Weekday, c.Hour, c.Hour+1, c.Calls+c.Wishes))
	}
	return out
}
