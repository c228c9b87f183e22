package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"wissel/internal/demo"
)

// How long an act is shown at least, for people to read what it tells.
const reading = 7 * time.Second

func demoCommand() *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "a support line that survives its platform, on this machine",
		Description: "Runs the real server, and around it a carrier with callers, a platform and a backup, over real sockets of this\n" +
			"machine. The platform dies, the backup dies, callers leave wishes in the outage IVR, the platform returns. Then it\ngoes on until Ctrl-C, for you to try the other commands and a softphone. Nothing is left behind.",
		Flags: []cli.Flag{
			outputFlag(),
			&cli.BoolFlag{Name: "once", Usage: "end after the story, with the figures; exit 1 when a call was lost"},
			&cli.StringFlag{Name: "log", Value: "off", Usage: "the server's own log, on stderr: debug, info, warn, error or off"},
		},
		Action: runDemo,
	}
}

func runDemo(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	asJSON := c.String("output") == "json"
	if o := c.String("output"); o != "json" && o != "table" {
		return usagef("--output %q: table or json", o)
	}
	if asJSON && !c.Bool("once") {
		return usagef("--output json goes with --once: the demo goes on until Ctrl-C otherwise")
	}
	log := slog.New(slog.DiscardHandler)
	if level := c.String("log"); level != "off" {
		var err error
		if log, err = newLog(c.App.ErrWriter, level, false); err != nil {
			return err
		}
	}
	ctx, stop := signal.NotifyContext(c.Context, syscall.SIGTERM)
	defer stop()
	out, isFile := c.App.Writer.(*os.File)
	screen := !asJSON && isFile && isTerminal(out)
	options := demo.Options{Version: version, Log: log, AnyPorts: c.Bool("once")}
	if !c.Bool("once") || screen {
		options.Reading = reading
	}
	d, err := demo.New(ctx, options)
	if err != nil {
		return err
	}
	show := tellActs
	switch {
	case asJSON:
		show = func(context.Context, context.CancelFunc, io.Writer, *demo.Demo, <-chan struct{}) error { return nil }
	case screen:
		show = showScreen
	}
	sum, err := perform(ctx, c, d, show)
	if !c.Bool("once") && errors.Is(err, context.Canceled) {
		err = nil // Ctrl-C and q are how a demo ends; what is wrong comes without it
	}
	if asJSON {
		return errors.Join(json.NewEncoder(c.App.Writer).Encode(sum), err)
	}
	tellSummary(c.App.Writer, sum, err == nil)
	return err
}

// perform runs the demo and shows it meanwhile; the show ends the demo when somebody quits it.
func perform(ctx context.Context, c *cli.Context, d *demo.Demo, show func(context.Context, context.CancelFunc, io.Writer, *demo.Demo, <-chan struct{}) error) (demo.Summary, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	var sum demo.Summary
	var err error
	go func() {
		defer close(ended)
		sum, err = d.Run(ctx, !c.Bool("once"))
	}()
	shown := show(ctx, cancel, c.App.Writer, d, ended)
	<-ended
	return sum, errors.Join(err, shown)
}

// tellActs writes the story as plain lines, for pipes.
func tellActs(ctx context.Context, _ context.CancelFunc, w io.Writer, d *demo.Demo, ended <-chan struct{}) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	began, told, found, free := time.Now(), 0, 0, false
	for _, n := range d.Addresses().Notes {
		say(w, "note: %s", n)
	}
	for {
		v := d.View()
		for ; told <= v.Act && told < len(v.Acts); told++ {
			for ; found < told; found++ {
				say(w, "%14s%s", "", v.Acts[found].Finding)
			}
			say(w, "%5.1f s  %d/%d  %s. %s", time.Since(began).Seconds(), told+1, len(v.Acts), capital(v.Acts[told].Title), v.Acts[told].Tells)
		}
		if v.Act == len(v.Acts) && found < len(v.Acts) {
			say(w, "%14s%s", "", v.Acts[found].Finding)
			found = len(v.Acts)
		}
		if v.Free && !free {
			free = true
			say(w, "")
			tryThis(w, d)
			say(w, "\nCalls go on, one in two seconds. Ctrl-C ends the demo.")
		}
		select {
		case <-ended:
			return nil
		case <-ctx.Done():
			say(w, endingWords)
			<-ended
			return nil
		case <-tick.C:
		}
	}
}

// endingWords is what people read while the last calls end.
const endingWords = "Ending the calls and the server; that takes up to 5 s when a party is silent."

// tryThis says what can be done from another terminal.
func tryThis(w io.Writer, d *demo.Demo) {
	at := d.Addresses()
	me := os.Args[0]
	say(w, "%s", head.Render("Try this in another terminal:"))
	say(w, "  export %s=%s", controlEnv, at.Control)
	for _, line := range [][2]string{
		{"status --watch", "health, plan and proof of each target"},
		{"why " + demo.Number, "where a call would go now, and why"},
		{`switch support --to reserve --until 10m --reason "trying it"`, "every new call to the backup"},
		{`switch support --auto --reason "enough"`, "back to normal"},
		{`switch support --plan storing --reason "a rehearsal"`, "every new call to the outage IVR, until --auto"},
		{"calls", "who is talking now"},
		{"audit", "who switched what, and why"},
	} {
		say(w, "  %-74s %s", me+" "+line[0], faint.Render(line[1]))
	}
	say(w, "%s %s   %s", head.Render("Dial with a softphone on this machine:"), at.Phone, faint.Render("no account, no password"))
}

// tellSummary gives the figures, for people.
func tellSummary(w io.Writer, s demo.Summary, agree bool) {
	if s.Calls == 0 {
		return
	}
	lost := good.Render("none lost")
	if s.Lost > 0 {
		lost = bad.Render(fmt.Sprintf("%d lost", s.Lost))
	}
	say(w, "\n%d calls, %d answered, %s: %d by the platform, %d by the backup, %d by the outage IVR; %d wishes confirmed and on disk.",
		s.Calls, s.Answered, lost, s.ToPrimary, s.ToBackup, s.ToIVR, s.Wishes)
	say(w, "Set up in %.1f ms (p50) and %.1f ms (p99).", s.SetupMS.P50, s.SetupMS.P99)
	if agree {
		say(w, "What callers heard, the parties' ledgers and the server's records on disk agree, call by call.")
	}
}

func capital(s string) string { return string(s[0]-'a'+'A') + s[1:] }
