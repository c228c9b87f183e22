package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"wissel"
)

// maxDecisions is the most that one question for decisions gives, whatever its limit.
const maxDecisions = 10_000

// Decision keeps the record of a decision, whose Row is stamped already. Nobody waits for it; it may be dropped (and is
// counted) when the store is stuck.
func (s *Store) Decision(d wissel.Decision) {
	body, err := json.Marshal(d)
	if err != nil { // texts and times always can
		s.log.Error("a decision could not be encoded", "decision", d.ID, "error", err)
		return
	}
	s.record(`INSERT INTO decisions (id, node, generation, at, kind, "group", object, version, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		[]any{d.ID, d.Node, d.Generation, stamp(d.At), d.Kind, d.Group, d.Object, bodyVersion, body})
}

// DecisionOf is the decision with an id, and whether there is one.
func (s *Store) DecisionOf(ctx context.Context, id string) (d wissel.Decision, found bool, err error) {
	all, err := query(ctx, s, `SELECT body FROM decisions WHERE id = ?`, scanBody[wissel.Decision], id)
	if err != nil || len(all) == 0 {
		return d, false, err
	}
	return all[0], true, nil
}

// Decisions are the newest limit decisions since, oldest first; those of a group, when one is given, and those that concern
// no group. No more than 10,000 are given, whatever the limit (0: so many).
func (s *Store) Decisions(ctx context.Context, since time.Time, group wissel.GroupID, limit int) ([]wissel.Decision, error) {
	if limit <= 0 || limit > maxDecisions {
		limit = maxDecisions
	}
	return query(ctx, s, `SELECT body FROM (SELECT id, at, body FROM decisions
		WHERE at >= ?1 AND (?2 = '' OR "group" = ?2 OR "group" = '') ORDER BY at DESC, id DESC LIMIT ?3) ORDER BY at, id`,
		scanBody[wissel.Decision], stamp(since), group, limit)
}

// Lead keeps what is remembered of who leads a group: body is the caller's own. Nobody waits for it.
func (s *Store) Lead(g wissel.GroupID, at time.Time, body []byte) {
	s.record(`INSERT INTO leads ("group", at, version, body) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT ("group") DO UPDATE SET at = ?2, version = ?3, body = ?4 WHERE ?2 >= at`,
		[]any{g, stamp(at), bodyVersion, body})
}

// Leads are the bodies that were last kept, by group.
func (s *Store) Leads(ctx context.Context) (map[wissel.GroupID][]byte, error) {
	type kept struct {
		group wissel.GroupID
		body  []byte
	}
	all, err := query(ctx, s, `SELECT "group", body FROM leads`, func(r *sql.Rows) (k kept, err error) {
		return k, r.Scan(&k.group, &k.body)
	})
	m := make(map[wissel.GroupID][]byte, len(all))
	for _, k := range all {
		m[k.group] = k.body
	}
	return m, err
}

// Proof keeps when a call last went through a trunk. Nobody waits for it.
func (s *Store) Proof(id wissel.TrunkID, p wissel.Proof) {
	s.record(`INSERT INTO proofs (trunk, at, test, call) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (trunk) DO UPDATE SET at = ?2, test = ?3, call = ?4 WHERE ?2 >= at`,
		[]any{id, stamp(p.At), p.Test, p.Call})
}

// Proofs are the newest of each trunk.
func (s *Store) Proofs(ctx context.Context) (map[wissel.TrunkID]wissel.Proof, error) {
	m := map[wissel.TrunkID]wissel.Proof{}
	_, err := query(ctx, s, `SELECT trunk, at, test, call FROM proofs`, func(r *sql.Rows) (_ struct{}, err error) {
		var id wissel.TrunkID
		var p wissel.Proof
		var at string
		err = r.Scan(&id, &at, &p.Test, &p.Call)
		p.At = parseStamp(at)
		m[id] = p
		return struct{}{}, err
	})
	return m, err
}

// CDROf is the record of a call, and whether there is one. The id tells when the call began, so the index by that time finds it;
// where the clock was set back meanwhile it tells another time, and all records are looked through.
func (s *Store) CDROf(ctx context.Context, id wissel.CallID) (c wissel.CDR, found bool, err error) {
	u, err := uuid.Parse(string(id))
	if err != nil || u.Version() != 7 {
		return c, false, fmt.Errorf("%q is no id of a call: those are UUIDs of version 7", id)
	}
	at := time.Unix(u.Time().UnixTime())
	all, err := query(ctx, s, `SELECT body FROM cdrs WHERE began >= ? AND began <= ? AND call = ?`, scanBody[wissel.CDR],
		stamp(at.Add(-around)), stamp(at.Add(around)), id)
	if err == nil && len(all) == 0 {
		all, err = query(ctx, s, `SELECT body FROM cdrs WHERE call = ? LIMIT 1`, scanBody[wissel.CDR], id)
	}
	if err != nil || len(all) == 0 {
		return c, false, err
	}
	return all[0], true, nil
}

// around is how far the beginning of a call may be from the moment in its id: the process may have stood still in between.
const around = 2 * time.Minute

// scanBody reads a row that is one body.
func scanBody[T any](r *sql.Rows) (one T, err error) {
	var body []byte
	if err := r.Scan(&body); err != nil {
		return one, err
	}
	return one, json.Unmarshal(body, &one)
}
