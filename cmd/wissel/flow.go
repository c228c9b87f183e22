package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/app"
	"wissel/internal/flowchart"
	"wissel/internal/nearest"
	"wissel/ivr"
	"wissel/prompts"
)

func flowCommand() *cli.Command {
	return &cli.Command{
		Name:        "flow",
		Usage:       "look at a flow of the IVR, and walk it without a call",
		Description: "All but call read the settings file alone and ask no server.",
		Subcommands: []*cli.Command{flowListCommand(), flowShowCommand(), flowTestCommand(), flowCallCommand()},
		Action:      which("flow show storing"),
	}
}

func flowListCommand() *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "the flows there are, with their languages and steps",
		Flags: []cli.Flag{settingsFlag()},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			flows, _, err := rehearsal(c)
			if err != nil {
				return err
			}
			for _, id := range slices.Sorted(maps.Keys(flows)) {
				say(c.App.Writer, "%-20s %-10s %d steps", id, strings.Join(flows[id].Languages(), ", "), len(flows[id].Outline()))
			}
			return nil
		},
	}
}

func flowShowCommand() *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "draw a flow",
		ArgsUsage: "NAME",
		UsageText: "wissel flow show storing\n   wissel flow show storing -o svg > storing.svg",
		Flags: []cli.Flag{
			settingsFlag(),
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "text", Usage: "text or svg"},
			&cli.StringFlag{Name: "lang", Usage: "the language of the texts; the flow's first"},
		},
		Action: func(c *cli.Context) error {
			p, sounds, err := oneFlow(c)
			if err != nil {
				return err
			}
			lang := p.Languages()[0]
			if c.IsSet("lang") {
				if lang = c.String("lang"); !slices.Contains(p.Languages(), lang) {
					return usagef("--lang %q: flow %s has %s", lang, p.ID(), strings.Join(p.Languages(), ", "))
				}
			}
			drawn := ""
			switch o := c.String("output"); o {
			case "text":
				drawn = flowchart.Text(p.Outline(), func(id string) string { return sounds.Say(ivr.Prompt{Lang: lang, ID: id}) })
			case "svg":
				drawn = flowchart.SVG("flow "+string(p.ID()), p.Outline())
			default:
				return usagef("--output %q: text or svg", o)
			}
			if _, err := fmt.Fprint(c.App.Writer, drawn); err != nil {
				return fmt.Errorf("write the drawing: %w", err)
			}
			return nil
		},
	}
}

func flowTestCommand() *cli.Command {
	return &cli.Command{
		Name:      "test",
		Usage:     "walk a flow: what is heard, and when",
		ArgsUsage: "NAME",
		UsageText: "wissel flow test storing --keys 1,1\n   wissel flow test storing --keys 2,0,2,0,1,1,1,2,2,3,3,1 --from hidden",
		Description: "Each key is pressed half a second after all has been said; - is no key, ! hangs up. After the last key nothing is pressed.\n" +
			"Nothing is written and nobody is called.",
		Flags: []cli.Flag{
			settingsFlag(),
			&cli.StringFlag{Name: "keys", Usage: "the keys; commas between them are as you like: 2,2,0612345678,1"},
			&cli.StringFlag{Name: "from", Usage: "the number of the caller, or hidden"},
			&cli.StringFlag{Name: "lang", Usage: "a caller whose number tells this language, instead of --from"},
			&cli.DurationFlag{Name: "speaks", Value: 5 * time.Second, Usage: "how long he speaks when he is recorded"},
			&cli.BoolFlag{Name: "crowd", Usage: "very many ring at once"},
			&cli.BoolFlag{Name: "full", Usage: "one more callback could not be made in time"},
			&cli.BoolFlag{Name: "hide", Usage: "the caller hides his number, and his carrier gave it to us"},
			&cli.BoolFlag{Name: "back", Usage: "a colleague can take his call again"},
			&cli.BoolFlag{Name: "earlier", Usage: "he called before, asked for texts and a callback, and has the third place"},
			&cli.BoolFlag{Name: "changed", Usage: "with --earlier: there is a new outage message since"},
			&cli.DurationFlag{Name: "message", Usage: "an outage message of so long is live, in all languages"},
			&cli.BoolFlag{Name: "closed", Usage: "the desk is closed"},
			&cli.BoolFlag{Name: "lost", Usage: "nothing can be written to disk"},
		},
		Action: flowTest,
	}
}

func flowTest(c *cli.Context) error {
	p, sounds, err := oneFlow(c)
	if err != nil {
		return err
	}
	from, hidden, err := rehearser(c, p)
	if err != nil {
		return err
	}
	keys, err := keysOf(c.String("keys"))
	if err != nil {
		return err
	}
	w := &ivr.Walk{
		Program: p, State: ivr.NewState(ivr.Caller{Call: "rehearsal", From: from, Hidden: hidden, Flow: p.ID()}), Began: time.Now(), Say: sayMessage(c, p, sounds), Speaks: c.Duration("speaks"),
		Sound: func(one ivr.Prompt) (d time.Duration) {
			if one.Sound != 0 {
				return c.Duration("speaks")
			}
			for _, clip := range sounds.Clips([]ivr.Prompt{one}) {
				d += clip.Duration()
			}
			return withMessage(c, p, one, d)
		},
		Facts: func(now time.Time) ivr.Facts {
			f := ivr.Facts{Crowd: c.Bool("crowd"), Callback: ivr.CallbackFacts{Full: c.Bool("full")}, Message: ivr.MessageFacts{Live: c.Duration("message") > 0}, Hours: ivr.HoursFacts{Open: !c.Bool("closed")}}
			if c.Bool("back") {
				f.Handback = ivr.HandbackFacts{Room: true, Return: 1}
			}
			if c.Bool("earlier") {
				f.Repeat, f.Place.Number = ivr.RepeatFacts{Calls: 1, Text: true, Callback: true, Changed: c.Bool("changed")}, 3
			}
			return app.FactsOf(from, now, f)
		},
		Stored: func(wissel.Wish) bool { return !c.Bool("lost") }, Records: func() bool { return !c.Bool("lost") },
	}
	let := w.Follow(keys, time.Hour)
	for _, line := range w.Lines {
		say(c.App.Writer, "%s", line)
	}
	if !let {
		return fmt.Errorf("the caller is still in step %s of flow %s after %v", w.State.Step, p.ID(), w.At)
	}
	return nil
}

// keysOf are the keys of "1,2,0612345678", each by itself: commas are for who reads it.
func keysOf(written string) (keys []string, err error) {
	for _, k := range strings.FieldsFunc(written, func(r rune) bool { return r == ',' || r == ' ' }) {
		for _, one := range k {
			if one > unicode.MaxASCII || !wissel.Digit(one).Valid() && one != '-' && one != '!' {
				return nil, usagef("--keys: %q is no key; write 0 to 9, *, #, - for none and ! to hang up, with or without commas between them: 1,2,0612345678", string(one))
			}
			keys = append(keys, string(one))
		}
	}
	return keys, nil
}

// rehearser is who rings, and the number that he hides; one of them is empty, or both.
func rehearser(c *cli.Context, p *ivr.Program) (from, hidden wissel.Number, err error) {
	from, err = numberOf(c, p)
	switch {
	case err != nil:
		return "", "", err
	case c.Bool("changed") && !c.Bool("earlier"):
		return "", "", usagef("--changed goes with --earlier: only one who called before hears what has changed since")
	case c.Bool("earlier") && (from == "" || c.Bool("hide")):
		return "", "", usagef("--earlier needs a number that is not hidden: one who hides his is never taken for a caller of before")
	case c.Bool("hide") && from == "":
		return "", "", usagef("--hide needs the number that his carrier gave us, as in: --hide --from 0612345678")
	case c.Bool("hide"):
		return "", from, nil
	}
	return from, "", nil
}

// numberOf is the number that --from or --lang tells.
func numberOf(c *cli.Context, p *ivr.Program) (wissel.Number, error) {
	switch from := c.String("from"); {
	case from != "" && c.IsSet("lang"):
		return "", usagef("--from and --lang: one of them says who rings")
	case from == "hidden":
		return "", nil
	case from != "":
		n, _, ok := p.Numbers().Parse(from)
		if !ok {
			return "", usagef("--from %q is no telephone number; +31612345678 is one, and hidden is none", from)
		}
		return n, nil
	}
	lang := p.Languages()[0]
	if c.IsSet("lang") {
		lang = c.String("lang")
	}
	n, ok := p.CallerIn(lang)
	if !ok && c.IsSet("lang") {
		return "", usagef("--lang %q: flow %s knows no callers of it by their number; it has %s", lang, p.ID(), strings.Join(p.Languages(), ", "))
	}
	return n, nil
}

func rehearsal(c *cli.Context) (map[wissel.FlowID]*ivr.Program, *prompts.Store, error) {
	file, _, err := app.Check(c.Context, c.String("settings"), app.Checking{})
	if err != nil {
		return nil, nil, err
	}
	return app.Rehearsal(file)
}

func oneFlow(c *cli.Context) (*ivr.Program, *prompts.Store, error) {
	name, err := oneArg(c, "flow")
	if err != nil {
		return nil, nil, err
	}
	flows, sounds, err := rehearsal(c)
	if err != nil {
		return nil, nil, err
	}
	if p := flows[wissel.FlowID(name)]; p != nil {
		return p, sounds, nil
	}
	var known []string
	for id := range flows {
		known = append(known, string(id))
	}
	slices.Sort(known)
	return nil, nil, usagef("there is no flow %q%s", name, nearest.Suggest(name, known))
}
