package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"time"

	"wissel"
)

// Spoken are the newest wishes with a recording, also with one that was removed, newest first, at most limit.
func (s *Store) Spoken(ctx context.Context, limit int) ([]wissel.Wish, error) {
	return query(ctx, s, `SELECT `+wishColumns+` FROM wishes WHERE recording <> '' ORDER BY id DESC LIMIT ?`, scanWish, limit)
}

// SpokenOf is the wish with this id that has a recording, and whether there is one.
func (s *Store) SpokenOf(ctx context.Context, id string) (w wissel.Wish, found bool, err error) {
	all, err := query(ctx, s, `SELECT `+wishColumns+` FROM wishes WHERE recording <> '' AND id = ?`, scanWish, id)
	if err != nil || len(all) == 0 {
		return w, false, err
	}
	return all[0], true, nil
}

// Recordings are the names of the sounds that belong to wishes and were not removed.
func (s *Store) Recordings(ctx context.Context) (map[string]bool, error) {
	names, err := query(ctx, s, `SELECT recording FROM wishes WHERE recording <> '' AND removed = ''`, func(r *sql.Rows) (name string, err error) {
		return name, r.Scan(&name)
	})
	all := make(map[string]bool, len(names))
	for _, n := range names {
		all[n] = true
	}
	return all, err
}

// Heard notes when the recording of a wish was first taken out, and returns once that is on disk.
func (s *Store) Heard(ctx context.Context, id string, at time.Time) error {
	return s.wait(ctx, &entry{query: `UPDATE wishes SET heard = ? WHERE id = ? AND heard = ''`, args: []any{stamp(at), id}})
}

// Removed notes when the recording of a wish was removed, and returns once that is on disk.
func (s *Store) Removed(ctx context.Context, id string, at time.Time) error {
	return s.wait(ctx, &entry{query: `UPDATE wishes SET removed = ? WHERE id = ? AND removed = ''`, args: []any{stamp(at), id}})
}

// Damaged reports whether a database that was moved aside still lies beside this one: it may hold rows that this one has not.
func (s *Store) Damaged() (bool, error) {
	found, err := filepath.Glob(filepath.Join(s.set.Dir, FileName) + ".corrupt-*")
	if err != nil {
		return false, fmt.Errorf("look for a damaged database: %w", err)
	}
	return len(found) > 0, nil
}
