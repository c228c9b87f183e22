package main

import (
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"wissel/internal/callbacks"
	"wissel/internal/web"
)

func peopleCommand() *cli.Command {
	return &cli.Command{
		Name:  "people",
		Usage: "the colleagues who call back: who is logged on",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "who may call back, and who is logged on", Flags: []cli.Flag{outputFlag()},
				Action: func(c *cli.Context) error {
					if err := noArgs(c); err != nil {
						return err
					}
					all, err := client(c).People(c.Context)
					if err != nil {
						return err
					}
					return print(c, all, func(w io.Writer) { tellPeople(w, all) })
				},
			},
			peopleLogCommand("on", "log a colleague on: he is rung with callbacks, one at a time", true),
			peopleLogCommand("off", "log a colleague off: the call that he is in goes on", false),
		},
		Action: which("people list"),
	}
}

func tellPeople(w io.Writer, all []web.Colleague) {
	if len(all) == 0 {
		say(w, "the settings have no people")
		return
	}
	var body [][]string
	for _, p := range all {
		state, until := "off", ""
		if p.On {
			state = "on"
		}
		if !p.Until.IsZero() {
			until = "until " + when(p.Until)
		}
		since := ""
		if !p.Since.IsZero() {
			since = when(p.Since)
		}
		body = append(body, []string{p.List + "/" + p.Name, state, p.Phone, since, until, p.By})
	}
	rows(w, []string{"who", "logged", "telephone", "since", "", "by"}, body)
}

func peopleLogCommand(name, usage string, on bool) *cli.Command {
	flags := []cli.Flag{&cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"}, outputFlag()}
	if on {
		flags = append(flags, &cli.DurationFlag{Name: "for", Usage: "logged off by itself after so long: 4h"})
	}
	return &cli.Command{
		Name: name, Usage: usage, ArgsUsage: "LIST/NAME", UsageText: "wissel people " + name + " home/anna", Flags: flags,
		Action: func(c *cli.Context) error {
			who, err := oneArg(c, "colleague, as in home/anna")
			if err != nil {
				return err
			}
			list, person := callbacks.SplitPerson(who)
			if list == "" || person == "" {
				return usagef("%q names nobody; a list and a name would be right, as in home/anna", who)
			}
			r := web.LogRequest{List: list, Name: person, On: on, Reason: strings.TrimSpace(c.String("reason"))}
			if d := c.Duration("for"); on && c.IsSet("for") {
				if d <= 0 {
					return usagef("--for %v: a length of time such as 4h", d)
				}
				r.Until = time.Now().Add(d)
			}
			done, err := client(c).LogPerson(c.Context, r)
			if err != nil {
				return err
			}
			return print(c, done, func(w io.Writer) {
				tellPeople(w, []web.Colleague{done})
				for _, n := range done.Notes {
					say(w, "%s %s", doubt.Render("note"), visible(n))
				}
			})
		},
	}
}
