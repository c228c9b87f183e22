package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"wissel/internal/access"
	"wissel/internal/crisis"
	"wissel/internal/nearest"
	"wissel/internal/web"
)

// Crisis says how the crisis line is set up, and what is locked.
func (a *App) Crisis() web.Crisis {
	d, now := a.crisis, time.Now()
	set := d.set.Load()
	d.mu.Lock()
	defer d.mu.Unlock()
	out := web.Crisis{Numbers: []string{}, Operators: []web.CrisisPerson{}, Locked: []string{}, Staff: !set.StaffCode.IsZero(), Now: int(d.calls.Load())}
	for _, n := range set.Numbers {
		out.Numbers = append(out.Numbers, string(n))
	}
	for i, p := range d.door.People(now) {
		if i >= len(set.Operators) {
			break // a reload comes in between
		}
		o := set.Operators[i]
		one := web.CrisisPerson{Name: p.Name, Roles: []string{}, Phones: len(o.Phones), App: p.App, Codes: p.Codes, Made: p.Made, Locked: p.Locked}
		for _, r := range o.Roles {
			one.Roles = append(one.Roles, string(r))
		}
		out.Operators = append(out.Operators, one)
	}
	locked, strangers := d.door.Locks(now)
	out.Locked, out.Strangers = append(out.Locked, locked...), strangers
	return out
}

// operatorOf says that there is no such person, if so.
func (d *crisisDesk) operatorOf(what, name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.door.Has(name) {
		return nil
	}
	var names []string
	for _, o := range d.set.Load().Operators {
		names = append(names, o.Name)
	}
	return web.Faultf(http.StatusNotFound, what, "the settings have no %q under crisis.operators%s", name, nearest.Suggest(name, names))
}

// EnrolCrisis makes the secret of an app. It is in the answer, and nowhere else; the settings need not know the person yet.
func (a *App) EnrolCrisis(ctx context.Context, r web.CrisisRequest, by web.Actor) (web.CrisisKey, error) {
	if err := access.CheckName(r.Name); err != nil {
		return web.CrisisKey{}, web.Faultf(http.StatusBadRequest, "crisis enrol", "%v", err)
	}
	secret, uri, err := crisis.NewKey("wissel "+a.routing.Snapshot().Node, r.Name, rand.Reader)
	if err != nil {
		return web.CrisisKey{}, web.Faultf(http.StatusInternalServerError, "crisis enrol "+r.Name, "%v", err)
	}
	_ = a.audit(ctx, by, "crisis-enrol", r.Name, "", "", "a new secret for an app") // one that is not on disk is an alarm
	return web.CrisisKey{Name: r.Name, Secret: secret, URI: uri}, nil
}

// CrisisCodes makes a printed list for an operator; the one before is void.
func (a *App) CrisisCodes(ctx context.Context, r web.CrisisRequest, by web.Actor) (web.CrisisCodes, error) {
	what := "crisis codes " + r.Name
	if err := a.crisis.operatorOf(what, r.Name); err != nil {
		return web.CrisisCodes{}, err
	}
	n := cmp.Or(r.Count, crisis.ListUsual)
	if n < 1 || n > crisis.ListMost {
		return web.CrisisCodes{}, web.Faultf(http.StatusBadRequest, what, "--count is 1 to %d: %d", crisis.ListMost, n)
	}
	now := time.Now()
	codes, void, err := a.crisis.give(ctx, r.Name, by.Who, n)
	if err != nil {
		return web.CrisisCodes{}, web.Faultf(http.StatusServiceUnavailable, what, "%v; the list before, if any, still counts", err)
	}
	_ = a.audit(ctx, by, "crisis-codes", r.Name, r.Reason, fmt.Sprintf("%d codes left", void), fmt.Sprintf("%d new codes", n))
	return web.CrisisCodes{Name: r.Name, Made: now, Codes: codes, Void: void}, nil
}

// UnlockCrisis forgets the wrong tries of an operator, of his telephones, and of all strangers.
func (a *App) UnlockCrisis(ctx context.Context, r web.CrisisRequest, by web.Actor) (web.Crisis, error) {
	what := "crisis unlock " + r.Name
	if err := a.crisis.operatorOf(what, r.Name); err != nil {
		return web.Crisis{}, err
	}
	if err := giveReason(what, r.Reason, "a lock is a sign that somebody tries to come in"); err != nil {
		return web.Crisis{}, err
	}
	d := a.crisis
	d.mu.Lock()
	d.door.Unlock(r.Name)
	save := d.saving(time.Now())
	d.mu.Unlock()
	a.alarms.clearAll(crisisLock) // of those that are left, status still tells
	a.eventually(ctx, save)
	_ = a.audit(ctx, by, "crisis-unlock", r.Name, r.Reason, "", "wrong tries forgotten")
	return a.Crisis(), nil
}
