package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"wissel"
	"wissel/internal/sms"
)

// Inbound keeps a text that came to us, and returns once it is on disk. One whose key is there already is on disk, and stays as
// it was. With an error it is not there, and never will be.
func (s *Store) Inbound(ctx context.Context, a sms.Inbound) error {
	reaction, err := json.Marshal(a.Reaction)
	if err != nil {
		return fmt.Errorf("encode what is done about a text: %w", err)
	}
	a.Row = s.Stamp(a.Row)
	e := &entry{
		query: `INSERT INTO incoming (id, node, generation, key, provider, sender, "to", "group", at, word, language, callback, reaction, answered, done, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		args: []any{
			a.Row.ID, a.Node, a.Generation, a.Key, a.Provider, a.From, a.To, a.Group, stamp(a.At), a.Word, a.Language, a.Callback, string(reaction), a.Answered, a.Done, a.Body,
		},
	}
	done := make(chan error, 1)
	e.done = func(err error) { done <- err }
	return settled(ctx, done, s.promise(e))
}

// InboundDone keeps that all which follows from a text is on disk, and what came of its answer: a text's key, or why there is none.
func (s *Store) InboundDone(ctx context.Context, key, answered string) error {
	return s.wait(ctx, &entry{query: `UPDATE incoming SET done = 1, answered = ?2 WHERE key = ?1`, args: []any{key, answered}})
}

const inboundColumns = `id, node, generation, key, provider, sender, "to", "group", at, word, language, callback, reaction, answered, done, body`

// Incoming are the texts that came to us since a time, oldest first, and the newest so many of them at most.
func (s *Store) Incoming(ctx context.Context, since time.Time, limit int) ([]sms.Inbound, error) {
	return query(ctx, s, `SELECT * FROM (SELECT `+inboundColumns+` FROM incoming WHERE at >= ?1 ORDER BY at DESC, id DESC LIMIT ?2) ORDER BY at, id`, scanInbound, stamp(since), limit)
}

// IncomingOf are the texts of some numbers that came while one of some callbacks was open, or that asked for it, by the ids of callbacks and
// of their wishes: oldest first, and the newest so many of them at most.
func (s *Store) IncomingOf(ctx context.Context, numbers []wissel.Number, ids []string, limit int) ([]sms.Inbound, error) {
	who, err := json.Marshal(numbers)
	if err != nil {
		return nil, fmt.Errorf("encode whose texts: %w", err)
	}
	which, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("encode the ids of callbacks: %w", err)
	}
	return query(ctx, s, `SELECT * FROM (SELECT `+inboundColumns+` FROM incoming WHERE sender IN (SELECT value FROM json_each(?1))
		AND (callback IN (SELECT value FROM json_each(?2)) OR id IN (SELECT value FROM json_each(?2))) ORDER BY at DESC, id DESC LIMIT ?3) ORDER BY at, id`,
		scanInbound, string(who), string(which), limit)
}

func scanInbound(r *sql.Rows) (a sms.Inbound, err error) {
	var at, reaction string
	err = r.Scan(&a.Row.ID, &a.Node, &a.Generation, &a.Key, &a.Provider, &a.From, &a.To, &a.Group, &at, &a.Word, &a.Language, &a.Callback, &reaction, &a.Answered, &a.Done, &a.Body)
	if err != nil {
		return a, err
	}
	a.At = parseStamp(at)
	return a, json.Unmarshal([]byte(reaction), &a.Reaction)
}

// Stop keeps that somebody wants no more texts that he asked for before a time, and returns once that is on disk. id is of the
// text in which he said so: the same is kept once.
func (s *Store) Stop(ctx context.Context, id string, n wissel.Number, at time.Time) error {
	row := s.Stamp(wissel.Row{ID: id})
	return s.wait(ctx, &entry{
		query: `INSERT INTO stops (id, node, generation, number, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, args: []any{id, row.Node, row.Generation, n, stamp(at)},
	})
}

// Stops are who texted STOP, and when last.
func (s *Store) Stops(ctx context.Context) (map[wissel.Number]time.Time, error) {
	type stop struct {
		n  wissel.Number
		at time.Time
	}
	all, err := query(ctx, s, `SELECT number, max(at) FROM stops GROUP BY number`, func(r *sql.Rows) (one stop, err error) {
		var at string
		err = r.Scan(&one.n, &at)
		one.at = parseStamp(at)
		return one, err
	})
	if err != nil {
		return nil, err
	}
	out := make(map[wissel.Number]time.Time, len(all))
	for _, one := range all {
		out[one.n] = one.at
	}
	return out, nil
}
