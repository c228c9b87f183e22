package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/app"
	"wissel/internal/lastresort"
)

func exportCommand() *cli.Command {
	return &cli.Command{
		Name:        "export",
		Usage:       "what others need to know of the settings",
		Subcommands: []*cli.Command{lastResortCommand()},
		Action:      which("export last-resort"),
	}
}

func lastResortCommand() *cli.Command {
	return &cli.Command{
		Name:  "last-resort",
		Usage: "what to set at each carrier, and in DNS, for the hour in which wissel itself is gone",
		UsageText: `wissel export last-resort
   wissel export last-resort --format json --group support > last-resort.json
   wissel export last-resort --check last-resort.json`,
		Description: "It is made from the settings file alone and asks no server. Keep it where wissel is not. --check says what has to be set\notherwise since a saved JSON was made, and exits 1 then.",
		Flags: []cli.Flag{
			settingsFlag(),
			&cli.StringFlag{Name: "format", Value: "text", Usage: "text, or json (its names are stable)"},
			&cli.StringSliceFlag{Name: "group", Aliases: []string{"g"}, Usage: "only this group; may be given several times"},
			&cli.StringFlag{Name: "check", Usage: "hold a saved JSON against the settings"},
		},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			if saved := c.String("check"); saved != "" {
				return checkLastResort(c, saved)
			}
			var groups []wissel.GroupID
			for _, g := range c.StringSlice("group") {
				groups = append(groups, wissel.GroupID(g))
			}
			sheet, err := makeLastResort(c, groups)
			if err != nil {
				return err
			}
			text := []byte(sheet.Text())
			switch f := c.String("format"); f {
			case "text":
			case "json":
				if text, err = json.MarshalIndent(sheet, "", "  "); err != nil {
					return fmt.Errorf("write the sheet: %w", err)
				}
				text = append(text, '\n')
			default:
				return usagef("--format %q: text or json", f)
			}
			if _, err := c.App.Writer.Write(text); err != nil {
				return fmt.Errorf("write the sheet: %w", err)
			}
			return nil
		},
	}
}

func makeLastResort(c *cli.Context, groups []wissel.GroupID) (*lastresort.Sheet, error) {
	file, _, err := app.Check(c.Context, c.String("settings"), app.Checking{})
	if err != nil {
		return nil, err
	}
	return lastresort.Make(file, groups, time.Now())
}

// checkLastResort holds a saved sheet against the settings. It is about the groups that the saved one was about.
func checkLastResort(c *cli.Context, path string) error {
	if c.IsSet("group") || c.IsSet("format") {
		return usagef("--check goes alone: the groups are those of the saved sheet")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the saved sheet: %w", err)
	}
	saved, err := lastresort.Read(data)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	now, err := makeLastResort(c, saved.Groups)
	if err != nil {
		return err
	}
	differences := lastresort.Differences(saved, now)
	for _, d := range differences {
		say(c.App.Writer, "%s", visible(d))
	}
	if len(differences) > 0 {
		say(c.App.Writer, "\nthe sheet was made %s from settings %s, now %s", saved.Made.Format("2006-01-02"), saved.Settings, now.Settings)
		return errors.New(path + " is out of date: set the above, then save it anew with `wissel export last-resort --format json`")
	}
	say(c.App.Writer, "%s; made %s from settings %s, now %s", good.Render("nothing is to be set otherwise"), saved.Made.Format("2006-01-02"), saved.Settings, now.Settings)
	return nil
}
