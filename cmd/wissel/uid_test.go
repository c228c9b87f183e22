package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody is the user, and the group, that no person is.
const nobody = 65534

// as runs a command against the server as another user of the machine: this test program, in a place where he may read it.
func (s *server) as(uid uint32, args ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	dir := filepath.Dir(s.file)
	for _, one := range []string{dir, filepath.Dir(dir)} { // he may pass through, and not look around
		if err := os.Chmod(one, 0o711); err != nil {
			s.t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "wissel")
	if _, err := os.Stat(program); err != nil {
		copyProgram(s.t, program)
	}
	var out, said strings.Builder
	c := exec.CommandContext(s.t.Context(), program, append([]string{args[0], s.control}, args[1:]...)...)
	c.Dir, c.Env = "/", append(os.Environ(), asWissel+"=1")
	c.Stdout, c.Stderr = &out, &said
	if uid != uint32(os.Geteuid()) {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	}
	var exit *exec.ExitError
	if err := c.Run(); err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), out.String(), said.String()
}

// copyProgram copies this test program to a path.
func copyProgram(t *testing.T, to string) {
	t.Helper()
	from, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(file, from)
	if err := errors.Join(err, file.Close(), from.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestTheKernelSaysWhoComesOverTheSocket: a user of the machine has the roles of his uid, which the kernel tells, and no others.
// Where the test may not become another user, it is its own uid that must be known: the owner's.
func TestTheKernelSaysWhoComesOverTheSocket(t *testing.T) {
	switchIt := []string{"switch", "support", "--plan", "storing", "--reason", "ticket 1"}
	if own := os.Geteuid(); own != 0 {
		s := serving(t)
		if code, _, said := s.as(uint32(own), switchIt...); code != exitWell {
			t.Errorf("the owner may not switch: %d, %s", code, said)
		}
		s.audited(fmt.Sprintf("socket uid %d pid ", own))
		return
	}
	closed := serving(t)
	if code, _, said := closed.as(nobody, "status"); code != exitFailed || !strings.Contains(said, "permission denied") {
		t.Errorf("a socket that is its owner's alone let another in: %d, %s", code, said)
	}

	group, err := user.LookupGroupId(fmt.Sprint(nobody))
	if err != nil {
		t.Fatal(err)
	}
	settings := served + "access:\n  group: " + group.Name + "\n"
	s := servingWith(t, settings)
	expect := func(name string, want int, word string, args ...string) {
		t.Helper()
		code, out, said := s.as(nobody, args...)
		if code != want || !strings.Contains(out+said, word) {
			t.Errorf("%s: %s gives %d, %s%s; want %d and %q", name, args[0], code, out, said, want, word)
		}
	}
	expect("in none of the rules", exitFailed, "has no role", "status")
	expect("in none of the rules", exitFailed, "has no role", switchIt...)

	s.write(settings + "  users:\n    uid:65534: [viewer]\n")
	if code, _, said := s.wissel("reload"); code != exitWell {
		t.Fatal(said)
	}
	expect("a viewer", exitWell, "serving", "status")
	expect("a viewer", exitFailed, "has viewer", switchIt...)

	s.write(settings + "  users:\n    uid:65534: [operator]\n    uid:0: [viewer]\n")
	if code, _, said := s.wissel("reload"); code != exitWell {
		t.Fatal(said)
	}
	expect("an operator", exitWell, "plan storing", switchIt...)
	expect("an operator", exitFailed, "has operator", "reload")
	s.audited("socket uid 65534 pid ")
}

// audited wants one switch among the audit rows, made from there.
func (s *server) audited(from string) {
	s.t.Helper()
	code, out, said := s.wissel("audit", "-o", "json")
	var rows []struct{ What, From string }
	if err := json.Unmarshal([]byte(out), &rows); code != exitWell || err != nil {
		s.t.Fatalf("audit: %d, %s; %v", code, said, err)
	}
	switches := 0
	for _, r := range rows {
		if r.What != "switch" {
			continue
		}
		if switches++; !strings.HasPrefix(r.From, from) {
			s.t.Errorf("a switch was made from %q, want %q", r.From, from)
		}
	}
	if switches != 1 {
		s.t.Errorf("%d switches are in the audit, want 1: %s", switches, out)
	}
}
