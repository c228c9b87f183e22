package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/web"
)

func whyCommand() *cli.Command {
	return &cli.Command{
		Name:        "why",
		Usage:       "what would happen to a call to a number now, what became of a call, what was decided",
		ArgsUsage:   "NUMBER, or the id of a CALL or a DECISION",
		UsageText:   "wissel why +31201234567\n   wissel why 0199c2f0-7a3e-7cc1-a0b5-2f1d6c1b8e42",
		Description: "The ids of calls are in `wissel calls` and in their records, those of decisions in `wissel timeline` and in the log.",
		Flags:       []cli.Flag{outputFlag(), &cli.StringFlag{Name: "from", Usage: "the caller's number"}},
		Action: func(c *cli.Context) error {
			to, err := oneArg(c, "number or id")
			if err != nil {
				return err
			}
			why, err := client(c).Why(c.Context, to, c.String("from"))
			if err != nil {
				return err
			}
			return print(c, why, func(w io.Writer) {
				switch {
				case why.Decision != nil:
					tellDecision(w, *why.Decision)
				case why.Call != nil:
					tellCall(w, *why.Call)
				default:
					tellWhy(w, why)
				}
			})
		},
	}
}

func tellWhy(w io.Writer, why web.Why) {
	if why.Refused != 0 {
		say(w, "a call to %s gets %s", why.Number, bad.Render(fmt.Sprint(why.Refused)))
	} else {
		say(w, "a call to %s, group %s, plan %s, goes", why.Number, head.Render(string(why.Group)), why.Plan)
		var body [][]string
		for i, step := range why.Steps {
			body = append(body, []string{fmt.Sprint(i + 1), step.Target, step.Address, step.State})
		}
		rows(w, []string{"", "target", "address", "health"}, body)
	}
	say(w, "\nbecause%s", by(why.Actor))
	lines(w, why.Reasons)
	tellThresholds(w, why.Thresholds)
	say(w, "%s", faint.Render(fmt.Sprintf("settings %s, routing generation %d", why.Settings, why.Generation)))
}

// tellDecision tells what was decided, on which evidence, by which rules.
func tellDecision(w io.Writer, d wissel.Decision) {
	say(w, "%s  %s%s, %s by %s", head.Render(string(d.Kind)), inGroup(d.Group), visible(d.Object), when(d.At), visible(d.Actor))
	say(w, "was: %s", visible(d.Before))
	say(w, "is:  %s", head.Render(visible(d.After)))
	say(w, "\nbecause %s", visible(d.Why))
	for _, e := range d.Evidence {
		if e != d.Why {
			say(w, "  %s", visible(e))
		}
	}
	tellThresholds(w, d.Thresholds)
	say(w, "%s", faint.Render(fmt.Sprintf("decision %s, settings %s, node %s", d.ID, d.Version, d.Node)))
}

// tellThresholds tells what the evidence was held against, if that is known.
func tellThresholds(w io.Writer, all []string) {
	if len(all) > 0 {
		say(w, "\nheld against")
		lines(w, all)
	}
}

func lines(w io.Writer, all []string) {
	for _, s := range all {
		say(w, "  %s", visible(s))
	}
}

// by says whose choice a routing followed; of a record that does not know, nothing.
func by(actor string) string {
	if actor == "" {
		return ""
	}
	return ", by " + visible(actor)
}

func inGroup(g wissel.GroupID) string {
	if g == "" {
		return ""
	}
	return "group " + string(g) + ", "
}

// tellCall tells what became of a call, or how one that is up gets on, attempt by attempt.
func tellCall(w io.Writer, c web.CallWhy) {
	say(w, "call %s from %s to %s, group %s, %s", c.ID, c.From, c.To, head.Render(string(c.Group)), when(c.Began))
	switch {
	case c.Ended.IsZero():
		say(w, "it is up: %s %s; so far", head.Render(c.State), c.Target)
	case c.Answered.IsZero():
		say(w, "%s with %d after %s, ended by %s; %s is to blame", head.Render(c.State), c.Status, wissel.Span(c.Ended.Sub(c.Began)), visible(c.EndedBy), c.Blame)
	default:
		say(w, "%s by %s for %s, ended by %s", head.Render(c.State), c.Target, wissel.Span(c.Ended.Sub(c.Answered)), visible(c.EndedBy))
	}
	var body [][]string
	for i, a := range c.Attempts {
		address, status := "", ""
		if !a.Address.IsZero() {
			address = a.Address.String()
		}
		if a.Status != 0 {
			status = fmt.Sprint(a.Status)
		}
		target := a.Target.String()
		if a.Person != "" {
			target += " " + a.Person + " over " + string(a.Over)
		}
		body = append(body, []string{fmt.Sprint(i + 1), target, address, fmt.Sprintf("+%.1f s", a.Began.Sub(c.Began).Seconds()), status, a.Why})
	}
	rows(w, []string{"", "target", "address", "began", "status", "left because"}, body)
	say(w, "\nit was routed so%s, because", by(c.Actor))
	lines(w, c.Reasons)
	tellThresholds(w, c.Thresholds)
	say(w, "%s", faint.Render("settings "+c.Settings))
}

// tellLead tells who leads by wissel's own switch, beside what the operators chose, and how the way back goes.
func tellLead(w io.Writer, g web.Group) {
	l := g.Lead
	if l == nil {
		return
	}
	back := "the way back begins when " + l.Home + " has been well for long enough"
	switch {
	case l.Held != "":
		back = l.Held
	case l.Single:
		back = "on its way back since " + when(l.Stage) + ": the next call tries " + l.Home + " first"
	case l.Share > 0:
		back = "on its way back since " + when(l.Stage) + ":" + forShare(l.Share)[len(" for"):] + " try " + l.Home + " first"
	}
	say(w, "%s %s since %s instead of %s; %s", doubt.Render("leads:"), l.Target, when(l.Since), l.Home, visible(back))
	say(w, "%s", faint.Render("why: wissel why "+l.Decision))
}

// forShare says for how many a pin is: "", or " for 10 % of the callers".
func forShare(share int) string {
	if share == 0 {
		return ""
	}
	return fmt.Sprintf(" for %g %% of the callers", float64(share)/10)
}

// tellProofs tells when a call last went through each trunk of each plan, the stalest first.
func tellProofs(w io.Writer, all []web.Proof) {
	var body [][]string
	for _, p := range all {
		by, stale := "a call", ""
		if p.Test {
			by = "a test call"
		}
		if p.At.IsZero() {
			by = ""
		}
		switch {
		case len(p.Stale) == 0:
		case p.At.IsZero():
			stale = "unproven: not used by itself in " + joined(p.Stale)
		default:
			stale = "too old: not used by itself in " + joined(p.Stale)
		}
		body = append(body, []string{p.Target, ago(p.At, "never"), by, joined(p.Plans), stale})
	}
	rows(w, []string{"trunk", "last proven", "by", "in plans", ""}, body)
}

// tellEndings tells which carriers take the status for the end that ends a call which heard a flow unanswered.
func tellEndings(w io.Writer, all []web.Ending) {
	var body [][]string
	for _, e := range all {
		body = append(body, []string{string(e.Trunk), strconv.Itoa(e.Status), ending(e)})
	}
	rows(w, []string{"carrier", "ends unanswered", "taken for the end"}, body)
}

// ending says what is known of one carrier's.
func ending(e web.Ending) string {
	switch {
	case e.Proven:
		return "proven " + ago(e.At, "")
	case !e.Again.IsZero():
		return fmt.Sprintf("no: a call came again %v after it, %s; set another status under unanswered", time.Duration(e.WithinMS)*time.Millisecond, ago(e.Again, ""))
	}
	return "unproven: no call has ended with it yet"
}

// joined is the names of plans, as a person lists them.
func joined(plans []wissel.PlanID) string {
	names := make([]string, len(plans))
	for i, p := range plans {
		names[i] = string(p)
	}
	return strings.Join(names, ", ")
}
