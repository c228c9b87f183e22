package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// job is work on the file that is no row: its own transaction, between the commits of others, on the writer's goroutine. Promises
// wait for it, so it is a small step.
type job struct {
	tx   func(context.Context, *sql.Tx) error // nil: alone
	conn func(context.Context, *sql.DB) error // what no transaction may hold
	kept func()                               // once it is on disk; nil: nothing is to be done then
	done chan error
}

// step carries a job out and returns once it is on disk. After an error nothing of it is.
func (s *Store) step(ctx context.Context, j job) error {
	j.done = make(chan error, 1)
	select {
	case s.jobs <- j:
		return <-j.done
	case <-ctx.Done():
		return fmt.Errorf("the store is too busy: %w", ctx.Err())
	}
}

func (s *Store) carry(ctx context.Context, j job) error {
	if s.write == nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, s.Status())
	}
	if j.conn != nil {
		return j.conn(ctx, s.write)
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return describe(err)
	}
	if err = j.tx(ctx, tx); err == nil {
		if err = tx.Commit(); err == nil {
			if j.kept != nil {
				j.kept()
			}
			return nil
		}
	}
	if err = errors.Join(describe(err), rollback(tx)); isCorrupt(err) {
		s.note(err)
		s.shut()
	}
	return err
}
