package web

import (
	"context"
	"net/http"
)

// ReadRequest asks for personal data, and says why: each look is an audit row.
type ReadRequest struct {
	Reason string `json:"reason"`
}

// Personal is what the API gives of people, to those who hold access.Numbers.
type Personal interface {
	// CallNumbers lists the live calls with the callers' whole numbers.
	CallNumbers(ctx context.Context, r ReadRequest, by Actor) ([]Call, error)
}

// CallNumbers asks for the live calls with the callers' whole numbers.
func (c *Client) CallNumbers(ctx context.Context, r ReadRequest) (all []Call, err error) {
	return all, c.do(ctx, http.MethodPost, "/v1/calls/numbers", r, &all)
}
