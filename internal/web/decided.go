package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"wissel"
)

// HandbackRequest asks for the way back of a group to the first target of its plan: in stages, or, with Now, at once.
type HandbackRequest struct {
	Group  wissel.GroupID `json:"group"`
	Now    bool           `json:"now,omitempty"`
	Reason string         `json:"reason"`

	BreakGlass bool `json:"break_glass,omitempty"` // alone, though the group asks for four eyes
}

// Lead is a switch that wissel made by itself, and the way back from it.
type Lead struct {
	Target   string    `json:"target"` // who leads
	Home     string    `json:"home"`   // the first of the plan
	Since    time.Time `json:"since"`
	Decision string    `json:"decision"`
	Share    int       `json:"share,omitempty"`  // of 1000 callers, how many try Home first again
	Single   bool      `json:"single,omitempty"` // the way back waits for its one call
	Stage    time.Time `json:"stage"`            // when the present stage began
	Held     string    `json:"held,omitempty"`   // why it does not go back
}

// Proof is when a call last went through a target of one of the group's plans.
type Proof struct {
	Target string          `json:"target"`
	Plans  []wissel.PlanID `json:"plans,omitempty"` // of the group, in a Status
	At     time.Time       `json:"at,omitzero"`     // zero: never
	Test   bool            `json:"test,omitempty"`
	Call   wissel.CallID   `json:"call,omitempty"`
	Stale  []wissel.PlanID `json:"stale,omitempty"` // the plans that ask for a younger one
}

// Ending is whether a carrier takes the status that ends a call which heard a flow unanswered for the end of it.
type Ending struct {
	Trunk    wissel.TrunkID `json:"trunk"`
	Status   int            `json:"status"`
	Proven   bool           `json:"proven"`
	At       time.Time      `json:"at,omitzero"` // when a call last ended so and did not come again; zero: none is known
	Call     wissel.CallID  `json:"call,omitempty"`
	Again    time.Time      `json:"again,omitzero"`      // when one last came again; zero: none did
	WithinMS int64          `json:"within_ms,omitempty"` // how soon that was
	Calm     int            `json:"calm,omitempty"`      // how many ended for good since
}

// Moment is one line of the timeline: a decision, or an audit row.
type Moment struct {
	At     time.Time      `json:"at"`
	ID     string         `json:"id"`
	Kind   string         `json:"kind"` // of a decision; "audit" for a row of the audit log
	Group  wissel.GroupID `json:"group,omitempty"`
	Object string         `json:"object"`
	Before string         `json:"before"`
	After  string         `json:"after"`
	Who    string         `json:"who"`
	Why    string         `json:"why"`
}

// Timeline is an answer to `wissel timeline`, oldest first.
type Timeline struct {
	Moments []Moment `json:"moments"`
	More    bool     `json:"more,omitempty"` // older ones were left out
}

// WhatIfRequest asks where calls would go if trunks or addresses were in other states: "genesys" or "udp:192.0.2.1:5060" to
// "up", "unknown", "suspect" or "down".
type WhatIfRequest struct {
	Assume map[string]string `json:"assume"`
}

// WhatIf is the answer, group by group.
type WhatIf struct {
	Groups   []GroupIf `json:"groups"`
	Settings string    `json:"settings"`
}

// GroupIf is what would become of one group.
type GroupIf struct {
	Group   wissel.GroupID `json:"group"`
	Numbers int            `json:"numbers"`
	Calls   int            `json:"calls"` // live ones that talk over a trunk which would be down
	Now     []string       `json:"now"`   // targets in the order in which they are tried
	Then    []string       `json:"then"`
	Changes bool           `json:"changes"`
	Least   bool           `json:"least,omitempty"`   // nothing but the flow is left, if there is one
	Nowhere int            `json:"nowhere,omitempty"` // the SIP status that callers would get; 0: they get somewhere
	Reasons []string       `json:"reasons"`
}

// CallWhy is what became of a call, or becomes of one that is up.
type CallWhy struct {
	ID       wissel.CallID    `json:"id"`
	Group    wissel.GroupID   `json:"group,omitempty"`
	Trunk    wissel.TrunkID   `json:"trunk,omitempty"` // it came over
	From     string           `json:"from"`            // shortened
	To       string           `json:"to"`
	Began    time.Time        `json:"began"`
	Answered time.Time        `json:"answered,omitzero"`
	Ended    time.Time        `json:"ended,omitzero"` // zero: it is up
	State    string           `json:"state"`          // of a live call as `wissel calls` says it, else its outcome
	Status   int              `json:"status,omitempty"`
	Blame    wissel.Blame     `json:"blame,omitempty"`
	EndedBy  string           `json:"ended_by,omitempty"`
	Target   string           `json:"target,omitempty"`
	Attempts []wissel.Attempt `json:"attempts,omitempty"`
	Reasons  []string         `json:"reasons,omitempty"` // of its routing
	Settings string           `json:"settings,omitempty"`

	Actor      string   `json:"actor,omitempty"`      // whose choice its routing followed: "wissel", or an operator; empty: not recorded
	Thresholds []string `json:"thresholds,omitempty"` // since when each target had its verdict, and what that was held against
}

// Handback begins or completes the way back of a group.
func (c *Client) Handback(ctx context.Context, r HandbackRequest) (s Switched, err error) {
	return s, c.do(ctx, http.MethodPost, "/v1/handback", r, &s)
}

// Timeline asks what was decided and done since; of a group, when one is given. At most limit moments, the newest.
func (c *Client) Timeline(ctx context.Context, since time.Time, group wissel.GroupID, limit int) (t Timeline, err error) {
	q := url.Values{"limit": {strconv.Itoa(limit)}, "group": {string(group)}, "since": {since.Format(time.RFC3339)}}
	return t, c.do(ctx, http.MethodGet, "/v1/timeline?"+q.Encode(), nil, &t)
}

// WhatIf asks where calls would go.
func (c *Client) WhatIf(ctx context.Context, r WhatIfRequest) (w WhatIf, err error) {
	return w, c.do(ctx, http.MethodPost, "/v1/what-if", r, &w)
}

// timeline reads what is wanted, and gives it.
func (c *Control) timeline(r *http.Request) (t Timeline, err error) {
	q := r.URL.Query()
	since, limit := time.Now().Add(-24*time.Hour), 200
	if v := q.Get("since"); v != "" {
		if since, err = time.Parse(time.RFC3339, v); err != nil {
			return t, Faultf(http.StatusBadRequest, "timeline", "since is no time in RFC 3339 form: %s", v)
		}
	}
	if v := q.Get("limit"); v != "" {
		if limit, err = strconv.Atoi(v); err != nil || limit < 0 {
			return t, Faultf(http.StatusBadRequest, "timeline", "limit is no number: %s", v)
		}
	}
	return c.board.Timeline(r.Context(), since, wissel.GroupID(q.Get("group")), limit)
}
