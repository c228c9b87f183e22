package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/nearest"
	"wissel/internal/sms"
	"wissel/internal/web"
)

func textsCommand() *cli.Command {
	return &cli.Command{
		Name:  "texts",
		Usage: "texts (SMS) to callers: what is owed and what arrived, who sends them, how far news has come",
		Subcommands: []*cli.Command{
			textsListCommand(), textsShowCommand(), textsProgressCommand(), textsPreviewCommand(), textsTestCommand(), textsHoldCommand("pause"), textsHoldCommand("resume"),
			textsProvidersCommand(), textsIncomingCommand(),
		},
		Action: which("texts list"),
	}
}

func textsListCommand() *cli.Command {
	return &cli.Command{
		Name:      "list",
		Usage:     "the newest texts, oldest first; numbers are shortened",
		ArgsUsage: "[GROUP]",
		UsageText: "wissel texts list support --stage waiting\n   wissel texts list --purpose news --since 2h -o csv",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "purpose", Usage: "confirmation, news, back, missed, solved, reply or test"},
			&cli.StringFlag{Name: "stage", Usage: "waiting, sent, delivered, undelivered, expired, unconfirmed, refused, late or dropped"},
			&cli.DurationFlag{Name: "since", Usage: "written at most so long ago: 2h"},
			&cli.IntFlag{Name: "limit", Usage: "the newest so many", Value: 100},
			csvFlag(),
		},
		Action: func(c *cli.Context) error {
			if c.Args().Len() > 1 {
				return usagef("texts list takes one group at the most")
			}
			q := web.TextQuery{Group: wissel.GroupID(c.Args().First()), Purpose: c.String("purpose"), Stage: c.String("stage"), Limit: c.Int("limit")}
			if err := among("purpose", q.Purpose, sms.Purposes); err != nil {
				return err
			}
			if err := among("stage", q.Stage, sms.Stages); err != nil {
				return err
			}
			if d := c.Duration("since"); d > 0 {
				q.Since = time.Now().Add(-d)
			}
			all, err := client(c).Texts(c.Context, q)
			if err != nil {
				return err
			}
			headers := []string{"at", "group", "purpose", "number", "language", "parts", "stage", "since", "", "id"}
			var body [][]string
			for _, t := range all {
				body = append(body, []string{when(t.At), string(t.Group), t.Purpose, t.Number, t.Language, fmt.Sprint(t.Parts), t.Stage, when(t.Since), t.Why, t.ID})
			}
			return printRows(c, all, headers, body, "there are no such texts")
		},
	}
}

func textsIncomingCommand() *cli.Command {
	return &cli.Command{
		Name:      "incoming",
		Usage:     "the newest texts that people sent to us, oldest first, with their words and what was answered; numbers are shortened",
		UsageText: "wissel texts incoming\n   wissel texts incoming -o csv",
		Flags:     []cli.Flag{csvFlag()},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usagef("texts incoming takes nothing behind it")
			}
			all, err := client(c).IncomingTexts(c.Context)
			if err != nil {
				return err
			}
			var body [][]string
			for _, t := range all {
				body = append(body, []string{when(t.At), string(t.Group), t.Number, t.Word, strings.Join(strings.Fields(t.Body), " "), t.Callback, answered(t)})
			}
			return printRows(c, all, []string{"at", "group", "number", "asks for", "words", "callback", "answered"}, body, "no text came to us")
		},
	}
}

// answered says for people what became of a text that came; programs have the key of its answer.
func answered(t web.IncomingText) string {
	switch {
	case !t.Done:
		return "not yet: it is still being dealt with"
	case strings.Contains(t.Answered, " "): // why there is no answer; a key has none
		return t.Answered
	}
	return "yes"
}

// among refuses a value that is none of a closed list; an empty one is any.
func among[S ~string](name, value string, all []S) error {
	if value == "" || slices.Contains(all, S(value)) {
		return nil
	}
	known := make([]string, len(all))
	for i, one := range all {
		known[i] = string(one)
	}
	return usagef("--%s: there is no %q%s", name, value, nearest.Suggest(value, known))
}

func textsShowCommand() *cli.Command {
	return &cli.Command{
		Name: "show", Usage: "one text: its words, and what was tried with it", ArgsUsage: "ID", UsageText: "wissel texts show 01a22be3-32c3-775e-98fb-347c5f18bb81", Flags: []cli.Flag{outputFlag()},
		Action: func(c *cli.Context) error {
			id, err := oneArg(c, "id of a text")
			if err != nil {
				return err
			}
			t, err := client(c).Text(c.Context, id)
			if err != nil {
				return err
			}
			return print(c, t, func(w io.Writer) { sayText(w, t) })
		},
	}
}

func sayText(w io.Writer, t web.Text) {
	say(w, "%s of group %s to %s, in %s, from %s: %s since %s%s", head.Render(t.Purpose), t.Group, t.Number, t.Language, visible(t.From),
		head.Render(t.Stage), when(t.Since), because(t.Why))
	say(w, "written at %s because of %s; it makes sense until %s", when(t.At), visible(t.Cause), when(t.Until))
	say(w, "%s", faint.Render(visible(t.Body)))
	var body [][]string
	for _, a := range t.Tried {
		body = append(body, []string{when(a.At), a.Provider, a.Verdict, strings.Join(a.States, " "), a.Reason})
	}
	rows(w, []string{"tried at", "provider", "answer", "receipts", ""}, body)
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return " (" + visible(why) + ")"
}

func textsPreviewCommand() *cli.Command {
	return &cli.Command{
		Name:      "preview",
		Usage:     "what a text would be now: its words, its parts, what it costs",
		ArgsUsage: "GROUP PURPOSE",
		UsageText: "wissel texts preview support news --language nl\n   wissel texts preview support news --template '{{.Group}}: nog even geduld.'",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "language", Usage: "nl, en or another of the group's; its first by default"},
			&cli.StringFlag{Name: "template", Usage: "these words instead of those in force: whether they would do"},
			outputFlag(),
		},
		Action: func(c *cli.Context) error {
			if c.Args().Len() != 2 {
				return usagef("texts preview takes a group and a purpose, as in: wissel texts preview support news")
			}
			p, err := client(c).PreviewText(c.Context, web.TextPreviewRequest{
				Group: wissel.GroupID(c.Args().Get(0)), Purpose: c.Args().Get(1), Language: c.String("language"), Template: c.String("template"),
			})
			if err != nil {
				return err
			}
			return print(c, p, func(w io.Writer) {
				for _, f := range p.Faults {
					say(w, "%s %s", bad.Render("fault"), visible(f))
				}
				if p.Text == "" {
					return
				}
				say(w, "%s", visible(p.Text))
				say(w, "from %s; %s, %d characters, %s", visible(p.From), p.Encoding, p.Units, plural(p.Parts, "part"))
				if p.Odd != "" {
					say(w, "%s these characters more than halve its room: %s", doubt.Render("note"), visible(p.Odd))
				}
				switch {
				case p.Cost == "":
					say(w, "what it costs is not known: the provider has no tariff for +316")
				default:
					say(w, "%s %s each; %s who asked: %s %s", p.Cost, p.Currency, plural(p.People, "person"), p.Total, p.Currency)
				}
			})
		},
	}
}

func plural(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case what == "person":
		return fmt.Sprintf("%d people", n)
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func textsTestCommand() *cli.Command {
	return &cli.Command{
		Name:      "test",
		Usage:     "send a test text; one sent to the group's own sender proves that texts to it reach us",
		ArgsUsage: "GROUP NUMBER",
		UsageText: "wissel texts test support 0612345678 --provider cm --reason \"new contract\"",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "provider", Usage: "this one; otherwise as the group has them"}, &cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"}, outputFlag(),
		},
		Action: func(c *cli.Context) error {
			if c.Args().Len() != 2 {
				return usagef("texts test takes a group and a number, as in: wissel texts test support 0612345678")
			}
			if strings.TrimSpace(c.String("reason")) == "" {
				return usagef("texts test needs --reason: it costs money, and stands in the audit log")
			}
			t, err := client(c).TestText(c.Context, web.TextTestRequest{
				Group: wissel.GroupID(c.Args().Get(0)), Number: c.Args().Get(1), Provider: c.String("provider"), Reason: c.String("reason"),
			})
			if err != nil {
				return err
			}
			return print(c, t, func(w io.Writer) { say(w, "written, to %s: wissel texts show %s", t.Number, t.ID) })
		},
	}
}

func textsHoldCommand(deed string) *cli.Command {
	usage := map[string]string{"pause": "hold the texts of a group, or of all, but confirmations", "resume": "let them go again"}[deed]
	return &cli.Command{
		Name: deed, Usage: usage, ArgsUsage: "[GROUP]", UsageText: "wissel texts " + deed + " support --reason \"the words are wrong\"",
		Flags: []cli.Flag{&cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"}, outputFlag()},
		Action: func(c *cli.Context) error {
			if c.Args().Len() > 1 {
				return usagef("texts %s takes one group at the most", deed)
			}
			if strings.TrimSpace(c.String("reason")) == "" {
				return usagef("texts %s needs --reason: whoever comes after you must know why", deed)
			}
			r := web.TextPauseRequest{Group: wissel.GroupID(c.Args().First()), Reason: c.String("reason")}
			ask := client(c).PauseTexts
			if deed == "resume" {
				ask = client(c).ResumeTexts
			}
			done, err := ask(c.Context, r)
			if err != nil {
				return err
			}
			return print(c, done, func(w io.Writer) {
				words := map[string]string{"pause": "are held, but for confirmations", "resume": "go again"}[deed]
				whose := "all texts"
				if done.Group != "" {
					whose = "the texts of " + string(done.Group)
				}
				say(w, "%s %s; %d wait in all", whose, words, done.Waiting)
				for _, n := range done.Notes {
					say(w, "%s %s", doubt.Render("note"), visible(n))
				}
			})
		},
	}
}

// sayHeld tells whose texts an operator holds, of a group (empty: of all), and how they go again, in so many lines.
func sayHeld(w io.Writer, paused []string, of wissel.GroupID) (lines int) {
	for _, g := range paused {
		if g == "all" || of == "" || g == string(of) {
			lines++
		}
		switch {
		case g == "all":
			say(w, "%s all texts are held, but for confirmations: wissel texts resume --reason \"...\"", doubt.Render("note"))
		case of == "" || g == string(of):
			say(w, "%s the texts of %s are held, but for confirmations: wissel texts resume %[2]s --reason \"...\"", doubt.Render("note"), g)
		}
	}
	return lines
}

func textsProvidersCommand() *cli.Command {
	return &cli.Command{
		Name: "providers", Usage: "who sends texts: how each is, and when a real text last went through it", Flags: []cli.Flag{csvFlag()},
		Action: func(c *cli.Context) error {
			s, err := client(c).TextState(c.Context)
			if err != nil {
				return err
			}
			headers := []string{"provider", "state", "groups", "a second", "last text", "last test", "last receipt", "taken", "not taken", ""}
			var body [][]string
			for _, p := range s.Providers {
				why := p.Why
				if p.Retry != nil {
					why += "; tried again at " + when(*p.Retry)
				}
				body = append(body, []string{
					p.Name, p.State, strings.Join(p.Groups, ", "), fmt.Sprint(p.Pace), ago(p.Real, "never"), ago(p.Tested, "never"), ago(p.Receipt, "none since start"),
					fmt.Sprint(p.Accepted), fmt.Sprint(p.Failed), why,
				})
			}
			if err := printRows(c, s, headers, body, "the settings name nobody who sends texts: see texts.providers"); err != nil || c.String("output") != "table" {
				return err
			}
			w := c.App.Writer
			for _, n := range slices.Sorted(maps.Keys(s.Routes)) {
				say(w, "a text to %s last reached us %s", n, ago(s.Routes[n], "never"))
			}
			sayHeld(w, s.Paused, "")
			return nil
		},
	}
}
