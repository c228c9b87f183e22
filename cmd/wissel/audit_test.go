package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAuditVerifySaysAndExits(t *testing.T) {
	s := serving(t)
	if code, _, stderr := s.wissel("switch", "support", "--plan", "storing", "--reason", "ticket 1"); code != exitWell {
		t.Fatal(stderr)
	}
	_, told, _ := s.wissel("audit", "verify")
	if code, _, stderr := s.wissel("switch", "support", "--auto", "--reason", "ticket 1 is done"); code != exitWell {
		t.Fatal(stderr)
	}
	_, head, _ := strings.Cut(strings.TrimSpace(told), "head ")
	store := filepath.Join(filepath.Dir(s.file), "store")
	unknown := "3:" + strings.Repeat("0", 64)
	for _, c := range []struct {
		name string
		args []string
		code int
		word string
	}{
		{"the head that the server told", []string{"audit", "verify", "--head", head}, exitWell, "2 rows, none changed"},
		{"a head with more rows than there are", []string{"audit", "verify", "--head", unknown}, exitFailed, "node test: row 2 ("},
		{"the folder beside the server", []string{"audit", "verify", "--store", store, "--head", head}, exitFailed, "the server that runs keeps it to itself"},
		{"a folder without a store", []string{"audit", "verify", "--store", t.TempDir()}, exitFailed, "no such file"},
		{"from a row on", []string{"audit", "verify", "--from", "2"}, exitWell, "rows 2 to 2, those before them not looked at, none changed"},
		{"from a row that is not there", []string{"audit", "verify", "--from", "3"}, exitFailed, "there is no row 3, so nothing was looked at; the last is 2"},
		{"a head that is none", []string{"audit", "verify", "--head", "x"}, exitUsage, "no head of an audit chain"},
	} {
		if code, stdout, stderr := s.wissel(c.args...); code != c.code || !strings.Contains(stdout+stderr, c.word) {
			t.Errorf("%s: exit %d\n%s%s", c.name, code, stdout, stderr)
		}
	}
	s.send(syscall.SIGTERM)
	s.ends()
	if code, stdout, stderr := s.wissel("audit", "verify", "--store", store, "--head", head); code != exitWell {
		t.Errorf("after the server's end: exit %d\n%s%s", code, stdout, stderr)
	}
	if code, stdout, stderr := s.wissel("audit", "verify", "--store", store, "--head", "4"+unknown[1:]); code != exitFailed || !strings.Contains(stdout+stderr, "row 4 is missing behind it, at the end") {
		t.Errorf("and a head with more rows: exit %d\n%s%s", code, stdout, stderr)
	}
}
