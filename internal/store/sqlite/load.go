package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"wissel"
)

// counted is how many calls or wishes began in one slice of ten minutes.
type counted struct {
	slice string // the stamp up to its tens of minutes
	n     int
}

// CallsOver counts the calls to a group that began in a time, test calls left out, in slices of ten minutes: a year of them
// fits in memory, whatever the calls. The key is the beginning of the slice.
func (s *Store) CallsOver(ctx context.Context, group wissel.GroupID, since, until time.Time) (map[time.Time]int, error) {
	return s.over(ctx, `SELECT substr(began, 1, 15), count(*) FROM cdrs
		WHERE began >= ? AND began < ? AND "group" = ? AND trunk <> '' AND NOT instr(body, CAST('"Test":true' AS BLOB)) GROUP BY 1`,
		stamp(since), stamp(until), group)
}

// WishesOver counts the wishes of callers of a group likewise.
func (s *Store) WishesOver(ctx context.Context, group wissel.GroupID, since, until time.Time) (map[time.Time]int, error) {
	return s.over(ctx, `SELECT substr(at, 1, 15), count(*) FROM wishes WHERE at >= ? AND at < ? AND "group" = ? GROUP BY 1`, stamp(since), stamp(until), group)
}

func (s *Store) over(ctx context.Context, text string, args ...any) (map[time.Time]int, error) {
	all, err := query(ctx, s, text, func(r *sql.Rows) (c counted, err error) { return c, r.Scan(&c.slice, &c.n) }, args...)
	if err != nil {
		return nil, err
	}
	out := make(map[time.Time]int, len(all))
	for _, c := range all {
		at, err := time.Parse("2006-01-02T15:04", c.slice+"0")
		if err != nil {
			return nil, fmt.Errorf("read the store: a row began at %q, which is no time", c.slice)
		}
		out[at] += c.n
	}
	return out, nil
}
