package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"wissel/internal/audit"
	"wissel/internal/store/sqlite"
)

func auditCommand() *cli.Command {
	return &cli.Command{
		Name:  "audit",
		Usage: "who changed what, when and why",
		Flags: []cli.Flag{
			outputFlag(),
			&cli.IntFlag{Name: "limit", Aliases: []string{"n"}, Value: 20, Usage: "the newest so many; 0 is all"},
			&cli.DurationFlag{Name: "since", Usage: "only the last so long, such as 24h"},
		},
		Subcommands: []*cli.Command{verifyCommand()},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			since, err := sinceOf(c)
			if err != nil {
				return err
			}
			all, err := client(c).Audit(c.Context, since, c.Int("limit"))
			if err != nil {
				return err
			}
			return print(c, all, func(w io.Writer) {
				if len(all) == 0 {
					say(w, "nothing was changed")
				}
				var body [][]string
				for _, r := range all {
					body = append(body, []string{r.At.Local().Format("2006-01-02 15:04:05"), r.Who, r.What, r.Object, r.Before, r.After, r.Why})
				}
				rows(w, []string{"when", "who", "what", "on", "before", "after", "why"}, body)
			})
		},
	}
}

func verifyCommand() *cli.Command {
	return &cli.Command{
		Name:  "verify",
		Usage: "whether the audit rows are those that were written: none changed, taken out, moved or cut off",
		UsageText: `wissel audit verify
   wissel audit verify --store /var/lib/wissel
   wissel audit verify --head 4711:9f86d0…`,
		Description: "It exits 1 and names the first row that is not as it was written. --store reads a folder that no server need be using.\n--head holds the rows against a head that the log told (\"audit head\"), which nobody on this machine can have taken back.",
		Flags: []cli.Flag{
			outputFlag(),
			&cli.StringFlag{Name: "store", Usage: "folder of a store, instead of asking the server"},
			&cli.StringFlag{Name: "head", Usage: "a head as the log has it, ROWS:HASH"},
			&cli.Uint64Flag{Name: "from", Usage: "the first row to look at, where those before it are known to be gone"},
		},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			var known audit.End
			if text := c.String("head"); text != "" {
				var err error
				if known, err = audit.ParseEnd(text); err != nil {
					return usagef("--head: %w", err)
				}
			}
			all, err := verified(c, known)
			if err != nil {
				return err
			}
			if err := print(c, all, func(w io.Writer) { tellVerified(w, all, c.Uint64("from")) }); err != nil {
				return err
			}
			var faults []error
			for _, r := range all {
				switch from := c.Uint64("from"); {
				case r.Fault != nil:
					faults = append(faults, fmt.Errorf("audit verify: node %s: %s", visible(r.Node), visible(r.Fault.Error())))
				case from > r.End.Rows && from > 1:
					faults = append(faults, fmt.Errorf("audit verify: node %s: there is no row %d, so nothing was looked at; the last is %d", visible(r.Node), from, r.End.Rows))
				}
			}
			return errors.Join(faults...)
		},
	}
}

// verified asks the server, or reads the folder that --store names.
func verified(c *cli.Context, known audit.End) ([]audit.Report, error) {
	if dir := c.String("store"); dir != "" {
		return sqlite.VerifyAudit(c.Context, dir, c.Uint64("from"), known)
	}
	return client(c).VerifyAudit(c.Context, c.Uint64("from"), known)
}

// tellVerified tells of the chains that are whole. What lies before row from was not looked at.
func tellVerified(w io.Writer, all []audit.Report, from uint64) {
	if len(all) == 0 {
		say(w, "there are no audit rows")
	}
	for _, r := range all {
		if r.Fault != nil || from > r.End.Rows && from > 1 {
			continue // it is told as the error
		}
		if r.Rows == 0 {
			say(w, "%s  node %s: no rows yet, and none that were sealed are gone", good.Render("whole"), visible(r.Node))
			continue
		}
		rows := fmt.Sprintf("%d rows", r.Rows)
		if from > 1 {
			rows = fmt.Sprintf("rows %d to %d, those before them not looked at", from, r.End.Rows)
		}
		say(w, "%s  node %s: %s, none changed, taken out, moved or cut off", good.Render("whole"), visible(r.Node), rows)
		if r.Cut.Rows > 0 {
			say(w, "%s", faint.Render(fmt.Sprintf("rows 1 to %d were deleted as they were too old, and a row says so", r.Cut.Rows)))
		}
		say(w, "%s", faint.Render(fmt.Sprintf("sealed %s with key %.16s…; head %s", when(r.Sealed), r.Key, r.End)))
	}
}
