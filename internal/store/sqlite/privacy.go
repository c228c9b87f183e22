package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"wissel"
	"wissel/internal/callbacks"
	"wissel/internal/privacy"
)

// stepRows is how many rows one step deletes or changes: promises wait for it, a few milliseconds.
const stepRows = 200

// mostFound is how many rows of one table are given of one number.
const mostFound = 10_000

// Overdue deletes or blanks what is over by the settings, but for sounds, in steps, until ctx ends; it says how many rows of each
// kind. What it began stays done after an error. A wish whose sound is still there waits for that (OverdueVoices).
func (s *Store) Overdue(ctx context.Context, set privacy.Settings, now time.Time) (map[privacy.Kind]int, error) {
	done := map[privacy.Kind]int{}
	n, err := s.overdueWishes(ctx, set.Cut(privacy.Callbacks, now))
	if done[privacy.Callbacks] = n; err != nil {
		return done, err
	}
	for _, c := range covers {
		for _, o := range c.over {
			cut := set.Cut(o.kind, now)
			for !cut.IsZero() {
				n, err := s.overdue(ctx, c, o, cut)
				if done[o.kind] += n; err != nil {
					return done, err
				}
				if n < stepRows {
					break
				}
			}
		}
	}
	n, err = s.cutAudit(ctx, set.Cut(privacy.Audit, now), privacy.Days(set.Keep[privacy.Audit]))
	done[privacy.Audit] += n
	return done, err
}

// overdue is one step of one table: the rows are looked for beside the writer, and only deleted or changed by it.
func (s *Store) overdue(ctx context.Context, c cover, o over, cut time.Time) (n int, err error) {
	keys, err := s.keys(ctx, c, o.due, stamp(cut))
	if err != nil || len(keys) == 0 {
		return 0, err
	}
	text := `DELETE FROM ` + quoted(c.table)
	if o.set != "" {
		text = `UPDATE ` + quoted(c.table) + ` SET ` + o.set
	}
	return s.change(ctx, text+` WHERE `+quoted(c.key)+` IN (SELECT value FROM json_each(?1))`, keys)
}

// keys are those of the first rows for which a condition holds.
func (s *Store) keys(ctx context.Context, c cover, condition string, args ...any) ([]string, error) {
	return query(ctx, s, `SELECT `+quoted(c.key)+` FROM `+quoted(c.table)+` WHERE `+condition+fmt.Sprintf(` LIMIT %d`, stepRows), scanText, args...)
}

func scanText(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) }

// change carries out one statement on the rows of keys, and says on how many.
func (s *Store) change(ctx context.Context, text string, keys []string, args ...any) (n int, err error) {
	list, err := json.Marshal(keys)
	if err != nil {
		return 0, fmt.Errorf("encode the keys of rows: %w", err)
	}
	err = s.step(ctx, job{tx: func(ctx context.Context, tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, text, append([]any{string(list)}, args...)...)
		if err != nil {
			return err
		}
		rows, err := done.RowsAffected()
		n = int(rows)
		return err
	}})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// endedMarks is the SQL of the newest mark of each callback, where that is of before ?1.
const endedMarks = `SELECT callback, state, wishes FROM callbacks AS m WHERE at < ?1 AND NOT EXISTS (SELECT 1 FROM callbacks AS n WHERE n.callback = m.callback AND n.at > m.at) ORDER BY at LIMIT ?2`

// endedMark is a mark of a callback that is over.
type endedMark struct {
	callback string
	over     bool
	wishes   []string
}

// ended are the marks of callbacks that were closed before cut, the oldest first.
func (s *Store) ended(ctx context.Context, cut time.Time) (all []endedMark, err error) {
	marks, err := query(ctx, s, endedMarks, func(r *sql.Rows) (m endedMark, err error) {
		var state, wishes string
		err = r.Scan(&m.callback, &state, &wishes)
		m.over, m.wishes = !callbacks.State(state).Open(), strings.Fields(wishes)
		return m, err
	}, stamp(cut), mostRead)
	for _, m := range marks {
		if m.over {
			all = append(all, m)
		}
	}
	return all, err
}

// overdueWishes deletes the wishes of callbacks that were closed before cut, with their marks, and wishes for texts alone of before
// cut. Those with a sound that was not removed wait.
func (s *Store) overdueWishes(ctx context.Context, cut time.Time) (n int, err error) {
	if cut.IsZero() {
		return 0, nil
	}
	marks, err := s.ended(ctx, cut)
	if err != nil {
		return 0, err
	}
	for some := range slices.Chunk(marks, stepRows) {
		gone, err := s.deleteEnded(ctx, some)
		if n += gone; err != nil {
			return n, err
		}
	}
	texts := over{due: `kind = '` + string(wissel.WishText) + `' AND at < ?1 AND (recording = '' OR removed <> '')`}
	for {
		gone, err := s.overdue(ctx, covers[0], texts, cut)
		if n += gone; err != nil || gone < stepRows {
			return n, err
		}
	}
}

func (s *Store) deleteEnded(ctx context.Context, marks []endedMark) (n int, err error) {
	var wishes []string
	for _, m := range marks {
		wishes = append(wishes, m.wishes...)
	}
	gone, err := s.change(ctx, `DELETE FROM wishes WHERE id IN (SELECT value FROM json_each(?1)) AND (recording = '' OR removed <> '')`, wishes)
	if err != nil {
		return gone, err
	}
	left, err := s.still(ctx, wishes)
	if err != nil {
		return gone, err
	}
	var ended []string
	for _, m := range marks { // a mark goes with the last of its wishes: until then it tells when that one ended
		if !slices.ContainsFunc(m.wishes, func(id string) bool { return left[id] }) {
			ended = append(ended, m.callback)
		}
	}
	marked, err := s.change(ctx, `DELETE FROM callbacks WHERE callback IN (SELECT value FROM json_each(?1))`, ended)
	return gone + marked, err
}

// still tells which of these wishes are there.
func (s *Store) still(ctx context.Context, ids []string) (map[string]bool, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("encode the keys of rows: %w", err)
	}
	all, err := query(ctx, s, `SELECT id FROM wishes WHERE id IN (SELECT value FROM json_each(?))`, scanText, string(list))
	there := make(map[string]bool, len(all))
	for _, id := range all {
		there[id] = true
	}
	return there, err
}

// OverdueVoices are the wishes whose sound is over: their callbacks were closed before cut, or they were for texts alone and noted
// before it. At most limit.
func (s *Store) OverdueVoices(ctx context.Context, cut time.Time, limit int) ([]wissel.Wish, error) {
	if cut.IsZero() {
		return nil, nil
	}
	marks, err := s.ended(ctx, cut)
	if err != nil {
		return nil, err
	}
	over := map[string]bool{}
	for _, m := range marks {
		for _, id := range m.wishes {
			over[id] = true
		}
	}
	sounds, err := query(ctx, s, `SELECT `+wishColumns+` FROM wishes WHERE recording <> '' AND removed = '' ORDER BY id`, scanWish)
	var due []wissel.Wish
	for _, w := range sounds {
		if len(due) < limit && (over[w.ID] || w.Kind == wissel.WishText && w.At.Before(cut)) {
			due = append(due, w)
		}
	}
	return due, err
}

// Found gives all rows in which a number stands, by table.
func (s *Store) Found(ctx context.Context, n wissel.Number) (all []privacy.Found, err error) {
	for _, c := range covers {
		if c.holds() == "" {
			continue
		}
		rows, err := s.whole(ctx, `SELECT * FROM `+quoted(c.table)+` WHERE `+c.holds()+fmt.Sprintf(` LIMIT %d`, mostFound), n)
		if err != nil {
			return nil, err
		}
		if len(rows) > 0 {
			all = append(all, privacy.Found{Table: c.table, Rows: rows})
		}
	}
	return all, nil
}

// whole reads rows with all their columns, by name. JSON stays JSON.
func (s *Store) whole(ctx context.Context, text string, args ...any) ([]map[string]any, error) {
	return query(ctx, s, text, func(r *sql.Rows) (map[string]any, error) {
		names, err := r.Columns()
		if err != nil {
			return nil, err
		}
		values := make([]any, len(names))
		for i := range values {
			values[i] = new(any)
		}
		if err := r.Scan(values...); err != nil {
			return nil, err
		}
		row := map[string]any{}
		for i, name := range names {
			v := *values[i].(*any)
			if b, ok := v.([]byte); ok {
				switch {
				case json.Valid(b):
					v = json.RawMessage(b)
				case utf8.Valid(b):
					v = string(b)
				}
			}
			row[name] = v
		}
		return row, nil
	}, args...)
}

// Forget takes a number out of every table, and says of how many rows in each. A call record stays without the number; what he
// asked for goes. Tables whose owner has them in memory are his to mend. After an error some of it may be done: say it again.
func (s *Store) Forget(ctx context.Context, n wissel.Number) (map[string]int, error) {
	done := map[string]int{}
	if n == "" {
		return done, errors.New("no number was given")
	}
	for _, c := range covers {
		if c.holds() == "" || c.owner {
			continue
		}
		for {
			keys, err := s.keys(ctx, c, c.holds(), n)
			if err != nil {
				return done, err
			}
			if len(keys) == 0 {
				break
			}
			changed := 0
			if c.forget == "" {
				changed, err = s.change(ctx, `DELETE FROM `+quoted(c.table)+` WHERE `+quoted(c.key)+` IN (SELECT value FROM json_each(?1))`, keys)
			} else {
				changed, err = s.change(ctx, c.forget, keys, n)
			}
			if done[c.table] += changed; err != nil {
				return done, err
			}
			if changed == 0 {
				return done, fmt.Errorf("forget a number: %d rows of %s still hold it", len(keys), c.table)
			}
		}
	}
	return done, nil
}

// Shrink empties SQLite's log, so that what was deleted is in no file any more: deleted rows were overwritten in the database
// (secure_delete), and the log had them still. It reports false while readers hold the log; it waits for nobody.
func (s *Store) Shrink(ctx context.Context) (emptied bool, err error) {
	err = s.step(ctx, job{conn: func(ctx context.Context, db *sql.DB) error {
		if _, err := db.ExecContext(ctx, `PRAGMA busy_timeout(0)`); err != nil {
			return describe(err)
		}
		var busy, log, moved int
		err := db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &moved)
		emptied = err == nil && busy == 0
		_, again := db.ExecContext(ctx, fmt.Sprintf(`PRAGMA busy_timeout(%d)`, s.set.Patient.Milliseconds()))
		if err = errors.Join(err, again); err != nil {
			return describe(err)
		}
		return nil
	}})
	return emptied, err
}
