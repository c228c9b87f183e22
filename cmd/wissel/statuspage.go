package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/statuspage"
	"wissel/internal/web"
)

func statuspageCommand() *cli.Command {
	return &cli.Command{
		Name:  "statuspage",
		Usage: "the public page that says whether one can reach us: what it says now, and where it was brought to",
		Subcommands: []*cli.Command{
			{
				Name:      "show",
				Usage:     "a file of the page as it is now, as people or programs get it",
				UsageText: "wissel statuspage show > page.html\n   wissel statuspage show en.html\n   wissel statuspage show status.json",
				ArgsUsage: "[FILE]",
				Action:    statuspageShow,
			},
			{
				Name:   "places",
				Usage:  "where the page is brought to, how old it is there, and what is wrong",
				Flags:  []cli.Flag{outputFlag()},
				Action: func(c *cli.Context) error { return statuspageTold(c, client(c).StatusPage) },
			},
			{
				Name:   "push",
				Usage:  "make the page anew and bring it everywhere at once, also where nothing was tried any more",
				Flags:  []cli.Flag{outputFlag()},
				Action: func(c *cli.Context) error { return statuspageTold(c, client(c).PushStatusPage) },
			},
		},
	}
}

func statuspageShow(c *cli.Context) error {
	name := statuspage.Index
	switch c.NArg() {
	case 0:
	case 1:
		name = c.Args().First()
	default:
		return usagef("statuspage show takes one file at a time")
	}
	f, err := client(c).StatusFile(c.Context, name)
	if err != nil {
		return err
	}
	_, err = io.WriteString(c.App.Writer, f.Body)
	return err
}

func statuspageTold(c *cli.Context, ask func(context.Context) (web.StatusPage, error)) error {
	if err := noArgs(c); err != nil {
		return err
	}
	p, err := ask(c.Context)
	if err != nil {
		return err
	}
	return print(c, p, func(w io.Writer) { tellPage(w, p) })
}

// tellPage tells how the public page is: what it says, and how old it is where people read it.
func tellPage(w io.Writer, p web.StatusPage) {
	at := p.Address
	if at == "" {
		at = "an address that the settings do not name"
	}
	say(w, "status page at %s: %s, made %s", at, styleOf(pageWord(p)).Render(pageWord(p)), ago(p.Made, "never"))
	if p.Served != "" {
		say(w, "served here too, at %s", p.Served)
	}
	if p.Fault != "" {
		say(w, "%s no newer one can be made: %s", bad.Render("alarm"), visible(p.Fault))
	}
	var body [][]string
	for _, one := range p.Places {
		why := visible(one.Why)
		if one.Open {
			why += fmt.Sprintf("; failed %d times, tried again at %s", one.Fails, when(one.Retry))
		}
		behind := ""
		if !one.Behind.IsZero() {
			behind = wissel.Span(time.Since(one.Behind).Truncate(time.Second))
		}
		body = append(body, []string{one.Name, one.Kind, one.State, ago(one.Put, "never"), behind, visible(one.Where), why})
	}
	if len(body) == 0 {
		say(w, "it is brought nowhere outside: when our own network is gone, so is the page")
		return
	}
	rows(w, []string{"place", "kind", "is", "came there", "behind for", "where", ""}, body)
}

// pageWord is what the page says of all lines together.
func pageWord(p web.StatusPage) string {
	if p.State == "" {
		return "not made yet"
	}
	return p.State
}
