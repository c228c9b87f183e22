package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/web"
)

// broadcastEvery is how often the progress of news is asked for.
const broadcastEvery = time.Second

func textsProgressCommand() *cli.Command {
	return &cli.Command{
		Name:      "progress",
		Usage:     "how far news to all who asked has come",
		ArgsUsage: "[GROUP]",
		Flags:     []cli.Flag{&cli.BoolFlag{Name: "follow", Usage: "go on until nothing waits any more"}, csvFlag()},
		Action: func(c *cli.Context) error {
			if c.Args().Len() > 1 {
				return usagef("texts progress takes one group at the most")
			}
			f := &follower{c: c, group: wissel.GroupID(c.Args().First())}
			for {
				left, err := f.tell()
				if err != nil || !c.Bool("follow") || left == 0 {
					return err
				}
				select {
				case <-c.Context.Done():
					return nil
				case <-time.After(broadcastEvery):
				}
			}
		},
	}
}

// follower tells how far news has come, over and over.
type follower struct {
	c     *cli.Context
	group wissel.GroupID
	told  int  // lines that are on the screen, to be written over; 0: it is no screen, or nothing was told yet
	seen  bool // the server did answer
	lost  bool // it does not any more, and that was said
}

// tell asks and tells once, and gives how many texts wait. A server that does not answer while one follows is asked again: it may be
// starting anew, and what it owes goes on.
func (f *follower) tell() (left int, err error) {
	s, err := client(f.c).TextState(f.c.Context)
	switch {
	case err == nil:
		f.seen, f.lost = true, false
	case !f.seen || !f.c.Bool("follow") || !errors.Is(err, web.ErrNotServing) || f.c.Context.Err() != nil:
		return 0, err
	default:
		if !f.lost {
			say(f.c.App.Writer, "%s no answer; asked again each second, ^C ends", doubt.Render("note"))
		}
		f.lost, f.told = true, 0
		return 1, nil
	}
	all, w := broadcastsOf(s.Broadcasts, f.group), f.c.App.Writer
	if f.told > 0 {
		_, _ = fmt.Fprintf(w, "\x1b[%dA\x1b[J", f.told) // up, and nothing below: to a terminal that may be gone
	}
	if err := printBroadcasts(f.c, all); err != nil || f.c.String("output") != "table" {
		return waits(all), err
	}
	held := sayHeld(w, s.Paused, f.group)
	if held == 0 && waits(all) > 0 && !f.c.Bool("follow") {
		say(w, "why they wait: wissel texts list --stage waiting")
	}
	if screen, ok := w.(*os.File); ok && lipglossColours(screen) {
		f.told = len(all) + 1 + held // a head, or that there is none
	}
	return waits(all), nil
}

func broadcastsOf(all []web.Broadcast, g wissel.GroupID) []web.Broadcast {
	out := []web.Broadcast{}
	for _, b := range all {
		if g == "" || b.Group == g {
			out = append(out, b)
		}
	}
	return out
}

func waits(all []web.Broadcast) (n int) {
	for _, b := range all {
		n += b.Waiting
	}
	return n
}

func printBroadcasts(c *cli.Context, all []web.Broadcast) error {
	headers := []string{"began", "group", "what", "people", "wait", "sent", "delivered", "failed", "dropped", "done"}
	table := c.String("output") != "csv"
	if !table { // an id is for programs
		headers = append(headers, "cause")
	}
	var body [][]string
	for _, b := range all {
		row := []string{
			when(b.Began), string(b.Group), b.Purpose, fmt.Sprint(b.All), fmt.Sprint(b.Waiting), fmt.Sprint(b.Sent), fmt.Sprint(b.Delivered), fmt.Sprint(b.Failed), fmt.Sprint(b.Dropped),
			barOf(c.App.Writer, b),
		}
		if !table {
			row[len(row)-1] = strings.TrimSpace(row[len(row)-1])
			row = append(row, b.Cause)
		}
		body = append(body, row)
	}
	return printRows(c, all, headers, body, "no news was sent since what is kept in memory began")
}

// barOf draws how much of a broadcast is done: plain text in a pipe.
func barOf(w io.Writer, b web.Broadcast) string {
	done := 1.0
	if b.All > 0 {
		done = float64(b.All-b.Waiting) / float64(b.All)
	}
	percent := fmt.Sprintf("%3.0f%%", done*100)
	if f, ok := w.(*os.File); !ok || !lipglossColours(f) {
		return percent
	}
	return drawn(done) + " " + percent
}

// barWidth is how wide a bar is, in characters.
const barWidth = 20

// drawn is a bar of plain characters: a cell of a table shows colours as what they are made of.
func drawn(done float64) string {
	full := int(done * barWidth)
	return strings.Repeat("█", full) + strings.Repeat("░", barWidth-full)
}

// lipglossColours reports whether somebody looks.
func lipglossColours(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == ""
}
