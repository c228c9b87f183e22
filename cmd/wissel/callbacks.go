package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/configs"
	"wissel/internal/callbacks"
	"wissel/internal/web"
)

func callbacksCommand() *cli.Command {
	return &cli.Command{
		Name:  "callbacks",
		Usage: "the calls that callers were promised: who is next, and which were made",
		Subcommands: []*cli.Command{
			callbacksListCommand(), callbacksCloseCommand("done", callbacks.Done, "he was called back"),
			callbacksCloseCommand("cancel", callbacks.Cancelled, "he is not to be called back"), callbacksTurnCommand(),
		},
		Action: func(c *cli.Context) error {
			if !c.Args().Present() {
				return usagef("callbacks needs what to do, as in: wissel callbacks list")
			}
			return usagef("there is no callbacks command %q%s", c.Args().First(), configs.Suggest(c.Args().First(), []string{"list", "done", "cancel", "turn"}))
		},
	}
}

func callbacksListCommand() *cli.Command {
	return &cli.Command{
		Name:      "list",
		Usage:     "the callbacks of each group, in their order",
		ArgsUsage: "[GROUP]",
		Flags:     append(numbersFlags(), &cli.BoolFlag{Name: "all", Usage: "those closed last too"}, outputFlag()),
		Action: func(c *cli.Context) error {
			if c.Args().Len() > 1 {
				return usagef("callbacks list takes one group at the most")
			}
			found, err := masked(c, "callbacks list", client(c).Callbacks, client(c).CallbackNumbers)
			if err != nil {
				return err
			}
			all := []web.Callback{}
			for _, one := range found {
				if group := c.Args().First(); (group == "" || string(one.Group) == group) && (c.Bool("all") || one.Place > 0) {
					all = append(all, one)
				}
			}
			if group := c.Args().First(); group != "" && len(all) == 0 {
				if _, err := client(c).Hours(c.Context, wissel.GroupID(group), time.Time{}); err != nil { // there may be no such group
					return err
				}
			}
			return print(c, all, func(w io.Writer) {
				if len(all) == 0 {
					say(w, "nobody waits to be called back")
					return
				}
				var body [][]string
				for _, one := range all {
					body = append(body, []string{string(one.Group), placeOf(one), one.Number, when(one.At), one.Language, remarks(one), one.ID})
				}
				rows(w, []string{"group", "place", "number", "asked at", "language", "", "id"}, body)
			})
		},
	}
}

// placeOf is a callback's place, or what became of it.
func placeOf(c web.Callback) string {
	if c.Place > 0 {
		return strconv.Itoa(c.Place)
	}
	return c.State
}

// remarks are what whoever calls should know.
func remarks(c web.Callback) string {
	var all []string
	if c.ByHand {
		all = append(all, "left a voice")
	}
	if c.Wishes > 1 {
		all = append(all, fmt.Sprintf("asked %d times", c.Wishes))
	}
	if c.Apart && c.Number != "none" {
		all = append(all, "many ring from there")
	}
	if c.Hidden {
		all = append(all, "hides the number: for this call alone")
	}
	if c.By != "" {
		all = append(all, "by "+visible(c.By)+": "+visible(c.Why))
	}
	return strings.Join(all, "; ")
}

func callbacksCloseCommand(name string, as callbacks.State, usage string) *cli.Command {
	return &cli.Command{
		Name:      name,
		Usage:     usage + ": those behind him move up",
		ArgsUsage: "ID",
		UsageText: "wissel callbacks " + name + " 019a… --reason \"ticket 4711\"",
		Flags:     []cli.Flag{&cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"}, outputFlag()},
		Action: func(c *cli.Context) error {
			id, err := oneArg(c, "id of a callback")
			if err != nil {
				return err
			}
			if strings.TrimSpace(c.String("reason")) == "" {
				return usagef("callbacks %s needs --reason: whoever comes after you must know why", name)
			}
			done, err := client(c).CloseCallback(c.Context, id, as, web.ReadRequest{Reason: c.String("reason")})
			if err != nil {
				return err
			}
			return print(c, done, func(w io.Writer) {
				say(w, "%s: %s of group %s, asked at %s", done.Callback.State, done.Callback.Number, done.Callback.Group, when(done.Callback.At))
				for _, n := range done.Notes {
					say(w, "%s %s", doubt.Render("note"), visible(n))
				}
			})
		},
	}
}

func callbacksTurnCommand() *cli.Command {
	return &cli.Command{
		Name:      "turn",
		Usage:     "say when a group's callbacks are expected to be made: callers hear it as a part of the day",
		ArgsUsage: "GROUP",
		UsageText: "wissel callbacks turn support --at 2026-12-25T10:00 --reason \"the desk is back then\"\n   wissel callbacks turn support --clear --reason \"it takes longer\"",
		Description: "Times are those of the desk's own zone. Once the time is past nothing is said of it any more. Without one callers hear a time only\n" +
			"when it can be measured: five callbacks done within the last four open hours.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "at", Usage: "18:00, 2026-12-24T18:00, or a time from now such as 2h"},
			&cli.BoolFlag{Name: "clear", Usage: "no time is said any more"},
			&cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"},
			outputFlag(),
		},
		Action: func(c *cli.Context) error {
			group, err := oneArg(c, "group")
			if err != nil {
				return err
			}
			switch {
			case c.IsSet("at") == c.Bool("clear"):
				return usagef("callbacks turn takes one of --at and --clear")
			case strings.TrimSpace(c.String("reason")) == "":
				return usagef("callbacks turn needs --reason: whoever comes after you must know why")
			}
			r := web.TurnRequest{Group: wissel.GroupID(group), Clear: c.Bool("clear"), Reason: c.String("reason")}
			if c.IsSet("at") {
				h, err := client(c).Hours(c.Context, r.Group, time.Time{})
				if err != nil {
					return err
				}
				if r.At, err = deskTime(c, "at", h); err != nil {
					return err
				}
			}
			done, err := client(c).SetTurn(c.Context, r)
			if err != nil {
				return err
			}
			return print(c, done, func(w io.Writer) {
				say(w, "callbacks of %s are expected: %s (before: %s)", done.Group, head.Render(done.After), done.Before)
				for _, n := range done.Notes {
					say(w, "%s %s", doubt.Render("note"), visible(n))
				}
			})
		},
	}
}
