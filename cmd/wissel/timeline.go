package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/web"
)

func handbackCommand() *cli.Command {
	return &cli.Command{
		Name:      "handback",
		Usage:     "let a group's calls go back to the first target of its plan",
		ArgsUsage: "GROUP",
		UsageText: `wissel handback support --reason "genesys says it is well"
   wissel handback support --now --reason "tested by hand"`,
		Description: "The way back goes in stages, each judged by its calls, as it does by itself where the group's handback is auto; this begins it\nnow. --now completes it at once.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "now", Usage: "every call at once, without stages"},
			&cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"},
			breakGlassFlag(),
			outputFlag(),
		},
		Action: func(c *cli.Context) error {
			group, err := oneArg(c, "group")
			if err != nil {
				return err
			}
			if c.String("reason") == "" {
				return usagef("handback needs --reason: whoever comes after you must know why")
			}
			done, err := client(c).Handback(c.Context, web.HandbackRequest{
				Group: wissel.GroupID(group), Now: c.Bool("now"), Reason: c.String("reason"), BreakGlass: c.Bool("break-glass"),
			})
			if err != nil {
				return err
			}
			return print(c, done, func(w io.Writer) { tellSwitched(w, group, done, "decision "+done.ID) })
		},
	}
}

// sinceOf is the moment from which on --since asks for what happened; zero: always.
func sinceOf(c *cli.Context) (time.Time, error) {
	switch ago := c.Duration("since"); {
	case ago > 0:
		return time.Now().Add(-ago), nil
	case c.IsSet("since"):
		return time.Time{}, usagef("--since %s: give how long ago, such as 2h", ago)
	}
	return time.Time{}, nil
}

func timelineCommand() *cli.Command {
	return &cli.Command{
		Name:  "timeline",
		Usage: "what was decided and what was done, in one line of time, newest last",
		Flags: []cli.Flag{
			outputFlag(),
			&cli.DurationFlag{Name: "since", Value: 24 * time.Hour, Usage: "the last so long, such as 2h"},
			&cli.StringFlag{Name: "group", Aliases: []string{"g"}, Usage: "of one group, with what concerns all"},
			&cli.IntFlag{Name: "limit", Aliases: []string{"n"}, Value: 200, Usage: "the newest so many; 0 is as many as the server gives"},
		},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			since, err := sinceOf(c)
			if err != nil {
				return err
			}
			line, err := client(c).Timeline(c.Context, since, wissel.GroupID(c.String("group")), c.Int("limit"))
			if err != nil {
				return err
			}
			return print(c, line, func(w io.Writer) {
				if len(line.Moments) == 0 {
					say(w, "nothing was decided or done in the last %s", wissel.Span(c.Duration("since")))
				}
				if line.More {
					say(w, "%s", faint.Render("older ones are left out: --limit shows more"))
				}
				var body [][]string
				for _, m := range line.Moments {
					body = append(body, []string{wissel.Moment(m.At), m.Kind, string(m.Group), m.Object, m.Before, m.After, m.Who, m.Why, m.ID})
				}
				rows(w, []string{"when", "what", "group", "on", "before", "after", "who", "why", "id"}, body)
			})
		},
	}
}

func whatIfCommand() *cli.Command {
	return &cli.Command{
		Name:        "what-if",
		Usage:       "where calls would go if a trunk were down; it changes nothing",
		ArgsUsage:   "TRUNK=STATE …",
		UsageText:   "wissel what-if genesys=down kpn=unknown\n   wissel what-if udp:192.0.2.1:5060=down",
		Description: "A state is up, unknown, suspect or down, of a trunk or of one of its addresses.",
		Flags:       []cli.Flag{outputFlag()},
		Action: func(c *cli.Context) error {
			assume := map[string]string{}
			for _, word := range c.Args().Slice() {
				name, state, ok := strings.Cut(word, "=")
				if !ok || name == "" || state == "" {
					return usagef("what-if %q: give a trunk and a state, as in genesys=down", word)
				}
				if other, twice := assume[name]; twice && other != state {
					return usagef("what-if: %s cannot be %s and %s at once", name, other, state)
				}
				assume[name] = state
			}
			if len(assume) == 0 {
				return usagef("what-if needs at least one trunk and its state, as in: wissel what-if genesys=down")
			}
			answer, err := client(c).WhatIf(c.Context, web.WhatIfRequest{Assume: assume})
			if err != nil {
				return err
			}
			return print(c, answer, func(w io.Writer) { tellWhatIf(w, answer) })
		},
	}
}

// tellWhatIf tells what would change, and who would have nowhere to go, before all the rest.
func tellWhatIf(w io.Writer, answer web.WhatIf) {
	for _, g := range answer.Groups {
		switch {
		case g.Nowhere != 0:
			say(w, "%s %s: callers would have nowhere to go, and get %d", bad.Render("nowhere"), g.Group, g.Nowhere)
		case g.Least:
			say(w, "%s %s: nothing but %s would be left", doubt.Render("flow only"), g.Group, strings.Join(g.Then, ", "))
		}
	}
	var body [][]string
	same := 0
	for _, g := range answer.Groups {
		if !g.Changes {
			same++
			continue
		}
		body = append(body, []string{string(g.Group), fmt.Sprint(g.Numbers), fmt.Sprint(g.Calls), strings.Join(g.Now, ", "), strings.Join(g.Then, ", ")})
	}
	rows(w, []string{"group", "numbers", "live calls on it", "now", "would be"}, body)
	say(w, "%s", faint.Render(fmt.Sprintf("nothing changes for %d of %d groups", same, len(answer.Groups))))
}
