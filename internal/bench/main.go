//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// settings are the flags.
type settings struct {
	only      []string
	out       string
	binary    string
	rates     []int         // calls a second
	length    time.Duration // of a signalling trial
	rounds    int
	top       int // calls a second at which the search for the greatest rate ends
	long      bool
	steady    int // calls a second of the long run
	failRate  int
	failFor   time.Duration
	relays    []int // calls
	listeners []int // calls
	voice     time.Duration
	keep      bool
}

// parts are what can be measured, in order.
var parts = []part{
	{"signalling", (*bench).signalling},
	{"max", (*bench).greatest},
	{"failover", (*bench).failover},
	{"relay", (*bench).relay},
	{"ivr", (*bench).ivr},
	{"load", (*bench).numbers},
	{"start", (*bench).starts},
}

type part struct {
	name string
	run  func(*bench, context.Context) error
}

// bench is one run.
type bench struct {
	settings
	dir    string // for files of this run; removed at its end
	wissel string // path of the binary under test
	log    io.Writer
	raw    *strings.Builder
	nets   int // networks given out
	report report
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string) (s settings, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := f.String("only", "", "parts to measure, with commas between: "+partNames()+"; all when empty")
	rates := f.String("rates", "500,1500", "calls a second of the signalling trials")
	relays := f.String("relays", "100,500,1000", "two-way calls of the relay trials")
	listeners := f.String("listeners", "100,500,1000,3000", "callers of the IVR trials")
	f.StringVar(&s.out, "out", "docs/benchmarks.md", "file to write; empty: none")
	f.StringVar(&s.binary, "wissel", "", "binary to measure; built from this checkout when empty")
	f.DurationVar(&s.length, "trial", 4*time.Second, "length of a signalling trial")
	f.IntVar(&s.rounds, "rounds", 3, "trials of each system at each rate")
	f.IntVar(&s.top, "top", 8000, "calls a second beyond which the greatest clean rate is not sought")
	f.BoolVar(&s.long, "long", false, "add a run of 60 s at the steady rate, and confirm the greatest clean rate three times")
	f.IntVar(&s.steady, "steady", 3000, "calls a second of the long run")
	f.IntVar(&s.failRate, "fail-rate", 100, "calls a second while the primary dies")
	f.DurationVar(&s.failFor, "fail-for", 10*time.Second, "length of a failover trial")
	f.DurationVar(&s.voice, "voice", 5*time.Second, "length of a relay or IVR measurement")
	f.BoolVar(&s.keep, "keep", false, "keep the files of the run, and say where they are")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if f.NArg() > 0 {
		return s, fmt.Errorf("%q is no flag", f.Arg(0))
	}
	if *only != "" {
		s.only = strings.Split(*only, ",")
	}
	for _, name := range s.only {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			return s, fmt.Errorf("-only %s: the parts are %s", name, partNames())
		}
	}
	if s.rounds < 1 || s.length < time.Second || s.voice < time.Second || s.failFor < 5*time.Second {
		return s, errors.New("at least one round, trials of 1 s, failover trials of 5 s")
	}
	for _, list := range []struct {
		text string
		to   *[]int
	}{{*rates, &s.rates}, {*relays, &s.relays}, {*listeners, &s.listeners}} {
		if *list.to, err = counts(list.text); err != nil {
			return s, err
		}
	}
	return s, nil
}

func partNames() string {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	return strings.Join(names, ", ")
}

// counts reads "100,500".
func counts(text string) (all []int, err error) {
	for _, field := range strings.Split(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q in %q is no count", field, text)
		}
		all = append(all, n)
	}
	return all, nil
}

func run(ctx context.Context, args []string) (err error) {
	s, err := parse(args)
	if err != nil {
		return err
	}
	b := &bench{settings: s, raw: new(strings.Builder)}
	b.log = io.MultiWriter(os.Stdout, b.raw)
	if b.dir, err = os.MkdirTemp("", "wissel-bench-"); err != nil {
		return fmt.Errorf("make a folder for the run: %w", err)
	}
	if s.keep {
		fmt.Println("files of the run:", b.dir)
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	}
	if err := b.build(ctx); err != nil {
		return err
	}
	b.report.began = time.Now()
	b.report.args = args
	b.report.machine = machine(ctx)
	b.say("%s", b.report.machine)
	for _, p := range parts {
		if len(s.only) > 0 && !slices.Contains(s.only, p.name) {
			continue
		}
		b.say("\n== %s (load average %s)", p.name, loadAverage())
		if err := p.run(b, ctx); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			b.say("%s could not be measured: %v", p.name, err)
			b.report.faults = append(b.report.faults, fmt.Sprintf("%s: %v", p.name, err))
		}
	}
	b.report.ended = time.Now()
	text := b.report.markdown(b.raw.String())
	fmt.Println("\n" + b.report.summary())
	if s.out == "" {
		return nil
	}
	if err := os.WriteFile(s.out, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	fmt.Println("written:", s.out)
	return nil
}

// say prints a line, and keeps it for the raw output in the report.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.log, format+"\n", args...)
}

// build builds the binary under test as `make build` does.
func (b *bench) build(ctx context.Context) error {
	if b.wissel = b.binary; b.wissel != "" {
		path, err := filepath.Abs(b.wissel)
		if err != nil {
			return fmt.Errorf("find the binary: %w", err)
		}
		b.wissel = path
		return nil
	}
	b.wissel = filepath.Join(b.dir, "wissel")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.wissel, "wissel/cmd/wissel")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build wissel: %w\n%s", err, out)
	}
	return nil
}

// network gives the first three bytes of loopback addresses that are one system's own: "127.61.3".
func (b *bench) network() string {
	b.nets++
	return fmt.Sprintf("127.61.%d", b.nets%250+1)
}
