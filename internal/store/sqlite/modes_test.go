package sqlite

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"wissel"
)

// Whatever the umask, and whatever an older version left: nobody else on the machine reads the files.
func TestTheFilesAreTheirOwnersAlone(t *testing.T) {
	dir := t.TempDir()
	look := func(when string) {
		t.Helper()
		s, stop := start(t, dir)
		wished := make(chan error, 1)
		s.Wish(wissel.Wish{Number: "+31612345678", At: time.Now()}, func(err error) { wished <- err })
		if err := <-wished; err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(dir, FileName) + "*")
		if err != nil || len(files) < 2 {
			t.Fatalf("%s: %q, %v", when, files, err)
		}
		for _, f := range files {
			info, err := os.Stat(f)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %s has mode %v, %v", when, filepath.Base(f), info.Mode(), err)
			}
		}
		stop()
	}
	look("new")
	for name, mode := range map[string]os.FileMode{FileName: 0o644, FileName + ".corrupt-20261101T000000": 0o666, FileName + ".corrupt-20261101T000000-wal": 0o640} {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(f.Chmod(mode), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	look("left open by an older version")
}

// A file that may not be written stays so: the mode is taken from others, and nothing is given.
func TestAFileThatMayNotBeWrittenStaysSo(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, FileName), nil, 0o444); err != nil {
		t.Fatal(err)
	}
	s, err := Open(context.Background(), DefaultSettings(dir), "node1", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // nothing was written
	info, err := os.Stat(filepath.Join(dir, FileName))
	if err != nil || info.Mode().Perm() != 0o400 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
