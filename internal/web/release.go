package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"wissel"
)

// CallbackShown is all that is known of a promised call: enough to make it by hand.
type CallbackShown struct {
	Callback
	Rung      string            `json:"rung,omitempty"` // the number of ours that he dialled
	Choices   []string          `json:"choices"`        // the keys he took, in order
	Recording string            `json:"recording,omitempty"`
	LengthMS  int64             `json:"length_ms,omitempty"` // of what he said
	Calls     int               `json:"calls,omitempty"`     // how often he rang in all, as the desk is told; 0: not known
	Texts     []CallbackText    `json:"texts,omitempty"`     // that he sent, oldest first, the newest 20 of them
	Due       time.Time         `json:"due,omitzero"`        // not tried before
	Until     time.Time         `json:"until,omitzero"`      // by when it was promised
	Tries     int               `json:"tries"`               // that count
	Attempts  []CallbackAttempt `json:"attempts"`            // oldest first
}

// CallbackText is one that he sent while he waited, or that asked for the call.
type CallbackText struct {
	At   time.Time `json:"at"`
	Body string    `json:"body"` // empty once its time is over
}

// CallbackAttempt is one that was made.
type CallbackAttempt struct {
	At       time.Time `json:"at"`
	Ended    time.Time `json:"ended"`
	Outcome  string    `json:"outcome"`
	Why      string    `json:"why,omitempty"`
	TalkedMS int64     `json:"talked_ms,omitempty"`
	Rung     bool      `json:"rung"` // his telephone rang
}

// Release is how a group's callbacks are let go.
type Release struct {
	Group  wissel.GroupID `json:"group"`
	Dials  bool           `json:"dials"`         // wissel makes them; otherwise people work the list
	Going  bool           `json:"going"`         // one goes as soon as there is one
	Why    string         `json:"why,omitempty"` // why none goes now
	Paused bool           `json:"paused"`
	By     string         `json:"by,omitempty"` // paused it, or let them go
	Left   int            `json:"left"`         // how many an operator let go that have not gone; -1: all
	Open   int            `json:"open"`
	Hand   int            `json:"by_hand"` // of the open ones: people must see to them
	Flying int            `json:"in_flight"`
	Ending int            `json:"ending"` // of the open ones: promised within two hours, or before now
	Done   int            `json:"done_today"`
	Agents int            `json:"agents"`    // in flight at one time, at the most
	Width  int            `json:"width"`     // of the present wave
	Wave   string         `json:"last_wave"` // how agents answered in the last whole one
	Notes  []string       `json:"notes,omitempty"`
}

// ReleaseRequest lets a group's callbacks go, holds them, or lets them go on.
type ReleaseRequest struct {
	Group  wissel.GroupID `json:"group"`
	Most   int            `json:"most,omitempty"` // release: so many and no more; 0: all
	Reason string         `json:"reason"`
}

// Import is callbacks that another wissel, or people, wrote down.
type Import struct {
	Rows   []CallbackShown `json:"rows"`
	Reason string          `json:"reason"`
}

// Imported tells what was taken of them.
type Imported struct {
	Taken   int      `json:"taken"`
	There   int      `json:"there"`   // known already
	Refused []string `json:"refused"` // why, by row
}

// ThroughRequest says that a caller was helped, by who knows: his platform. His callbacks are cancelled.
type ThroughRequest struct {
	Group  wissel.GroupID `json:"group,omitempty"` // empty: of all groups
	Number string         `json:"number"`
	Reason string         `json:"reason"`
}

// ThroughDone tells how many callbacks that cancelled.
type ThroughDone struct {
	Cancelled int      `json:"cancelled"`
	Notes     []string `json:"notes,omitempty"`
}

// Colleague is one of the people who call back.
type Colleague struct {
	List  string    `json:"list"`
	Name  string    `json:"name"`
	Phone string    `json:"phone"` // shortened
	On    bool      `json:"on"`
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
	By    string    `json:"by,omitempty"`
	Why   string    `json:"why,omitempty"`
	Notes []string  `json:"notes,omitempty"`
}

// LogRequest logs one of the people on or off.
type LogRequest struct {
	List   string    `json:"list"`
	Name   string    `json:"name"`
	On     bool      `json:"on"`
	Until  time.Time `json:"until,omitzero"` // logged off by itself then
	Reason string    `json:"reason"`
}

// Releases is what the API gives of how callbacks are made.
type Releases interface {
	// Callback shows one by its id, its number shortened.
	Callback(ctx context.Context, id string) (CallbackShown, error)
	// ExportCallbacks gives all that are open with their whole numbers, with an audit row.
	ExportCallbacks(ctx context.Context, r ReadRequest, by Actor) ([]CallbackShown, error)
	ImportCallbacks(ctx context.Context, r Import, by Actor) (Imported, error)
	Release(ctx context.Context, g wissel.GroupID) (Release, error)
	LetGo(ctx context.Context, r ReleaseRequest, by Actor) (Release, error)
	Pause(ctx context.Context, r ReleaseRequest, by Actor) (Release, error)
	Resume(ctx context.Context, r ReleaseRequest, by Actor) (Release, error)
	Through(ctx context.Context, r ThroughRequest, by Actor) (ThroughDone, error)
	People(ctx context.Context) ([]Colleague, error)
	LogPerson(ctx context.Context, r LogRequest, by Actor) (Colleague, error)
}

// Callback asks for one promised call.
func (c *Client) Callback(ctx context.Context, id string) (one CallbackShown, err error) {
	return one, c.do(ctx, http.MethodGet, "/v1/callbacks/"+url.PathEscape(id), nil, &one)
}

// ExportCallbacks asks for all that are open, with their whole numbers.
func (c *Client) ExportCallbacks(ctx context.Context, r ReadRequest) (all []CallbackShown, err error) {
	return all, c.do(ctx, http.MethodPost, "/v1/callbacks/export", r, &all)
}

// ImportCallbacks asks for callbacks to be taken over.
func (c *Client) ImportCallbacks(ctx context.Context, r Import) (done Imported, err error) {
	return done, c.do(ctx, http.MethodPost, "/v1/callbacks/import", r, &done)
}

// Release asks how a group's callbacks are let go.
func (c *Client) Release(ctx context.Context, g wissel.GroupID) (r Release, err error) {
	return r, c.do(ctx, http.MethodGet, "/v1/releases/"+url.PathEscape(string(g)), nil, &r)
}

// LetGo, Pause and Resume change that.
func (c *Client) LetGo(ctx context.Context, r ReleaseRequest) (done Release, err error) {
	return done, c.do(ctx, http.MethodPost, "/v1/callbacks/release", r, &done)
}

// Pause holds a group's callbacks.
func (c *Client) Pause(ctx context.Context, r ReleaseRequest) (done Release, err error) {
	return done, c.do(ctx, http.MethodPost, "/v1/callbacks/pause", r, &done)
}

// Resume lets them go on.
func (c *Client) Resume(ctx context.Context, r ReleaseRequest) (done Release, err error) {
	return done, c.do(ctx, http.MethodPost, "/v1/callbacks/resume", r, &done)
}

// Through tells that a caller was helped.
func (c *Client) Through(ctx context.Context, r ThroughRequest) (done ThroughDone, err error) {
	return done, c.do(ctx, http.MethodPost, "/v1/callbacks/through", r, &done)
}

// People asks who is logged on to call back.
func (c *Client) People(ctx context.Context) (all []Colleague, err error) {
	return all, c.do(ctx, http.MethodGet, "/v1/people", nil, &all)
}

// LogPerson logs one on or off.
func (c *Client) LogPerson(ctx context.Context, r LogRequest) (done Colleague, err error) {
	return done, c.do(ctx, http.MethodPost, "/v1/people/log", r, &done)
}
