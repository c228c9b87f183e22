package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"charm.land/bubbles/v2/progress"
	"charm.land/lipgloss/v2"
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
			for {
				s, err := client(c).TextState(c.Context)
				if err != nil {
					return err
				}
				all := broadcastsOf(s.Broadcasts, wissel.GroupID(c.Args().First()))
				if err := printBroadcasts(c, all); err != nil || !c.Bool("follow") || waits(all) == 0 {
					return err
				}
				select {
				case <-c.Context.Done():
					return c.Context.Err()
				case <-time.After(broadcastEvery):
				}
			}
		},
	}
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
	headers := []string{"began", "group", "what", "people", "wait", "sent", "delivered", "failed", "dropped", "done", "cause"}
	var body [][]string
	for _, b := range all {
		body = append(body, []string{
			when(b.Began), string(b.Group), b.Purpose, fmt.Sprint(b.All), fmt.Sprint(b.Waiting), fmt.Sprint(b.Sent), fmt.Sprint(b.Delivered), fmt.Sprint(b.Failed), fmt.Sprint(b.Dropped),
			barOf(c.App.Writer, b), b.Cause,
		})
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
	bar := progress.New(progress.WithoutPercentage(), progress.WithFillCharacters('█', '░'), progress.WithWidth(20), progress.WithColors(lipgloss.Color("2")))
	return strings.TrimSpace(bar.ViewAs(done)) + " " + percent
}

// lipglossColours reports whether somebody looks.
func lipglossColours(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == ""
}
