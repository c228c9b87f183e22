package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"wissel"
)

// TestCalls are the records of test calls that we placed since, oldest first.
func (s *Store) TestCalls(ctx context.Context, since time.Time) ([]wissel.CDR, error) {
	all, err := query(ctx, s, `SELECT body FROM cdrs WHERE began >= ? AND trunk = '' AND "group" = '' ORDER BY id`, func(r *sql.Rows) (c wissel.CDR, err error) {
		var body []byte
		if err := r.Scan(&body); err != nil {
			return c, err
		}
		return c, json.Unmarshal(body, &c)
	}, stamp(since))
	tests := all[:0]
	for _, c := range all {
		if c.Test {
			tests = append(tests, c)
		}
	}
	return tests, err
}
