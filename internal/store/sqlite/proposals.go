package sqlite

import (
	"context"
	"database/sql"
	"time"

	"wissel"
)

// Proposal keeps the state of a proposal, and returns once it is on disk. id is its row's, body the caller's own.
func (s *Store) Proposal(ctx context.Context, id string, at time.Time, body []byte) error {
	r := s.Stamp(wissel.Row{ID: id})
	return s.wait(ctx, &entry{
		query: `INSERT INTO proposals (id, node, generation, at, version, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
			ON CONFLICT (id) DO UPDATE SET generation = ?3, version = ?5, body = ?6 WHERE ?3 > generation`,
		args: []any{r.ID, r.Node, r.Generation, stamp(at), bodyVersion, body},
	})
}

// Proposals are the bodies of those made since, oldest first.
func (s *Store) Proposals(ctx context.Context, since time.Time) ([][]byte, error) {
	return query(ctx, s, `SELECT body FROM proposals WHERE at >= ? ORDER BY at, id`, scanBytes, stamp(since))
}

func scanBytes(r *sql.Rows) (body []byte, err error) { return body, r.Scan(&body) }
