// Package sqlite keeps what must outlive the process: wishes, call records, audit rows and operators' changes, in one
// SQLite file. One goroutine writes, many rows to a commit, each commit on disk (fsync) before anybody is told; readers
// have a pool of their own. No call waits on this package: what it has to say comes back through a function.
//
// When the file cannot be opened or written the Store stays usable: promises are refused with an error, records wait in
// bounded memory, and it recovers by itself once the file is well again.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// FileName of the database inside the store's folder.
const FileName = "wissel.db"

// SQLite's result codes that we act on (sqlite.org/rescode.html): the low byte of the code.
const (
	codeBusy     = 5
	codeLocked   = 6
	codeCorrupt  = 11
	codeNotADB   = 26
	primaryCodes = 0xff
)

// ErrUnavailable says that the store cannot be written now; Status tells why.
var ErrUnavailable = errors.New("the store cannot be written now")

// ErrLost says that a row will never be on disk: too many waited while the store could not be written, or the server ended.
var ErrLost = errors.New("the row is lost: the store could not be written for too long")

// errNewer says that the file was written by a later version of wissel; it is left alone.
var errNewer = errors.New("the database was written by a newer version of wissel")

// Settings of the store.
type Settings struct {
	Dir     string        // folder of the database; made when it does not exist
	Queue   int           // rows that may wait for the writer; more are refused (wishes) or dropped and counted (records)
	Backlog int           // records kept in memory while the file cannot be written
	Retry   time.Duration // between attempts to open a file that could not be opened
	Patient time.Duration // how long a lock of another process is waited for
	Stall   time.Duration // a commit that takes longer is known to hang: promises are refused until it ends
	Linger  time.Duration // how long a record may wait for others to share its commit; what people wait for never does
}

// DefaultSettings are right for one node.
func DefaultSettings(dir string) Settings {
	return Settings{Dir: dir, Queue: 8192, Backlog: 100_000, Retry: 2 * time.Second, Patient: time.Second, Stall: 1100 * time.Millisecond, Linger: 200 * time.Millisecond}
}

// Store is the embedded database. Make it with Open, run its writer with Run.
type Store struct {
	set      Settings
	node     string
	log      *slog.Logger
	queue    chan *entry // promises
	records  chan *entry
	jobs     chan job
	write    *sql.DB                // nil while the file cannot be used; the writer's own after Open
	prepared map[string]*sql.Stmt   // on write
	read     atomic.Pointer[sql.DB] // nil while the file cannot be used
	backlog  []*entry               // records that could not be written yet; the writer's own
	dropped  atomic.Uint64
	gen      atomic.Uint64 // of the last row stamped
	since    atomic.Int64  // when the commit that is under way began, in Unix nanoseconds; 0: none is
	chain    chain         // of audit rows

	mu    sync.Mutex
	fault error // why the store cannot be used; nil: all well
	aside string
}

// Open opens the database in set.Dir and brings its schema up to date. A file that cannot be used is no error: the Store
// then says so (Status), Run tries again, and a corrupt file is moved aside and a new one begun. The error is for
// settings that can never work.
func Open(ctx context.Context, set Settings, node string, log *slog.Logger) (*Store, error) {
	if set.Dir == "" {
		return nil, errors.New("store: no folder is set (key store)")
	}
	s := &Store{set: set, node: node, log: log, queue: make(chan *entry, set.Queue), records: make(chan *entry, set.Queue), jobs: make(chan job), prepared: map[string]*sql.Stmt{}}
	s.gen.Store(uint64(time.Now().UnixMicro())) // above those of before a restart, without reading them
	s.reopen(ctx)
	return s, nil
}

// Close lets go of the file of a Store whose Run is never called; Run closes it by itself.
func (s *Store) Close() error { return s.close() }

// Status is nil when rows can be written, else why not, for people.
func (s *Store) Status() error {
	if err := s.stalled(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

// stalled is nil unless a commit has taken so long that the disk hangs.
func (s *Store) stalled() error {
	since := s.since.Load()
	if since == 0 {
		return nil
	}
	if took := time.Since(time.Unix(0, since)); took > s.set.Stall {
		return fmt.Errorf("the disk has not answered for %v", took.Round(100*time.Millisecond))
	}
	return nil
}

// Aside is the file that a corrupt database was moved to, or empty.
func (s *Store) Aside() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.aside
}

// Dropped counts records that were lost because the store could not take them for too long.
func (s *Store) Dropped() uint64 { return s.dropped.Load() }

// Waiting is how many rows wait for the writer.
func (s *Store) Waiting() int { return len(s.queue) + len(s.records) }

// reopen tries to open the file, and notes the outcome. It is called before Run and by the writer only.
func (s *Store) reopen(ctx context.Context) {
	write, read, err := s.open(ctx)
	if isCorrupt(err) {
		aside := filepath.Join(s.set.Dir, FileName) + ".corrupt-" + time.Now().UTC().Format("20060102T150405")
		if moveErr := s.moveAside(aside); moveErr != nil {
			err = errors.Join(err, moveErr)
		} else {
			s.log.Error("the database is corrupt: it was moved aside and a new one begun", "moved_to", aside, "error", err)
			s.mu.Lock()
			s.aside = aside
			s.mu.Unlock()
			write, read, err = s.open(ctx)
		}
	}
	if err == nil {
		s.write = write
		s.read.Store(read)
		if err = s.resumeChain(ctx); err != nil {
			s.shut()
		}
	}
	s.note(err)
}

// note keeps the fault, and logs when it comes and goes.
func (s *Store) note(err error) {
	s.mu.Lock()
	before := s.fault
	s.fault = err
	s.mu.Unlock()
	switch {
	case err != nil && before == nil:
		s.log.Error("the store cannot be written: calls go on, promises are refused until it can", "folder", s.set.Dir, "error", err)
	case err == nil && before != nil:
		s.log.Info("the store can be written again", "folder", s.set.Dir)
	}
}

// alone keeps the index of SQLite's log in our own memory, for no other process to read the file meanwhile. In a file that is mapped,
// as it is otherwise, a thread that touches a page would wait for a disk that hangs where Go's runtime cannot see it, and the whole
// process with it, calls and all (docs/decisions/0036).
const alone = "&vfs=unix-excl"

// open opens both ends of the file. Whatever fails, nothing stays open.
func (s *Store) open(ctx context.Context) (write, read *sql.DB, err error) {
	if err := os.MkdirAll(s.set.Dir, 0o750); err != nil {
		return nil, nil, fmt.Errorf("make the store's folder: %w", err)
	}
	file := filepath.Join(s.set.Dir, FileName)
	if err := owned(file); err != nil { // to write calls down matters more than who reads them on this machine
		s.log.Warn("other users of this machine may be able to read the database", "error", err)
	}
	write, err = sql.Open("sqlite", s.dsn(file, false)+alone)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", file, err)
	}
	write.SetMaxOpenConns(1)
	// Before anything else: on a damaged file the migrations fail with errors that say nothing of damage.
	if err := whole(ctx, write); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open %s: %w", file, err), write.Close())
	}
	if err := migrate(ctx, write); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open %s: %w", file, err), write.Close())
	}
	if err := writable(ctx, write); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open %s: %w", file, err), write.Close())
	}
	if read, err = sql.Open("sqlite", s.dsn(file, true)+alone); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open %s to read: %w", file, err), write.Close())
	}
	read.SetMaxOpenConns(4)
	return write, read, nil
}

// dsn is the driver's name for the file: WAL, and every commit on disk before it returns. Deleted rows are overwritten:
// they hold people's telephone numbers.
func (s *Store) dsn(file string, readOnly bool) string {
	q := url.Values{"_pragma": {
		"busy_timeout(" + fmt.Sprint(s.set.Patient.Milliseconds()) + ")", "journal_mode(WAL)", "synchronous(FULL)", "secure_delete(ON)",
	}}
	if readOnly {
		q.Set("_pragma", "busy_timeout(1000)")
		q.Add("_pragma", "query_only(ON)")
	} else {
		q.Set("_txlock", "immediate")
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// migrate brings the schema to this version's. It refuses a file of a newer one.
func migrate(ctx context.Context, db *sql.DB) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, dir)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	sources := p.ListSources()
	if latest := sources[len(sources)-1].Version; have > latest {
		return fmt.Errorf("schema %d, this version knows %d: %w; start that version, or move the file away", have, latest, errNewer)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}

// whole proves that the file is not damaged.
func whole(ctx context.Context, db *sql.DB) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("check the database: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("check the database: %w: %s", errCorrupt, verdict)
	}
	return nil
}

// probe proves that the file is whole and can be written.
func probe(ctx context.Context, db *sql.DB) error {
	if err := whole(ctx, db); err != nil {
		return err
	}
	return writable(ctx, db)
}

// writable proves that the file can be written, and leaves nothing behind.
func writable(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin to write: %w", err)
	}
	_, err = tx.ExecContext(ctx, "CREATE TABLE probe (x INTEGER); DROP TABLE probe")
	return errors.Join(err, tx.Rollback())
}

// errCorrupt says that SQLite's own check found the file damaged.
var errCorrupt = errors.New("the database is damaged")

func isCorrupt(err error) bool {
	var e *sqlite.Error
	return errors.Is(err, errCorrupt) || errors.As(err, &e) && (e.Code()&primaryCodes == codeCorrupt || e.Code()&primaryCodes == codeNotADB)
}

// moveAside keeps a damaged file, its log and its index for whoever wants to rescue rows from them.
func (s *Store) moveAside(to string) error {
	file := filepath.Join(s.set.Dir, FileName)
	if err := os.Rename(file, to); err != nil {
		return fmt.Errorf("move the damaged database aside: %w", err)
	}
	for _, ending := range []string{"-wal", "-shm"} {
		if err := os.Rename(file+ending, to+ending); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("move the damaged database aside: %w", err)
		}
	}
	return nil
}
