package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wissel/configs"
)

// TestLastResortAndItsDrift saves a sheet, changes the settings, and holds the one against the other.
func TestLastResortAndItsDrift(t *testing.T) {
	dir := t.TempDir()
	settings, saved := filepath.Join(dir, "wissel.yaml"), filepath.Join(dir, "last-resort.json")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	export := func(args ...string) (int, string, string) {
		var stdout, stderr strings.Builder
		code := run(t.Context(), append([]string{"wissel", "export", "last-resort", "--settings", settings}, args...), &stdout, &stderr)
		return code, stdout.String(), stderr.String()
	}
	write(settings, string(configs.Example()))
	code, sheet, stderr := export("--format", "json", "--group", "support")
	if code != exitWell || stderr != "" {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	write(saved, sheet)
	if code, text, _ := export(); code != exitWell || !strings.Contains(text, "+31201234567  ->  sip:+31201234567@byoc.example:5061;transport=tls") {
		t.Errorf("as text: exit %d\n%s", code, text)
	}
	if code, said, stderr := export("--check", saved); code != exitWell || !strings.HasPrefix(said, "nothing is to be set otherwise") {
		t.Errorf("nothing has changed: exit %d\n%s%s", code, said, stderr)
	}
	write(settings, strings.Replace(string(configs.Example()), `number: "+31850000000"`, `number: "+31850000001"`, 1))
	if code, said, stderr := export("--check", saved); code != exitFailed || !strings.HasPrefix(said, "carrier kpn: the order of group support was") || !strings.Contains(stderr, "is out of date") {
		t.Errorf("the backup has another number: exit %d\n%s%s", code, said, stderr)
	}
	write(settings, strings.ReplaceAll(string(configs.Example()), "support", "helpdesk"))
	if code, said, stderr := export("--check", saved); code != exitFailed || said != "" || !strings.Contains(stderr, `there is no group "support"`) {
		t.Errorf("the group that it was about is gone: exit %d\n%s%s", code, said, stderr)
	}
}
