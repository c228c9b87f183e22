package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"

	"wissel"
)

// Ending keeps what calls have shown of the status that ends unanswered ones over a trunk. Nobody waits for it.
func (s *Store) Ending(id wissel.TrunkID, e wissel.Ending) {
	body, err := json.Marshal(e)
	if err != nil { // numbers and times always can
		s.log.Error("what a carrier takes could not be encoded", "trunk", id, "error", err)
		return
	}
	s.record(`INSERT INTO endings (trunk, at, version, body) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (trunk) DO UPDATE SET at = ?2, version = ?3, body = ?4 WHERE ?2 >= at`, []any{id, stamp(e.Newest()), bodyVersion, body})
}

// NoEnding forgets it.
func (s *Store) NoEnding(id wissel.TrunkID) {
	s.record(`DELETE FROM endings WHERE trunk = ?`, []any{id})
}

// Endings are what was last kept of each trunk.
func (s *Store) Endings(ctx context.Context) (map[wissel.TrunkID]wissel.Ending, error) {
	m := map[wissel.TrunkID]wissel.Ending{}
	_, err := query(ctx, s, `SELECT trunk, body FROM endings`, func(r *sql.Rows) (_ struct{}, err error) {
		var id wissel.TrunkID
		var body []byte
		if err = r.Scan(&id, &body); err == nil {
			var e wissel.Ending
			err = json.Unmarshal(body, &e)
			m[id] = e
		}
		return struct{}{}, err
	})
	return m, err
}
