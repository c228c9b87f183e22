package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"wissel/internal/access"
	"wissel/internal/web"
)

func statusCommand() *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "how the server is: groups, where their calls go, health, alarms",
		Flags: []cli.Flag{outputFlag(), &cli.BoolFlag{Name: "watch", Aliases: []string{"w"}, Usage: "keep showing it, each second"}},
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			if c.Bool("watch") {
				return watch(c)
			}
			s, err := client(c).Status(c.Context)
			if err != nil {
				return err
			}
			return print(c, s, func(w io.Writer) { tellStatus(w, s) })
		},
	}
}

// tellStatus tells how the server is; what needs a person comes first.
func tellStatus(w io.Writer, s web.Status) {
	say(w, "%s  node %s, %s for %s, %d calls now, %d since start", styleOf(s.State).Render(s.State), s.Node, s.Version, strings.TrimSuffix(ago(s.Since, "?"), " ago"), s.Calls.Now, s.Calls.Total)
	for _, a := range s.Alarms {
		say(w, "%s %s", bad.Render("alarm"), visible(a))
	}
	if !s.Store.OK {
		say(w, "%s the store in %s cannot be written, promises to callers are refused: %s", bad.Render("alarm"), s.Store.Dir, s.Store.Fault)
	}
	if s.Store.Aside != "" {
		say(w, "%s a damaged database was moved to %s", doubt.Render("note"), s.Store.Aside)
	}
	if s.Settings.Rejected != "" {
		say(w, "%s the newest settings are not in force, those of %s are: %s", bad.Render("alarm"), when(s.Settings.LoadedAt), s.Settings.Rejected)
	}
	if s.Page != nil {
		say(w, "")
		tellPage(w, *s.Page)
	}
	for _, g := range s.Groups {
		plan := "plan " + string(g.Plan)
		if g.Chosen {
			plan += " (chosen by an operator)"
		}
		say(w, "\n%s  %s  %s", head.Render(string(g.ID)), strings.Join(g.Numbers, " "), plan)
		if g.Pin != nil {
			say(w, "%s to %s%s until %s by %s: %s", doubt.Render("pinned"), g.Pin.Target, forShare(g.Pin.Share), when(g.Pin.Until), visible(g.Pin.Who), visible(g.Pin.Reason))
		}
		tellLead(w, g)
		if m := g.Message; m != nil {
			say(w, "message %s; heard in %s; by %s: %s", messageLine(*m, time.Now()), languagesOf(*m), visible(m.Who), visible(m.Reason))
		}
		if o := g.Override; o != nil {
			say(w, "desk %s from %s until %s by %s: %s", doubt.Render(deskWord(*o)), when(o.Since), when(o.Until), visible(o.Who), visible(o.Reason))
		}
		var body [][]string
		for i, t := range g.Targets {
			body = append(body, []string{fmt.Sprint(i + 1), t.Target, t.State, ago(t.Since, ""), proof(t), t.Evidence})
		}
		rows(w, []string{"", "target", "health", "since", "last answered call", "evidence"}, body)
		tellProofs(w, g.Proofs)
		tellEndings(w, g.Endings)
	}
}

// proof says when a call last went through a target.
func proof(t web.Target) string {
	if t.State == "ready" || t.State == "nobody" {
		return ""
	}
	return ago(t.Proven, "none since start")
}

// numbersFlags are the flags of a list that shows callers' numbers shortened, for who may see them whole.
func numbersFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "numbers", Usage: "the callers' whole numbers; it takes the role " + access.Needs(access.Numbers) + ", and each look is in the audit log"},
		&cli.StringFlag{Name: "reason", Usage: "why their numbers are needed"},
	}
}

// masked asks for such a list: with shortened numbers, or whole ones where --numbers and a reason are given.
func masked[T any](c *cli.Context, command string, short func(context.Context) ([]T, error), whole func(context.Context, web.ReadRequest) ([]T, error)) ([]T, error) {
	switch reason := c.String("reason"); {
	case !c.Bool("numbers"):
		return short(c.Context)
	case reason == "":
		return nil, usagef("%s --numbers needs --reason: it goes into the audit log", command)
	default:
		return whole(c.Context, web.ReadRequest{Reason: reason})
	}
}

func callsCommand() *cli.Command {
	return &cli.Command{
		Name:  "calls",
		Usage: "the calls that are up now",
		Flags: append(numbersFlags(), outputFlag()),
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			all, err := masked(c, "calls", client(c).Calls, client(c).CallNumbers)
			if err != nil {
				return err
			}
			return print(c, all, func(w io.Writer) {
				if len(all) == 0 {
					say(w, "no calls now")
				}
				var body [][]string
				for _, one := range all {
					body = append(body, []string{when(one.Since), string(one.Group), one.From, one.To, one.State, one.Target, string(one.ID)})
				}
				rows(w, []string{"since", "group", "from", "to", "state", "target", "call"}, body)
			})
		},
	}
}
