package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"wissel/internal/web"
)

func crisisCommand() *cli.Command {
	return &cli.Command{
		Name:        "crisis",
		Usage:       "who may come in over the crisis line",
		Subcommands: []*cli.Command{crisisStatusCommand(), crisisEnrolCommand(), crisisCodesCommand(), crisisUnlockCommand()},
		Action:      which("crisis status"),
	}
}

func crisisStatusCommand() *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "who is enrolled, how many printed codes each has left, and what is locked",
		Flags: []cli.Flag{outputFlag()},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			x, err := client(c).Crisis(c.Context)
			if err != nil {
				return err
			}
			return print(c, x, func(w io.Writer) { showCrisis(w, x) })
		},
	}
}

func showCrisis(w io.Writer, x web.Crisis) {
	if len(x.Numbers) == 0 {
		say(w, "there is no crisis line: the settings have no crisis.numbers")
		return
	}
	say(w, "%s  %d calls now", head.Render(strings.Join(x.Numbers, ", ")), x.Now)
	for _, l := range x.Locked {
		say(w, "locked: %s", visible(l))
	}
	if !x.Strangers.IsZero() {
		say(w, "locked: all numbers that the settings do not know, until %s", when(x.Strangers))
	}
	var body [][]string
	for _, p := range x.Operators {
		app, codes, state := "no", "none", "may come in"
		if p.App {
			app = "yes"
		}
		if !p.Made.IsZero() {
			codes = fmt.Sprintf("%d, made %s", p.Codes, when(p.Made))
		}
		switch {
		case !p.Locked.IsZero():
			state = "locked until " + when(p.Locked)
		case !p.App && p.Codes == 0:
			state = "cannot come in: no app and no codes"
		}
		body = append(body, []string{p.Name, strings.Join(p.Roles, ", "), fmt.Sprint(p.Phones), app, codes, state})
	}
	rows(w, []string{"name", "roles", "known telephones", "app", "codes left", "state"}, body)
}

func crisisEnrolCommand() *cli.Command {
	return &cli.Command{
		Name:        "enrol",
		Usage:       "make the secret of an app that shows one-time codes",
		ArgsUsage:   "NAME",
		UsageText:   "wissel crisis enrol anna --file /etc/wissel/crisis/anna.totp",
		Description: "It writes the secret to FILE (mode 0600), where the settings are to find it, and shows it once for the app. Give the file to the user that wissel runs as.",
		Flags:       []cli.Flag{&cli.StringFlag{Name: "file", Usage: "where the secret goes; a file that is there already is left alone"}, outputFlag()},
		Action: func(c *cli.Context) (err error) {
			name, err := oneArg(c, "name")
			if err != nil {
				return err
			}
			if c.String("file") == "" {
				return usagef("crisis enrol needs --file: where the secret goes")
			}
			f, err := os.OpenFile(c.String("file"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return fmt.Errorf("write the secret: %w", err)
			}
			k, err := client(c).EnrolCrisis(c.Context, web.CrisisRequest{Name: name})
			if err == nil {
				_, err = f.WriteString(k.Secret + "\n")
			}
			if err = errors.Join(err, f.Close()); err != nil {
				return errors.Join(err, os.Remove(f.Name()))
			}
			name = f.Name()
			if whole, err := filepath.Abs(name); err == nil { // settings do not look where this command was given
				name = whole
			}
			return print(c, k, func(w io.Writer) {
				say(w, "%s", head.Render(k.URI))
				say(w, "or by hand: %s, SHA-1, 6 digits, 30 seconds", spaced(k.Secret, 4))
				say(w, "%s", faint.Render("shown this once. In the settings, under crisis.operators: totp: \"file:"+name+"\"; then `wissel reload`"))
			})
		},
	}
}

// spaced puts a space behind each n characters.
func spaced(s string, n int) string {
	var parts []string
	for ; len(s) > n; s = s[n:] {
		parts = append(parts, s[:n])
	}
	return strings.Join(append(parts, s), " ")
}

func crisisCodesCommand() *cli.Command {
	return &cli.Command{
		Name:      "codes",
		Usage:     "make a list of printed codes, each of which opens once; the list before is void",
		ArgsUsage: "NAME",
		UsageText: "wissel crisis codes anna --count 20 | lp",
		Flags:     []cli.Flag{&cli.IntFlag{Name: "count", Usage: "how many, 50 at most", Value: 20}, outputFlag()},
		Action: func(c *cli.Context) error {
			name, err := oneArg(c, "name")
			if err != nil {
				return err
			}
			if n := c.Int("count"); n < 1 {
				return usagef("--count %d: at least 1; each list makes the one before void", n)
			}
			x, err := client(c).Crisis(c.Context) // before the list is made: what comes after could fail, and the codes are told once
			if err != nil {
				return err
			}
			l, err := client(c).CrisisCodes(c.Context, web.CrisisRequest{Name: name, Count: c.Int("count")})
			if err != nil {
				return err
			}
			return print(c, l, func(w io.Writer) { showCodes(w, l, x.Numbers) })
		},
	}
}

// showCodes prints a list to cut out.
func showCodes(w io.Writer, l web.CrisisCodes, numbers []string) {
	line := strings.Repeat("- ", 31)
	say(w, "%s", line)
	say(w, "Crisis line %s", strings.Join(numbers, ", "))
	say(w, "%s, codes of %s", l.Name, l.Made.Format("2 Jan 2006 15:04"))
	say(w, "PIN and hash; then one of these and hash. Cross out what you used.")
	say(w, "")
	for i := 0; i < len(l.Codes); i += 3 {
		var row []string
		for j := i; j < min(i+3, len(l.Codes)); j++ {
			row = append(row, fmt.Sprintf("%2d  [ ] %s", j+1, spaced(l.Codes[j], 4)))
		}
		say(w, "%s", strings.Join(row, "    "))
	}
	say(w, "%s", line)
	if l.Void > 0 {
		say(w, "%s", faint.Render(fmt.Sprintf("the list before had %d codes left; they open nothing any more", l.Void)))
	}
}

func crisisUnlockCommand() *cli.Command {
	return &cli.Command{
		Name:      "unlock",
		Usage:     "forget the wrong tries of an operator, of his telephones and of all strangers",
		ArgsUsage: "NAME",
		UsageText: `wissel crisis unlock anna --reason "it was she who mistyped"`,
		Flags:     []cli.Flag{&cli.StringFlag{Name: "reason", Usage: "why; it is in the audit log"}, outputFlag()},
		Action: func(c *cli.Context) error {
			name, err := oneArg(c, "name")
			if err != nil {
				return err
			}
			x, err := client(c).UnlockCrisis(c.Context, web.CrisisRequest{Name: name, Reason: c.String("reason")})
			if err != nil {
				return err
			}
			return print(c, x, func(w io.Writer) { showCrisis(w, x) })
		},
	}
}
