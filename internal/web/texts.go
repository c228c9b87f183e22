package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"wissel"
)

// Text is a text that is owed, or was sent.
type Text struct {
	ID       string         `json:"id"`
	Group    wissel.GroupID `json:"group"`
	Purpose  string         `json:"purpose"` // confirmation, news, back, missed, solved, reply, test
	Number   string         `json:"number"`  // shortened
	Language string         `json:"language"`
	At       time.Time      `json:"at"` // when it was written
	Until    time.Time      `json:"until"`
	Stage    string         `json:"stage"` // waiting, sent, delivered, undelivered, expired, unconfirmed, refused, late, dropped
	Since    time.Time      `json:"since"`
	Why      string         `json:"why,omitempty"`
	Cause    string         `json:"cause"`
	From     string         `json:"from"`
	Parts    int            `json:"parts"`
	Body     string         `json:"body,omitempty"`  // of one alone
	Tried    []TextAttempt  `json:"tried,omitempty"` // of one alone
}

// IncomingText is a text that came to us.
type IncomingText struct {
	ID       string         `json:"id"`
	At       time.Time      `json:"at"`
	Group    wissel.GroupID `json:"group"`  // whose texts show the number it was sent to; empty: none's
	Number   string         `json:"number"` // who sent it, shortened
	Word     string         `json:"word"`   // what it asks for: stop, no call, info, call, yes, no, help, other
	Body     string         `json:"body"`   // its words, with numbers in them shortened; empty once their time is over
	Callback string         `json:"callback,omitempty"`
	Answered string         `json:"answered"` // key of the answer, or why there is none
	Done     bool           `json:"done"`     // all that follows from it is on disk
}

// TextAttempt is one offer of it to a provider.
type TextAttempt struct {
	Provider string    `json:"provider"`
	At       time.Time `json:"at"`
	Verdict  string    `json:"verdict"` // accepted, refused, later, unknown
	Reason   string    `json:"reason,omitempty"`
	IDs      []string  `json:"ids,omitempty"`    // of its parts, as the provider named them
	States   []string  `json:"states,omitempty"` // of its parts, by receipts
}

// TextQuery chooses texts; what is zero chooses all.
type TextQuery struct {
	Group   wissel.GroupID
	Purpose string
	Stage   string
	Since   time.Time
	Limit   int // the newest so many; 0: 100
}

// TextProvider is one who sends texts for us.
type TextProvider struct {
	Name     string     `json:"name"`
	State    string     `json:"state"`  // up, suspect (its last texts failed), down (it is left alone, or not connected), unknown (nothing was tried)
	Why      string     `json:"why"`    // what that rests on
	Groups   []string   `json:"groups"` // whose texts it sends, with its place: "support 1"
	Pace     int        `json:"pace"`   // texts a second
	Real     time.Time  `json:"last_text,omitzero"`
	Tested   time.Time  `json:"last_test,omitzero"`
	Receipt  time.Time  `json:"last_receipt,omitzero"`
	Came     time.Time  `json:"last_incoming,omitzero"`
	Accepted uint64     `json:"accepted"` // since the start
	Failed   uint64     `json:"failed"`
	Retry    *time.Time `json:"retry,omitempty"` // when it is tried again
}

// Broadcast is how far the texts of one cause to many people have come.
type Broadcast struct {
	Group     wissel.GroupID `json:"group"`
	Purpose   string         `json:"purpose"`
	Cause     string         `json:"cause,omitempty"`
	Began     time.Time      `json:"began"`
	All       int            `json:"all"`
	Waiting   int            `json:"waiting"`
	Sent      int            `json:"sent"` // a provider has them
	Delivered int            `json:"delivered"`
	Failed    int            `json:"failed"`
	Dropped   int            `json:"dropped"` // something newer took their place, or they were not wanted any more
}

// TextState is how texts are.
type TextState struct {
	Providers  []TextProvider       `json:"providers"`
	Broadcasts []Broadcast          `json:"broadcasts"`
	Paused     []string             `json:"paused"` // groups; "all"
	Asked      map[string]int       `json:"asked"`  // how many people asked for texts, by group
	Routes     map[string]time.Time `json:"routes"` // when a text to each number of ours last reached us
}

// TextPreviewRequest asks what a text would be.
type TextPreviewRequest struct {
	Group    wissel.GroupID `json:"group"`
	Purpose  string         `json:"purpose"`
	Language string         `json:"language"`
	Template string         `json:"template,omitempty"` // instead of the one in force
}

// TextPreview is what it would be now.
type TextPreview struct {
	Text     string   `json:"text"`
	From     string   `json:"from"`
	Encoding string   `json:"encoding"`
	Units    int      `json:"units"`
	Parts    int      `json:"parts"`
	Odd      string   `json:"odd,omitempty"` // characters that more than halve the room
	Cost     string   `json:"cost,omitempty"`
	Currency string   `json:"currency"`
	People   int      `json:"people"` // who would have news now
	Total    string   `json:"total,omitempty"`
	Faults   []string `json:"faults,omitempty"`
}

// TextTestRequest asks for a test text.
type TextTestRequest struct {
	Group    wissel.GroupID `json:"group"`
	Number   string         `json:"number"`
	Provider string         `json:"provider,omitempty"`
	Reason   string         `json:"reason"`
}

// TextPauseRequest holds the texts of a group (empty: of all), or lets them go.
type TextPauseRequest struct {
	Group  wissel.GroupID `json:"group,omitempty"`
	Reason string         `json:"reason"`
}

// TextPaused tells what that changed.
type TextPaused struct {
	Group   wissel.GroupID `json:"group,omitempty"`
	Waiting int            `json:"waiting"` // texts that are held, or go now
	Notes   []string       `json:"notes,omitempty"`
}

// Texting is what the API gives of texts.
type Texting interface {
	Texts(ctx context.Context, q TextQuery) ([]Text, error)
	Text(ctx context.Context, id string) (Text, error)
	TextState(ctx context.Context) (TextState, error)
	IncomingTexts(ctx context.Context) ([]IncomingText, error)
	PreviewText(ctx context.Context, r TextPreviewRequest, by Actor) (TextPreview, error)
	TestText(ctx context.Context, r TextTestRequest, by Actor) (Text, error)
	PauseTexts(ctx context.Context, r TextPauseRequest, by Actor) (TextPaused, error)
	ResumeTexts(ctx context.Context, r TextPauseRequest, by Actor) (TextPaused, error)
}

func (c *Control) listTexts(r *http.Request) ([]Text, error) {
	v := r.URL.Query()
	q := TextQuery{Group: wissel.GroupID(v.Get("group")), Purpose: v.Get("purpose"), Stage: v.Get("stage")}
	var err error
	if s := v.Get("since"); s != "" {
		if q.Since, err = time.Parse(time.RFC3339, s); err != nil {
			return nil, Faultf(http.StatusBadRequest, "texts list", "since is no time in RFC 3339 form: %s", s)
		}
	}
	if s := v.Get("limit"); s != "" {
		if q.Limit, err = strconv.Atoi(s); err != nil || q.Limit < 0 {
			return nil, Faultf(http.StatusBadRequest, "texts list", "limit is no number: %s", s)
		}
	}
	all, err := c.board.Texts(r.Context(), q)
	return notNil(all), err
}

// Texts asks for texts.
func (c *Client) Texts(ctx context.Context, q TextQuery) (all []Text, err error) {
	v := url.Values{"group": {string(q.Group)}, "purpose": {q.Purpose}, "stage": {q.Stage}, "limit": {strconv.Itoa(q.Limit)}}
	if !q.Since.IsZero() {
		v.Set("since", q.Since.Format(time.RFC3339))
	}
	return all, c.do(ctx, http.MethodGet, "/v1/texts?"+v.Encode(), nil, &all)
}

// IncomingTexts asks for the texts that came to us, oldest first.
func (c *Client) IncomingTexts(ctx context.Context) (all []IncomingText, err error) {
	return all, c.do(ctx, http.MethodGet, "/v1/texts/incoming", nil, &all)
}

// Text asks for one, with what was tried.
func (c *Client) Text(ctx context.Context, id string) (t Text, err error) {
	return t, c.do(ctx, http.MethodGet, "/v1/texts/"+url.PathEscape(id), nil, &t)
}

// TextState asks how texts are.
func (c *Client) TextState(ctx context.Context) (s TextState, err error) {
	return s, c.do(ctx, http.MethodGet, "/v1/texts/state", nil, &s)
}

// PreviewText asks what a text would be.
func (c *Client) PreviewText(ctx context.Context, r TextPreviewRequest) (p TextPreview, err error) {
	return p, c.do(ctx, http.MethodPost, "/v1/texts/preview", r, &p)
}

// TestText asks for a test text.
func (c *Client) TestText(ctx context.Context, r TextTestRequest) (t Text, err error) {
	return t, c.do(ctx, http.MethodPost, "/v1/texts/test", r, &t)
}

// PauseTexts holds the texts of a group.
func (c *Client) PauseTexts(ctx context.Context, r TextPauseRequest) (p TextPaused, err error) {
	return p, c.do(ctx, http.MethodPost, "/v1/texts/pause", r, &p)
}

// ResumeTexts lets them go again.
func (c *Client) ResumeTexts(ctx context.Context, r TextPauseRequest) (p TextPaused, err error) {
	return p, c.do(ctx, http.MethodPost, "/v1/texts/resume", r, &p)
}
