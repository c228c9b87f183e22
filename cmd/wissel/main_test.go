package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wissel/configs"
)

func TestExitCodesAndWords(t *testing.T) {
	dir := t.TempDir()
	faulty := filepath.Join(dir, "faulty.yaml")
	if err := os.WriteFile(faulty, []byte("trunks:\n  kpn: {rol: carrier}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sound := filepath.Join(dir, "sound.yaml")
	if err := os.WriteFile(sound, configs.Example(), 0o600); err != nil {
		t.Fatal(err)
	}
	doubtful := filepath.Join(dir, "doubtful.yaml")
	if err := os.WriteFile(doubtful, append([]byte("self: {gateway: none, resolver: none}\n"), configs.Demo()...), 0o600); err != nil {
		t.Fatal(err)
	}
	nobody := "--control=unix://" + filepath.Join(dir, "none.sock")
	for _, c := range []struct {
		name   string
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{"the version", []string{"--version"}, exitWell, "wissel development (commit unknown", ""},
		{"help", nil, exitWell, "switch in front of a contact centre", ""},
		{"a command that is nearly right", []string{"statsu"}, exitUsage, "", `did you mean "status"`},
		{"a flag that does not exist", []string{"status", "--wacht"}, exitUsage, "", "see `wissel status --help`"},
		{"a flag of a command's own that is wrong", []string{"audit", "verify", "--from", "x"}, exitUsage, "", "see `wissel audit verify --help`"},
		{"a trunk that is missing", []string{"carriers", "test"}, exitUsage, "", "carriers test needs one trunk"},
		{"a timeline of the future", []string{"timeline", "--since", "-5m"}, exitUsage, "", "give how long ago"},
		{"an audit log of the future", []string{"audit", "--since", "-5m"}, exitUsage, "", "give how long ago"},
		{"settings with a warning", []string{"check", nobody, doubtful}, exitWell, "warning " + doubtful + ":1:1: self: ", ""},
		{"a word too many", []string{"calls", "now"}, exitUsage, "", `calls takes no "now"`},
		{"help on a command that is nearly right", []string{"help", "statsu"}, exitUsage, "", `Did you mean "status"`},
		{"a number that is empty", []string{"why", ""}, exitUsage, "", "needs one number"},
		{"a number that is missing", []string{"why"}, exitUsage, "", "wissel why +31201234567"},
		{"a switch without a reason", []string{"switch", "support", "--plan", "storing"}, exitUsage, "", "needs --reason"},
		{"a switch to two things", []string{"switch", "--plan", "a", "--to", "b", "--reason", "x", "support"}, exitUsage, "", "exactly one of"},
		{"an end for a plan", []string{"switch", "--plan", "a", "--until", "18:00", "--reason", "x", "support"}, exitUsage, "", "--until goes with --to"},

		{"an export of nothing", []string{"export"}, exitUsage, "", "wissel export last-resort"},
		{"an export that is nearly right", []string{"export", "last-resrt"}, exitUsage, "", `did you mean "last-resort"`},
		{"an export in another form", []string{"export", "last-resort", "--settings", sound, "--format", "xml"}, exitUsage, "", "text or json"},
		{"an export of a group that is nearly right", []string{"export", "last-resort", "--settings", sound, "--group", "suport"}, exitFailed, "", `did you mean "support"`},
		{"an export of settings with faults", []string{"export", "last-resort", "--settings", faulty}, exitSettings, "", `did you mean "role"?`},
		{"a saved export and a form", []string{"export", "last-resort", "--settings", sound, "--check", faulty, "--format", "json"}, exitUsage, "", "--check goes alone"},
		{"a saved export that is none", []string{"export", "last-resort", "--settings", sound, "--check", faulty}, exitFailed, "", "this is no sheet"},
		{"a saved export that is not there", []string{"export", "last-resort", "--settings", sound, "--check", faulty + "x"}, exitFailed, "", "no such file"},

		{"flows", []string{"flow", "list", "--settings", sound}, exitWell, "storing", ""},
		{"a flow", []string{"flow", "show", "storing", "--settings", sound}, exitWell, "├─ key 2 ──▶ callback", ""},
		{"a flow in English", []string{"flow", "show", "storing", "--settings", sound, "--lang", "en"}, exitWell, "“For news by text message, press 1.”", ""},
		{"a flow as a drawing", []string{"flow", "show", "storing", "--settings", sound, "-o", "svg"}, exitWell, "<title>flow storing</title>", ""},
		{"a flow in another form", []string{"flow", "show", "storing", "--settings", sound, "-o", "png"}, exitUsage, "", "text or svg"},
		{"a flow in a language that it has not", []string{"flow", "show", "storing", "--settings", sound, "--lang", "fy"}, exitUsage, "", "nl, en"},
		{"a flow that is nearly right", []string{"flow", "show", "storin", "--settings", sound}, exitUsage, "", `did you mean "storing"`},
		{"a walk", []string{"flow", "test", "storing", "--settings", sound, "--keys", "2,1"}, exitWell, "[callback for +31612345678 is on disk]", ""},
		{"a walk in English", []string{"flow", "test", "storing", "--settings", sound, "--lang", "en"}, exitWell, "0.0  Hello.", ""},
		{"a walk of one who hides", []string{"flow", "test", "storing", "--settings", sound, "--from", "hidden"}, exitWell, "[callback by hand is on disk]", ""},
		{"a walk in a crowd", []string{"flow", "test", "storing", "--settings", sound, "--crowd"}, exitWell, "zeer druk", ""},
		{"a walk with a full disk", []string{"flow", "test", "storing", "--settings", sound, "--keys", "2,1", "--lost"}, exitWell, "beloven we u nog niets", ""},
		{"a walk with keys that are none", []string{"flow", "test", "storing", "--settings", sound, "--keys", "2,x"}, exitUsage, "", `"x" is no key`},
		{"a walk with a number in one piece", []string{"flow", "test", "storing", "--settings", sound, "--keys", "2,2,0207654321,1"}, exitWell, "[callback for +31207654321 is on disk]", ""},
		{"a walk of a flow that is not there", []string{"flow", "test", "none", "--settings", sound}, exitUsage, "", "there is no flow \"none\"; there are: premium, storing\n"},
		{"a walk of one who called before", []string{"flow", "test", "storing", "--settings", sound, "--earlier", "--changed", "--keys", "4"}, exitWell, "Dit is er nieuw sinds uw vorige gesprek", ""},
		{"a walk of one who called before, and hides", []string{"flow", "test", "storing", "--settings", sound, "--earlier", "--from", "hidden"}, exitUsage, "", "needs a number that is not hidden"},
		{"a walk of a new caller for whom something has changed", []string{"flow", "test", "storing", "--settings", sound, "--changed"}, exitUsage, "", "goes with --earlier"},
		{"a walk of one who hides no number", []string{"flow", "test", "storing", "--settings", sound, "--hide", "--from", "hidden"}, exitUsage, "", "--hide --from 0612345678"},
		{"a walk of nobody", []string{"flow", "test", "storing", "--settings", sound, "--from", "x"}, exitUsage, "", "no telephone number"},
		{"no flow command", []string{"flow"}, exitUsage, "", "wissel flow show storing"},
		{"a flow command that is nearly right", []string{"flow", "tets"}, exitUsage, "", `did you mean "test"`},
		{"flows of settings with faults", []string{"flow", "list", "--settings", faulty}, exitSettings, "", `did you mean "role"?`},

		{"draaiboeken", []string{"draaiboek", "list", "--settings", sound}, exitWell, "platform-down", ""},
		{"a draaiboek", []string{"draaiboek", "show", "platform-down", "--settings", sound}, exitWell, "Het platform ligt eruit", ""},
		{"a draaiboek in English, with its texts", []string{"draaiboek", "show", "platform-down", "--settings", sound, "--lang", "en", "--texts"}, exitWell, "post    Our telephone has an outage", ""},
		{"a draaiboek in a language that it has not", []string{"draaiboek", "show", "platform-down", "--settings", sound, "--lang", "fy"}, exitUsage, "", "en, nl"},
		{"a draaiboek that is nearly right", []string{"draaiboek", "show", "platform-dwon", "--settings", sound}, exitUsage, "", `did you mean "platform-down"`},
		{"what a draaiboek would change", []string{"draaiboek", "plan", "compromised", "--settings", sound}, exitWell, "- plan normaal (genesys, reserve, flow:storing)", ""},
		{"draaiboeken that can be started", []string{"draaiboek", "check", "--settings", sound}, exitWell, "ready", ""},
		{"draaiboeken that cannot", []string{"draaiboek", "check", "--settings", doubtful}, exitFailed, "needs names", "cannot be started"},
		{"no draaiboek command", []string{"draaiboek"}, exitUsage, "", "wissel draaiboek show platform-down"},

		{"nobody serves", []string{"status", nobody}, exitFailed, "", "is `wissel serve` running"},
		{"settings with faults", []string{"check", faulty}, exitSettings, "", `did you mean "role"?`},
		{"a server on settings with faults", []string{"serve", "--settings", faulty}, exitSettings, "", "\n" + faulty + ":2:9: trunks.kpn.rol: "},
		{"a server without settings", []string{"serve", "--settings", filepath.Join(dir, "none.yaml")}, exitSettings, "", "no such file"},
		{"settings that are not there", []string{"check", filepath.Join(dir, "none.yaml")}, exitSettings, "", "no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			code := run(t.Context(), append([]string{"wissel"}, c.args...), &stdout, &stderr)
			if code != c.code || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
				t.Fatalf("exit %d, want %d\nstdout %q, want %q\nstderr %q, want %q", code, c.code, stdout.String(), c.stdout, stderr.String(), c.stderr)
			}
			if c.code != exitWell && !strings.HasPrefix(stderr.String(), "wissel: ") {
				t.Fatalf("stderr does not say who speaks: %q", stderr.String())
			}
		})
	}
}

func TestUntil(t *testing.T) {
	now := time.Date(2026, 11, 21, 17, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"18:00":            "2026-11-21T18:00:00Z",
		"09:30":            "2026-11-22T09:30:00Z", // passed today, so tomorrow
		"2h":               "2026-11-21T19:00:00Z",
		"2026-12-24T18:00": "2026-12-24T18:00:00Z",
		"2026-12-24 18:00": "2026-12-24T18:00:00Z",
		"soon":             "",
	} {
		got, err := parseUntil(text, now)
		if want == "" {
			if err == nil {
				t.Errorf("%q was read as %v", text, got)
			}
			continue
		}
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%q: %v, %v; want %s", text, got, err, want)
		}
	}
}

func TestATimeOfDayHoldsThroughTheSpringClockChange(t *testing.T) {
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseUntil("08:00", time.Date(2026, 3, 28, 22, 0, 0, 0, amsterdam))
	if err != nil || got.Format("2006-01-02 15:04") != "2026-03-29 08:00" {
		t.Fatalf("%v, %v", got, err)
	}
}
