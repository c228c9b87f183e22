package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"wissel"
	"wissel/internal/callbacks"
)

// Callback is a promised call.
type Callback struct {
	ID       string         `json:"id"` // of the wish that it began with
	Group    wissel.GroupID `json:"group"`
	Place    int            `json:"place,omitempty"` // from 1; absent once it is closed
	Turn     time.Time      `json:"turn,omitzero"`   // when its turn is expected; absent: not known
	Number   string         `json:"number"`          // shortened unless the whole was asked for; "none": he left a voice alone
	Hidden   bool           `json:"hidden,omitempty"`
	ByHand   bool           `json:"by_hand,omitempty"`
	Apart    bool           `json:"apart,omitempty"` // many people ring from that number: others of it are other people's
	Again    bool           `json:"again,omitempty"` // it was done, and he texted that it did not help
	Language string         `json:"language"`
	At       time.Time      `json:"at"`     // when he first asked
	Wishes   int            `json:"wishes"` // how often he asked
	State    string         `json:"state"`  // noted, done, cancelled
	Since    time.Time      `json:"since"`
	By       string         `json:"by,omitempty"` // who closed it
	Why      string         `json:"why,omitempty"`
}

// CallbackClosed tells what became of one.
type CallbackClosed struct {
	Callback Callback `json:"callback"`
	Notes    []string `json:"notes,omitempty"`
}

// TurnRequest says when the callbacks of a group are expected to be made, or (Clear) takes that back.
type TurnRequest struct {
	Group  wissel.GroupID `json:"group"`
	At     time.Time      `json:"at,omitzero"`
	Clear  bool           `json:"clear,omitempty"`
	Reason string         `json:"reason"`
}

// TurnSet tells what that changed.
type TurnSet struct {
	Group  wissel.GroupID `json:"group"`
	Before string         `json:"before"`
	After  string         `json:"after"`
	Notes  []string       `json:"notes,omitempty"`
}

// Promised is what the API gives of callbacks.
type Promised interface {
	// Callbacks lists the open ones, of each group in their order, and then those closed last.
	Callbacks(ctx context.Context) ([]Callback, error)
	// CallbackNumbers lists them with the whole numbers.
	CallbackNumbers(ctx context.Context, r ReadRequest, by Actor) ([]Callback, error)
	CloseCallback(ctx context.Context, id string, as callbacks.State, r ReadRequest, by Actor) (CallbackClosed, error)
	SetTurn(ctx context.Context, r TurnRequest, by Actor) (TurnSet, error)
}

// closes serves the closing of a callback.
func (c *Control) closes(as callbacks.State) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q ReadRequest
		err := decode(w, r, &q)
		var done CallbackClosed
		if err == nil {
			done, err = c.board.CloseCallback(r.Context(), r.PathValue("id"), as, q, actor(r))
		}
		answer(w, done, err)
	}
}

// Callbacks asks for the promised calls.
func (c *Client) Callbacks(ctx context.Context) (all []Callback, err error) {
	return all, c.do(ctx, http.MethodGet, "/v1/callbacks", nil, &all)
}

// CallbackNumbers asks for them with the whole numbers.
func (c *Client) CallbackNumbers(ctx context.Context, r ReadRequest) (all []Callback, err error) {
	return all, c.do(ctx, http.MethodPost, "/v1/callbacks/numbers", r, &all)
}

// CloseCallback asks for one to be taken off the list: it was made, or is not to be.
func (c *Client) CloseCallback(ctx context.Context, id string, as callbacks.State, r ReadRequest) (done CallbackClosed, err error) {
	what := "/cancel"
	if as == callbacks.Done {
		what = "/done"
	}
	return done, c.do(ctx, http.MethodPost, "/v1/callbacks/"+url.PathEscape(id)+what, r, &done)
}

// SetTurn tells when callbacks are expected to be made.
func (c *Client) SetTurn(ctx context.Context, r TurnRequest) (done TurnSet, err error) {
	return done, c.do(ctx, http.MethodPost, "/v1/callbacks/turn", r, &done)
}
