package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"wissel"
	"wissel/internal/sms"
)

// Letters writes texts that are owed, and returns once each is on disk or is known not to be: the errors are in their order. One
// whose key is there already is on disk, and stays as it was.
func (s *Store) Letters(ctx context.Context, all []sms.Letter) []error {
	errs := make([]error, len(all))
	for from := 0; from < len(all); from += maxBatch {
		some := all[from:min(from+maxBatch, len(all))]
		done, withdraw := make([]chan error, len(some)), make([]func() bool, len(some))
		for i, l := range some {
			done[i] = make(chan error, 1)
			if e, err := letterRow(l); err != nil {
				done[i] <- err
			} else {
				e.done = func(err error) { done[i] <- err }
				withdraw[i] = s.promise(e)
			}
		}
		for i := range some {
			errs[from+i] = settled(ctx, done[i], withdraw[i])
		}
	}
	return errs
}

// settled waits for the commit of a row that is to be there, or never.
func settled(ctx context.Context, done chan error, withdraw func() bool) error {
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		if withdraw() {
			return fmt.Errorf("the store is too slow: %w", ctx.Err())
		}
		return <-done // the writer has it, and tells
	}
}

func letterRow(l sms.Letter) (*entry, error) {
	body, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("encode text %s: %w", l.ID, err)
	}
	return &entry{
		query: `INSERT INTO texts (id, node, generation, key, purpose, "group", recipient, cause, at, stage, since, why, changes, version, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0, ?, ?) ON CONFLICT DO NOTHING`,
		args: []any{l.ID, l.Node, l.Generation, l.Key, l.Purpose, l.Group, l.To, l.Cause, stamp(l.At), sms.Waiting, stamp(l.At), bodyVersion, body},
	}, nil
}

// TextAttempt writes the nth attempt of a text before it is made. With an error it is not there, and never will be.
func (s *Store) TextAttempt(ctx context.Context, id string, n int, a sms.Attempt) error {
	e, err := textAttemptRow(id, n, a)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	e.done = func(err error) { done <- err }
	return settled(ctx, done, s.promise(e))
}

// TextTold writes what became of an attempt, and returns once that is on disk; with an error it is written as soon as it can be.
func (s *Store) TextTold(ctx context.Context, id string, n int, a sms.Attempt) error {
	e, err := textAttemptRow(id, n, a)
	if err != nil {
		return err
	}
	return s.wait(ctx, e)
}

// TextAttemptChanged is TextTold for nobody to wait for: what is lost leaves the attempt unknown.
func (s *Store) TextAttemptChanged(id string, n int, a sms.Attempt) {
	if e, err := textAttemptRow(id, n, a); err == nil {
		s.later(e)
	}
}

// textAttemptRow writes an attempt as it is. A state of before, which may come late, never takes the place of a later one.
func textAttemptRow(id string, n int, a sms.Attempt) (*entry, error) {
	body, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encode attempt %d of text %s: %w", n, id, err)
	}
	return &entry{
		query: `INSERT INTO text_attempts (text, n, at, changes, version, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
			ON CONFLICT (text, n) DO UPDATE SET changes = ?4, version = ?5, body = ?6 WHERE ?4 > changes`,
		args: []any{id, n, stamp(a.At), a.Changes, bodyVersion, body},
	}, nil
}

// TextChanged writes where a text is. Nobody waits for it: what is lost is found again by its attempts.
func (s *Store) TextChanged(e sms.Entry) {
	s.record(`UPDATE texts SET stage = ?2, since = ?3, why = ?4, changes = ?5 WHERE id = ?1 AND changes < ?5`,
		[]any{e.ID, e.Stage, stamp(e.Since), e.Why, e.Changes})
}

// TextFilter chooses texts; what is zero chooses all.
type TextFilter struct {
	ID, Key string
	Group   wissel.GroupID
	Purpose sms.Purpose
	Stage   sms.Stage
	To      wissel.Number
	Cause   string
	Since   time.Time
	Limit   int // the newest so many; 0: all
}

// Texts are those that a filter chooses, oldest first, without what was tried.
func (s *Store) Texts(ctx context.Context, f TextFilter) ([]sms.Entry, error) {
	limit := f.Limit
	if limit <= 0 {
		limit = -1
	}
	return query(ctx, s, `SELECT * FROM (SELECT id, stage, since, why, changes, body FROM texts WHERE (?1 = '' OR id = ?1) AND (?2 = '' OR key = ?2)
		AND (?3 = '' OR "group" = ?3) AND (?4 = '' OR purpose = ?4) AND (?5 = '' OR stage = ?5) AND (?6 = '' OR recipient = ?6) AND (?7 = '' OR cause = ?7)
		AND at >= ?8 ORDER BY at DESC, id DESC LIMIT ?9) ORDER BY id`, scanLetter,
		f.ID, f.Key, f.Group, f.Purpose, f.Stage, f.To, f.Cause, stamp(f.Since), limit)
}

func scanLetter(r *sql.Rows) (e sms.Entry, err error) {
	var id, since string
	var body []byte
	if err := r.Scan(&id, &e.Stage, &since, &e.Why, &e.Changes, &body); err != nil {
		return e, err
	}
	e.Since = parseStamp(since)
	return e, json.Unmarshal(body, &e.Letter)
}

// TextTried is what was tried with a text, in order.
func (s *Store) TextTried(ctx context.Context, id string) ([]sms.Attempt, error) {
	return query(ctx, s, `SELECT body FROM text_attempts WHERE text = ? ORDER BY n`, func(r *sql.Rows) (a sms.Attempt, err error) {
		var body []byte
		if err := r.Scan(&body); err != nil {
			return a, err
		}
		return a, json.Unmarshal(body, &a)
	}, id)
}

// Outbox is what a start learns: every text that is not final, and the newest of the others, with what was tried with each.
func (s *Store) Outbox(ctx context.Context) ([]sms.Entry, error) {
	const chosen = `SELECT id FROM texts WHERE stage IN ('waiting', 'sent') UNION SELECT id FROM (SELECT id FROM texts ORDER BY at DESC LIMIT ?1)`
	all, err := query(ctx, s, `SELECT id, stage, since, why, changes, body FROM texts WHERE id IN (`+chosen+`) ORDER BY id`, scanLetter, mostRead)
	if err != nil {
		return nil, err
	}
	type tried struct {
		id string
		a  sms.Attempt
	}
	attempts, err := query(ctx, s, `SELECT text, body FROM text_attempts WHERE text IN (`+chosen+`) ORDER BY text, n`, func(r *sql.Rows) (t tried, err error) {
		var body []byte
		if err := r.Scan(&t.id, &body); err != nil {
			return t, err
		}
		return t, json.Unmarshal(body, &t.a)
	}, mostRead)
	if err != nil {
		return nil, err
	}
	of := map[string][]sms.Attempt{}
	for _, t := range attempts {
		of[t.id] = append(of[t.id], t.a)
	}
	for i := range all {
		all[i].Tried = of[all[i].ID]
	}
	return all, nil
}

// TextPause keeps that an operator holds the texts of a group (empty: of all), or (on false) no longer does.
func (s *Store) TextPause(ctx context.Context, g wissel.GroupID, on bool, who, why string, at time.Time) error {
	return s.wait(ctx, &entry{
		query: `INSERT INTO text_pauses ("group", at, who, why, ended) VALUES (?1, ?2, ?3, ?4, ?5)
			ON CONFLICT ("group") DO UPDATE SET at = ?2, who = ?3, why = ?4, ended = ?5 WHERE ?2 > at`,
		args: []any{g, stamp(at), who, strings.TrimSpace(why), !on},
	})
}

// TextPauses are the groups whose texts are held.
func (s *Store) TextPauses(ctx context.Context) ([]wissel.GroupID, error) {
	return query(ctx, s, `SELECT "group" FROM text_pauses WHERE ended = 0`, func(r *sql.Rows) (g wissel.GroupID, err error) { return g, r.Scan(&g) })
}

// TextCame keeps that a text to a number of ours reached us.
func (s *Store) TextCame(number, provider string, at time.Time) {
	s.record(`INSERT INTO text_routes (number, at, provider) VALUES (?1, ?2, ?3) ON CONFLICT (number) DO UPDATE SET at = ?2, provider = ?3 WHERE ?2 > at`,
		[]any{number, stamp(at), provider})
}

// TextRoute is when a text to a number of ours last reached us.
type TextRoute struct {
	Number, Provider string
	At               time.Time
}

// TextRoutes are all numbers that texts reached us at.
func (s *Store) TextRoutes(ctx context.Context) ([]TextRoute, error) {
	return query(ctx, s, `SELECT number, provider, at FROM text_routes ORDER BY number`, func(r *sql.Rows) (t TextRoute, err error) {
		var at string
		err = r.Scan(&t.Number, &t.Provider, &at)
		t.At = parseStamp(at)
		return t, err
	})
}
