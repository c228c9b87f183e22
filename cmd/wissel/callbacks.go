package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/callbacks"
	"wissel/internal/web"
)

func callbacksCommand() *cli.Command {
	return &cli.Command{
		Name:  "callbacks",
		Usage: "the calls that callers were promised: who is next, and which were made",
		Subcommands: append([]*cli.Command{
			callbacksListCommand(), callbacksShowCommand(), callbacksCloseCommand("done", callbacks.Done, "he was called back"),
			callbacksCloseCommand("cancel", callbacks.Cancelled, "he is not to be called back"), callbacksTurnCommand(),
			callbacksExportCommand(), callbacksImportCommand(), callbacksThroughCommand(),
		}, callbacksReleaseCommands()...),
		Action: which("callbacks list"),
	}
}

func callbacksListCommand() *cli.Command {
	return &cli.Command{
		Name:      "list",
		Usage:     "the callbacks of each group, in their order",
		ArgsUsage: "[GROUP]",
		Flags: append(numbersFlags(), &cli.BoolFlag{Name: "all", Usage: "those closed last too"},
			&cli.StringFlag{Name: "state", Usage: "only those: noted, waiting, calling agent, calling customer, talking, by hand, done, missed, cancelled, expired"},
			&cli.StringFlag{Name: "language", Usage: "only those who chose it: nl"},
			&cli.DurationFlag{Name: "older", Usage: "only those who asked longer ago: 2h"},
			&cli.IntFlag{Name: "first", Usage: "so many and no more"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "table", Usage: "table, csv, or json (its names are stable)"}),
		Action: func(c *cli.Context) error {
			if c.Args().Len() > 1 {
				return usagef("callbacks list takes one group at the most")
			}
			found, err := masked(c, "callbacks list", client(c).Callbacks, client(c).CallbackNumbers)
			if err != nil {
				return err
			}
			all, err := chosen(c, found)
			if err != nil {
				return err
			}
			if group := c.Args().First(); group != "" && len(all) == 0 {
				if _, err := client(c).Release(c.Context, wissel.GroupID(group)); err != nil { // there may be no such group
					return err
				}
			}
			if c.String("output") == "csv" {
				some := make([]web.CallbackShown, 0, len(all))
				for _, one := range all {
					some = append(some, web.CallbackShown{Callback: one})
				}
				return writeCallbacks(c.App.Writer, some)
			}
			return print(c, all, func(w io.Writer) {
				if len(all) == 0 {
					say(w, "nobody waits to be called back")
					return
				}
				var body [][]string
				for _, one := range all {
					body = append(body, []string{string(one.Group), placeOf(one), one.State, one.Number, when(one.At), one.Language, remarks(one), one.ID})
				}
				rows(w, []string{"group", "place", "state", "number", "asked at", "language", "", "id"}, body)
			})
		},
	}
}

// states are the words for where a callback is.
var states = []callbacks.State{
	callbacks.Noted, callbacks.Waiting, callbacks.CallingAgent, callbacks.CallingCustomer, callbacks.InTalk, callbacks.Hand, callbacks.Done, callbacks.Missed,
	callbacks.Cancelled, callbacks.Expired,
}

// chosen are those that the filters let through.
func chosen(c *cli.Context, found []web.Callback) ([]web.Callback, error) {
	group, state, lang, older, most := c.Args().First(), c.String("state"), c.String("language"), c.Duration("older"), c.Int("first")
	if state != "" && !slices.Contains(states, callbacks.State(state)) {
		var words []string
		for _, s := range states {
			words = append(words, string(s))
		}
		return nil, usagef("--state %q: one of %s", state, strings.Join(words, ", "))
	}
	if most < 0 || older < 0 {
		return nil, usagef("--first and --older are no less than 0")
	}
	all := []web.Callback{}
	for _, one := range found {
		switch {
		case group != "" && string(one.Group) != group, state != "" && one.State != state, lang != "" && one.Language != lang, time.Since(one.At) < older:
		case one.Place == 0 && !c.Bool("all") && state == "":
		default:
			all = append(all, one)
		}
		if most > 0 && len(all) == most {
			break
		}
	}
	return all, nil
}

// placeOf is a callback's place; of one that is closed there is none.
func placeOf(c web.Callback) string {
	if c.Place > 0 {
		return strconv.Itoa(c.Place)
	}
	return ""
}

func callbacksShowCommand() *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "all that is known of one callback, or how a group's are let go",
		ArgsUsage: "ID|GROUP",
		UsageText: "wissel callbacks show 019a…\n   wissel callbacks show support",
		Flags:     []cli.Flag{outputFlag()},
		Action: func(c *cli.Context) error {
			what, err := oneArg(c, "id of a callback, or group")
			if err != nil {
				return err
			}
			if _, err := uuid.Parse(what); err != nil {
				r, err := client(c).Release(c.Context, wissel.GroupID(what))
				if err != nil {
					return err
				}
				return print(c, r, func(w io.Writer) { tellRelease(w, r) })
			}
			one, err := client(c).Callback(c.Context, what)
			if err != nil {
				return err
			}
			return print(c, one, func(w io.Writer) { tellCallback(w, one) })
		},
	}
}

func tellCallback(w io.Writer, one web.CallbackShown) {
	say(w, "%s %s of group %s, asked at %s", head.Render(one.State), one.Number, one.Group, when(one.At))
	for _, line := range [][2]string{
		{"place", placeOf(one.Callback)}, {"rang", one.Rung}, {"language", one.Language}, {"keys", strings.Join(one.Choices, " ")}, {"calls", times(one.Calls)}, {"remarks", remarks(one.Callback)}, {"why", one.Why},
		{"not before", whenIf(one.Due)}, {"promised by", whenIf(one.Until)},
	} {
		if line[1] != "" {
			say(w, "%-12s %s", line[0], visible(line[1]))
		}
	}
	if one.Recording != "" {
		say(w, "%-12s %v, as %s: `wissel recordings export`", "his voice", time.Duration(one.LengthMS)*time.Millisecond, visible(one.Recording))
	}
	for _, text := range one.Texts {
		say(w, "%-12s %s  %s", "he texted", when(text.At), textWords(text))
	}
	var body [][]string
	for _, a := range one.Attempts {
		rang := ""
		if a.Rung {
			rang = "rang"
		}
		body = append(body, []string{when(a.At), a.Outcome, rang, a.Why, talkedFor(a)})
	}
	rows(w, []string{"attempt at", "outcome", "", "why", "talked"}, body)
}

func times(n int) string {
	if n < 2 {
		return ""
	}
	return fmt.Sprintf("he rang %d times", n)
}

// textWords are the words of a text that he sent, in one line.
func textWords(t web.CallbackText) string {
	if t.Body == "" {
		return "(its words are gone: privacy.keep.texts is over)"
	}
	return visible(strings.Join(strings.Fields(t.Body), " "))
}

func talkedFor(a web.CallbackAttempt) string {
	if a.TalkedMS == 0 {
		return ""
	}
	return wissel.Span(time.Duration(a.TalkedMS) * time.Millisecond)
}

func whenIf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return when(t)
}

func callbacksThroughCommand() *cli.Command {
	return &cli.Command{
		Name:      "through",
		Usage:     "a caller was helped meanwhile: his callbacks are cancelled",
		ArgsUsage: "NUMBER",
		UsageText: "wissel callbacks through +31612345678 --reason \"he mailed, and has his answer\"",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "group", Usage: "of this group alone"}, &cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"}, outputFlag(),
		},
		Action: func(c *cli.Context) error {
			number, err := oneArg(c, "telephone number")
			if err != nil {
				return err
			}
			if strings.TrimSpace(c.String("reason")) == "" {
				return usagef("callbacks through needs --reason: whoever comes after you must know why")
			}
			done, err := client(c).Through(c.Context, web.ThroughRequest{Group: wissel.GroupID(c.String("group")), Number: number, Reason: c.String("reason")})
			if err != nil {
				return err
			}
			return print(c, done, func(w io.Writer) {
				say(w, "%d callbacks are cancelled", done.Cancelled)
				for _, n := range done.Notes {
					say(w, "%s %s", doubt.Render("note"), visible(n))
				}
			})
		},
	}
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
	if c.Again {
		all = append(all, "texted that it did not help")
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
