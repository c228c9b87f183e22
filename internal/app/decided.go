package app

import (
	"context"
	"net/http"
	"time"

	"wissel"
	"wissel/internal/nearest"
	"wissel/internal/web"
)

// openLeads makes who decides about who leads, and what calls prove. It is fed by health and by the attempts of calls.
func (a *App) openLeads() {
	a.leads = newLeads(a.routing, a.log)
	a.proofs.routing = a.routing
	a.proofs.keep = func(id wissel.TrunkID, p wissel.Proof) { a.store.Proof(id, p) }
	a.endings = newEndings(a.routing, a.log)
	a.endings.keep, a.endings.drop = func(id wissel.TrunkID, e wissel.Ending) { a.store.Ending(id, e) }, func(id wissel.TrunkID) { a.store.NoEnding(id) }
	a.endings.hold, a.endings.clear = a.alarms.hold, a.alarms.clear
	a.leads.keep = func(g wissel.GroupID, at time.Time, body []byte) { a.store.Lead(g, at, body) }
	a.leads.decided, a.leads.tick = a.decided, func(now time.Time) {
		a.proofs.publish()
		a.endings.tick(now)
	}
	a.leads.calm = func(g wissel.GroupID) { a.alarms.clear(stayed(g)) }
	a.leads.disturbed = a.board.Disturbed
	a.board.Watch(a.leads.Changed)
	a.observers = append(a.observers, a.leads.Tried)
}

// decided keeps a decision and tells of it: a record in the store, a line in the log, and an alarm where people should look.
// It gives the decision back with its id. It does not wait for the store.
func (a *App) decided(d wissel.Decision) wissel.Decision {
	d.Row = a.store.Stamp(d.Row)
	if d.At.IsZero() {
		d.At = time.Now()
	}
	if d.Version == "" {
		d.Version = a.routing.Snapshot().Version
	}
	a.store.Decision(d)
	tell := a.log.Info
	switch {
	case d.Kind == wissel.DecidedPin, d.Kind == wissel.DecidedPlan, d.Kind == wissel.DecidedHours: // "switched" tells of it already
		tell = a.log.Debug
	case d.Actor == "wissel" && d.Kind != wissel.DecidedVerdict:
		tell = a.log.Warn
	}
	tell("decided: "+string(d.Kind), "decision", d.ID, "group", d.Group, "on", d.Object, "before", d.Before, "after", d.After,
		"why", d.Why, "evidence", d.Evidence, "who", d.Actor)
	switch d.Kind {
	case wissel.DecidedSwitch, wissel.DecidedHandback: // what was said before of the group is of the past
		a.alarms.clear(stayed(d.Group))
	case wissel.DecidedStay, wissel.DecidedAbort:
		a.alarms.hold(stayed(d.Group), string(d.Group)+": "+d.Why+" (`wissel why "+d.ID+"`)")
	case wissel.DecidedOurs:
		if d.After == "it is us" {
			a.alarms.set("ours", "it is us: "+d.Why+" (`wissel why "+d.ID+"`)")
		} else {
			a.alarms.clear("ours")
		}
	case wissel.DecidedVerdict, wissel.DecidedPin, wissel.DecidedPlan, wissel.DecidedHours, wissel.DecidedMessage, wissel.DecidedProposal, wissel.DecidedTest:
	}
	return d
}

// stayed is the key of the alarm that a group stays where it is, or that its way back was broken off: the newest of them.
func stayed(g wissel.GroupID) string { return "stay " + string(g) }

// restoreDecided takes over who led, and which proofs there were, before a restart.
func (a *App) restoreDecided(ctx context.Context) {
	kept, err := a.store.Leads(ctx)
	if err != nil {
		a.log.Error("who led before the restart cannot be read; each plan holds in its own order", "error", err)
	}
	a.leads.restore(kept)
	proofs, err := a.store.Proofs(ctx)
	if err != nil {
		a.log.Error("when calls last went through cannot be read; status shows no proofs from before the restart", "error", err)
	}
	a.proofs.put(proofs)
	endings, err := a.store.Endings(ctx)
	if err != nil {
		a.log.Error("which statuses carriers take cannot be read; what the next calls show is learnt anew", "error", err)
	}
	a.endings.restore(endings)
}

// Handback begins the way back of a group to the first target of its plan, or completes it; or proposes that where the group
// asks for four eyes.
func (a *App) Handback(ctx context.Context, r web.HandbackRequest, by web.Actor) (web.Switched, error) {
	what, s := "handback "+string(r.Group), a.routing.Snapshot()
	g := s.Groups[r.Group]
	if g == nil {
		return web.Switched{}, web.Faultf(http.StatusNotFound, what, "there is no group %q%s", r.Group, nearest.Suggest(string(r.Group), keys(s.Groups)))
	}
	if err := giveReason(what, r.Reason, afterYou); err != nil {
		return web.Switched{}, err
	}
	switch l, away := s.Lead(g); {
	case !away:
		return web.Switched{}, web.Faultf(http.StatusConflict, what, "nothing was switched by itself: plan %s is tried in its own order", s.Plan(g).ID)
	default:
		o := order{what: "handback", group: r.Group, words: "the way back to " + l.Home.String() + ", in stages", reason: r.Reason, alone: r.BreakGlass, body: r}
		if r.Now {
			o.words = "back to " + l.Home.String() + " at once"
		}
		return a.ordered(ctx, o, by)
	}
}

// handbackNow carries a way back out, with an audit row.
func (a *App) handbackNow(ctx context.Context, r web.HandbackRequest, by web.Actor) (web.Switched, error) {
	what := "handback " + string(r.Group)
	done, err := a.leads.Handback(ctx, ask{group: r.Group, all: r.Now, actor: by.Who, reason: r.Reason})
	if err != nil {
		return web.Switched{}, web.Faultf(http.StatusServiceUnavailable, what, "%v", err)
	}
	if done.err != nil {
		return web.Switched{}, web.Faultf(http.StatusConflict, what, "%v", done.err)
	}
	switched := web.Switched{Before: done.before, After: done.after}
	if len(done.decisions) > 0 {
		switched.ID = done.decisions[0].ID
	}
	if err := a.audit(ctx, by, "handback", string(r.Group), r.Reason, done.before, done.after); err != nil {
		switched.Notes = append(switched.Notes, "the audit row could not be written ("+err.Error()+")")
	}
	return switched, nil
}
