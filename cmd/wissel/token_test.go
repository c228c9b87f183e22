package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// networked are settings with the control API on loopback, for a group that asks for four eyes.
var networked = strings.Replace(strings.Replace(served, "  control:", "  api: {bind: \"127.6.3.1:8443\"}\n  control:", 1), "    active: normaal", "    active: normaal\n    four_eyes: true", 1)

func TestATokenFromItsMakingToItsEnd(t *testing.T) {
	s := servingWith(t, networked)
	remote := "--control=http://" + s.host + ":8443"
	far := func(args ...string) (int, string, string) {
		var out, err strings.Builder
		code := run(t.Context(), append([]string{"wissel", args[0], remote}, args[1:]...), &out, &err)
		return code, out.String(), err.String()
	}
	t.Setenv(tokenEnv, "")
	if code, _, stderr := far("status"); code != exitFailed || !strings.Contains(stderr, "wissel token add NAME") {
		t.Errorf("without a token: exit %d, %s", code, stderr)
	}
	code, out, stderr := s.wissel("token", "add", "anna", "--role", "operator", "--until", "24h")
	secret, _, _ := strings.Cut(out, "\n")
	if code != exitWell || !strings.HasPrefix(secret, "wissel_") {
		t.Fatalf("token add: exit %d\n%s%s", code, out, stderr)
	}
	t.Setenv(tokenEnv, secret)
	if code, out, stderr := far("status"); code != exitWell || !strings.HasPrefix(out, "serving") {
		t.Errorf("status from afar: exit %d\n%s%s", code, out, stderr)
	}
	if code, _, stderr := far("reload"); code != exitFailed || !strings.Contains(stderr, "this takes the role admin, and anna has operator") {
		t.Errorf("reload from afar: exit %d, %s", code, stderr)
	}
	code, out, stderr = far("switch", "support", "--plan", "storing", "--reason", "ticket 1\x1b[2J")
	if code != exitWell || !strings.Contains(out, "nothing has been changed yet") {
		t.Fatalf("a proposal from afar: exit %d\n%s%s", code, out, stderr)
	}
	_, id, _ := strings.Cut(out, "wissel approve ")
	id, _, _ = strings.Cut(id, "\n")
	if code, _, stderr := far("approve", id); code != exitFailed || !strings.Contains(stderr, "it takes a second person, and anna proposed it") {
		t.Errorf("approving one's own: exit %d, %s", code, stderr)
	}
	if code, out, _ := far("proposals"); code != exitWell || !strings.Contains(out, id) || !strings.Contains(out, `ticket 1\x1b[2J`) || strings.Contains(out, "\x1b") {
		t.Errorf("proposals: exit %d\n%q", code, out)
	}
	if code, _, stderr := s.wissel("approve", id); code != exitFailed || !strings.Contains(stderr, "made the token of the other") {
		t.Errorf("approved by who made the token: exit %d, %s", code, stderr)
	}
	if code, _, stderr := s.wissel("reject", id, "--reason", "x"); code != exitWell {
		t.Errorf("reject: exit %d, %s", code, stderr)
	}
	for _, c := range []struct {
		args string // words, apart by |
		code int
		word string
	}{
		{"token|list", exitWell, "operator"},
		{"token|add|Anna|--role|viewer", exitFailed, "anna has a token already"},
		{"token|add|bob", exitUsage, "needs --role"},
		{"token|add|bob|--role|boss", exitUsage, `there is no role "boss"`},
		{"token|add|../bob|--role|viewer", exitFailed, "is no name"},
		{"token|add|bob|--role|viewer|--until|2020-01-01T00:00", exitFailed, "is in the past"},
		{"token|revoke|ana", exitFailed, `did you mean "anna"?`},
		{"token|revoke|anna", exitWell, "lets nobody in any more"},
		{"token|revoke|anna", exitFailed, "nobody named"},
		{"token|list", exitWell, "revoked"},
		{"token", exitUsage, "add, list and revoke"},
		{"audit", exitWell, "token-revoke"},
	} {
		if code, out, stderr := s.wissel(strings.Split(c.args, "|")...); code != c.code || !strings.Contains(out+stderr, c.word) {
			t.Errorf("%s: exit %d\n%s%s", c.args, code, out, stderr)
		}
	}
	if code, _, stderr := far("status"); code != exitFailed || !strings.Contains(stderr, "lets nobody in") {
		t.Errorf("after it was revoked: exit %d, %s", code, stderr)
	}
	file := filepath.Join(filepath.Dir(s.file), "store", "tokens.json")
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text), strings.TrimPrefix(secret, "wissel_")) {
		t.Errorf("the secret is in the store: %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if strings.Contains(s.said(), strings.TrimPrefix(secret, "wissel_")) {
		t.Error("the secret is in the log")
	}
	s.send(syscall.SIGTERM)
	s.ends()
}

// FAULTS, access: a start that would let the network in without TLS is refused, with the line to add.
func TestAStartWithoutTLSOffLoopbackIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "wissel.yaml")
	if err := os.WriteFile(file, []byte(strings.Replace(networked, "127.6.3.1:8443", "0.0.0.0:8443", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, stderr strings.Builder
	code := run(t.Context(), []string{"wissel", "serve", "--settings", file}, &out, &stderr)
	if code != exitSettings || !strings.Contains(stderr.String(), `api: {bind: "0.0.0.0:8443", cert: /etc/wissel/api.pem, key: /etc/wissel/api.key}`) {
		t.Errorf("exit %d\n%s", code, stderr.String())
	}
}
