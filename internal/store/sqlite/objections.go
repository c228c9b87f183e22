package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"

	"wissel"
	"wissel/internal/privacy"
)

// MarkKeyThere gives the key of this store's marks; nil: none was made yet.
func (s *Store) MarkKeyThere(ctx context.Context) (privacy.Key, error) {
	all, err := query(ctx, s, `SELECT key FROM marks`, scanBytes)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

// MarkKey gives the key of this store's marks, and makes it when there is none.
func (s *Store) MarkKey(ctx context.Context) (privacy.Key, error) {
	if key, err := s.MarkKeyThere(ctx); key != nil || err != nil {
		return key, err
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make the key of marks: %w", err)
	}
	if err := s.step(ctx, job{tx: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO marks (one, key) VALUES (1, ?) ON CONFLICT (one) DO NOTHING`, key)
		return err
	}}); err != nil {
		return nil, err
	}
	made, err := s.MarkKeyThere(ctx)
	if err == nil && made == nil {
		err = errors.New("the key of marks is not in the store")
	}
	return made, err
}

// Object keeps that the number of a mark is never to be rung or sent a text, and returns once that is on disk.
func (s *Store) Object(ctx context.Context, o privacy.Objection) error {
	r := s.Stamp(wissel.Row{})
	return s.wait(ctx, &entry{
		query: `INSERT INTO objections (mark, node, generation, at, who, why) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (mark) DO NOTHING`,
		args:  []any{o.Mark, r.Node, r.Generation, stamp(o.At), o.Who, o.Why},
	})
}

// Lift deletes an objection, and returns once that is on disk.
func (s *Store) Lift(ctx context.Context, mark string) error {
	return s.wait(ctx, &entry{query: `DELETE FROM objections WHERE mark = ?`, args: []any{mark}})
}

// Objections are all there are.
func (s *Store) Objections(ctx context.Context) ([]privacy.Objection, error) {
	return query(ctx, s, `SELECT mark, at, who, why FROM objections`, func(r *sql.Rows) (o privacy.Objection, err error) {
		var at string
		err = r.Scan(&o.Mark, &at, &o.Who, &o.Why)
		o.At = parseStamp(at)
		return o, err
	})
}
