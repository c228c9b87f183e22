package web

import (
	"context"
	"net/http"
	"time"
)

// StatusPage is how the public page is, and where it was brought to.
type StatusPage struct {
	Address string        `json:"address,omitempty"` // where people find it
	Made    time.Time     `json:"made,omitzero"`     // the newest one
	Since   time.Time     `json:"since,omitzero"`    // when it last said something else
	State   string        `json:"state,omitempty"`   // works, trouble, outage: as the worst line on it
	Served  string        `json:"served,omitempty"`  // address and port where wissel serves it itself
	Places  []StatusPlace `json:"places"`
	Fault   string        `json:"fault,omitempty"` // why no newer one could be made
}

// StatusPlace is a place that the page is brought to.
type StatusPlace struct {
	Name   string    `json:"name"`
	Kind   string    `json:"kind"` // s3, directory, command
	Where  string    `json:"where"`
	State  string    `json:"state"`           // live, pending, failed
	Put    time.Time `json:"put,omitzero"`    // when it was last brought there
	Behind time.Time `json:"behind,omitzero"` // since when what is there says something that holds no more
	Since  time.Time `json:"since,omitzero"`  // of failing
	Fails  int       `json:"fails,omitempty"` // in a row
	Open   bool      `json:"open,omitempty"`  // its breaker: it is tried now and then only
	Retry  time.Time `json:"retry,omitzero"`
	Why    string    `json:"why,omitempty"` // of the last failure
}

// StatusPages is what the API needs of the server for the public page.
type StatusPages interface {
	StatusPage(ctx context.Context) (StatusPage, error)
	// StatusFile gives a file of the page as it is now: "nl.html", "status.json".
	StatusFile(ctx context.Context, name string) (StatusFile, error)
	// PushStatusPage makes the page anew and has every place tried at once, whatever its breaker says.
	PushStatusPage(ctx context.Context, r StatusPush, by Actor) (StatusPage, error)
}

// StatusFile is a file of the public page.
type StatusFile struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Body string `json:"body"`
}

// StatusPush asks to bring the page everywhere again.
type StatusPush struct{}

// StatusPage asks how the public page is.
func (c *Client) StatusPage(ctx context.Context) (p StatusPage, err error) {
	return p, c.do(ctx, http.MethodGet, "/v1/statuspage", nil, &p)
}

// StatusFile asks for a file of it.
func (c *Client) StatusFile(ctx context.Context, name string) (f StatusFile, err error) {
	return f, c.do(ctx, http.MethodGet, "/v1/statuspage/"+name, nil, &f)
}

// PushStatusPage asks to bring it everywhere again.
func (c *Client) PushStatusPage(ctx context.Context) (p StatusPage, err error) {
	return p, c.do(ctx, http.MethodPost, "/v1/statuspage/push", StatusPush{}, &p)
}
