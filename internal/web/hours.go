package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"wissel"
)

// Desks is what the API needs of the server for the hours of desks.
type Desks interface {
	Hours(group wissel.GroupID, at time.Time) (Hours, error)
	SetHours(ctx context.Context, r HoursRequest, by Actor) (HoursSet, error)
	Load(ctx context.Context, group wissel.GroupID, days int) (Load, error)
}

// Hours says whether the desk of a group is open, until when, and what decides that. Times are those of the desk's zone.
type Hours struct {
	Group        wissel.GroupID     `json:"group"`
	Zone         string             `json:"zone"`
	At           time.Time          `json:"at"`
	Open         bool               `json:"open"`
	Until        time.Time          `json:"until,omitzero"` // the next change; absent: none within a year
	By           wissel.OpeningRule `json:"by"`             // rule, holiday, exception, override, always
	Why          string             `json:"why,omitempty"`  // the rule as written, the holiday's name, the reason
	EndOfNextDay time.Time          `json:"end_of_next_day,omitzero"`
	Override     *Override          `json:"override,omitempty"` // in force, or to come
}

// Override is an operator's word that a desk is open or closed, whatever its hours say.
type Override struct {
	ID     string    `json:"id"`
	Open   bool      `json:"open"`
	Reason string    `json:"reason"`
	Who    string    `json:"who"`
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until"`
}

// HoursRequest asks to open or close a desk until an end, or (Clear) for the hours of the settings to hold again.
type HoursRequest struct {
	Group  wissel.GroupID `json:"group"`
	Open   bool           `json:"open,omitempty"` // else closed
	Until  time.Time      `json:"until,omitzero"`
	Clear  bool           `json:"clear,omitempty"`
	Reason string         `json:"reason"`
}

// HoursSet tells what that changed.
type HoursSet struct {
	ID     string   `json:"id"`
	Before string   `json:"before"`
	After  string   `json:"after"`
	Hours  Hours    `json:"hours"` // as they are now
	Notes  []string `json:"notes,omitempty"`
}

// hours reads which group and moment are meant, and gives its hours.
func (c *Control) hours(r *http.Request) (Hours, error) {
	at := time.Now()
	if v := r.URL.Query().Get("at"); v != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, v); err != nil {
			return Hours{}, Faultf(http.StatusBadRequest, "hours", "at is no time in RFC 3339 form: %s", v)
		}
	}
	return c.board.Hours(wissel.GroupID(r.PathValue("group")), at)
}

// Hours asks whether the desk of a group is open at a moment (zero: now), and why.
func (c *Client) Hours(ctx context.Context, group wissel.GroupID, at time.Time) (h Hours, err error) {
	q := url.Values{}
	if !at.IsZero() {
		q.Set("at", at.Format(time.RFC3339))
	}
	return h, c.do(ctx, http.MethodGet, "/v1/hours/"+url.PathEscape(string(group))+"?"+q.Encode(), nil, &h)
}

// SetHours opens or closes a desk until an end, or takes that back.
func (c *Client) SetHours(ctx context.Context, r HoursRequest) (s HoursSet, err error) {
	return s, c.do(ctx, http.MethodPost, "/v1/hours", r, &s)
}
