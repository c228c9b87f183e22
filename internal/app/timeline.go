package app

import (
	"context"
	"net/http"
	"slices"
	"time"

	"wissel"
	"wissel/internal/nearest"
	"wissel/internal/web"
)

// maxMoments is the most that one question for the timeline gives.
const maxMoments = 5000

// Timeline gives what was decided and what was done since, oldest first.
func (a *App) Timeline(ctx context.Context, since time.Time, group wissel.GroupID, limit int) (t web.Timeline, err error) {
	s := a.routing.Snapshot()
	if group != "" && s.Groups[group] == nil {
		return t, web.Faultf(http.StatusNotFound, "timeline", "there is no group %q%s", group, nearest.Suggest(string(group), keys(s.Groups)))
	}
	if limit <= 0 || limit > maxMoments {
		limit = maxMoments
	}
	decisions, err := a.store.Decisions(ctx, since, group, limit+1)
	if err != nil {
		return t, web.Faultf(http.StatusServiceUnavailable, "timeline", "%v", err)
	}
	rows, err := a.store.AuditRows(ctx, since, limit+1)
	if err != nil {
		return t, web.Faultf(http.StatusServiceUnavailable, "timeline", "%v", err)
	}
	t.Moments = []web.Moment{}
	for _, d := range decisions {
		t.Moments = append(t.Moments, web.Moment{
			At: d.At, ID: d.ID, Kind: string(d.Kind), Group: d.Group, Object: d.Object, Before: d.Before, After: d.After, Who: d.Actor, Why: d.Why,
		})
	}
	for _, r := range rows {
		if m, ok := audited(s, r, decisions); ok && (group == "" || m.Group == "" || m.Group == group) {
			t.Moments = append(t.Moments, m)
		}
	}
	slices.SortStableFunc(t.Moments, func(x, y web.Moment) int { return x.At.Compare(y.At) })
	if n := len(t.Moments) - limit; n > 0 {
		t.Moments, t.More = t.Moments[n:], true
	}
	return t, nil
}

// proposing are the audit rows whose tale the record of the proposal tells.
var proposing = map[string]bool{"propose": true, "approve": true, "reject": true}

// audited makes a moment of an audit row; false: a decision tells of the same.
func audited(s *wissel.Snapshot, r wissel.AuditRow, decisions []wissel.Decision) (web.Moment, bool) {
	m := web.Moment{At: r.At, ID: r.ID, Kind: "audit", Object: r.What + " " + r.Object, Before: r.Before, After: r.After, Who: r.Who, Why: r.Why}
	if g := wissel.GroupID(r.Object); s.Groups[g] != nil {
		m.Group = g
	}
	same := slices.ContainsFunc(decisions, func(d wissel.Decision) bool {
		return m.Group != "" && d.Group == m.Group && d.Actor == r.Who && d.Why == r.Why && (d.After == r.After || d.Kind == wissel.DecidedProposal && proposing[r.What]) && r.At.Sub(d.At).Abs() <= keepFor
	})
	return m, !same
}
