package web

import (
	"context"
	"net/http"
	"time"

	"wissel"
	"wissel/internal/access"
)

// Proposal is what one person has asked for and another must approve.
type Proposal struct {
	ID     string         `json:"id"`
	What   string         `json:"what"` // the word of its command: "switch"
	Group  wissel.GroupID `json:"group,omitempty"`
	Change string         `json:"change"` // what it would do: "plan storing"
	Before string         `json:"before"` // what was in force when it was proposed
	Reason string         `json:"reason"`
	Who    string         `json:"who"`
	From   string         `json:"from"`
	At     time.Time      `json:"at"`
	Until  time.Time      `json:"until"`
	State  access.State   `json:"state"`
	Second string         `json:"second,omitempty"` // who approved or rejected it
	Note   string         `json:"note,omitempty"`   // his reason
	Needs  string         `json:"needs"`            // the role of who may approve it: "operator or admin"
}

// Verdict is what a second person says of a proposal.
type Verdict struct {
	ID     string `json:"id"`
	Reason string `json:"reason,omitempty"`
	Anyway bool   `json:"anyway,omitempty"` // carry it out though the state has changed since it was proposed
}

// Eyes is what the API needs of the server for what takes two persons.
type Eyes interface {
	// Proposals lists the open ones and those that ended in the last day, oldest first.
	Proposals() []Proposal
	// Approve carries out what another has proposed.
	Approve(ctx context.Context, v Verdict, by Actor) (Switched, error)
	// Reject ends a proposal without carrying it out.
	Reject(ctx context.Context, v Verdict, by Actor) (Proposal, error)
}

// Proposals asks for what waits for a second person, and what became of it in the last day.
func (c *Client) Proposals(ctx context.Context) (all []Proposal, err error) {
	return all, c.do(ctx, http.MethodGet, "/v1/proposals", nil, &all)
}

// Approve carries out what another has proposed.
func (c *Client) Approve(ctx context.Context, v Verdict) (s Switched, err error) {
	return s, c.do(ctx, http.MethodPost, "/v1/approve", v, &s)
}

// Reject ends a proposal without carrying it out.
func (c *Client) Reject(ctx context.Context, v Verdict) (p Proposal, err error) {
	return p, c.do(ctx, http.MethodPost, "/v1/reject", v, &p)
}
