package sqlite

import (
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

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"wissel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start opens a store in dir and runs its writer until the test ends, or stop is called.
func start(t *testing.T, dir string) (s *Store, stop func()) {
	t.Helper()
	set := DefaultSettings(dir)
	set.Retry, set.Patient = 10*time.Millisecond, 50*time.Millisecond
	s, err := Open(t.Context(), set, "node1", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return s, stop
}

// commit writes a wish and waits for the answer.
func commit(s *Store, w wissel.Wish) error {
	done := make(chan error)
	s.Wish(w, func(err error) { done <- err })
	return <-done
}

// kept writes an audit row and waits for the first word of it.
func kept(s *Store, row wissel.AuditRow) error {
	done := make(chan error, 3)
	s.Audit(row, func(err error) { done <- err })
	return <-done
}

// eventually waits until ok, for at most five seconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(5 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not in 5 s: %s", what)
		}
	}
}

func TestRowsComeBackAsTheyWere(t *testing.T) {
	s, stop := start(t, t.TempDir())
	at := time.Date(2026, 11, 21, 22, 0, 0, 5, time.UTC)
	wish := wissel.Wish{
		Row: wissel.Row{ID: NewID(), Node: "node1", Generation: 7}, Call: "c1", Kind: wissel.WishCallback, Number: "+31612345678",
		Rung: "+31201234567", Group: "support", Flow: "storing", Language: "nl", Choices: []string{"2", "1"}, At: at,
		ByHand: true, Recording: "c1-3.wav", Length: 4200 * time.Millisecond,
	}
	cdr := wissel.CDR{
		Row: wissel.Row{ID: NewID(), Node: "node1", Generation: 8}, Call: "c1", Group: "support", Began: at, Ended: at.Add(time.Minute),
		Status: 200, Outcome: wissel.Attended, Target: wissel.Target{Flow: "storing"}, Attempts: []wissel.Attempt{{Leg: 1, Why: "down"}},
	}
	audit := wissel.AuditRow{Row: wissel.Row{ID: NewID(), Node: "node1", Generation: 9}, At: at, Who: "anna", What: "switch", Object: "support", Why: "test", Before: "a", After: "b"}
	change := wissel.Change{ID: NewID(), Group: "support", Plan: "storing", Who: "anna", At: at, Generation: 3}
	if err := commit(s, wish); err != nil {
		t.Fatal(err)
	}
	s.CDR(cdr)
	if err := errors.Join(kept(s, audit), s.Change(t.Context(), change)); err != nil {
		t.Fatal(err)
	}
	wishes, err1 := s.Wishes(t.Context(), time.Time{})
	cdrs, err2 := s.CDRs(t.Context(), time.Time{}, 0)
	rows, err3 := s.AuditRows(t.Context(), time.Time{}, 10)
	changes, err4 := s.Changes(t.Context())
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	audit.Seq, audit.Hash = 1, rows[0].Hash // its place in the chain is the store's to give
	for _, d := range []string{
		cmp.Diff([]wissel.Wish{wish}, wishes), cmp.Diff([]wissel.CDR{cdr}, cdrs, cmpopts.EquateComparable(wissel.Address{})), cmp.Diff([]wissel.AuditRow{audit}, rows), cmp.Diff([]wissel.Change{change}, changes),
	} {
		if d != "" {
			t.Error(d)
		}
	}
	stop()
}

func TestManyPromisesShareCommits(t *testing.T) {
	s, _ := start(t, t.TempDir())
	const n = 500
	errs := make(chan error, n)
	for i := range n {
		s.Wish(wissel.Wish{Number: wissel.Number(fmt.Sprint(i)), At: time.Now()}, func(err error) { errs <- err })
	}
	for range n {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	if all, err := s.Wishes(t.Context(), time.Time{}); err != nil || len(all) != n {
		t.Fatalf("%d wishes, %v; want %d", len(all), err, n)
	}
}

func TestADamagedFileIsMovedAside(t *testing.T) {
	dir := t.TempDir()
	s, stop := start(t, dir)
	for i := range 200 {
		if err := commit(s, wissel.Wish{Number: wissel.Number(fmt.Sprint(i)), Choices: []string{strings.Repeat("x", 200)}}); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	file := filepath.Join(dir, FileName)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// The first page holds the header, the second the table of migrations, those in the middle the rows.
	for _, page := range []int{0, 1, len(data) / 2 / 4096} {
		damaged := append([]byte(nil), data...)
		clear(damaged[page*4096 : (page+1)*4096])
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, FileName), damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		s, _ = start(t, dir)
		if s.Aside() == "" || s.Status() != nil {
			t.Fatalf("page %d: moved to %q, status %v", page, s.Aside(), s.Status())
		}
		if err := commit(s, wissel.Wish{}); err != nil {
			t.Fatalf("page %d: a promise after the move: %v", page, err)
		}
		if kept, err := os.ReadFile(s.Aside()); err != nil || len(kept) != len(data) {
			t.Fatalf("page %d: the damaged file was not kept: %v", page, err)
		}
	}
	t.Log("ROW F21 a damaged database is moved aside and kept; promises go on at once in a new one")
}

func TestAnotherProcessHoldsTheLock(t *testing.T) {
	dir := t.TempDir()
	s, _ := start(t, dir)
	other, err := sql.Open("sqlite", filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	if err := commit(s, wissel.Wish{}); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "another process") {
		t.Fatalf("a promise against the lock: %v", err)
	}
	s.CDR(wissel.CDR{Call: "kept", Began: time.Now()})
	eventually(t, "the status says so", func() bool { return s.Status() != nil })
	if _, err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the record that waited is written", func() bool {
		all, err := s.CDRs(t.Context(), time.Time{}, 0)
		return err == nil && len(all) == 1
	})
	if err := commit(s, wissel.Wish{}); err != nil || s.Status() != nil {
		t.Fatalf("after the lock: %v, status %v", err, s.Status())
	}
	t.Log("ROW F21 a lock of another process: promises are refused truthfully, records wait, all is well after")
}

func TestAFullDiskRefusesPromisesAndRecovers(t *testing.T) {
	s, _ := start(t, t.TempDir())
	var pages int
	if err := s.write.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := func(n int) {
		t.Helper()
		if _, err := s.write.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", n)); err != nil {
			t.Fatal(err)
		}
	}
	limit(pages) // SQLite answers SQLITE_FULL, as on a disk without room
	var err error
	for range 200 {
		if err = commit(s, wissel.Wish{Choices: []string{strings.Repeat("x", 3000)}}); err != nil {
			break
		}
	}
	if !errors.Is(err, ErrUnavailable) {
		t.Fatalf("a promise on a full disk: %v", err)
	}
	limit(1 << 30)
	if err := commit(s, wissel.Wish{}); err != nil {
		t.Fatalf("after room came: %v", err)
	}
}

func TestWhatAnOperatorDidIsWrittenOnceTheStoreIsWell(t *testing.T) {
	dir := t.TempDir()
	s, _ := start(t, dir)
	other, err := sql.Open("sqlite", "file:"+filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	}()
	other.SetMaxOpenConns(1)
	if _, err := other.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	if err := kept(s, wissel.AuditRow{What: "switch"}); err == nil {
		t.Fatal("an audit row was said to be on disk while another process held the file")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Change(gone, wissel.Change{ID: NewID(), Group: "support", Plan: "storing", Generation: 1}); err == nil {
		t.Fatal("a change was said to be on disk")
	}
	if _, err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "each row is there, once", func() bool {
		rows, err := s.AuditRows(t.Context(), time.Time{}, 0)
		changes, err2 := s.Changes(t.Context())
		return err == nil && err2 == nil && len(rows) == 1 && len(changes) == 1
	})
}

func TestGenerationsGrowOverARestart(t *testing.T) {
	dir := t.TempDir()
	var last uint64
	for range 3 {
		s, stop := start(t, dir)
		r := s.Stamp(wissel.Row{})
		if r.Generation <= last || r.Node != "node1" || len(r.ID) != 36 || r.ID[14] != '7' {
			t.Fatalf("%+v after generation %d", r, last)
		}
		last = r.Generation
		stop()
	}
}

func TestAFileOfANewerVersionIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	s, stop := start(t, dir)
	if _, err := s.write.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)"); err != nil {
		t.Fatal(err)
	}
	stop()
	s, _ = start(t, dir)
	if !errors.Is(s.Status(), errNewer) {
		t.Fatalf("status %v", s.Status())
	}
	if err := commit(s, wissel.Wish{}); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("a promise: %v", err)
	}
}

func TestAFolderThatCannotBeMadeIsNoStop(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, _ := start(t, filepath.Join(blocked, "store"))
	if s.Status() == nil {
		t.Fatal("no fault is told")
	}
	if err := commit(s, wissel.Wish{}); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("a promise: %v", err)
	}
	if _, err := s.Wishes(t.Context(), time.Time{}); err == nil {
		t.Fatal("reading gave no error")
	}
	s.CDR(wissel.CDR{Call: "waits"})
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it recovers by itself", func() bool {
		all, err := s.CDRs(t.Context(), time.Time{}, 0)
		return s.Status() == nil && err == nil && len(all) == 1
	})
}

func TestAWithdrawnPromiseIsNeverAnswered(t *testing.T) {
	set := DefaultSettings(t.TempDir())
	s, err := Open(t.Context(), set, "node1", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	withdraw := s.Wish(wissel.Wish{}, func(error) { t.Error("a withdrawn promise was answered") })
	if !withdraw() {
		t.Fatal("too late, though no writer runs")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
}
