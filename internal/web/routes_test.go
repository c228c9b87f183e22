package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"wissel/internal/access"
)

// as gives the request of somebody with roles.
func as(method, path string, roles ...access.Role) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader("{}"))
	return r.WithContext(context.WithValue(r.Context(), callerKey{}, caller{Actor: Actor{Who: "anna", From: "test", Roles: roles}}))
}

// path of a pattern, with something in its wildcards.
func path(pattern string) string {
	return strings.NewReplacer("{number}", "+31201234567", "{trunk}", "kpn", "{group}", "support", "{flow}", "storing", "{id}", "a").Replace(pattern)
}

func TestEveryRouteHasARule(t *testing.T) {
	for _, rt := range NewControl(&board{}, http.NotFoundHandler(), slog.New(slog.DiscardHandler)).routes() {
		if rt.needs == "" || rt.needs != access.Anyone && len(access.Holders(rt.needs)) == 0 {
			t.Errorf("%s %s has no rule: nobody may ask it", rt.method, rt.pattern)
		}
	}
}

// Each role at each route, through the handler that serves.
func TestEachRoleAtEachRoute(t *testing.T) {
	c := NewControl(&board{}, http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	handler := c.Handler()
	for _, rt := range c.routes() {
		if rt.pattern == "/debug/pprof/profile" {
			continue // it takes 30 s of profile; TestOnlyAdminsSeeTheProcess asks it
		}
		for _, role := range append([]access.Role{""}, access.Roles...) {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, as(rt.method, path(rt.pattern), role))
			may := access.Allows([]access.Role{role}, rt.needs)
			if may == (w.Code == http.StatusForbidden) {
				t.Errorf("%s %s as %q: %d, and allowed is %v", rt.method, rt.pattern, role, w.Code, may)
			}
			if may {
				continue
			}
			var fault Fault
			if err := json.NewDecoder(w.Body).Decode(&fault); err != nil {
				t.Fatalf("%s %s as %q: %v", rt.method, rt.pattern, role, err)
			}
			for _, word := range []string{"the role " + access.Needs(rt.needs), "anna has", "access.users", "wissel token add"} {
				if !strings.Contains(fault.Why, word) {
					t.Errorf("%s %s as %q does not say %q: %s", rt.method, rt.pattern, role, word, fault.Why)
				}
			}
		}
	}
}

func TestOnlyAdminsSeeTheProcess(t *testing.T) {
	handler := NewControl(&board{}, http.NotFoundHandler(), slog.New(slog.DiscardHandler)).Handler()
	for _, role := range []access.Role{"", access.Viewer, access.Operator, access.Lead, access.Privacy} {
		for _, path := range []string{"/debug/pprof/", "/debug/pprof/profile", "/debug/pprof/heap"} {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, as("GET", path, role))
			if w.Code != http.StatusForbidden {
				t.Errorf("%s as %q: %d", path, role, w.Code)
			}
		}
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, as("GET", "/debug/pprof/heap", access.Admin))
	if w.Code != http.StatusOK {
		t.Errorf("heap as admin: %d", w.Code)
	}
}

// A route that somebody forgot to give a rule is refused to everybody.
func TestWithoutARuleNobodyMay(t *testing.T) {
	forgotten := route{method: "GET", pattern: "/v1/new", serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }}
	w := httptest.NewRecorder()
	new(door).guard(forgotten)(w, as("GET", "/v1/new", access.Roles...))
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "a role that nobody has") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
