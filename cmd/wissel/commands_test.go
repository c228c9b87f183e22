package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"wissel/internal/access"
)

func TestEveryCommandHasARule(t *testing.T) {
	left := map[string]bool{}
	for words := range needs {
		left[words] = true
	}
	everyCommand(newApp(io.Discard, io.Discard).Commands, "", func(words string, c *cli.Command) {
		need, ruled := needs[words]
		if !ruled {
			t.Errorf("`wissel %s` has no rule: give it a line in the table of commands.go", words)
			return
		}
		delete(left, words)
		asks := slices.ContainsFunc(c.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), "control") })
		if need != access.Anyone && (len(access.Holders(need)) == 0 || !asks) {
			t.Errorf("`wissel %s` takes %q, which nobody holds, or has no --control", words, need)
		}
		if need != access.Anyone && !strings.Contains(c.Description, "role "+access.Needs(need)) {
			t.Errorf("`wissel %s --help` does not say that it takes the role %s", words, access.Needs(need))
		}
	})
	for words := range left {
		t.Errorf("the table has a rule for `wissel %s`, and there is no such command", words)
	}
}

func TestFlagsGoBehindTheCommandsOwnWords(t *testing.T) {
	deep := &cli.App{Commands: []*cli.Command{{
		Name: "carriers", Flags: []cli.Flag{&cli.StringFlag{Name: "control"}},
		Subcommands: []*cli.Command{{Name: "test", Flags: []cli.Flag{&cli.StringFlag{Name: "control"}, &cli.BoolFlag{Name: "all"}}}},
	}}}
	for written, want := range map[string]string{
		"wissel carriers": "wissel carriers",
		"wissel carriers --control x test kpn --all": "wissel carriers test --control x --all kpn",
		"wissel carriers test kpn --control x":       "wissel carriers test --control x kpn",
		"wissel carriers test -- test --all":         "wissel carriers test -- test --all",
		"wissel carriers kpn test --all":             "wissel carriers --all kpn test",
		"wissel other --all test":                    "wissel other --all test",
	} {
		if got := strings.Join(flagsFirst(deep, strings.Fields(written)), " "); got != want {
			t.Errorf("%s\n got %s\nwant %s", written, got, want)
		}
	}
}
