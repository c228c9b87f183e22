package app

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"wissel"
	"wissel/internal/audit"
	"wissel/internal/store/sqlite"
	"wissel/internal/web"
)

// keepFor is how long anybody waits for a change or an audit row to be on disk; what it tells of is in force whether or not
// it got there, and the store writes it as soon as it can.
const keepFor = 3 * time.Second

// keeping gives the context of a row that must be kept even when who asked is gone, and that nobody waits for too long.
func keeping(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), keepFor)
}

// mostReason is how long a reason may be, in characters: people read it in a line of status, of the audit log, of an alarm.
const mostReason = 500

// afterYou is why a reason is asked for where something is changed.
const afterYou = "whoever comes after you must know why"

// giveReason says what is wrong with the reason for what; why it is asked for is a clause for people, and empty where it may be
// left out.
func giveReason(what, reason, why string) error {
	n := utf8.RuneCountInString(reason)
	switch {
	case why != "" && strings.TrimSpace(reason) == "":
		return web.Faultf(http.StatusBadRequest, what, "a reason is needed: %s (--reason)", why)
	case n > mostReason:
		return web.Faultf(http.StatusBadRequest, what, "the reason has %d characters, and may have %d: name the ticket that holds the rest", n, mostReason)
	}
	return nil
}

// rowOf makes a row of who did what.
func rowOf(by web.Actor, what, object, why, before, after string) wissel.AuditRow {
	return wissel.AuditRow{At: time.Now(), Who: by.Who, From: by.From, What: what, Object: object, Why: why, Before: before, After: after}
}

// audit keeps a row of who did what, and waits until it is on disk, for keepFor at most.
func (a *App) audit(ctx context.Context, by web.Actor, what, object, why, before, after string) error {
	told := make(chan error, 3) // as many as the store has to say
	a.auditSoon(rowOf(by, what, object, why, before, after), func(err error) { told <- err })
	keep, cancel := keeping(ctx)
	defer cancel()
	select {
	case err := <-told:
		return err
	case <-keep.Done():
		return errRowWaits
	}
}

var errRowWaits = errors.New("the row waits to be written")

// auditSoon keeps a row and does not wait: of a deed that must not wait for the store. A row that is not on disk in time is an
// alarm until it is, and one that is lost for a day; the log has all of either. told may be nil, and must not block.
func (a *App) auditSoon(row wissel.AuditRow, told func(error)) {
	row.Row = a.store.Stamp(row.Row)
	a.rows.add(row)
	a.store.Audit(row, func(err error) {
		if told != nil {
			told(err)
		}
		a.tellRow(a.rows.told(row.ID, err), err)
	})
}

// tellRow logs what became of a row that was not on disk at once, with all that it holds.
func (a *App) tellRow(r openRow, err error) {
	args := []any{"id", r.row.ID, "at", r.row.At, "who", r.row.Who, "from", r.row.From, "what", r.row.What, "object", r.row.Object,
		"why", r.row.Why, "before", r.row.Before, "after", r.row.After, "error", err}
	switch {
	case errors.Is(err, sqlite.ErrLost):
		a.log.Error("an audit row is lost", args...)
	case err != nil:
		a.log.Error("an audit row is not on disk yet", args...)
	case r.late:
		a.log.Info("an audit row is on disk after all", "id", r.row.ID)
	}
}

// tellOverdue logs the rows of which the store has said nothing in time: it is stuck.
func (a *App) tellOverdue(now time.Time) {
	for _, r := range a.rows.overdue(now) {
		a.tellRow(r, errRowWaits)
	}
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
