package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/configs"
	"wissel/internal/access"
	"wissel/internal/app"
	"wissel/internal/web"
)

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "read a settings file and tell everything that is wrong with it",
		ArgsUsage: "FILE",
		UsageText: "wissel check /etc/wissel/wissel.yaml",
		Description: "When a call last proved each trunk it asks the server that runs here, or that --control names, from whoever has the\nrole " +
			access.Needs(access.See) + "; where none answers it says nothing of that.",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "online", Usage: "look names up and see certificates too, for backups that share them with what they back up"},
			&cli.BoolFlag{Name: "production", Usage: "callers may hear no placeholder voice: see wissel prompts check"},
			&cli.StringFlag{Name: "store", Usage: "folder of a store, for backups that no call ever proved, instead of the running server"},
			&cli.BoolFlag{Name: "schema", Usage: "print the JSON Schema of settings, for editors, instead"},
		}, reachFlags()...),
		Action: func(c *cli.Context) error {
			if c.Bool("schema") {
				if _, err := c.App.Writer.Write(configs.Schema()); err != nil {
					return fmt.Errorf("write the schema: %w", err)
				}
				return nil
			}
			name, err := oneArg(c, "file")
			if err != nil {
				return err
			}
			look := app.Checking{Online: c.Bool("online"), Store: c.String("store"), Fit: c.Bool("production")}
			var unasked error
			if look.Store == "" {
				look.Proofs, look.Endings, unasked = proofs(c)
				if unasked == nil && look.Proofs != nil {
					look.Texted = textRoutes(c)
				}
			}
			file, notes, err := app.Check(c.Context, name, look)
			if err != nil {
				return err
			}
			if unasked != nil {
				notes = append(notes, "which trunks are proved is not known: "+visible(unasked.Error())+"; `--store FOLDER` reads it without a server")
			}
			for _, n := range notes {
				say(c.App.Writer, "%s %s", doubt.Render("warning"), n)
			}
			sayTexts(c.App.Writer, file.Texts)
			numbers := 0
			for _, g := range file.Groups {
				numbers += len(g.Lines) // file.Lines has a number once more for each form that callers dial
			}
			say(c.App.Writer, "%s; numbers: %d, groups: %d, trunks: %d; settings %s", good.Render("no faults"), numbers, len(file.Groups), len(file.Trunks), file.Version)
			return nil
		},
	}
}

// askProofs is how long check waits for a server's proofs: it is about a file.
const askProofs = 3 * time.Second

// proofs asks the server when each of its trunks was last proved, and which statuses its carriers take. Where none was named,
// and none serves, there are none.
func proofs(c *cli.Context) (map[wissel.TrunkID]wissel.Proof, map[wissel.TrunkID]wissel.Ending, error) {
	ctx, cancel := context.WithTimeoutCause(c.Context, askProofs, fmt.Errorf("the server gave no answer in %v", askProofs))
	defer cancel()
	trunks, err := client(c).Carriers(ctx)
	if errors.Is(err, web.ErrNotServing) && !c.IsSet("control") {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	all, endings := map[wissel.TrunkID]wissel.Proof{}, map[wissel.TrunkID]wissel.Ending{}
	for _, t := range trunks {
		if t.Proof != nil {
			all[t.Trunk] = wissel.Proof{At: t.Proof.At, Test: t.Proof.Test, Call: t.Proof.Call}
		}
		if e := t.Ending; e != nil {
			endings[t.Trunk] = wissel.Ending{
				Status: e.Status, Call: e.Call, At: e.At, Again: e.Again, Within: time.Duration(e.WithinMS) * time.Millisecond, Calm: e.Calm,
			}
		}
	}
	return all, endings, nil
}

// textRoutes asks the server when a text to each number of ours last reached it; nil: it does not say.
func textRoutes(c *cli.Context) map[string]time.Time {
	ctx, cancel := context.WithTimeout(c.Context, askProofs)
	defer cancel()
	s, err := client(c).TextState(ctx)
	if err != nil {
		return nil
	}
	return s.Routes
}

// sayTexts tells how long each text of the settings is at its longest, and what it costs.
func sayTexts(w io.Writer, t configs.Texts) {
	var body [][]string
	for _, s := range t.Sizes(time.Now().Add(3 * time.Hour)) {
		cost := "no tariff"
		if s.Priced {
			cost = s.Cost.String() + " " + t.Currency
		}
		note := ""
		if len(s.Size.Odd) > 0 {
			note = "these more than halve its room: " + string(s.Size.Odd)
		}
		what := string(s.Purpose)
		if s.Answer != "" {
			what += ", longest: " + string(s.Answer)
		}
		body = append(body, []string{string(s.Group), what, s.Lang, plural(s.Size.Parts, "part"), s.Size.Encoding.String(), cost, note})
	}
	rows(w, []string{"texts of", "", "language", "at most", "", "each", ""}, body)
	for _, id := range slices.Sorted(maps.Keys(t.Groups)) {
		if g := t.Groups[id]; !g.Replied.IsZero() {
			say(w, "a text to %s, the sender of %s, last reached us %s", g.Sender, id, ago(g.Replied, "never"))
		}
	}
}
