package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/web"
)

func carriersCommand() *cli.Command {
	return &cli.Command{
		Name:        "carriers",
		Usage:       "the trunks to carriers and platforms, each address with its health; of one trunk, with all the evidence",
		UsageText:   "wissel carriers\nwissel carriers kpn",
		Description: "With the name of a trunk: for each of its addresses every kind of evidence, since when, and what would change it.",
		ArgsUsage:   "[TRUNK]",
		Subcommands: []*cli.Command{carriersTestCommand()},
		Flags:       []cli.Flag{outputFlag()},
		Action: func(c *cli.Context) error {
			switch c.NArg() {
			case 0:
				return listCarriers(c)
			case 1:
				one, err := client(c).Carrier(c.Context, wissel.TrunkID(c.Args().First()))
				if err != nil {
					return err
				}
				return print(c, one, func(w io.Writer) { sayCarrier(w, one) })
			}
			return usagef("carriers takes the name of one trunk, or none")
		},
	}
}

func listCarriers(c *cli.Context) error {
	all, err := client(c).Carriers(c.Context)
	if err != nil {
		return err
	}
	return print(c, all, func(w io.Writer) {
		var body [][]string
		for _, t := range all {
			calls := fmt.Sprint(t.Calls)
			if t.Limit > 0 {
				calls += fmt.Sprintf(" of %d", t.Limit)
			}
			if len(t.Addresses) == 0 {
				body = append(body, []string{string(t.Trunk), string(t.Role), "", t.State, "", calls, "", noAddress(t)})
			}
			for _, a := range t.Addresses {
				body = append(body, []string{string(t.Trunk), string(t.Role), a.Address, a.State, ago(a.Since, ""), calls, ago(a.Proven, "none since start"), a.Evidence})
			}
		}
		rows(w, []string{"trunk", "role", "address", "health", "since", "calls", "last answered call", "evidence"}, body)
		for _, t := range all {
			if t.Ending != nil {
				say(w, "%s %s: ends unanswered calls with %d: %s", faint.Render("note"), t.Trunk, t.Ending.Status, ending(*t.Ending))
			}
			for _, n := range t.Notes {
				if len(t.Addresses) > 0 { // else they stand in the table
					say(w, "%s %s: %s", doubt.Render("note"), t.Trunk, visible(n))
				}
			}
		}
	})
}

// noAddress says why calls cannot go to a trunk.
func noAddress(t web.Carrier) string {
	if len(t.Notes) == 0 {
		return "its name has not been resolved yet"
	}
	return strings.Join(t.Notes, "; ")
}

// sayCarrier tells people what the health of a trunk rests on. Kinds of evidence of which nothing is known are left out.
func sayCarrier(w io.Writer, t web.CarrierHealth) {
	say(w, "%s, a %s, is %s", head.Render(string(t.Trunk)), t.Role, styleOf(t.State).Render(t.State))
	if t.Ours != "" {
		say(w, "%s it is us: %s", bad.Render("alarm"), visible(t.Ours))
	}
	if t.Ending != nil {
		say(w, "ends unanswered calls with %d: %s", t.Ending.Status, ending(*t.Ending))
	}
	for _, n := range t.Notes {
		say(w, "%s", visible(n))
	}
	for _, a := range t.Health {
		say(w, "\n%s is %s%s: %s", head.Render(a.Address), styleOf(a.State).Render(a.State), since(a.State, ago(a.Since, "")), visible(a.Evidence))
		say(w, "  what would change it: %s", a.Change)
		say(w, "  a fall holds for %s at least (%s); %s; last heard %s; last answered call %s",
			a.Hold, falls(a.Flaps), asked(a.Probed), ago(a.Seen, "never"), ago(a.Proven, "none since start"))
		for _, l := range a.Layers {
			if l.State == "unknown" {
				continue
			}
			evidence := l.Evidence
			if l.Stale {
				evidence += " (too long ago to count)"
			}
			say(w, "  %-9s %s%s: %s\n            %s", l.Layer, styleOf(l.State).Render(l.State), since(l.State, ago(l.Since, "")), visible(evidence), l.Change)
		}
	}
}

// since says how long a state has lasted, where that is known.
func since(state, ago string) string {
	if state == "unknown" || ago == "" {
		return ""
	}
	return " for " + strings.TrimSuffix(ago, " ago")
}

// falls says how many falls make the next one hold longer.
func falls(n int) string {
	switch n {
	case 0:
		return "no fall of late"
	case 1:
		return "1 fall of late"
	default:
		return fmt.Sprintf("%d falls of late, each doubles it", n)
	}
}

func asked(each string) string {
	if each == "" {
		return "it is not asked OPTIONS"
	}
	return "asked OPTIONS each " + each
}
