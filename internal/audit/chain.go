// Package audit makes and checks the hash chain of audit rows: each row holds the hash of the one before it, so that
// none can be changed, taken out or moved unseen; a signed head, kept outside the table, shows that none is missing at
// the end. It is pure: internal/store/sqlite gives it rows in the order of their commits and keeps what it returns.
//
// The chain proves what is in the table against whoever can write the database. Who can write the node's key and its log
// as well can forge all of it: the heads that were sent elsewhere (the log, each minute) are what he cannot reach.
package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"wissel"
)

// What is told by rows of the chain's own, written by "wissel".
const (
	Began  = "chain-began"  // the rows before it were chained as they were found: older than the chain
	Broken = "chain-broken" // rows before it are missing or are not those that were sealed: found at a start
	Cut    = "chain-cut"    // the rows up to the one that Before names were deleted in the same transaction: they were too old
)

// TimeLayout is the form of times in canonical JSON: UTC, always nine digits.
const TimeLayout = "2006-01-02T15:04:05.000000000Z"

// canonical has the fields in the order in which they are hashed.
type canonical struct {
	ID         string `json:"id"`
	Node       string `json:"node"`
	Generation uint64 `json:"generation"`
	At         string `json:"at"`
	Who        string `json:"who"`
	From       string `json:"from"`
	What       string `json:"what"`
	Object     string `json:"object"`
	Why        string `json:"why"`
	Before     string `json:"before"`
	After      string `json:"after"`
}

// Canonical is the one JSON text of a row: the fields above in that order, no white space, times in TimeLayout, strings
// escaped as RFC 8259 demands and no further (beside U+2028 and U+2029, which are). Seq, Prev and Hash are not in it.
func Canonical(r wissel.AuditRow) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(canonical{r.ID, r.Node, r.Generation, r.At.UTC().Format(TimeLayout), r.Who, r.From, r.What, r.Object, r.Why, r.Before, r.After}); err != nil {
		panic("audit: a row of texts cannot be encoded: " + err.Error()) // it always can
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Clean gives the row as it can be stored and read back the same: texts in UTF-8 without NUL, the time in UTC.
func Clean(r wissel.AuditRow) wissel.AuditRow {
	for _, text := range []*string{&r.ID, &r.Node, &r.Who, &r.From, &r.What, &r.Object, &r.Why, &r.Before, &r.After} {
		*text = strings.ReplaceAll(strings.ToValidUTF8(*text, "\uFFFD"), "\x00", "\uFFFD")
	}
	r.At = r.At.UTC().Round(0)
	return r
}

// Hash is what chains r to the row before it: SHA-256 over prev, as its hexadecimal text, and r's canonical JSON.
func Hash(prev string, r wissel.AuditRow) string {
	h := sha256.New()
	h.Write([]byte(prev))
	h.Write(Canonical(r))
	return hex.EncodeToString(h.Sum(nil))
}

// End is where a node's chain ends: how many rows it has had, and the hash of the last. The zero End is a chain to begin.
type End struct {
	Rows uint64 `json:"rows"`
	Hash string `json:"hash"`
}

// Link gives r as the next row behind e, and the new end.
func (e End) Link(r wissel.AuditRow) (wissel.AuditRow, End) {
	r.Seq, r.Prev = e.Rows+1, e.Hash
	r.Hash = Hash(r.Prev, r)
	return r, End{Rows: r.Seq, Hash: r.Hash}
}

// place names a row for people.
func place(r wissel.AuditRow) string {
	return r.ID + " of " + r.At.UTC().Format(time.RFC3339)
}
