package web

import (
	"context"
	"net/http"
	"net/http/pprof"

	"wissel/internal/access"
)

// route is one thing that can be asked for, and the permission that it takes. One without a permission is refused to all.
type route struct {
	method  string
	pattern string // of http.ServeMux
	needs   access.Permission
	serve   http.HandlerFunc
}

// routes are all there are. A new one is a line here; its command has a line in cmd/wissel's table too.
func (c *Control) routes() []route {
	b := c.board
	return []route{
		{"GET", "/healthz", access.Anyone, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) }},
		{"GET", "/metrics", access.See, c.metrics.ServeHTTP},
		{"GET", "/v1/status", access.See, bare(func(r *http.Request) (Status, error) { return b.Status(r.Context()), nil })},
		{"GET", "/v1/calls", access.See, bare(func(*http.Request) ([]Call, error) { return notNil(b.Calls()), nil })},
		{"GET", "/v1/carriers", access.See, bare(func(*http.Request) ([]Carrier, error) { return notNil(b.Carriers()), nil })},
		{"POST", "/v1/carriers/{trunk}/test", access.Test, c.test},
		{"GET", "/v1/why/{what}", access.See, bare(func(r *http.Request) (Why, error) {
			return b.Why(r.Context(), r.PathValue("what"), r.URL.Query().Get("from"))
		})},
		{"GET", "/v1/audit", access.See, bare(c.audit)},
		{"GET", "/v1/audit/verify", access.See, bare(c.verifyAudit)},
		{"GET", "/v1/proposals", access.See, bare(func(*http.Request) ([]Proposal, error) { return notNil(b.Proposals()), nil })},
		{"POST", "/v1/approve", access.Approve, withBody(b.Approve)},
		{"POST", "/v1/reject", access.Approve, withBody(b.Reject)},
		{"POST", "/v1/switch", access.Switch, withBody(b.Switch)},
		{"POST", "/v1/handback", access.Switch, withBody(b.Handback)},
		{"POST", "/v1/what-if", access.See, withBody(b.WhatIf)},
		{"GET", "/v1/timeline", access.See, bare(c.timeline)},
		{"POST", "/v1/reload", access.Reload, bare(func(r *http.Request) (Reloaded, error) { return b.Reload(r.Context(), actor(r)) })},
		{"POST", "/v1/drain", access.Drain, c.drain},
		{"GET", "/debug/pprof/", access.Profile, pprof.Index},
		{"GET", "/debug/pprof/profile", access.Profile, pprof.Profile},
	}
}

// bare serves what f gives for a request without a body.
func bare[A any](f func(r *http.Request) (A, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, err := f(r)
		answer(w, a, err)
	}
}

// withBody serves what f gives for a body of JSON, told who asks.
func withBody[Q, A any](f func(ctx context.Context, q Q, by Actor) (A, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q Q
		if err := decode(w, r, &q); err != nil {
			answer(w, nil, err)
			return
		}
		a, err := f(r.Context(), q, actor(r))
		answer(w, a, err)
	}
}

// Handler is the API itself: each route behind its check.
func (c *Control) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range c.routes() {
		mux.HandleFunc(r.method+" "+r.pattern, r.guarded())
	}
	return http.NewCrossOriginProtection().Handler(mux)
}

// guarded serves the route to those who hold its permission, and tells the others how to get it.
func (rt route) guarded() http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		by := actor(r)
		if access.Allows(by.Roles, rt.needs) {
			rt.serve(w, r)
			return
		}
		answer(w, nil, Faultf(http.StatusForbidden, r.Method+" "+r.URL.Path,
			"this takes the role %s, and %s has %s; an admin gives it: in access.users of the settings, or with `wissel token add NAME --role ROLE`",
			access.Needs(rt.needs), by.Who, access.Has(by.Roles)))
	}
}
