package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"wissel/internal/privacy"
)

// PersonRequest names a person by his number, and says why: it is in the audit log, with a mark for the number.
type PersonRequest struct {
	Number string `json:"number"`
	Reason string `json:"reason"`
	Lift   bool   `json:"lift,omitempty"` // of an objection: it is taken back
}

// Person is all that is kept of a number.
type Person struct {
	Mark    string          `json:"mark"`    // by which audit rows name him
	Objects bool            `json:"objects"` // he is never rung or sent a text
	Tables  []privacy.Found `json:"tables"`
	Notes   []string        `json:"notes,omitempty"`
}

// Erased tells what was erased of a number.
type Erased struct {
	Mark       string         `json:"mark"`
	Rows       map[string]int `json:"rows"` // by table
	Recordings int            `json:"recordings"`
	Notes      []string       `json:"notes,omitempty"` // what is to be done yet
}

// Objected tells of an objection.
type Objected struct {
	Mark    string   `json:"mark"`
	Objects bool     `json:"objects"`
	Changed bool     `json:"changed"`
	Notes   []string `json:"notes,omitempty"`
}

// KeptKind is how long one kind is kept, and what became of it.
type KeptKind struct {
	Kind    privacy.Kind `json:"kind"`
	Keep    string       `json:"keep"` // as the settings write it
	Deleted uint64       `json:"deleted"`
	Last    int          `json:"last"` // at the last run
}

// PrivacyStatus says how long things are kept, and how the deleting goes.
type PrivacyStatus struct {
	Kinds      []KeptKind `json:"kinds"`
	Ran        time.Time  `json:"ran,omitzero"` // when the last run ended
	TookMS     int64      `json:"took_ms"`
	Fault      string     `json:"fault,omitempty"`
	Next       time.Time  `json:"next,omitzero"`
	Emptied    bool       `json:"emptied"` // the database's log holds nothing of what was deleted
	Objections int        `json:"objections"`
	Keys       []string   `json:"keys"` // ids of the keys that voices are encrypted with, the one in use first
	Notes      []string   `json:"notes,omitempty"`
}

// Kept is what the API gives of what is kept of people.
type Kept interface {
	PrivacyStatus(ctx context.Context) (PrivacyStatus, error)
	ShowPerson(ctx context.Context, r PersonRequest, by Actor) (Person, error)
	// ExportPerson gives a ZIP file: all rows as JSON, and what he said as WAV.
	ExportPerson(ctx context.Context, r PersonRequest, by Actor) ([]byte, error)
	ErasePerson(ctx context.Context, r PersonRequest, by Actor) (Erased, error)
	Object(ctx context.Context, r PersonRequest, by Actor) (Objected, error)
}

func (c *Control) exportPerson(w http.ResponseWriter, r *http.Request) {
	var q PersonRequest
	err := decode(w, r, &q)
	var file []byte
	if err == nil {
		file, err = c.board.ExportPerson(r.Context(), q, actor(r))
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	_, _ = w.Write(file) // it can only fail when who asked is gone
}

// PrivacyStatus asks how long things are kept, and how the deleting goes.
func (c *Client) PrivacyStatus(ctx context.Context) (s PrivacyStatus, err error) {
	return s, c.do(ctx, http.MethodGet, "/v1/privacy", nil, &s)
}

// personIn is how long a server may take to look through all that it keeps, or to erase.
const personIn = 5 * time.Minute

func (c *Client) patiently() *Client {
	patient := *c
	patient.patience = personIn
	return &patient
}

// ShowPerson asks for all that is kept of a number.
func (c *Client) ShowPerson(ctx context.Context, r PersonRequest) (p Person, err error) {
	return p, c.patiently().do(ctx, http.MethodPost, "/v1/privacy/show", r, &p)
}

// maxExport is the largest file that a client takes.
const maxExport = 256 << 20

// ExportPerson asks for it as a ZIP file.
func (c *Client) ExportPerson(ctx context.Context, r PersonRequest) (file []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, personIn)
	defer cancel()
	resp, err := c.send(ctx, http.MethodPost, "/v1/privacy/export", r)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if file, err = io.ReadAll(io.LimitReader(resp.Body, maxExport)); err != nil {
		return nil, fmt.Errorf("read the export: %w", err)
	}
	return file, nil
}

// ErasePerson asks for it to be erased.
func (c *Client) ErasePerson(ctx context.Context, r PersonRequest) (e Erased, err error) {
	return e, c.patiently().do(ctx, http.MethodPost, "/v1/privacy/erase", r, &e)
}

// Object notes that a number is never to be rung or sent a text, or takes that back.
func (c *Client) Object(ctx context.Context, r PersonRequest) (o Objected, err error) {
	return o, c.do(ctx, http.MethodPost, "/v1/privacy/object", r, &o)
}
