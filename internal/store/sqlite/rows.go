package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"wissel"
)

// bodyVersion is the version of the JSON in the body columns.
const bodyVersion = 1

// Wish keeps a wish. done is called once, on the writer's goroutine or before Wish returns, with nil only when the row is
// on disk (promise 2); it must not block.
// withdraw takes the wish back, and reports whether that came in time; done is then never called. While the disk hangs a wish is
// refused at once: who waits for it would be told the same seconds later.
func (s *Store) Wish(w wissel.Wish, done func(error)) (withdraw func() bool) {
	if err := s.stalled(); err != nil {
		done(fmt.Errorf("%w: %w", ErrUnavailable, err))
		return func() bool { return false }
	}
	w.Row = s.Stamp(w.Row)
	return s.promise(&entry{query: `INSERT INTO wishes (id, node, generation, at, kind, number, "group", call, rung, flow, language, choices,
		by_hand, recording, length_ms, apart, hidden, consent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		args: []any{w.ID, w.Node, w.Generation, stamp(w.At), w.Kind, w.Number, w.Group, w.Call, w.Rung, w.Flow, w.Language,
			strings.Join(w.Choices, " "), w.ByHand, w.Recording, w.Length.Milliseconds(), w.Apart, w.Hidden, w.Consent}, done: done})
}

// CDR keeps the record of a call. Nobody waits for it; it may be dropped (and is counted) when the store is stuck.
func (s *Store) CDR(c wissel.CDR) {
	c.Row = s.Stamp(c.Row)
	body := appendCDR(make([]byte, 0, 1024), &c)
	s.record(`INSERT INTO cdrs (id, node, generation, call, began, ended, "group", trunk, "from", "to", target, status, outcome, blame, version, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		[]any{c.ID, c.Node, c.Generation, c.Call, stamp(c.Began), stamp(c.Ended), c.Group, c.Trunk, c.From, c.To,
			c.Target.String(), c.Status, c.Outcome, c.Blame, bodyVersion, body})
}

// Change keeps an operator's change, and returns once it is on disk. c.Generation is the routing's, kept as given.
func (s *Store) Change(ctx context.Context, c wissel.Change) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode change %s: %w", c.ID, err)
	}
	return s.wait(ctx, &entry{
		query: `INSERT INTO changes (id, node, generation, "group", version, body) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		args:  []any{c.ID, c.Node, c.Generation, c.Group, bodyVersion, body},
	})
}

// wait writes one row and waits for its commit. An error says that it is not known to be on disk when wait returns: the row
// is then kept as a record, and written as soon as the file can be (its id sees to it that it is there once).
func (s *Store) wait(ctx context.Context, e *entry) error {
	done := make(chan error, 1)
	e.done = func(err error) { done <- err }
	withdraw := s.promise(e)
	var err error
	select {
	case err = <-done:
		if err == nil {
			return nil
		}
	case <-ctx.Done():
		if withdraw() {
			err = fmt.Errorf("the row waits to be written: %w", ctx.Err())
		} else {
			err = fmt.Errorf("whether the row was written is not known: %w", ctx.Err())
		}
	}
	s.later(&entry{query: e.query, args: e.args, link: e.link})
	return err
}

// Wishes are those asked for since, oldest first.
func (s *Store) Wishes(ctx context.Context, since time.Time) ([]wissel.Wish, error) {
	return query(ctx, s, `SELECT `+wishColumns+` FROM wishes WHERE at >= ? ORDER BY id`, scanWish, stamp(since))
}

// wishColumns are what scanWish reads.
const wishColumns = `id, node, generation, at, kind, number, "group", call, rung, flow, language, choices, by_hand, recording, length_ms, heard, removed, apart, hidden, consent`

func scanWish(r *sql.Rows) (w wissel.Wish, err error) {
	var at, choices, heard, removed string
	var length int64
	err = r.Scan(&w.ID, &w.Node, &w.Generation, &at, &w.Kind, &w.Number, &w.Group, &w.Call, &w.Rung, &w.Flow, &w.Language, &choices,
		&w.ByHand, &w.Recording, &length, &heard, &removed, &w.Apart, &w.Hidden, &w.Consent)
	w.Length = time.Duration(length) * time.Millisecond
	w.At, w.Choices, w.Heard, w.Removed = parseStamp(at), strings.Fields(choices), parseStamp(heard), parseStamp(removed)
	return w, err
}

// CDRs are the records of calls that began since, oldest first, at most limit (0: all).
func (s *Store) CDRs(ctx context.Context, since time.Time, limit int) ([]wissel.CDR, error) {
	if limit <= 0 {
		limit = -1
	}
	return query(ctx, s, `SELECT body FROM (SELECT id, body FROM cdrs WHERE began >= ? ORDER BY id DESC LIMIT ?) ORDER BY id`, func(r *sql.Rows) (c wissel.CDR, err error) {
		var body []byte
		if err := r.Scan(&body); err != nil {
			return c, err
		}
		return c, json.Unmarshal(body, &c)
	}, stamp(since), limit)
}

// Changes are all of the operators' changes that are kept, in the order in which they were applied.
func (s *Store) Changes(ctx context.Context) ([]wissel.Change, error) {
	return query(ctx, s, `SELECT body FROM changes ORDER BY generation`, func(r *sql.Rows) (c wissel.Change, err error) {
		var body []byte
		if err := r.Scan(&body); err != nil {
			return c, err
		}
		return c, json.Unmarshal(body, &c)
	})
}

// query runs a reading query and scans each row.
func query[T any](ctx context.Context, s *Store, text string, scan func(*sql.Rows) (T, error), args ...any) (all []T, err error) {
	db := s.read.Load()
	if db == nil {
		return nil, fmt.Errorf("read the store: %w", s.Status())
	}
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("read the store: %w", err)
	}
	defer func() {
		if e := rows.Close(); e != nil && err == nil {
			err = fmt.Errorf("read the store: %w", e)
		}
	}()
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read the store: %w", err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the store: %w", err)
	}
	return all, nil
}

// stampLayout keeps all nine digits, so that texts sort as times do.
const stampLayout = "2006-01-02T15:04:05.000000000Z"

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(stampLayout)
}

func parseStamp(s string) time.Time {
	t, err := time.Parse(stampLayout, s)
	if err != nil {
		return time.Time{}
	}
	return t
}
