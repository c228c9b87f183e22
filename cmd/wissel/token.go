package main

import (
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"wissel/internal/access"
	"wissel/internal/web"
)

func tokenCommand() *cli.Command {
	return &cli.Command{
		Name:        "token",
		Usage:       "who may come in over the network",
		Subcommands: []*cli.Command{tokenAddCommand(), tokenListCommand(), tokenRevokeCommand()},
		Action: func(c *cli.Context) error {
			return usagef("token needs one of add, list and revoke, as in: wissel token list")
		},
	}
}

func tokenAddCommand() *cli.Command {
	return &cli.Command{
		Name:        "add",
		Usage:       "let somebody in; the token is shown once",
		ArgsUsage:   "NAME",
		UsageText:   "wissel token add anna --role operator --until 2160h",
		Description: "One token for each person: its name is what the audit log shows.",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "role", Usage: "viewer, operator, lead, privacy or admin; may be given more than once"},
			&cli.StringFlag{Name: "until", Usage: "its end: 2026-12-24T18:00, or a time from now such as 2160h; until it is revoked by default"},
			outputFlag(),
		},
		Action: func(c *cli.Context) error {
			name, err := oneArg(c, "name")
			if err != nil {
				return err
			}
			req := web.TokenRequest{Name: name}
			for _, r := range c.StringSlice("role") {
				role, err := access.ParseRole(r)
				if err != nil {
					return usagef("--role: %w", err)
				}
				req.Roles = append(req.Roles, role)
			}
			if len(req.Roles) == 0 {
				return usagef("token add needs --role: %s", access.Has(access.Roles))
			}
			if c.IsSet("until") {
				if req.Until, err = parseUntil(c.String("until"), time.Now()); err != nil {
					return err
				}
			}
			t, err := client(c).AddToken(c.Context, req)
			if err != nil {
				return err
			}
			return print(c, t, func(w io.Writer) {
				say(w, "%s", head.Render(t.Secret))
				say(w, "%s", faint.Render("for "+t.Name+" ("+access.Has(t.Roles)+"). It is shown this once; give it by a safe way, to be set as WISSEL_TOKEN. End it with: wissel token revoke "+t.Name))
			})
		},
	}
}

func tokenListCommand() *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "the tokens, and when each was last used",
		Flags: []cli.Flag{outputFlag()},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			all, err := client(c).Tokens(c.Context)
			if err != nil {
				return err
			}
			return print(c, all, func(w io.Writer) {
				if len(all) == 0 {
					say(w, "there are no tokens: nobody comes in over the network")
				}
				var body [][]string
				for _, t := range all {
					body = append(body, []string{t.Name, t.ID, access.Has(t.Roles), tokenState(t, time.Now()), ago(t.Used, "never"), when(t.Made), t.MadeBy})
				}
				rows(w, []string{"name", "id", "roles", "state", "last used", "made", "by"}, body)
			})
		},
	}
}

// tokenState says whether a token lets in, and until when.
func tokenState(t web.Token, now time.Time) string {
	switch {
	case !t.Revoked.IsZero():
		return "revoked " + when(t.Revoked)
	case t.Until.IsZero():
		return "lets in"
	case now.Before(t.Until):
		return "until " + when(t.Until)
	default:
		return "ended " + when(t.Until)
	}
}

func tokenRevokeCommand() *cli.Command {
	return &cli.Command{
		Name:      "revoke",
		Usage:     "let somebody in no more, at once",
		ArgsUsage: "NAME",
		UsageText: "wissel token revoke anna",
		Flags:     []cli.Flag{outputFlag()},
		Action: func(c *cli.Context) error {
			name, err := oneArg(c, "name")
			if err != nil {
				return err
			}
			t, err := client(c).RevokeToken(c.Context, name)
			if err != nil {
				return err
			}
			return print(c, t, func(w io.Writer) { say(w, "the token of %s lets nobody in any more", visible(t.Name)) })
		},
	}
}
