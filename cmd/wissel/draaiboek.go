package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"wissel/configs"
	"wissel/internal/app"
	"wissel/internal/draaiboek"
	"wissel/internal/nearest"
)

func draaiboekCommand() *cli.Command {
	subs := []*cli.Command{draaiboekListCommand(), draaiboekShowCommand(), draaiboekCheckCommand(), draaiboekPlanCommand()}
	return &cli.Command{
		Name:        "draaiboek",
		Usage:       "look at the plans for an outage, without running one",
		Description: "They read the settings file alone and ask no server.",
		Subcommands: subs,
		Action: func(c *cli.Context) error {
			if !c.Args().Present() {
				return usagef("draaiboek needs what to do, as in: wissel draaiboek show platform-down")
			}
			var names []string
			for _, s := range subs {
				names = append(names, s.Name)
			}
			return usagef("there is no draaiboek command %q%s", c.Args().First(), nearest.Suggest(c.Args().First(), names))
		},
	}
}

func draaiboekListCommand() *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "the draaiboeken there are, and what those that cannot be started lack",
		Flags: []cli.Flag{settingsFlag(), langFlag("the language of the texts; that of the settings")},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			file, err := draaiboeken(c)
			if err != nil {
				return err
			}
			var body [][]string
			for _, id := range slices.Sorted(maps.Keys(file.Draaiboeken.All)) {
				d := file.Draaiboeken.All[id]
				body = append(body, []string{id, d.Title.In(language(c, file)), plural(len(d.Steps), "step"), d.Version(), readiness(d), d.File})
			}
			rows(c.App.Writer, []string{"draaiboek", "", "", "version", "", "file"}, body)
			return nil
		},
	}
}

func language(c *cli.Context, file *configs.File) string {
	if c.IsSet("lang") {
		return c.String("lang")
	}
	return file.Draaiboeken.Language
}

// readiness says whether a draaiboek can be started.
func readiness(d configs.Draaiboek) string {
	if len(d.Missing) == 0 {
		return "ready"
	}
	return "needs names: " + strings.Join(d.Missing, ", ")
}

func draaiboekShowCommand() *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "the steps of a draaiboek, with who and how long",
		ArgsUsage: "NAME",
		UsageText: "wissel draaiboek show platform-down\n   wissel draaiboek show platform-down --lang en",
		Flags: []cli.Flag{
			settingsFlag(), langFlag("the language of the texts; that of the settings"),
			&cli.BoolFlag{Name: "texts", Usage: "what is said and written in it, too"},
		},
		Action: func(c *cli.Context) error {
			d, file, err := oneDraaiboek(c)
			if err != nil {
				return err
			}
			lang := language(c, file)
			if _, ok := d.Title[lang]; !ok {
				return usagef("--lang %q: draaiboek %s has %s", lang, d.Name, strings.Join(slices.Sorted(maps.Keys(d.Title)), ", "))
			}
			if len(d.Missing) > 0 {
				say(c.App.Writer, "%s draaiboeken.names of the settings lacks %s, so this cannot be started", doubt.Render("not ready"), strings.Join(d.Missing, ", "))
			}
			say(c.App.Writer, "%s", strings.TrimRight(d.Draw(lang), "\n"))
			if c.Bool("texts") {
				sayMessages(c.App.Writer, d.Scenario, lang, file.StatusPage.Address)
			}
			return nil
		},
	}
}

// sayMessages prints every form of every message, without what is only known in an outage.
func sayMessages(w io.Writer, s draaiboek.Scenario, lang, status string) {
	for _, name := range slices.Sorted(maps.Keys(s.Messages)) {
		say(w, "\n%s", head.Render(name))
		for _, form := range []string{draaiboek.Voice, draaiboek.SMS, draaiboek.Status, draaiboek.Post, draaiboek.Mail, draaiboek.Chat, draaiboek.Staff} {
			if text := s.Messages[name][lang].In(form); text != "" {
				say(w, "  %-7s %s", form, draaiboek.Fill(text, map[string]string{"status": status, "minutes": "15"}))
			}
		}
	}
}

func draaiboekCheckCommand() *cli.Command {
	return &cli.Command{
		Name:        "check",
		Usage:       "tell everything that is wrong with the settings and their draaiboeken, and which can be started",
		UsageText:   "wissel draaiboek check -s wissel.yaml",
		Description: "`wissel check FILE` finds the same faults. This one fails as well when a draaiboek cannot be started.",
		Flags:       []cli.Flag{settingsFlag()},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			file, err := draaiboeken(c)
			if err != nil {
				return err
			}
			lack := 0
			for _, id := range slices.Sorted(maps.Keys(file.Draaiboeken.All)) {
				d := file.Draaiboeken.All[id]
				style := good
				if len(d.Missing) > 0 {
					lack++
					style = doubt
				}
				say(c.App.Writer, "%-16s %s", id, style.Render(readiness(d)))
			}
			if lack > 0 {
				return fmt.Errorf("%s of %d cannot be started: give those names under draaiboeken.names", plural(lack, "draaiboek"), len(file.Draaiboeken.All))
			}
			return nil
		},
	}
}

func draaiboekPlanCommand() *cli.Command {
	return &cli.Command{
		Name:        "plan",
		Usage:       "what a draaiboek would change, if every step of it were done",
		ArgsUsage:   "NAME",
		UsageText:   "wissel draaiboek plan platform-down",
		Description: "It changes nothing. Before is as the settings have it: what operators and wissel have changed since only the server knows.",
		Flags:       []cli.Flag{settingsFlag(), outputFlag()},
		Action: func(c *cli.Context) error {
			d, file, err := oneDraaiboek(c)
			if err != nil {
				return err
			}
			if len(d.Missing) > 0 {
				return fmt.Errorf("draaiboek %s cannot be planned: draaiboeken.names of the settings lacks %s", d.Name, strings.Join(d.Missing, ", "))
			}
			ways := map[string][]string{}
			for id, t := range file.Draaiboeken.Teams {
				ways[id] = t.Ways()
			}
			all := d.Changes(draaiboek.View{Snapshot: file.Snapshot(nil), Teams: ways, Now: time.Now().In(file.Draaiboeken.Zone)})
			return print(c, all, func(w io.Writer) { sayChanges(w, d.Scenario, all) })
		},
	}
}

func sayChanges(w io.Writer, s draaiboek.Scenario, all []draaiboek.Change) {
	for _, ch := range all {
		only := ""
		if ch.If != "" {
			only = faint.Render("  only if " + ch.If)
		}
		say(w, "%s  %s%s", head.Render(ch.Step), visible(ch.Object), only)
		if ch.Before != "" {
			say(w, "  - %s", visible(ch.Before))
		}
		say(w, "  + %s", visible(ch.After))
	}
	say(w, "%s; nothing was changed, and each change but what was said to people is put back by an undo unless `show` says that it stays (%s %s)",
		plural(len(all), "change"), s.Name, s.Version())
}

func draaiboeken(c *cli.Context) (*configs.File, error) {
	file, _, err := app.Check(c.Context, c.String("settings"), app.Checking{})
	return file, err
}

func oneDraaiboek(c *cli.Context) (configs.Draaiboek, *configs.File, error) {
	name, err := oneArg(c, "draaiboek")
	if err != nil {
		return configs.Draaiboek{}, nil, err
	}
	file, err := draaiboeken(c)
	if err != nil {
		return configs.Draaiboek{}, nil, err
	}
	if d, ok := file.Draaiboeken.All[name]; ok {
		return d, file, nil
	}
	return configs.Draaiboek{}, nil, usagef("there is no draaiboek %q%s", name, nearest.Suggest(name, slices.Sorted(maps.Keys(file.Draaiboeken.All))))
}
