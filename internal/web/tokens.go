package web

import (
	"context"
	"net/http"
	"time"

	"wissel/internal/access"
)

// Token is what is told of a token; its secret is told once, when it is made.
type Token struct {
	ID      string        `json:"id"`
	Name    string        `json:"name"`
	Roles   []access.Role `json:"roles"`
	Made    time.Time     `json:"made"`
	MadeBy  string        `json:"made_by"`
	Until   time.Time     `json:"until,omitzero"`
	Used    time.Time     `json:"used,omitzero"` // to within a minute
	Revoked time.Time     `json:"revoked,omitzero"`
	Secret  string        `json:"secret,omitempty"`
}

// TokenRequest asks for a token, or with Name alone for the end of one.
type TokenRequest struct {
	Name  string        `json:"name"`
	Roles []access.Role `json:"roles,omitempty"`
	Until time.Time     `json:"until,omitzero"` // zero: until it is revoked
}

// Tokens is what the API needs of the server for tokens.
type Tokens interface {
	Tokens() []Token
	AddToken(ctx context.Context, r TokenRequest, by Actor) (Token, error)
	RevokeToken(ctx context.Context, r TokenRequest, by Actor) (Token, error)
}

// Tokens asks for the tokens that there are.
func (c *Client) Tokens(ctx context.Context) (all []Token, err error) {
	return all, c.do(ctx, http.MethodGet, "/v1/tokens", nil, &all)
}

// AddToken asks for a new token; its secret is in the answer.
func (c *Client) AddToken(ctx context.Context, r TokenRequest) (t Token, err error) {
	return t, c.do(ctx, http.MethodPost, "/v1/tokens", r, &t)
}

// RevokeToken ends a token.
func (c *Client) RevokeToken(ctx context.Context, name string) (t Token, err error) {
	return t, c.do(ctx, http.MethodPost, "/v1/tokens/revoke", TokenRequest{Name: name}, &t)
}
