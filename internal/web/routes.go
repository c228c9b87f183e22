package web

import (
	"context"
	"net/http"
	"net/http/pprof"

	"wissel"
	"wissel/internal/access"
	"wissel/internal/callbacks"
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
		{"POST", "/v1/calls/numbers", access.Numbers, withBody(b.CallNumbers)},
		{"GET", "/v1/carriers", access.See, bare(func(*http.Request) ([]Carrier, error) { return notNil(b.Carriers()), nil })},
		{"GET", "/v1/carriers/{trunk}", access.See, bare(func(r *http.Request) (CarrierHealth, error) {
			return b.Carrier(wissel.TrunkID(r.PathValue("trunk")))
		})},
		{"POST", "/v1/carriers/{trunk}/test", access.Test, c.test},
		{"GET", "/v1/recordings", access.See, bare(func(r *http.Request) ([]Recording, error) { return b.Recordings(r.Context()) })},
		{"POST", "/v1/recordings/numbers", access.Numbers, withBody(b.RecordingNumbers)},
		{"POST", "/v1/recordings/{id}/export", access.Export, c.exportRecording},
		{"POST", "/v1/recordings/{id}/remove", access.Erase, c.removeRecording},
		{"GET", "/v1/statuspage", access.See, bare(func(r *http.Request) (StatusPage, error) { return b.StatusPage(r.Context()) })},
		{"GET", "/v1/statuspage/{file}", access.See, bare(func(r *http.Request) (StatusFile, error) { return b.StatusFile(r.Context(), r.PathValue("file")) })},
		{"POST", "/v1/statuspage/push", access.Messages, withBody(b.PushStatusPage)},
		{"GET", "/v1/privacy", access.See, bare(func(r *http.Request) (PrivacyStatus, error) { return b.PrivacyStatus(r.Context()) })},
		{"POST", "/v1/privacy/show", access.Numbers, withBody(b.ShowPerson)},
		{"POST", "/v1/privacy/export", access.Export, c.exportPerson},
		{"POST", "/v1/privacy/erase", access.Erase, withBody(b.ErasePerson)},
		{"POST", "/v1/privacy/object", access.Erase, withBody(b.Object)},
		{"GET", "/v1/callbacks", access.See, bare(func(r *http.Request) ([]Callback, error) { return b.Callbacks(r.Context()) })},
		{"POST", "/v1/callbacks/numbers", access.Numbers, withBody(b.CallbackNumbers)},
		{"POST", "/v1/callbacks/turn", access.Callbacks, withBody(b.SetTurn)},
		{"POST", "/v1/callbacks/{id}/done", access.Callbacks, c.closes(callbacks.Done)},
		{"POST", "/v1/callbacks/{id}/cancel", access.Callbacks, c.closes(callbacks.Cancelled)},
		{"GET", "/v1/callbacks/{id}", access.See, bare(func(r *http.Request) (CallbackShown, error) { return b.Callback(r.Context(), r.PathValue("id")) })},
		{"POST", "/v1/callbacks/export", access.Export, withBody(b.ExportCallbacks)},
		{"POST", "/v1/callbacks/import", access.Callbacks, withBody(b.ImportCallbacks)},
		{"POST", "/v1/callbacks/release", access.Callbacks, withBody(b.LetGo)},
		{"POST", "/v1/callbacks/pause", access.Callbacks, withBody(b.Pause)},
		{"POST", "/v1/callbacks/resume", access.Callbacks, withBody(b.Resume)},
		{"POST", "/v1/callbacks/through", access.Callbacks, withBody(b.Through)},
		{"GET", "/v1/releases/{group}", access.See, bare(func(r *http.Request) (Release, error) {
			return b.Release(r.Context(), wissel.GroupID(r.PathValue("group")))
		})},
		{"GET", "/v1/people", access.See, bare(func(r *http.Request) ([]Colleague, error) { return b.People(r.Context()) })},
		{"POST", "/v1/people/log", access.Callbacks, withBody(b.LogPerson)},
		{"GET", "/v1/texts", access.See, bare(c.listTexts)},
		{"GET", "/v1/texts/state", access.See, bare(func(r *http.Request) (TextState, error) { return b.TextState(r.Context()) })},
		{"GET", "/v1/texts/incoming", access.See, bare(func(r *http.Request) ([]IncomingText, error) { return b.IncomingTexts(r.Context()) })},
		{"GET", "/v1/texts/{id}", access.See, bare(func(r *http.Request) (Text, error) { return b.Text(r.Context(), r.PathValue("id")) })},
		{"POST", "/v1/texts/preview", access.See, withBody(b.PreviewText)},
		{"POST", "/v1/texts/test", access.Test, withBody(b.TestText)},
		{"POST", "/v1/texts/pause", access.Messages, withBody(b.PauseTexts)},
		{"POST", "/v1/texts/resume", access.Messages, withBody(b.ResumeTexts)},
		{"GET", "/v1/messages", access.See, bare(c.listMessages)},
		{"GET", "/v1/messages/{id}/sounds/{lang}", access.See, c.messageSound},
		{"POST", "/v1/messages/{group}/drafts/{lang}", access.Messages, c.draftMessage},
		{"POST", "/v1/messages/live", access.Messages, withBody(b.LiveMessage)},
		{"POST", "/v1/messages/extend", access.Messages, withBody(b.ExtendMessage)},
		{"POST", "/v1/messages/end", access.Messages, withBody(b.EndMessage)},
		{"POST", "/v1/flows/{flow}/call", access.Test, c.callFlow},
		{"GET", "/v1/why/{what}", access.See, bare(func(r *http.Request) (Why, error) {
			return b.Why(r.Context(), r.PathValue("what"), r.URL.Query().Get("from"))
		})},
		{"GET", "/v1/audit", access.See, bare(c.audit)},
		{"GET", "/v1/audit/verify", access.See, bare(c.verifyAudit)},
		{"GET", "/v1/tokens", access.Tokens, bare(func(*http.Request) ([]Token, error) { return notNil(b.Tokens()), nil })},
		{"POST", "/v1/tokens", access.Tokens, withBody(b.AddToken)},
		{"POST", "/v1/tokens/revoke", access.Tokens, withBody(b.RevokeToken)},
		{"GET", "/v1/crisis", access.Crisis, bare(func(*http.Request) (Crisis, error) { return b.Crisis(), nil })},
		{"POST", "/v1/crisis/enrol", access.Crisis, withBody(b.EnrolCrisis)},
		{"POST", "/v1/crisis/codes", access.Crisis, withBody(b.CrisisCodes)},
		{"POST", "/v1/crisis/unlock", access.Crisis, withBody(b.UnlockCrisis)},
		{"GET", "/v1/proposals", access.See, bare(func(*http.Request) ([]Proposal, error) { return notNil(b.Proposals()), nil })},
		{"POST", "/v1/approve", access.Approve, withBody(b.Approve)},
		{"POST", "/v1/reject", access.Approve, withBody(b.Reject)},
		{"POST", "/v1/switch", access.Switch, withBody(b.Switch)},
		{"POST", "/v1/handback", access.Switch, withBody(b.Handback)},
		{"GET", "/v1/hours/{group}", access.See, bare(c.hours)},
		{"GET", "/v1/hours/{group}/load", access.See, bare(c.load)},
		{"POST", "/v1/hours", access.Switch, withBody(b.SetHours)},
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
		mux.HandleFunc(r.method+" "+r.pattern, c.door.guard(r))
	}
	return http.NewCrossOriginProtection().Handler(mux)
}
