package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"wissel"
	"wissel/internal/audit"
)

const auditColumns = `id, node, generation, at, who, "from", what, object, why, before, after, seq, prev, hash`

const insertAudit = `INSERT INTO audit (` + auditColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`

// Audit hands an audit row to the writer, behind those before it, and does not wait. told hears what becomes of it: nil when it
// is on disk and ErrLost when it never will be, each the last word; before that perhaps once another error, when it could not be
// written and is tried again for as long as there is room. It runs on the writer's goroutine, or before Audit returns, and must
// not block. The place of a row in the chain is given at its commit.
func (s *Store) Audit(a wissel.AuditRow, told func(error)) {
	a.Row = s.Stamp(a.Row)
	a = audit.Clean(a)
	e := &entry{query: insertAudit, link: &a}
	e.done = func(err error) {
		told(err)
		if err != nil {
			s.later(&entry{query: e.query, link: e.link, late: told})
		}
	}
	s.promise(e)
}

// linked gives the columns of a row as the next behind end, and the end after it.
func linked(end audit.End, row *wissel.AuditRow) (args []any, next audit.End) {
	a, next := end.Link(*row)
	return []any{
		a.ID, a.Node, a.Generation, stamp(a.At), a.Who, a.From, a.What, a.Object, a.Why, a.Before, a.After, a.Seq, a.Prev, a.Hash,
	}, next
}

func scanAudit(r *sql.Rows) (a wissel.AuditRow, err error) {
	var at string
	err = r.Scan(&a.ID, &a.Node, &a.Generation, &at, &a.Who, &a.From, &a.What, &a.Object, &a.Why, &a.Before, &a.After, &a.Seq, &a.Prev, &a.Hash)
	a.At = parseStamp(at)
	return a, err
}

// AuditRows are the newest limit rows since, oldest first (0: all).
func (s *Store) AuditRows(ctx context.Context, since time.Time, limit int) ([]wissel.AuditRow, error) {
	if limit <= 0 {
		limit = -1
	}
	return query(ctx, s, `SELECT * FROM (SELECT `+auditColumns+` FROM audit WHERE at >= ? ORDER BY id DESC LIMIT ?) ORDER BY id`,
		scanAudit, stamp(since), limit)
}

// resumeChain finds where this node's chain ends, chains the rows that are older than chains, and holds what is there
// against the seal. When they differ, a row says so, and Tampered too: it is for people to look into.
func (s *Store) resumeChain(ctx context.Context) error {
	c := &s.chain
	c.open(s.set.Dir, s.node, s.log)
	old, err := s.chainOld(ctx)
	if err != nil {
		return err
	}
	if c.end, err = chainEnd(ctx, s.write, s.node); err != nil {
		return err
	}
	if old > 0 {
		text := fmt.Sprintf("%d rows are older than the chain: they were chained as they were found", old)
		if err := s.insert(ctx, s.ownRow(audit.Began, text, "", "")); err != nil {
			return err
		}
	}
	sealed, what := c.compare(ctx, s.write)
	if what == "" {
		if h := s.Head(); h.Node == "" || h.End != c.end { // an empty chain is sealed too, so that a missing seal was taken away
			s.seal()
		}
		return nil
	}
	s.log.Error("the audit rows are not those that were sealed", "found", what)
	c.note("the audit rows are not those that were sealed: " + what + "; look with `wissel audit verify`, and keep the folder as it is")
	if c.end.Rows == 0 {
		c.end = sealed // an empty table goes on where the one before it ended
	}
	return s.insert(ctx, s.ownRow(audit.Broken, "found at a start: "+what, sealed.String(), c.end.String()))
}

// ownRow is a row that the chain itself writes.
func (s *Store) ownRow(what, why, before, after string) []*entry {
	row := audit.Clean(wissel.AuditRow{
		Row: s.Stamp(wissel.Row{}), At: time.Now(), Who: "wissel", From: "store", What: what, Object: "audit", Why: why, Before: before, After: after,
	})
	return []*entry{{query: insertAudit, link: &row}}
}

// chainEnd reads where the chain of a node ends.
func chainEnd(ctx context.Context, db *sql.DB, node string) (e audit.End, err error) {
	rows, err := db.QueryContext(ctx, `SELECT seq, hash FROM audit WHERE node = ? AND seq > 0 ORDER BY seq DESC LIMIT 1`, node)
	if err != nil {
		return e, fmt.Errorf("read the end of the audit chain: %w", err)
	}
	defer rows.Close() //nolint:errcheck // it was only read, and Err tells
	if rows.Next() {
		if err := rows.Scan(&e.Rows, &e.Hash); err != nil {
			return e, fmt.Errorf("read the end of the audit chain: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return e, fmt.Errorf("read the end of the audit chain: %w", err)
	}
	return e, nil
}

// chainOld gives the rows of before migration 4 their places, in the order of their ids, and says how many there were.
func (s *Store) chainOld(ctx context.Context) (n int, err error) {
	end, err := chainEnd(ctx, s.write, s.node)
	if err != nil || end.Rows > 0 {
		return 0, err // rows without a place beside a chain are no old ones, and are left for audit verify to find
	}
	old, err := query(ctx, s, `SELECT `+auditColumns+` FROM audit WHERE node = ? AND seq = 0 ORDER BY id`, scanAudit, s.node)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return 0, describe(err)
	}
	for _, row := range old {
		row, end = end.Link(row)
		if _, err = tx.ExecContext(ctx, `UPDATE audit SET seq = ?, prev = ?, hash = ? WHERE id = ?`, row.Seq, row.Prev, row.Hash, row.ID); err != nil {
			return 0, fmt.Errorf("chain the audit rows of before: %w; %w", err, tx.Rollback())
		}
	}
	if err := tx.Commit(); err != nil {
		return 0, describe(err)
	}
	return len(old), nil
}
