package app

import "net/http"

// MetricsShown serves the metrics of a server, for the tests that look through them.
func (a *App) MetricsShown() http.Handler { return a.metrics.Handler() }
