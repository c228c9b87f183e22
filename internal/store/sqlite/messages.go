package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"wissel"
)

// MessageLive keeps a message that is to go live, and returns once it is on disk. With an error it is not there, and never
// will be: nobody is to hear after the next start what he who recorded it was told nobody hears.
func (s *Store) MessageLive(ctx context.Context, m wissel.Message) error {
	e, err := messageRow(m)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	e.done = func(err error) { done <- err }
	withdraw := s.promise(e)
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

// MessageChanged keeps what became of a message: its end was moved, or it ended. It returns once that is on disk; with an error
// it is written as soon as it can be.
func (s *Store) MessageChanged(ctx context.Context, m wissel.Message) error {
	e, err := messageRow(m)
	if err != nil {
		return err
	}
	return s.wait(ctx, e)
}

// messageRow writes a message as it is. A state of before, which may come late, never takes the place of a later one.
func messageRow(m wissel.Message) (*entry, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode message %s: %w", m.ID, err)
	}
	return &entry{
		query: `INSERT INTO messages (id, node, generation, "group", live, changes, version, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
			ON CONFLICT (id) DO UPDATE SET changes = ?6, version = ?7, body = ?8 WHERE ?6 > changes`,
		args: []any{m.ID, m.Node, m.Generation, m.Group, stamp(m.Live), m.Changes, bodyVersion, body},
	}, nil
}

// NewestMessages are the message of each group that counts, also where it has ended.
func (s *Store) NewestMessages(ctx context.Context) ([]wissel.Message, error) {
	return query(ctx, s, `SELECT body FROM messages AS m WHERE generation = (SELECT max(generation) FROM messages WHERE "group" = m."group")`, scanMessage)
}

// Messages are the newest of a group (empty: of all), the newest first, at most limit.
func (s *Store) Messages(ctx context.Context, group wissel.GroupID, limit int) ([]wissel.Message, error) {
	return query(ctx, s, `SELECT body FROM messages WHERE ?1 = '' OR "group" = ?1 ORDER BY generation DESC LIMIT ?2`, scanMessage, group, limit)
}

// Message is the one with this id, and whether there is one.
func (s *Store) Message(ctx context.Context, id string) (m wissel.Message, found bool, err error) {
	all, err := query(ctx, s, `SELECT body FROM messages WHERE id = ?`, scanMessage, id)
	if err != nil || len(all) == 0 {
		return m, false, err
	}
	return all[0], true, nil
}

func scanMessage(r *sql.Rows) (m wissel.Message, err error) {
	var body []byte
	if err := r.Scan(&body); err != nil {
		return m, err
	}
	return m, json.Unmarshal(body, &m)
}
