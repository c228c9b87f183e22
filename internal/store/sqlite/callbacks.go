package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"wissel"
	"wissel/internal/callbacks"
)

// mostRead is how many wishes and marks a start reads at the most, the newest.
const mostRead = 200_000

// CallbackWishes are the wishes to be called back, oldest first.
func (s *Store) CallbackWishes(ctx context.Context) ([]wissel.Wish, error) {
	return query(ctx, s, `SELECT * FROM (SELECT `+wishColumns+` FROM wishes WHERE kind <> ? ORDER BY id DESC LIMIT ?) ORDER BY id`,
		scanWish, wissel.WishText, mostRead)
}

// WishesOf are the wishes of these ids that are there, oldest first.
func (s *Store) WishesOf(ctx context.Context, ids []string) ([]wissel.Wish, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("encode the ids of wishes: %w", err)
	}
	return query(ctx, s, `SELECT `+wishColumns+` FROM wishes WHERE id IN (SELECT value FROM json_each(?)) ORDER BY at, id`, scanWish, string(list))
}

// Marks are what became of callbacks, oldest first.
func (s *Store) Marks(ctx context.Context) ([]callbacks.Mark, error) {
	return query(ctx, s, `SELECT * FROM (SELECT id, node, generation, callback, "group", state, at, who, why, wishes FROM callbacks ORDER BY at DESC LIMIT ?) ORDER BY at`,
		func(r *sql.Rows) (m callbacks.Mark, err error) {
			var at, wishes string
			err = r.Scan(&m.ID, &m.Node, &m.Generation, &m.Callback, &m.Group, &m.State, &at, &m.Who, &m.Why, &wishes)
			m.At, m.Wishes = parseStamp(at), strings.Fields(wishes)
			return m, err
		}, mostRead)
}

// Mark keeps what became of a callback, and returns once that is on disk.
func (s *Store) Mark(ctx context.Context, m callbacks.Mark) error {
	m.Row = s.Stamp(m.Row)
	return s.wait(ctx, &entry{
		query: `INSERT INTO callbacks (id, node, generation, callback, "group", state, at, who, why, wishes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		args:  []any{m.ID, m.Node, m.Generation, m.Callback, m.Group, m.State, stamp(m.At), m.Who, m.Why, strings.Join(m.Wishes, " ")},
	})
}

// Turns are what the leads said of when callbacks are made.
func (s *Store) Turns(ctx context.Context) ([]callbacks.Turn, error) {
	return query(ctx, s, `SELECT "group", node, generation, at, "set", who, why FROM turns`, func(r *sql.Rows) (t callbacks.Turn, err error) {
		var at, set string
		err = r.Scan(&t.Group, &t.Node, &t.Generation, &at, &set, &t.Who, &t.Why)
		t.At, t.Set = parseStamp(at), parseStamp(set)
		return t, err
	})
}

// Turn keeps what the lead said in place of what he said before, and returns once that is on disk.
func (s *Store) Turn(ctx context.Context, t callbacks.Turn) error {
	t.Row = s.Stamp(t.Row)
	at := ""
	if !t.At.IsZero() {
		at = stamp(t.At)
	}
	return s.wait(ctx, &entry{
		query: `INSERT INTO turns ("group", node, generation, at, "set", who, why) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT ("group") DO UPDATE SET node = excluded.node, generation = excluded.generation, at = excluded.at, "set" = excluded."set",
			who = excluded.who, why = excluded.why WHERE excluded.generation > generation`,
		args: []any{t.Group, t.Node, t.Generation, at, stamp(t.Set), t.Who, t.Why},
	})
}
