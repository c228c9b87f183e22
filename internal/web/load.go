package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"wissel"
)

// Load is how many calls and wishes came in each hour of the week, against the hours of the desk as they are written now.
// Test calls are not counted.
type Load struct {
	Group        wissel.GroupID `json:"group"`
	Zone         string         `json:"zone"`
	Since        time.Time      `json:"since"` // midnight
	Until        time.Time      `json:"until"` // midnight
	Days         int            `json:"days"`
	Calls        int            `json:"calls"`
	Wishes       int            `json:"wishes"`
	CallsClosed  int            `json:"calls_closed"` // of Calls, those that came while the desk was closed
	WishesClosed int            `json:"wishes_closed"`
	Cells        []LoadCell     `json:"cells"` // 168, Monday 00:00 first
}

// LoadCell is one hour of the week.
type LoadCell struct {
	Weekday string `json:"weekday"` // Mo to Su
	Hour    int    `json:"hour"`    // 0 to 23
	Calls   int    `json:"calls"`
	Wishes  int    `json:"wishes"`
	Open    int    `json:"open"` // percent of its minutes in that time in which the desk was open
}

// load reads which group and how many days are meant, and gives what came.
func (c *Control) load(r *http.Request) (Load, error) {
	days, err := strconv.Atoi(r.URL.Query().Get("days"))
	if err != nil {
		return Load{}, Faultf(http.StatusBadRequest, "hours", "days is no number: %s", r.URL.Query().Get("days"))
	}
	return c.board.Load(r.Context(), wissel.GroupID(r.PathValue("group")), days)
}

// Load asks how many calls and wishes of a group came in each hour of the week.
func (c *Client) Load(ctx context.Context, group wissel.GroupID, days int) (l Load, err error) {
	return l, c.do(ctx, http.MethodGet, "/v1/hours/"+url.PathEscape(string(group))+"/load?days="+strconv.Itoa(days), nil, &l)
}
