// Command wissel is the switch in front of a contact centre: `wissel serve` runs it, the other commands are for the people
// who operate it. It holds flags, tables and exit codes, and nothing else: 0 well, 1 failed, 2 usage, 3 settings.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	_ "time/tzdata" // desks know their zone on a machine that has none

	"github.com/urfave/cli/v2"

	"wissel/configs"
	"wissel/internal/app"
	"wissel/internal/nearest"
)

// Set by the build (see Makefile).
var (
	version = "development"
	commit  = "unknown"
	built   = "unknown"
)

// Exit codes.
const (
	exitWell     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitSettings = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args, os.Stdout, os.Stderr))
}

// run carries out one command line and gives its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	program := newApp(stdout, stderr)
	err := program.RunContext(ctx, flagsFirst(program, args))
	if err == nil {
		return exitWell
	}
	var usage *usageError
	var help cli.ExitCoder // urfave/cli's own, of `wissel help NAME`
	var settings *app.SettingsError
	code := exitFailed
	switch {
	case errors.As(err, &usage), errors.As(err, &help):
		code = exitUsage
	case errors.As(err, &settings):
		code = exitSettings
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(stderr, "wissel: interrupted")
		return exitFailed
	}
	text := err.Error()
	if faults := new(configs.Faults); errors.As(err, &faults) && code == exitSettings {
		text = "the settings cannot be used\n" + text // each fault begins its own line, as editors want it
	}
	if text != "" {
		fmt.Fprintln(stderr, "wissel: "+text)
	}
	return code
}

// usageError is a command line that cannot be understood.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

func newApp(stdout, stderr io.Writer) *cli.App {
	cli.VersionPrinter = func(c *cli.Context) {
		fmt.Fprintf(c.App.Writer, "wissel %s (commit %s, built %s)\n", version, commit, built)
	}
	program := &cli.App{
		Name:                 "wissel",
		Usage:                "the switch in front of a contact centre",
		Description:          "Carriers deliver a company's support numbers to wissel; it hands calls to the contact platform, and when that\nfails to a backup, or to its own outage IVR.",
		Version:              version,
		Writer:               stdout,
		ErrWriter:            stderr,
		Suggest:              true,
		EnableBashCompletion: true,
		ExitErrHandler:       func(*cli.Context, error) {}, // else it calls os.Exit past every defer
		OnUsageError:         onUsageError,
		Action:               unknownCommand,
		Commands: []*cli.Command{
			serveCommand(), checkCommand(), statusCommand(), whyCommand(), whatIfCommand(), timelineCommand(), switchCommand(), handbackCommand(), hoursCommand(), messageCommand(), statuspageCommand(), proposalsCommand(),
			approveCommand(), rejectCommand(), tokenCommand(), crisisCommand(), callsCommand(), carriersCommand(),
			reloadCommand(), drainCommand(), auditCommand(),
			flowCommand(), draaiboekCommand(), recordingsCommand(), privacyCommand(), callbacksCommand(), peopleCommand(), textsCommand(), exportCommand(), promptsCommand(), demoCommand(),
		},
	}
	everyCommand(program.Commands, "", finish)
	return program
}

func onUsageError(c *cli.Context, err error, _ bool) error {
	return usagef("%w (see `%s --help`)", err, strings.TrimSpace("wissel "+whole(c)))
}

// unknownCommand is what runs when no command matches.
func unknownCommand(c *cli.Context) error {
	if !c.Args().Present() {
		return cli.ShowAppHelp(c)
	}
	name := c.Args().First()
	var known []string
	for _, command := range c.App.Commands {
		known = append(known, command.Name)
	}
	return usagef("there is no command %q%s", name, nearest.Suggest(name, known))
}

// which is what a command does that has only others below it: it asks for one of them. example is how one is typed.
func which(example string) cli.ActionFunc {
	parent, _, _ := strings.Cut(example, " ")
	return func(c *cli.Context) error {
		if !c.Args().Present() {
			return usagef("%s needs what to do, as in: wissel %s", parent, example)
		}
		var known []string
		for _, one := range c.Command.Subcommands {
			if one.Name != "help" {
				known = append(known, one.Name)
			}
		}
		return usagef("there is no %s command %q%s", parent, c.Args().First(), nearest.Suggest(c.Args().First(), known))
	}
}

// flagsFirst puts the flags of a command behind its own words ("carriers test") and before the others: `switch support
// --auto` is what people write, and the flag package behind urfave/cli stops at the first word.
func flagsFirst(program *cli.App, args []string) []string {
	if len(args) < 3 {
		return args
	}
	command := program.Command(args[1])
	if command == nil {
		return args
	}
	path, flags, words := []string{args[0], args[1]}, []string{}, []string{}
	for rest := args[2:]; len(rest) > 0; rest = rest[1:] {
		word := rest[0]
		if word == "--" {
			words = append(words, rest...)
			break
		}
		if !strings.HasPrefix(word, "-") || word == "-" {
			if below := command.Command(word); below != nil && len(words) == 0 {
				path, command = append(path, word), below
			} else {
				words = append(words, word)
			}
			continue
		}
		flags = append(flags, word)
		if len(rest) > 1 && takesValue(command, word) {
			flags = append(flags, rest[1])
			rest = rest[1:]
		}
	}
	return slices.Concat(path, flags, words)
}

// takesValue reports whether a flag, as written, has its value in the next word.
func takesValue(command *cli.Command, word string) bool {
	if strings.Contains(word, "=") {
		return false
	}
	name := strings.TrimLeft(word, "-")
	for _, f := range command.Flags {
		if _, isBool := f.(*cli.BoolFlag); !isBool && slices.Contains(f.Names(), name) {
			return true
		}
	}
	return false
}

// whole is a command as it is typed behind wissel: "carriers test". It is empty for wissel itself.
func whole(c *cli.Context) string {
	return strings.TrimPrefix(strings.TrimPrefix(c.Command.HelpName, "wissel"), " ")
}

// noArgs refuses words that a command does not take.
func noArgs(c *cli.Context) error {
	if c.Args().Present() {
		return usagef("%s takes no %q", whole(c), c.Args().First())
	}
	return nil
}

// oneArg gives the only word that a command takes.
func oneArg(c *cli.Context, what string) (string, error) {
	if c.NArg() != 1 || c.Args().First() == "" {
		return "", usagef("%s needs one %s, as in: %s", whole(c), what, strings.SplitN(c.Command.UsageText, "\n", 2)[0])
	}
	return c.Args().First(), nil
}

// stopSignals ends a server: SIGTERM as a service manager sends it, and the first Ctrl-C.
var stopSignals = []os.Signal{syscall.SIGTERM, os.Interrupt}
