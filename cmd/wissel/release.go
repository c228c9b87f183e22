package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/web"
)

// callbacksReleaseCommands let a group's callbacks go, hold them, and let them go on.
func callbacksReleaseCommands() []*cli.Command {
	change := func(name, usage string, do func(*web.Client, context.Context, web.ReleaseRequest) (web.Release, error), more ...cli.Flag) *cli.Command {
		return &cli.Command{
			Name: name, Usage: usage, ArgsUsage: "GROUP", UsageText: "wissel callbacks " + name + " support --reason \"ticket 4711\"",
			Flags: append(more, &cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"}, outputFlag()),
			Action: func(c *cli.Context) error {
				group, err := oneArg(c, "group")
				if err != nil {
					return err
				}
				if strings.TrimSpace(c.String("reason")) == "" {
					return usagef("callbacks %s needs --reason: whoever comes after you must know why", name)
				}
				r, err := do(client(c), c.Context, web.ReleaseRequest{Group: wissel.GroupID(group), Most: c.Int("most"), Reason: c.String("reason")})
				if err != nil {
					return err
				}
				if err := print(c, r, func(w io.Writer) { tellRelease(w, r) }); err != nil || !c.Bool("watch") {
					return err
				}
				return watchRelease(c, r)
			},
		}
	}
	return []*cli.Command{
		change("release", "let a group's callbacks go, as the desk and its hours allow", (*web.Client).LetGo,
			&cli.IntFlag{Name: "most", Usage: "so many and no more; all when left out"},
			&cli.BoolFlag{Name: "watch", Usage: "a bar that shows how they get on; the release goes on when you leave it"}),
		change("pause", "hold a group's callbacks: those in flight go on, no more begin", (*web.Client).Pause),
		change("resume", "let a group's paused callbacks go on", (*web.Client).Resume),
	}
}

// tellRelease says how a group's callbacks are let go.
func tellRelease(w io.Writer, r web.Release) {
	state := good.Render("going")
	switch {
	case !r.Dials:
		state = faint.Render("made by people")
	case r.Paused:
		state = doubt.Render("paused")
	case !r.Going:
		state = doubt.Render("waiting")
	}
	if r.Why != "" && r.Dials {
		state += ": " + visible(r.Why)
	}
	say(w, "%s %s", head.Render(string(r.Group)), state)
	say(w, "%d open: %d in flight, %d for people to see to, %d promised within two hours or before; %d done today", r.Open, r.Flying, r.Hand, r.Ending, r.Done)
	if r.Dials {
		say(w, "at most %d at one time; this wave %d, in the last one %s", r.Agents, max(r.Width, 1), r.Wave)
	}
	if r.Left > 0 {
		say(w, "%d more go by %s", r.Left, visible(r.By))
	}
	for _, n := range r.Notes {
		say(w, "%s %s", doubt.Render("note"), visible(n))
	}
}

// releaseBar is how a release gets on, one line of it.
func releaseBar(r, began web.Release) string {
	const cells = 30
	goal := began.Open - began.Hand
	if began.Left > 0 {
		goal = min(goal, began.Left)
	}
	gone := min(max(0, r.Done-began.Done+(r.Hand-began.Hand)), max(goal, 0))
	filled := cells
	if goal > 0 {
		filled = gone * cells / goal
	}
	line := fmt.Sprintf("%s%s %d of %d, %d in flight, %d for people", strings.Repeat("█", filled), strings.Repeat("░", cells-filled), gone, goal, r.Flying, r.Hand)
	if !r.Going && r.Why != "" {
		line += "; " + visible(r.Why)
	}
	return line
}

// released reports whether all that were let go are through.
func released(r web.Release) bool { return r.Flying == 0 && (r.Open <= r.Hand || r.Left == 0) }

// watchRelease shows a bar until all went, a key, or Ctrl-C; in a pipe a line each time that something changes.
func watchRelease(c *cli.Context, began web.Release) error {
	ask := func(ctx context.Context) (web.Release, error) { return client(c).Release(ctx, began.Group) }
	if terminal(c) {
		return (&screen[web.Release]{
			ask: ask, text: releaseBar(began, began), leave: "any key ends this; the release goes on",
			draw: func(r web.Release) (string, bool) { return releaseBar(r, began), released(r) },
		}).show(c, "the release")
	}
	last := ""
	return eachSecond(c.Context, func() (done bool, err error) {
		r, err := ask(c.Context)
		if err != nil {
			return false, err
		}
		if line := releaseBar(r, began); line != last {
			say(c.App.Writer, "%s", line)
			last = line
		}
		return released(r), nil
	})
}
