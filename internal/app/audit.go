package app

import (
	"context"
	"net/http"
	"time"

	"wissel"
	"wissel/internal/audit"
	"wissel/internal/web"
)

// keepFor is how long anybody waits for a change or an audit row to be on disk; what it tells of is in force whether or not
// it got there, and the store writes it as soon as it can.
const keepFor = 3 * time.Second

// keeping gives the context of a row that must be kept even when who asked is gone, and that nobody waits for too long.
func keeping(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), keepFor)
}

// audit keeps a row of who did what.
func (a *App) audit(ctx context.Context, by web.Actor, what, object, why, before, after string) error {
	return a.keepAudit(ctx, wissel.AuditRow{
		At: time.Now(), Who: by.Who, From: by.From, What: what, Object: object, Why: why, Before: before, After: after,
	})
}

func (a *App) keepAudit(ctx context.Context, row wissel.AuditRow) error {
	keep, cancel := keeping(ctx)
	defer cancel()
	return a.store.Audit(keep, row)
}

// Audit gives the newest audit rows.
func (a *App) Audit(ctx context.Context, since time.Time, limit int) ([]wissel.AuditRow, error) {
	rows, err := a.store.AuditRows(ctx, since, limit)
	if err != nil {
		return nil, web.Faultf(http.StatusServiceUnavailable, "audit", "%v", err)
	}
	return rows, nil
}

// VerifyAudit checks the chain of audit rows.
func (a *App) VerifyAudit(ctx context.Context, from uint64, known audit.End) ([]audit.Report, error) {
	all, err := a.store.VerifyAudit(ctx, from, known)
	if err != nil {
		return nil, web.Faultf(http.StatusServiceUnavailable, "audit verify", "%v", err)
	}
	return all, nil
}
