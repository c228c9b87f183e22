package main

import (
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/access"
	"wissel/internal/web"
)

func proposalsCommand() *cli.Command {
	return &cli.Command{
		Name:  "proposals",
		Usage: "what waits for a second person, and what became of it in the last day",
		Flags: []cli.Flag{outputFlag()},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			all, err := client(c).Proposals(c.Context)
			if err != nil {
				return err
			}
			return print(c, all, func(w io.Writer) {
				if len(all) == 0 {
					say(w, "nothing was proposed in the last day")
				}
				var body [][]string
				for _, p := range all {
					left := ""
					if p.State == access.Open {
						left = wissel.Span(time.Until(p.Until))
					}
					body = append(body, []string{p.ID, string(p.State), left, string(p.Group), p.Change, p.Who, p.Reason, p.Second, p.Note})
				}
				rows(w, []string{"id", "state", "left", "group", "change", "proposed by", "why", "second person", "his reason"}, body)
			})
		},
	}
}

func approveCommand() *cli.Command {
	return &cli.Command{
		Name:        "approve",
		Usage:       "carry out what another has proposed",
		ArgsUsage:   "ID",
		UsageText:   `wissel approve 4f7k2 --reason "seen it too"`,
		Description: "It takes another person than the one who proposed it: another user, another token, and not one that he made.\nWhen the routing has changed since, it is refused unless --anyway.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"},
			&cli.BoolFlag{Name: "anyway", Usage: "though the routing has changed since it was proposed"},
			outputFlag(),
		},
		Action: func(c *cli.Context) error {
			id, err := oneArg(c, "id of a proposal")
			if err != nil {
				return err
			}
			done, err := client(c).Approve(c.Context, web.Verdict{ID: id, Reason: c.String("reason"), Anyway: c.Bool("anyway")})
			if err != nil {
				return err
			}
			return print(c, done, func(w io.Writer) {
				say(w, "approved and done")
				say(w, "was: %s", visible(done.Before))
				say(w, "is:  %s", head.Render(visible(done.After)))
				for _, n := range done.Notes {
					say(w, "%s %s", doubt.Render("note"), visible(n))
				}
			})
		},
	}
}

func rejectCommand() *cli.Command {
	return &cli.Command{
		Name:      "reject",
		Usage:     "end a proposal without carrying it out; who proposed it may do that too",
		ArgsUsage: "ID",
		UsageText: `wissel reject 4f7k2 --reason "genesys is back"`,
		Flags:     []cli.Flag{&cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"}, outputFlag()},
		Action: func(c *cli.Context) error {
			id, err := oneArg(c, "id of a proposal")
			if err != nil {
				return err
			}
			p, err := client(c).Reject(c.Context, web.Verdict{ID: id, Reason: c.String("reason")})
			if err != nil {
				return err
			}
			return print(c, p, func(w io.Writer) {
				say(w, "rejected, and nothing was changed: %s, %s", visible(string(p.Group)), visible(p.Change))
			})
		},
	}
}

// breakGlassFlag is of each command that may take a second person.
func breakGlassFlag() cli.Flag {
	return &cli.BoolFlag{Name: "break-glass", Usage: "alone, where the group asks for a second person; it is shouted in the audit, and an alarm for a day"}
}

// tellProposed tells that nothing has been changed yet, and what another person is to say.
func tellProposed(w io.Writer, done web.Switched) {
	p := done.Proposal
	say(w, "%s: %s asks for a second person, and nothing has been changed yet", head.Render("proposed"), p.Group)
	say(w, "now:    %s", visible(p.Before))
	say(w, "change: %s", visible(p.Change))
	say(w, "until:  %s", when(p.Until))
	say(w, "another with the role %s says: %s", p.Needs, head.Render("wissel approve "+p.ID))
	for _, n := range done.Notes {
		say(w, "%s %s", doubt.Render("note"), visible(n))
	}
	say(w, "%s", faint.Render("take it back with: wissel reject "+p.ID))
	say(w, "%s", faint.Render("alone, when nobody can be reached: the same command with --break-glass"))
}
