package web

import (
	"context"
	"net/http"
	"time"
)

// Crisis says how the crisis line is set up, and what is locked.
type Crisis struct {
	Numbers   []string       `json:"numbers"`
	Operators []CrisisPerson `json:"operators"`
	Locked    []string       `json:"locked"`             // numbers, shortened, and until when
	Strangers time.Time      `json:"strangers,omitzero"` // until when all numbers are locked that the settings do not know
	Staff     bool           `json:"staff_code"`         // colleagues key a code
	Now       int            `json:"calls"`
}

// CrisisPerson is how one operator stands with the crisis line.
type CrisisPerson struct {
	Name   string    `json:"name"`
	Roles  []string  `json:"roles"`
	Phones int       `json:"phones"`
	App    bool      `json:"app"`
	Codes  int       `json:"codes"`           // left on his printed list
	Made   time.Time `json:"made,omitzero"`   // when that was made; zero: he has none
	Locked time.Time `json:"locked,omitzero"` // until when
}

// CrisisRequest names an operator of the crisis line.
type CrisisRequest struct {
	Name   string `json:"name"`
	Count  int    `json:"count,omitempty"` // of codes
	Reason string `json:"reason,omitempty"`
}

// CrisisKey is the secret of an operator's app; it is told this once.
type CrisisKey struct {
	Name   string `json:"name"`
	Secret string `json:"secret"` // base32
	URI    string `json:"uri"`    // otpauth://
}

// CrisisCodes is a printed list; it is told this once.
type CrisisCodes struct {
	Name  string    `json:"name"`
	Made  time.Time `json:"made"`
	Codes []string  `json:"codes"`
	Void  int       `json:"void"` // codes of the list before that were still good
}

// CrisisLine is what the API needs of the server for the crisis line.
type CrisisLine interface {
	Crisis() Crisis
	EnrolCrisis(ctx context.Context, r CrisisRequest, by Actor) (CrisisKey, error)
	CrisisCodes(ctx context.Context, r CrisisRequest, by Actor) (CrisisCodes, error)
	UnlockCrisis(ctx context.Context, r CrisisRequest, by Actor) (Crisis, error)
}

// Crisis asks how the crisis line is set up.
func (c *Client) Crisis(ctx context.Context) (x Crisis, err error) {
	return x, c.do(ctx, http.MethodGet, "/v1/crisis", nil, &x)
}

// EnrolCrisis asks for the secret of an app.
func (c *Client) EnrolCrisis(ctx context.Context, r CrisisRequest) (k CrisisKey, err error) {
	return k, c.do(ctx, http.MethodPost, "/v1/crisis/enrol", r, &k)
}

// CrisisCodes asks for a printed list, in the place of the one before.
func (c *Client) CrisisCodes(ctx context.Context, r CrisisRequest) (l CrisisCodes, err error) {
	return l, c.do(ctx, http.MethodPost, "/v1/crisis/codes", r, &l)
}

// UnlockCrisis forgets the wrong tries of an operator and of all strangers.
func (c *Client) UnlockCrisis(ctx context.Context, r CrisisRequest) (x Crisis, err error) {
	return x, c.do(ctx, http.MethodPost, "/v1/crisis/unlock", r, &x)
}
