package main

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"wissel"
	"wissel/internal/web"
)

func carriersTestCommand() *cli.Command {
	return &cli.Command{
		Name:      "test",
		Usage:     "call out over a trunk, now, and see whether it is answered and sound goes both ways",
		ArgsUsage: "NAME",
		UsageText: "wissel carriers test kpn",
		Description: "It dials the trunk's test.number, sends tones and digits and waits for them to come back. When that number is a test line\n" +
			"of ours, the call goes out into the public network and comes back in: that proves the route that callers take, and shows\n" +
			"with which caller id calls arrive. It costs a call, and trunks.NAME.test.per_day bounds those. Exit code 1: it failed.",
		Flags: []cli.Flag{outputFlag()},
		Action: func(c *cli.Context) error {
			trunk, err := oneArg(c, "trunk")
			if err != nil {
				return err
			}
			quiet := c.String("output") != "table"
			r, err := client(c).TestCarrier(c.Context, wissel.TrunkID(trunk), func(line string) {
				if !quiet {
					say(c.App.Writer, "  %s", visible(line))
				}
			})
			if err != nil {
				return err
			}
			if err := print(c, r, func(w io.Writer) { tellTest(w, r) }); err != nil {
				return err
			}
			if !r.Passed {
				return fmt.Errorf("carriers test %s: %s", trunk, r.Outcome)
			}
			return nil
		},
	}
}

// tellTest tells what a test call showed, and what to do about it.
func tellTest(w io.Writer, r web.TestResult) {
	verdict := good.Render("passed")
	if !r.Passed {
		verdict = bad.Render(r.Outcome)
	}
	say(w, "%s  %s: %s", verdict, r.Trunk, visible(r.Why))
	if r.Mark != "" {
		say(w, "%s %s", doubt.Render("note"), visible(string(r.Trunk)+" "+r.Mark+": ask the carrier, and check test.show and present"))
	}
	if r.Advice != "" {
		say(w, "%s %s", doubt.Render("do"), visible(r.Advice))
	}
	say(w, "%s", faint.Render("call "+string(r.Call)))
}
