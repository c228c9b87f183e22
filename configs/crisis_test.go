package configs

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wissel"
	"wissel/internal/access"
	"wissel/ivr"
)

// secretsIn writes files of secrets, mode 0600.
func secretsIn(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// noFrench has every prompt in every other language.
type noFrench struct{ everything }

func (noFrench) Has(lang, _ string) bool { return lang != "fr" }

func TestTheCrisisLine(t *testing.T) {
	dir := t.TempDir()
	secretsIn(t, dir, map[string]string{
		"anna.pin": "274913", "bob.pin": "830561", "anna.totp": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "same.pin": "444444", "run.pin": "345678", "short.pin": "2749",
		"word.pin": "pass99", "phone.pin": "345678901", "bad.totp": "not base32!", "weak.totp": "GEZDGNBV", "staff": "4711", "own.pin": "612345",
	})
	anna := `{name: anna, phones: ["06 12612345"], pin: "file:anna.pin", totp: "file:anna.totp", role: [operator, lead]}`
	for _, c := range []struct {
		name, crisis string
		words        string // empty: it is well
	}{
		{"one operator", `{numbers: ["+31201239990"], operators: [` + anna + `]}`, ""},
		{"two, and a code for colleagues", `{numbers: ["+31201239990"], language: en, staff: {code: "file:staff"}, operators: [` + anna + `, {name: bob, pin: "file:bob.pin", role: viewer}]}`, ""},
		{"no number", `{operators: [` + anna + `]}`, "crisis.numbers: the crisis line has no number"},
		{"a number of a group", `{numbers: ["+31201234567"], operators: [` + anna + `]}`, "belongs to group support already"},
		{"a number twice", `{numbers: ["+31201239990", "020 123 99 90"], operators: [` + anna + `]}`, "stands here already"},
		{"an emergency number", `{numbers: ["112"], operators: [` + anna + `]}`, "emergency number"},
		{"a language without texts", `{numbers: ["+31201239990"], language: fr, operators: [` + anna + `]}`, `no texts in "fr"`},
		{"one digit", `{numbers: ["+31201239990"], operators: [{name: anna, pin: "file:same.pin", role: operator}]}`, "one of the first that anybody tries"},
		{"digits in a row", `{numbers: ["+31201239990"], operators: [{name: anna, pin: "file:run.pin", role: operator}]}`, "one of the first that anybody tries"},
		{"four digits", `{numbers: ["+31201239990"], operators: [{name: anna, pin: "file:short.pin", role: operator}]}`, "6 to 12 digits, and this one has 4"},
		{"letters", `{numbers: ["+31201239990"], operators: [{name: anna, pin: "file:word.pin", role: operator}]}`, "digits alone"},
		{"his own number", `{numbers: ["+31201239990"], operators: [{name: anna, phones: ["06 12612345"], pin: "file:own.pin", role: operator}]}`, "end of his own telephone number"},
		{"a PIN that another has", `{numbers: ["+31201239990"], operators: [` + anna + `, {name: bob, pin: "file:anna.pin", role: operator}]}`, "anna has the same PIN"},
		{"a name that another has", `{numbers: ["+31201239990"], operators: [` + anna + `, {name: Anna, pin: "file:bob.pin", role: operator}]}`, `there is a "anna" already`},
		{"a PIN that is written out", `{numbers: ["+31201239990"], operators: [{name: anna, pin: "274913", role: operator}]}`, "a secret is not written here"},
		{"no PIN", `{numbers: ["+31201239990"], operators: [{name: anna, role: operator}]}`, "the PIN is missing"},
		{"no role", `{numbers: ["+31201239990"], operators: [{name: anna, pin: "file:anna.pin"}]}`, "a role belongs here"},
		{"a role that is none", `{numbers: ["+31201239990"], operators: [{name: anna, pin: "file:anna.pin", role: operater}]}`, `did you mean "operator"`},
		{"an app's secret that is none", `{numbers: ["+31201239990"], operators: [{name: anna, pin: "file:anna.pin", totp: "file:bad.totp", role: operator}]}`, "no base32"},
		{"and one that is short", `{numbers: ["+31201239990"], operators: [{name: anna, pin: "file:anna.pin", totp: "file:weak.totp", role: operator}]}`, "128 are the least"},
		{"a code for colleagues of letters", `{numbers: ["+31201239990"], staff: {code: "file:word.pin"}, operators: [` + anna + `]}`, "4 to 12 digits"},
		{"a code for colleagues that is a PIN", `{numbers: ["+31201239990"], staff: {code: "file:anna.pin"}, operators: [` + anna + `]}`, "it is the PIN of anna"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := quiet()
			o.Catalogue = func(string) (ivr.Catalogue, error) { return noFrench{}, nil }
			f, err := Parse(filepath.Join(dir, "wissel.yaml"), []byte("crisis: "+c.crisis+"\n"+bare), o)
			var faults *Faults
			switch {
			case c.words == "" && err != nil:
				t.Fatal(err)
			case c.words == "":
				line := f.Lines["+31201239990"]
				if line.Group != wissel.CrisisGroup || f.Groups[wissel.CrisisGroup] != nil || f.Crisis.Operators[0].Name != "anna" || f.Crisis.Zone == nil ||
					!access.Allows(f.Crisis.Operators[0].Roles, access.Switch) || f.Crisis.Operators[0].Phones[0] != "+31612612345" {
					t.Errorf("%+v, %+v", line, f.Crisis)
				}
			case !errors.As(err, &faults) || len(faults.Faults) != 1 || !strings.Contains(err.Error(), c.words):
				t.Errorf("%v\nwant %q alone", err, c.words)
			}
			if err != nil && (strings.Contains(err.Error(), "274913") || strings.Contains(err.Error(), "GEZDG")) {
				t.Errorf("a secret is shown: %v", err)
			}
		})
	}
}
