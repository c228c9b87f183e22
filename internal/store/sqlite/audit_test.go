package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wissel"
	"wissel/internal/audit"
	"wissel/internal/virtual"
)

// told keeps n audit rows in a store of its own, stops it, and gives its folder.
func told(t *testing.T, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	s, stop := start(t, dir)
	for i := range n {
		if err := kept(s, wissel.AuditRow{At: time.Now(), Who: "anna", What: "switch", Object: "support", Why: fmt.Sprint("ticket ", i+1)}); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	return dir
}

// copied gives a folder with the same files, to be altered.
func copied(t *testing.T, from string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// edit changes the database behind wissel's back, without its triggers.
func edit(t *testing.T, dir string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, s := range append([]string{"DROP TRIGGER audit_kept", "DROP TRIGGER audit_unchanged"}, statements...) {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// FAULTS, audit: change, drop, reorder, truncate one entry; verify names the place, 4 of 4, with the server stopped and
// after it has started again on the altered file.
func TestAnAlteredRowIsNamed(t *testing.T) {
	written := told(t, 6)
	for _, c := range []struct {
		name  string
		edit  string
		seq   uint64
		word  string
		alarm string // of a server that starts on it; empty: it looks at the end alone
	}{
		{"change", "UPDATE audit SET why = 'none of my doing' WHERE seq = 3", 3, "changed after it was written", ""},
		{"drop", "DELETE FROM audit WHERE seq = 3", 4, "row 3 is missing before it", ""},
		{"reorder", "UPDATE audit SET seq = CASE seq WHEN 3 THEN 4 ELSE 3 END WHERE seq IN (3, 4)", 3, "another order", ""},
		{"truncate", "DELETE FROM audit WHERE seq = 6", 5, "row 6 is missing behind it, at the end", "there are 5 rows, and 6 were sealed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := copied(t, written)
			if all, err := VerifyAudit(t.Context(), dir, 0, audit.End{}); err != nil || len(all) != 1 || all[0].Fault != nil || all[0].Rows != 6 || all[0].Sealed.IsZero() {
				t.Fatalf("before: %+v, %v", all, err)
			}
			edit(t, dir, c.edit)
			all, err := VerifyAudit(t.Context(), dir, 0, audit.End{})
			if err != nil || len(all) != 1 || all[0].Fault == nil {
				t.Fatalf("nothing was found: %+v, %v", all, err)
			}
			if f := all[0].Fault; f.Seq != c.seq || f.ID == "" || f.At.IsZero() || !strings.Contains(f.Error(), c.word) {
				t.Errorf("found %v; want row %d: %s", f, c.seq, c.word)
			}
			s, _ := start(t, dir)
			if fault := s.AuditFault(); (fault == "") != (c.alarm == "") || !strings.Contains(fault, c.alarm) {
				t.Errorf("a server that starts on it says %q, want %q", fault, c.alarm)
			}
			if err := kept(s, wissel.AuditRow{At: time.Now(), What: "switch"}); err != nil {
				t.Fatal(err)
			}
			if all, err := s.VerifyAudit(t.Context(), 0, audit.End{}); err != nil || all[0].Fault == nil {
				t.Errorf("the live server finds nothing: %+v, %v", all, err)
			}
		})
	}
	t.Log("ROW audit change, drop, reorder, truncate: `wissel audit verify` names the row, 4 of 4")
}

func TestWhatElseIsFound(t *testing.T) {
	written := told(t, 3)
	zeros := strings.Repeat("0", 64)
	for _, c := range []struct {
		name  string
		alter func(t *testing.T, dir string)
		known audit.End
		word  string
	}{
		{"the seal is gone", func(t *testing.T, dir string) { remove(t, headFile(dir, "node1")) }, audit.End{}, "their seal is gone"},
		{"the seal is no seal", func(t *testing.T, dir string) { write(t, headFile(dir, "node1"), "{") }, audit.End{}, "read the seal"},
		{"the seal is forged", func(t *testing.T, dir string) {
			write(t, headFile(dir, "node1"), `{"node":"node1","rows":3,"hash":"`+zeros+`","at":"2026-01-01T00:00:00Z","key":"00","signature":""}`)
		}, audit.End{}, "not signed with this node's key"},
		{"the key is gone", func(t *testing.T, dir string) { remove(t, filepath.Join(dir, keyFile)) }, audit.End{}, "cannot be proven"},
		{"every row is gone", func(t *testing.T, dir string) { edit(t, dir, "DELETE FROM audit") }, audit.End{}, "rows 1 to 3 are missing"},
		{"a row was put in by hand", func(t *testing.T, dir string) {
			edit(t, dir, `INSERT INTO audit (id, node, generation, at, who, "from", what, object, why, before, after) VALUES ('x', 'node1', 1, '', 'anna', '', 'switch', '', '', '', '')`)
		}, audit.End{}, "outside the chain"},
		{"the log knew of more rows", func(*testing.T, string) {}, audit.End{Rows: 9, Hash: zeros}, "rows 4 to 9 are missing behind it"},
		{"the log knew of another row", func(*testing.T, string) {}, audit.End{Rows: 2, Hash: zeros}, "by the head that was given"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := copied(t, written)
			c.alter(t, dir)
			all, err := VerifyAudit(t.Context(), dir, 0, c.known)
			if err != nil || len(all) != 1 || all[0].Fault == nil || !strings.Contains(all[0].Fault.Error(), c.word) {
				t.Errorf("%+v, %v; want %q", all, err, c.word)
			}
		})
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAuditRowsAreOnlyAdded(t *testing.T) {
	s, _ := start(t, t.TempDir())
	row := wissel.AuditRow{Row: wissel.Row{ID: NewID()}, At: time.Now(), Who: "anna", What: "switch"}
	for range 3 { // as when a row is written again that was there already
		if err := kept(s, row); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{
		"UPDATE audit SET who = 'nobody'", "DELETE FROM audit", "UPDATE audit SET hash = ''",
		"REPLACE INTO audit SELECT id, node, generation, at, 'nobody', \"from\", what, object, why, before, after, seq, prev, hash FROM audit",
	} {
		_, err := s.write.Exec(statement)
		if replaced := strings.HasPrefix(statement, "REPLACE"); (err == nil) != replaced {
			t.Errorf("%s: %v", statement, err)
		}
	}
	rows, err := s.AuditRows(t.Context(), time.Time{}, 0)
	if err != nil || len(rows) != 1 || rows[0].Who != "anna" || rows[0].Seq != 1 {
		t.Errorf("%+v, %v", rows, err)
	}
}

// Many at once are one chain, in the order of their commits, whatever the order of their ids.
func TestABatchIsOneChain(t *testing.T) {
	s, _ := start(t, t.TempDir())
	const n = 200
	ids := make([]string, n)
	for i := range ids {
		ids[i] = NewID()
	}
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if err := kept(s, wissel.AuditRow{Row: wissel.Row{ID: ids[n-1-i]}, At: time.Now(), Why: "\x00\xff odd"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	reports, err := s.VerifyAudit(t.Context(), 0, audit.End{})
	if err != nil || len(reports) != 1 || reports[0].Fault != nil || reports[0].Rows != n || reports[0].End != s.Head().End {
		t.Fatalf("%+v, %v; head %v", reports, err, s.Head())
	}
}

func TestAChainGoesOnOverARestart(t *testing.T) {
	dir := told(t, 2)
	s, stop := start(t, dir)
	if err := kept(s, wissel.AuditRow{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	stop()
	all, err := VerifyAudit(t.Context(), dir, 0, audit.End{})
	if err != nil || all[0].Fault != nil || all[0].Rows != 3 || s.AuditFault() != "" {
		t.Fatalf("%+v, %v, %q", all, err, s.AuditFault())
	}
	info, err := os.Stat(filepath.Join(dir, keyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
}

// A process that ended between a commit and its seal leaves a chain that is longer than the seal: nothing is wrong with it.
func TestAChainMayBeLongerThanItsSeal(t *testing.T) {
	dir := told(t, 2)
	before, err := os.ReadFile(headFile(dir, "node1"))
	if err != nil {
		t.Fatal(err)
	}
	s, stop := start(t, dir)
	if err := kept(s, wissel.AuditRow{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	stop()
	write(t, headFile(dir, "node1"), string(before))
	s, _ = start(t, dir)
	if s.AuditFault() != "" || s.Head().Rows != 3 {
		t.Errorf("fault %q, head %+v", s.AuditFault(), s.Head())
	}
}

// A start seals a chain that has no row yet; when the process is killed before the first, nothing is missing.
func TestAnEmptyChainThatWasSealedMissesNothing(t *testing.T) {
	dir := t.TempDir()
	_, stop := start(t, dir)
	stop()
	before, err := os.ReadFile(headFile(dir, "node1"))
	if err != nil {
		t.Fatal(err)
	}
	for rows := range 2 { // before its first row, and after it
		s, stop := start(t, dir)
		if s.AuditFault() != "" || s.Head().Rows != uint64(rows) {
			t.Errorf("with %d rows: %q, head %+v", rows, s.AuditFault(), s.Head())
		}
		if err := kept(s, wissel.AuditRow{At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		stop()
		write(t, headFile(dir, "node1"), string(before))
	}
	if all, err := VerifyAudit(t.Context(), dir, 0, audit.End{}); err != nil || len(all) != 1 || all[0].Fault != nil {
		t.Errorf("%+v, %v", all, err)
	}
}

// A database that had to be begun anew goes on with the numbers of the one before it, and says that rows are missing.
func TestANewDatabaseDoesNotHideTheOldOne(t *testing.T) {
	dir := told(t, 4)
	for _, ending := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(filepath.Join(dir, FileName+ending)); err != nil && ending == "" {
			t.Fatal(err)
		}
	}
	s, stop := start(t, dir)
	if !strings.Contains(s.AuditFault(), "all 4 rows are missing") {
		t.Errorf("the server says %q", s.AuditFault())
	}
	if err := kept(s, wissel.AuditRow{At: time.Now(), What: "switch"}); err != nil {
		t.Fatal(err)
	}
	stop()
	all, err := VerifyAudit(t.Context(), dir, 0, audit.End{})
	if err != nil || all[0].Fault == nil || all[0].Fault.Seq != 5 || !strings.Contains(all[0].Fault.What, "rows 1 to 4 are missing before it") {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := VerifyAudit(t.Context(), dir, 5, audit.End{}); err != nil || all[0].Fault != nil || all[0].End.Rows != 6 {
		t.Errorf("from row 5: %+v, %v", all, err)
	}
}

// Rows that were written before there were chains get one, from a row that says so.
func TestRowsOlderThanTheChainAreChained(t *testing.T) {
	dir := told(t, 0)
	edit(t, dir, "DROP TRIGGER audit_once", "DROP INDEX audit_at", "DROP INDEX audit_chain", "ALTER TABLE audit DROP COLUMN hash", "ALTER TABLE audit DROP COLUMN prev",
		"ALTER TABLE audit DROP COLUMN seq", "DROP TABLE proposals", "DROP TABLE messages", "DROP TABLE crisis", "DROP INDEX wishes_spoken", "ALTER TABLE wishes DROP COLUMN removed",
		"ALTER TABLE wishes DROP COLUMN heard", "ALTER TABLE wishes DROP COLUMN by_hand", "ALTER TABLE wishes DROP COLUMN recording",
		"ALTER TABLE wishes DROP COLUMN length_ms", "ALTER TABLE wishes DROP COLUMN apart",
		"ALTER TABLE wishes DROP COLUMN hidden", "DROP TABLE callbacks", "DROP TABLE turns", "DROP TABLE endings",
		"DROP TABLE incoming", "DROP TABLE stops", "DROP TABLE texts", "DROP TABLE text_attempts", "DROP TABLE text_pauses", "DROP TABLE text_routes",
		"DROP TABLE progress", "DROP TABLE attempts", "DROP TABLE releases", "DROP TABLE people",
		"DROP TABLE objections", "DROP TABLE marks", "ALTER TABLE wishes DROP COLUMN consent", "DELETE FROM goose_db_version WHERE version_id >= 4",
		`INSERT INTO audit VALUES ('00-1', 'node1', 1, '2026-11-01T00:00:00.000000000Z', 'anna', '', 'switch', '', 'ticket 1', '', ''), ('00-2', 'node1', 2, '2026-11-02T00:00:00.000000000Z', 'bob', '', 'switch', '', 'ticket 2', '', '')`)
	remove(t, headFile(dir, "node1"))
	if _, err := VerifyAudit(t.Context(), dir, 0, audit.End{}); err == nil || !strings.Contains(err.Error(), "have no chain") {
		t.Errorf("before: %v", err)
	}
	s, stop := start(t, dir)
	rows, err := s.AuditRows(t.Context(), time.Time{}, 0)
	if err != nil || len(rows) != 3 || rows[0].Who != "anna" || rows[0].Seq != 1 || rows[2].What != audit.Began || rows[2].Prev != rows[1].Hash || s.AuditFault() != "" {
		t.Fatalf("%+v, %v, %q", rows, err, s.AuditFault())
	}
	stop()
	if all, err := VerifyAudit(t.Context(), dir, 0, audit.End{}); err != nil || all[0].Fault != nil || all[0].Rows != 3 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestTheLogTellsTheHeadEachMinute(t *testing.T) {
	dir := told(t, 3)
	var log bytes.Buffer
	virtual.Time(t, func(t *testing.T) {
		s, err := Open(t.Context(), DefaultSettings(dir), "node1", slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		<-time.After(3*time.Minute + time.Second)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if n := strings.Count(log.String(), "head="+s.Head().End.String()); n != 3 {
			t.Errorf("in three minutes %d heads were told:\n%s", n, log.String())
		}
	})
}

// TestAnAuditRowIsToldOf: whoever hands one over hears that it waits, that it is on disk after all, or that it is lost.
func TestAnAuditRowIsToldOf(t *testing.T) {
	for _, c := range []struct {
		name string
		well bool // the store can be written again before it ends
		last error
	}{
		{"written once the store is well", true, nil},
		{"lost when the store ends before that", false, ErrLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			s, stop := start(t, dir)
			other, err := sql.Open("sqlite", "file:"+filepath.Join(dir, FileName))
			if err != nil {
				t.Fatal(err)
			}
			other.SetMaxOpenConns(1)
			if _, err := other.Exec("BEGIN EXCLUSIVE"); err != nil {
				t.Fatal(err)
			}
			told := make(chan error, 3)
			s.Audit(wissel.AuditRow{What: "switch"}, func(err error) { told <- err })
			if err := <-told; !errors.Is(err, ErrUnavailable) {
				t.Errorf("at first: %v", err)
			}
			if c.well {
				if _, err := other.Exec("ROLLBACK"); err != nil {
					t.Fatal(err)
				}
			} else {
				stop()
			}
			if err := <-told; !errors.Is(err, c.last) {
				t.Errorf("in the end: %v", err)
			}
			if err := other.Close(); err != nil {
				t.Error(err)
			}
			stop()
			if len(told) != 0 {
				t.Errorf("told of again: %v", <-told)
			}
		})
	}
}
