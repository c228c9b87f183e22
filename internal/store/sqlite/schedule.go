package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"wissel/internal/callbacks"
)

const mostAttempts = 200_000 // that a start reads, the newest

// Progress keeps how far a callback is in place of what was kept, and returns once that is on disk.
func (s *Store) Progress(ctx context.Context, p callbacks.Saved) error {
	p.Row.ID = p.Callback
	p.Row = s.Stamp(p.Row)
	body, err := json.Marshal(p.Progress)
	if err != nil {
		return fmt.Errorf("encode how far callback %s is: %w", p.Callback, err)
	}
	return s.wait(ctx, &entry{
		query: `INSERT INTO progress (callback, node, generation, "group", state, at, version, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (callback) DO UPDATE SET node = excluded.node, generation = excluded.generation, state = excluded.state, at = excluded.at,
			version = excluded.version, body = excluded.body WHERE excluded.generation > generation`,
		args: []any{p.Callback, p.Node, p.Generation, p.Group, p.Progress.State, stamp(p.Progress.Since), bodyVersion, body},
	})
}

// Settled drops what is kept of how far a callback was: it is closed, and its mark says so. Nobody waits for it.
func (s *Store) Settled(callback string) {
	s.record(`DELETE FROM progress WHERE callback = ?`, []any{callback})
}

// Tried is how far the callbacks are that were tried and are open.
func (s *Store) Tried(ctx context.Context) ([]callbacks.Saved, error) {
	return query(ctx, s, `SELECT callback, node, generation, "group", body FROM progress`, func(r *sql.Rows) (p callbacks.Saved, err error) {
		var body []byte
		if err := r.Scan(&p.Callback, &p.Node, &p.Generation, &p.Group, &body); err != nil {
			return p, err
		}
		p.ID = p.Callback
		return p, json.Unmarshal(body, &p.Progress)
	})
}

// Attempt keeps an attempt that is over. Nobody waits for it.
func (s *Store) Attempt(a callbacks.Attempt) {
	a.Row = s.Stamp(a.Row)
	body, err := json.Marshal(a.Result)
	if err != nil {
		s.log.Error("an attempt at a callback cannot be kept", "callback", a.Callback, "error", err)
		return
	}
	s.record(`INSERT INTO attempts (id, node, generation, callback, "group", at, ended, rang, outcome, version, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO NOTHING`,
		[]any{a.ID, a.Node, a.Generation, a.Callback, a.Group, stamp(a.At), stamp(a.Ended), a.Result.Rung, a.Result.Outcome, bodyVersion, body})
}

// Attempts are those that began since, oldest first; of one callback, or (empty) of all.
func (s *Store) Attempts(ctx context.Context, callback string, since time.Time) ([]callbacks.Attempt, error) {
	return query(ctx, s, `SELECT * FROM (SELECT id, node, generation, callback, "group", at, ended, body FROM attempts WHERE (?1 = '' OR callback = ?1) AND at >= ?2 ORDER BY at DESC LIMIT ?3) ORDER BY at`,
		func(r *sql.Rows) (a callbacks.Attempt, err error) {
			var at, ended string
			var body []byte
			if err := r.Scan(&a.ID, &a.Node, &a.Generation, &a.Callback, &a.Group, &at, &ended, &body); err != nil {
				return a, err
			}
			a.At, a.Ended = parseStamp(at), parseStamp(ended)
			return a, json.Unmarshal(body, &a.Result)
		}, callback, stamp(since), mostAttempts)
}

// Release keeps how a group's callbacks are let go in place of what was kept, and returns once that is on disk.
func (s *Store) Release(ctx context.Context, r callbacks.Release) error {
	r.Row.ID, r.Row.Generation = string(r.Group), 0
	r.Row = s.Stamp(r.Row)
	body, err := json.Marshal(r.Restored())
	if err != nil {
		return fmt.Errorf("encode the release of %s: %w", r.Group, err)
	}
	return s.wait(ctx, &entry{
		query: `INSERT INTO releases ("group", node, generation, version, body) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT ("group") DO UPDATE SET node = excluded.node, generation = excluded.generation, version = excluded.version, body = excluded.body
			WHERE excluded.generation > generation`,
		args: []any{r.Group, r.Node, r.Generation, bodyVersion, body},
	})
}

// Releases are how each group's callbacks are let go.
func (s *Store) Releases(ctx context.Context) ([]callbacks.Release, error) {
	return query(ctx, s, `SELECT body FROM releases`, func(r *sql.Rows) (one callbacks.Release, err error) {
		var body []byte
		if err := r.Scan(&body); err != nil {
			return one, err
		}
		return one, json.Unmarshal(body, &one)
	})
}

// LogOn keeps whether one of the people is logged on, and returns once that is on disk.
func (s *Store) LogOn(ctx context.Context, l callbacks.LogOn) error {
	l.Row = s.Stamp(l.Row)
	return s.wait(ctx, &entry{
		query: `INSERT INTO people (name, node, generation, logged_on, at, until, who, why) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET node = excluded.node, generation = excluded.generation, logged_on = excluded.logged_on, at = excluded.at,
			until = excluded.until, who = excluded.who, why = excluded.why WHERE excluded.generation > generation`,
		args: []any{l.List + "/" + l.Name, l.Node, l.Generation, l.On, stamp(l.At), stamp(l.Until), l.Who, l.Why},
	})
}

// LogOns are who of the people was logged on or off last.
func (s *Store) LogOns(ctx context.Context) ([]callbacks.LogOn, error) {
	return query(ctx, s, `SELECT name, node, generation, logged_on, at, until, who, why FROM people`, func(r *sql.Rows) (l callbacks.LogOn, err error) {
		var name, at, until string
		err = r.Scan(&name, &l.Node, &l.Generation, &l.On, &at, &until, &l.Who, &l.Why)
		l.List, l.Name = callbacks.SplitPerson(name)
		l.At, l.Until = parseStamp(at), parseStamp(until)
		return l, err
	})
}
