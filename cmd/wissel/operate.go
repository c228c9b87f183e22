package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/web"
)

func switchCommand() *cli.Command {
	return &cli.Command{
		Name:      "switch",
		Usage:     "change where a group's calls go, now",
		ArgsUsage: "GROUP",
		UsageText: `wissel switch support --plan storing --reason "genesys is down, ticket 4711"
   wissel switch support --to reserve --reason "test of the backup" --until 18:00
   wissel switch support --to reserve --share 10% --reason "does the backup take calls?" --until 2h
   wissel switch support --auto --reason "genesys is back"`,
		Description: "--plan makes another plan of the group active until you change it back. --to pins one target first, whatever its\nhealth, until --until (8 h when not given); the plan's flow still follows it. --share pins it for a part of the callers,\nalways the same ones. --auto takes both back.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "plan", Usage: "the plan to make active"},
			&cli.StringFlag{Name: "to", Usage: "the trunk, or flow:NAME, to pin"},
			&cli.BoolFlag{Name: "auto", Usage: "no pin, and the plan of the settings"},
			&cli.StringFlag{Name: "share", Usage: "of a pin: for how many of the callers, such as 10%; without it, all"},
			&cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"},
			breakGlassFlag(),
			&cli.StringFlag{Name: "until", Usage: "end of a pin: 18:00, 2026-12-24T18:00, or a time from now such as 2h"},
			outputFlag(),
		},
		Action: func(c *cli.Context) error {
			group, err := oneArg(c, "group")
			if err != nil {
				return err
			}
			req := web.SwitchRequest{
				Group: wissel.GroupID(group), Plan: wissel.PlanID(c.String("plan")), To: c.String("to"), Auto: c.Bool("auto"), Reason: c.String("reason"),
				BreakGlass: c.Bool("break-glass"),
			}
			if c.IsSet("share") {
				if req.Share, err = parseShare(c.String("share")); err != nil {
					return err
				}
			}
			if err := usable(req, c.IsSet("until")); err != nil {
				return err
			}
			if c.IsSet("until") {
				if req.Until, err = parseUntil(c.String("until"), time.Now()); err != nil {
					return err
				}
			}
			done, err := client(c).Switch(c.Context, req)
			if err != nil {
				return err
			}
			return print(c, done, func(w io.Writer) {
				tellSwitched(w, group, done, "undo with: wissel switch "+group+" --auto --reason …   (change "+done.ID+")")
			})
		},
	}
}

// usable refuses requests that cannot be meant, before anything is sent.
func usable(r web.SwitchRequest, until bool) error {
	n := 0
	for _, set := range []bool{r.Plan != "", r.To != "", r.Auto} {
		if set {
			n++
		}
	}
	switch {
	case n != 1:
		return usagef("switch needs exactly one of --plan, --to and --auto")
	case r.Reason == "":
		return usagef("switch needs --reason: whoever comes after you must know why")
	case r.Share != 0 && r.To == "":
		return usagef("--share goes with --to: a plan is for every caller")
	case until && r.To == "":
		return usagef("--until goes with --to: a plan stays until it is changed back")
	}
	return nil
}

// parseShare reads "10%", "2.5 %" as so many of 1000.
func parseShare(text string) (int, error) {
	part, ok := strings.CutSuffix(strings.TrimSpace(text), "%")
	percent, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
	share := int(math.Round(10 * percent))
	if !ok || err != nil || share < 1 || share > 1000 {
		return 0, usagef("--share %q: give a part of the callers such as 10%%, from 0.1%% to 100%%", text)
	}
	return share, nil
}

// parseUntil reads the time of --until.
func parseUntil(text string, now time.Time) (time.Time, error) {
	return parseMoment("until", text, now)
}

// parseMoment reads a flag's time of day (today, or tomorrow when it has passed), date with a time, or time from now.
func parseMoment(flag, text string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil {
		return now.Add(d), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, nil
		}
	}
	t, err := time.ParseInLocation("15:04", text, now.Location())
	if err != nil {
		return time.Time{}, usagef("--%s %q: give a time such as 18:00, 2026-12-24T18:00 or 2h", flag, text)
	}
	t = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, now.Location())
	if !t.After(now) {
		t = time.Date(now.Year(), now.Month(), now.Day()+1, t.Hour(), t.Minute(), 0, 0, now.Location())
	}
	return t, nil
}

func reloadCommand() *cli.Command {
	return &cli.Command{
		Name:  "reload",
		Usage: "read the settings again; with a fault in them the old ones stay whole",
		Flags: []cli.Flag{outputFlag()},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			done, err := client(c).Reload(c.Context)
			if err != nil {
				return err
			}
			return print(c, done, func(w io.Writer) {
				if done.Before == done.Version {
					say(w, "the settings have not changed (%s)", done.Version)
				} else {
					say(w, "settings %s are in force (before: %s)", head.Render(done.Version), done.Before)
				}
				for _, n := range done.Notes {
					say(w, "%s %s", doubt.Render("note"), shownLines(n))
				}
			})
		},
	}
}

func drainCommand() *cli.Command {
	return &cli.Command{
		Name:  "drain",
		Usage: "take no new calls, let the live ones finish, then stop the server",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "end-calls", Usage: "end the live calls now, with BYE"}},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			err := client(c).Drain(c.Context, c.Bool("end-calls"), func(left int) {
				say(c.App.Writer, "%s  %d calls left", when(time.Now()), left)
			})
			if c.Context.Err() != nil {
				return errors.New("drain: nobody looks on any more; the server goes on: it takes no new calls, and stops when the live ones have ended")
			}
			if err != nil {
				return fmt.Errorf("drain: %w", err)
			}
			say(c.App.Writer, "no calls left; the server stops")
			return nil
		},
	}
}

// tellSwitched tells what routed a group before and does now, with a last line; or that it was only proposed.
func tellSwitched(w io.Writer, group string, done web.Switched, last string) {
	if done.Proposal != nil {
		tellProposed(w, done)
		return
	}
	say(w, "%s was: %s", group, visible(done.Before))
	say(w, "%s is:  %s", group, head.Render(visible(done.After)))
	for _, n := range done.Notes {
		say(w, "%s %s", doubt.Render("note"), visible(n))
	}
	say(w, "%s", faint.Render(last))
}
