package sqlite

import (
	"context"
	"database/sql"
	"time"

	"wissel"
)

// theDoor is the id of the one row of the crisis line's door.
const theDoor = "door"

// KeepDoor keeps what the crisis line's door must not forget, and returns once it is on disk. Of two the one with the later
// generation stays. An error says that it is not known to be on disk; it is written as soon as it can be.
func (s *Store) KeepDoor(ctx context.Context, generation uint64, at time.Time, body []byte) error {
	r := s.Stamp(wissel.Row{ID: theDoor, Generation: generation})
	return s.wait(ctx, &entry{
		query: `INSERT INTO crisis (id, node, generation, at, version, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
			ON CONFLICT (id) DO UPDATE SET node = ?2, generation = ?3, at = ?4, version = ?5, body = ?6 WHERE ?3 > generation`,
		args: []any{r.ID, r.Node, r.Generation, stamp(at), bodyVersion, body},
	})
}

// Door is what KeepDoor last kept; nil when there is none.
func (s *Store) Door(ctx context.Context) ([]byte, error) {
	all, err := query(ctx, s, `SELECT body FROM crisis WHERE id = ?`, scanBytes, theDoor)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

// WishCounts counts the wishes noted since, by group.
func (s *Store) WishCounts(ctx context.Context, since time.Time) (map[wissel.GroupID]int, error) {
	type counted struct {
		group wissel.GroupID
		n     int
	}
	all, err := query(ctx, s, `SELECT "group", count(*) FROM wishes WHERE at >= ? GROUP BY 1`, func(r *sql.Rows) (c counted, err error) {
		return c, r.Scan(&c.group, &c.n)
	}, stamp(since))
	counts := make(map[wissel.GroupID]int, len(all))
	for _, c := range all {
		counts[c.group] = c.n
	}
	return counts, err
}
