package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"modernc.org/sqlite"

	"wissel"
)

// maxBatch is how many rows go into one commit at most.
const maxBatch = 512

// entry is one row on its way to the file.
type entry struct {
	query string
	args  []any
	link  *wissel.AuditRow // an audit row, whose args are made when its place in the chain is known; nil: any other row
	done  func(error)      // nil: a record, which is kept and tried again when the file cannot be written
	late  func(error)      // of a record: told once, nil when it is on disk and ErrLost when it never will be; may be nil
	state atomic.Uint32
}

// The states of an entry: whoever moves it from waiting decides what becomes of it.
const (
	waiting uint32 = iota
	taken          // the writer has it: only the commit tells
	withdrawn
)

// NewID makes the id of a row.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// Stamp fills in what every row carries, where it is not there yet.
func (s *Store) Stamp(r wissel.Row) wissel.Row {
	if r.ID == "" {
		r.ID = NewID()
	}
	if r.Node == "" {
		r.Node = s.node
	}
	if r.Generation == 0 {
		r.Generation = s.gen.Add(1)
	}
	return r
}

// submit hands an entry to the writer without waiting: a promise wakes it, a record only the first of a batch.
func (s *Store) submit(e *entry) bool {
	queue := s.queue
	if e.done == nil {
		queue = s.records
	}
	select {
	case queue <- e:
		return true
	default:
		return false
	}
}

// promise hands over a row that somebody waits for; e.done is called exactly once, on the writer's goroutine or (when too
// many rows wait already) before promise returns, with nil only when the row is on disk. The function returned withdraws it,
// and reports whether that came in time: then e.done is never called.
func (s *Store) promise(e *entry) (withdraw func() bool) {
	if !s.submit(e) {
		e.done(fmt.Errorf("%d rows wait already: %w", cap(s.queue), ErrUnavailable))
		return func() bool { return false }
	}
	return func() bool { return e.state.CompareAndSwap(waiting, withdrawn) }
}

// record hands over a row that nobody waits for. When too many wait it is dropped, and counted.
func (s *Store) record(query string, args []any) { s.later(&entry{query: query, args: args}) }

// later is record for a row that is an entry already.
func (s *Store) later(e *entry) {
	if !s.submit(e) {
		s.drop(e)
	}
}

// drop counts a record that is lost, and tells who wants to know.
func (s *Store) drop(e *entry) {
	s.dropped.Add(1)
	e.tell(ErrLost)
}

func (e *entry) tell(err error) {
	if e.late != nil {
		e.late(err)
	}
}

// Run writes until ctx ends, and what waits by then; then it closes the file. What somebody waits for is committed at once,
// with all that came before it; records alone linger a little, so that many calls share one commit.
func (s *Store) Run(ctx context.Context) error {
	// Opening again and writing go on while the rest of the program stops, so they have a context of their own.
	work := context.WithoutCancel(ctx)
	retry := time.NewTicker(s.set.Retry)
	defer retry.Stop()
	linger := time.NewTimer(s.set.Linger)
	linger.Stop()
	defer linger.Stop()
	heads := time.NewTicker(headEvery)
	defer heads.Stop()
	var batch []*entry
	records := s.records // nil while some linger: those that come meanwhile wake nobody
	for {
		select {
		case e := <-s.queue:
			batch = append(batch, e)
		case e := <-records:
			batch, records = append(batch, e), nil
			linger.Reset(s.set.Linger)
			continue
		case j := <-s.jobs:
			linger.Stop()
			s.commit(work, s.gather(batch)) // what was handed over before it is on disk before it
			batch, records = nil, s.records
			j.done <- s.carry(work, j)
			continue
		case <-linger.C:
		case <-retry.C:
			s.heal(work)
			continue
		case <-heads.C:
			s.tellHead()
			continue
		case <-ctx.Done():
			for batch = s.gather(batch); len(batch) > 0; batch = s.gather(nil) {
				s.commit(work, batch)
			}
			s.heal(work)
			for _, e := range s.backlog {
				s.drop(e)
			}
			return s.close()
		}
		linger.Stop()
		s.commit(work, s.gather(batch))
		batch, records = nil, s.records
	}
}

// gather adds what else waits, so that many rows share one commit: promises first.
func (s *Store) gather(batch []*entry) []*entry {
	for _, queue := range []chan *entry{s.queue, s.records} {
		for more := true; more && len(batch) < maxBatch; {
			select {
			case e := <-queue:
				batch = append(batch, e)
			default:
				more = false
			}
		}
	}
	return batch
}

// heal opens the file again if it could not be used, and writes the records that waited for that.
func (s *Store) heal(ctx context.Context) {
	if s.write != nil && s.gone() {
		s.log.Error("the database file is gone from its folder: a new one is begun", "folder", s.set.Dir)
		s.shut()
	}
	if s.write == nil {
		s.reopen(ctx)
	}
	for s.write != nil && len(s.backlog) > 0 {
		batch := s.backlog[:min(len(s.backlog), maxBatch)]
		if err := s.insert(ctx, batch); err != nil {
			s.note(err)
			return
		}
		for _, e := range batch {
			e.tell(nil)
		}
		s.backlog = s.backlog[len(batch):]
		s.note(nil)
	}
	if s.write != nil && s.Status() != nil && probe(ctx, s.write) == nil {
		s.note(nil)
	}
}

// gone reports whether the file was removed under us: SQLite would go on writing to nowhere.
func (s *Store) gone() bool {
	_, err := os.Stat(filepath.Join(s.set.Dir, FileName))
	return errors.Is(err, os.ErrNotExist)
}

// commit writes a batch, tells those who wait, and keeps the records of a batch that failed.
func (s *Store) commit(ctx context.Context, batch []*entry) {
	live := batch[:0]
	for _, e := range batch {
		if e.state.CompareAndSwap(waiting, taken) {
			live = append(live, e)
		}
	}
	if len(live) == 0 {
		return
	}
	err := ErrUnavailable
	if s.write != nil {
		s.since.Store(time.Now().UnixNano())
		err = s.insert(ctx, live)
		s.since.Store(0)
		if err != nil {
			err = fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		s.note(err)
	} else if fault := s.Status(); fault != nil {
		err = fmt.Errorf("%w: %w", ErrUnavailable, fault)
	}
	for _, e := range live {
		switch {
		case e.done != nil:
			e.done(err)
		case err != nil:
			s.keep(e)
		default:
			e.tell(nil)
		}
	}
	if isCorrupt(err) {
		s.shut()
	}
}

// keep puts a record by until the file can be written; the oldest goes when there are too many.
func (s *Store) keep(e *entry) {
	if len(s.backlog) >= s.set.Backlog {
		s.drop(s.backlog[0])
		s.backlog = s.backlog[1:]
	}
	s.backlog = append(s.backlog, e)
}

// insert writes a batch in one transaction: all of it is on disk, or none.
func (s *Store) insert(ctx context.Context, batch []*entry) error {
	if err := s.prepare(ctx, batch); err != nil {
		return describe(err)
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return describe(err)
	}
	end := s.chain.end
	for _, e := range batch {
		args, next := e.args, end
		if e.link != nil {
			args, next = linked(end, e.link)
		}
		done, err := tx.StmtContext(ctx, s.prepared[e.query]).ExecContext(ctx, args...)
		if err != nil {
			return errors.Join(describe(err), rollback(tx))
		}
		if n, err := done.RowsAffected(); e.link != nil && err == nil && n == 1 { // 0: it is there already
			end = next
		}
	}
	if err := tx.Commit(); err != nil {
		return errors.Join(describe(err), rollback(tx))
	}
	if end != s.chain.end {
		s.chain.end = end
		s.seal()
	}
	return nil
}

// prepare makes the prepared forms of a batch's statements that are not there yet: there are as many as kinds of rows. It
// comes before the transaction, which takes the only connection.
func (s *Store) prepare(ctx context.Context, batch []*entry) error {
	for _, e := range batch {
		if s.prepared[e.query] != nil {
			continue
		}
		stmt, err := s.write.PrepareContext(ctx, e.query)
		if err != nil {
			return err
		}
		s.prepared[e.query] = stmt
	}
	return nil
}

// rollback leaves a failed transaction; one that SQLite ended by itself is no error.
func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return fmt.Errorf("roll back: %w", err)
	}
	return nil
}

// describe says in words what SQLite's commonest refusals mean.
func describe(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && (e.Code()&primaryCodes == codeBusy || e.Code()&primaryCodes == codeLocked) {
		return fmt.Errorf("another process holds the database: %w", err)
	}
	return fmt.Errorf("write the database: %w", err)
}

// shut lets go of a file that is of no use any more; heal opens one again.
func (s *Store) shut() {
	if err := s.close(); err != nil {
		s.log.Warn("closing the database", "error", err)
	}
	s.write = nil
	clear(s.prepared) // they were closed with it
	s.read.Store(nil)
}

func (s *Store) close() error {
	var err error
	if r := s.read.Load(); r != nil {
		err = r.Close()
	}
	if s.write != nil {
		err = errors.Join(err, s.write.Close())
	}
	if err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	return nil
}
