package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"wissel"
	"wissel/internal/audit"
)

// cutRows is how many audit rows one step deletes: each step leaves a row.
const cutRows = 2000

// cutAfter is how much older than they need be rows may become before they are deleted.
const cutAfter = 24 * time.Hour

// cutAudit deletes the oldest rows of this node's chain as far as all are of before cut, in steps, each with a row that says so; once
// the oldest is a day beyond it, so that the rows which say so stay few.
func (s *Store) cutAudit(ctx context.Context, cut time.Time, kept string) (n int, err error) {
	if cut.IsZero() {
		return 0, nil
	}
	first, err := query(ctx, s, `SELECT at FROM audit WHERE node = ? AND seq > 0 ORDER BY seq LIMIT 1`, scanText, s.node)
	if err != nil || len(first) == 0 || first[0] >= stamp(cut.Add(-cutAfter)) {
		return 0, err
	}
	for {
		one, err := s.cutOnce(ctx, cut, kept)
		if n += one; err != nil || one == 0 {
			return n, err
		}
	}
}

// cutOnce deletes the oldest audit rows of this node, as far as they and all before them are of before cut. The trigger that keeps
// rows is lifted within the transaction, in which a row is written that names the last one deleted and its hash: with that the chain
// can still be checked (audit.Check).
func (s *Store) cutOnce(ctx context.Context, cut time.Time, kept string) (n int, err error) {
	var after audit.End
	err = s.step(ctx, job{tx: func(ctx context.Context, tx *sql.Tx) error {
		var last audit.End
		err := tx.QueryRowContext(ctx, `SELECT seq, hash FROM audit WHERE node = ?1 AND seq > 0
			AND seq < coalesce((SELECT min(seq) FROM audit WHERE node = ?1 AND seq > 0 AND at >= ?2), 9223372036854775807)
			AND seq < (SELECT min(seq) FROM audit WHERE node = ?1 AND seq > 0) + ?3 ORDER BY seq DESC LIMIT 1`,
			s.node, stamp(cut), cutRows).Scan(&last.Rows, &last.Hash)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		} else if err != nil {
			return err
		}
		var keeps string
		if err := tx.QueryRowContext(ctx, `SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = 'audit_kept'`).Scan(&keeps); err != nil {
			return fmt.Errorf("the trigger that keeps audit rows: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `DROP TRIGGER audit_kept`); err != nil {
			return err
		}
		done, err := tx.ExecContext(ctx, `DELETE FROM audit WHERE node = ? AND seq > 0 AND seq <= ?`, s.node, last.Rows)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, keeps); err != nil {
			return err
		}
		rows, err := done.RowsAffected()
		if err != nil {
			return err
		}
		row := audit.Clean(wissel.AuditRow{
			Row: s.Stamp(wissel.Row{}), At: time.Now(), Who: "wissel", From: "store", What: audit.Cut, Object: "audit",
			Why: fmt.Sprintf("%d rows, up to row %d, were older than %s", rows, last.Rows, kept), Before: last.String(),
		})
		args, end := linked(s.chain.end, &row)
		if _, err := tx.ExecContext(ctx, insertAudit, args...); err != nil {
			return err
		}
		n, after = int(rows), end
		return nil
	}, kept: func() {
		if n > 0 {
			s.chain.end = after
			s.seal()
		}
	}})
	return n, err
}
