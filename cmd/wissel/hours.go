package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/access"
	"wissel/internal/hours"
	"wissel/internal/web"
)

func hoursCommand() *cli.Command {
	return &cli.Command{
		Name:      "hours",
		Usage:     "is a group's desk open, until when, and why; open or close it until a time",
		ArgsUsage: "GROUP",
		UsageText: `wissel hours support
   wissel hours support --at 2026-12-25T10:00
   wissel hours support --open-until 23:00 --reason "we are open tonight because of the outage"
   wissel hours support --close-until 14:00 --reason "fire drill"
   wissel hours support --clear --reason "the outage is over"
   wissel hours support --load --days 56`,
		Description: "Times are those of the desk's own zone. --open-until and --close-until beat the hours, holidays and exceptions of the settings\n" +
			"until then, and take the role " + access.Needs(access.Switch) + "; so does --clear, which takes them back. --load shows in which hours people call.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "at", Usage: "at this time instead of now: 18:00, 2026-12-24T18:00, or a time from now such as 2h"},
			&cli.StringFlag{Name: "open-until", Usage: "the desk is open until 23:00, 2026-12-24T18:00, or for 2h from now"},
			&cli.StringFlag{Name: "close-until", Usage: "the desk is closed until then"},
			&cli.BoolFlag{Name: "clear", Usage: "the hours of the settings hold again"},
			&cli.StringFlag{Name: "reason", Usage: "why; it goes into the audit log"},
			&cli.BoolFlag{Name: "load", Usage: "calls and wishes for each hour of the week, against the hours"},
			&cli.IntFlag{Name: "days", Value: 28, Usage: "of --load: over the last so many whole days"},
			outputFlag(),
		},
		Action: hoursAction,
	}
}

// hoursAction finds out which of the four things is asked for.
func hoursAction(c *cli.Context) error {
	group, err := oneArg(c, "group")
	if err != nil {
		return err
	}
	asked := 0
	for _, name := range []string{"at", "open-until", "close-until", "clear", "load"} {
		if c.IsSet(name) {
			asked++
		}
	}
	change := c.IsSet("open-until") || c.IsSet("close-until") || c.Bool("clear")
	switch {
	case asked > 1:
		return usagef("hours takes one of --at, --open-until, --close-until, --clear and --load at a time")
	case change && strings.TrimSpace(c.String("reason")) == "":
		return usagef("this needs --reason: whoever comes after you must know why")
	case !change && c.IsSet("reason"):
		return usagef("--reason goes with --open-until, --close-until and --clear")
	case c.IsSet("days") && !c.Bool("load"):
		return usagef("--days goes with --load")
	case c.Bool("load"):
		return hoursLoad(c, wissel.GroupID(group))
	case change:
		return hoursChange(c, wissel.GroupID(group))
	}
	h, err := client(c).Hours(c.Context, wissel.GroupID(group), time.Time{})
	if err == nil && c.IsSet("at") {
		var at time.Time
		if at, err = deskTime(c, "at", h); err == nil {
			h, err = client(c).Hours(c.Context, wissel.GroupID(group), at)
		}
	}
	if err != nil {
		return err
	}
	return print(c, h, func(w io.Writer) { tellHours(w, h) })
}

// deskTime reads the time of a flag as a clock at the desk shows it, whatever the zone of this machine.
func deskTime(c *cli.Context, name string, h web.Hours) (time.Time, error) {
	zone, err := time.LoadLocation(h.Zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("this machine does not know the zone of the desk: %w", err)
	}
	return parseMoment(name, c.String(name), time.Now().In(zone))
}

func hoursChange(c *cli.Context, group wissel.GroupID) error {
	h, err := client(c).Hours(c.Context, group, time.Time{})
	if err != nil {
		return err
	}
	r := web.HoursRequest{Group: group, Clear: c.Bool("clear"), Open: c.IsSet("open-until"), Reason: c.String("reason")}
	for _, name := range []string{"open-until", "close-until"} {
		if c.IsSet(name) {
			if r.Until, err = deskTime(c, name, h); err != nil {
				return err
			}
		}
	}
	done, err := client(c).SetHours(c.Context, r)
	if err != nil {
		return err
	}
	return print(c, done, func(w io.Writer) {
		say(w, "%s was: %s", group, visible(done.Before))
		say(w, "%s is:  %s", group, head.Render(visible(done.After)))
		tellHours(w, done.Hours)
		for _, n := range done.Notes {
			say(w, "%s %s", doubt.Render("note"), visible(n))
		}
		if !r.Clear {
			say(w, "%s", faint.Render("undo with: wissel hours "+string(group)+" --clear --reason …   (change "+done.ID+")"))
		}
	})
}

// deskDay is how times of a desk are written: with the weekday, which is what hours go by.
const deskDay = "Mon 2 Jan 2006 15:04"

// tellHours says in words whether a desk is open, until when, and what decides that.
func tellHours(w io.Writer, h web.Hours) {
	zoned := func(t time.Time) string {
		if zone, err := time.LoadLocation(h.Zone); err == nil {
			t = t.In(zone)
		}
		return t.Format(deskDay)
	}
	state, next := bad.Render("closed"), "it opens"
	if h.Open {
		state, next = good.Render("open"), "it closes"
	}
	say(w, "%s is %s at %s (%s)", h.Group, state, zoned(h.At), h.Zone)
	say(w, "because: %s", visible(hoursReason(h)))
	if h.Until.IsZero() {
		say(w, "until:   no change within a year")
	} else {
		say(w, "until:   %s, when %s", zoned(h.Until), next)
	}
	if o := h.Override; o != nil && h.By != wissel.ByOverride {
		say(w, "override: %s from %s until %s, by %s: %s", deskWord(*o), zoned(o.Since), zoned(o.Until), visible(o.Who), visible(o.Reason))
	}
}

// deskWord is what an override makes of a desk.
func deskWord(o web.Override) string {
	if o.Open {
		return "open"
	}
	return "closed"
}

// hoursReason says what decides.
func hoursReason(h web.Hours) string {
	switch h.By {
	case wissel.ByOverride:
		text := "an override: " + h.Why
		if h.Override != nil {
			text += " (" + h.Override.Who + ")"
		}
		return text
	case wissel.ByException:
		return "an exception for this date: " + h.Why
	case wissel.ByHoliday:
		return "it is a public holiday: " + h.Why
	case wissel.ByRule:
		if h.Why == hours.NoRule {
			return h.Why
		}
		return "the rule " + h.Why
	case wissel.ByNothing:
		return "the settings have no hours for this group, so it is always open"
	}
	return h.Why
}
