package main

import (
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/web"
)

func flowCallCommand() *cli.Command {
	return &cli.Command{
		Name:      "call",
		Usage:     "hear a flow on your own telephone, as callers do: the server rings you with it",
		ArgsUsage: "NAME",
		UsageText: "wissel flow call storing --over kpn --number \"06 12345678\"\n   wissel flow call storing --to sip:anna@10.0.0.5:5060 --lang en",
		Description: "You are rung and hear what a caller hears now; press what he would. Nothing that you ask for is written, and nobody is called back:\n" +
			"you hear that it is noted, and here stands what would be. A flow that puts callers through ends there. It costs a call, and\n" +
			"trunks.NAME.test.per_day bounds those. --to rings a telephone that is an address of a trunk, and no other. Exit code 1: no answer.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "over", Usage: "the trunk to dial --number over"},
			&cli.StringFlag{Name: "number", Usage: "the telephone to ring"},
			&cli.StringFlag{Name: "to", Usage: "the telephone to ring, by its SIP address at a trunk, instead of --over and --number"},
			&cli.StringFlag{Name: "lang", Usage: "the language to begin in; as for a caller with that number when left out"},
			&cli.StringFlag{Name: "from", Usage: "the number of ours that your telephone shows; hidden when left out"},
			outputFlag(),
		},
		Action: func(c *cli.Context) error {
			flow, err := oneArg(c, "flow")
			if err != nil {
				return err
			}
			if whole := c.String("over") != "" && c.String("number") != ""; whole == (c.String("to") != "") {
				return usagef("flow call needs whom to ring: --over TRUNK --number NUMBER, or --to sip:USER@ADDRESS")
			}
			quiet := c.String("output") != "table"
			q := web.FlowCall{
				Flow: wissel.FlowID(flow), To: c.String("to"), Over: wissel.TrunkID(c.String("over")), Number: c.String("number"), Lang: c.String("lang"), Show: c.String("from"),
			}
			r, err := client(c).CallFlow(c.Context, q, func(line string) {
				if !quiet {
					say(c.App.Writer, "  %s", visible(line))
				}
			})
			if err != nil {
				return err
			}
			if err := print(c, r, func(w io.Writer) { tellFlowCall(w, r) }); err != nil {
				return err
			}
			if !r.Answered {
				return fmt.Errorf("flow call %s: it was not answered", flow)
			}
			return nil
		},
	}
}

// tellFlowCall tells what came of it.
func tellFlowCall(w io.Writer, r web.FlowCalled) {
	if !r.Answered {
		say(w, "%s  %s: %s", bad.Render("not heard"), r.Flow, visible(r.Why))
	} else {
		say(w, "%s  %s for %s, %d keys pressed; ended by %s", good.Render("heard"), r.Flow,
			(time.Duration(r.HeardMS) * time.Millisecond).Round(time.Second), r.Keys, visible(r.Why))
	}
	for _, one := range r.Wishes {
		say(w, "  of a caller it would be noted: %s", visible(one))
	}
	say(w, "%s", faint.Render("call "+string(r.Call)))
}
