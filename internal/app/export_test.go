package app

import (
	"context"
	"net/http"

	"wissel/internal/sms"
)

// MetricsShown serves the metrics of a server, for the tests that look through them.
func (a *App) MetricsShown() http.Handler { return a.metrics.Handler() }

// Texted brings a text of somebody's, as a provider would.
func (a *App) Texted(ctx context.Context, r sms.Received) error {
	a.store.TextCame(r.To, r.Provider, r.At)
	return a.inbox.Came(ctx, r)
}
